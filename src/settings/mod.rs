//! Settings, which `sluice serve --config FILE` reads. There are two kinds of types: those of
//! [`file`] hold the file's text, those here its meaning, with every default and bound in place.

mod file;
mod limits;
mod secret;
mod subjects;
mod value;

pub use secret::{read_secret, secret};
pub use subjects::{begin_subject_epoch, current_subject_secret, subject_secrets};

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_core::domain::address::Address;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;
use sluice_core::domain::rate::Rate;
use sluice_core::ledger::note::NoteVerifier;
use sluice_core::redaction::pseudonym::Rotation;
use sluice_core::release::ContentDigest;
use sluice_core::usage::Days;

/// The settings that the gateway runs by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This gateway's name in records; also tells several gateways of one office apart.
    pub node: Name,
    /// The trust domain of every identity.
    pub trust_domain: String,
    /// Worker threads of the data path; 0 means one a core.
    pub workers: usize,
    /// Mutual TLS for systems.
    pub exchange: SocketAddr,
    /// Mutual TLS for people.
    pub administration: SocketAddr,
    /// Plain HTTP for metrics and health; loopback unless set otherwise.
    pub operations: SocketAddr,
    /// The gateway's own certificate chain and key.
    pub tls: TlsFiles,
    /// The authorities, with the departments and kinds that each may vouch for.
    pub authorities: Vec<AuthoritySettings>,
    /// The source of the catalog.
    pub catalog: CatalogSettings,
    /// The log.
    pub log: LogSettings,
    /// Bounds of requests, answers and connections.
    pub bounds: Bounds,
    /// Bounds and addresses of the way to providers.
    pub upstream: UpstreamSettings,
    /// The time for which keys of pseudonyms are used.
    pub pseudonyms: Rotation,
    /// Limits beside those of the catalog.
    pub limits: Limits,
    /// The witnesses of the log.
    pub witnesses: Vec<WitnessSettings>,
}

/// The gateway's own certificate chain and key.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// An authority, with the departments and kinds that it may vouch for.
#[derive(Clone, Debug)]
pub struct AuthoritySettings {
    /// Its name in messages.
    pub name: String,
    /// PEM file with its certificates.
    pub certificates: PathBuf,
    /// The departments it may vouch for; none means all.
    pub departments: Option<Vec<Name>>,
    /// The kinds it may vouch for: systems, people or both.
    pub kinds: Vec<Kind>,
    /// PEM file with its revocation list.
    pub revocation_list: Option<PathBuf>,
}

/// The source of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogSettings {
    /// A folder, which is published without review, and again whenever it changes.
    Folder(PathBuf),
    /// Releases that people have reviewed and approved.
    Releases(ReleaseSettings),
}

/// The source of releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The store's address.
    pub store: String,
    /// The digest of the first release's manifest, which nobody has signed.
    pub genesis: ContentDigest,
    /// A folder of this gateway's own, for the last good version.
    pub state: PathBuf,
    /// Time after the last contact with the store from which everything is refused, except entries
    /// that are open to everybody.
    pub max_age: Duration,
    /// Time after the last contact with the store from which no grant is relied on.
    pub grant_max_age: Duration,
}

/// The folders and bounds of the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The folder of the segments.
    pub dir: PathBuf,
    /// The folder of the secrets from which the keys of the log's digests are derived. It is apart
    /// from the log, so that a reader of a copy of the log can't test guesses.
    pub secrets: PathBuf,
    /// A segment that has reached this size is followed by the next.
    pub segment_bytes: u64,
    /// The time for which a record waits for others to join its commit.
    pub commit_window: Duration,
    /// The days for which records are kept; none: for ever.
    pub retention_days: Option<u32>,
    /// Free bytes on the log's disk below which operators are warned.
    pub reserve_bytes: u64,
    /// File with the last known checkpoint of the log that a new one takes over from, after a
    /// restore or with a new key.
    pub continues: Option<PathBuf>,
}

/// A witness of the log.
#[derive(Clone, Debug)]
pub struct WitnessSettings {
    /// Its address: `http://host:port`, perhaps with a path.
    pub url: http::Uri,
    /// The key of its cosignatures.
    pub key: NoteVerifier,
}

/// Bounds of requests, answers and connections.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Connections of the exchange listener at once; above it new ones are closed.
    pub connections: usize,
    /// Time from accept to the end of the TLS handshake.
    pub handshake_timeout: Duration,
    /// Time for the head of a request, for the next request to begin, and for an answer to be
    /// taken.
    pub head_timeout: Duration,
    /// Time from the end of the head to the end of the body.
    pub body_timeout: Duration,
    /// Largest request body in bytes.
    pub request_body_bytes: u64,
    /// Longest answer that is judged as a whole before its first byte leaves, in bytes; longer
    /// ones leave in windows.
    pub buffer_bytes: u64,
    /// Memory for all answers on their way together, in bytes.
    pub buffers_bytes: u64,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
    /// Concurrent streams of one HTTP/2 connection.
    pub http2_streams: u32,
    /// Exchanges that one system may have under way at once.
    pub exchanges: usize,
    /// Number of exchanges beyond that limit that wait; others are refused at once.
    pub exchanges_waiting: usize,
    /// The time for which they wait.
    pub exchange_wait: Duration,
    /// Time from the signal to stop until exchanges that still run are cut.
    pub drain_timeout: Duration,
}

/// Limits beside those of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time at which a budget's day begins.
    pub days: Days,
    /// Rates at which one system may be refused at one entry. All of them hold.
    pub refusals: Vec<Rate>,
    /// Most accounts of budgets: one for each basis and department that has used it.
    pub accounts: usize,
}

/// Bounds and addresses of the way to providers.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// Connections to one address of a provider, for each worker.
    pub connections: usize,
    /// Requests that wait for one of them, for each worker; more are refused.
    pub queued_requests: usize,
    /// Time from the first SYN to the end of the TLS handshake.
    pub connect_timeout: Duration,
    /// The time for which an unused connection is kept.
    pub idle_timeout: Duration,
    /// Addresses that are not looked up: `name:port` of the catalog to a socket address.
    pub hosts: HashMap<Address, SocketAddr>,
}

impl LogSettings {
    /// The usual settings for these folders.
    pub fn new(dir: PathBuf, secrets: PathBuf) -> LogSettings {
        file::log_defaults(dir, secrets)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        limits::defaults()
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        file::bounds_defaults()
    }
}

impl Default for UpstreamSettings {
    fn default() -> UpstreamSettings {
        file::upstream_defaults()
    }
}

/// The reason why settings can't be used. It names the file, the key and the allowed values.
#[derive(Debug)]
pub struct SettingsError {
    file: PathBuf,
    place: Option<(usize, usize)>,
    key: Option<String>,
    what: String,
}

impl Settings {
    /// Reads a settings file. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// When the file can't be read, is not TOML, has an unknown key, or a value out of bounds.
    pub fn load(path: &Path) -> Result<Settings, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|error| SettingsError {
            file: path.to_owned(),
            place: None,
            key: None,
            what: format!("can't be read: {error}"),
        })?;
        Settings::parse(&text, path)
    }

    /// Reads settings from text; `path` is for messages and as base of relative paths.
    ///
    /// # Errors
    /// The same as of [`Settings::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Settings, SettingsError> {
        file::parse(text, path)?.meaning(path)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        match &self.key {
            Some(key) => write!(f, ": {key}: {}", self.what),
            None => write!(f, ": {}", self.what),
        }
    }
}

impl std::error::Error for SettingsError {}
