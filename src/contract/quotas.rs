//! Rates and budgets of a consumer, and what is left of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of what is allowed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuotaPage {
    /// The catalog version in force.
    pub catalog_version: String,
    /// The consumer: `department/system`.
    pub consumer: String,
    /// The entries that have terms for it.
    pub entries: Vec<EntryLimits>,
    /// Where the next page begins (`after`), if there is more.
    pub next: Option<String>,
}

/// The limits at one entry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryLimits {
    /// Its id.
    pub entry: String,
    /// The terms that are for the consumer, in the order in which they are tried.
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
    /// So many requests,
    pub requests: u32,
    /// in so many seconds.
    pub window_seconds: u32,
    /// of which so many may come at once.
    pub burst: u32,
    /// So many could come at once now. Of an operator's it is told where one is named.
    pub left: Option<u32>,
}

/// The rest of a limit of a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetLeft {
    /// The unit that is counted: `requests`, `records`, `bytes` or `persons`.
    pub unit: String,
    /// For how long: `day` or `total`.
    pub window: String,
    /// So much may be used.
    pub limit: u64,
    /// So much was.
    pub used: u64,
    /// So much may still be.
    pub left: u64,
    /// When all of it is there again, if ever.
    pub refills: Option<String>,
}
