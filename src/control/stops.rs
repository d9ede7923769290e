//! Stops: suspensions that take effect at once, with or without the store.
//!
//! A stop does not wait for the store: if that is away, the stop is in force on this gateway at
//! once, kept in the state folder, and appended when the store is back. If the journal then refuses
//! the step, the target stays stopped on this gateway until somebody lifts that.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Member;
use sluice_core::domain::stops::{StopTarget, Stops};
use sluice_core::release::{Refusal, SignedStep};
use sluice_core::stop::{ROLES, StopContext, StopStep, admit, is_barred, is_stopped, may_follow};

use super::events::{Event, EventScope};
use super::fault::{JournalFault, RowError};
use super::grants::GrantHistory;
use super::journal::Journal;
use super::judging_context::JudgingContext;
use super::pending::{PendingStop, PendingStops};
use super::rows::{JournalRow, SignedRow};
use super::signer::{not_ahead, not_back, signer, verified};
use super::version::CatalogVersion;
use super::{ChangeError, Control, Recorded, TRIES, Uncommitted};

/// Longest wait for the store before a stop is taken without it.
const STORE_PATIENCE: Duration = Duration::from_secs(1);

/// Every target that was ever stopped, with the steps.
pub type StopHistory = BTreeMap<StopTarget, Vec<SignedStep<StopStep>>>;

/// The state against which stops are checked: the journal, and the stops that are not in it yet.
pub(super) struct StopState<'a> {
    version: Option<&'a CatalogVersion>,
    grants: &'a BTreeMap<Name, GrantHistory>,
    stops: Cow<'a, StopHistory>,
    office: &'a Name,
}

impl<'a> StopState<'a> {
    /// Combines the journal with the pending stops. As long as the store could not be read at all,
    /// the people and entries are those of the version in force.
    pub(super) fn of(
        journal: &'a Journal,
        pending: &PendingStops,
        in_force: &'a CatalogVersion,
        office: &'a Name,
    ) -> StopState<'a> {
        let version = journal.head.as_deref().or(Some(in_force));
        let stops = Cow::Borrowed(&journal.stops);
        let mut known = StopState { version, grants: &journal.grants, stops, office };
        for one in pending.all() {
            known.follow(one);
        }
        known
    }

    /// Adds a pending step, which was checked against the state of its time.
    fn follow(&mut self, PendingStop { target, taken, .. }: PendingStop) {
        let before = self.before(&target);
        let follows = match taken.statement.step {
            StopStep::Suspend => may_follow(before, &taken.by, self.office),
            StopStep::Lift => before.last().map(|last| last.digest) == taken.statement.previous,
        };
        let is_there = before.iter().any(|one| one.digest == taken.digest);
        if follows && !is_there {
            self.stops.to_mut().entry(target).or_default().push(taken);
        }
    }

    /// Returns all targets that are stopped.
    pub(super) fn stopped(&self) -> Stops {
        let stopped = self.stops.iter().filter(|(_, taken)| is_stopped(taken));
        Stops::of(stopped.map(|(target, _)| target.clone()))
    }

    fn before(&self, target: &StopTarget) -> &[SignedStep<StopStep>] {
        self.stops.get(target).map(Vec::as_slice).unwrap_or_default()
    }

    /// Checks a signed stop against the present state.
    fn judge(
        &self,
        step: &SignedRow,
        judging_context: &JudgingContext,
    ) -> Result<(StopTarget, SignedStep<StopStep>), RowError> {
        let taken: SignedStep<StopStep> = verified(step, judging_context)?;
        let target = self.target(&taken)?;
        let before = self.before(&target);
        not_ahead(taken.statement.time, judging_context)?;
        // A person who suspends may not know later steps of others; one who lifts has seen the last
        // step.
        if let (StopStep::Lift, Some(last)) = (taken.statement.step, before.last()) {
            not_back(taken.statement.time, last.statement.time)?;
        }
        let by = signer(&taken, self.version, &self.stops)?;
        let provider = match &target {
            StopTarget::Grant(id) => self.grants.get(id).map(|one| one.grant.provider().to_owned()),
            _ => None,
        };
        let provider = provider.and_then(|provider| Name::parse(&provider).ok());
        let (office, provider) = (&judging_context.office, provider.as_ref());
        let lifted_by_same =
            self.version.is_some_and(|version| version.catalog.procedure.lifted_by_same);
        let ground = StopContext { office, provider, lifted_by_same };
        admit(&target, before, &taken.statement, &by, ground).map_err(RowError::Refused)?;
        let stops = taken.statement.step == StopStep::Suspend;
        if stops && !self.leaves_somebody_to_lift(&target, &taken.by, office) {
            return Err(RowError::Refused(Refusal::NobodyLifts));
        }
        Ok((target, taken))
    }

    /// Tells whether the exchange office keeps a person who may lift a stop of one of its people,
    /// other than the one who signs it.
    fn leaves_somebody_to_lift(&self, target: &StopTarget, by: &Identity, office: &Name) -> bool {
        let StopTarget::Person(department, stopped) = target else { return true };
        let registry = self.version.map(|version| &version.catalog.registry);
        let people = registry.and_then(|registry| registry.department(office.as_str()));
        let may_lift = |person: &&Member| {
            let identity =
                Identity { department: office.clone(), kind: Kind::Person, id: person.id.clone() };
            let has_role = person.roles.iter().any(|role| ROLES.contains(role));
            person.active && has_role && person.id != *stopped && !is_barred(&identity, &self.stops)
        };
        let mut others = people.iter().flat_map(|(_, office)| &office.people).filter(may_lift);
        department != office || others.any(|person| by.id != person.id || by.department != *office)
    }

    /// Returns the target of a statement, if it exists.
    fn target(&self, taken: &SignedStep<StopStep>) -> Result<StopTarget, RowError> {
        let object = &taken.statement.object;
        let target = StopTarget::parse(object).filter(|target| self.knows(target));
        target.ok_or_else(|| RowError::Invalid(format!("there is no {object}")))
    }

    fn knows(&self, target: &StopTarget) -> bool {
        // A stop can be lifted even if its target has left the catalog.
        if self.stops.contains_key(target) {
            return true;
        }
        let Some(version) = self.version else { return false };
        let department = |id: &Name| Some(version.catalog.registry.department(id.as_str())?.1);
        match target {
            StopTarget::Department(id) => department(id).is_some(),
            StopTarget::System(of, id) => {
                department(of).is_some_and(|of| of.systems.iter().any(|one| one.id == *id))
            }
            StopTarget::Person(of, id) => {
                department(of).is_some_and(|of| of.person(id.as_str()).is_some())
            }
            StopTarget::Entry(of, id) => {
                let mut entries = version.catalog.entries.iter();
                entries.any(|one| one.id.department() == of && one.id.entry() == id)
            }
            StopTarget::Grant(id) => self.grants.contains_key(id),
        }
    }
}

