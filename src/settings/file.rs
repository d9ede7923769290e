//! What a settings file says, before defaults and bounds.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use sluice_core::domain::entry::Address;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;
use sluice_core::domain::nearest;

use super::{
    AuthoritySettings, Bounds, LogSettings, Settings, SettingsError, TlsFiles, UpstreamSettings,
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
    dir: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFile {
    dir: PathBuf,
    segment_bytes: Option<u64>,
    commit_window_us: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsFile {
    connections: Option<u64>,
    handshake_timeout_ms: Option<u64>,
    head_timeout_ms: Option<u64>,
    body_timeout_ms: Option<u64>,
    request_body_bytes: Option<u64>,
    answer_bytes: Option<u64>,
    http2_streams: Option<u64>,
    drain_timeout_ms: Option<u64>,
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

/// A bounded number: what it is called, least, greatest, default.
struct Range(&'static str, u64, u64, u64);

impl SettingsFile {
    pub(super) fn meaning(self, path: &Path) -> Result<Settings, SettingsError> {
        let base = path.parent().unwrap_or(Path::new("."));
        let said = Said { path, base };
        let node = said.name("node", &self.node)?.to_string();
        if self.trust_domain.is_empty()
            || !self.trust_domain.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-'
            })
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
            catalog: base.join(self.catalog.dir),
            log: said.log(self.log)?,
            bounds: said.bounds(&self.bounds)?,
            upstream: said.upstream(self.upstream)?,
        })
    }
}

struct Said<'a> {
    path: &'a Path,
    base: &'a Path,
}

impl Said<'_> {
    fn error(&self, key: &str, what: impl Into<String>) -> SettingsError {
        SettingsError {
            file: self.path.to_owned(),
            place: None,
            key: Some(key.to_owned()),
            what: what.into(),
        }
    }

    fn name(&self, key: &str, text: &str) -> Result<Name, SettingsError> {
        Name::parse(text).map_err(|why| self.error(key, format!("{text:?} is no id: {why}")))
    }

    fn number(&self, value: Option<u64>, range: &Range) -> Result<u64, SettingsError> {
        let Range(key, least, greatest, default) = *range;
        let value = value.unwrap_or(default);
        if (least..=greatest).contains(&value) {
            Ok(value)
        } else {
            Err(self.error(key, format!("{value} is not within {least} to {greatest}")))
        }
    }

    fn millis(&self, value: Option<u64>, range: &Range) -> Result<Duration, SettingsError> {
        self.number(value, range).map(Duration::from_millis)
    }

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
            let departments = match all {
                true => None,
                false => Some(file.departments.iter().map(named).collect::<Result<_, _>>()?),
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

    fn log(&self, file: LogFile) -> Result<LogSettings, SettingsError> {
        let segment = Range("log.segment_bytes", 1 << 20, 1 << 32, 64 << 20);
        let window = Range("log.commit_window_us", 0, 100_000, 150);
        Ok(LogSettings {
            dir: self.base.join(file.dir),
            segment_bytes: self.number(file.segment_bytes, &segment)?,
            commit_window: Duration::from_micros(self.number(file.commit_window_us, &window)?),
        })
    }

    fn bounds(&self, file: &BoundsFile) -> Result<Bounds, SettingsError> {
        let connections = Range("bounds.connections", 1, 1_000_000, 10_000);
        let handshake = Range("bounds.handshake_timeout_ms", 100, 60_000, 5_000);
        let head = Range("bounds.head_timeout_ms", 100, 600_000, 10_000);
        let body = Range("bounds.body_timeout_ms", 100, 600_000, 10_000);
        let request = Range("bounds.request_body_bytes", 0, 16 << 20, 64 << 10);
        let answer = Range("bounds.answer_bytes", 1 << 10, 64 << 20, 4 << 20);
        let streams = Range("bounds.http2_streams", 1, 1_000, 100);
        let drain = Range("bounds.drain_timeout_ms", 0, 600_000, 10_000);
        Ok(Bounds {
            connections: self.number(file.connections, &connections)? as usize,
            handshake_timeout: self.millis(file.handshake_timeout_ms, &handshake)?,
            head_timeout: self.millis(file.head_timeout_ms, &head)?,
            body_timeout: self.millis(file.body_timeout_ms, &body)?,
            request_body_bytes: self.number(file.request_body_bytes, &request)?,
            answer_bytes: self.number(file.answer_bytes, &answer)?,
            http2_streams: self.number(file.http2_streams, &streams)? as u32,
            drain_timeout: self.millis(file.drain_timeout_ms, &drain)?,
        })
    }

    fn upstream(&self, file: UpstreamFile) -> Result<UpstreamSettings, SettingsError> {
        let connections = Range("upstream.connections", 1, 10_000, 64);
        let queue = Range("upstream.queue", 0, 100_000, 256);
        let connect = Range("upstream.connect_timeout_ms", 10, 60_000, 2_000);
        let idle = Range("upstream.idle_timeout_ms", 100, 3_600_000, 30_000);
        let mut hosts = HashMap::new();
        for (name, address) in file.hosts {
            let from = Address::parse(&name).ok_or_else(|| {
                self.error("upstream.hosts", format!("{name:?} is not \"host:port\""))
            })?;
            hosts.insert(from, address);
        }
        Ok(UpstreamSettings {
            connections: self.number(file.connections, &connections)? as usize,
            queue: self.number(file.queue, &queue)? as usize,
            connect_timeout: self.millis(file.connect_timeout_ms, &connect)?,
            idle_timeout: self.millis(file.idle_timeout_ms, &idle)?,
            hosts,
        })
    }
}
