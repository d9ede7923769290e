//! Temporary grants in the journal: requests, steps and state.

use super::events::{Event, EventScope};
use super::fault::RowError;
use super::journal::Journal;
use super::judging_context::JudgingContext;
use super::rows::{GrantRow, JournalRow, SignedRow};
use super::signer::{not_ahead, signer, verified};
use super::version::CatalogVersion;
use super::{ChangeError, Control, Recorded, TRIES, sentence};
use crate::contract::grants::GrantRequest;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::field::Field;
use sluice_core::domain::grants::GrantInForce;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::registry::Role;
use sluice_core::grant::life::{admit, escalates_now, fulfils, next, object_of};
use sluice_core::grant::{
    Chain, Grant, GrantContext, GrantStage, GrantStep, Parties, Procedure, check, granted, stage,
};
use sluice_core::ledger::time::rfc3339;
use sluice_core::release::SignedStep;

/// Pending grants of one consumer, at most.
const MAX_PENDING_GRANTS: usize = 1_000;

/// A grant and its steps.
#[derive(Clone, Debug)]
pub struct GrantHistory {
    /// The grant itself.
    pub grant: Grant,
    /// The person who wrote it: `department/id`.
    pub by: String,
    /// Time at which it was written.
    pub time: UnixMillis,
    /// The writer's idempotency key for the request.
    pub request: Option<String>,
    /// The steps taken.
    pub taken: Vec<SignedStep<GrantStep>>,
    /// The grant that has replaced it.
    pub superseded: Option<Name>,
    /// True if the grant is suspended.
    pub stopped: bool,
    /// The row that changed it last.
    pub row: u64,
}

impl GrantHistory {
    /// Returns the stage that the steps have led to, without regard to dates.
    pub fn stage(&self) -> GrantStage {
        stage(&self.taken)
    }

    /// Returns the word for the grant's state at a moment.
    pub fn state(&self, now: UnixMillis, procedure: &Procedure) -> &'static str {
        match self.stage() {
            GrantStage::Active if self.superseded.is_some() => "superseded",
            GrantStage::Active if self.grant.until <= now => "expired",
            GrantStage::Active if self.stopped => "suspended",
            GrantStage::Active if self.holds_until(procedure) <= now => "unreviewed",
            waiting if waiting.is_pending() && self.grant.until <= now => "lapsed",
            other => other.as_str(),
        }
    }

    /// Tells whether all have agreed to the grant and nobody has ended it. Dates are checked with
    /// each request.
    pub(super) fn is_open(&self) -> bool {
        self.stage() == GrantStage::Active && self.superseded.is_none()
    }

    /// Returns the grant in the form that decisions read; none if it does not hold by this policy:
    /// its entry may have become more sensitive since the approval.
    pub(super) fn granted(
        &self,
        policy: &Policy,
        procedure: &Procedure,
        office: &Name,
    ) -> Option<GrantInForce> {
        if !self.is_open() || self.stopped {
            return None;
        }
        let found = granted(&self.grant, self.holds_until(procedure), policy)?;
        let parties = Parties::of(&self.grant, policy.registry(), office)?;
        let entry = policy.entry(found.entry);
        let chain = Chain::of(&self.grant, entry, &parties, &procedure.table);
        fulfils(&chain, &self.taken).then_some(found)
    }

    /// Returns the time at which the grant was opened.
    pub fn opened(&self) -> Option<UnixMillis> {
        let open = self.taken.iter().find(|one| one.statement.step == GrantStep::Open);
        open.map(|open| open.statement.time)
    }

    pub(super) fn holds_until(&self, procedure: &Procedure) -> UnixMillis {
        procedure.reviews.holds_until(&self.grant, &self.taken)
    }

    /// Returns the time from which the next review is due.
    pub(super) fn next_review(&self, procedure: &Procedure) -> Option<UnixMillis> {
        let next = procedure.reviews.next(&self.grant, &self.taken)?;
        Some(procedure.reviews.due_from(next))
    }

    /// Returns the date of the review that is due at a moment, if there is one.
    pub fn review_due(&self, now: UnixMillis, procedure: &Procedure) -> Option<UnixMillis> {
        let ended = !self.is_open() || self.grant.until <= now;
        let next = procedure.reviews.next(&self.grant, &self.taken).filter(|_| !ended);
        next.filter(|next| procedure.reviews.is_due(*next, now))
    }

    /// Returns the deadline for the next answer.
    fn due(&self, chain: &Chain, procedure: &Procedure) -> Option<UnixMillis> {
        let last = self.taken.last().filter(|_| self.stage().is_pending())?;
        Some(procedure.calendar.due(last.statement.time, chain.demand().answer_days))
    }

    /// Returns the deadline, and the one after it if the request is then escalated: the office
    /// above gets the same number of days from the first deadline on.
    pub(super) fn dues(&self, chain: &Chain, procedure: &Procedure) -> [Option<UnixMillis>; 2] {
        let due = self.due(chain, procedure);
        let by_itself = due.filter(|_| escalates_now(chain, &self.taken, true));
        let again = |due: UnixMillis| procedure.calendar.due(due - 1, chain.demand().answer_days);
        [due, by_itself.map(again)]
    }

    /// Returns the next step that the grant waits for.
    pub fn awaited(
        &self,
        (chain, parties): &(Chain, Parties),
        procedure: &Procedure,
        now: UnixMillis,
    ) -> Option<AwaitedStep> {
        let [due, again] = self.dues(chain, procedure);
        let overdue = due.is_some_and(|due| due <= now);
        let link = next(chain, &self.taken, overdue)?;
        let by_itself = escalates_now(chain, &self.taken, overdue);
        let due = if by_itself { again } else { due };
        if self.grant.until <= now {
            return None;
        }
        let overdue = due.is_some_and(|due| due <= now);
        let department = parties.department(link.side)?.clone();
        Some(AwaitedStep { step: link.step, role: link.role, department, due, overdue, by_itself })
    }
}

