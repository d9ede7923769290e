//! Rates and budgets of a consumer, and the rest of each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of limits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuotaPage {
    /// The catalog version in force.
    pub catalog_version: String,
    /// The consumer: `department/system`.
    pub consumer: String,
    /// The entries that have terms for it.
    pub entries: Vec<EntryLimits>,
    /// The start of the next page (`after`), if there is more.
    pub next: Option<String>,
}

/// The limits at one entry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryLimits {
    /// Its id.
    pub entry: String,
    /// The terms that apply to the consumer, in the order in which they are tried.
    pub terms: Vec<TermLimits>,
}

/// The limits of one term.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TermLimits {
    /// The term: `term/<id>`.
    pub basis: String,
    /// The law that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Rates: the consumer's own rates, its operator's, the provider's for all consumers.
    pub rates: Vec<RateLeft>,
    /// Budgets of all systems of the department together.
    pub budget: Vec<BudgetLeft>,
}

/// The rest of a rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RateLeft {
    /// The party that is counted: `system`, `operator` or `provider`.
    pub of: String,
    /// Number of requests per window.
    pub requests: u32,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// Number of requests that may come at once.
    pub burst: u32,
    /// Number of requests that could come at once now; null for an operator's rate if no operator
    /// is named.
    pub left: Option<u32>,
}

/// The rest of a limit of a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetLeft {
    /// The unit that is counted: `requests`, `records`, `bytes` or `persons`.
    pub unit: String,
    /// The period: `day` or `total`.
    pub window: String,
    /// The limit.
    pub limit: u64,
    /// The amount that was used.
    pub used: u64,
    /// The amount that may still be used.
    pub left: u64,
    /// The time at which the limit is full again; null if never.
    pub refills: Option<String>,
}
