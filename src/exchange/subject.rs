//! Whether an answer is about the person that was asked for.

use sluice_core::domain::matching::Matched;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::{Mismatch, Rejection};
use sluice_core::ledger::digest::{SubjectDigest, SubjectKey};
use sluice_core::redaction::Tally;

/// The person a request names, if it does: by a parameter that identifies persons.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    digest: SubjectDigest,
    /// Whether a record names that person and nobody else; records of several persons need only
    /// have this one among them.
    alone: bool,
}

impl Expected {
    /// The person a request names.
    pub fn of(policy: &Policy, matched: &Matched, key: &SubjectKey) -> Option<Expected> {
        let operation = matched.operation(policy);
        let mut arguments = matched.arguments.iter();
        let named = arguments
            .find(|argument| operation.parameters[usize::from(argument.parameter)].subject)?;
        let digest = key.digest(&named.value.to_string())?;
        Some(Expected { digest, alone: operation.subjects.len() == 1 })
    }

    /// The person's digest.
    pub fn digest(&self) -> SubjectDigest {
        self.digest
    }

    /// Checks the persons found so far.
    ///
    /// # Errors
    /// When another person is among them who has no place there.
    pub fn check(&self, subjects: &[SubjectDigest]) -> Result<(), Rejection> {
        let fits = if self.alone {
            subjects.iter().all(|subject| *subject == self.digest)
        } else {
            subjects.is_empty() || subjects.contains(&self.digest)
        };
        if fits { Ok(()) } else { Err(Rejection::AnswerMismatch(Mismatch::Subject)) }
    }

    /// Checks a whole answer: a record that shows something must say about whom it is.
    ///
    /// # Errors
    /// When it is about another person, or does not say about whom.
    pub fn check_whole(&self, tally: &Tally) -> Result<(), Rejection> {
        if tally.shows_anything() && tally.unnamed_records > 0 {
            return Err(Rejection::AnswerMismatch(Mismatch::Subject));
        }
        self.check(&tally.subjects)
    }
}
