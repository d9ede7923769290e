//! What is stopped at once, in the journal, and where the store is away.
//!
//! A stop does not wait for the store: where that is away it is in force here at once, kept in the state
//! folder, and appended when the store is back.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::domain::stops::{Stops, Target};
use sluice_core::release::statement::Word;
use sluice_core::release::{Person, Taken};
use sluice_core::stop::{Step, admit, is_stopped};

use super::fault::{Fault, Wrong};
use super::journal::{Grounds, Journal, verified};
use super::kept::Kept;
use super::rows::{SignedStep, Told};
use super::version::Version;
use super::{Control, NotDone, Recorded, TRIES};

impl Journal {
    /// All that is stopped.
    pub fn stopped(&self) -> Stops {
        let stopped = self.stops.iter().filter(|(_, taken)| is_stopped(taken));
        Stops::of(stopped.map(|(target, _)| target.clone()))
    }

    /// Whether a signed step may be taken with a target now.
    pub(super) fn judge_stop(
        &self,
        step: &SignedStep,
        grounds: &Grounds,
    ) -> Result<(Target, Taken<Step>), Wrong> {
        let taken: Taken<Step> = verified(step, grounds)?;
        let target = self.target(&taken)?;
        let before = self.stops.get(&target).map(Vec::as_slice).unwrap_or_default();
        let head = self.head.as_ref();
        let registry = head.map(|head| &head.catalog.registry);
        let roles = registry.and_then(|registry| registry.roles_of(&taken.by)).map(<[_]>::to_vec);
        let by = Person { roles, key: taken.key, identity: taken.by.clone() };
        let provider = match &target {
            Target::Grant(id) => self.grants.get(id).map(|one| one.grant.provider().to_owned()),
            _ => None,
        };
        let provider = provider.and_then(|provider| Name::parse(&provider).ok());
        let (office, provider) = (&grounds.office, provider.as_ref());
        admit(&target, before, &taken.statement, &by, office, provider).map_err(Wrong::Refused)?;
        Ok((target, taken))
    }

    /// As much of it as judging stops needs, with what was stopped here while the store was away.
    /// While the store could not be read at all, people and things are those of the version in force.
    pub(super) fn with_pending(
        &self,
        kept: &Kept,
        grounds: &Grounds,
        in_force: &Arc<Version>,
    ) -> Journal {
        let (grants, stops) = (self.grants.clone(), self.stops.clone());
        let head = self.head.as_ref().or(Some(in_force)).cloned();
        let mut known = Journal { head, grants, stops, ..Journal::default() };
        for step in kept.pending_stops() {
            if let Ok((target, taken)) = known.judge_stop(&step, grounds) {
                known.follow_stop(target, taken, self.last);
            }
        }
        known
    }

    /// What a statement is about, if there is such a thing.
    fn target(&self, taken: &Taken<Step>) -> Result<Target, Wrong> {
        let object = &taken.statement.object;
        let target = Target::parse(object).filter(|target| self.knows(target));
        target.ok_or_else(|| Wrong::What(format!("there is no {object}")))
    }

    fn knows(&self, target: &Target) -> bool {
        // Lifting what is gone from the catalog must still be possible.
        if self.stops.contains_key(target) {
            return true;
        }
        let Some(head) = &self.head else { return false };
        let department = |id: &Name| Some(head.catalog.registry.department(id.as_str())?.1);
        match target {
            Target::Department(id) => department(id).is_some(),
            Target::System(of, id) => {
                department(of).is_some_and(|of| of.systems.iter().any(|one| one.id == *id))
            }
            Target::Person(of, id) => {
                department(of).is_some_and(|of| of.person(id.as_str()).is_some())
            }
            Target::Entry(of, id) => {
                let mut entries = head.catalog.entries.iter();
                entries.any(|one| one.id.department() == of && one.id.entry() == id)
            }
            Target::Grant(id) => self.grants.contains_key(id),
        }
    }

    /// Keeps a step that was judged.
    pub(super) fn follow_stop(&mut self, target: Target, taken: Taken<Step>, row: u64) {
        if let Target::Grant(id) = &target
            && let Some(granting) = self.grants.get_mut(id)
        {
            granting.stopped = taken.statement.step == Step::Suspend;
            granting.row = row;
        }
        self.stops.entry(target).or_default().push(taken);
    }

    /// Takes a row that was judged before.
    pub(super) fn recall_stop(
        &mut self,
        step: &SignedStep,
        row: u64,
        grounds: &Grounds,
    ) -> Result<(), Wrong> {
        let taken: Taken<Step> = verified(step, grounds)?;
        let target = Target::parse(&taken.statement.object);
        let target = target.ok_or_else(|| Wrong::What("it stops nothing".into()))?;
        self.follow_stop(target, taken, row);
        Ok(())
    }
}

impl Control {
    /// Stops something, or lifts that: in force here when this returns, whether the store is there or not.
    /// Says whether it is in the store by now.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn stop(&self, by: &Identity, step: SignedStep) -> Result<bool, NotDone> {
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            let away = match self.read_on(&mut journal).await {
                Ok(()) => None,
                Err(Fault::Store(error)) => Some(error),
                // What stands before a row that is not right is all that there is: stopping goes on.
                Err(fault @ Fault::Row { .. }) => {
                    tracing::warn!(%fault, "stopping by the rows before it");
                    None
                }
            };
            let known = journal.with_pending(&self.kept, &self.grounds, &self.began_with);
            let (_, taken) = known.judge_stop(&step, &self.grounds)?;
            let statement = &taken.statement;
            self.is_his_own_now(by, &taken.by, statement.time)?;
            let change = Recorded {
                by,
                step: statement.step.as_str(),
                object: &statement.object,
                digest: taken.digest,
                release: None,
            };
            if away.is_none() {
                let row = Told::Stopped(step.clone()).row();
                match self.commit(&journal, change, row, Vec::new()).await {
                    Ok(true) => {
                        let trouble = self.read_on(&mut journal).await.err();
                        self.publish(&journal, trouble).await;
                        return Ok(true);
                    }
                    Ok(false) => continue,
                    // It has gone away just now: what is recorded is in force, and appended later.
                    Err(NotDone::Unavailable(_)) => {}
                    Err(other) => return Err(other),
                }
            } else {
                self.record_step(&change).await?;
            }
            self.kept.keep_pending_stop(&step).map_err(|error| {
                NotDone::Unavailable(format!("The state folder can't be written: {error}."))
            })?;
            self.publisher.enforce_stops(&journal, &self.grounds, &self.began_with);
            return Ok(false);
        }
        Err(NotDone::Conflict("Others were faster each time; try again.".into()))
    }

    /// What was ever stopped, with the steps.
    pub async fn stops(&self) -> BTreeMap<Target, Vec<Taken<Step>>> {
        let journal = self.journal().await;
        journal.with_pending(&self.kept, &self.grounds, &self.began_with).stops
    }

    /// Appends what was stopped while the store was away.
    pub(super) async fn append_pending_stops(&self, journal: &mut Journal) {
        for pending in self.kept.pending_stops() {
            // One that is in the store by now, or that others have overtaken, is not appended again.
            if journal.judge_stop(&pending, &self.grounds).is_ok() {
                let row = Told::Stopped(pending.clone()).row();
                if self.store.append(journal.last, vec![row], Vec::new()).await.is_err() {
                    return;
                }
                if self.read_on(journal).await.is_err() {
                    return;
                }
            }
            self.kept.forget_pending_stop(&pending);
        }
    }
}
