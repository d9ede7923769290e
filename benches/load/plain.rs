//! The yardstick: a reverse proxy of hyper and rustls that forwards what it gets, over mutual TLS
//! on both sides, and does nothing else. It has the gateway's allocator, TLS and threads (one
//! current-thread runtime a worker), and the simplest pool that works.
//!
//! With a log it writes the record of a usual exchange for each answer and waits until that is
//! durable: the difference between the two is what the log costs.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sluice::audit::{Lane, Log};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::Wrong;
use super::usual::record;

type Sender = SendRequest<Incoming>;

/// Connections to the one upstream, and how to make more.
struct Pool {
    to: SocketAddr,
    tls: TlsConnector,
    idle: Mutex<Vec<Sender>>,
    lane: Option<Lane>,
}

/// Serves for ever.
pub(crate) fn serve(
    listener: StdListener,
    tls: TlsAcceptor,
    to: SocketAddr,
    upstream_tls: Arc<ClientConfig>,
    log: Option<Log>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lane = log.as_ref().map(Log::lane);
    let tls_out = TlsConnector::from(upstream_tls);
    let pool = Arc::new(Pool { to, tls: tls_out, idle: Mutex::default(), lane: lane.clone() });
    runtime.block_on(async {
        if let Some(lane) = lane {
            tokio::spawn(lane.pump());
        }
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (socket, _) = listener.accept().await?;
            tokio::spawn(converse(socket, tls.clone(), pool.clone()));
        }
    })
}

async fn converse(socket: TcpStream, tls: TlsAcceptor, pool: Arc<Pool>) -> Result<(), Wrong> {
    socket.set_nodelay(true)?;
    let stream = tls.accept(socket).await?;
    let service = service_fn(move |request| forward(request, pool.clone()));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new());
    Ok(builder.serve_connection(TokioIo::new(stream), service).await?)
}

async fn forward(
    mut request: Request<Incoming>,
    pool: Arc<Pool>,
) -> Result<Response<Returning>, Wrong> {
    let open = pool.lane.as_ref().map(Lane::begin);
    let mut sender = pool.take().await?;
    // Only the path is sent on, as to any origin.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    let (head, body) = sender.send_request(request).await?.into_parts();
    if let Some(open) = open {
        open.append(&record())?.durable().await?;
    }
    Ok(Response::from_parts(head, Returning { body, sender: Some(sender), pool }))
}

impl Pool {
    async fn take(&self) -> Result<Sender, Wrong> {
        while let Some(mut sender) = self.pop() {
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let socket = TcpStream::connect(self.to).await?;
        socket.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::try_from("localhost")?, socket).await?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// The latest given back. The lock is released before anybody waits.
    fn pop(&self) -> Option<Sender> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Sender>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer's body, which gives its connection back when it is through.
struct Returning {
    body: Incoming,
    sender: Option<Sender>,
    pool: Arc<Pool>,
}

impl Body for Returning {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take().filter(|_| self.body.is_end_stream()) {
            self.pool.idle().push(sender);
        }
    }
}
