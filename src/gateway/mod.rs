//! The composition root: the one place where adapters are built and wired.
//!
//! | file | what it holds |
//! |------|---------------|
//! | `trust` | whom the gateway believes, and its secrets |
//! | `bind` | sockets, the log and its witnesses |
//! | `shared` | what every worker is made from |
//! | `catalog_source` | how a catalog comes into force |
//! | `background` | what is done now and then |

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::policy::Policy;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

use crate::api;
use crate::audit::{self, Archive, Log, RefusalGate};
use crate::budgets::{BudgetFile, Budgets, budget_file};
use crate::control::Control;
use crate::exchange::log_reader::LogReader;
use crate::exchange::response::memory::Buffers;
use crate::exchange::routes::log::READERS;
use crate::limits::{ConcurrencyLimits, Limiters};
use crate::metrics::Metrics;
use crate::server::operations::{self, Operations};
use crate::server::people::{self, PeopleDoorway};
use crate::server::{self, Worker};
use crate::settings::Settings;
use crate::snapshot::{PolicyHandle, Release};
use crate::witness::witnesses::Witnesses;

mod background;
mod bind;
mod catalog_source;
mod shared;
mod trust;

use bind::{Listeners, attendance, open_budgets, open_log};
pub use catalog_source::judging_context;
use catalog_source::{CatalogSource, Surroundings};
use shared::WorkerParts;
pub use trust::exchange_secret;
use trust::{GatewaySecrets, Trust};

/// A running gateway.
pub struct Gateway {
    /// Address at which systems call.
    pub exchange: SocketAddr,
    /// Address of the administrative interface.
    pub administration: SocketAddr,
    /// Address of metrics and health.
    pub operations: SocketAddr,
    control: Runtime,
    workers: Vec<Worker>,
    stop: watch::Sender<bool>,
    health: Arc<Operations>,
    refusals: Arc<RefusalGate>,
    limiters: Arc<Limiters>,
    budgets: (Arc<Budgets>, Arc<BudgetFile>),
}

/// The reason why a gateway does not start. The text tells an operator what to do.
#[derive(Debug)]
pub struct StartError(String);

impl Gateway {
    /// Starts a gateway on the catalog that the settings name, and follows its changes. When this
    /// returns, calls will succeed.
    ///
    /// # Errors
    /// When certificates, catalog, log or listeners can't be used.
    pub fn serve(settings: &Settings) -> Result<Gateway, StartError> {
        let (trust, control) = (Trust::load(settings)?, runtime()?);
        let (policy, catalog_source) = control.block_on(CatalogSource::read(settings, &trust))?;
        Gateway::begin(settings, &trust, control, policy, catalog_source)
    }

    /// Starts a gateway on a policy that does not change.
    ///
    /// # Errors
    /// When certificates, log or listeners can't be used.
    pub fn start(settings: &Settings, policy: Policy) -> Result<Gateway, StartError> {
        let (trust, control) = (Trust::load(settings)?, runtime()?);
        Gateway::begin(settings, &trust, control, policy, CatalogSource::Fixed)
    }

    fn begin(
        settings: &Settings,
        trust: &Trust,
        control: Runtime,
        policy: Policy,
        catalog_source: CatalogSource,
    ) -> Result<Gateway, StartError> {
        let secrets = GatewaySecrets::load(settings)?;
        let metrics = Arc::new(Metrics::new().map_err(failed("metrics"))?);
        let version: Box<str> = policy.version().into();
        let key = secrets.signer.verifier().clone();
        let (log, last_record) = open_log(settings, secrets.signer, version)?;
        let log = Arc::new(log);
        let archive = Arc::new(Archive::open(&settings.log.dir).map_err(failed("log"))?);
        let (budgets, kept) = open_budgets(settings, &archive)?;
        let attendance = Arc::new(attendance(settings, &log, &key)?);
        let current = Arc::new(PolicyHandle::new(Release::build(policy, &secrets.release)));
        // A grant that had ended by then does not hold again because the clock was set back.
        current.begin_at(last_record.unwrap_or(UnixMillis::MIN), unix_millis());
        let listeners = Listeners::open(settings)?;
        let (stop, stopping) = watch::channel(false);
        let refusals = Arc::new(RefusalGate::default());
        let limiters = Arc::new(Limiters::default());
        let shared = WorkerParts {
            settings,
            trust,
            keys: secrets.exchanges,
            origin: key.name().into(),
            log_reader: Arc::new(log_reader(&log, &archive, &attendance)),
            metrics: metrics.clone(),
            log: log.clone(),
            current: current.clone(),
            refusals: refusals.clone(),
            limiters: limiters.clone(),
            budgets: budgets.clone(),
            concurrency: Arc::new(concurrency_limits(settings)),
            buffers: Arc::new(Buffers::new(settings.bounds.buffers_bytes)),
            own_listeners: listeners.addresses.to_vec(),
        };
        let workers = shared.workers(&stopping)?;
        let around =
            Surroundings { current: current.clone(), secrets: secrets.release, log: log.clone() };
        let health = Arc::new(Operations {
            metrics,
            current,
            log,
            witnesses: attendance,
            reserve_bytes: settings.log.reserve_bytes,
            draining: AtomicBool::new(false),
        });
        let mut gateway = Gateway {
            exchange: listeners.addresses[0],
            administration: listeners.addresses[1],
            operations: listeners.addresses[2],
            control,
            workers,
            stop,
            health,
            refusals,
            limiters,
            budgets: (budgets, kept),
        };
        let changes = gateway.start_background(catalog_source, around, &stopping);
        gateway.open_doors(settings, trust, (archive, changes), listeners, stopping);
        Ok(gateway)
    }

