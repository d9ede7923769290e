//! The control plane: how the catalog that is in force changes.
//!
//! Every change goes through [`Control`]: it is judged, recorded in the log, committed to the store,
//! and published as a new snapshot. A recorded step that was not committed is voided. Other gateways
//! see it within a second, as each reads on in the store; each judges every row itself before it
//! rests on it, so a row that somebody has edited in the store is never published.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`journal`] | the state that the store's rows lead to, and the checks of a row |
//! | [`judging_context`] | the context in which rows are judged |
//! | `genesis` | the first release |
//! | `fault` | faults of a row, or a step |
//! | `rows` | the rows, and their form in the store |
//! | [`version`] | a version of the catalog, parsed |
//! | [`draft`] | writing drafts |
//! | `grant_request` | the grant that a request asks for |
//! | `change_error` | the reasons for which a change is not made |
//! | [`grants`] | temporary grants: requests, steps, grants in force |
//! | [`notices`] | notices to departments, and their acknowledgements |
//! | [`duties`] | counts of the open duties of people |
//! | `intended_step` | the step that is recorded but perhaps not committed |
//! | `signer` | checks of a step's signer and stated time |
//! | [`stops`] | suspensions that take effect at once |
//! | [`pending`] | suspensions that were signed while the store was away |
//! | [`events`] | events for people who watch |
//! | [`local_state`] | the last good version on disk, to start without the store |
//! | [`start`] | the state with which a gateway starts |
//! | [`publisher`] | puts versions into force, and tracks their age |

use std::sync::{Arc, Once};
use std::time::Duration;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::Identity;
use sluice_core::ledger::record::{Control as ControlRecord, Event, Record};
use sluice_core::release::step::StepName;
use sluice_core::release::{ContentDigest, Manifest, SignedStep};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::audit::{Log, LogUnavailable};
use crate::catalog::difference::{self, Changes};
use crate::store::{NewRow, Store, StoreError};

mod change_error;
pub mod draft;
pub mod duties;
pub mod events;
mod fault;
mod genesis;
mod grant_request;
pub mod grants;
mod intended_step;
pub mod journal;
pub mod judging_context;
pub mod local_state;
pub mod notices;
pub mod pending;
pub mod publisher;
mod rows;
mod signer;
pub mod start;
pub mod stops;
pub mod version;

#[cfg(test)]
mod tests;

pub use change_error::ChangeError;
pub use draft::{CheckedDraft, NewDraft};
pub use fault::JournalFault;
pub use genesis::begin;
pub use grants::GrantHistory;
pub use journal::{DraftHistory, Journal, PublishedRelease};
pub use judging_context::{CertificateVerifier, JudgingContext};
pub use publisher::Publisher;
pub use rows::SignedRow;
pub use start::Start;
pub use version::CatalogVersion;

use events::{ClockEvents, EventFeed};
use fault::RowError;
use intended_step::IntendedStep;
use local_state::LocalState;
use pending::PendingStops;
use rows::JournalRow;

/// Interval at which the store is asked for rows that other gateways have appended.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Greatest difference between a signer's clock and the gateway's.
const SIGNER_SKEW_MS: i64 = 5 * 60 * 1_000;

/// Number of attempts to commit a step when other gateways commit first.
const TRIES: usize = 5;

/// Makes every change to the catalog, the grants and the stops.
pub struct Control {
    store: Arc<dyn Store>,
    judging_context: JudgingContext,
    log: Arc<Log>,
    publisher: Arc<Publisher>,
    intended: IntendedStep,
    /// The last row that an earlier run found right, and the digest of the rows up to it.
    found_right: Option<(u64, ContentDigest)>,
    kept: LocalState,
    pending: Arc<PendingStops>,
    /// Limits the warning about refused stops to one.
    refused_stops: Once,
    /// The version that was in force at the start.
    began_with: Arc<CatalogVersion>,
    feed: EventFeed,
    journal: Mutex<Journal>,
}

/// The reason why a change is not committed.
enum Uncommitted {
    /// The log has failed: nothing is done without a record.
    Log(LogUnavailable),
    /// The state folder can't be written.
    Folder(std::io::Error),
    /// The store does not answer; it may have committed the change or not.
    Store(StoreError),
}

impl From<LogUnavailable> for Uncommitted {
    fn from(error: LogUnavailable) -> Uncommitted {
        Uncommitted::Log(error)
    }
}

