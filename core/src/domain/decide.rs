//! The decision: permit or denial. Default deny: a permit exists only as the answer of [`decide`].
//!
//! Terms are tried in the order in which the entry declares them; the first one that holds is the
//! basis. If no term holds, the basis is the caller's grant that holds, if exactly one does. A
//! request that names a grant is permitted by that grant or not at all. Views of several bases are
//! never merged. A denial names the term of this consumer that came nearest, and what that term
//! lacks.

use std::sync::Arc;

use super::UnixMillis;
use super::basis_checks::Checks;
use super::classification::Class;
use super::entry::Entry;
use super::facts::Facts;
use super::field_path::FieldPath;
use super::grants::GrantInForce;
use super::index::{DepartmentIx, EntryIx};
use super::policy::Policy;
use super::rejection::{Lacking, Nearest, Rejection};
use super::terms::Term;
use super::view::{FieldSet, View};

/// Permission to make one exchange, on one basis, with one view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permit {
    /// The entry.
    pub entry: EntryIx,
    /// The operation's index in the entry.
    pub operation: u16,
    /// The basis that it rests on.
    pub basis: Basis,
    /// The fields to which the consumer narrowed the view, if it named any.
    pub narrowed: Option<FieldSet>,
}

/// The one term or grant that a permit rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A term, by its index in the entry.
    Term(u16),
    /// A temporary grant.
    Grant(Arc<GrantInForce>),
}

/// A term that was checked, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The term's index in the entry.
    pub term: u16,
    /// Everything that it lacks; empty when it holds.
    pub lacking: Vec<Lacking>,
}

impl Permit {
    /// The permit's term, or the conditions of its grant expressed as a term.
    pub fn term<'a>(&'a self, policy: &'a Policy) -> &'a Term {
        self.basis.term(policy.entry(self.entry))
    }

    /// The consumer's view, before the consumer's own narrowing.
    pub fn view<'a>(&'a self, policy: &'a Policy) -> &'a View {
        match &self.basis {
            Basis::Term(_) => self.term(policy).view_of(&policy.entry(self.entry).views),
            Basis::Grant(granted) => &granted.view,
        }
    }
}

impl Basis {
    /// The basis' term in the entry, or the conditions of its grant expressed as a term.
    pub fn term<'a>(&'a self, entry: &'a Entry) -> &'a Term {
        match self {
            Basis::Term(term) => &entry.terms[usize::from(*term)],
            Basis::Grant(granted) => &granted.term,
        }
    }
}

/// Decides a request. The function is pure: the same policy, facts and time give the same answer.
///
/// # Errors
/// The denial: why not, and for whose terms came near, what they lack.
pub fn decide(policy: &Policy, facts: &Facts<'_>, now: UnixMillis) -> Result<Permit, Rejection> {
    let (entry, operation) = (facts.matched.entry, facts.matched.operation);
    let narrowed = match facts.declared.fields.as_deref() {
        Some(fields) => Some(narrow(policy.entry(entry), fields)?),
        None => None,
    };
    let permit = |basis| Permit { entry, operation, basis, narrowed };
    if let Some(id) = facts.declared.grant.as_deref() {
        return permit_by_named_grant(policy, facts, now, id)
            .map(|granted| permit(Basis::Grant(granted)));
    }
    let reached = reached_by_terms(policy, facts);
    if reached.is_ok()
        && let Some(term) = policy.packed().first_that_holds(policy, facts, now)
    {
        return Ok(permit(Basis::Term(term)));
    }
    if let Some(granted) = the_one_that_holds(policy, facts, now)? {
        return Ok(permit(Basis::Grant(granted)));
    }
    let by_terms = match reached {
        Ok(()) => nearest_miss(policy.entry(entry), consider(policy, facts, now)),
        Err(why) => why,
    };
    Err(match (nearest_grant(policy, facts, now), &by_terms) {
        (None, _) => by_terms,
        (Some(grant), Rejection::Unmet(term))
            if unmet_count(&term.lacking) <= unmet_count(&grant.lacking) =>
        {
            by_terms
        }
        (Some(grant), _) => Rejection::Unmet(grant),
    })
}

/// The number of things that a basis lacks and a request could supply. An exhausted budget does not
/// count: it refills by itself.
fn unmet_count(lacking: &[Lacking]) -> usize {
    lacking.iter().filter(|lack| !matches!(lack, Lacking::Budget(_))).count()
}

/// Requires that the operation and its entry can be used by terms, without a grant.
fn reached_by_terms(policy: &Policy, facts: &Facts<'_>) -> Result<(), Rejection> {
    let (entry, operation) = (facts.matched.entry, facts.matched.operation);
    if let Class::NonShared(_) = policy.entry(entry).class {
        return Err(Rejection::NonShared);
    }
    if policy.packed().operation(entry, operation).grants_only {
        return Err(Rejection::ApprovalRequired);
    }
    Ok(())
}

