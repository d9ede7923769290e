//! Bodies: reading a request's within its bounds, and what an answer's may be.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sluice_core::domain::rejection::Rejection;
use tokio::sync::mpsc;

/// What there is of a request behind its head, whatever engine has read that.
pub trait Rest: Send {
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

/// An answer's body. An enum and not a box, so that an answer costs no allocation for it.
#[derive(Debug, Default)]
pub enum AnswerBody {
    /// None, or all of it was taken.
    #[default]
    Empty,
    /// All of it, in memory.
    Whole(Vec<u8>),
    /// What comes window by window.
    Windows(mpsc::Receiver<Result<Bytes, Cut>>),
}

/// The end of an answer before its end: the connection or stream is broken off, so that no client
/// takes it for complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is withheld from here on")
    }
}

impl std::error::Error for Cut {}

impl AnswerBody {
    /// These bytes, or none.
    pub fn of(bytes: Vec<u8>) -> AnswerBody {
        if bytes.is_empty() { AnswerBody::Empty } else { AnswerBody::Whole(bytes) }
    }
}

/// For engines that take bodies by this trait.
impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let AnswerBody::Windows(windows) = &mut *self {
            let window = ready!(windows.poll_recv(context));
            return Poll::Ready(window.map(|window| window.map(Frame::data)));
        }
        Poll::Ready(match std::mem::take(&mut *self) {
            AnswerBody::Whole(bytes) => Some(Ok(Frame::data(bytes.into()))),
            AnswerBody::Empty | AnswerBody::Windows(_) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Empty => true,
            AnswerBody::Whole(bytes) => bytes.is_empty(),
            AnswerBody::Windows(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            AnswerBody::Empty => SizeHint::with_exact(0),
            AnswerBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            AnswerBody::Windows(_) => SizeHint::default(),
        }
    }
}
