//! Faults of the store's rows, and of steps that somebody wants to take.

use std::fmt;

use sluice_core::release::{Conflict, Refusal};

use crate::store::StoreError;

/// The reason why the journal can't be followed further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalFault {
    /// The store can't be read.
    Store(StoreError),
    /// The content of a row breaks a rule.
    Row {
        /// Its number.
        number: u64,
        /// The fault, as a text.
        what: String,
    },
}

/// The fault of a row, or of a row that is about to be appended.
#[derive(Clone, Debug)]
pub(super) enum RowError {
    /// The step may not be taken.
    Refused(Refusal),
    /// Another release has come first.
    Overtaken {
        /// The number of that release.
        release: u64,
    },
    /// A file was changed since the draft was made.
    Conflict(Conflict),
    /// The resulting catalog has problems.
    Unsound(String),
    /// The store can't be read.
    Store(StoreError),
    /// The gateway failed while it read the catalog.
    Broken,
    /// Any other fault, as a text.
    Invalid(String),
}

impl RowError {
    pub(super) fn at(self, number: u64) -> JournalFault {
        match self {
            RowError::Store(error) => JournalFault::Store(error),
            other => JournalFault::Row { number, what: other.to_string() },
        }
    }
}

impl From<StoreError> for RowError {
    fn from(error: StoreError) -> RowError {
        RowError::Store(error)
    }
}

impl From<StoreError> for JournalFault {
    fn from(error: StoreError) -> JournalFault {
        JournalFault::Store(error)
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowError::Refused(refusal) => refusal.fmt(f),
            RowError::Overtaken { release } => write!(
                f,
                "release {release} was published in the meantime; look at the draft against it, and \
                 approve again"
            ),
            RowError::Conflict(conflict) => write!(
                f,
                "`{}` was changed since the draft was made; make the draft anew",
                conflict.path
            ),
            RowError::Unsound(problems) => {
                write!(f, "the catalog would have problems:\n{problems}")
            }
            RowError::Store(error) => error.fmt(f),
            RowError::Broken => f.write_str("the gateway failed at reading the catalog"),
            RowError::Invalid(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for JournalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalFault::Store(error) => error.fmt(f),
            JournalFault::Row { number, what } => write!(f, "row {number} of the store: {what}"),
        }
    }
}

impl std::error::Error for JournalFault {}
