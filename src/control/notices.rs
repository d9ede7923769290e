//! Notices: those that follow from the journal, and their acknowledgements.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::grant::end::{ended, grant_of, notice};
use sluice_core::notice::{Notice, NoticeStep, admit};
use sluice_core::release::SignedStep;

use super::events::EventScope;
use super::fault::RowError;
use super::grants::GrantHistory;
use super::journal::Journal;
use super::judging_context::JudgingContext;
use super::rows::{JournalRow, SignedRow};
use super::signer::{signer, verified};
use super::{ChangeError, Control};

/// A notice and its state.
#[derive(Clone, Debug)]
pub struct NoticeState<'j> {
    /// The notice itself.
    pub notice: Notice,
    /// The grant that it is about.
    pub granting: &'j GrantHistory,
    /// The deadline of the acknowledgement.
    pub due: UnixMillis,
    /// The acknowledgement, if there is one.
    pub acknowledged: Option<&'j SignedStep<NoticeStep>>,
}

impl NoticeState<'_> {
    /// Tells whether the deadline has passed without an acknowledgement.
    pub fn is_overdue(&self, now: UnixMillis) -> bool {
        self.acknowledged.is_none() && self.due <= now
    }
}

impl Journal {
    /// Returns all notices that exist at a moment.
    pub fn notices(&self, now: UnixMillis) -> impl Iterator<Item = NoticeState<'_>> {
        self.grants.values().filter_map(move |granting| self.noticed(granting, now))
    }

    pub(super) fn noticed<'j>(
        &'j self,
        granting: &'j GrantHistory,
        now: UnixMillis,
    ) -> Option<NoticeState<'j>> {
        let grant = &granting.grant;
        let successor = granting.superseded.as_ref().and_then(|id| self.grants.get(id));
        let superseded = successor.and_then(GrantHistory::opened);
        let (since, why) = ended(grant, &granting.taken, superseded, now)?;
        let notice = notice(grant, since, why)?;
        let due = self.procedure().acknowledged_by(since, grant.retention.as_deref());
        let acknowledged = self.acknowledged.get(&notice.id);
        Some(NoticeState { notice, granting, due, acknowledged })
    }

    /// Returns the notice of this id, if it exists at a moment.
    pub fn notice(&self, id: &str, now: UnixMillis) -> Option<NoticeState<'_>> {
        self.noticed(self.grants.get(&grant_of(id)?)?, now)
    }

    /// Checks a signed acknowledgement of a notice.
    pub(super) fn judge_notice(
        &self,
        step: &SignedRow,
        judging_context: &JudgingContext,
    ) -> Result<SignedStep<NoticeStep>, RowError> {
        let taken: SignedStep<NoticeStep> = verified(step, judging_context)?;
        let statement = &taken.statement;
        let id = statement.object.strip_prefix("notice/").unwrap_or_default();
        let found = self.notice(id, statement.time);
        let found =
            found.ok_or_else(|| RowError::Invalid(format!("there is no {}", statement.object)))?;
        self.in_time(statement.time, judging_context)?;
        let by = signer(&taken, self.head.as_deref(), &self.stops)?;
        admit(&found.notice, found.acknowledged, statement, &by).map_err(RowError::Refused)?;
        Ok(taken)
    }

    /// Adds an acknowledgement that was checked.
    pub(super) fn follow_notice(&mut self, taken: SignedStep<NoticeStep>, row: u64) {
        self.note_time(taken.statement.time);
        let id = taken.statement.object.strip_prefix("notice/").and_then(|id| Name::parse(id).ok());
        let grant = id.as_ref().and_then(|id| grant_of(id.as_str()));
        self.tell_step(row, grant.map_or(EventScope::Anything, EventScope::Grant), &taken);
        self.acknowledged.extend(id.map(|id| (id, taken)));
    }
}

impl Control {
    /// Acknowledges a notice, as a person has signed.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn step_of_notice(
        &self,
        by: &Identity,
        id: &str,
        step: SignedRow,
    ) -> Result<(), ChangeError> {
        let told = JournalRow::Acknowledged(step.clone());
        let object = format!("notice/{id}");
        let judge = |journal: &Journal| journal.judge_notice(&step, &self.judging_context);
        self.take(by, &object, told, judge).await.map(drop)
    }
}
