//! The context that the stages share, and the verified peer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sluice_core::domain::identity::Identity;
use sluice_core::domain::rate::Rate;
use sluice_core::ledger::digest::ExchangeKeys;
use sluice_core::ledger::record::Consumer;

use super::log_reader::LogReader;
use crate::audit::lane::Lane;
use crate::audit::refusals::RefusalGate;
use crate::budgets::Budgets;
use crate::exchange::response::bounds::ResponseBounds;
use crate::exchange::response::memory::Buffers;
use crate::limits::Limiters;
use crate::limits::concurrency::ConcurrencyLimits;
use crate::metrics::Metrics;
use crate::snapshot::PolicyHandle;
use crate::upstream::Upstreams;

/// The context of all exchanges of one worker. What is behind an `Arc` is shared by all workers.
pub struct ExchangeContext {
    /// The policy.
    pub current: Arc<PolicyHandle>,
    /// This worker's way to the log.
    pub lane: Lane,
    /// The gate that lets refusals have a record of their own, up to a rate.
    pub refusals: Arc<RefusalGate>,
    /// Request rates.
    pub limiters: Arc<Limiters>,
    /// The use of budgets.
    pub budgets: Arc<Budgets>,
    /// Exchanges that each system may have under way.
    pub concurrency: Arc<ConcurrencyLimits>,
    /// This worker's connections to providers.
    pub upstreams: Upstreams,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// The keys of digests in records.
    pub keys: ExchangeKeys,
    /// The name of the log.
    pub origin: Arc<str>,
    /// The log, for those who ask about it.
    pub log_reader: Arc<LogReader>,
    /// Largest request body in bytes.
    pub request_body_bytes: u64,
    /// Longest time that a request's body may take.
    pub body_timeout: Duration,
    /// The rates of refusals of one system at one entry.
    pub refusal_rates: Vec<Rate>,
    /// Bounds on answers.
    pub bounds: ResponseBounds,
    /// Memory for the answers of all workers.
    pub buffers: Arc<Buffers>,
    /// Set when the gateway stops and what still runs is cut.
    pub cutting: AtomicBool,
}

/// The verified other end of a connection. Spelled when it is made, not with every exchange.
#[derive(Debug)]
pub struct Peer {
    /// The identity that its certificate speaks for.
    pub identity: Identity,
    /// The same as `department/system`.
    pub name: Box<str>,
    /// The same as records have it, with its certificate and where it comes from.
    pub consumer: Consumer,
    /// Set when it is stopped while it is connected.
    pub barred: AtomicBool,
}

impl Peer {
    /// A peer by its certificate's identity and serial number (in hexadecimal), and its address.
    pub fn new(identity: Identity, serial: Box<str>, address: SocketAddr) -> Peer {
        let consumer = Consumer {
            department: Some(identity.department.as_str().into()),
            system: Some(identity.id.as_str().into()),
            certificate: Some(serial),
            address: Some(address.ip().to_string().into()),
        };
        let barred = AtomicBool::new(false);
        Peer { name: identity.to_string().into(), identity, consumer, barred }
    }
}
