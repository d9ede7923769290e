//! Statements of a term: its rates, its budget, its obligations.

use std::num::NonZeroU32;

use serde::Serialize;
use sluice_core::domain::budget::{BudgetWindow, Unit};
use sluice_core::domain::rate::Rate;
use sluice_core::domain::terms::{Obligations, Term};

use crate::limits::Rates;

/// A rate at which one may call under a term.
#[derive(Debug, Serialize)]
pub struct RateStatement {
    /// The party that the rate is of: `system`, `operator` or `provider`.
    pub of: &'static str,
    /// Requests in one window.
    pub requests: NonZeroU32,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// Requests that may come at once; all of them where none is stated.
    pub burst: Option<NonZeroU32>,
}

/// A limit of a budget.
#[derive(Debug, Serialize)]
pub struct BudgetLimit {
    /// The unit that is counted.
    pub unit: &'static str,
    /// The window: `day` or `total`.
    pub window: &'static str,
    /// Amount that each department may use.
    pub limit: u64,
}

/// The obligations of a consumer under a term.
#[derive(Debug, Serialize)]
pub struct TermObligations<'a> {
    /// The law or agreement that the term rests on.
    pub legal_basis: Option<&'a str>,
    /// Number of the agreement.
    pub agreement: Option<&'a str>,
    /// Longest time that the data may be kept, as an ISO 8601 duration.
    pub retention: Option<&'a str>,
    /// True if the data may be passed on.
    pub onward_transfer: bool,
}

impl RateStatement {
    /// Rates in the order in which they are taken.
    pub fn all(rates: &Rates<'_>) -> Vec<RateStatement> {
        let paces = rates.all().map(|(of, Rate { requests, window_seconds, burst })| {
            RateStatement { of: of.as_str(), requests, window_seconds, burst }
        });
        paces.collect()
    }
}

impl BudgetLimit {
    /// The limits of a term's budget.
    pub fn all(term: &Term) -> Vec<BudgetLimit> {
        let limits = term.budget.iter().flat_map(|budget| budget.limits());
        let portion = |(window, unit, limit): (BudgetWindow, Unit, u64)| BudgetLimit {
            unit: unit.as_str(),
            window: window.as_str(),
            limit,
        };
        limits.map(portion).collect()
    }
}

impl<'a> TermObligations<'a> {
    /// The statement of a term's obligations.
    pub fn of(obligations: &'a Obligations) -> TermObligations<'a> {
        TermObligations {
            legal_basis: obligations.legal_basis.as_deref(),
            agreement: obligations.agreement.as_deref(),
            retention: obligations.retention.as_deref(),
            onward_transfer: obligations.onward_transfer,
        }
    }
}
