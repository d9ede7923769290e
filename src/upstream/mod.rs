//! Providers as seen from a worker: pooled HTTP/1.1 over mutual TLS, each worker its own pools, no
//! pool shared between departments. What is sent and what an answer means is the exchange's.
//!
//! | file | what it holds |
//! |------|---------------|
//! | this | destinations, failures, sending one request |
//! | [`pool`] | connections to one address of one department |
//! | [`connect`] | resolving, connecting, proving who answers |

mod connect;
mod pool;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use sluice_core::domain::entry::Address;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Department;
use sluice_core::domain::rejection::{Late, Misbehaved, Rejection, Unavailable, Unreadable};
use tokio::time::{Instant, timeout_at};

use pool::{Lease, Pool};

/// Gives the TLS configuration with which only systems of that department are accepted.
pub type TlsFor = dyn Fn(&Name) -> Option<Arc<rustls::ClientConfig>> + Send + Sync;

/// How a worker reaches providers.
#[derive(Clone)]
pub struct Reach {
    /// Connections to one address.
    pub connections: usize,
    /// Requests that wait for one of them.
    pub queue: usize,
    /// From the first SYN to the end of the TLS handshake.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// Addresses that are not looked up.
    pub hosts: HashMap<Address, SocketAddr>,
    /// The gateway's own listeners, which are never a provider.
    pub own_listeners: Vec<SocketAddr>,
    /// TLS by department.
    pub tls_for: Arc<TlsFor>,
    /// The word for why a certificate was not accepted, if that is what a handshake failed of.
    pub distrust: fn(&std::io::Error) -> Option<&'static str>,
}

/// The pools of one worker.
pub struct Upstreams {
    reach: Arc<Reach>,
    pools: Mutex<HashMap<PoolKey, Arc<Pool>>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct PoolKey {
    department: Name,
    address: Address,
}

/// A provider department and the addresses at which an entry of it is answered.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The department whose system must answer.
    pub department: &'a Department,
    /// Tried in turn.
    pub addresses: &'a [Address],
    /// When the whole answer must be there.
    pub deadline: Instant,
}

/// A request as it is sent: everything in it was rendered by the gateway.
pub type Request = http::Request<Full<Bytes>>;

/// A provider's answer, its body still to come. Dropped before its end, the connection is closed.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, as they came.
    pub headers: HeaderMap,
    body: Incoming,
    lease: Option<Lease>,
    deadline: Instant,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It can't be reached.
    Unavailable(Unavailable),
    /// It took too long.
    Late(Late),
    /// Who answered is not the provider, and by what its certificate shows it.
    Untrusted(&'static str),
    /// It is not HTTP.
    Protocol,
    /// The body is longer than asked for.
    TooLarge,
    /// The body ended before its end.
    Truncated,
}

impl Upstreams {
    /// No connection yet.
    pub fn new(reach: Arc<Reach>) -> Upstreams {
        Upstreams { reach, pools: Mutex::default() }
    }

    /// Sends a request to the first address that can be reached and waits for the answer's head.
    /// A request is sent again only if no byte of it had left.
    ///
    /// # Errors
    /// [`Failure`] of the last address tried.
    pub async fn send(
        &self,
        to: &Destination<'_>,
        mut request: Request,
    ) -> Result<Answer, Failure> {
        let mut failure = Failure::Unavailable(Unavailable::NoUpstream);
        for address in to.addresses {
            match self.pool(&to.department.id, address).send(to, request).await {
                Ok(answer) => return Ok(answer),
                Err((why, None)) => return Err(why),
                Err((why, Some(unsent))) => {
                    failure = why;
                    request = unsent;
                }
            }
        }
        Err(failure)
    }

    fn pool(&self, department: &Name, address: &Address) -> Arc<Pool> {
        let key = PoolKey { department: department.clone(), address: address.clone() };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Pool::new(self.reach.clone(), address.clone()));
        pools.entry(key).or_insert_with(fresh).clone()
    }
}

impl Answer {
    /// When the whole answer must be there.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The next piece of the body; none at its end, after which the connection serves again.
    ///
    /// # Errors
    /// When the deadline passes or the body breaks off.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let next = timeout_at(self.deadline, self.body.frame());
            match next.await.map_err(|_| Failure::Late(Late::Answer))? {
                None => {
                    if let Some(lease) = self.lease.take() {
                        lease.give_back();
                    }
                    return Ok(None);
                }
                Some(Err(_)) => return Err(Failure::Truncated),
                // Trailers say nothing that a consumer may see.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// How long the body is at least, as far as its head says.
    pub fn declared_bytes(&self) -> u64 {
        self.body.size_hint().lower()
    }
}

impl Failure {
    /// The rejection that a failure becomes.
    pub fn rejection(self, limit_bytes: u64) -> Rejection {
        match self {
            Failure::Unavailable(why) => Rejection::UpstreamUnavailable(why),
            Failure::Late(late) => Rejection::UpstreamTimeout(late),
            Failure::Untrusted(cause) => Rejection::UpstreamUntrusted { cause },
            Failure::Protocol => Rejection::UpstreamMisbehaved(Misbehaved::Protocol),
            Failure::TooLarge => Rejection::AnswerTooLarge { limit_bytes },
            Failure::Truncated => Rejection::AnswerUnreadable(Unreadable::Truncated),
        }
    }
}
