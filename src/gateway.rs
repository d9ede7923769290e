//! The composition root: the one place where adapters are built and wired.

use std::collections::HashMap;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::ledger::digest::ExchangeKeys;
use sluice_core::ledger::note::{KeyKind, NoteSigner, NoteVerifier};
use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::redaction::pseudonym::PseudonymKeys;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

use crate::api;
use crate::audit::{self, Archive, Lane, Log, RefusalGate};
use crate::exchange::Gate;
use crate::exchange::buffers::Buffers;
use crate::exchange::judge::Sizes;
use crate::exchange::ledger::{Ledger, READERS};
use crate::limits::Limiters;
use crate::metrics::Metrics;
use crate::server::connection::Doorway;
use crate::server::operations::{self, Operations};
use crate::server::people::{self, PeopleDoorway};
use crate::server::{self, Worker};
use crate::settings::{Settings, current_subject_secret, secret};
use crate::snapshot::{self, Current, Release, SubjectSecret};
use crate::tls::{
    self, Alpn, Authorities, AuthoritySettings, ClientSettings, Departments, OwnCertificate, Pem,
    ServerTls,
};
use crate::upstream::{Reach, Upstreams};
use crate::witness::attendance::{Attendance, Witness};

/// How often the counts of aggregated refusals are looked at.
const REFUSALS_TICK: Duration = Duration::from_secs(1);

/// How often the log is looked through for what is past its retention.
const PRUNE_TICK: Duration = Duration::from_secs(3_600);

/// A running gateway.
pub struct Gateway {
    /// Where systems call.
    pub exchange: SocketAddr,
    /// Where people administrate.
    pub administration: SocketAddr,
    /// Where metrics and health are read.
    pub operations: SocketAddr,
    control: Runtime,
    workers: Vec<Worker>,
    stop: watch::Sender<bool>,
    health: Arc<Operations>,
    refusals: Arc<RefusalGate>,
}

/// Why a gateway does not start. The text tells an operator what to do.
#[derive(Debug)]
pub struct StartError(String);

impl Gateway {
    /// Starts a gateway on a catalog. When this returns, calls will succeed.
    ///
    /// # Errors
    /// When certificates, log or listeners can't be used.
    pub fn start(settings: &Settings, policy: Policy) -> Result<Gateway, StartError> {
        let trust = Trust::load(settings)?;
        let secrets = Secrets::load(settings)?;
        let metrics = Arc::new(Metrics::new().map_err(failed("metrics"))?);
        metrics.show_catalog(policy.version(), policy.entries().len());
        let version: Box<str> = policy.version().into();
        let key = secrets.signer.verifier().clone();
        let log = Arc::new(open_log(settings, secrets.signer, version)?);
        let archive = Arc::new(Archive::open(&settings.log.dir).map_err(failed("log"))?);
        let attendance = Arc::new(attendance(settings, &log, &key)?);
        let current = Arc::new(Current::new(Release::build(policy, &secrets.release)));
        let listeners = Listeners::open(settings)?;
        let (stop, stopping) = watch::channel(false);
        let refusals = Arc::new(RefusalGate::default());
        let shared = Shared {
            settings,
            trust: &trust,
            keys: secrets.exchanges,
            origin: key.name().into(),
            ledger: Arc::new(Ledger {
                log: log.clone(),
                archive: archive.clone(),
                witnesses: attendance.clone(),
                turns: Semaphore::new(READERS),
            }),
            metrics: metrics.clone(),
            log: log.clone(),
            current: current.clone(),
            refusals: refusals.clone(),
            limiters: Arc::new(Limiters::default()),
            buffers: Arc::new(Buffers::new(settings.bounds.buffers_bytes)),
            own_listeners: listeners.addresses.to_vec(),
        };
        let workers = shared.workers(&stopping)?;
        let health = Arc::new(Operations {
            metrics,
            current,
            log,
            witnesses: attendance,
            reserve_bytes: settings.log.reserve_bytes,
            draining: AtomicBool::new(false),
        });
        let control = runtime()?;
        let mut gateway = Gateway {
            exchange: listeners.addresses[0],
            administration: listeners.addresses[1],
            operations: listeners.addresses[2],
            control,
            workers,
            stop,
            health,
            refusals,
        };
        gateway.open_doors(settings, &trust, archive, listeners, stopping);
        Ok(gateway)
    }

