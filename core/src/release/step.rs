//! The steps and stages of a draft: their words, the stage that each step leads to, and the roles
//! that may take it.

use std::fmt;

use crate::domain::registry::Role;

/// The name of a step in statements, for one kind of object.
pub trait StepName: Copy + fmt::Debug + PartialEq + Eq + 'static {
    /// The step's word.
    fn as_str(self) -> &'static str;

    /// Reads the word.
    fn parse(word: &str) -> Option<Self>;
}

/// A step in the life of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraftStep {
    /// The maintainer submits it for review. From here on it does not change.
    Submit,
    /// A reviewer has reviewed it and agrees.
    Review,
    /// An approver publishes it.
    Approve,
    /// A reviewer or an approver rejects it.
    Reject,
    /// A maintainer withdraws it.
    Withdraw,
}

/// The stage of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraftStage {
    /// The draft can be changed.
    Open,
    /// The draft waits for a review.
    Submitted,
    /// The draft waits for an approval.
    Reviewed,
    /// The draft has become a release.
    Published,
    /// The draft was rejected.
    Rejected,
    /// The draft was withdrawn.
    Withdrawn,
}

impl DraftStep {
    /// All steps.
    pub const ALL: [DraftStep; 5] = [
        DraftStep::Submit,
        DraftStep::Review,
        DraftStep::Approve,
        DraftStep::Reject,
        DraftStep::Withdraw,
    ];

    /// The word in statements, routes and records.
    pub fn as_str(self) -> &'static str {
        match self {
            DraftStep::Submit => "submit",
            DraftStep::Review => "review",
            DraftStep::Approve => "approve",
            DraftStep::Reject => "reject",
            DraftStep::Withdraw => "withdraw",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<DraftStep> {
        DraftStep::ALL.into_iter().find(|step| step.as_str() == word)
    }

    /// The stage that the step leads to from another stage; none if it can't be taken there.
    pub fn from(self, stage: DraftStage) -> Option<DraftStage> {
        match (stage, self) {
            (DraftStage::Open, DraftStep::Submit) => Some(DraftStage::Submitted),
            (DraftStage::Submitted, DraftStep::Review) => Some(DraftStage::Reviewed),
            (DraftStage::Reviewed, DraftStep::Approve) => Some(DraftStage::Published),
            (DraftStage::Submitted | DraftStage::Reviewed, DraftStep::Reject) => {
                Some(DraftStage::Rejected)
            }
            (
                DraftStage::Open | DraftStage::Submitted | DraftStage::Reviewed,
                DraftStep::Withdraw,
            ) => Some(DraftStage::Withdrawn),
            (
                _,
                DraftStep::Submit
                | DraftStep::Review
                | DraftStep::Approve
                | DraftStep::Reject
                | DraftStep::Withdraw,
            ) => None,
        }
    }

    /// The roles that may take the step.
    pub(super) fn roles(self, stage: DraftStage) -> &'static [Role] {
        match (self, stage) {
            (DraftStep::Submit | DraftStep::Withdraw, _) => &[Role::Maintainer],
            (DraftStep::Review, _) | (DraftStep::Reject, DraftStage::Submitted) => {
                &[Role::Reviewer]
            }
            (DraftStep::Approve | DraftStep::Reject, _) => &[Role::Approver],
        }
    }
}

impl StepName for DraftStep {
    fn as_str(self) -> &'static str {
        DraftStep::as_str(self)
    }

    fn parse(word: &str) -> Option<DraftStep> {
        DraftStep::parse(word)
    }
}

impl DraftStage {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            DraftStage::Open => "open",
            DraftStage::Submitted => "submitted",
            DraftStage::Reviewed => "reviewed",
            DraftStage::Published => "published",
            DraftStage::Rejected => "rejected",
            DraftStage::Withdrawn => "withdrawn",
        }
    }
}
