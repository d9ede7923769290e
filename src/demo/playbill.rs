//! Addresses and certificates that the callers and persons of the demo need.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;

/// An error of the demo, in words for a terminal.
pub type StageError = Box<dyn std::error::Error + Send + Sync>;

/// Addresses and files of all that runs: written to `demo.json`, so that scripts find it.
#[derive(Clone, Debug, Serialize)]
pub struct Playbill {
    /// Base URL for systems.
    pub exchange: String,
    /// Base URL for people.
    pub admin: String,
    /// Base URL of metrics and health.
    pub ops: String,
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The folder of the log.
    pub log: PathBuf,
    /// Certificates of systems, by `department/id`.
    pub systems: BTreeMap<String, Pair>,
    /// Certificates of people, by `department/id`.
    pub people: BTreeMap<String, Pair>,
}

/// A certificate and its key.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Playbill {
    /// Writes the files by which the commands know a person: `--profile`.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write_profiles(&self) -> Result<(), StageError> {
        for pair in self.people.values() {
            let profile = toml::Table::from_iter([
                ("api".to_owned(), self.admin.clone().into()),
                ("ca".to_owned(), self.ca.display().to_string().into()),
                ("cert".to_owned(), pair.cert.display().to_string().into()),
                ("key".to_owned(), pair.key.display().to_string().into()),
            ]);
            fs::write(pair.profile(), profile.to_string())?;
        }
        Ok(())
    }
}

impl Pair {
    /// The file by which the commands know a person.
    pub fn profile(&self) -> PathBuf {
        self.cert.with_extension("toml")
    }
}