/// A step that a grant waits for.
#[derive(Clone, Debug)]
pub struct AwaitedStep {
    /// The awaited step.
    pub step: GrantStep,
    /// The role in which the person takes it.
    pub role: Role,
    /// The department of that person.
    pub department: Name,
    /// The deadline.
    pub due: Option<UnixMillis>,
    /// True if the deadline has passed.
    pub overdue: bool,
    /// True if the request was escalated to the office above both parties because a deadline
    /// passed.
    pub by_itself: bool,
}

impl Journal {
    /// Returns the grant of this id.
    ///
    /// # Errors
    /// There is no such grant.
    pub fn granting(&self, id: &Name) -> Result<&GrantHistory, ChangeError> {
        let unknown = || ChangeError::NoGrant(id.to_string());
        self.grants.get(id).ok_or_else(unknown)
    }

    /// Returns the chain of approvals that a grant needs by the last release, and the departments
    /// that give them.
    pub fn chain(&self, grant: &Grant, office: &Name) -> Option<(Chain, Parties)> {
        let head = self.head.as_ref()?;
        let parties = Parties::of(grant, &head.catalog.registry, office)?;
        let table = &head.catalog.procedure.table;
        Some((Chain::of(grant, entry_of(head, grant)?, &parties, table), parties))
    }

    pub(super) fn has_of_grant(&self, id: &str, digest: &str) -> bool {
        self.grants.iter().filter(|(known, _)| known.as_str() == id).any(|(_, granting)| {
            let steps = granting.taken.iter().map(|taken| taken.digest.to_string());
            steps.chain([granting.grant.digest().to_string()]).any(|known| known == digest)
        })
    }

    /// Adds a request for a grant, after a check.
    pub(super) fn ask(
        &mut self,
        asked: &GrantRow,
        row: u64,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        let grant = self.judge_asked(asked, row, judging_context)?;
        self.keep(grant, asked, row);
        Ok(())
    }

    /// Checks a request for a grant.
    fn judge_asked(
        &self,
        asked: &GrantRow,
        row: u64,
        judging_context: &JudgingContext,
    ) -> Result<Grant, RowError> {
        let grant = Grant::parse(&asked.grant).map_err(|why| RowError::Invalid(why.to_string()))?;
        not_ahead(asked.time, judging_context)?;
        if *grant.id.as_str() != *format!("g-{row}") {
            return Err(RowError::Invalid("a grant is called by the number of its row".into()));
        }
        let head = self.head.as_ref().ok_or_else(no_release)?;
        let entry = entry_of(head, &grant);
        let entry = entry.ok_or_else(|| RowError::Invalid("there is no such entry".into()))?;
        let registry = &head.catalog.registry;
        let parties = Parties::of(&grant, registry, &judging_context.office);
        let parties =
            parties.ok_or_else(|| RowError::Invalid("its entry has no provider".into()))?;
        check(&grant, registry, entry, &parties, &head.catalog.procedure)
            .map_err(|why| RowError::Invalid(why.to_string()))?;
        if grant.until <= asked.time {
            return Err(RowError::Invalid(
                "`until` is over: ask for a period that is still to come".into(),
            ));
        }
        self.is_of_the_same(&grant)?;
        Ok(grant)
    }

