//! Listeners, handshakes, connections, drain.
//!
//! One acceptor hands each socket to the worker with the fewest connections: departments hold few,
//! long HTTP/2 connections, which SO_REUSEPORT alone would spread badly. A worker is a thread with
//! a runtime of its own; a connection stays with its worker.
//!
//! | file | what it holds |
//! |------|---------------|
//! | this | the acceptor and the workers |
//! | [`doorway`] | TLS and bounds of such a connection |
//! | [`connection`] | one connection of the exchange listener: its handshake, and who it is |
//! | `http1`, `http2` | what is said on it |
//! | [`people`] | the administration listener |
//! | [`operations`] | metrics and health |

pub mod connection;
pub mod doorway;
mod http1;
mod http2;
pub mod operations;
pub mod people;

use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::audit::Lane;
use crate::exchange::context::ExchangeContext;
use crate::metrics::Metrics;
use doorway::Doorway;

/// Sockets handed to a worker that it has not taken yet; above it the acceptor waits.
const HANDED_OVER_CONNECTIONS: usize = 256;

/// Length of the kernel's queue of connections that were not accepted yet.
const BACKLOG_CONNECTIONS: i32 = 4096;

/// Time to wait before accepting again when it has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Period of a worker's clock: shorter than any deadline of an exchange.
///
/// A deadline that is earlier than all others of a runtime makes the runtime write to its own
/// wake-up descriptor: a system call without use, as the runtime is awake. Every second exchange
/// would set such a deadline; with a tick always ahead, none does.
const TICK: Duration = Duration::from_millis(100);

/// A worker thread.
pub struct Worker {
    handle: Handle,
    thread: JoinHandle<()>,
}

impl Worker {
    /// The worker as the acceptor sees it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

/// Opens a listening socket.
///
/// # Errors
/// When the address can't be bound.
pub fn listen(address: SocketAddr) -> std::io::Result<StdListener> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG_CONNECTIONS)?;
    Ok(socket.into())
}

/// Starts a worker. Its gate is made on its thread, inside its runtime, with its lane.
///
/// # Errors
/// When the thread can't be started.
pub fn start_worker(
    name: String,
    doorway: Arc<Doorway>,
    stop: watch::Receiver<bool>,
    drain_timeout: Duration,
    lane: Lane,
    context: impl FnOnce(Lane) -> ExchangeContext + Send + 'static,
) -> std::io::Result<Worker> {
    let (sockets, taken) = mpsc::channel(HANDED_OVER_CONNECTIONS);
    let connections = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let open = connections.clone();
    let work = move || {
        runtime.block_on(async {
            tokio::spawn(lane.pump());
            tokio::spawn(tick());
            let context = Arc::new(context(lane));
            work(context, doorway, taken, open, stop, drain_timeout).await;
        });
    };
    let thread = std::thread::Builder::new().name(name).spawn(work)?;
    Ok(Worker { handle: Handle { sockets, connections }, thread })
}

async fn tick() {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
    }
}

async fn work(
    context: Arc<ExchangeContext>,
    doorway: Arc<Doorway>,
    mut taken: mpsc::Receiver<Accepted>,
    connections: Arc<AtomicUsize>,
    stop: watch::Receiver<bool>,
    drain_timeout: Duration,
) {
    while let Some(Accepted { socket, address, counted }) = taken.recv().await {
        let (context, doorway, stop) = (context.clone(), doorway.clone(), stop.clone());
        tokio::spawn(async move {
            let _counted = counted;
            connection::serve(context, doorway, socket, address, stop).await;
        });
    }
    // The acceptor is gone: what still runs may finish, up to the deadline. Dropping the runtime
    // then cuts the rest, and each cut exchange still writes its record.
    let finished = async {
        while connections.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(drain_timeout, finished).await.is_err() {
        context.cutting.store(true, Ordering::Relaxed);
    }
}

/// The workers that the acceptor hands sockets to, and how many at most.
pub struct Acceptor {
    /// The workers.
    pub workers: Vec<Handle>,
    /// Connections of all workers at once.
    pub most_connections: usize,
    /// Metrics.
    pub metrics: Arc<Metrics>,
}

/// A worker as the acceptor sees it.
#[derive(Clone)]
pub struct Handle {
    sockets: mpsc::Sender<Accepted>,
    connections: Arc<AtomicUsize>,
}

/// A connection on its way to a worker, counted from the moment it is accepted: a burst counts
/// while no worker has seen it yet.
struct Accepted {
    socket: StdStream,
    address: SocketAddr,
    counted: Counted,
}

/// Accepts until told to stop, each socket to the worker with the fewest connections.
///
/// # Errors
/// When the listener can't be used at all.
pub async fn accept(
    listener: StdListener,
    acceptor: Acceptor,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (socket, address) = tokio::select! {
            accepted = accept_one(&listener) => accepted,
            _ = stop.changed() => return Ok(()),
        };
        let load = |worker: &Handle| worker.connections.load(Ordering::Relaxed);
        let open: usize = acceptor.workers.iter().map(load).sum();
        if open >= acceptor.most_connections {
            acceptor.metrics.connections_refused.inc();
            continue;
        }
        let _ = socket.set_nodelay(true);
        let least = acceptor.workers.iter().min_by_key(|worker| load(worker));
        if let (Some(worker), Ok(socket)) = (least, socket.into_std()) {
            let counted = Counted::new(worker.connections.clone(), acceptor.metrics.clone());
            let _ = worker.sockets.send(Accepted { socket, address, counted }).await;
        }
    }
}

/// The next connection of a listener.
async fn accept_one(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Out of file descriptors or the like: the listener stays ready, so asking again at
            // once would only burn the thread until some are closed.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Ends the workers: no new sockets, then waits until each has drained.
pub fn join(workers: Vec<Worker>) {
    let threads: Vec<JoinHandle<()>> =
        workers.into_iter().map(|Worker { thread, .. }| thread).collect();
    for thread in threads {
        // A worker that panicked has nothing left to wait for.
        let _ = thread.join();
    }
}

/// Counts a connection for as long as it is open.
struct Counted {
    connections: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

impl Counted {
    fn new(connections: Arc<AtomicUsize>, metrics: Arc<Metrics>) -> Counted {
        connections.fetch_add(1, Ordering::Relaxed);
        metrics.connections.inc();
        Counted { connections, metrics }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        self.metrics.connections.dec();
    }
}
