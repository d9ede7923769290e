//! The connection of a command to a gateway's administrative interface, with the person's identity.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_core::domain::registry::Role;
use sluice_core::release::Statement;
use sluice_core::release::step::StepName;

use super::LanguageWord;
use super::{EXIT_IO, complain};
use crate::api::client::{CallError, Client};
use crate::contract::about::StatusResponse;
use crate::contract::steps::StepRequest;
use crate::pki::signature::Signer;
use crate::problem::Language;

/// A gateway, and the person who calls it.
#[derive(Debug, Args)]
pub(crate) struct ConnectionArgs {
    /// The administrative interface: https://host:8444
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// The authority that vouches for the gateway, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your certificate, PEM
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The language of the gateway's refusals
    #[arg(long, value_enum)]
    language: Option<LanguageWord>,
    /// A TOML file with api, ca, cert, key and language, for options that are not given
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    api: Option<String>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    language: Option<LanguageWord>,
}

/// A person's way to a gateway.
pub(crate) struct Office {
    client: Client,
    cert: PathBuf,
    key: PathBuf,
    runtime: tokio::runtime::Runtime,
}

/// The reason why a command fails.
pub(crate) enum Failed {
    /// The gateway refused, or found problems.
    Refused(String),
    /// The command line, or a file that it names, can't be followed.
    Usage(String),
    /// The gateway can't be reached.
    Unreachable(String),
}

impl ConnectionArgs {
    /// Gets ready to call.
    pub(crate) fn open(&self) -> Result<Office, Failed> {
        let profile = match &self.profile {
            None => Profile::default(),
            Some(file) => read_profile(file)?,
        };
        let missing = |what: &str| {
            Failed::Usage(format!("--{what} is missing, and stands in no --profile either"))
        };
        let api = self.api.clone().or(profile.api).ok_or_else(|| missing("api"))?;
        let ca = self.ca.clone().or(profile.ca).ok_or_else(|| missing("ca"))?;
        let cert = self.cert.clone().or(profile.cert).ok_or_else(|| missing("cert"))?;
        let key = self.key.clone().or(profile.key).ok_or_else(|| missing("key"))?;
        let language = self.language.or(profile.language).map_or(Language::English, Into::into);
        let client = Client::new(&api, &ca, &cert, &key).map_err(Failed::Usage)?;
        let client = client.in_language(language);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::Unreachable(error.to_string()))?;
        Ok(Office { client, cert, key, runtime })
    }
}

/// Paths in a profile are relative to it.
fn read_profile(file: &Path) -> Result<Profile, Failed> {
    let wrong = |what: &dyn std::fmt::Display| Failed::Usage(format!("{}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let profile: Profile = toml::from_str(&text).map_err(|error| wrong(&error))?;
    let base = file.parent().unwrap_or(Path::new("."));
    let placed = |path: Option<PathBuf>| path.map(|path| base.join(path));
    let Profile { api, ca, cert, key, language } = profile;
    Ok(Profile { api, ca: placed(ca), cert: placed(cert), key: placed(key), language })
}

impl Office {
    /// Reads the resource at a path.
    pub(crate) fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failed> {
        Ok(self.runtime.block_on(self.client.read(path))?)
    }

    /// Reads a text.
    pub(crate) fn text(&self, path: &str) -> Result<String, Failed> {
        Ok(self.runtime.block_on(self.client.text(path))?)
    }

    /// Posts a value, and reads the result.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failed> {
        Ok(self.runtime.block_on(self.client.send(path, body))?)
    }

    /// Replaces the resource at a path.
    pub(crate) fn replace<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failed> {
        Ok(self.runtime.block_on(self.client.replace(path, body))?)
    }

    /// Follows events from behind a row on, and gives every line as it comes.
    pub(crate) fn watch(
        &self,
        path: &str,
        after: Option<u64>,
        line: &mut dyn FnMut(&str),
    ) -> Result<(), Failed> {
        let after = after.map(|row| row.to_string());
        let headers: Vec<(&str, &str)> =
            after.iter().map(|row| ("last-event-id", row.as_str())).collect();
        Ok(self.runtime.block_on(self.client.watch(path, &headers, line))?)
    }

    /// Signs a statement and sends it.
    pub(crate) fn take<S: StepName, T: DeserializeOwned>(
        &self,
        path: &str,
        said: &Statement<S>,
    ) -> Result<T, Failed> {
        let statement = said.canonical();
        let signature = self.signer()?.sign(&statement);
        let signature = signature.map_err(|error| Failed::Usage(error.to_string()))?;
        self.send(path, &StepRequest { statement, signature })
    }

    /// One of these roles, which the person has.
    pub(crate) fn role(&self, may: &[Role]) -> Result<Role, Failed> {
        let status: StatusResponse = self.ask("/api/v1/status")?;
        let has = |role: &&Role| status.roles.iter().any(|own| own == role.as_str());
        // Who has none is told by the gateway.
        Ok(may.iter().find(has).or(may.first()).copied().unwrap_or(Role::Operator))
    }

    /// The key and certificate that the person signs with.
    fn signer(&self) -> Result<Signer, Failed> {
        let read = |file: &Path| {
            let text = fs::read_to_string(file);
            text.map_err(|error| Failed::Usage(format!("{}: {error}", file.display())))
        };
        let signer = Signer::from_pem(&read(&self.cert)?, &read(&self.key)?);
        signer.map_err(|error| Failed::Usage(error.to_string()))
    }
}

/// The id of a thing in a path, where it needs no escaping.
pub(crate) fn plain_id<'a>(kind: &str, id: &'a str) -> Result<&'a str, Failed> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.chars().all(plain) {
        Ok(id)
    } else {
        Err(Failed::Usage(format!("{id:?} is no id of a {kind}")))
    }
}

impl Failed {
    /// Says so on standard error, and gives the exit code.
    pub(crate) fn complain(&self, command: &str) -> ExitCode {
        match self {
            Failed::Refused(what) => complain(command, 1, what),
            Failed::Usage(what) => complain(command, 2, what),
            Failed::Unreachable(what) => complain(command, EXIT_IO, what),
        }
    }
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Failed {
        match error {
            CallError::Refused { what, .. } => Failed::Refused(what),
            CallError::Unreachable(_) => Failed::Unreachable(error.to_string()),
        }
    }
}
