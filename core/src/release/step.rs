//! The steps of a draft and its stages: the words, where a step leads, and whose role takes it.

use std::fmt;

use crate::domain::registry::Role;

/// A step of some life, as statements say it.
pub trait StepName: Copy + fmt::Debug + PartialEq + Eq + 'static {
    /// The word for it.
    fn as_str(self) -> &'static str;

    /// Reads the word.
    fn parse(word: &str) -> Option<Self>;
}

/// A step on the way of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraftStep {
    /// Its maintainer asks for a review; from here on it does not change any more.
    Submit,
    /// A reviewer finds it right.
    Review,
    /// An approver publishes it.
    Approve,
    /// A reviewer or an approver turns it down.
    Reject,
    /// A maintainer takes it back.
    Withdraw,
}

/// The stage of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraftStage {
    /// It can be changed.
    Open,
    /// It waits for a review.
    Submitted,
    /// It waits for an approval.
    Reviewed,
    /// It is a release.
    Published,
    /// It was turned down.
    Rejected,
    /// It was taken back.
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

    /// The stage that it leads to from another, if it can be taken there.
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

    /// The roles that may take it.
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
