//! What time it is for a grant: its end comes by the clock, and no clock that leaps brings it back, or its
//! beginning nearer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sluice_core::domain::UnixMillis;

/// How far the system's clock may go ahead of one that nobody sets before that is a leap: clocks are put right
/// by steps.
const LEAP_MS: i64 = 60_000;

/// Of so many parts both may drift apart by one: more than any quartz does.
const DRIFT_PARTS: i64 = 2_000;

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
    /// The latest one that was believed.
    latest: AtomicI64,
    /// How far the system's clock was ahead of the one that nobody sets, at the start.
    ahead: AtomicI64,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { latest: AtomicI64::new(NEVER), ahead: AtomicI64::new(NEVER) }
    }
}

impl Moments {
    /// A moment, or the latest one that was believed before, if that is later; `believed` is what of it is.
    pub(super) fn not_before(&self, moment: UnixMillis, believed: UnixMillis) -> UnixMillis {
        // Most requests come within a millisecond of another; they need not write.
        match self.latest.load(Ordering::Relaxed) {
            latest if latest >= believed => latest.max(moment),
            _ => self.latest.fetch_max(believed, Ordering::Relaxed).max(moment),
        }
    }

    /// A moment of the system's clock, or that which it would be had that clock not leapt ahead; with the time
    /// of one that nobody sets. However small the steps: in all it may be put ahead by so much in a run.
    pub(super) fn not_leapt(&self, moment: UnixMillis, elapsed: Duration) -> UnixMillis {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let now = moment.saturating_sub(elapsed);
        let first = self.ahead.compare_exchange(NEVER, now, Ordering::Relaxed, Ordering::Relaxed);
        let begun = first.err().unwrap_or(now);
        let most = begun.saturating_add(LEAP_MS).saturating_add(elapsed / DRIFT_PARTS);
        if now > most { begun.saturating_add(elapsed) } else { moment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_that_is_set_back_brings_an_end_back() {
        let moments = Moments::default();
        let at = |moment: i64| moments.not_before(moment, moment);
        assert_eq!((at(1_000), at(2_000), at(500), at(2_001)), (1_000, 2_000, 2_000, 2_001));
        // What is not believed ends what ends then, and only as long as the clock says so.
        assert_eq!((moments.not_before(9_000, 2_002), at(2_003)), (9_000, 2_003));
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
        // It is put right by a step.
        assert_eq!(at(5_000 + LEAP_MS, 15), 5_000 + LEAP_MS);
        assert_eq!(at(5_000, 15), 5_000);
        // A day, at once or by small steps: it goes on as if that had not been, until the clock is right again.
        let day = 86_400_000;
        assert_eq!(at(day, 15), 5_000);
        assert_eq!((at(50_000, 16), at(100_000, 17), at(150_000, 18)), (50_000, 7_000, 8_000));
        assert_eq!(at(12_000, 22), 12_000);
        // Quartzes drift.
        let later = 30 * 86_400;
        assert_eq!(at(later * 1_000 + 120_000, later as u64 + 10), later * 1_000 + 120_000);
        // Set back, it is believed: what has begun ends by the other rule.
        assert_eq!(at(-day, later as u64 + 11), -day);
    }
}
