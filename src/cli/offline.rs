//! Reads a store without a gateway, by a gateway's settings.

use std::path::{Path, PathBuf};

use clap::Args;

use super::connection::Failed;
use crate::control::{Journal, JournalFault};
use crate::gateway;
use crate::settings::{CatalogSettings, Settings};
use crate::store;

/// The store
#[derive(Debug, Args)]
pub(super) struct OfflineArgs {
    /// A gateway's settings, which name store, first release and authorities
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// A store's rows, verified: up to the first one that is not right.
pub(super) struct VerifiedRows {
    /// The state that they amount to.
    pub(super) journal: Journal,
    fault: Option<JournalFault>,
}

impl VerifiedRows {
    /// Reads the store of the settings.
    pub(super) fn read(args: &OfflineArgs) -> Result<VerifiedRows, Failed> {
        let settings = load(&args.config)?;
        let CatalogSettings::Releases(releases) = &settings.catalog else {
            let what = "these settings publish a folder: there is nothing to verify";
            return Err(Failed::Usage(what.into()));
        };
        let judging_context = gateway::judging_context(&settings, releases);
        let judging_context = judging_context.map_err(|error| Failed::Usage(error.to_string()))?;
        let mut journal = Journal::default();
        let read = runtime()?.block_on(async {
            let store = store::at(&releases.store).await?;
            journal.read_on(&*store, &judging_context).await
        });
        Ok(VerifiedRows { journal, fault: read.err() })
    }

    /// Says how many rows are right, and which is not.
    pub(super) fn end(self) -> Result<(), Failed> {
        if let Some(fault) = self.fault {
            return Err(Failed::Refused(fault.to_string()));
        }
        say!("{} rows verified", self.journal.last);
        Ok(())
    }
}

fn load(config: &Path) -> Result<Settings, Failed> {
    Settings::load(config).map_err(|error| Failed::Usage(error.to_string()))
}

/// The runtime of a command that asks a store itself.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failed::Unreachable(error.to_string()))
}
