//! Deadlines that cost nothing while they are kept.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::time::{Instant, Sleep, sleep_until};

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late;

/// The deadlines of a connection, one after the other, on one timer.
///
/// A timer that is set and cancelled with every step of every exchange takes the runtime's lock
/// each time. This one is left alone when the next deadline is later than the one it is set for:
/// when it then rings too early, it is set again.
#[derive(Debug, Default)]
pub struct Deadline {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Waits for the future, at most until then.
    ///
    /// # Errors
    /// [`Late`] when the deadline passed first. The future is dropped unfinished.
    pub async fn within<F: Future>(
        &mut self,
        until: Instant,
        future: F,
    ) -> Result<F::Output, Late> {
        let mut future = std::pin::pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if sleep.deadline() > until {
                sleep.as_mut().reset(until);
            }
            while sleep.as_mut().poll(context).is_ready() {
                if Instant::now() >= until {
                    return Poll::Ready(Err(Late));
                }
                sleep.as_mut().reset(until);
            }
            Poll::Pending
        })
        .await
    }
}
