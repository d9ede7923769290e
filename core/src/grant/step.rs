//! The steps of a grant and its stages: the words, and where a step leads.

use crate::release::SignedStep;
use crate::release::step::StepName;

/// A step in the life of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStep {
    /// The consumer asks for it.
    Request,
    /// The provider agrees.
    Agree,
    /// The provider's leader agrees as well, where it weighs.
    Approve,
    /// The exchange office opens it.
    Open,
    /// The consumer takes it to the office above both, once it was declined or nobody has answered in time.
    Escalate,
    /// The leader above the consumer stands behind it.
    Endorse,
    /// The exchange office above both finds it right.
    Review,
    /// The person whose turn it is turns it down.
    Decline,
    /// The consumer takes its request back.
    Withdraw,
    /// The provider or the exchange office ends it.
    Revoke,
    /// The consumer gives it back.
    Return,
    /// The provider, or who has agreed in its place, has looked at it again: it goes on.
    Confirm,
}

/// The stage of a grant. It leaves the clock out: an active grant has begun or not, and
/// has expired or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStage {
    /// It is written, and nobody has signed it.
    Written,
    /// The consumer has asked for it.
    Requested,
    /// The provider has agreed.
    Agreed,
    /// The provider's leader has agreed as well.
    Approved,
    /// It is open.
    Active,
    /// It is before the office above both.
    Escalated,
    /// The leader above the consumer stands behind it.
    Endorsed,
    /// The exchange office above both has found it right.
    Reviewed,
    /// It was turned down.
    Declined,
    /// The consumer has taken its request back.
    Withdrawn,
    /// The provider, the exchange office or who stands above both has ended it.
    Revoked,
    /// The consumer has given it back.
    Returned,
}

impl StepName for GrantStep {
    fn as_str(self) -> &'static str {
        match self {
            GrantStep::Request => "request",
            GrantStep::Agree => "agree",
            GrantStep::Approve => "approve",
            GrantStep::Open => "open",
            GrantStep::Escalate => "escalate",
            GrantStep::Endorse => "endorse",
            GrantStep::Review => "review",
            GrantStep::Decline => "decline",
            GrantStep::Withdraw => "withdraw",
            GrantStep::Revoke => "revoke",
            GrantStep::Return => "return",
            GrantStep::Confirm => "confirm",
        }
    }

    fn parse(word: &str) -> Option<GrantStep> {
        GrantStep::ALL.into_iter().find(|step| step.as_str() == word)
    }
}

impl GrantStep {
    /// All steps.
    pub const ALL: [GrantStep; 12] = [
        GrantStep::Request,
        GrantStep::Agree,
        GrantStep::Approve,
        GrantStep::Open,
        GrantStep::Escalate,
        GrantStep::Endorse,
        GrantStep::Review,
        GrantStep::Decline,
        GrantStep::Withdraw,
        GrantStep::Revoke,
        GrantStep::Return,
        GrantStep::Confirm,
    ];

    /// The stage that it leads to.
    pub(super) fn leads_to(self) -> GrantStage {
        match self {
            GrantStep::Request => GrantStage::Requested,
            GrantStep::Agree => GrantStage::Agreed,
            GrantStep::Approve => GrantStage::Approved,
            GrantStep::Open | GrantStep::Confirm => GrantStage::Active,
            GrantStep::Escalate => GrantStage::Escalated,
            GrantStep::Endorse => GrantStage::Endorsed,
            GrantStep::Review => GrantStage::Reviewed,
            GrantStep::Decline => GrantStage::Declined,
            GrantStep::Withdraw => GrantStage::Withdrawn,
            GrantStep::Revoke => GrantStage::Revoked,
            GrantStep::Return => GrantStage::Returned,
        }
    }

    /// Says whether it needs a reason.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            GrantStep::Decline | GrantStep::Escalate | GrantStep::Revoke | GrantStep::Return
        )
    }
}

impl GrantStage {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            GrantStage::Written => "written",
            GrantStage::Requested => "requested",
            GrantStage::Agreed => "agreed",
            GrantStage::Approved => "approved",
            GrantStage::Active => "active",
            GrantStage::Escalated => "escalated",
            GrantStage::Endorsed => "endorsed",
            GrantStage::Reviewed => "reviewed",
            GrantStage::Declined => "declined",
            GrantStage::Withdrawn => "withdrawn",
            GrantStage::Revoked => "revoked",
            GrantStage::Returned => "returned",
        }
    }

    /// Says whether somebody is still to agree.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            GrantStage::Requested
                | GrantStage::Agreed
                | GrantStage::Approved
                | GrantStage::Escalated
                | GrantStage::Endorsed
                | GrantStage::Reviewed
        )
    }
}

/// The stage of a grant after these steps.
pub fn stage(taken: &[SignedStep<GrantStep>]) -> GrantStage {
    taken.last().map_or(GrantStage::Written, |last| last.statement.step.leads_to())
}
