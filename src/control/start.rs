//! The state with which a gateway starts: the release that is due by now or, if the store is away
//! or damaged, the one that was in force last.

use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::stops::Stops;
use sluice_core::release::ContentDigest;

use super::journal::Journal;
use super::judging_context::JudgingContext;
use super::local_state::LocalState;
use super::pending::PendingStops;
use super::version::CatalogVersion;
use crate::store::Store;

/// The state with which a gateway starts.
pub struct Start {
    /// The state of the journal, up to the last row that could be read.
    pub journal: Journal,
    /// The version to be in force.
    pub version: Arc<CatalogVersion>,
    /// The last time at which the store was read and found right.
    pub confirmed: UnixMillis,
    /// The fault of the store, if there is one now.
    pub trouble: Option<String>,
    /// The store of durable state.
    pub store: Arc<dyn Store>,
    /// The inputs that the check of a row needs.
    pub judging_context: JudgingContext,
    /// The gateway's own folder.
    pub kept: LocalState,
    /// The stops that were signed while the store was away.
    pub pending: Arc<PendingStops>,
    /// The targets that the last run has saved as stopped.
    pub stopped: Stops,
    pub(super) found_right: Option<(u64, ContentDigest)>,
}

impl Start {
    /// Reads the store and the state folder.
    ///
    /// # Errors
    /// There is nothing to start with; the text says why, and what to do.
    pub async fn read(
        store: Arc<dyn Store>,
        judging_context: JudgingContext,
        kept: LocalState,
    ) -> Result<Start, String> {
        let now = (judging_context.clock)();
        let found_right = kept.rows()?;
        let (pending, stopped) = (PendingStops::open(&kept, &judging_context)?, kept.stops()?);
        let mut journal = Journal::default();
        let read = journal.catch_up(&*store, &judging_context, found_right, &kept).await;
        let trouble = match read {
            Err(fault) => Some(fault.to_string()),
            Ok(()) if journal.releases.is_empty() => {
                return Err("the store is empty; begin it with `sluice catalog init`".into());
            }
            Ok(()) => None,
        };
        let (version, confirmed) = match &trouble {
            None => (active(&journal, &*store, &kept, now).await?, now),
            Some(why) => {
                let version = kept.version()?.ok_or_else(|| {
                    format!("{why}; and there is no version that was in force before")
                })?;
                (Arc::new(version), kept.confirmed().unwrap_or(0))
            }
        };
        let pending = Arc::new(pending);
        Ok(Start {
            journal,
            version,
            confirmed,
            trouble,
            store,
            judging_context,
            kept,
            pending,
            stopped,
            found_right,
        })
    }
}

async fn active(
    journal: &Journal,
    store: &dyn Store,
    kept: &LocalState,
    now: UnixMillis,
) -> Result<Arc<CatalogVersion>, String> {
    // The release in force stays so, even if the clock was set back since.
    let was = kept.compiled().map_or(0, |version| version.number);
    let was = journal.releases.iter().find(|release| release.number == was);
    let active = journal.active(now).ok_or("there is no release")?;
    let active = was.filter(|was| was.number > active.number).unwrap_or(active);
    match journal.head.as_ref().filter(|head| head.number == active.number) {
        Some(head) => Ok(head.clone()),
        None => {
            let loaded = CatalogVersion::load(store, active.number, active.manifest).await;
            loaded.map(Arc::new).map_err(|wrong| wrong.to_string())
        }
    }
}
