//! What can be wrong with the store's rows, and with a step that somebody wants to take.

use std::fmt;

use sluice_core::release::{Conflict, Refusal};

use crate::store::StoreError;

/// Why a row is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The store can't be read.
    Store(StoreError),
    /// The row says what may not be.
    Row {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// What is wrong with what a row says, or would say.
#[derive(Clone, Debug)]
pub(super) enum Wrong {
    /// The step may not be taken.
    Refused(Refusal),
    /// Another release has come first.
    Overtaken {
        /// That one.
        release: u64,
    },
    /// A file was changed since the draft was made.
    Conflict(Conflict),
    /// The catalog that would come of it is none.
    Unsound(String),
    /// The store can't be read.
    Store(StoreError),
    /// The program failed at it.
    Broken,
    /// Something else.
    What(String),
}

impl Wrong {
    pub(super) fn at(self, number: u64) -> Fault {
        match self {
            Wrong::Store(error) => Fault::Store(error),
            other => Fault::Row { number, what: other.to_string() },
        }
    }
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Wrong {
        Wrong::Store(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Refused(refusal) => refusal.fmt(f),
            Wrong::Overtaken { release } => write!(
                f,
                "release {release} was published in the meantime; look at the draft against it, and \
                 approve again"
            ),
            Wrong::Conflict(conflict) => write!(
                f,
                "`{}` was changed since the draft was made; make the draft anew",
                conflict.path
            ),
            Wrong::Unsound(problems) => write!(f, "the catalog would have problems:\n{problems}"),
            Wrong::Store(error) => error.fmt(f),
            Wrong::Broken => f.write_str("the gateway failed at reading the catalog"),
            Wrong::What(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Store(error) => error.fmt(f),
            Fault::Row { number, what } => write!(f, "row {number} of the store: {what}"),
        }
    }
}

impl std::error::Error for Fault {}
