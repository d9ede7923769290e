//! Budgets in use: what each department has used on each basis, exact across all workers.
//!
//! The log is the write-ahead journal. A request's use is counted here first, then recorded as a
//! debit, and only then is data released, so every durable debit was counted. A file beside the log
//! has the counts at a certain number of records, and a start counts on from there. After a crash a
//! count is right, or too high by the requests that were under way; it is never too low.
//!
//! A request counts when it is recorded. If the gateway was killed after it asked the provider and
//! before it wrote a record, nothing was released and nothing counts.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`ticket`] | the use of one exchange |
//! | [`budget_file`] | the file beside the log |
//! | [`replay`] | counts on from the file, by the log |

pub mod budget_file;
pub mod replay;
pub mod ticket;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use foldhash::fast::RandomState;
use sluice_core::domain::budget::{Budget, Exhausted};
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::usage::{Account, Day, Days, Left};

pub use budget_file::BudgetFile;
pub use ticket::{Taken, Ticket};

/// The accounts of everybody. Shared by all workers.
pub struct Budgets {
    days: Days,
    most: usize,
    accounts: RwLock<HashMap<Box<str>, Arc<Mutex<Account>>, RandomState>>,
}

/// The holder of an account. The ids do not change with a catalog version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder<'a> {
    /// The entry: `department/entry`.
    pub entry: &'a str,
    /// The basis: `term/<id>`.
    pub basis: &'a str,
    /// The department that uses it.
    pub department: &'a str,
}

/// The reason why a request can't begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTicket {
    /// Nothing is left of a limit.
    Exhausted(Exhausted),
    /// There are as many accounts as there may be.
    TooManyAccounts,
}

impl NoTicket {
    /// Returns the rejection for the caller who used this basis.
    pub fn rejection(self, basis: Box<str>) -> Rejection {
        match self {
            NoTicket::Exhausted(limit) => Rejection::BudgetExhausted { basis, limit },
            NoTicket::TooManyAccounts => Rejection::Overloaded,
        }
    }
}

impl Budgets {
    /// Starts without accounts; `most` is the largest number of them.
    pub fn new(days: Days, most: usize) -> Budgets {
        Budgets { days, most, accounts: RwLock::default() }
    }

    /// Returns the rule for the beginning of days.
    pub fn days(&self) -> Days {
        self.days
    }

    /// Returns the limit that keeps a request from beginning, if there is one. `asked` are the
    /// persons that it asks about.
    pub fn exhausted(
        &self,
        holder: &Holder<'_>,
        budget: &Budget,
        day: Day,
        asked: &[SubjectDigest],
    ) -> Option<Exhausted> {
        let account = self.find(&holder.key())?;
        locked(&account).exhausted(budget, (self.days, day), asked)
    }

    /// Begins a request.
    ///
    /// # Errors
    /// [`NoTicket`].
    pub fn begin(
        &self,
        holder: &Holder<'_>,
        budget: &Budget,
        day: Day,
        asked: &[SubjectDigest],
    ) -> Result<Ticket, NoTicket> {
        let account = self.open(&holder.key()).ok_or(NoTicket::TooManyAccounts)?;
        let begun = locked(&account).begin(budget, (self.days, day), asked);
        begun.map_err(NoTicket::Exhausted)?;
        Ok(Ticket::new(account, *budget, (self.days, day)))
    }

    /// Returns the rest of each limit on a day.
    pub fn left(&self, holder: &Holder<'_>, budget: &Budget, day: Day) -> Vec<Left> {
        match self.find(&holder.key()) {
            Some(account) => locked(&account).left(budget, day),
            None => Account::default().left(budget, day),
        }
    }

    /// Returns the number of accounts.
    pub fn accounts(&self) -> usize {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn all(&self) -> Vec<(Box<str>, Arc<Mutex<Account>>)> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.iter().map(|(key, account)| (key.clone(), account.clone())).collect()
    }

    fn find(&self, key: &str) -> Option<Arc<Mutex<Account>>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(key).cloned()
    }

    fn open(&self, key: &str) -> Option<Arc<Mutex<Account>>> {
        if let Some(account) = self.find(key) {
            return Some(account);
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= self.most && !accounts.contains_key(key) {
            return None;
        }
        Some(accounts.entry(key.into()).or_default().clone())
    }

    /// Restores a saved account.
    fn restore(&self, key: Box<str>, account: Account) {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(key, Arc::new(Mutex::new(account)));
    }
}

impl Holder<'_> {
    /// Returns the account's key. Ids contain no space, so no two holders have the same key.
    fn key(&self) -> String {
        let Holder { entry, basis, department } = self;
        [entry, basis, department].map(|part| &**part).join(" ")
    }
}

/// Locks an account. A panic of another holder is ignored, as an account is consistent after each
/// of its steps.
fn locked(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}
