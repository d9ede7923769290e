//! The client for providers: pooled HTTP/1.1 over mutual TLS. Each worker has its own pools, and no
//! pool is shared between departments. The exchange makes the requests and interprets the answers.
//!
//! | file | what it holds |
//! |------|---------------|
//! | this | destinations, requests, failures, sending one request |
//! | `answer` | a provider's answer, its body still to come |
//! | `connection` | a connection: a request out, the head of its answer in |
//! | `pool` | connections to one address of one department |
//! | `connect` | resolving, connecting, proving who answers |

mod answer;
mod connect;
mod connection;
mod pool;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sluice_core::domain::address::Address;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Department;
use sluice_core::domain::rejection::{Late, Misbehaved, Rejection, Unavailable, Unreadable};
use sluice_core::message::fields::Section;
use tokio::time::Instant;

pub use answer::UpstreamResponse;
use pool::Pool;

/// Gives the TLS configuration with which only systems of that department are accepted.
pub type TlsFor = dyn Fn(&Name) -> Option<Arc<rustls::ClientConfig>> + Send + Sync;

/// The means by which a worker reaches providers.
#[derive(Clone)]
pub struct Reach {
    /// Connections to one address.
    pub connections: usize,
    /// Requests that wait for one of them.
    pub queued_requests: usize,
    /// Time from the first SYN to the end of the TLS handshake.
    pub connect_timeout: Duration,
    /// The time for which an unused connection is kept.
    pub idle_timeout: Duration,
    /// Addresses that are not looked up.
    pub hosts: HashMap<Address, SocketAddr>,
    /// The gateway's own listeners, which are never a provider.
    pub own_listeners: Vec<SocketAddr>,
    /// TLS by department.
    pub tls_for: Arc<TlsFor>,
    /// Returns the word for the refusal of a certificate, if that made a handshake fail.
    pub distrust: fn(&std::io::Error) -> Option<&'static str>,
}

/// A map by names of the registry and the catalog, which strangers can't choose.
type Known<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The pools of one worker.
pub struct Upstreams {
    reach: Arc<Reach>,
    /// The pools by department, then by address, so that a lookup copies neither.
    pools: Mutex<Known<Name, Known<Address, Arc<Pool>>>>,
}

/// A provider department and the addresses at which an entry of it is answered.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The department whose system must answer.
    pub department: &'a Department,
    /// Tried in turn.
    pub addresses: &'a [Address],
    /// The time at which the whole answer must be there.
    pub deadline: Instant,
}

/// A request as it is sent: everything in it was rendered by the gateway.
#[derive(Debug)]
pub struct UpstreamRequest {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    /// Line and fields, with the length of the body if there is one, up to the empty line.
    pub head: Section,
    /// The body.
    pub body: Vec<u8>,
}

/// The reason why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The provider can't be reached.
    Unavailable(Unavailable),
    /// The provider took too long.
    Late(Late),
    /// The other end is not the provider; the word is the fault of its certificate.
    Untrusted(&'static str),
    /// The answer is not HTTP.
    Protocol,
    /// The body ended before its end.
    Truncated,
}

/// The part of a failed request that had left: it may be sent elsewhere only if nothing had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// No byte of it had left.
    Nothing,
    /// The provider may have acted on it.
    Something,
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
        request: &UpstreamRequest,
    ) -> Result<UpstreamResponse, Failure> {
        let mut failure = Failure::Unavailable(Unavailable::NoUpstream);
        for address in to.addresses {
            match self.send_to(address, to, request).await {
                Ok(answer) => return Ok(answer),
                Err((why, Sent::Something)) => return Err(why),
                Err((why, Sent::Nothing)) => failure = why,
            }
        }
        Err(failure)
    }

    async fn send_to(
        &self,
        address: &Address,
        to: &Destination<'_>,
        request: &UpstreamRequest,
    ) -> Result<UpstreamResponse, (Failure, Sent)> {
        let leased = self.pool(&to.department.id, address).lease(to).await;
        let mut lease = leased.map_err(|failure| (failure, Sent::Nothing))?;
        let read = lease.connection().send(request, to.deadline).await?;
        Ok(UpstreamResponse::new(read, lease, to.deadline))
    }

    fn pool(&self, department: &Name, address: &Address) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(department).and_then(|pools| pools.get(address)) {
            return pool.clone();
        }
        let fresh = Arc::new(Pool::new(self.reach.clone(), address.clone()));
        let of_department = pools.entry(department.clone()).or_default();
        of_department.insert(address.clone(), fresh.clone());
        fresh
    }
}

impl Failure {
    /// The rejection that a failure becomes.
    pub fn rejection(self) -> Rejection {
        match self {
            Failure::Unavailable(why) => Rejection::UpstreamUnavailable(why),
            Failure::Late(late) => Rejection::UpstreamTimeout(late),
            Failure::Untrusted(cause) => Rejection::UpstreamUntrusted { cause },
            Failure::Protocol => Rejection::UpstreamMisbehaved(Misbehaved::Protocol),
            Failure::Truncated => Rejection::AnswerUnreadable(Unreadable::Truncated),
        }
    }
}