    /// Stops: no new connections, what runs may finish until the deadline, then the log is closed.
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
            let durable = appended.and_then(audit::Pending::wait);
            durable.map_err(|why| StartError(format!("log: {why}")))?;
        }
        self.health.log.close().map_err(|why| StartError(format!("log: {why}")))?;
        self.control.shutdown_timeout(Duration::from_secs(1));
        Ok(())
    }

    /// Whether the log can still be written.
    pub fn is_healthy(&self) -> bool {
        self.health.log.is_healthy()
    }

    fn open_doors(
        &mut self,
        settings: &Settings,
        trust: &Trust,
        archive: Arc<Archive>,
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
        let state = Arc::new(api::State {
            current: self.health.current.clone(),
            log: self.health.log.clone(),
            archive,
            office: trust.own.certificate().identity.department.clone(),
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
        self.control.spawn(prune(
            settings.log.retention_days,
            self.health.log.clone(),
            stopping.clone(),
        ));
        self.control.spawn(record_refusals(
            self.refusals.clone(),
            self.health.log.clone(),
            stopping,
        ));
    }
}

/// What every worker is made from.
struct Shared<'a> {
    settings: &'a Settings,
    trust: &'a Trust,
    keys: ExchangeKeys,
    origin: Arc<str>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    log: Arc<Log>,
    current: Arc<Current>,
    refusals: Arc<RefusalGate>,
    limiters: Arc<Limiters>,
    buffers: Arc<Buffers>,
    own_listeners: Vec<SocketAddr>,
}

impl Shared<'_> {
    fn workers(&self, stopping: &watch::Receiver<bool>) -> Result<Vec<Worker>, StartError> {
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
            let (name, gate) = (format!("worker-{number}"), self.gate(reach.clone()));
            let (doorway, stopping) = (doorway.clone(), stopping.clone());
            let lane = self.log.lane();
            server::start_worker(name, doorway, stopping, bounds.drain_timeout, lane, gate)
        };
        (0..count).map(worker).collect::<Result<_, _>>().map_err(failed("worker threads"))
    }

    /// Makes a worker's gate, on the worker's own thread.
    fn gate(&self, reach: Arc<Reach>) -> impl FnOnce(Lane) -> Gate + Send + 'static {
        let current = self.current.clone();
        let (refusals, limiters) = (self.refusals.clone(), self.limiters.clone());
        let (metrics, keys) = (self.metrics.clone(), self.keys.clone());
        let (origin, ledger) = (self.origin.clone(), self.ledger.clone());
        let buffers = self.buffers.clone();
        let bounds = self.settings.bounds.clone();
        move |lane| Gate {
            current,
            lane,
            refusals,
            limiters,
            upstreams: Upstreams::new(reach),
            metrics,
            keys,
            origin,
            ledger,
            request_body_bytes: bounds.request_body_bytes,
            body_timeout: bounds.body_timeout,
            sizes: Sizes { buffer_bytes: bounds.buffer_bytes, answer_bytes: bounds.answer_bytes },
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
            queue: upstream.queue,
            connect_timeout: upstream.connect_timeout,
            idle_timeout: upstream.idle_timeout,
            hosts: upstream.hosts,
            own_listeners: self.own_listeners.clone(),
            tls_for: Arc::new(tls_for),
            distrust: |error| tls::untrusted(error).map(|refusal| refusal.distrust.as_str()),
        }
    }
}

/// Whom the gateway believes, and how it proves itself.
struct Trust {
    authorities: Arc<Authorities>,
    own: Arc<OwnCertificate>,
    server: Arc<ServerTls>,
}

impl Trust {
    fn load(settings: &Settings) -> Result<Trust, StartError> {
        let listed = settings.authorities.iter().map(|authority| AuthoritySettings {
            name: authority.name.clone(),
            certificates: vec![Pem::File(authority.certificates.clone())],
            departments: match &authority.departments {
                None => Departments::All,
                Some(listed) => Departments::Listed(listed.clone()),
            },
            kinds: authority.kinds.clone(),
            revocations: authority.revocation_list.clone().map(Pem::File),
        });
        let listed: Vec<_> = listed.collect();
        let domain = &settings.trust_domain;
        let authorities = Authorities::load(domain, &listed).map_err(failed("authority"))?;
        let authorities = Arc::new(authorities);
        let chain = Pem::File(settings.tls.certificate.clone());
        let key = Pem::File(settings.tls.key.clone());
        let own = OwnCertificate::load(domain, &chain, &key).map_err(failed("tls"))?;
        let config = tls::server_config(authorities.clone(), &own, Alpn::Http2AndHttp1)
            .map_err(failed("tls"))?;
        let server = Arc::new(ServerTls::new(config));
        Ok(Trust { authorities, own: Arc::new(own), server })
    }
}

/// The secrets from which the keys of digests in the log and of pseudonyms are derived, and the key
/// that checkpoints are signed with.
struct Secrets {
    exchanges: ExchangeKeys,
    release: snapshot::Secrets,
    signer: NoteSigner,
}

