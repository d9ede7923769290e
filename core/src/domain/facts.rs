//! The facts of one decision: everything that it looks at beside the policy and the time.

use std::fmt;

use super::budget::Exhausted;
use super::declared::DeclaredContext;
use super::entry::Entry;
use super::grants::Grants;
use super::matching::{Identified, Matched};
use super::terms::Term;

/// Everything that a decision looks at beside the policy and the time.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The identified caller.
    pub peer: Identified<'a>,
    /// The operation that is asked, with its arguments.
    pub matched: &'a Matched,
    /// The declared context.
    pub declared: &'a DeclaredContext<'a>,
    /// The usage of budgets so far.
    pub usage: &'a dyn BudgetUsage,
    /// The temporary grants in force.
    pub grants: &'a Grants,
}

/// The usage of budgets so far, as a decision reads it.
pub trait BudgetUsage: fmt::Debug + Sync {
    /// The limit that leaves too little for a request under this term; none if all limits leave
    /// enough.
    fn exhausted(&self, entry: &Entry, term: &Term) -> Option<Exhausted>;
}

/// An empty usage: nothing was used of any budget.
#[derive(Clone, Copy, Debug)]
pub struct NothingUsed;

impl BudgetUsage for NothingUsed {
    fn exhausted(&self, _: &Entry, _: &Term) -> Option<Exhausted> {
        None
    }
}
