//! The facts of one decision.

use std::fmt;

use super::budget::Exhausted;
use super::declared::DeclaredContext;
use super::entry::Entry;
use super::grants::Grants;
use super::matching::{Identified, Matched};
use super::terms::Term;

/// All that a decision looks at, beside the policy and the time.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who calls.
    pub peer: Identified<'a>,
    /// What is asked.
    pub matched: &'a Matched,
    /// What is stated about it.
    pub declared: &'a DeclaredContext<'a>,
    /// What was used of budgets.
    pub usage: &'a dyn BudgetUsage,
    /// The temporary grants in force.
    pub grants: &'a Grants,
}

/// What was used of budgets, as a decision sees it.
pub trait BudgetUsage: fmt::Debug + Sync {
    /// The limit of a term's budget by which it does not hold, if one does.
    fn exhausted(&self, entry: &Entry, term: &Term) -> Option<Exhausted>;
}

/// Nothing was used of any budget.
#[derive(Clone, Copy, Debug)]
pub struct NothingUsed;

impl BudgetUsage for NothingUsed {
    fn exhausted(&self, _: &Entry, _: &Term) -> Option<Exhausted> {
        None
    }
}
