//! Publishes versions: puts them into force, and tells since when and how surely they are.

use std::sync::{Arc, Mutex, PoisonError};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::grants::Grants;
use sluice_core::domain::name::Name;
use sluice_core::domain::stops::{StopTarget, Stops};
use sluice_core::grant::Procedure;
use tokio::task::spawn_blocking;

use super::fault::JournalFault;
use super::grants::GrantHistory;
use super::journal::Journal;
use super::local_state::LocalState;
use super::start::Start;
use super::stops::StopState;
use super::version::CatalogVersion;
use crate::catalog::Catalog;
use crate::snapshot::{PolicyHandle, PublicationStatus, Release, ReleaseSecrets};
use crate::store::Store;

/// Shortest interval, in milliseconds, between two writes of the last contact with the store.
const CONFIRM_EVERY_MS: i64 = 30_000;

/// Puts versions into force.
pub struct Publisher {
    current: Arc<PolicyHandle>,
    secrets: ReleaseSecrets,
    kept: LocalState,
    ages: Ages,
    office: Name,
    /// The targets that the last run has saved as stopped.
    stopped_before: Stops,
    state: Mutex<State>,
}

/// Longest time after the last contact with the store for which policy is relied on, in
/// milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// Age limit of a release; entries that are open to everybody stay usable beyond it.
    pub release_ms: i64,
    /// Age limit of the grants.
    pub grants_ms: i64,
}

#[derive(Default)]
struct State {
    /// The release in force.
    release: u64,
    /// Its procedure.
    procedure: Arc<Procedure>,
    kept_confirmed: UnixMillis,
    kept_rows: u64,
    /// The last row whose grants are in force.
    grants: u64,
    /// True if the store was read to its end at least once.
    heard: bool,
    /// True if the state folder has the present stops.
    stops_kept: bool,
}

impl Publisher {
    /// Starts with the release that is already in force, and the state of the store.
    pub fn new(
        current: Arc<PolicyHandle>,
        secrets: ReleaseSecrets,
        start: &Start,
        ages: Ages,
    ) -> Publisher {
        let (release, heard) = (start.version.number, start.trouble.is_none());
        let procedure = Arc::new(start.version.catalog.procedure.clone());
        let state = State { release, procedure, heard, ..State::default() };
        let stopped_before = start.stopped.clone();
        let (kept, office) = (start.kept.clone(), start.judging_context.office.clone());
        let state = Mutex::new(state);
        let publisher = Publisher { current, secrets, kept, ages, office, stopped_before, state };
        let known = StopState::of(
            &start.journal,
            &start.pending,
            &start.version,
            &start.judging_context.office,
        );
        publisher.enforce_stops(known.stopped(), &start.pending.lifted());
        publisher.enforce_grants(&start.journal);
        publisher.show(start.confirmed, start.trouble.clone());
        // The age of the last contact before the start is known by the wall clock only.
        let age = ((start.judging_context.clock)() - start.confirmed).max(0);
        publisher.current.grants_go_stale_in(ages.grants_ms.saturating_sub(age));
        publisher.keep(&start.version);
        publisher
    }

    /// Publishes the time of the last contact with the store, and the fault since, if any.
    fn show(&self, confirmed: UnixMillis, trouble: Option<String>) {
        self.current.go_stale_at(confirmed.saturating_add(self.ages.release_ms));
        let standing = PublicationStatus { reviewed: true, confirmed: Some(confirmed), trouble };
        self.current.show_standing(standing);
    }

    /// Saves the version that is in force to the state folder.
    fn keep(&self, version: &CatalogVersion) {
        if let Err(error) = self.kept.keep_version(version) {
            tracing::warn!(%error, "the version in force can't be kept: a start needs the store");
        }
    }

    /// Puts the release into force whose time has come; returns its version if it is another than
    /// before. If it can't be published, the old one stays in force and the fault is reported.
    pub(super) async fn due(
        &self,
        journal: &Journal,
        store: &dyn Store,
        trouble: Option<JournalFault>,
        now: UnixMillis,
    ) -> Option<String> {
        let found = match trouble {
            Some(fault) => Err(fault.to_string()),
            None => self.change(journal, store, now).await,
        };
        // A fault of a release does not delay grants: those up to the first wrong row hold.
        self.enforce_grants(journal);
        let changed = match found {
            Ok(changed) => {
                self.heard_of(journal, now);
                changed
            }
            Err(why) => {
                let before = self.current.standing();
                if before.trouble.as_ref() != Some(&why) {
                    tracing::error!(%why, "the catalog that was in force stays in force");
                }
                self.show(before.confirmed.unwrap_or(0), Some(why));
                None
            }
        };
        changed.map(|version| version.catalog.version.clone())
    }

