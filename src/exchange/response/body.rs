//! The body of an answer, and the end of one that is broken off.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// An answer's body. An enum and not a box, so that an answer costs no allocation for it.
#[derive(Debug, Default)]
pub enum ResponseBody {
    /// None, or all of it was taken.
    #[default]
    Empty,
    /// All of it, in memory.
    Whole(Vec<u8>),
    /// An answer that comes window by window.
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

/// Serves engines that take bodies by this trait.
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
