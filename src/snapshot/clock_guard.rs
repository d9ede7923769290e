//! Guards against a wall clock that jumps: a grant that has ended does not hold again, and one of
//! the future does not begin early.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sluice_core::domain::UnixMillis;

/// The most by which the wall clock may get ahead of the monotonic clock before that counts as a
/// leap. Small corrections by time synchronization stay below it.
const LEAP_MS: i64 = 60_000;

/// The most by which the two clocks may drift apart: one part in this many. No quartz drifts as
/// much.
const DRIFT_PARTS: i64 = 2_000;

const NEVER: i64 = i64::MIN;

/// Returns the time since boot, by the monotonic clock that also counts suspended time
/// (`CLOCK_BOOTTIME`).
pub(super) fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(CLOCK);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The state of both guards.
#[derive(Debug)]
pub(super) struct ClockGuard {
    /// The latest moment that was believed.
    latest: AtomicI64,
    /// The wall clock's lead over the monotonic clock, at the start.
    ahead: AtomicI64,
}

impl Default for ClockGuard {
    fn default() -> ClockGuard {
        ClockGuard { latest: AtomicI64::new(NEVER), ahead: AtomicI64::new(NEVER) }
    }
}

impl ClockGuard {
    /// Returns the moment, or the latest one that was believed before if that is later. `believed`
    /// is the moment, capped by [`ClockGuard::not_leapt`].
    pub(super) fn not_before(&self, moment: UnixMillis, believed: UnixMillis) -> UnixMillis {
        // Most requests come within the same millisecond as another; they need no write.
        match self.latest.load(Ordering::Relaxed) {
            latest if latest >= believed => latest.max(moment),
            _ => self.latest.fetch_max(believed, Ordering::Relaxed).max(moment),
        }
    }

    /// Returns a moment of the wall clock or, if that clock has leapt ahead, the moment without the
    /// leap. `elapsed` is the time by the monotonic clock. All steps of a run count together, so
    /// that many small ones are a leap, too.
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
        let clock_guard = ClockGuard::default();
        let at = |moment: i64| clock_guard.not_before(moment, moment);
        assert_eq!((at(1_000), at(2_000), at(500), at(2_001)), (1_000, 2_000, 2_000, 2_001));
        // What is not believed ends what ends then, and only as long as the clock says so.
        assert_eq!((clock_guard.not_before(9_000, 2_002), at(2_003)), (9_000, 2_003));
    }

    #[test]
    fn no_clock_that_leaps_ahead_brings_a_beginning_nearer() {
        let clock_guard = ClockGuard::default();
        let start = 1_795_622_400_000;
        let at = |moment: i64, seconds: u64| {
            clock_guard.not_leapt(start + moment, Duration::from_secs(seconds)) - start
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
