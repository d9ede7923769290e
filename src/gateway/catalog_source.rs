//! The source of the catalog: a folder that is published as it is, or releases.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_core::domain::grants::Grants;
use sluice_core::domain::policy::Policy;
use sluice_core::ledger::record::{Control as ControlRecord, Event, Record};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::trust::{Trust, exchange_secret};
use super::{StartError, failed, unix_millis};
use crate::audit::Log;
use crate::catalog::{self, SourceFile, folder};
use crate::control::local_state::LocalState;
use crate::control::publisher::Ages;
use crate::control::{Control, JudgingContext, Publisher, Start};
use crate::settings::{CatalogSettings, ReleaseSettings, Settings};
use crate::snapshot::{PolicyHandle, PublicationStatus, Release, ReleaseSecrets};
use crate::store;

/// Interval at which a folder is checked for changes.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The source of the catalog, and of its later changes.
pub(super) enum CatalogSource {
    /// The policy of the start, which never changes.
    Fixed,
    /// A folder, with its files' texts at the start.
    Folder(PathBuf, Vec<SourceFile>),
    /// Releases.
    Releases(Box<Start>, Ages),
}

/// The parts of the gateway that following the source needs.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) current: Arc<PolicyHandle>,
    pub(super) secrets: ReleaseSecrets,
    pub(super) log: Arc<Log>,
}

impl CatalogSource {
    /// Reads the source that the settings name, and the first policy.
    pub(super) async fn read(
        settings: &Settings,
        trust: &Trust,
    ) -> Result<(Policy, CatalogSource), StartError> {
        match &settings.catalog {
            CatalogSettings::Folder(dir) => {
                // The folder is read twice; if it changed between, the next look finds the change.
                let (sources, _) = folder::sources(dir);
                let catalog = catalog::read_dir(dir);
                let catalog = catalog.map_err(|problems| StartError(problems.to_string()))?;
                Ok((catalog.into_policy(), CatalogSource::Folder(dir.clone(), sources)))
            }
            CatalogSettings::Releases(of) => {
                let secret = exchange_secret(settings)?;
                let start = releases(of, trust, &secret).await?;
                let millis = |age: Duration| i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let (release_ms, grants_ms) = (millis(of.max_age), millis(of.grant_max_age));
                let ages = Ages { release_ms, grants_ms };
                let policy = start.version.catalog.clone().into_policy();
                Ok((policy, CatalogSource::Releases(Box::new(start), ages)))
            }
        }
    }

    /// Follows changes from now on; returns the control plane if the source is releases.
    pub(super) fn follow(
        self,
        around: Surroundings,
        stopping: watch::Receiver<bool>,
    ) -> Option<Arc<Control>> {
        match self {
            CatalogSource::Fixed => None,
            CatalogSource::Folder(dir, sources) => {
                tokio::spawn(follow_folder(dir, sources, around, stopping));
                None
            }
            CatalogSource::Releases(start, ages) => {
                let Surroundings { current, secrets, log } = around;
                let publisher = Publisher::new(current, secrets, &start, ages);
                let control = Control::resume(*start, log, Arc::new(publisher));
                tokio::spawn(control.clone().run(stopping));
                Some(control)
            }
        }
    }
}

async fn releases(
    settings: &ReleaseSettings,
    trust: &Trust,
    secret: &[u8; 32],
) -> Result<Start, StartError> {
    let store = store::at(&settings.store).await.map_err(failed("catalog.store"))?;
    let kept = LocalState::open(&settings.state, secret).map_err(failed("catalog.state"))?;
    let judging_context = grounds_of(settings, trust);
    Start::read(store, judging_context, kept).await.map_err(failed("catalog"))
}

fn grounds_of(settings: &ReleaseSettings, trust: &Trust) -> JudgingContext {
    let authorities = trust.authorities.clone();
    JudgingContext {
        genesis: settings.genesis,
        office: trust.own.certificate().identity.department.clone(),
        verify_certificate: Arc::new(move |chain, at| authorities.signer(chain, at)),
        clock: unix_millis,
    }
}

/// Makes the inputs that the check of a row needs, from these settings.
///
/// # Errors
/// The authorities or the gateway's certificate can't be read.
pub fn judging_context(
    settings: &Settings,
    releases: &ReleaseSettings,
) -> Result<JudgingContext, StartError> {
    Ok(grounds_of(releases, &Trust::load(settings)?))
}

/// Publishes a folder again whenever it changes. One with problems leaves the former in force.
async fn follow_folder(
    dir: PathBuf,
    mut seen: Vec<SourceFile>,
    around: Surroundings,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        let (looked_at, secrets, before) = (dir.clone(), around.secrets.clone(), seen);
        let looked = spawn_blocking(move || {
            let (sources, _) = folder::sources(&looked_at);
            if sources == before {
                return (before, None);
            }
            let read = catalog::read_dir(&looked_at);
            let built = read.map(|catalog| Release::build(catalog.into_policy(), &secrets));
            (sources, Some(built))
        });
        let Ok((sources, built)) = looked.await else {
            // A panic while it was read: what is in force stays, and the next look reads it anew.
            seen = Vec::new();
            let trouble = Some(format!("{}: reading it failed inside the gateway", dir.display()));
            around
                .current
                .show_standing(PublicationStatus { trouble, ..PublicationStatus::default() });
            continue;
        };
        seen = sources;
        match built {
            None => {}
            Some(Err(problems)) => {
                let count = problems.len();
                tracing::error!(%problems, "the folder has problems; what was in force stays so");
                let trouble = Some(format!("{}: {count} problems", dir.display()));
                around
                    .current
                    .show_standing(PublicationStatus { trouble, ..PublicationStatus::default() });
            }
            Some(Ok(release)) => around.publish(release).await,
        }
    }
}

impl Surroundings {
    async fn publish(&self, release: Release) {
        let version = release.policy.version().to_owned();
        self.current.show_standing(PublicationStatus::default());
        if self.current.load().release.policy.version() == version {
            return;
        }
        self.current.replace_release(release, Grants::default());
        tracing::info!(%version, "another catalog is in force");
        let event = Event::PolicyChanged { catalog_version: version.into() };
        let record = Record::Control(ControlRecord { time: unix_millis(), event });
        if let Ok(pending) = self.log.append(&record) {
            // A log that fails shows in readyz, and then nothing is answered at all.
            let _ = pending.durable().await;
        }
    }
}