/// The content of a change's record in the log.
#[derive(Clone, Copy)]
struct Recorded<'a> {
    by: &'a Identity,
    step: &'static str,
    object: &'a str,
    digest: ContentDigest,
    release: Option<u64>,
}

impl<'a> Recorded<'a> {
    /// A step that a person has signed.
    fn of<S: StepName>(by: &'a Identity, taken: &'a SignedStep<S>) -> Recorded<'a> {
        let statement = &taken.statement;
        let release = statement.approval.as_ref().map(|approval| approval.release);
        let (step, object) = (statement.step.as_str(), &*statement.object);
        Recorded { by, step, object, digest: taken.digest, release }
    }
}

impl Control {
    /// Takes over from the start.
    pub fn resume(start: Start, log: Arc<Log>, publisher: Arc<Publisher>) -> Arc<Control> {
        let Start { mut journal, store, judging_context, kept, pending, .. } = start;
        let feed = EventFeed::default();
        feed.remember(&mut journal.said);
        let (found_right, version) = (start.found_right, start.version);
        Arc::new(Control {
            intended: IntendedStep::of(kept.dir()),
            journal: Mutex::new(journal),
            store,
            judging_context,
            log,
            publisher,
            found_right,
            kept,
            pending,
            refused_stops: Once::new(),
            began_with: version,
            feed,
        })
    }

    /// Returns the inputs that the check of a row needs.
    pub fn judging_context(&self) -> &JudgingContext {
        &self.judging_context
    }

    /// Voids a step that the last run has recorded and not committed, once the store answers.
    async fn settle(&self, journal: &Journal) -> Result<(), LogUnavailable> {
        let Some((object, digest)) = self.intended.left_over() else { return Ok(()) };
        if !journal.has(&object, &digest) && !self.pending.has(&digest) {
            self.void(&object, &digest).await?;
        }
        self.intended.forget();
        Ok(())
    }

