//! The state that the journal's rows lead to: drafts with their steps, and releases.
//!
//! The rows come from a store that others can write to, so each is checked as untrusted input: its
//! content must follow from the rows before, and every step must be signed by a person who may take
//! it. Reading stops at a row that breaks a rule, as later rows build on it.

use super::judging_context::JudgingContext;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::domain::stops::StopTarget;
use sluice_core::grant::Procedure;
use sluice_core::notice;
use sluice_core::release::life::{self, stage};
use sluice_core::release::{Approval, ContentDigest, Draft, DraftStage, SignedStep, Statement};

use super::ChangeError;
use super::events::{EventScope, RowEvents};
use super::fault::{JournalFault, RowError};
use super::grants::GrantHistory;
use super::local_state::LocalState;
use super::rows::{DraftRow, GenesisRow, JournalRow, SignedRow};
use super::signer::{signer, verified};
use super::stops::StopHistory;
use super::version::CatalogVersion;
use crate::store::{Store, StoredRow};

/// The number of the first release.
pub const FIRST_RELEASE: u64 = 1;

/// The state after some rows.
#[derive(Clone)]
pub struct Journal {
    /// The number of the last row.
    pub last: u64,
    /// The digest over all rows: two journals with one digest have the same rows.
    pub chain: ContentDigest,
    /// All drafts there have been, by id.
    pub drafts: BTreeMap<Name, DraftHistory>,
    /// All releases, the first one first.
    pub releases: Vec<PublishedRelease>,
    /// The last release, read.
    pub head: Option<Arc<CatalogVersion>>,
    /// All grants that anybody has asked for, by id.
    pub grants: BTreeMap<Name, GrantHistory>,
    /// Every target that was ever stopped, with the steps.
    pub stops: StopHistory,
    /// The notices that were acknowledged, by id.
    pub acknowledged: BTreeMap<Name, SignedStep<notice::NoticeStep>>,
    /// Events that the rows have caused and that the feed has not taken yet.
    pub(super) said: RowEvents,
    /// The latest time in any signed statement.
    pub latest: UnixMillis,
}

/// A draft and its steps.
#[derive(Clone, Debug)]
pub struct DraftHistory {
    /// The changes.
    pub draft: Draft,
    /// The note for reviewers.
    pub note: String,
    /// The person who wrote it: `department/id`.
    pub by: String,
    /// Time at which it was written.
    pub time: UnixMillis,
    /// The writer's idempotency key for the request.
    pub request: Option<String>,
    /// The steps taken.
    pub taken: Vec<SignedStep>,
    /// The row that changed it last, which is the draft's `ETag`.
    pub row: u64,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRelease {
    /// Its number.
    pub number: u64,
    /// The digest of its manifest.
    pub manifest: ContentDigest,
    /// Time from which it is in force.
    pub effective: UnixMillis,
    /// The draft that it comes from; none for the first.
    pub draft: Option<Name>,
}

impl Default for Journal {
    fn default() -> Journal {
        Journal {
            last: 0,
            chain: ContentDigest::of(&[]),
            drafts: BTreeMap::new(),
            releases: Vec::new(),
            head: None,
            grants: BTreeMap::new(),
            stops: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            said: RowEvents::default(),
            latest: 0,
        }
    }
}

impl DraftHistory {
    /// Returns the stage that the steps have led to.
    pub fn stage(&self) -> DraftStage {
        stage(&self.taken)
    }
}

impl Journal {
    /// Reads all new rows. If one breaks a rule, the rows before it stay read.
    ///
    /// # Errors
    /// [`JournalFault`], with the row.
    pub async fn read_on(
        &mut self,
        store: &dyn Store,
        judging_context: &JudgingContext,
    ) -> Result<(), JournalFault> {
        loop {
            let rows = store.rows(self.last).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                let took = self.take(row, store, judging_context).await;
                took.map_err(|wrong| wrong.at(row.number))?;
            }
        }
    }

    /// Reads all rows after a start: first, by [`Journal::read_again`], those that an earlier run
    /// found right; then the others, with every check.
    ///
    /// # Errors
    /// [`JournalFault`], with the row.
    pub async fn catch_up(
        &mut self,
        store: &dyn Store,
        judging_context: &JudgingContext,
        found_right: Option<(u64, ContentDigest)>,
        kept: &LocalState,
    ) -> Result<(), JournalFault> {
        if let Some(found_right) = found_right.filter(|_| self.last == 0) {
            *self =
                Journal::read_again(store, judging_context, found_right, kept.compiled()).await?;
        }
        self.read_on(store, judging_context).await
    }

