//! The use that one exchange makes of a budget.

use std::sync::{Arc, Mutex};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::{Budget, Exhausted};
use sluice_core::ledger::record::{BasisName, Debit};
use sluice_core::usage::{Account, Day, Days, Left, Usage};

use super::locked;

/// An exchange's claim on an account. It is under way until its first record. If it is dropped
/// before that, it counts nothing.
pub struct Ticket {
    account: Arc<Mutex<Account>>,
    budget: Budget,
    day: (Days, Day),
    under_way: bool,
    /// The use that no record has yet.
    taken: Taken,
}

/// The use since the last record, which the next record states as its debit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Requests: 1 in the exchange's first record.
    pub requests: u64,
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Records that name no person, though the entry is about persons.
    pub unnamed: u64,
    /// True if persons are counted.
    pub persons: bool,
}

impl Taken {
    /// Returns the debit in the form of a record.
    pub fn debit(self, basis: BasisName<'_>) -> Debit<'_> {
        let Taken { requests, records, bytes, unnamed, persons } = self;
        Debit { basis, requests, records, bytes, unnamed, persons }
    }
}

impl Ticket {
    pub(super) fn new(account: Arc<Mutex<Account>>, budget: Budget, day: (Days, Day)) -> Ticket {
        let taken = Taken { persons: budget.counts_persons(), ..Taken::default() };
        Ticket { account, budget, day, under_way: true, taken }
    }

    /// Counts the use that is about to be recorded and released: all of it, or nothing.
    ///
    /// # Errors
    /// The limit that leaves too little.
    pub fn take(&mut self, wanted: Usage<'_>) -> Result<(), Exhausted> {
        let wanted = Usage { requests: u64::from(self.under_way), ..wanted };
        let mut account = locked(&self.account);
        account.take(&self.budget, self.day, &wanted)?;
        if self.under_way {
            account.end();
            self.under_way = false;
        }
        self.taken.requests += wanted.requests;
        self.taken.records += wanted.records;
        self.taken.bytes += wanted.bytes;
        self.taken.unnamed += wanted.unnamed;
        Ok(())
    }

    /// Returns the debit for the next record. The request itself counts with the first record, even
    /// if it failed.
    pub fn settle(&mut self) -> Taken {
        if self.under_way {
            let mut account = locked(&self.account);
            let request = Usage { requests: 1, ..Usage::default() };
            account.add(self.day.1, &request, false);
            account.end();
            self.under_way = false;
            self.taken.requests += 1;
        }
        let nothing = Taken { persons: self.taken.persons, ..Taken::default() };
        std::mem::replace(&mut self.taken, nothing)
    }

    /// Returns the time at which the day's limit is full again.
    pub fn midnight(&self) -> UnixMillis {
        let (days, day) = self.day;
        days.end_of(day)
    }

    /// Returns the rest of each limit.
    pub fn left(&self) -> Vec<Left> {
        locked(&self.account).left(&self.budget, self.day.1)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.under_way {
            locked(&self.account).end();
        }
    }
}