/// Decides by the grant that the request names, and by no other basis.
fn permit_by_named_grant(
    policy: &Policy,
    facts: &Facts<'_>,
    now: UnixMillis,
    id: &str,
) -> Result<Arc<GrantInForce>, Rejection> {
    let own = facts.grants.held(facts.peer.department, facts.matched.entry);
    let granted = own.iter().find(|granted| *granted.term.id == *id);
    let granted = granted.ok_or(Rejection::GrantUnknown)?;
    let lacking = Checks::of_grant(policy, facts, granted, now).lacking();
    let basis = || granted.term.basis().into();
    match *lacking {
        [] => Ok(granted.clone()),
        [Lacking::Budget(limit)] => Err(Rejection::BudgetExhausted { basis: basis(), limit }),
        _ if lacking.contains(&Lacking::Period) => Err(Rejection::GrantNotActive),
        _ => Err(Rejection::GrantNotCovering(Nearest { basis: basis(), lacking })),
    }
}

/// The caller's grant that comes nearest to holding.
fn nearest_grant(policy: &Policy, facts: &Facts<'_>, now: UnixMillis) -> Option<Nearest> {
    let own = facts.grants.held(facts.peer.department, facts.matched.entry);
    let misses = own.iter().map(|granted| Nearest {
        basis: granted.term.basis().into(),
        lacking: Checks::of_grant(policy, facts, granted, now).lacking(),
    });
    misses.min_by_key(|miss| unmet_count(&miss.lacking))
}

/// The caller's grant that holds, if one does.
fn the_one_that_holds(
    policy: &Policy,
    facts: &Facts<'_>,
    now: UnixMillis,
) -> Result<Option<Arc<GrantInForce>>, Rejection> {
    let own = facts.grants.held(facts.peer.department, facts.matched.entry);
    let holds = |granted: &&Arc<GrantInForce>| {
        Checks::of_grant(policy, facts, granted, now).lacking().is_empty()
    };
    let mut holding = own.iter().filter(holds);
    let Some(first) = holding.next() else { return Ok(None) };
    let others: Vec<Box<str>> = holding.map(|granted| granted.term.id.clone()).collect();
    if others.is_empty() {
        return Ok(Some(first.clone()));
    }
    let grants = [first.term.id.clone()].into_iter().chain(others).collect();
    Err(Rejection::GrantAmbiguous { grants })
}

/// Requires that a permit still counts while the policy is stale, so that another may have been
/// published: only a permit for an entry that is open to all departments does.
///
/// # Errors
/// [`Rejection::PolicyStale`] for all else.
pub fn stays_open(policy: &Policy, permit: &Permit) -> Result<(), Rejection> {
    is_for_everybody(policy.entry(permit.entry))
}

/// Requires that an entry is open to all departments.
pub(super) fn is_for_everybody(entry: &Entry) -> Result<(), Rejection> {
    match entry.class {
        Class::Unconditional => Ok(()),
        Class::Restricted | Class::NonShared(_) => Err(Rejection::PolicyStale),
    }
}

/// The denial if no term holds: what the nearest term lacks.
pub(super) fn nearest_miss(
    entry: &Entry,
    considered: impl Iterator<Item = Considered>,
) -> Rejection {
    match considered.min_by_key(|considered| unmet_count(&considered.lacking)) {
        None => Rejection::NotAuthorised,
        Some(Considered { term, lacking }) => {
            let basis = entry.terms[usize::from(term)].basis().into();
            Rejection::Unmet(Nearest { basis, lacking })
        }
    }
}

/// Every term that is for the caller's department, in order, with everything that it lacks.
pub fn consider<'a>(
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    now: UnixMillis,
) -> impl Iterator<Item = Considered> + 'a {
    let entry = policy.entry(facts.matched.entry);
    let consumer = &policy.registry().departments()[facts.peer.department as usize];
    terms_for(entry, facts.peer.department).map(move |(ix, _)| {
        let checks = Checks::of(policy, facts, consumer, usize::from(ix), now);
        Considered { term: ix, lacking: checks.lacking() }
    })
}

/// The terms that are for a department, in order, with their indices.
pub fn terms_for(entry: &Entry, department: DepartmentIx) -> impl Iterator<Item = (u16, &Term)> {
    let numbered = entry.terms.iter().enumerate().map(|(ix, term)| (ix as u16, term));
    numbered.filter(move |(_, term)| term.consumers.includes(department))
}

fn narrow(entry: &Entry, fields: &[FieldPath]) -> Result<FieldSet, Rejection> {
    let mut wanted = Vec::with_capacity(fields.len());
    for (position, path) in fields.iter().enumerate() {
        let found = entry.fields.iter().position(|field| field.path == *path);
        let position = position as u16 + 1;
        wanted.push(found.ok_or(Rejection::FieldUnknown { position })? as u16);
    }
    Ok(FieldSet::of(wanted))
}
