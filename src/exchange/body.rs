//! Bodies: reading a request's within its bounds, and what an answer's may be.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sluice_core::domain::rejection::{Malformed, Rejection, TooLarge};
use tokio::sync::mpsc;

/// An answer's body. An enum and not a box, so that an answer costs no allocation for it.
#[derive(Debug, Default)]
pub enum AnswerBody {
    /// None, or all of it was taken.
    #[default]
    Empty,
    /// All of it, in memory.
    Whole(Bytes),
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
    pub fn of(bytes: Bytes) -> AnswerBody {
        if bytes.is_empty() { AnswerBody::Empty } else { AnswerBody::Whole(bytes) }
    }
}

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
            AnswerBody::Whole(bytes) => Some(Ok(Frame::data(bytes))),
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

/// Reads a request's whole body.
///
/// # Errors
/// When it is larger than `limit_bytes`, late, or broken.
pub async fn read_all<B>(
    mut body: B,
    limit_bytes: u64,
    timeout: Duration,
) -> Result<Vec<u8>, Rejection>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Vec::new());
    }
    let too_large = Rejection::RequestTooLarge(TooLarge::Body { limit_bytes });
    if body.size_hint().lower() > limit_bytes {
        return Err(too_large);
    }
    let reading = async {
        let mut all = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
            let Ok(piece) = frame.into_data() else { continue };
            if (all.len() + piece.len()) as u64 > limit_bytes {
                return Err(too_large);
            }
            all.extend_from_slice(&piece);
        }
        Ok(all)
    };
    tokio::time::timeout(timeout, reading).await.unwrap_or(Err(Rejection::RequestTimeout))
}
