//! The text of a settings file, before defaults and bounds.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use sluice_core::domain::address::Address;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::nearest;
use sluice_core::ledger::note::{KeyKind, NoteVerifier};
use sluice_core::redaction::pseudonym::Rotation;
use sluice_core::release::ContentDigest;

use super::limits::LimitsFile;
use super::value::{Range, SettingsValue};
use super::{
    AuthoritySettings, Bounds, CatalogSettings, LogSettings, ReleaseSettings, Settings,
    SettingsError, TlsFiles, UpstreamSettings, WitnessSettings,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsFile {
    node: String,
    trust_domain: String,
    #[serde(default)]
    workers: usize,
    #[serde(default)]
    listen: ListenFile,
    tls: TlsFile,
    authority: Vec<AuthorityFile>,
    catalog: CatalogFile,
    log: LogFile,
    #[serde(default)]
    bounds: BoundsFile,
    #[serde(default)]
    upstream: UpstreamFile,
    #[serde(default)]
    pseudonyms: PseudonymsFile,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default)]
    witness: Vec<WitnessFile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenFile {
    exchange: Option<SocketAddr>,
    administration: Option<SocketAddr>,
    operations: Option<SocketAddr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    name: String,
    certificates: PathBuf,
    departments: Vec<String>,
    kinds: Vec<KindWord>,
    revocation_list: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    System,
    Person,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogFile {
    dir: Option<PathBuf>,
    store: Option<String>,
    genesis: Option<String>,
    state: Option<PathBuf>,
    max_age_s: Option<u64>,
    grant_max_age_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFile {
    dir: PathBuf,
    secrets: PathBuf,
    segment_bytes: Option<u64>,
    commit_window_us: Option<u64>,
    retention_days: Option<u64>,
    reserve_bytes: Option<u64>,
    continues: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsFile {
    connections: Option<u64>,
    handshake_timeout_ms: Option<u64>,
    head_timeout_ms: Option<u64>,
    body_timeout_ms: Option<u64>,
    request_body_bytes: Option<u64>,
    buffer_bytes: Option<u64>,
    buffers_bytes: Option<u64>,
    answer_bytes: Option<u64>,
    http2_streams: Option<u64>,
    exchanges: Option<u64>,
    exchanges_waiting: Option<u64>,
    exchange_wait_ms: Option<u64>,
    drain_timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessFile {
    url: String,
    key: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PseudonymsFile {
    period_days: Option<u64>,
    overlap_days: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpstreamFile {
    connections: Option<u64>,
    queue: Option<u64>,
    connect_timeout_ms: Option<u64>,
    idle_timeout_ms: Option<u64>,
    #[serde(default)]
    hosts: BTreeMap<String, SocketAddr>,
}

/// Reads the text; every unknown key is an error that names the nearest known one.
pub(super) fn parse(text: &str, path: &Path) -> Result<SettingsFile, SettingsError> {
    toml::from_str(text).map_err(|error| SettingsError {
        file: path.to_owned(),
        place: error.span().map(|span| place_of(text, span.start)),
        key: None,
        what: with_nearest(error.message()),
    })
}

/// Line and column of a byte offset, both from 1; the column counts characters.
fn place_of(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

/// Adds the nearest known key to serde's "unknown field `x`, expected one of `a`, `b`".
fn with_nearest(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field").then(|| words.next()).flatten();
    match unknown.and_then(|unknown| nearest(unknown, words)) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}

const MAX_AGE_S: Range = Range("catalog.max_age_s", 1, 31_536_000, 86_400);
const GRANT_MAX_AGE_S: Range = Range("catalog.grant_max_age_s", 1, 86_400, 10);
const SEGMENT_BYTES: Range = Range("log.segment_bytes", 1 << 20, 1 << 32, 64 << 20);
const COMMIT_WINDOW_US: Range = Range("log.commit_window_us", 0, 100_000, 150);

const CONNECTIONS: Range = Range("bounds.connections", 1, 1_000_000, 10_000);
const HANDSHAKE_MS: Range = Range("bounds.handshake_timeout_ms", 100, 60_000, 5_000);
const HEAD_MS: Range = Range("bounds.head_timeout_ms", 100, 600_000, 30_000);
const BODY_MS: Range = Range("bounds.body_timeout_ms", 100, 600_000, 10_000);
const REQUEST_BODY_BYTES: Range = Range("bounds.request_body_bytes", 0, 16 << 20, 64 << 10);
const BUFFER_BYTES: Range = Range("bounds.buffer_bytes", 1 << 10, 16 << 20, 256 << 10);
const BUFFERS_BYTES: Range = Range("bounds.buffers_bytes", 1 << 20, 64 << 30, 64 << 20);
const ANSWER_BYTES: Range = Range("bounds.answer_bytes", 1 << 10, 1 << 40, 4 << 30);
const HTTP2_STREAMS: Range = Range("bounds.http2_streams", 1, 1_000, 100);
const EXCHANGES: Range = Range("bounds.exchanges", 1, 1_000_000, 512);
const EXCHANGES_WAITING: Range = Range("bounds.exchanges_waiting", 0, 1_000_000, 128);
const EXCHANGE_WAIT_MS: Range = Range("bounds.exchange_wait_ms", 0, 60_000, 1_000);
const DRAIN_MS: Range = Range("bounds.drain_timeout_ms", 0, 600_000, 10_000);

const UPSTREAM_CONNECTIONS: Range = Range("upstream.connections", 1, 10_000, 64);
const QUEUE: Range = Range("upstream.queue", 0, 100_000, 256);
const CONNECT_MS: Range = Range("upstream.connect_timeout_ms", 10, 60_000, 2_000);
/// Logs of personal information are kept for 180 days at least (S27), and not without end.
const RETENTION_DAYS: Range = Range("log.retention_days", 180, 3_650, 1_095);
const RESERVE_BYTES: Range = Range("log.reserve_bytes", 0, 1 << 50, 4 << 30);
const PERIOD_DAYS: Range =
    Range("pseudonyms.period_days", 1, 36_500, Rotation::USUAL.period_days as u64);
const OVERLAP_DAYS: Range =
    Range("pseudonyms.overlap_days", 0, 36_500, Rotation::USUAL.overlap_days as u64);

const IDLE_MS: Range = Range("upstream.idle_timeout_ms", 100, 3_600_000, 30_000);

/// The usual settings of a log in these folders.
pub(super) fn log_defaults(dir: PathBuf, secrets: PathBuf) -> LogSettings {
    LogSettings {
        dir,
        secrets,
        segment_bytes: SEGMENT_BYTES.default(),
        commit_window: Duration::from_micros(COMMIT_WINDOW_US.default()),
        retention_days: None,
        reserve_bytes: RESERVE_BYTES.default(),
        continues: None,
    }
}

/// The usual bounds.
pub(super) fn bounds_defaults() -> Bounds {
    Bounds {
        connections: CONNECTIONS.default() as usize,
        handshake_timeout: HANDSHAKE_MS.default_millis(),
        head_timeout: HEAD_MS.default_millis(),
        body_timeout: BODY_MS.default_millis(),
        request_body_bytes: REQUEST_BODY_BYTES.default(),
        buffer_bytes: BUFFER_BYTES.default(),
        buffers_bytes: BUFFERS_BYTES.default(),
        answer_bytes: ANSWER_BYTES.default(),
        http2_streams: HTTP2_STREAMS.default() as u32,
        exchanges: EXCHANGES.default() as usize,
        exchanges_waiting: EXCHANGES_WAITING.default() as usize,
        exchange_wait: EXCHANGE_WAIT_MS.default_millis(),
        drain_timeout: DRAIN_MS.default_millis(),
    }
}

/// The usual way to reach providers.
pub(super) fn upstream_defaults() -> UpstreamSettings {
    UpstreamSettings {
        connections: UPSTREAM_CONNECTIONS.default() as usize,
        queue: QUEUE.default() as usize,
        connect_timeout: CONNECT_MS.default_millis(),
        idle_timeout: IDLE_MS.default_millis(),
        hosts: HashMap::new(),
    }
}

impl SettingsFile {
    pub(super) fn meaning(self, path: &Path) -> Result<Settings, SettingsError> {
        let base = path.parent().unwrap_or(Path::new("."));
        let said = SettingsValue { path, base };
        let node = said.name("node", &self.node)?;
        if self.trust_domain.is_empty()
            || !self
                .trust_domain
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
        {
            return Err(said.error(
                "trust_domain",
                "must be a domain name in lower case, such as exchange.example",
            ));
        }
        if self.workers > 256 {
            return Err(said.error("workers", "must be at most 256 (0: one a core)"));
        }
        let listen = self.listen;
        let at = |port| SocketAddr::from(([0, 0, 0, 0], port));
        Ok(Settings {
            node,
            trust_domain: self.trust_domain,
            workers: self.workers,
            exchange: listen.exchange.unwrap_or(at(8443)),
            administration: listen.administration.unwrap_or(at(8444)),
            operations: listen.operations.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9464))),
            tls: TlsFiles {
                certificate: base.join(self.tls.certificate),
                key: base.join(self.tls.key),
            },
            authorities: said.authorities(self.authority)?,
            catalog: said.catalog(self.catalog)?,
            log: said.log(self.log)?,
            bounds: said.bounds(&self.bounds)?,
            upstream: said.upstream(self.upstream)?,
            pseudonyms: said.pseudonyms(&self.pseudonyms)?,
            limits: said.limits(self.limits)?,
            witnesses: said.witnesses(&self.witness)?,
        })
    }
}

impl SettingsValue<'_> {
    fn authorities(
        &self,
        files: Vec<AuthorityFile>,
    ) -> Result<Vec<AuthoritySettings>, SettingsError> {
        if files.is_empty() {
            return Err(self.error("authority", "at least one [[authority]] is needed"));
        }
        let mut authorities = Vec::new();
        for file in files {
            let all = file.departments.iter().any(|department| department == "*");
            if file.departments.is_empty() || file.kinds.is_empty() {
                return Err(self.error(
                    "authority",
                    format!(
                        "{:?} vouches for nobody: list departments (\"*\" for all) and kinds \
                         (\"system\", \"person\")",
                        file.name
                    ),
                ));
            }
            let named = |text: &String| self.name("authority.departments", text);
            let departments = if all {
                None
            } else {
                Some(file.departments.iter().map(named).collect::<Result<_, _>>()?)
            };
            let kind = |word: &KindWord| match word {
                KindWord::System => Kind::System,
                KindWord::Person => Kind::Person,
            };
            authorities.push(AuthoritySettings {
                name: file.name,
                certificates: self.base.join(file.certificates),
                departments,
                kinds: file.kinds.iter().map(kind).collect(),
                revocation_list: file.revocation_list.map(|list| self.base.join(list)),
            });
        }
        Ok(authorities)
    }

    fn catalog(&self, file: CatalogFile) -> Result<CatalogSettings, SettingsError> {
        let CatalogFile { dir, store, genesis, state, max_age_s, grant_max_age_s } = file;
        let grant_age = self.number(grant_max_age_s, &GRANT_MAX_AGE_S)?;
        let (store, genesis, state) = match (dir, store, genesis, state) {
            (Some(dir), None, None, None) => {
                return Ok(CatalogSettings::Folder(self.base.join(dir)));
            }
            (None, Some(store), Some(genesis), Some(state)) => (store, genesis, state),
            _ => {
                let what = "needs either `dir`, a folder that is published as it is, or all of \
                            `store`, `genesis` and `state`, for releases that people approve";
                return Err(self.error("catalog", what));
            }
        };
        let genesis = ContentDigest::parse(&genesis).ok_or_else(|| {
            let what = "must be the 64 digits that `sluice catalog init` has printed";
            self.error("catalog.genesis", what)
        })?;
        Ok(CatalogSettings::Releases(ReleaseSettings {
            store: match store.strip_prefix("sqlite:") {
                Some(file) => format!("sqlite:{}", self.base.join(file).display()),
                None => store,
            },
            genesis,
            state: self.base.join(state),
            max_age: Duration::from_secs(self.number(max_age_s, &MAX_AGE_S)?),
            grant_max_age: Duration::from_secs(grant_age),
        }))
    }

    fn log(&self, file: LogFile) -> Result<LogSettings, SettingsError> {
        let window = self.number(file.commit_window_us, &COMMIT_WINDOW_US)?;
        Ok(LogSettings {
            dir: self.base.join(file.dir),
            secrets: self.base.join(file.secrets),
            segment_bytes: self.number(file.segment_bytes, &SEGMENT_BYTES)?,
            commit_window: Duration::from_micros(window),
            retention_days: match file.retention_days {
                None => None,
                days => Some(self.number(days, &RETENTION_DAYS)? as u32),
            },
            reserve_bytes: self.number(file.reserve_bytes, &RESERVE_BYTES)?,
            continues: file.continues.map(|checkpoint| self.base.join(checkpoint)),
        })
    }

    fn bounds(&self, file: &BoundsFile) -> Result<Bounds, SettingsError> {
        Ok(Bounds {
            connections: self.number(file.connections, &CONNECTIONS)? as usize,
            handshake_timeout: self.millis(file.handshake_timeout_ms, &HANDSHAKE_MS)?,
            head_timeout: self.millis(file.head_timeout_ms, &HEAD_MS)?,
            body_timeout: self.millis(file.body_timeout_ms, &BODY_MS)?,
            request_body_bytes: self.number(file.request_body_bytes, &REQUEST_BODY_BYTES)?,
            buffer_bytes: self.number(file.buffer_bytes, &BUFFER_BYTES)?,
            buffers_bytes: self.number(file.buffers_bytes, &BUFFERS_BYTES)?,
            answer_bytes: self.number(file.answer_bytes, &ANSWER_BYTES)?,
            http2_streams: self.number(file.http2_streams, &HTTP2_STREAMS)? as u32,
            exchanges: self.number(file.exchanges, &EXCHANGES)? as usize,
            exchanges_waiting: self.number(file.exchanges_waiting, &EXCHANGES_WAITING)? as usize,
            exchange_wait: self.millis(file.exchange_wait_ms, &EXCHANGE_WAIT_MS)?,
            drain_timeout: self.millis(file.drain_timeout_ms, &DRAIN_MS)?,
        })
    }

    fn witnesses(&self, files: &[WitnessFile]) -> Result<Vec<WitnessSettings>, SettingsError> {
        let read =
            |file: &WitnessFile| {
                let url: http::Uri = file.url.parse().map_err(|_| {
                    self.error("witness.url", "must be an address: http://host:port")
                })?;
                if url.scheme_str() != Some("http") || url.authority().is_none() {
                    let what = "must be http://host:port; what passes is signed by both sides";
                    return Err(self.error("witness.url", what));
                }
                let key: NoteVerifier = file.key.trim().parse().map_err(|why| {
                    self.error("witness.key", format!("is no verifier key: {why}"))
                })?;
                if key.kind() != KeyKind::Cosigner {
                    return Err(self.error("witness.key", "is the key of a log, not of a witness"));
                }
                Ok(WitnessSettings { url, key })
            };
        files.iter().map(read).collect()
    }

    fn pseudonyms(&self, file: &PseudonymsFile) -> Result<Rotation, SettingsError> {
        let period_days = self.number(file.period_days, &PERIOD_DAYS)?;
        let overlap_days = self.number(file.overlap_days, &OVERLAP_DAYS)?;
        if overlap_days > period_days {
            let what = "must be at most pseudonyms.period_days: a key overlaps with the next only";
            return Err(self.error("pseudonyms.overlap_days", what));
        }
        Ok(Rotation { period_days: period_days as u32, overlap_days: overlap_days as u32 })
    }

    fn upstream(&self, file: UpstreamFile) -> Result<UpstreamSettings, SettingsError> {
        let mut hosts = HashMap::new();
        for (name, address) in file.hosts {
            let from = Address::parse(&name).ok_or_else(|| {
                self.error("upstream.hosts", format!("{name:?} is not \"host:port\""))
            })?;
            hosts.insert(from, address);
        }
        Ok(UpstreamSettings {
            connections: self.number(file.connections, &UPSTREAM_CONNECTIONS)? as usize,
            queue: self.number(file.queue, &QUEUE)? as usize,
            connect_timeout: self.millis(file.connect_timeout_ms, &CONNECT_MS)?,
            idle_timeout: self.millis(file.idle_timeout_ms, &IDLE_MS)?,
            hosts,
        })
    }
}
