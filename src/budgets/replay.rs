//! Counts on from the saved counts, by the debits in the log.

use std::fmt;
use std::io;

use sluice_core::ledger::line::Line;
use sluice_core::usage::Usage;

use super::{Budgets, Holder, locked};
use crate::audit::Archive;
use crate::audit::archive::time_of_id;

/// The reason why the log could not be counted.
#[derive(Debug)]
pub enum NotCounted {
    /// The log can't be read.
    Unreadable(io::Error),
    /// A record's debit can't be read.
    Damaged {
        /// The record's index.
        index: u64,
    },
    /// There are more accounts than there may be.
    TooManyAccounts {
        /// The largest number of accounts.
        most: usize,
    },
}

/// Counts the debits of all records from an index on; gives the index behind the last.
///
/// # Errors
/// [`NotCounted`].
pub fn replay(budgets: &Budgets, archive: &Archive, from: u64) -> Result<u64, NotCounted> {
    let mut records = match archive.records(from) {
        Ok(records) => records,
        // There is no record yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound && from == 0 => return Ok(0),
        Err(error) => return Err(NotCounted::Unreadable(error)),
    };
    while let Some((index, line)) = records.next_line().map_err(NotCounted::Unreadable)? {
        if Line::has_debit(&line) {
            let line = Line::parse(&line).map_err(|_| NotCounted::Damaged { index })?;
            count(budgets, &line)
                .map_err(|wrong| wrong.unwrap_or(NotCounted::Damaged { index }))?;
        }
    }
    Ok(records.index())
}

/// Counts a line's debit. The error is `None` if the line is damaged.
fn count(budgets: &Budgets, line: &Line) -> Result<(), Option<NotCounted>> {
    let Some(debit) = line.debit().map_err(|_| None)? else { return Ok(()) };
    // The day of an exchange is that of its id, in all of its records.
    let began = line.text("exchange").and_then(time_of_id).ok_or(None)?;
    let holder = Holder { entry: debit.entry, basis: debit.basis, department: debit.department };
    let too_many = NotCounted::TooManyAccounts { most: budgets.most };
    let account = budgets.open(&holder.key()).ok_or(Some(too_many))?;
    let used = Usage {
        requests: debit.requests,
        records: debit.records,
        bytes: debit.bytes,
        unnamed: debit.unnamed,
        persons: debit.persons.as_deref().unwrap_or_default(),
    };
    locked(&account).add(budgets.days.day_of(began), &used, debit.persons.is_some());
    Ok(())
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCounted::Unreadable(error) => write!(f, "the log can't be read: {error}"),
            NotCounted::Damaged { index } => {
                write!(
                    f,
                    "record {index} does not say what it takes; `sluice audit verify` tells more"
                )
            }
            NotCounted::TooManyAccounts { most } => {
                write!(f, "there are more than {most} accounts; raise limits.accounts")
            }
        }
    }
}

impl std::error::Error for NotCounted {}
