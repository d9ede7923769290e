//! The administration listener: mutual TLS for people. The caller's identity is taken from the
//! certificate and handed to the router as an extension of the request.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::accept_one;
use crate::tls::{PeerCertificate, ServerTls, peer_of};

/// Connections at once: people are few.
const MAX_CONNECTIONS: usize = 256;

/// The TLS and the bounds that a person's connection is let in by.
#[derive(Clone)]
pub struct PeopleDoorway {
    /// The TLS configuration of the moment.
    pub tls: Arc<ServerTls>,
    /// The trust domain of identities.
    pub trust_domain: String,
    /// Time from accept to the end of the handshake.
    pub handshake_timeout: Duration,
    /// Time from the first byte of a request's head to its last.
    pub head_timeout: Duration,
}

/// Serves the administrative interface until told to stop.
///
/// # Errors
/// When the listener can't be used at all.
pub async fn serve(
    listener: StdListener,
    doorway: PeopleDoorway,
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (socket, _) = tokio::select! {
            accepted = accept_one(&listener) => accepted,
            _ = stop.changed() => return Ok(()),
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (doorway, router) = (doorway.clone(), router.clone());
        tokio::spawn(async move {
            let _place = place;
            converse(doorway, socket, router).await;
        });
    }
}

async fn converse(doorway: PeopleDoorway, socket: TcpStream, router: Router) {
    let accepting = TlsAcceptor::from(doorway.tls.current()).accept(socket);
    let accepted = tokio::time::timeout(doorway.handshake_timeout, accepting).await;
    let Ok(Ok(stream)) = accepted else { return };
    let Ok(peer) = peer_of(stream.get_ref().1, &doorway.trust_domain) else { return };
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert::<PeerCertificate>(peer.clone());
        let answer = router.call(request);
        async move {
            let Ok(answer) = answer.await;
            Ok::<_, Infallible>(answer)
        }
    });
    let io = TokioIo::new(stream);
    // How a person's connection ends is no concern of the gateway's.
    if http2 {
        let _ = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new())
            .timer(TokioTimer::new())
            .serve_connection(io, service)
            .await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(doorway.head_timeout)
            .serve_connection(io, service)
            .await;
    }
}
