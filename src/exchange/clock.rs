//! Wall-clock times.

use sluice_core::domain::UnixMillis;
use std::time::Instant;
use std::time::SystemTime;
/// The wall-clock time of a moment of the monotonic clock.
pub(in crate::exchange) fn unix_millis(moment: Instant) -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.saturating_sub(moment.elapsed()).as_millis() as UnixMillis
}