    /// Adds a request that was checked before.
    pub(super) fn asked_before(&mut self, asked: &GrantRow, row: u64) -> Result<(), RowError> {
        let grant = Grant::parse(&asked.grant).map_err(|why| RowError::Invalid(why.to_string()))?;
        self.keep(grant, asked, row);
        Ok(())
    }

    fn keep(&mut self, grant: Grant, asked: &GrantRow, row: u64) {
        let GrantRow { by, time, request, .. } = asked.clone();
        let (taken, id) = (Vec::new(), grant.id.clone());
        let (superseded, stopped) = (None, false);
        let granting = GrantHistory { grant, by, time, request, taken, superseded, stopped, row };
        self.said.push(Event {
            row: Some(row),
            time: granting.time,
            what: "written",
            object: object_of(&granting.grant).into(),
            about: EventScope::Grant(id.clone()),
            by: Some(granting.by.as_str().into()),
            reason: None,
        });
        self.grants.insert(id, granting);
    }

    /// Checks a signed step with a grant against the present state.
    pub(super) fn judge_grant(
        &self,
        step: &SignedRow,
        judging_context: &JudgingContext,
    ) -> Result<SignedStep<GrantStep>, RowError> {
        let what = |why: &str| RowError::Invalid(why.into());
        let taken: SignedStep<GrantStep> = verified(step, judging_context)?;
        let statement = &taken.statement;
        let id = statement.object.strip_prefix("grant/").and_then(|id| Name::parse(id).ok());
        let granting = id.and_then(|id| self.grants.get(&id));
        let granting = granting.ok_or_else(|| what("there is no such grant"))?;
        let head = self.head.as_ref().ok_or_else(no_release)?;
        let entry = entry_of(head, &granting.grant).ok_or_else(|| what("its entry is gone"))?;
        let (registry, procedure) = (&head.catalog.registry, &head.catalog.procedure);
        self.in_time(statement.time, judging_context)?;
        let parties = Parties::of(&granting.grant, registry, &judging_context.office);
        let parties = parties.ok_or_else(|| what("its entry has no provider"))?;
        if granting.superseded.is_some() {
            return Err(what("another grant has come in its place"));
        }
        if statement.time >= granting.grant.until && statement.step != GrantStep::Withdraw {
            return Err(what("its period is over"));
        }
        if statement.step == GrantStep::Open {
            // The catalog may have changed since the request: it is checked again.
            check(&granting.grant, registry, entry, &parties, procedure)
                .map_err(|why| what(&why.to_string()))?;
            self.may_supersede(&granting.grant, statement.time)?;
        }
        let by = signer(&taken, Some(head), &self.stops)?;
        let chain = Chain::of(&granting.grant, entry, &parties, &procedure.table);
        let (due, now) = (granting.due(&chain, procedure), statement.time);
        let reviewable = granting.review_due(now, procedure).is_some();
        if statement.step == GrantStep::Confirm && granting.is_open() && !reviewable {
            let from = granting.next_review(procedure).map(|from| rfc3339(from).to_string());
            let from =
                from.map_or("it names no further one".into(), |from| format!("not before {from}"));
            return Err(what(&format!("no review of it is due: {from}")));
        }
        let ground = GrantContext { chain, parties: &parties, due, reviewable };
        admit(&granting.grant, ground, &granting.taken, statement, &by)
            .map_err(RowError::Refused)?;
        Ok(taken)
    }

    /// Refuses to open a grant that would end the one it supersedes before its own period begins.
    fn may_supersede(&self, grant: &Grant, opened: UnixMillis) -> Result<(), RowError> {
        if grant.supersedes.is_some() && grant.from > opened {
            let what = "it would end the former one before it begins; open it when it begins";
            return Err(RowError::Invalid(what.into()));
        }
        self.is_of_the_same(grant)
    }

    /// Requires that a superseded grant is open, and is of the same consumer for the same entry.
    fn is_of_the_same(&self, grant: &Grant) -> Result<(), RowError> {
        let Some(former) = &grant.supersedes else { return Ok(()) };
        let fits = |one: &&GrantHistory| {
            one.is_open() && one.grant.consumer == grant.consumer && one.grant.entry == grant.entry
        };
        match self.grants.get(former).filter(fits) {
            Some(_) => Ok(()),
            None => Err(RowError::Invalid(format!(
                "`supersedes`: {former} is no open grant of the same department for the same entry"
            ))),
        }
    }

