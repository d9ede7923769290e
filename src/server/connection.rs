//! One connection of the exchange listener, from handshake to end.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, Version, header};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sluice_core::ledger::record::{Control, Event, Record};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::audit::Verdict;
use crate::exchange::head::RequestHead;
use crate::exchange::{Gate, Peer, exchange, record_unreadable};
use crate::tls::{HandshakeCause, HandshakeFailure, ServerTls, handshake_failure, peer_of};

/// Largest head of a request in bytes, and the buffer it is read into.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Most header fields of a request.
pub const MAX_HEADER_FIELDS: usize = 64;

/// What a connection is let in by.
pub struct Doorway {
    /// The TLS configuration of the moment.
    pub tls: Arc<ServerTls>,
    /// The trust domain of identities.
    pub trust_domain: String,
    /// From accept to the end of the handshake.
    pub handshake_timeout: Duration,
    /// From the first byte of a request's head to its last; also the longest idle time.
    pub head_timeout: Duration,
    /// Concurrent streams of one HTTP/2 connection.
    pub http2_streams: u32,
}

/// Serves one connection until it ends or the gateway stops.
pub async fn serve(
    gate: Arc<Gate>,
    doorway: Arc<Doorway>,
    socket: StdStream,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) {
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    match enter(&doorway, socket, address).await {
        Ok((stream, peer)) => {
            gate.metrics.count_handshake("accepted");
            converse(gate, &doorway, stream, peer, stop).await;
        }
        Err(refused) => record_refused(&gate, address, refused),
    }
}

/// A handshake that failed, with what is known of it.
struct Refused {
    cause: HandshakeCause,
    claimed: Option<Box<str>>,
}

async fn enter(
    doorway: &Doorway,
    socket: TcpStream,
    address: SocketAddr,
) -> Result<(TlsStream<TcpStream>, Peer), Refused> {
    let refused = |cause| Refused { cause, claimed: None };
    let accepting = TlsAcceptor::from(doorway.tls.current()).accept(socket);
    let accepted = tokio::time::timeout(doorway.handshake_timeout, accepting).await;
    let stream = accepted.map_err(|_| refused(HandshakeCause::Timeout))?.map_err(|error| {
        let HandshakeFailure { cause, claimed } = handshake_failure(&error);
        Refused { cause, claimed: claimed.map(|it| it.identity.to_string().into()) }
    })?;
    // The verifier has read the same certificate: what passed there does not fail here.
    let certificate = peer_of(stream.get_ref().1, &doorway.trust_domain)
        .map_err(|_| refused(HandshakeCause::Other))?;
    let (identity, serial) = (certificate.identity, certificate.serial.into());
    Ok((stream, Peer::new(identity, serial, address)))
}

fn record_refused(gate: &Gate, address: SocketAddr, refused: Refused) {
    let cause = refused.cause.as_str();
    gate.metrics.count_handshake(cause);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let time = now.as_millis() as i64;
    if gate.refusals.handshake(time, address.ip(), cause) == Verdict::Counted {
        gate.metrics.refusals_aggregated.inc();
        return;
    }
    let event = Event::HandshakeRefused {
        address: address.ip().to_canonical().to_string().into(),
        cause: cause.into(),
        claimed: refused.claimed,
    };
    // Nothing is answered to a refused handshake, so nobody waits for its record.
    let _ = gate.lane.append(&Record::Control(Control { time, event }));
}

async fn converse(
    gate: Arc<Gate>,
    doorway: &Doorway,
    stream: TlsStream<TcpStream>,
    peer: Peer,
    mut stop: watch::Receiver<bool>,
) {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let peer = Arc::new(peer);
    let service = {
        let (gate, peer) = (gate.clone(), peer.clone());
        service_fn(move |request: Request<Incoming>| {
            let (gate, peer) = (gate.clone(), peer.clone());
            async move {
                let (head, body) = head_of(request);
                Ok::<_, Infallible>(exchange(&gate, &peer, head, body).await)
            }
        })
    };
    let io = TokioIo::new(stream);
    // The two engines' connections have the same methods but no common trait.
    macro_rules! run {
        ($connection:expr) => {{
            let mut connection = std::pin::pin!($connection);
            loop {
                tokio::select! {
                    ended = connection.as_mut() => break ended,
                    _ = stop.changed() => connection.as_mut().graceful_shutdown(),
                }
            }
        }};
    }
    let ended = if http2 {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(doorway.http2_streams)
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .keep_alive_interval(doorway.head_timeout)
            .keep_alive_timeout(doorway.head_timeout);
        run!(builder.serve_connection(io, service))
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(doorway.head_timeout)
            .max_headers(MAX_HEADER_FIELDS)
            .max_buf_size(MAX_HEAD_BYTES);
        run!(builder.serve_connection(io, service))
    };
    if ended.is_err_and(|error| error.is_parse()) {
        record_unreadable(&gate, &peer).await;
    }
}

/// Takes a request apart: our own head, and the engine's body.
fn head_of(request: Request<Incoming>) -> (RequestHead, Incoming) {
    let (parts, body) = request.into_parts();
    let authority_is_clear = match parts.version {
        Version::HTTP_2 => {
            let host = parts.headers.get(header::HOST).map(|host| host.as_bytes());
            let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
            authority.is_some() && (host.is_none() || host == authority)
        }
        _ => parts.uri.authority().is_none() && has_one_host(&parts.headers),
    };
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str()).into();
    let head = RequestHead {
        method: parts.method,
        target,
        headers: parts.headers,
        authority_is_clear,
        received: Instant::now(),
    };
    (head, body)
}

fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    hosts.next().is_some_and(|host| !host.is_empty()) && hosts.next().is_none()
}