impl Journal {
    /// Checks a signed stop against the present state.
    pub(super) fn judge_stop(
        &self,
        step: &SignedRow,
        judging_context: &JudgingContext,
    ) -> Result<(StopTarget, SignedStep<StopStep>), RowError> {
        let stops = Cow::Borrowed(&self.stops);
        let (version, office) = (self.head.as_deref(), &judging_context.office);
        let known = StopState { version, grants: &self.grants, stops, office };
        known.judge(step, judging_context)
    }

    /// Adds a stop that was checked.
    pub(super) fn follow_stop(
        &mut self,
        target: StopTarget,
        taken: SignedStep<StopStep>,
        row: u64,
    ) {
        if let StopTarget::Grant(id) = &target
            && let Some(granting) = self.grants.get_mut(id)
        {
            granting.stopped = taken.statement.step == StopStep::Suspend;
            granting.row = row;
        }
        self.note_time(taken.statement.time);
        self.tell_step(row, EventScope::stop(&target), &taken);
        self.stops.entry(target).or_default().push(taken);
    }

    /// Adds a row that was checked before.
    pub(super) fn recall_stop(
        &mut self,
        step: &SignedRow,
        row: u64,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        let taken: SignedStep<StopStep> = verified(step, judging_context)?;
        let target = StopTarget::parse(&taken.statement.object);
        let target = target.ok_or_else(|| RowError::Invalid("it stops nothing".into()))?;
        self.follow_stop(target, taken, row);
        Ok(())
    }

    fn has_stop(&self, one: &PendingStop) -> bool {
        let taken = self.stops.get(&one.target);
        taken.is_some_and(|taken| taken.iter().any(|step| step.digest == one.taken.digest))
    }
}