    /// Adds a step that was checked.
    pub(super) fn follow_grant(&mut self, taken: SignedStep<GrantStep>, row: u64) {
        let id = taken.statement.object.strip_prefix("grant/").and_then(|id| Name::parse(id).ok());
        let Some(granting) = id.and_then(|id| self.grants.get_mut(&id)) else { return };
        let (opens, time) = (taken.statement.step == GrantStep::Open, taken.statement.time);
        granting.taken.push(taken.clone());
        granting.row = row;
        let (id, former) = (granting.grant.id.clone(), granting.grant.supersedes.clone());
        let former = former.filter(|_| opens).and_then(|former| self.grants.get_mut(&former));
        if let Some(former) = former {
            former.superseded = Some(id.clone());
            former.row = row;
        }
        self.note_time(time);
        self.tell_step(row, EventScope::Grant(id), &taken);
    }
}

impl Control {
    /// Records a person's request for a grant to their own department. An idempotency key makes one
    /// grant, however often the request comes.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn ask_for_grant(
        &self,
        by: &Identity,
        said: &GrantRequest,
        request: Option<&str>,
    ) -> Result<GrantHistory, ChangeError> {
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            self.read_on(&mut journal).await?;
            let head = journal.head.clone().ok_or_else(no_release)?;
            let roles = head.catalog.registry.roles_of(by).unwrap_or_default();
            if !roles.contains(&Role::Applicant) {
                return Err(ChangeError::NotAnApplicant);
            }
            let (name, own) = (by.to_string(), &by.department);
            let same = |one: &&GrantHistory| one.request.as_deref() == request && one.by == name;
            if let Some(made) = journal.grants.values().find(same).filter(|_| request.is_some()) {
                let of = &made.grant;
                return match said.grant(of.number(), own, &of.catalog, &of.fields) {
                    Ok(same) if same == *of => Ok(made.clone()),
                    _ => Err(ChangeError::KeyReused),
                };
            }
            let pending = |one: &&GrantHistory| {
                let stage = one.stage();
                one.grant.consumer == *own && (stage == GrantStage::Written || stage.is_pending())
            };
            if journal.grants.values().filter(pending).count() >= MAX_PENDING_GRANTS {
                let (department, limit) = (own.to_string(), MAX_PENDING_GRANTS);
                return Err(ChangeError::TooManyGrants { department, limit });
            }
            let entry = head.catalog.entry(&said.entry);
            let no_entry = || ChangeError::NoEntry(said.entry.clone());
            let fields = &entry.ok_or_else(no_entry)?.fields;
            let level = |field: &Field| (field.path.to_string().into(), field.level.number());
            let levels = fields.iter().map(level).collect();
            let grant = said.grant(journal.last + 1, own, &head.catalog.version, &levels);
            let grant = grant.map_err(|what| ChangeError::Malformed(sentence(&what)))?;
            let (object, digest) = (object_of(&grant), grant.digest());
            let asked = GrantRow {
                grant: grant.canonical(),
                by: name,
                time: (self.judging_context.clock)(),
                request: request.map(str::to_owned),
            };
            journal.judge_asked(&asked, journal.last + 1, &self.judging_context)?;
            let change = Recorded { by, step: "ask", object: &object, digest, release: None };
            if self.commit(&journal, change, JournalRow::Asked(asked).row(), Vec::new()).await? {
                self.read_on(&mut journal).await?;
                return journal.granting(&grant.id).cloned();
            }
        }
        Err(ChangeError::OthersFaster)
    }

    /// Tells whether a grant of this id exists and fits, by the rows that were read last.
    pub async fn is_grant(&self, id: &Name, fits: impl FnOnce(&Grant) -> bool) -> bool {
        let journal = self.journal.lock().await;
        journal.grants.get(id).is_some_and(|granting| fits(&granting.grant))
    }

    /// Takes a step with a grant that a person has signed.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn step_of_grant(
        &self,
        by: &Identity,
        id: &Name,
        step: SignedRow,
    ) -> Result<GrantHistory, ChangeError> {
        let told = JournalRow::GrantSigned(step.clone());
        let object = format!("grant/{id}");
        let judge = |journal: &Journal| journal.judge_grant(&step, &self.judging_context);
        self.take(by, &object, told, judge).await?.granting(id).cloned()
    }
}

fn entry_of<'a>(head: &'a CatalogVersion, grant: &Grant) -> Option<&'a Entry> {
    head.catalog.entry(&grant.entry)
}

fn no_release() -> RowError {
    RowError::Invalid("there is no release yet".into())
}