    /// Reads the changes of other gateways periodically, and publishes them, until told to stop.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let row = self.journal.lock().await.last;
        let mut clockwork = ClockEvents::from((self.judging_context.clock)(), row);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stop.changed() => return,
            }
            let mut journal = self.journal.lock().await;
            let trouble = self.read_on(&mut journal).await.err();
            if trouble.is_none() && self.settle(&journal).await.is_err() {
                continue;
            }
            if trouble.is_none() {
                self.append_pending_stops(&mut journal).await;
            }
            self.publish(&journal, trouble).await;
            self.tell_by_the_clock(&journal, &mut clockwork);
        }
    }

    /// Returns the state as of the store's last row or, if the store is away, of the last row that
    /// was read.
    pub async fn journal(&self) -> MutexGuard<'_, Journal> {
        let mut journal = self.journal.lock().await;
        // The readiness probe reports the fault; the rows before it are still worth showing.
        let _ = self.read_on(&mut journal).await;
        journal
    }

    /// Returns the manifest of a release: its files and their digests.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn manifest(&self, number: u64) -> Result<Manifest, ChangeError> {
        let digest = self.journal().await.release(number)?.manifest;
        Ok(version::manifest(&*self.store, digest).await?)
    }

    /// Compares two releases: the changes for consumers.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn difference(&self, from: u64, to: u64) -> Result<Changes, ChangeError> {
        let (old, new) = (self.version(from).await?, self.version(to).await?);
        Ok(version::aside(move || difference::between(&old.catalog, &new.catalog)).await?)
    }

    async fn version(&self, number: u64) -> Result<Arc<CatalogVersion>, ChangeError> {
        let journal = self.journal().await;
        let digest = journal.release(number)?.manifest;
        if let Some(head) = journal.head.as_ref().filter(|head| head.number == number) {
            return Ok(head.clone());
        }
        drop(journal);
        Ok(Arc::new(CatalogVersion::load(&*self.store, number, digest).await?))
    }

    /// The contents of a digest.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn content(&self, digest: ContentDigest) -> Result<Vec<u8>, ChangeError> {
        let found = self.store.contents(vec![digest]).await?.pop();
        let (_, bytes) = found.ok_or(ChangeError::NoContents(digest))?;
        Ok(bytes)
    }

    /// Commits a person's signed step with an object, and puts its effect into force.
    async fn take<S: StepName>(
        &self,
        by: &Identity,
        object: &str,
        told: JournalRow,
        judge: impl Fn(&Journal) -> Result<SignedStep<S>, RowError>,
    ) -> Result<MutexGuard<'_, Journal>, ChangeError> {
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            self.read_on(&mut journal).await?;
            let taken = judge(&journal)?;
            let statement = &taken.statement;
            if *statement.object != *object {
                let (named, wanted) = (statement.object.to_string(), object.to_owned());
                return Err(ChangeError::OtherObject { named, wanted });
            }
            self.require_own_step_now(by, &taken.by, statement.time)?;
            let change = Recorded::of(by, &taken);
            if !self.commit(&journal, change, told.row(), Vec::new()).await? {
                continue;
            }
            let trouble = self.read_on(&mut journal).await.err();
            self.publish(&journal, trouble).await;
            return Ok(journal);
        }
        Err(ChangeError::OthersFaster)
    }

    /// Requires that the sender of a step has signed it themselves, at most [`SIGNER_SKEW_MS`] ago
    /// or ahead.
    fn require_own_step_now(
        &self,
        by: &Identity,
        signer: &Identity,
        time: UnixMillis,
    ) -> Result<(), ChangeError> {
        if signer != by {
            return Err(ChangeError::NotTheSigner);
        }
        if time.abs_diff((self.judging_context.clock)()) > SIGNER_SKEW_MS.unsigned_abs() {
            return Err(ChangeError::NotSignedNow);
        }
        Ok(())
    }

    /// Records a change and commits it. Returns false if another writer was faster; the record is
    /// voided then.
    async fn commit(
        &self,
        journal: &Journal,
        change: Recorded<'_>,
        row: NewRow,
        contents: Vec<Vec<u8>>,
    ) -> Result<bool, Uncommitted> {
        let (object, digest) = (change.object, change.digest.to_string());
        self.settle(journal).await?;
        let kept = self.intended.keep(object, &digest);
        kept.map_err(Uncommitted::Folder)?;
        self.record_step(&change).await?;
        match self.store.append(journal.last, vec![row], contents).await {
            Ok(_) => {
                self.intended.forget();
                Ok(true)
            }
            Err(StoreError::Moved) => {
                self.void(object, &digest).await?;
                self.intended.forget();
                Ok(false)
            }
            // Whether it was committed shows when the store answers again; the next start voids it
            // if it was not.
            Err(error) => Err(Uncommitted::Store(error)),
        }
    }

    /// Records a step before it takes effect.
    async fn record_step(&self, change: &Recorded<'_>) -> Result<(), LogUnavailable> {
        let Recorded { by, step, object, digest, release } = change;
        self.record(Event::Step {
            by: by.to_string().into(),
            step: (*step).into(),
            object: (*object).into(),
            digest: digest.to_string().into(),
            release: *release,
        })
        .await
    }

    async fn read_on(&self, journal: &mut Journal) -> Result<(), JournalFault> {
        let first = journal.last == 0;
        let read = journal
            .catch_up(&*self.store, &self.judging_context, self.found_right, &self.kept)
            .await;
        if first {
            self.feed.remember(&mut journal.said)
        } else {
            self.feed.tell(&mut journal.said)
        }
        read
    }

    async fn void(&self, object: &str, digest: &str) -> Result<(), LogUnavailable> {
        let event = Event::StepVoided { object: object.into(), digest: digest.into() };
        self.record(event).await
    }

    async fn record(&self, event: Event) -> Result<(), LogUnavailable> {
        let control = ControlRecord { time: (self.judging_context.clock)(), event };
        self.log.append(&Record::Control(control))?.durable().await.map(drop)
    }

    /// Puts into force the stops, and the release that is due.
    async fn publish(&self, journal: &Journal, trouble: Option<JournalFault>) {
        let now = (self.judging_context.clock)();
        self.enforce_stops(journal);
        if let Some(version) = self.publisher.due(journal, &*self.store, trouble, now).await {
            let event = Event::PolicyChanged { catalog_version: version.into() };
            // A failed log makes the gateway not ready, and every request is refused.
            let _ = self.record(event).await;
        }
    }
}

/// A message as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    // An id, or a key, stays as it is written.
    let word = text.split(' ').next().unwrap_or_default();
    if !word.chars().all(char::is_alphabetic) {
        let end = if text.ends_with('.') { "" } else { "." };
        return format!("{text}{end}");
    }
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