    /// Reads rows that an earlier run found right. If their digest shows that they are unchanged,
    /// catalogs of former releases need not be read again.
    ///
    /// # Errors
    /// [`JournalFault`]; also if the rows have changed.
    pub async fn read_again(
        store: &dyn Store,
        judging_context: &JudgingContext,
        (last, chain): (u64, ContentDigest),
        compiled: Option<CatalogVersion>,
    ) -> Result<Journal, JournalFault> {
        let mut journal = Journal::default();
        while journal.last < last {
            let rows = store.rows(journal.last).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows.iter().take_while(|row| row.number <= last) {
                journal.recall(row, judging_context).map_err(|wrong| wrong.at(row.number))?;
            }
        }
        if journal.last != last || journal.chain != chain {
            let what = "the rows up to here are not those that this gateway has found right before; \
                        restore the store, or verify it and remove the gateway's state folder";
            return Err(JournalFault::Row { number: journal.last, what: what.into() });
        }
        if let Some(release) = journal.releases.last() {
            let (number, manifest) = (release.number, release.manifest);
            let same =
                |it: &CatalogVersion| it.number == number && it.manifest.digest() == manifest;
            let head = match compiled.filter(same) {
                Some(compiled) => compiled,
                None => {
                    CatalogVersion::load(store, number, manifest).await.map_err(|w| w.at(last))?
                }
            };
            journal.head = Some(Arc::new(head));
        }
        Ok(journal)
    }

    /// Tells whether the rows contain a step, or a state of a draft, of this digest.
    pub(super) fn has(&self, object: &str, digest: &str) -> bool {
        if let Some(taken) = StopTarget::parse(object).and_then(|target| self.stops.get(&target))
            && taken.iter().any(|one| one.digest.to_string() == digest)
        {
            return true;
        }
        if let Some(id) = object.strip_prefix("grant/") {
            return self.has_of_grant(id, digest);
        }
        if let Some(id) = object.strip_prefix("notice/") {
            let known = self.acknowledged.iter().find(|(known, _)| known.as_str() == id);
            return known.is_some_and(|(_, taken)| taken.digest.to_string() == digest);
        }
        let id = object.strip_prefix("draft/").unwrap_or_default();
        self.drafts.iter().filter(|(known, _)| known.as_str() == id).any(|(_, drafting)| {
            let steps = drafting.taken.iter().map(|taken| taken.digest.to_string());
            steps.chain([drafting.draft.digest().to_string()]).any(|known| known == digest)
        })
    }

    /// Returns the rules of the exchange office for grants and suspensions, by the last release.
    pub fn procedure(&self) -> &Procedure {
        static USUAL: LazyLock<Procedure> = LazyLock::new(Procedure::default);
        self.head.as_ref().map_or(&USUAL, |head| &head.catalog.procedure)
    }

    /// Returns the draft of this id.
    ///
    /// # Errors
    /// There is no such draft or release.
    pub fn drafting(&self, id: &Name) -> Result<&DraftHistory, ChangeError> {
        let unknown = || ChangeError::NoDraft(id.to_string());
        self.drafts.get(id).ok_or_else(unknown)
    }

    /// Returns the release of this number.
    ///
    /// # Errors
    /// There is no such draft or release.
    pub fn release(&self, number: u64) -> Result<&PublishedRelease, ChangeError> {
        let found = self.releases.iter().find(|release| release.number == number);
        found.ok_or(ChangeError::NoRelease(number))
    }

    /// Returns the release that is in force at a moment.
    pub fn active(&self, now: UnixMillis) -> Option<&PublishedRelease> {
        let begun = self.releases.iter().rev().find(|release| release.effective <= now);
        begun.or(self.releases.first())
    }

