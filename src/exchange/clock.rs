//! Wall-clock times.

use std::time::{Instant, SystemTime};

use sluice_core::domain::UnixMillis;

/// The wall-clock time of a moment of the monotonic clock.
pub(in crate::exchange) fn unix_millis(moment: Instant) -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.saturating_sub(moment.elapsed()).as_millis() as UnixMillis
}
