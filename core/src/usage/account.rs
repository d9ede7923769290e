//! The account of one department's usage of one basis, in a day and in all.

use serde::{Deserialize, Serialize};

use super::days::{Day, Days};
use super::persons::Persons;
use crate::domain::budget::{Budget, BudgetWindow, Exhausted, Unit};
use crate::ledger::digest::SubjectDigest;

/// The usage of one basis by one department.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The latest day that the account has seen. A clock that is set back does not bring an earlier
    /// day back.
    day: Day,
    today: Used,
    ever: Used,
    /// Requests that have begun and are in no record yet.
    #[serde(skip)]
    under_way: u64,
}

/// The usage in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Used {
    requests: u64,
    records: u64,
    bytes: u64,
    /// Records that name no person. Each counts as another person.
    unnamed: u64,
    persons: Persons,
    /// The largest limit of persons at which an estimated count refused persons although it showed
    /// room for them; 0 if it never did. From then on persons who would not change the estimate are
    /// refused too, since they may be new ones.
    full_at: u64,
}

impl Used {
    fn is_full(&self, limit: u64) -> bool {
        limit <= self.full_at
    }
}

/// The usage of one request or record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage<'a> {
    /// Requests.
    pub requests: u64,
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Records that name no person.
    pub unnamed: u64,
    /// The persons in the records, each once.
    pub persons: &'a [SubjectDigest],
}

/// The rest of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The unit that is limited.
    pub unit: Unit,
    /// The window of the limit.
    pub window: BudgetWindow,
    /// The limit itself.
    pub limit: u64,
    /// The usage so far, requests under way included. It is above the limit if the limit was
    /// lowered.
    pub used: u64,
}

impl Left {
    /// The amount that may still be used.
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

impl Account {
    /// The limit that keeps a request from beginning: one of which nothing is left. A request that
    /// asks only about persons who are counted already (`asked`) uses no further person, so a limit
    /// of persons does not stop it.
    pub fn exhausted(
        &mut self,
        budget: &Budget,
        (days, day): (Days, Day),
        asked: &[SubjectDigest],
    ) -> Option<Exhausted> {
        self.turn_to(day);
        let found = budget.limits().find(|(window, unit, limit)| {
            let used = self.of(*window);
            let is_known = |person| used.persons.includes(person);
            let all_known =
                *unit == Unit::Persons && !asked.is_empty() && asked.iter().all(is_known);
            let full = *unit == Unit::Persons && used.is_full(*limit);
            full || !all_known && self.used(*window, *unit) >= *limit
        });
        found.map(|limit| self.told(limit, days))
    }

    /// Begins a request, which counts as used from here on.
    ///
    /// # Errors
    /// The limit of [`Account::exhausted`].
    pub fn begin(
        &mut self,
        budget: &Budget,
        day: (Days, Day),
        asked: &[SubjectDigest],
    ) -> Result<(), Exhausted> {
        match self.exhausted(budget, day, asked) {
            Some(exhausted) => Err(exhausted),
            None => {
                self.under_way += 1;
                Ok(())
            }
        }
    }

    /// Ends a request that was begun. If it was let through, its usage is added separately.
    pub fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Takes all of what is wanted, or nothing. The limit of requests was checked when the request
    /// began.
    ///
    /// # Errors
    /// The limit that leaves too little.
    pub fn take(
        &mut self,
        budget: &Budget,
        (days, day): (Days, Day),
        wanted: &Usage<'_>,
    ) -> Result<(), Exhausted> {
        self.turn_to(day);
        let found = budget.limits().find(|(window, unit, limit)| {
            let used = self.of(*window);
            let persons = !wanted.persons.is_empty() || wanted.unnamed > 0;
            if *unit == Unit::Persons && used.is_full(*limit) && persons {
                return true;
            }
            let after = match unit {
                Unit::Requests => return false,
                Unit::Records => used.records.saturating_add(wanted.records),
                Unit::Bytes => used.bytes.saturating_add(wanted.bytes),
                Unit::Persons => {
                    let unnamed = used.unnamed.saturating_add(wanted.unnamed);
                    used.persons.count_with(wanted.persons).saturating_add(unnamed)
                }
            };
            // Wants of zero pass, however little is left.
            after > *limit && after > self.used(*window, *unit)
        });
        if let Some(limit @ (window, unit, most)) = found {
            let so_many = wanted.unnamed.saturating_add(wanted.persons.len() as u64);
            let fits = self.used(window, unit).saturating_add(so_many) <= most;
            let used = self.of_mut(window);
            if unit == Unit::Persons && fits && used.persons.is_estimated() {
                used.full_at = used.full_at.max(most);
            }
            return Err(self.told(limit, days));
        }
        self.add(day, wanted, budget.counts_persons());
        Ok(())
    }

    /// Adds usage, whatever is left.
    pub fn add(&mut self, day: Day, used: &Usage<'_>, persons: bool) {
        self.turn_to(day);
        for window in [&mut self.today, &mut self.ever] {
            window.requests = window.requests.saturating_add(used.requests);
            window.records = window.records.saturating_add(used.records);
            window.bytes = window.bytes.saturating_add(used.bytes);
            if persons {
                window.unnamed = window.unnamed.saturating_add(used.unnamed);
                window.persons.add(used.persons);
            }
        }
    }

    /// The rest of each limit on a day.
    pub fn left(&mut self, budget: &Budget, day: Day) -> Vec<Left> {
        self.turn_to(day);
        let left = |(window, unit, limit)| {
            let full = unit == Unit::Persons && self.of(window).is_full(limit);
            let used = self.used(window, unit).max(if full { limit } else { 0 });
            Left { unit, window, limit, used }
        };
        budget.limits().map(left).collect()
    }

    fn turn_to(&mut self, day: Day) {
        if day > self.day {
            self.day = day;
            self.today = Used::default();
        }
    }

    fn of(&self, window: BudgetWindow) -> &Used {
        match window {
            BudgetWindow::Day => &self.today,
            BudgetWindow::Total => &self.ever,
        }
    }

    fn of_mut(&mut self, window: BudgetWindow) -> &mut Used {
        match window {
            BudgetWindow::Day => &mut self.today,
            BudgetWindow::Total => &mut self.ever,
        }
    }

    fn used(&self, window: BudgetWindow, unit: Unit) -> u64 {
        let used = self.of(window);
        match unit {
            Unit::Requests => used.requests.saturating_add(self.under_way),
            Unit::Records => used.records,
            Unit::Bytes => used.bytes,
            Unit::Persons => used.persons.count().saturating_add(used.unnamed),
        }
    }

    fn told(&self, (window, unit, limit): (BudgetWindow, Unit, u64), days: Days) -> Exhausted {
        let full = unit == Unit::Persons && self.of(window).is_full(limit);
        let left = if full { 0 } else { limit.saturating_sub(self.used(window, unit)) };
        let refills = (window == BudgetWindow::Day).then(|| days.end_of(self.day));
        Exhausted { unit, window, limit, left, refills }
    }
}
