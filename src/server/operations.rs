//! The operations listener: plain HTTP, for Prometheus and for the supervisor that restarts the
//! gateway.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::accept_one;
use crate::audit::Log;
use crate::metrics::Metrics;
use crate::snapshot::{PolicyHandle, PublicationStatus};
use crate::witness::witnesses::{WitnessStatus, Witnesses};

/// Connections at once: scrapers are few.
const MAX_CONNECTIONS: usize = 64;

/// Time that a request's head may take, and that a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The state from which health is computed.
pub struct Operations {
    /// All metrics.
    pub metrics: Arc<Metrics>,
    /// The policy in force.
    pub current: Arc<PolicyHandle>,
    /// The log.
    pub log: Arc<Log>,
    /// The log's witnesses.
    pub witnesses: Arc<Witnesses>,
    /// Free bytes on the log's disk below which operators are warned.
    pub reserve_bytes: u64,
    /// Set when the gateway stops.
    pub draining: AtomicBool,
}

/// Serves metrics and health to the very end: a caller that asks while the gateway stops is told
/// so.
///
/// # Errors
/// When the listener can't be used at all.
pub async fn serve(listener: StdListener, operations: Arc<Operations>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (socket, _) = accept_one(&listener).await;
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let operations = operations.clone();
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let answer = operations.answer(&request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

impl Operations {
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n");
        }
        match request.uri().path() {
            "/metrics" => {
                let log = self.log.status();
                let healthy = log.failure.is_none();
                self.metrics.show_log(log.committed, log.commits, log.written_bytes, healthy);
                self.metrics.show_clock(log.clock_jumps);
                let snapshot = self.current.load();
                let policy = &snapshot.release.policy;
                self.metrics.show_catalog(policy.version(), policy.entries().len());
                let standing = self.current.standing();
                let PublicationStatus { reviewed, confirmed, trouble } = &*standing;
                self.metrics.show_policy(*reviewed, trouble.is_none(), *confirmed);
                if let Ok(free) = self.log.disk_free_bytes() {
                    self.metrics.show_disk(free, self.reserve_bytes);
                }
                for witness in self.witnesses.standing() {
                    self.metrics.show_witness(
                        &witness.name,
                        witness.size,
                        witness.trouble.is_none(),
                    );
                }
                let mut answer = Response::new(Full::from(self.metrics.render()));
                let format = header::HeaderValue::from_static("text/plain; version=0.0.4");
                answer.headers_mut().insert(header::CONTENT_TYPE, format);
                answer
            }
            "/livez" => text(StatusCode::OK, "live\n"),
            "/readyz" => self.readiness(),
            _ => text(StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz\n"),
        }
    }

    /// Ready means that a call would be decided and recorded. Each fault has a line of the answer.
    fn readiness(&self) -> Response<Full<Bytes>> {
        let failure = self.log.status().failure;
        let draining = self.draining.load(Ordering::Relaxed);
        let snapshot = self.current.load();
        let policy = &snapshot.release.policy;
        let said = format!(
            "log: {}\ncatalog: {} ({} entries, revision {})\npolicy: {}\ndisk: {}\nstopping: {}\n{}",
            failure.as_deref().unwrap_or("ok"),
            policy.version(),
            policy.entries().len(),
            snapshot.revision,
            self.policy(),
            self.room(),
            if draining { "yes" } else { "no" },
            self.witnessed(),
        );
        let ready = failure.is_none() && !draining;
        text(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, said)
    }
}

impl Operations {
    /// Writes the line on the policy: reviewed by people or not, its age if the store has a fault,
    /// and the fault.
    fn policy(&self) -> String {
        let PublicationStatus { reviewed, confirmed, trouble } = &*self.current.standing();
        let by = if *reviewed { "reviewed and approved" } else { "a folder; nobody reviewed it" };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let age = confirmed.filter(|_| trouble.is_some()).map(|at| (now - at).max(0) / 1_000);
        let age = age.map(|age| format!(", last confirmed {age} s ago")).unwrap_or_default();
        let stale = if self.current.is_stale(now) { ", stale" } else { "" };
        let why = trouble.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{by}{age}{stale}{}", why.replace('\n', "; "))
    }

    /// The room that the log has.
    fn room(&self) -> String {
        const MIB: u64 = 1 << 20;
        match self.log.disk_free_bytes() {
            Err(error) => format!("unknown ({error})"),
            Ok(free) if free >= self.reserve_bytes => format!("{} MiB free", free / MIB),
            Ok(free) => format!(
                "low: {} MiB free, less than the {} MiB of log.reserve_bytes; when it is full nothing \
                 is answered",
                free / MIB,
                self.reserve_bytes / MIB
            ),
        }
    }

    /// The state of each witness, a line each.
    fn witnessed(&self) -> String {
        let signed = self.log.status().signed;
        let standing = self.witnesses.standing();
        if standing.iter().all(|witness| witness.size == 0) {
            let why = standing.iter().find_map(|witness| witness.trouble.as_deref());
            return match why {
                None => "witness: unwitnessed\n".to_owned(),
                Some(why) => format!("witness: unwitnessed ({why})\n"),
            };
        }
        let line = |witness: &WitnessStatus| {
            let why = witness.trouble.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!(
                "witness: {} has cosigned {} of {signed} records{why}\n",
                witness.name, witness.size
            )
        };
        standing.iter().map(line).collect()
    }
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
