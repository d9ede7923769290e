//! The load: a closed loop over a fixed number of connections. Each sends its next request when it
//! has the answer to the last, so a slower proxy gets fewer requests, never a longer queue.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Wrong;
use super::flags::Bound;
use super::records::Size;
use super::wire::{Head, Messages};

/// The connections of the consumer to one proxy.
pub(crate) struct Callers {
    connections: Vec<Connection>,
}

/// What one run came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// How long it took.
    pub(crate) took: Duration,
    /// Times from request to whole answer in microseconds, sorted.
    pub(crate) latencies_us: Vec<u32>,
}

/// An answer as a whole.
pub(crate) struct Answer {
    /// Its head.
    pub(crate) head: Head,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

struct Connection {
    stream: TlsStream<TcpStream>,
    messages: Messages,
}

/// What a run's connections share.
struct Run {
    request: Vec<u8>,
    until: Instant,
    left: AtomicU64,
    pace: Duration,
}

impl Callers {
    /// Connects.
    pub(crate) async fn connect(
        to: SocketAddr,
        tls: Arc<ClientConfig>,
        connections: usize,
    ) -> Result<Callers, Wrong> {
        let mut made = Vec::with_capacity(connections);
        for _ in 0..connections.max(1) {
            made.push(Connection::open(to, tls.clone()).await?);
        }
        Ok(Callers { connections: made })
    }

    /// Asks once, over the first connection.
    pub(crate) async fn ask(&mut self, size: Size) -> Result<Answer, Wrong> {
        let mut body = Vec::new();
        let head = self.follow(size, |piece| body.extend_from_slice(piece)).await?;
        Ok(Answer { head, body })
    }

    /// Asks once, over the first connection, and gives the body piece by piece.
    pub(crate) async fn follow(
        &mut self,
        size: Size,
        body: impl FnMut(&[u8]),
    ) -> Result<Head, Wrong> {
        Ok(self.connections[0].ask(&request(size), body).await?)
    }

    /// Asks over all connections at once until the bound.
    pub(crate) async fn run(&mut self, size: Size, bound: Bound) -> Result<Outcome, Wrong> {
        let started = Instant::now();
        let run = Arc::new(Run {
            request: request(size),
            until: started + bound.time,
            left: AtomicU64::new(bound.requests),
            pace: bound.pace,
        });
        let mut running = JoinSet::new();
        let count = self.connections.len() as u32;
        for (ix, connection) in self.connections.drain(..).enumerate() {
            // With a pace, they take turns.
            let first = started + bound.pace * ix as u32 / count;
            running.spawn(connection.repeat(run.clone(), first));
        }
        let mut latencies_us = Vec::new();
        while let Some(ended) = running.join_next().await {
            let (connection, latencies) = ended??;
            self.connections.push(connection);
            latencies_us.extend(latencies);
        }
        let took = started.elapsed();
        latencies_us.sort_unstable();
        Ok(Outcome { took, latencies_us })
    }
}

impl Connection {
    async fn open(to: SocketAddr, tls: Arc<ClientConfig>) -> Result<Connection, Wrong> {
        let socket = TcpStream::connect(to).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(tls).connect(name, socket).await?;
        Ok(Connection { stream, messages: Messages::new() })
    }

    async fn ask(
        &mut self,
        request: &[u8],
        body: impl FnMut(&[u8]),
    ) -> Result<Head, std::io::Error> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let head = self.messages.next(&mut self.stream, body).await?;
        head.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }

    async fn repeat(
        mut self,
        run: Arc<Run>,
        first: Instant,
    ) -> Result<(Connection, Vec<u32>), Wrong> {
        let mut latencies_us = Vec::with_capacity(4096);
        let (mut asked, mut next) = (Instant::now(), first);
        while asked < run.until && run.take() {
            if !run.pace.is_zero() {
                tokio::time::sleep_until(next.into()).await;
                next += run.pace;
                asked = Instant::now();
            }
            let head = self.ask(&run.request, |_| ()).await?;
            if !head.first_line().starts_with("HTTP/1.1 200 ") {
                return Err(format!("an answer was not 200: {}", head.first_line()).into());
            }
            let answered = Instant::now();
            latencies_us.push((answered - asked).as_micros() as u32);
            asked = answered;
        }
        Ok((self, latencies_us))
    }
}

impl Run {
    fn take(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.left.try_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Outcome {
    /// How many requests were answered.
    pub(crate) fn requests(&self) -> u64 {
        self.latencies_us.len() as u64
    }

    /// The latency that this part of the requests did not exceed, in microseconds.
    pub(crate) fn percentile_us(&self, part: f64) -> u32 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.latencies_us.get(at).copied().unwrap_or(0)
    }
}

fn request(size: Size) -> Vec<u8> {
    let body = size.question();
    format!(
        "POST /people/register/{} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Exchange-Purpose: social-assistance\r\nExchange-Case: \"SA-2026-00001\"\r\n\
         Exchange-Operator: officer-0001\r\n\r\n{body}",
        size.word(),
        body.len()
    )
    .into_bytes()
}
