//! Budgets: the most that one department may use on one basis, in a day and in all.
//! [`crate::usage`] counts what was used; here stand the limits, and how a decision asks for them.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// A unit in which usage is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Requests that were let through to the provider.
    Requests,
    /// Records that were released.
    Records,
    /// Bytes that were released.
    Bytes,
    /// Distinct persons in what was released.
    Persons,
}

/// The window over which usage is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetWindow {
    /// One day, from midnight to midnight.
    Day,
    /// The whole time for which the basis exists.
    Total,
}

/// The most that may be used in one window. A unit that is not stated has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Most requests.
    pub requests: Option<NonZeroU64>,
    /// Most records.
    pub records: Option<NonZeroU64>,
    /// Most bytes.
    pub bytes: Option<NonZeroU64>,
    /// Most distinct persons.
    pub persons: Option<NonZeroU64>,
}

/// The most that one department may use on one basis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The limits of each day, from midnight to midnight.
    pub daily: Allowance,
    /// The limits over all days together.
    pub total: Allowance,
}

/// A limit of a budget that leaves too little for the request or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// The unit that ran out.
    pub unit: Unit,
    /// The window of the limit.
    pub window: BudgetWindow,
    /// The limit itself.
    pub limit: u64,
    /// The rest of it: nothing, or less than was wanted.
    pub left: u64,
    /// The time at which the whole limit is available again; none for a limit in all.
    pub refills: Option<UnixMillis>,
}

impl Unit {
    /// All units, in the order in which they are checked and reported.
    pub const ALL: [Unit; 4] = [Unit::Requests, Unit::Records, Unit::Bytes, Unit::Persons];

    /// The word in catalogs, records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Requests => "requests",
            Unit::Records => "records",
            Unit::Bytes => "bytes",
            Unit::Persons => "persons",
        }
    }
}

impl BudgetWindow {
    /// Both windows, the shorter one first.
    pub const ALL: [BudgetWindow; 2] = [BudgetWindow::Day, BudgetWindow::Total];

    /// The word in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            BudgetWindow::Day => "day",
            BudgetWindow::Total => "total",
        }
    }
}

impl Allowance {
    /// The limit on a unit, if there is one.
    pub fn of(&self, unit: Unit) -> Option<u64> {
        let limit = match unit {
            Unit::Requests => self.requests,
            Unit::Records => self.records,
            Unit::Bytes => self.bytes,
            Unit::Persons => self.persons,
        };
        limit.map(NonZeroU64::get)
    }
}

impl Budget {
    /// The allowance of a window.
    pub fn within(&self, window: BudgetWindow) -> &Allowance {
        match window {
            BudgetWindow::Day => &self.daily,
            BudgetWindow::Total => &self.total,
        }
    }

    /// All limits of the budget, the day's first.
    pub fn limits(&self) -> impl Iterator<Item = (BudgetWindow, Unit, u64)> + '_ {
        let within = move |window| {
            let each = move |unit| Some((window, unit, self.within(window).of(unit)?));
            Unit::ALL.into_iter().filter_map(each)
        };
        BudgetWindow::ALL.into_iter().flat_map(within)
    }

    /// Tells whether the budget limits distinct persons, so that usage must know them apart.
    pub fn counts_persons(&self) -> bool {
        BudgetWindow::ALL.iter().any(|window| self.within(*window).persons.is_some())
    }
}
