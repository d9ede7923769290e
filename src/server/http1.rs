//! HTTP/1.1 towards consumers: one request after the other, each answered before the next is
//! looked at.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use sluice_core::domain::rejection::{Malformed, Rejection, TooLarge};
use sluice_core::message::field::HeaderField;
use sluice_core::message::head::{Framing, Request};
use sluice_core::message::{BadMessage, MAX_REQUEST_HEAD_BYTES};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant as Moment;

use super::doorway::Doorway;
use crate::exchange::context::{ExchangeContext, Peer};
use crate::exchange::request::body::RequestBody;
use crate::exchange::request::head::RequestHead;
use crate::exchange::response::body::{ResponseBody, StreamAborted};
use crate::exchange::response::render::Response;
use crate::exchange::{exchange, refuse_unread};
use crate::http1::MessageFault;
use crate::http1::body::Body;
use crate::http1::deadline::{Deadline, Late};
use crate::http1::wire::{Heads, Wire};

/// The most bytes of an unread request body that are discarded so that the connection can be
/// reused.
const MAX_DISCARDED_BYTES: usize = 64 * 1024;

/// The length of a head that is nothing but its own end.
const EMPTY_LINE_BYTES: usize = 2;

/// The most bytes that are discarded before a connection is closed after its answer. A client that
/// sends more within [`LINGER`] may lose the answer.
const MAX_LINGER_BYTES: usize = 4 * 1024 * 1024;

/// Time for which a connection that ends is read from, so that the other end sees its answer and not a
/// reset.
const LINGER: Duration = Duration::from_secs(2);

/// Answers the requests of a connection until it ends or the gateway stops.
pub(super) async fn converse<S>(
    context: &Arc<ExchangeContext>,
    doorway: &Doorway,
    stream: S,
    peer: &Arc<Peer>,
    stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let heads = Heads { most_bytes: MAX_REQUEST_HEAD_BYTES, begin: b"" };
    let (wire, pace) = (Wire::new(stream, heads), Deadline::default());
    let mut line = Line { wire, pace, head_timeout: doorway.head_timeout, stop };
    while line.exchange(context, peer).await == Next::Request {}
}

/// An answer that leaves in windows.
type Windows = mpsc::Receiver<Result<Bytes, StreamAborted>>;

/// The state of the connection after an answer.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Request,
    End,
}

/// A connection with its pace.
struct Line<S> {
    wire: Wire<S>,
    pace: Deadline,
    /// Time for a request's head, for the next request to begin, and for the other end to take an
    /// answer.
    head_timeout: Duration,
    stop: watch::Receiver<bool>,
}

