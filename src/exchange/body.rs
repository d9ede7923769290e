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

/// An answer's body. An enum and not a box, so that an answer costs no allocation for it.
#[derive(Debug, Default)]
pub enum ResponseBody {
    /// None, or all of it was taken.
    #[default]
    Empty,
    /// All of it, in memory.
    Whole(Vec<u8>),
    /// What comes window by window.
    Windows(mpsc::Receiver<Result<Bytes, StreamAborted>>),
}

/// The end of an answer before its end: the connection or stream is broken off, so that no client
/// takes it for complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamAborted;

impl fmt::Display for StreamAborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is withheld from here on")
    }
}

impl std::error::Error for StreamAborted {}

impl ResponseBody {
    /// These bytes, or none.
    pub fn of(bytes: Vec<u8>) -> ResponseBody {
        if bytes.is_empty() { ResponseBody::Empty } else { ResponseBody::Whole(bytes) }
    }
}

/// For engines that take bodies by this trait.
impl Body for ResponseBody {
    type Data = Bytes;
    type Error = StreamAborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamAborted>>> {
        if let ResponseBody::Windows(windows) = &mut *self {
            let window = ready!(windows.poll_recv(context));
            return Poll::Ready(window.map(|window| window.map(Frame::data)));
        }
        Poll::Ready(match std::mem::take(&mut *self) {
            ResponseBody::Whole(bytes) => Some(Ok(Frame::data(bytes.into()))),
            ResponseBody::Empty | ResponseBody::Windows(_) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ResponseBody::Empty => true,
            ResponseBody::Whole(bytes) => bytes.is_empty(),
            ResponseBody::Windows(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ResponseBody::Empty => SizeHint::with_exact(0),
            ResponseBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ResponseBody::Windows(_) => SizeHint::default(),
        }
    }
}
