//! Statements of a term: its rates, its budget, its obligations.

use std::num::NonZeroU32;

use serde::Serialize;
use sluice_core::domain::budget::{BudgetWindow, Unit};
use sluice_core::domain::rate::Rate;
use sluice_core::domain::terms::{Obligations, Term};

use crate::limits::Rates;

/// How often one may call by a term.
#[derive(Debug, Serialize)]
pub struct RateStatement {
    /// Whose rate it is: `system`, `operator` or `provider`.
    pub of: &'static str,
    /// So many requests,
    pub requests: NonZeroU32,
    /// in so many seconds,
    pub window_seconds: u32,
    /// of which so many may come at once; all of them where none is said.
    pub burst: Option<NonZeroU32>,
}

/// A limit of a budget.
#[derive(Debug, Serialize)]
pub struct BudgetLimit {
    /// What is counted.
    pub unit: &'static str,
    /// For how long: `day` or `total`.
    pub window: &'static str,
    /// So much each department may use.
    pub limit: u64,
}

/// What a consumer must keep to by a term.
#[derive(Debug, Serialize)]
pub struct TermObligations<'a> {
    /// The law or agreement that the term rests on.
    pub legal_basis: Option<&'a str>,
    /// Number of the agreement.
    pub agreement: Option<&'a str>,
    /// How long the data may be kept, as an ISO 8601 duration.
    pub retention: Option<&'a str>,
    /// Whether the data may be passed on.
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
    /// What obligations say.
    pub fn of(obligations: &'a Obligations) -> TermObligations<'a> {
        TermObligations {
            legal_basis: obligations.legal_basis.as_deref(),
            agreement: obligations.agreement.as_deref(),
            retention: obligations.retention.as_deref(),
            onward_transfer: obligations.onward_transfer,
        }
    }
}