/// The reason why there is no request.
enum NoRequest {
    /// Nothing came, or nothing more will be taken.
    Nothing,
    /// The bytes that came are no request.
    Rejected(Rejection),
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Line<S> {
    /// One request with its one answer.
    async fn exchange(&mut self, context: &Arc<ExchangeContext>, peer: &Arc<Peer>) -> Next {
        let (head, framing) = match self.request().await {
            Ok(request) => request,
            Err(NoRequest::Nothing) => {
                // The other end may be gone already.
                let _ = self.wire.shut_down().await;
                return Next::End;
            }
            Err(NoRequest::Rejected(rejection)) => {
                let answer = refuse_unread(context, peer, rejection).await;
                let framing = Framing { persistent: false, ..EMPTY };
                return self.answer(answer, framing, Body::Over, false).await;
            }
        };
        let bodiless = head.request.method() == "HEAD";
        let Line { wire, pace, .. } = self;
        let body = Body::from(framing.length);
        let mut rest = Incoming { wire, pace, body, unasked: framing.expects_continue };
        let answer = exchange(context, peer, &head, &mut rest).await;
        let Incoming { body, unasked, .. } = rest;
        let Some(answer) = answer else { return Next::End };
        // A client that was never told to send its body may send it or not.
        let persistent = framing.persistent && (body.is_over() || !unasked);
        self.answer(answer, Framing { persistent, ..framing }, body, bodiless).await
    }

    /// Waits for the head of a request.
    async fn request(&mut self) -> Result<(RequestHead, Framing), NoRequest> {
        let Line { wire, pace, head_timeout, stop } = self;
        let until = Moment::now() + *head_timeout;
        let mut stopped = std::pin::pin!(stop.wait_for(|stop| *stop));
        let mut first = true;
        let head = poll_fn(|context| match wire.poll_head(context) {
            // What has begun to arrive is waited for even when the gateway stops.
            Poll::Pending if wire.unread().is_empty() => {
                stopped.as_mut().poll(context).map(|_| Ok(None))
            }
            // Some clients send an empty line behind a body (RFC 9112, 2.2).
            Poll::Ready(Ok(Some(EMPTY_LINE_BYTES))) if std::mem::take(&mut first) => {
                wire.consume(EMPTY_LINE_BYTES);
                wire.poll_head(context)
            }
            head => head,
        });
        let length = match pace.within(until, head).await {
            Ok(Ok(Some(length))) => length,
            Ok(Ok(None)) => return Err(NoRequest::Nothing),
            // There is nobody to tell.
            Ok(Err(MessageFault::Broken)) => return Err(NoRequest::Nothing),
            Ok(Err(MessageFault::Bad(bad))) => return Err(rejected(bad)),
            Err(Late) if wire.unread().is_empty() => return Err(NoRequest::Nothing),
            Err(Late) => return Err(NoRequest::Rejected(Rejection::RequestTimeout)),
        };
        let received = Instant::now();
        let (request, framing) = Request::read(&wire.unread()[..length]).map_err(rejected)?;
        wire.consume(length);
        let authority_is_clear = is_for_here(&request);
        Ok((RequestHead { request, authority_is_clear, received }, framing))
    }

    /// Sends an answer, and returns whether the connection can be reused.
    async fn answer(
        &mut self,
        answer: Response,
        framing: Framing,
        unread: Body,
        bodiless: bool,
    ) -> Next {
        let persistent = framing.persistent && !*self.stop.borrow();
        if self.send(answer, persistent, bodiless).await.is_err() {
            // Broken off, so that nobody takes what there was of it for complete.
            return Next::End;
        }
        if persistent && self.discard(unread).await {
            return Next::Request;
        }
        self.end().await;
        Next::End
    }

    async fn send(
        &mut self,
        answer: Response,
        persistent: bool,
        bodiless: bool,
    ) -> Result<(), StreamAborted> {
        let Response { status, section, body } = answer;
        let mut head = Vec::with_capacity(section.as_bytes().len() + 160);
        begin(&mut head, status, section.as_bytes(), persistent);
        match body {
            ResponseBody::Empty => {
                // RFC 9110, 8.6: such an answer has no length at all.
                head.extend_from_slice(if status == 204 { b"\r\n" } else { EMPTY_LENGTH });
                self.write(&head, b"").await
            }
            ResponseBody::Whole(bytes) => {
                end_with_length(&mut head, bytes.len());
                self.write(&head, if bodiless { b"" } else { &bytes }).await
            }
            ResponseBody::Windows(mut windows) => {
                head.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
                self.write(&head, b"").await?;
                while let Some(window) = self.window(&mut windows).await? {
                    // A chunk of no bytes would be the last.
                    if !window.is_empty() {
                        let size = format!("{:x}\r\n", window.len());
                        self.write(size.as_bytes(), &window).await?;
                        self.write(b"\r\n", b"").await?;
                    }
                }
                self.write(b"0\r\n\r\n", b"").await
            }
        }
    }

    /// Returns the next window, or none at the end of the answer; fails if the client has left.
    async fn window(&mut self, windows: &mut Windows) -> Result<Option<Bytes>, StreamAborted> {
        tokio::select! {
            biased;
            window = windows.recv() => window.transpose().map_err(|_| StreamAborted),
            () = poll_fn(|context| self.wire.poll_gone(context)) => Err(StreamAborted),
        }
    }

    /// Writes, for as long as the other end takes something of it in time.
    async fn write(&mut self, first: &[u8], second: &[u8]) -> Result<(), StreamAborted> {
        let Line { wire, pace, head_timeout, .. } = self;
        for piece in pieces(first, second) {
            let until = Moment::now() + *head_timeout;
            let written = pace.within(until, wire.write(piece.0, piece.1)).await;
            written.map_err(|Late| StreamAborted)?.map_err(|_| StreamAborted)?;
        }
        Ok(())
    }

    /// Discards the rest of an unread request body; returns true if its end was found within the
    /// bound.
    async fn discard(&mut self, mut body: Body) -> bool {
        let Line { wire, pace, head_timeout, .. } = self;
        let until = Moment::now() + *head_timeout;
        let mut discarded = Vec::new();
        while !body.is_over() {
            if body.least_bytes() > MAX_DISCARDED_BYTES as u64
                || discarded.len() > MAX_DISCARDED_BYTES
            {
                return false;
            }
            let read = pace.within(until, body.read(wire, &mut discarded)).await;
            if !matches!(read, Ok(Ok(()))) {
                return false;
            }
        }
        true
    }

    /// Ends the connection in good order. What still comes is read for a while: a connection closed
    /// with something unread is reset, and the answer may be lost with it (RFC 9112, 9.6).
    async fn end(&mut self) {
        let Line { wire, pace, .. } = self;
        let until = Moment::now() + LINGER;
        let lingering = async {
            if wire.shut_down().await.is_err() {
                return;
            }
            let mut discarded = 0;
            while discarded < MAX_LINGER_BYTES {
                wire.consume(wire.unread().len());
                match wire.fill().await {
                    Ok(came @ 1..) => discarded += came,
                    Ok(0) | Err(_) => return,
                }
            }
        };
        let _ = pace.within(until, lingering).await;
    }
}

/// The framing of a request that has nothing behind its head.
const EMPTY: Framing = Framing {
    length: sluice_core::message::head::Length::Bytes(0),
    persistent: true,
    expects_continue: false,
};

/// The most bytes of one write; the client must take them within the timeout.
const WRITTEN_AT_ONCE_BYTES: usize = 256 * 1024;

/// Splits two slices into pieces, each for one write.
fn pieces<'a>(
    first: &'a [u8],
    second: &'a [u8],
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
    let (start, rest) = second.split_at(second.len().min(WRITTEN_AT_ONCE_BYTES));
    let empty: &[u8] = &[];
    std::iter::once((first, start))
        .chain(rest.chunks(WRITTEN_AT_ONCE_BYTES).map(move |piece| (empty, piece)))
}

