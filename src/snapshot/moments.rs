//! What time it is for a grant: its end comes by the clock, and no clock that leaps brings it back, or its
//! beginning nearer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sluice_core::domain::UnixMillis;

/// How far the system's clock may go ahead of one that nobody sets before that is a leap: clocks are put right
/// by steps.
const LEAP_MS: i64 = 60_000;

/// How far both may drift apart before it is noted.
const DRIFT_MS: i64 = 100;

const NEVER: i64 = i64::MIN;

/// The time since the machine was started, by a clock that nobody sets and that goes on while it sleeps.
pub(super) fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(CLOCK);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The moments that were asked about.
#[derive(Debug)]
pub(super) struct Moments {
    /// The latest one.
    latest: AtomicI64,
    /// How far the system's clock was ahead of the one that nobody sets, when it was last believed.
    ahead: AtomicI64,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { latest: AtomicI64::new(NEVER), ahead: AtomicI64::new(NEVER) }
    }
}

impl Moments {
    /// A moment, or the latest one that was asked about before, if that is later.
    pub(super) fn not_before(&self, moment: UnixMillis) -> UnixMillis {
        // Most requests come within a millisecond of another; they need not write.
        match self.latest.load(Ordering::Relaxed) {
            latest if latest >= moment => latest,
            _ => self.latest.fetch_max(moment, Ordering::Relaxed).max(moment),
        }
    }

    /// A moment of the system's clock, or that which it would be had that clock not leapt ahead; with the time
    /// of one that nobody sets.
    pub(super) fn not_leapt(&self, moment: UnixMillis, elapsed: Duration) -> UnixMillis {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let now = moment.saturating_sub(elapsed);
        let believed = self.ahead.load(Ordering::Relaxed);
        if believed != NEVER && now > believed.saturating_add(LEAP_MS) {
            return believed.saturating_add(elapsed);
        }
        if believed == NEVER || (now - believed).abs() > DRIFT_MS {
            self.ahead.store(now, Ordering::Relaxed);
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_that_is_set_back_brings_an_end_back() {
        let moments = Moments::default();
        assert_eq!(moments.not_before(1_000), 1_000);
        assert_eq!(moments.not_before(2_000), 2_000);
        assert_eq!(moments.not_before(500), 2_000);
        assert_eq!(moments.not_before(2_001), 2_001);
    }

    #[test]
    fn no_clock_that_leaps_ahead_brings_a_beginning_nearer() {
        let moments = Moments::default();
        let start = 1_795_622_400_000;
        let at = |moment: i64, seconds: u64| {
            moments.not_leapt(start + moment, Duration::from_secs(seconds)) - start
        };
        assert_eq!(at(0, 10), 0);
        assert_eq!(at(5_000, 15), 5_000);
        // It is put right by a step, and again.
        assert_eq!(at(5_000 + LEAP_MS, 15), 5_000 + LEAP_MS);
        assert_eq!(at(LEAP_MS, 15), LEAP_MS);
        // A day: it goes on as if that had not been, until the clock is right again.
        let day = 86_400_000;
        assert_eq!(at(LEAP_MS + day, 15), LEAP_MS);
        assert_eq!(at(LEAP_MS + day + 7_000, 22), LEAP_MS + 7_000);
        assert_eq!(at(LEAP_MS + 8_000, 23), LEAP_MS + 8_000);
        // Set back, it is believed: what has begun ends by the other rule.
        assert_eq!(at(-day, 24), -day);
    }
}
