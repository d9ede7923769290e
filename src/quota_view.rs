//! The limits of one consumer by the terms that apply to it, and the present rest of each. The
//! consumer itself and the people who look after it get the same view.
//!
//! Rates are those of this gateway. Reading them takes nothing from them.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::{Budget, BudgetWindow};
use sluice_core::domain::decide::terms_for;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::terms::Term;
use sluice_core::ledger::time::rfc3339;

use crate::budgets::{Budgets, Holder};
use crate::contract::quotas::{BudgetLeft, EntryLimits, QuotaPage, RateLeft, TermLimits};
use crate::limits::{Limiters, Parties, Rates};
use crate::snapshot::Release;

/// Entries of a page, at most.
pub const PAGE_ENTRIES: usize = 100;

/// Entries that are looked at for one page, at most. A page can have few, or none, and still a `next`.
pub const LOOKED_AT_ENTRIES: usize = 20_000;

/// The consumer whose limits are shown, and the sources of the numbers.
#[derive(Clone, Copy)]
pub struct QuotaSources<'a> {
    /// The release in force.
    pub release: &'a Release,
    /// Rates.
    pub limiters: &'a Limiters,
    /// Budgets.
    pub budgets: &'a Budgets,
    /// The consumer.
    pub peer: Identified<'a>,
    /// The person on whose behalf it would call, if one is named.
    pub operator: Option<&'a str>,
    /// The moment.
    pub now: UnixMillis,
}

/// Returns a page of limits, of the entries after an id or of one entry alone. `shown` tells
/// whether the reader may see an entry.
pub fn page(
    counters: QuotaSources<'_>,
    only: Option<EntryIx>,
    after: &str,
    shown: impl Fn(&Entry) -> bool,
) -> QuotaPage {
    let (policy, directory) = (&counters.release.policy, counters.release.directory());
    let mut page = QuotaPage {
        catalog_version: policy.version().to_owned(),
        consumer: counters.peer.identity.to_string(),
        entries: Vec::new(),
        next: None,
    };
    let mut look = |ix: EntryIx| {
        let entry = policy.entry(ix);
        let terms = if shown(entry) { counters.terms(policy, entry) } else { Vec::new() };
        if !terms.is_empty() {
            page.entries.push(EntryLimits { entry: entry.id.to_string(), terms });
        }
        page.entries.len()
    };
    if let Some(ix) = only {
        look(ix);
        return page;
    }
    let mut place = directory.behind(policy, after);
    let end = directory.len().min(place + LOOKED_AT_ENTRIES);
    while place < end && look(directory.entry(place)) < PAGE_ENTRIES {
        place += 1;
    }
    let last = if place < end { Some(place) } else { place.checked_sub(1) };
    let left = last.filter(|last| last + 1 < directory.len());
    page.next = left.map(|place| policy.entry(directory.entry(place)).id.to_string());
    page
}

impl QuotaSources<'_> {
    fn terms(&self, policy: &Policy, entry: &Entry) -> Vec<TermLimits> {
        let system = &self.peer.identity.id;
        let is_for = |term: &Term| {
            let begun = term.from.is_none_or(|from| from <= self.now);
            let over = term.until.is_some_and(|until| until <= self.now);
            begun && !over && (term.systems.is_empty() || term.systems.contains(system))
        };
        let terms = terms_for(entry, self.peer.department).map(|(_, term)| term);
        let terms = terms.filter(|term| is_for(term)).map(|term| TermLimits {
            basis: term.basis(),
            legal_basis: term.obligations.legal_basis.as_deref().map(str::to_owned),
            rates: self.rates(policy, entry, term),
            budget: self.budget(entry, term),
        });
        terms.collect()
    }

    pub(crate) fn rates(&self, policy: &Policy, entry: &Entry, term: &Term) -> Vec<RateLeft> {
        let parties = Parties {
            system: self.peer.identity,
            entry: entry.id.as_str(),
            operator: self.operator,
            provider: entry.id.department().as_str(),
        };
        let rates = Rates::of(policy, entry, term);
        let left = self.limiters.left(&parties, &rates);
        let told = rates.all().map(|(of, rate)| {
            let found = left.iter().find(|left| left.of == of && left.rate == rate);
            RateLeft {
                of: of.as_str().to_owned(),
                requests: rate.requests.get(),
                window_seconds: rate.window_seconds,
                burst: rate.burst.unwrap_or(rate.requests).get(),
                left: found.map(|left| left.requests),
            }
        });
        told.collect()
    }

    pub(crate) fn budget(&self, entry: &Entry, term: &Term) -> Vec<BudgetLeft> {
        let Some(budget) = &term.budget else { return Vec::new() };
        let department = self.peer.identity.department.as_str();
        let holder = (entry.id.as_str(), &*term.basis(), department);
        budget_left(self.budgets, budget, holder, self.now)
    }
}

/// Returns the rest of each limit of a budget; the tuple is entry, basis and department.
pub fn budget_left(
    budgets: &Budgets,
    budget: &Budget,
    (entry, basis, department): (&str, &str, &str),
    now: UnixMillis,
) -> Vec<BudgetLeft> {
    let days = budgets.days();
    let day = days.day_of(now);
    let left = budgets.left(&Holder { entry, basis, department }, budget, day);
    let told = left.iter().map(|left| {
        let refills = (left.window == BudgetWindow::Day).then(|| rfc3339(days.end_of(day)));
        BudgetLeft {
            unit: left.unit.as_str().to_owned(),
            window: left.window.as_str().to_owned(),
            limit: left.limit,
            used: left.used,
            left: left.left(),
            refills: refills.map(|at| at.as_str().to_owned()),
        }
    });
    told.collect()
}
