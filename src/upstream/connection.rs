//! A connection to a provider: a request out, the head of its answer in.

use sluice_core::domain::rejection::{Late, Unavailable};
use sluice_core::message::MAX_ANSWER_HEAD_BYTES;
use sluice_core::message::head;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::{Failure, Sent, UpstreamRequest};
use crate::http1::MessageFault;
use crate::http1::deadline::Deadline;
use crate::http1::wire::{Heads, Wire};

/// Most interim answers (1xx) before the answer itself.
const MAX_INTERIM_ANSWERS: usize = 100;

/// A status that has no place here: the provider would speak another protocol from now on.
const SWITCHING_PROTOCOLS: u16 = 101;

/// A connection to a provider whose identity is verified.
pub(super) struct Connection {
    pub(super) wire: Wire<TlsStream<TcpStream>>,
    /// Kept from one exchange to the next, for its timer.
    pub(super) deadline: Deadline,
}

impl Connection {
    pub(super) fn new(stream: TlsStream<TcpStream>) -> Connection {
        let heads = Heads { most_bytes: MAX_ANSWER_HEAD_BYTES, begin: b"HTTP/1." };
        Connection { wire: Wire::new(stream, heads), deadline: Deadline::default() }
    }

    /// Says whether the other end waits for a request.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.wire.is_quiet()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: &UpstreamRequest,
        until: Instant,
    ) -> Result<(head::Response, head::Framing), (Failure, Sent)> {
        let Connection { wire, deadline } = self;
        let talk = async {
            let written = wire.write(request.head.as_bytes(), &request.body).await;
            // A provider that refuses early may answer before it has read everything.
            let (answer, mut framing) = read_head(wire).await?;
            framing.persistent &= written.is_ok();
            Ok((answer, framing))
        };
        let talked = deadline.within(until, talk).await;
        let talked = talked.unwrap_or(Err(Failure::Late(Late::Answer)));
        talked.map_err(|failure| (failure, Sent::Something))
    }
}

async fn read_head(
    wire: &mut Wire<TlsStream<TcpStream>>,
) -> Result<(head::Response, head::Framing), Failure> {
    let lost = Failure::Unavailable(Unavailable::ConnectionLost);
    for _ in 0..=MAX_INTERIM_ANSWERS {
        let length = match wire.head().await {
            Ok(Some(length)) => length,
            Ok(None) | Err(MessageFault::Broken) => return Err(lost),
            Err(MessageFault::Bad(_)) => return Err(Failure::Protocol),
        };
        // What is asked is never asked by HEAD, whose answers have no body.
        let read = head::Response::read(&wire.unread()[..length], false);
        wire.consume(length);
        match read.map_err(|_| Failure::Protocol)? {
            (answer, _) if (100..200).contains(&answer.status) => {
                if answer.status == SWITCHING_PROTOCOLS {
                    return Ok((answer, no_more()));
                }
            }
            read => return Ok(read),
        }
    }
    Err(Failure::Protocol)
}

/// The framing of an answer after which the connection can't be reused.
fn no_more() -> head::Framing {
    head::Framing { length: head::Length::Bytes(0), persistent: false, expects_continue: false }
}
