//! A provider's answer, its body still to come.

use sluice_core::domain::rejection::{Late, Unavailable};
use sluice_core::message::MAX_ANSWER_HEAD_BYTES;
use sluice_core::message::fields::Fields;
use sluice_core::message::head;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::pool::Lease;
use super::{Failure, Sent, UpstreamRequest};
use crate::http1::MessageFault;
use crate::http1::body::Body;
use crate::http1::deadline::Deadline;
use crate::http1::wire::{Heads, Wire};

/// Most interim answers (1xx) before the answer itself.
const MAX_INTERIM_ANSWERS: usize = 100;

/// A status that has no place here: the provider would speak another protocol from now on.
const SWITCHING_PROTOCOLS: u16 = 101;

/// A connection to a provider that has shown who it is.
pub(super) struct Connection {
    wire: Wire<TlsStream<TcpStream>>,
    /// Kept from one exchange to the next, for its timer.
    deadline: Deadline,
}

/// A provider's answer. Dropped before its end, the connection is closed.
pub struct UpstreamResponse {
    /// The status.
    pub status: u16,
    /// What its header fields say.
    pub fields: Fields,
    body: Body,
    persistent: bool,
    /// Given back at the body's end, after which the connection serves again.
    lease: Option<Lease>,
    deadline: Instant,
}

impl Connection {
    pub(super) fn new(stream: TlsStream<TcpStream>) -> Connection {
        let heads = Heads { most_bytes: MAX_ANSWER_HEAD_BYTES, begin: b"HTTP/1." };
        Connection { wire: Wire::new(stream, heads), deadline: Deadline::default() }
    }

    /// Whether the other end waits for a request.
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

/// How a connection goes on that can't.
fn no_more() -> head::Framing {
    head::Framing { length: head::Length::Bytes(0), persistent: false, expects_continue: false }
}

impl UpstreamResponse {
    pub(super) fn new(
        (answer, framing): (head::Response, head::Framing),
        lease: Lease,
        deadline: Instant,
    ) -> UpstreamResponse {
        let body = Body::from(framing.length);
        let persistent = framing.persistent;
        let head::Response { status, fields } = answer;
        let mut answer =
            UpstreamResponse { status, fields, body, persistent, lease: Some(lease), deadline };
        answer.give_back_if_over();
        answer
    }

    /// When the whole answer must be there.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the body was read to its end.
    pub fn is_over(&self) -> bool {
        self.body.is_over()
    }

    /// How many bytes of the body are still to come at least, as far as its head says.
    pub fn least_bytes(&self) -> u64 {
        self.body.least_bytes()
    }

    /// Reads on and appends to `out` what came: something, unless the body is over then.
    ///
    /// # Errors
    /// When the deadline passes or the body breaks off.
    pub async fn read(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(lease) = &mut self.lease else { return Ok(()) };
        let Connection { wire, deadline } = lease.connection();
        let read = deadline.within(self.deadline, self.body.read(wire, out)).await;
        read.map_err(|_| Failure::Late(Late::Answer))?.map_err(|_| Failure::Truncated)?;
        self.give_back_if_over();
        Ok(())
    }

    fn give_back_if_over(&mut self) {
        if self.body.is_over()
            && let Some(lease) = self.lease.take()
            && self.persistent
        {
            lease.give_back();
        }
    }
}
