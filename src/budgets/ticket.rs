//! What one exchange takes from a budget.

use std::sync::{Arc, Mutex};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::{Budget, Exhausted};
use sluice_core::ledger::record::{BasisName, Debit};
use sluice_core::usage::{Account, Day, Days, Left, Usage};

use super::locked;

/// The part that one exchange has in an account. Until something of it is recorded it is under way;
/// one that is dropped before has been none.
pub struct Ticket {
    account: Arc<Mutex<Account>>,
    budget: Budget,
    day: (Days, Day),
    under_way: bool,
    /// What was taken and stands in no record yet.
    taken: Taken,
}

/// What was taken since the record before: what the next one says as its debit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Requests: 1 in the exchange's first record.
    pub requests: u64,
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Records that say of nobody that they are about him.
    pub unnamed: u64,
    /// Whether persons are counted.
    pub persons: bool,
}

impl Taken {
    /// The same as a record has it.
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

    /// Takes what is about to be recorded and released: all of it, or nothing.
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

    /// What the next record says as its debit. The request itself counts from the first record on,
    /// whatever came of it.
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

    /// When the day's part is there again.
    pub fn midnight(&self) -> UnixMillis {
        let (days, day) = self.day;
        days.end_of(day)
    }

    /// What is left of each limit.
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