    async fn take(
        &mut self,
        row: &StoredRow,
        store: &dyn Store,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        match JournalRow::read(row) {
            None => {
                return Err(RowError::Invalid("it is of no kind that this program knows".into()));
            }
            Some(JournalRow::Genesis(genesis)) => {
                self.begin(&genesis, store, judging_context).await?
            }
            Some(JournalRow::Drafted(drafted)) => {
                self.draft(&drafted, row.number, judging_context)?
            }
            Some(JournalRow::Signed(step)) => {
                self.step(&step, row.number, store, judging_context).await?
            }
            Some(JournalRow::Asked(asked)) => self.ask(&asked, row.number, judging_context)?,
            Some(JournalRow::GrantSigned(step)) => {
                let taken = self.judge_grant(&step, judging_context)?;
                self.follow_grant(taken, row.number);
            }
            Some(JournalRow::Acknowledged(step)) => {
                let taken = self.judge_notice(&step, judging_context)?;
                self.follow_notice(taken, row.number);
            }
            Some(JournalRow::Stopped(step)) => {
                let (target, taken) = self.judge_stop(&step, judging_context)?;
                self.follow_stop(target, taken, row.number);
            }
        }
        self.link(row);
        Ok(())
    }

    /// Adds a row that was checked before.
    fn recall(
        &mut self,
        row: &StoredRow,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        match JournalRow::read(row) {
            None => {
                return Err(RowError::Invalid("it is of no kind that this program knows".into()));
            }
            Some(JournalRow::Genesis(genesis)) => self.first(judging_context.genesis, genesis.time),
            Some(JournalRow::Drafted(drafted)) => {
                self.draft(&drafted, row.number, judging_context)?
            }
            Some(JournalRow::Signed(step)) => {
                let (id, taken) = self.signed(&step, judging_context)?;
                self.follow(id, taken, row.number);
            }
            Some(JournalRow::Asked(asked)) => self.asked_before(&asked, row.number)?,
            Some(JournalRow::GrantSigned(step)) => {
                self.follow_grant(verified(&step, judging_context)?, row.number)
            }
            Some(JournalRow::Acknowledged(step)) => {
                self.follow_notice(verified(&step, judging_context)?, row.number)
            }
            Some(JournalRow::Stopped(step)) => {
                self.recall_stop(&step, row.number, judging_context)?
            }
        }
        self.link(row);
        Ok(())
    }

    fn link(&mut self, row: &StoredRow) {
        self.last = row.number;
        let link = format!("{}\n{}\n{}", self.chain, row.kind, row.body);
        self.chain = ContentDigest::of(link.as_bytes());
    }

    async fn begin(
        &mut self,
        genesis: &GenesisRow,
        store: &dyn Store,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        let manifest = ContentDigest::parse(&genesis.manifest);
        if self.last != 0 || manifest != Some(judging_context.genesis) {
            let wanted = judging_context.genesis;
            return Err(RowError::Invalid(format!(
                "it begins with another release than {wanted}, which the settings name"
            )));
        }
        let head = CatalogVersion::load(store, FIRST_RELEASE, judging_context.genesis).await?;
        self.head = Some(Arc::new(head));
        self.first(judging_context.genesis, genesis.time);
        Ok(())
    }

    fn first(&mut self, manifest: ContentDigest, effective: UnixMillis) {
        let number = FIRST_RELEASE;
        self.releases.push(PublishedRelease { number, manifest, effective, draft: None });
    }

    fn draft(
        &mut self,
        told: &DraftRow,
        row: u64,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        let draft = told.draft().ok_or_else(|| RowError::Invalid("it is no draft".into()))?;
        draft.check(&judging_context.office).map_err(|why| RowError::Invalid(why.to_string()))?;
        if let Some(known) = self.drafts.get(&draft.id)
            && (known.stage() != DraftStage::Open || known.draft.department != draft.department)
        {
            let id = &draft.id;
            return Err(RowError::Invalid(format!("draft {id} does not change any more")));
        }
        let DraftRow { note, by, time, request, .. } = told.clone();
        let drafting = DraftHistory { note, by, time, request, taken: Vec::new(), row, draft };
        self.drafts.insert(drafting.draft.id.clone(), drafting);
        Ok(())
    }

    async fn step(
        &mut self,
        step: &SignedRow,
        row: u64,
        store: &dyn Store,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        let AcceptedStep { id, taken, version } = self.judge(step, store, judging_context).await?;
        if version.is_some() {
            self.head = version;
        }
        self.follow(id, taken, row);
        Ok(())
    }