    /// Stops the gateway: no new connections; running exchanges may finish until the deadline; then
    /// the log is closed.
    ///
    /// # Errors
    /// When the log could not be closed in good order.
    pub fn stop(mut self) -> Result<(), StartError> {
        self.health.draining.store(true, Ordering::Relaxed);
        // Nobody listening any more is no reason to stay.
        let _ = self.stop.send(true);
        server::join(std::mem::take(&mut self.workers));
        if let Some(rest) = self.refusals.rest() {
            let appended = self.health.log.append(&rest);
            let durable = appended.and_then(audit::PendingRecord::wait);
            durable.map_err(|why| StartError(format!("log: {why}")))?;
        }
        let (budgets, kept) = &self.budgets;
        // They can be counted again, as long as the log is there.
        if let Err(error) = kept.save(budgets, self.health.log.status().committed) {
            tracing::warn!(%error, "what was used of budgets is not kept");
        }
        self.health.log.close().map_err(|why| StartError(format!("log: {why}")))?;
        self.control.shutdown_timeout(Duration::from_secs(1));
        Ok(())
    }

    /// Tells whether the log can still be written.
    pub fn is_healthy(&self) -> bool {
        self.health.log.is_healthy()
    }

    /// Starts the background tasks, and follows the catalog; returns the control plane, if the
    /// catalog has one.
    fn start_background(
        &self,
        catalog_source: CatalogSource,
        around: Surroundings,
        stopping: &watch::Receiver<bool>,
    ) -> Option<Arc<Control>> {
        let _inside = self.control.enter();
        let (budgets, kept) = self.budgets.clone();
        let shown = self.health.metrics.clone();
        let limiters = self.limiters.clone();
        let idle = background::forget_idle(limiters, budgets.clone(), shown, stopping.clone());
        tokio::spawn(idle);
        let (current, shown) = (around.current.clone(), self.health.metrics.clone());
        tokio::spawn(background::watch_clock(current, shown, stopping.clone()));
        let log = self.health.log.clone();
        let records = move || log.status().committed;
        tokio::spawn(budget_file::keep(kept, budgets, records, stopping.clone()));
        catalog_source.follow(around, stopping.clone())
    }

    fn open_doors(
        &mut self,
        settings: &Settings,
        trust: &Trust,
        (archive, changes): (Arc<Archive>, Option<Arc<Control>>),
        listeners: Listeners,
        stopping: watch::Receiver<bool>,
    ) {
        let Listeners { exchange, administration, operations, .. } = listeners;
        let acceptor = server::Acceptor {
            workers: self.workers.iter().map(Worker::handle).collect(),
            most_connections: settings.bounds.connections,
            metrics: self.health.metrics.clone(),
        };
        self.control.spawn(server::accept(exchange, acceptor, stopping.clone()));
        self.control.spawn(operations::serve(operations, self.health.clone()));
        if let Some(control) = &changes {
            let (control, metrics) = (control.clone(), self.health.metrics.clone());
            self.control.spawn(background::show_duties(control, metrics, stopping.clone()));
        }
        let state = Arc::new(api::State {
            current: self.health.current.clone(),
            log: self.health.log.clone(),
            archive,
            changes,
            limiters: self.limiters.clone(),
            budgets: self.budgets.0.clone(),
            office: trust.own.certificate().identity.department.clone(),
            watchers: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            clock: unix_millis,
        });
        let doorway = PeopleDoorway {
            tls: trust.server.clone(),
            trust_domain: settings.trust_domain.clone(),
            handshake_timeout: settings.bounds.handshake_timeout,
            head_timeout: settings.bounds.head_timeout,
        };
        self.control.spawn(people::serve(
            administration,
            doorway,
            api::router(state),
            stopping.clone(),
        ));
        self.control.spawn(self.health.witnesses.clone().attend(stopping.clone()));
        self.control.spawn(background::prune(
            settings.log.retention_days,
            self.health.log.clone(),
            stopping.clone(),
        ));
        self.control.spawn(background::record_refusals(
            self.refusals.clone(),
            self.health.log.clone(),
            stopping,
        ));
    }
}

fn runtime() -> Result<Runtime, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("control")
        .enable_all()
        .build()
        .map_err(failed("control runtime"))
}

fn log_reader(log: &Arc<Log>, archive: &Arc<Archive>, witnesses: &Arc<Witnesses>) -> LogReader {
    LogReader {
        log: log.clone(),
        archive: archive.clone(),
        witnesses: witnesses.clone(),
        turns: Semaphore::new(READERS),
    }
}

fn concurrency_limits(settings: &Settings) -> ConcurrencyLimits {
    let bounds = &settings.bounds;
    ConcurrencyLimits::new(bounds.exchanges, bounds.exchanges_waiting, bounds.exchange_wait)
}

fn unix_millis() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as UnixMillis
}

fn failed<E: fmt::Display>(what: &'static str) -> impl Fn(E) -> StartError {
    move |error| StartError(format!("{what}: {error}"))
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}