impl Control {
    /// Suspends a target, or lifts that. It is in force on this gateway when this returns, even if
    /// the store is away. Returns true if the store has it.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn stop(&self, by: &Identity, step: SignedRow) -> Result<bool, ChangeError> {
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            // Earlier pending stops go into the store first.
            let there =
                self.reads_now(&mut journal).await && self.append_pending_stops(&mut journal).await;
            let known = self.known(&journal);
            let (target, taken) = known.judge(&step, &self.judging_context)?;
            let statement = &taken.statement;
            self.require_own_step_now(by, &taken.by, statement.time)?;
            let change = Recorded::of(by, &taken);
            // A stop that the journal refused is lifted on the gateway where it is in force.
            let lifts = there && statement.step == StopStep::Lift;
            let pending = self.pending.all();
            let lifted = pending.iter().find(|one| Some(one.taken.digest) == statement.previous);
            if let Some(lifted) = lifted.filter(|_| lifts) {
                self.record_step(&change).await?;
                self.pending.forget(lifted.taken.digest);
                self.enforce_stops(&journal);
                return Ok(true);
            }
            // A step that builds on a pending one is not appended either: a row that breaks a rule
            // would keep every gateway from reading on.
            let fits = there && journal.judge_stop(&step, &self.judging_context).is_ok();
            let stored = if fits {
                let row = JournalRow::Stopped(step.clone()).row();
                match self.commit(&journal, change, row, Vec::new()).await {
                    Ok(true) => true,
                    Ok(false) => continue,
                    // The store has just gone away: the recorded stop is in force, and appended
                    // later.
                    Err(Uncommitted::Store(_)) => false,
                    Err(other) => return Err(other.into()),
                }
            } else {
                false
            };
            if stored && self.reads_now(&mut journal).await {
                self.publish(&journal, None).await;
                return Ok(true);
            }
            // A row that is in the store but can't be read back now is found there later.
            let about = EventScope::stop(&target);
            let pending = PendingStop { signed: step, target, taken: taken.clone() };
            let kept = self.pending.keep(pending);
            if fits {
                // The step was recorded as intended; the pending file now stands for that.
                self.intended.forget();
            } else if let Err(why) = self.record_step(&change).await {
                self.pending.forget(taken.digest);
                return Err(why.into());
            }
            self.enforce_stops(&journal);
            if !stored {
                self.feed.tell_too([Event::of(None, about, &taken)]);
            }
            return match kept {
                Ok(()) => Ok(stored),
                Err(error) => Err(ChangeError::StopNotKept(error.to_string())),
            };
        }
        Err(ChangeError::OthersFaster)
    }

    fn known<'a>(&'a self, journal: &'a Journal) -> StopState<'a> {
        StopState::of(journal, &self.pending, &self.began_with, &self.judging_context.office)
    }

    /// Reads new rows if the store answers soon and its rows are right. Otherwise, stops are
    /// checked against the rows before the fault.
    async fn reads_now(&self, journal: &mut Journal) -> bool {
        match tokio::time::timeout(STORE_PATIENCE, self.read_on(journal)).await {
            Ok(Ok(())) => true,
            Ok(Err(fault @ JournalFault::Row { .. })) => {
                tracing::warn!(%fault, "stopping by the rows before it");
                false
            }
            Ok(Err(JournalFault::Store(_))) | Err(_) => false,
        }
    }

    /// Returns every target that was ever stopped, with the steps.
    pub async fn stops(&self) -> StopHistory {
        let journal = self.journal().await;
        self.known(&journal).stops.into_owned()
    }

    /// Enforces the stops of the journal and the pending ones.
    pub(super) fn enforce_stops(&self, journal: &Journal) {
        let known = self.known(journal);
        self.publisher.enforce_stops(known.stopped(), &self.pending.lifted());
    }

    /// Appends the pending stops. Returns false if the store is away again.
    pub(super) async fn append_pending_stops(&self, journal: &mut Journal) -> bool {
        let pending = self.pending.all();
        for one in &pending {
            let digest = one.taken.digest;
            if journal.has_stop(one) {
                self.pending.forget(digest);
                continue;
            }
            match journal.judge_stop(&one.signed, &self.judging_context) {
                Ok(_) => {
                    let row = JournalRow::Stopped(one.signed.clone()).row();
                    let appended = self.store.append(journal.last, vec![row], Vec::new()).await;
                    if appended.is_err() || self.read_on(journal).await.is_err() {
                        return false;
                    }
                    self.pending.forget(digest);
                }
                Err(wrong) => self.settle_refused(journal, one, &wrong),
            }
        }
        true
    }

    /// Handles a pending step that the journal refuses: no suspension ends by that.
    fn settle_refused(&self, journal: &Journal, one: &PendingStop, wrong: &RowError) {
        let digest = one.taken.digest;
        let before = journal.stops.get(&one.target).map(Vec::as_slice).unwrap_or_default();
        match one.taken.statement.step {
            // Another suspension by the same side would add nothing.
            StopStep::Suspend
                if !may_follow(before, &one.taken.by, &self.judging_context.office) =>
            {
                self.pending.forget(digest);
            }
            // The target stays suspended on this gateway. The log says so once a start.
            StopStep::Suspend => {
                let target = &one.target;
                self.refused_stops.call_once(|| {
                    let what = "the store does not take what was suspended while it was away: it stays \
                                suspended here until it is lifted at this gateway";
                    tracing::error!(%target, %wrong, "{what}");
                });
            }
            // The step lifts a stop that only this gateway has, or one that others have signed
            // anew.
            StopStep::Lift => {
                self.pending.forget(digest);
                if let Some(lifted) = one.taken.statement.previous {
                    self.pending.forget(lifted);
                }
            }
        }
    }
}
