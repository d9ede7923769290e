//! The steps and stages of a grant: their words, and the stage that each step leads to.

use crate::release::SignedStep;
use crate::release::step::StepName;

/// A step in the life of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStep {
    /// The consumer requests it.
    Request,
    /// The provider agrees.
    Agree,
    /// The provider's leader agrees as well, if it is weighty.
    Approve,
    /// The exchange office opens it.
    Open,
    /// The consumer takes it to the office above both, after it was declined or nobody answered in
    /// time.
    Escalate,
    /// The leader above the consumer endorses it.
    Endorse,
    /// The exchange office above both reviews it.
    Review,
    /// The person whose turn it is declines it.
    Decline,
    /// The consumer withdraws its request.
    Withdraw,
    /// The provider or the exchange office ends it.
    Revoke,
    /// The consumer gives it back.
    Return,
    /// The provider, or the people who agreed in its place, have reviewed it: it continues.
    Confirm,
}

/// The stage of a grant by its steps. The clock is left out: an active grant may not have begun
/// yet, or may have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStage {
    /// The grant is written, and nobody has signed it.
    Written,
    /// The consumer has asked for it.
    Requested,
    /// The provider has agreed.
    Agreed,
    /// The provider's leader has agreed as well.
    Approved,
    /// The grant is open.
    Active,
    /// The grant is before the office above both.
    Escalated,
    /// The leader above the consumer endorses it.
    Endorsed,
    /// The exchange office above both has reviewed it.
    Reviewed,
    /// The grant was declined.
    Declined,
    /// The consumer has withdrawn its request.
    Withdrawn,
    /// The provider, the exchange office or the office above both has ended it.
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

    /// The stage that the step leads to.
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

    /// Tells whether it needs a reason.
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

    /// Tells whether somebody must still agree.
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