    /// Returns the version that is now in force, if it is another than before.
    async fn change(
        &self,
        journal: &Journal,
        store: &dyn Store,
        now: UnixMillis,
    ) -> Result<Option<Arc<CatalogVersion>>, String> {
        let Some(active) = journal.active(now) else { return Ok(None) };
        // A clock that is set back puts no former release into force again.
        if active.number <= self.state().release {
            return Ok(None);
        }
        let head = journal.head.as_ref().filter(|head| head.number == active.number);
        let version = match head {
            Some(head) => head.clone(),
            None => {
                let loaded = CatalogVersion::load(store, active.number, active.manifest).await;
                Arc::new(loaded.map_err(|wrong| wrong.to_string())?)
            }
        };
        self.enforce(version.catalog.clone(), journal).await?;
        let mut state = self.state();
        (state.release, state.grants) = (version.number, journal.last);
        state.procedure = Arc::new(version.catalog.procedure.clone());
        drop(state);
        self.keep(&version);
        Ok(Some(version))
    }

    async fn enforce(&self, catalog: Catalog, journal: &Journal) -> Result<(), String> {
        let (secrets, grants) = (self.secrets.clone(), journal.grants.clone());
        let office = self.office.clone();
        let built = spawn_blocking(move || {
            let procedure = catalog.procedure.clone();
            let release = Release::build(catalog.into_policy(), &secrets);
            let granted = |one: &GrantHistory| one.granted(&release.policy, &procedure, &office);
            let grants = grants.values().filter_map(granted);
            let grants = Grants::of(grants.map(Arc::new));
            (release, grants)
        });
        let built = built.await;
        let (release, grants) =
            built.map_err(|_| "the catalog's views can't be compiled".to_owned())?;
        tracing::info!(version = release.policy.version(), "another catalog is in force");
        self.current.replace_release(release, grants);
        Ok(())
    }

    /// Enforces the stops, and saves them to the state folder.
    pub(super) fn enforce_stops(&self, known: Stops, lifted: &[StopTarget]) {
        let mut state = self.state();
        let stops = if state.heard {
            known
        } else {
            // Until the journal was read to its end once, the stops of the last run stay in force.
            let before = self.stopped_before.iter().filter(|target| !lifted.contains(target));
            Stops::of(before.chain(known.iter()).cloned())
        };
        let changed = *self.current.load().stops != stops;
        if changed {
            self.current.replace_stops(stops.clone());
        } else if state.stops_kept {
            return;
        }
        let kept = self.kept.keep_stops(&stops);
        state.stops_kept = kept.is_ok();
        // Saving is tried again with each look at the store.
        if let (true, Err(error)) = (changed, kept) {
            tracing::warn!(%error, "what is stopped can't be kept: a start needs the store");
        }
    }

    /// Updates the grants in force: only those that have changed.
    fn enforce_grants(&self, journal: &Journal) {
        let mut state = self.state();
        let seen = std::mem::replace(&mut state.grants, journal.last);
        if seen == journal.last {
            return;
        }
        let changed: Vec<&GrantHistory> =
            journal.grants.values().filter(|one| one.row > seen).collect();
        if changed.is_empty() {
            return;
        }
        let snapshot = self.current.load();
        let policy = &snapshot.release.policy;
        let mut grants = (*snapshot.grants).clone();
        for one in changed {
            match one.granted(policy, &state.procedure, &self.office) {
                Some(granted) => grants.put(Arc::new(granted)),
                None => {
                    let (department, entry) = one.grant.entry.split_once('/').unwrap_or_default();
                    let consumer = policy.registry().department(one.grant.consumer.as_str());
                    if let (Some((consumer, _)), Some(entry)) =
                        (consumer, policy.find(department, entry))
                    {
                        grants.remove(consumer, entry, one.grant.id.as_str());
                    }
                }
            }
        }
        self.current.replace_grants(grants);
    }

    fn heard_of(&self, journal: &Journal, now: UnixMillis) {
        if self.current.standing().trouble.is_some() {
            tracing::info!("the store is there and right again");
        }
        self.show(now, None);
        self.current.grants_go_stale_in(self.ages.grants_ms);
        let mut state = self.state();
        state.heard = true;
        let kept = if state.kept_rows != journal.last {
            state.kept_rows = journal.last;
            self.kept.keep_rows(journal.last, journal.chain)
        } else {
            Ok(())
        };
        let kept = kept.and_then(|()| {
            if now - state.kept_confirmed < CONFIRM_EVERY_MS {
                return Ok(());
            }
            state.kept_confirmed = now;
            self.kept.keep_confirmed(now)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the state folder can't be written");
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
