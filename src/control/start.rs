//! What a gateway starts with: the release that is to be in force, or, if the store is away or not
//! right, the one that was.

use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::stops::Stops;
use sluice_core::release::ContentDigest;

use super::journal::{Journal, JudgingContext};
use super::local_state::LocalState;
use super::pending::PendingStops;
use super::version::CatalogVersion;
use crate::store::Store;

/// What a gateway starts with.
pub struct Start {
    /// What the store's rows amount to, as far as they could be read.
    pub journal: Journal,
    /// The version to be in force.
    pub version: Arc<CatalogVersion>,
    /// When the store was last heard of and found right.
    pub confirmed: UnixMillis,
    /// What is wrong with the store, if that is not now.
    pub trouble: Option<String>,
    /// Where state is durable.
    pub store: Arc<dyn Store>,
    /// By what rows are judged.
    pub grounds: JudgingContext,
    /// The gateway's own folder.
    pub kept: LocalState,
    /// What was stopped while the store was away.
    pub pending: Arc<PendingStops>,
    /// What was stopped when that was last kept.
    pub stopped: Stops,
    pub(super) found_right: Option<(u64, ContentDigest)>,
}

impl Start {
    /// Reads the store, and what was kept.
    ///
    /// # Errors
    /// Why there is nothing to start with, in words that say what to do.
    pub async fn read(
        store: Arc<dyn Store>,
        grounds: JudgingContext,
        kept: LocalState,
    ) -> Result<Start, String> {
        let now = (grounds.clock)();
        let found_right = kept.rows()?;
        let (pending, stopped) = (PendingStops::open(&kept, &grounds)?, kept.stops()?);
        let mut journal = Journal::default();
        let read = journal.catch_up(&*store, &grounds, found_right, &kept).await;
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
            grounds,
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
    // What was in force stays so, even if the clock was set back since.
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
