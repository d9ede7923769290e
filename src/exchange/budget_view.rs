//! The use of budgets as the decision about one request sees it.

use std::fmt;

use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::facts::BudgetUsage;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::terms::Term;
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::usage::Day;

use crate::audit::archive::time_of_id;
use crate::budgets::{Budgets, Holder, Ticket};

/// One department's use of budgets, for one exchange.
#[derive(Clone, Copy)]
pub struct BudgetView<'a> {
    budgets: &'a Budgets,
    department: &'a str,
    exchange: &'a str,
    persons: &'a [SubjectDigest],
}

impl<'a> BudgetView<'a> {
    /// The view for an exchange of a peer that asks about these persons.
    pub fn of(
        budgets: &'a Budgets,
        peer: Identified<'a>,
        exchange: &'a str,
        persons: &'a [SubjectDigest],
    ) -> BudgetView<'a> {
        let department = peer.identity.department.as_str();
        BudgetView { budgets, department, exchange, persons }
    }

    /// Begins a request under a term; there is no ticket where the term has no budget.
    ///
    /// # Errors
    /// When nothing is left any more.
    pub fn begin(&self, entry: &Entry, term: &Term) -> Result<Option<Ticket>, Rejection> {
        let Some(budget) = &term.budget else { return Ok(None) };
        let basis = term.basis();
        let begun =
            self.budgets.begin(&self.holder(entry, &basis), budget, self.day(), self.persons);
        begun.map(Some).map_err(|why| why.rejection(basis.into()))
    }

    /// The day of the exchange: that of its id, by which a start counts it again.
    fn day(&self) -> Day {
        self.budgets.days().day_of(time_of_id(self.exchange).unwrap_or_default())
    }

    fn holder<'h>(&'h self, entry: &'h Entry, basis: &'h str) -> Holder<'h> {
        Holder { entry: entry.id.as_str(), basis, department: self.department }
    }
}

impl BudgetUsage for BudgetView<'_> {
    fn exhausted(&self, entry: &Entry, term: &Term) -> Option<Exhausted> {
        let (budget, basis) = (term.budget.as_ref()?, term.basis());
        self.budgets.exhausted(&self.holder(entry, &basis), budget, self.day(), self.persons)
    }
}

impl fmt::Debug for BudgetView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BudgetView {{ department: {:?} }}", self.department)
    }
}