impl Secrets {
    /// Reads them, or makes them at the first start.
    fn load(settings: &Settings) -> Result<Secrets, StartError> {
        let dir = &settings.log.secrets;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| StartError(format!("log.secrets: {}: {error}", dir.display())))?;
        let kept = |name: &str| {
            let wrong = |why| StartError(format!("log.secrets: {why}"));
            secret(&dir.join(name)).map_err(wrong)
        };
        // The log's origin names the gateway and the node.
        let origin = format!("{}/{}", settings.trust_domain, settings.node);
        let seed = kept("signing.key")?;
        let signer = NoteSigner::from_seed(&origin, KeyKind::Log, &seed).map_err(failed("log"))?;
        let subjects = current_subject_secret(dir);
        let (epoch, subjects) =
            subjects.map_err(|why| StartError(format!("log.secrets: {why}")))?;
        Ok(Secrets {
            signer,
            exchanges: ExchangeKeys::derive(&kept("exchange.key")?),
            release: snapshot::Secrets {
                subjects: SubjectSecret { epoch, secret: subjects },
                pseudonyms: PseudonymKeys::derive(&kept("pseudonym.key")?, settings.pseudonyms),
            },
        })
    }
}

struct Listeners {
    exchange: TcpListener,
    administration: TcpListener,
    operations: TcpListener,
    addresses: [SocketAddr; 3],
}

impl Listeners {
    fn open(settings: &Settings) -> Result<Listeners, StartError> {
        let open = |key: &str, address: SocketAddr| {
            let wrong = |error| StartError(format!("listen.{key}: {address}: {error}"));
            let listener = server::listen(address).map_err(wrong)?;
            let address = listener.local_addr().map_err(wrong)?;
            Ok::<_, StartError>((listener, address))
        };
        let (exchange, first) = open("exchange", settings.exchange)?;
        let (administration, second) = open("administration", settings.administration)?;
        let (operations, third) = open("operations", settings.operations)?;
        let addresses = [first, second, third];
        Ok(Listeners { exchange, administration, operations, addresses })
    }
}

fn open_log(
    settings: &Settings,
    signer: NoteSigner,
    catalog_version: Box<str>,
) -> Result<Log, StartError> {
    let mut wanted = audit::LogSettings::new(&settings.log.dir, settings.node.clone(), signer);
    wanted.segment_bytes = settings.log.segment_bytes;
    wanted.commit_window = settings.log.commit_window;
    if let Some(file) = &settings.log.continues {
        let cited = audit::predecessor(file, wanted.signer.verifier().name());
        wanted.continues = Some(cited.map_err(failed("log.continues"))?);
    }
    let (log, opened) = Log::open(wanted, unix_millis, |_| ()).map_err(failed("log"))?;
    if let Some(cut) = &opened.cut {
        tracing::warn!(segment = %cut.segment, bytes = cut.bytes, "cut an incomplete last line");
    }
    if !opened.closed_in_order {
        tracing::warn!("the last run did not stop in good order");
    }
    let event = Event::Started { program: env!("CARGO_PKG_VERSION").into(), catalog_version };
    let started = Record::Control(Control { time: unix_millis(), event });
    let durable = log.append(&started).and_then(audit::Pending::wait);
    durable.map_err(|why| StartError(format!("log: {}: {why}", settings.log.dir.display())))?;
    Ok(log)
}

/// The log's witnesses.
fn attendance(
    settings: &Settings,
    log: &Arc<Log>,
    key: &NoteVerifier,
) -> Result<Attendance, StartError> {
    let witnesses = settings.witnesses.iter();
    let witnesses =
        witnesses.map(|said| Witness { url: said.url.clone(), key: said.key.clone() }).collect();
    let opened = Attendance::open(log.clone(), &settings.log.dir, key, witnesses);
    opened.map_err(failed("log"))
}

/// Removes what is past its retention, about once an hour.
async fn prune(days: Option<u32>, log: Arc<Log>, mut stopping: watch::Receiver<bool>) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let Some(days) = days else { return };
    let mut tick = tokio::time::interval(PRUNE_TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        match log.prune(unix_millis() - i64::from(days) * DAY_MS).await {
            Ok(None) => {}
            Ok(Some(pruned)) => tracing::info!(?pruned, "removed what is past its retention"),
            Err(error) => tracing::warn!(%error, "removing what is past its retention failed"),
        }
    }
}

/// Records the counts of refusals that did not get a line each, about once a minute.
async fn record_refusals(
    refusals: Arc<RefusalGate>,
    log: Arc<Log>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(REFUSALS_TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        if let Some(record) = refusals.due(unix_millis()) {
            // A log that fails shows in readyz and metrics.
            let _ = log.append(&record);
        }
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
