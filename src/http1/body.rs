//! Reading a body to its end, piece by piece.

use bytes::BufMut;
use sluice_core::message::chunked::Chunked;
use sluice_core::message::head::Length;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::MessageFault;
use super::wire::Wire;

/// Most bytes that are asked for at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The rest of a body.
#[derive(Clone, Debug)]
pub enum Body {
    /// A known number of bytes.
    Bytes(u64),
    /// Chunks.
    Chunked(Chunked),
    /// All that comes until the connection is closed in good order.
    UntilClosed,
    /// Nothing.
    Over,
}

impl From<Length> for Body {
    fn from(length: Length) -> Body {
        match length {
            Length::Bytes(0) => Body::Over,
            Length::Bytes(bytes) => Body::Bytes(bytes),
            Length::Chunked => Body::Chunked(Chunked::default()),
            Length::UntilClosed => Body::UntilClosed,
        }
    }
}

impl Body {
    /// Tells whether the body was read to its end.
    pub fn is_over(&self) -> bool {
        matches!(self, Body::Over)
    }

    /// Returns the least number of bytes still to come.
    pub fn least_bytes(&self) -> u64 {
        match self {
            Body::Bytes(left) => *left,
            Body::Chunked(_) | Body::UntilClosed | Body::Over => 0,
        }
    }

    /// Reads more and appends it to `out`: at least one byte, unless the body ends. Cancel-safe:
    /// may be dropped and called again.
    ///
    /// # Errors
    /// The connection ends or breaks before the body's end, or a chunk is not well-formed.
    pub async fn read<S>(
        &mut self,
        wire: &mut Wire<S>,
        out: &mut Vec<u8>,
    ) -> Result<(), MessageFault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Body::Over => {}
            Body::Bytes(left) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let came = take(wire, most, out).await?;
                *left -= came as u64;
                if *left == 0 {
                    *self = Body::Over;
                }
            }
            Body::UntilClosed => match take(wire, usize::MAX, out).await {
                // TLS tells a good end from a cut one: at the latter reading fails otherwise.
                Err(Ended::InGoodOrder) => *self = Body::Over,
                Err(Ended::Broken) => return Err(MessageFault::Broken),
                Ok(_) => {}
            },
            Body::Chunked(chunked) => {
                let before = out.len();
                while out.len() == before && !chunked.is_over() {
                    if wire.unread().is_empty() && !matches!(wire.fill().await, Ok(1..)) {
                        return Err(MessageFault::Broken);
                    }
                    let used = chunked.read(wire.unread(), out)?;
                    wire.consume(used);
                }
                if chunked.is_over() {
                    *self = Body::Over;
                }
            }
        }
        Ok(())
    }
}

/// There is nothing more to read.
enum Ended {
    InGoodOrder,
    Broken,
}

impl From<Ended> for MessageFault {
    fn from(_: Ended) -> MessageFault {
        MessageFault::Broken
    }
}

/// Takes at most this many bytes: buffered ones, or else newly read ones.
async fn take<S>(wire: &mut Wire<S>, most: usize, out: &mut Vec<u8>) -> Result<usize, Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let there = wire.unread();
    if !there.is_empty() {
        let taken = most.min(there.len());
        out.extend_from_slice(&there[..taken]);
        wire.consume(taken);
        return Ok(taken);
    }
    let most = most.min(PIECE_BYTES);
    out.reserve(most);
    let mut room = out.limit(most);
    match wire.stream().read_buf(&mut room).await {
        Ok(0) => Err(Ended::InGoodOrder),
        Ok(came) => Ok(came),
        Err(_) => Err(Ended::Broken),
    }
}
