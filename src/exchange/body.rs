//! Bodies: reading a request's within its bounds, and what an answer's may be.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sluice_core::domain::rejection::{Malformed, Rejection, TooLarge};

/// An answer's body. An enum and not a box, so that an answer costs no allocation for it.
#[derive(Debug, Default)]
pub enum AnswerBody {
    /// None, or all of it was taken.
    #[default]
    Empty,
    /// All of it, in memory.
    Whole(Bytes),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(match std::mem::take(&mut *self) {
            AnswerBody::Empty => None,
            AnswerBody::Whole(bytes) => Some(Ok(Frame::data(bytes))),
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Empty => true,
            AnswerBody::Whole(bytes) => bytes.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            AnswerBody::Empty => 0,
            AnswerBody::Whole(bytes) => bytes.len() as u64,
        })
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
