//! Budgets: how much one department may use on one basis, a day and in all. What was used already is
//! counted by [`crate::usage`]; here is what is allowed, and how a decision asks.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// What is counted.
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

/// For how long it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetWindow {
    /// From midnight to midnight.
    Day,
    /// The whole time for which the basis exists.
    Total,
}

/// How much may be used in one window. What is not stated has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// So many requests.
    pub requests: Option<NonZeroU64>,
    /// So many records.
    pub records: Option<NonZeroU64>,
    /// So many bytes.
    pub bytes: Option<NonZeroU64>,
    /// So many distinct persons.
    pub persons: Option<NonZeroU64>,
}

/// How much one department may use on one basis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// From midnight to midnight.
    pub daily: Allowance,
    /// In all.
    pub total: Allowance,
}

/// A limit of a budget that leaves too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// What is counted.
    pub unit: Unit,
    /// For how long.
    pub window: BudgetWindow,
    /// So much may be used.
    pub limit: u64,
    /// So much of it is left: nothing, or less than what was wanted.
    pub left: u64,
    /// When all of it is there again, if ever.
    pub refills: Option<UnixMillis>,
}

impl Unit {
    /// All of them, in the order in which they are told.
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
    /// Both, the shorter one first.
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
    /// How much of a unit.
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
    /// What it allows in a window.
    pub fn within(&self, window: BudgetWindow) -> &Allowance {
        match window {
            BudgetWindow::Day => &self.daily,
            BudgetWindow::Total => &self.total,
        }
    }

    /// Its limits: the day's first.
    pub fn limits(&self) -> impl Iterator<Item = (BudgetWindow, Unit, u64)> + '_ {
        let within = move |window| {
            let each = move |unit| Some((window, unit, self.within(window).of(unit)?));
            Unit::ALL.into_iter().filter_map(each)
        };
        BudgetWindow::ALL.into_iter().flat_map(within)
    }

    /// Whether persons have to be told apart.
    pub fn counts_persons(&self) -> bool {
        BudgetWindow::ALL.iter().any(|window| self.within(*window).persons.is_some())
    }
}
