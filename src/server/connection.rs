//! One connection of the exchange listener, from handshake to end.

use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use sluice_core::ledger::record::{Control, Event, Record};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::doorway::Doorway;
use super::{http1, http2};
use crate::audit::Verdict;
use crate::exchange::context::{ExchangeContext, Peer};
use crate::tls::{HandshakeCause, HandshakeFailure, handshake_failure, peer_of};

/// Serves one connection until it ends or the gateway stops.
pub async fn serve(
    context: Arc<ExchangeContext>,
    doorway: Arc<Doorway>,
    socket: StdStream,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) {
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    match enter(&doorway, socket, address).await {
        Ok((stream, peer)) => {
            context.metrics.count_handshake("accepted");
            converse(context, &doorway, stream, peer, stop).await;
        }
        Err(refused) => record_refused(&context, address, refused),
    }
}

/// A failed handshake, with its cause and the peer's claims.
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

fn record_refused(context: &ExchangeContext, address: SocketAddr, refused: Refused) {
    let cause = refused.cause.as_str();
    context.metrics.count_handshake(cause);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let time = now.as_millis() as i64;
    if context.refusals.handshake(time, address.ip(), cause) == Verdict::Counted {
        context.metrics.refusals_aggregated.inc();
        return;
    }
    let event = Event::HandshakeRefused {
        address: address.ip().to_canonical().to_string().into(),
        cause: cause.into(),
        claimed: refused.claimed,
    };
    // Nothing is answered to a refused handshake, so nobody waits for its record.
    let _ = context.lane.append(&Record::Control(Control { time, event }));
}

async fn converse(
    context: Arc<ExchangeContext>,
    doorway: &Doorway,
    stream: TlsStream<TcpStream>,
    peer: Peer,
    stop: watch::Receiver<bool>,
) {
    let peer = Arc::new(peer);
    let conversation = async {
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            http2::converse(&context, doorway, stream, &peer, stop).await;
        } else {
            http1::converse(&context, doorway, stream, &peer, stop).await;
        }
    };
    tokio::select! {
        () = conversation => {}
        // What is under way is dropped with the connection, and leaves its record.
        () = barred(&context, &peer) => {}
    }
}

/// Waits until a peer is suspended that was not when it connected. A peer that connects later gets
/// a rejection with the reason.
async fn barred(context: &ExchangeContext, peer: &Peer) {
    let mut stopped = context.current.stopped();
    let is_stopped = || context.current.load().stops.admits(&peer.identity).is_err();
    let mut was = is_stopped();
    while stopped.changed().await.is_ok() {
        let is = is_stopped();
        if is && !was {
            peer.barred.store(true, Ordering::Relaxed);
            return;
        }
        was = is;
    }
    std::future::pending().await
}
