//! The life of a draft: the order of its steps, and the people who may take them. A pure function,
//! so that a decision today and a verification years later judge alike.

use std::fmt;

use super::content::ContentDigest;
use super::draft::Draft;
use super::statement::Statement;
use super::step::{DraftStage, DraftStep, StepName};
use crate::domain::identity::Identity;
use crate::domain::name::Name;
use crate::domain::registry::Role;

/// A person who takes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The identity, by the certificate.
    pub identity: Identity,
    /// The digest of the certificate's public key. One person under two ids has one key.
    pub key: ContentDigest,
    /// The roles that the registry gives, if it knows the person as active.
    pub roles: Option<Vec<Role>>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStep<S: StepName = DraftStep> {
    /// The statement that was signed.
    pub statement: Statement<S>,
    /// The person who signed it.
    pub by: Identity,
    /// The digest of the key that signed it.
    pub key: ContentDigest,
    /// The digest of statement and signature, which the next statement names.
    pub digest: ContentDigest,
}

/// The reason for which a step may not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The step can't follow the steps taken so far.
    NotNow {
        /// The step.
        step: &'static str,
        /// The stage of the draft or grant.
        stage: &'static str,
    },
    /// The person is not an active one of the registry.
    UnknownPerson,
    /// The person does not have the role, or the role may not take the step.
    NotTheRole {
        /// Roles that may take it.
        wanted: &'static [Role],
    },
    /// The person or their department is stopped.
    Suspended,
    /// Nobody would be left who could lift the stop.
    NobodyLifts,
    /// The person belongs to another department.
    NotTheDepartment {
        /// The department whose person may take it.
        wanted: Name,
    },
    /// The person has taken a step before.
    SamePerson {
        /// The earlier step.
        step: &'static str,
    },
    /// The statement is about another object, or another state of it.
    OtherObject,
    /// The statement does not name the step before.
    OtherPrevious,
    /// The step needs a reason, and none is given.
    ReasonMissing,
    /// An approval does not name its release, or another step names one.
    ApprovalMisplaced,
}

/// The stage of a draft after these steps.
pub fn stage(taken: &[SignedStep]) -> DraftStage {
    taken
        .iter()
        .fold(DraftStage::Open, |stage, one| one.statement.step.from(stage).unwrap_or(stage))
}

/// Judges whether a person may take a step with this statement now. Returns the stage it leads to.
///
/// `approver` is the department whose approver decides: the draft's own, or the exchange office if
/// the draft shares more than a department may by itself.
///
/// # Errors
/// [`Refusal`] gives the reason.
pub fn admit(
    draft: &Draft,
    taken: &[SignedStep],
    statement: &Statement,
    by: &Person,
    approver: &Name,
) -> Result<DraftStage, Refusal> {
    let (stage, step) = (stage(taken), statement.step);
    let not_now = Refusal::NotNow { step: step.as_str(), stage: stage.as_str() };
    let next = step.from(stage).ok_or(not_now)?;
    if *statement.object != object_of(draft) || statement.digest != draft.digest() {
        return Err(Refusal::OtherObject);
    }
    if statement.previous != taken.last().map(|last| last.digest) {
        return Err(Refusal::OtherPrevious);
    }
    let wanted = step.roles(stage);
    let roles = by.roles.as_deref().ok_or(Refusal::UnknownPerson)?;
    if !wanted.contains(&statement.role) || !roles.contains(&statement.role) {
        return Err(Refusal::NotTheRole { wanted });
    }
    let department = if wanted == [Role::Approver] { approver } else { &draft.department };
    if by.identity.department != *department {
        return Err(Refusal::NotTheDepartment { wanted: department.clone() });
    }
    // A person who has taken a step before may still reject or withdraw a draft, but may not carry
    // it on.
    if matches!(step, DraftStep::Submit | DraftStep::Review | DraftStep::Approve)
        && let Some(earlier) = taken.iter().find(|one| one.by == by.identity || one.key == by.key)
    {
        return Err(Refusal::SamePerson { step: earlier.statement.step.as_str() });
    }
    if step == DraftStep::Reject && statement.reason.is_none() {
        return Err(Refusal::ReasonMissing);
    }
    if (step == DraftStep::Approve) != statement.approval.is_some() {
        return Err(Refusal::ApprovalMisplaced);
    }
    Ok(next)
}

/// The name of a draft in statements.
pub fn object_of(draft: &Draft) -> String {
    format!("draft/{}", draft.id)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotNow { step, stage } => {
                write!(f, "it is {stage}: {step} can't follow that")
            }
            Refusal::UnknownPerson => f.write_str("the person is no active one of the registry"),
            Refusal::Suspended => f.write_str("the person, or the department, is suspended"),
            Refusal::NobodyLifts => f.write_str(
                "nobody of the exchange office would be left to lift it but who suspends it",
            ),
            Refusal::NotTheRole { wanted } => {
                let words: Vec<&str> = wanted.iter().map(|role| role.as_str()).collect();
                write!(f, "the step is for a person with the role {}", words.join(" or "))
            }
            Refusal::NotTheDepartment { wanted } => {
                write!(f, "the step is for a person of {wanted}")
            }
            Refusal::SamePerson { step } => {
                write!(f, "the same person has taken the step {step} before")
            }
            Refusal::OtherObject => {
                f.write_str("what was signed is about another one, or another state of it")
            }
            Refusal::OtherPrevious => {
                f.write_str("what was signed does not name the step before it")
            }
            Refusal::ReasonMissing => f.write_str("the step needs a reason"),
            Refusal::ApprovalMisplaced => {
                f.write_str("an approval says which release it publishes, and nothing else does")
            }
        }
    }
}

impl std::error::Error for Refusal {}
