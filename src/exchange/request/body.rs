//! Bodies: reading a request's within its bounds, and what an answer's may be.

use std::future::Future;
use std::time::Duration;

use sluice_core::domain::rejection::Rejection;

/// The part of a request behind its head, whatever engine has read that.
pub trait RequestBody: Send {
    /// Reads the body to its end.
    ///
    /// # Errors
    /// When it is larger than `limit_bytes`, late, or broken.
    fn read(
        &mut self,
        limit_bytes: u64,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, Rejection>> + Send;

    /// Done when nobody waits for the answer any more; never, where the engine drops the exchange
    /// then. To be asked once the body is read.
    fn gone(&mut self) -> impl Future<Output = ()> + Send;
}