    /// Adds a step that was checked.
    fn follow(&mut self, id: Name, taken: SignedStep, row: u64) {
        self.note_time(taken.statement.time);
        let department = self.drafts.get(&id).map(|drafting| drafting.draft.department.clone());
        self.tell_step(row, department.map_or(EventScope::Anything, EventScope::Draft), &taken);
        if let Some(Approval { release, manifest, effective, .. }) = &taken.statement.approval {
            let effective = effective.unwrap_or(taken.statement.time);
            let (number, manifest, draft) = (*release, *manifest, Some(id.clone()));
            self.releases.push(PublishedRelease { number, manifest, effective, draft });
        }
        if let Some(drafting) = self.drafts.get_mut(&id) {
            drafting.taken.push(taken);
            drafting.row = row;
        }
    }

    /// Checks a signed step with a draft against the present state, and returns its effect. The
    /// gateway that is about to append a step and those that read it later make the same check.
    ///
    /// # Errors
    /// [`RowError`] states the fault.
    pub(super) async fn judge(
        &self,
        step: &SignedRow,
        store: &dyn Store,
        judging_context: &JudgingContext,
    ) -> Result<AcceptedStep, RowError> {
        let (id, taken) = self.signed(step, judging_context)?;
        let (statement, draft) = (&taken.statement, self.drafts.get(&id));
        let (Some(head), Some(drafting)) = (&self.head, draft) else {
            return Err(RowError::Invalid("there is no release yet".into()));
        };
        // Roles are those of the release before: people can't make themselves approvers.
        let by = signer(&taken, Some(head), &self.stops)?;
        let version = match &statement.approval {
            None => None,
            Some(approval) => {
                Some(Arc::new(self.approved(approval, drafting, statement, store).await?))
            }
        };
        let is_the_offices = match &version {
            Some(version) => head.shares_more_than_its_own(version).await?,
            // The office may reject any draft that it would have to approve.
            None => by.identity.department == judging_context.office,
        };
        let department = &drafting.draft.department;
        let approver = if is_the_offices { &judging_context.office } else { department };
        self.in_time(statement.time, judging_context)?;
        life::admit(&drafting.draft, &drafting.taken, statement, &by, approver)
            .map_err(RowError::Refused)?;
        Ok(AcceptedStep { id, taken, version })
    }

    /// Verifies the signature, and finds the draft that the statement is about.
    fn signed(
        &self,
        step: &SignedRow,
        judging_context: &JudgingContext,
    ) -> Result<(Name, SignedStep), RowError> {
        let taken: SignedStep = verified(step, judging_context)?;
        let object = &taken.statement.object;
        let named = object.strip_prefix("draft/").and_then(|id| Name::parse(id).ok());
        let named = named.filter(|id| self.drafts.contains_key(id));
        let id = named.ok_or_else(|| RowError::Invalid(format!("there is no {object}")))?;
        Ok((id, taken))
    }

    /// Builds the version that an approval publishes: the result of the draft, checked as a
    /// catalog.
    async fn approved(
        &self,
        approval: &Approval,
        drafting: &DraftHistory,
        statement: &Statement,
        store: &dyn Store,
    ) -> Result<CatalogVersion, RowError> {
        let what = |why: String| RowError::Invalid(why);
        let (Some(head), Some(last)) = (&self.head, self.releases.last()) else {
            return Err(what("there is no release yet".into()));
        };
        if approval.release != last.number + 1 || approval.after != last.manifest {
            return Err(RowError::Overtaken { release: last.number });
        }
        let manifest = head.manifest.apply(&drafting.draft).map_err(RowError::Conflict)?;
        if manifest.digest() != approval.manifest {
            return Err(what("the approved manifest is not what comes of the draft".into()));
        }
        if let Some(restored) = drafting.draft.restores {
            let former = self.releases.iter().find(|release| release.number == restored);
            if former.is_none_or(|former| former.manifest != approval.manifest) {
                return Err(what(format!("it does not restore release {restored}")));
            }
        }
        let effective = approval.effective.unwrap_or(statement.time);
        if effective < last.effective {
            return Err(what(format!(
                "release {} takes effect later than this one would",
                last.number
            )));
        }
        head.next(store, approval.release, manifest).await
    }
}

/// A step that may be taken.
pub(super) struct AcceptedStep {
    /// The draft's id.
    pub(super) id: Name,
    /// The verified step.
    pub(super) taken: SignedStep,
    /// The version that it publishes.
    pub(super) version: Option<Arc<CatalogVersion>>,
}