fn rejected(bad: BadMessage) -> NoRequest {
    NoRequest::Rejected(match bad {
        BadMessage::HeadTooLarge | BadMessage::TooManyFields => {
            Rejection::RequestTooLarge(TooLarge::Head)
        }
        bad => Rejection::RequestMalformed(Malformed::Message(bad)),
    })
}

/// Says whether a request names this gateway, in one way: by one `Host`, and not in its target, as a
/// request to a proxy of another kind would.
fn is_for_here(request: &Request) -> bool {
    let first = request.target().split('/').next().unwrap_or_default();
    let names_another = first.ends_with(':') || request.method() == "CONNECT";
    request.fields.only(HeaderField::Host).is_some_and(|host| !host.is_empty()) && !names_another
}

const EMPTY_LENGTH: &[u8] = b"content-length: 0\r\n\r\n";

/// Writes the status line and the fields before those of the body's framing.
fn begin(head: &mut Vec<u8>, status: u16, section: &[u8], persistent: bool) {
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend(status.to_string().bytes());
    head.push(b' ');
    let reason = http::StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
    head.extend_from_slice(reason.unwrap_or_default().as_bytes());
    head.extend_from_slice(b"\r\n");
    head.extend_from_slice(section);
    head.extend_from_slice(b"date: ");
    date(head);
    head.extend_from_slice(if persistent { b"\r\n" } else { b"\r\nconnection: close\r\n" });
}

fn end_with_length(head: &mut Vec<u8>, length: usize) {
    head.extend_from_slice(b"content-length: ");
    head.extend(length.to_string().bytes());
    head.extend_from_slice(b"\r\n\r\n");
}

/// Writes the date, which is formatted once a second.
fn date(out: &mut Vec<u8>) {
    use std::cell::RefCell;
    thread_local! {
        static LATEST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = SystemTime::now();
    let second = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    LATEST.with_borrow_mut(|(latest, text)| {
        if *latest != second {
            (*latest, *text) = (second, httpdate::fmt_http_date(now));
        }
        out.extend_from_slice(text.as_bytes());
    });
}

/// The part of a request behind its head.
struct Incoming<'a, S> {
    wire: &'a mut Wire<S>,
    pace: &'a mut Deadline,
    body: Body,
    /// The client waits to be told before it sends the body.
    unasked: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> RequestBody for Incoming<'_, S> {
    async fn read(&mut self, limit_bytes: u64, timeout: Duration) -> Result<Vec<u8>, Rejection> {
        let Incoming { wire, pace, body, unasked } = self;
        let too_large = Rejection::RequestTooLarge(TooLarge::Body { limit_bytes });
        if body.least_bytes() > limit_bytes {
            return Err(too_large);
        }
        let mut all = Vec::new();
        if body.is_over() {
            return Ok(all);
        }
        let reading = async {
            if std::mem::take(unasked) {
                let told = wire.write(b"HTTP/1.1 100 Continue\r\n\r\n", b"").await;
                told.map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
            }
            while !body.is_over() {
                let read = body.read(wire, &mut all).await;
                read.map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
                if all.len() as u64 > limit_bytes {
                    return Err(too_large);
                }
            }
            Ok(())
        };
        let read = pace.within(Moment::now() + timeout, reading).await;
        read.unwrap_or(Err(Rejection::RequestTimeout)).map(|()| all)
    }

    async fn gone(&mut self) {
        poll_fn(|context| self.wire.poll_gone(context)).await;
    }
}
