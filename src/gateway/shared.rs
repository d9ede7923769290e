//! The parts from which every worker is made.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_core::domain::name::Name;
use sluice_core::ledger::digest::ExchangeKeys;
use tokio::sync::watch;

use super::trust::Trust;
use super::{StartError, failed};
use crate::audit::{Lane, Log, RefusalGate};
use crate::budgets::Budgets;
use crate::exchange::context::ExchangeContext;
use crate::exchange::log_reader::LogReader;
use crate::exchange::response::bounds::ResponseBounds;
use crate::exchange::response::memory::Buffers;
use crate::limits::{ConcurrencyLimits, Limiters};
use crate::metrics::Metrics;
use crate::server::doorway::Doorway;
use crate::server::{self, Worker};
use crate::settings::Settings;
use crate::snapshot::PolicyHandle;
use crate::tls::{self, ClientSettings};
use crate::upstream::{Reach, Upstreams};

/// The parts from which every worker is made.
pub(super) struct WorkerParts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) trust: &'a Trust,
    pub(super) keys: ExchangeKeys,
    pub(super) origin: Arc<str>,
    pub(super) log_reader: Arc<LogReader>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<Log>,
    pub(super) current: Arc<PolicyHandle>,
    pub(super) refusals: Arc<RefusalGate>,
    pub(super) limiters: Arc<Limiters>,
    pub(super) budgets: Arc<Budgets>,
    pub(super) concurrency: Arc<ConcurrencyLimits>,
    pub(super) buffers: Arc<Buffers>,
    pub(super) own_listeners: Vec<SocketAddr>,
}

impl WorkerParts<'_> {
    pub(super) fn workers(
        &self,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Vec<Worker>, StartError> {
        let bounds = &self.settings.bounds;
        let doorway = Arc::new(Doorway {
            tls: self.trust.server.clone(),
            trust_domain: self.settings.trust_domain.clone(),
            handshake_timeout: bounds.handshake_timeout,
            head_timeout: bounds.head_timeout,
            http2_streams: bounds.http2_streams,
        });
        let count = match self.settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let reach = Arc::new(self.reach());
        let worker = |number: usize| {
            let (name, context) = (format!("worker-{number}"), self.context(reach.clone()));
            let (doorway, stopping) = (doorway.clone(), stopping.clone());
            let lane = self.log.lane();
            server::start_worker(name, doorway, stopping, bounds.drain_timeout, lane, context)
        };
        (0..count).map(worker).collect::<Result<_, _>>().map_err(failed("worker threads"))
    }

    /// Makes a worker's gate, on the worker's own thread.
    fn context(&self, reach: Arc<Reach>) -> impl FnOnce(Lane) -> ExchangeContext + Send + 'static {
        let current = self.current.clone();
        let (refusals, limiters) = (self.refusals.clone(), self.limiters.clone());
        let (concurrency, budgets) = (self.concurrency.clone(), self.budgets.clone());
        let (metrics, keys) = (self.metrics.clone(), self.keys.clone());
        let (origin, log_reader) = (self.origin.clone(), self.log_reader.clone());
        let buffers = self.buffers.clone();
        let bounds = self.settings.bounds.clone();
        let refusal_rates = self.settings.limits.refusals.clone();
        move |lane| ExchangeContext {
            current,
            lane,
            refusals,
            limiters,
            budgets,
            concurrency,
            upstreams: Upstreams::new(reach),
            metrics,
            keys,
            origin,
            log_reader,
            request_body_bytes: bounds.request_body_bytes,
            body_timeout: bounds.body_timeout,
            refusal_rates,
            bounds: ResponseBounds {
                buffer_bytes: bounds.buffer_bytes,
                answer_bytes: bounds.answer_bytes,
            },
            buffers,
            cutting: AtomicBool::new(false),
        }
    }

    fn reach(&self) -> Reach {
        let upstream = self.settings.upstream.clone();
        let (authorities, own) = (self.trust.authorities.clone(), self.trust.own.clone());
        let made: Mutex<HashMap<Name, Arc<rustls::ClientConfig>>> = Mutex::default();
        let tls_for = move |department: &Name| {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(config) = made.get(department) {
                return Some(config.clone());
            }
            let wanted = ClientSettings { department: department.clone(), allow_tls12: false };
            let config = tls::client_config(authorities.clone(), &own, wanted).ok()?;
            made.insert(department.clone(), config.clone());
            Some(config)
        };
        Reach {
            connections: upstream.connections,
            queued_requests: upstream.queued_requests,
            connect_timeout: upstream.connect_timeout,
            idle_timeout: upstream.idle_timeout,
            hosts: upstream.hosts,
            own_listeners: self.own_listeners.clone(),
            tls_for: Arc::new(tls_for),
            distrust: |error| tls::untrusted(error).map(|refusal| refusal.distrust.as_str()),
        }
    }
}
