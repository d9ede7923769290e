//! The offer of an entry to one consumer, known before it calls: the operations that can be
//! permitted to it now, the terms that permit them, and the reasons against the others.
//!
//! The decision is not written a second time here. For each term the request is made up that fits
//! it best (a purpose that it lists, an active operator, the values that it binds) and put to the
//! checks by which a call is decided, so that the two can't disagree: what is still lacking then,
//! no request can supply. Where nobody can tell whether any text would pass (a case reference of a
//! declared pattern, a division code of the consumer's own region), one is taken to exist.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::UnixMillis;
use super::basis_checks::Checks;
use super::decide::{Considered, is_for_everybody, nearest_miss, terms_for};
use super::declared::DeclaredContext;
use super::entry::{Entry, Operation};
use super::facts::{BudgetUsage, Facts};
use super::grants::Grants;
use super::index::EntryIx;
use super::matching::{Argument, Identified, Matched, require_open};
use super::name::Name;
use super::parameter::{Parameter, ParameterValue, Rule};
use super::policy::Policy;
use super::registry::{Department, Member};
use super::rejection::{Lacking, NotInCatalog, Rejection};
use super::terms::{Bound, CaseRule, Operators, Purposes, Term};

/// A reference of the general form: to a consent, or to a case where a term asks for no other form.
const SOME_REFERENCE: &str = "1";

/// The denial for an entry that has no operation.
static NOTHING: Rejection = Rejection::NotInCatalog(NotInCatalog::Operation);

/// The offer of an entry to one consumer at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The reason for which nobody may call it, whatever the terms: it is stopped, or not shared.
    pub closed: Option<Rejection>,
    /// The offer of each of its operations, by the operation's index in the entry.
    pub operations: Vec<Offered>,
}

/// The offer of an operation to one consumer at one moment, as if its entry were not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The terms that are for the consumer's department, in order, with what each lacks even for
    /// the request that fits it best.
    pub considered: Vec<Considered>,
    /// The reason for which no request is permitted; none if one can be.
    pub denial: Option<Rejection>,
}

/// Finds what an entry offers a consumer now.
pub fn offer(
    policy: &Policy,
    peer: Identified<'_>,
    entry: EntryIx,
    now: UnixMillis,
    usage: &dyn BudgetUsage,
) -> Offer {
    let asker = Asker { policy, peer, ix: entry, entry: policy.entry(entry), now, usage };
    let operations = asker.entry.operations.iter().enumerate();
    Offer {
        closed: require_open(policy, asker.entry, false).err(),
        operations: operations.map(|(ix, one)| asker.offered(ix as u16, one)).collect(),
    }
}

impl Offer {
    /// Reduces the offer to what is permitted while the policy is stale.
    pub fn while_stale(mut self, entry: &Entry) -> Offer {
        for offered in self.operations.iter_mut().filter(|offered| offered.denial.is_none()) {
            offered.denial = is_for_everybody(entry).err();
        }
        self
    }

    /// The reason for which no operation may be called: the one that is nearest to a permit. None
    /// if an operation may be called.
    pub fn denial(&self) -> Option<&Rejection> {
        if self.closed.is_some() {
            return self.closed.as_ref();
        }
        let nearest = self.operations.iter().min_by_key(|offered| offered.distance());
        nearest.map_or(Some(&NOTHING), |offered| offered.denial.as_ref())
    }

    /// Tells whether some request to the entry can be permitted.
    pub fn is_callable(&self) -> bool {
        self.denial().is_none()
    }

    /// Tells whether some request to the operation of that index can be permitted.
    pub fn permits(&self, operation: usize) -> bool {
        self.closed.is_none() && self.operations[operation].denial.is_none()
    }

    /// Tells whether the term of that index can permit some request to the operation of that index.
    pub fn permits_by(&self, operation: usize, term: u16) -> bool {
        self.permits(operation) && self.operations[operation].lacking(term) == Some(&[])
    }
}

impl Offered {
    /// Everything that the term of that index lacks; none if the term is not for the consumer's
    /// department.
    pub fn lacking(&self, term: u16) -> Option<&[Lacking]> {
        let found = self.considered.iter().find(|considered| considered.term == term)?;
        Some(&found.lacking)
    }

    /// The distance from a permit: first whether terms reach the operation, then whether a term is
    /// for the consumer, then how much the nearest one lacks.
    fn distance(&self) -> (bool, bool, Option<usize>) {
        let lacking = self.considered.iter().map(|considered| considered.lacking.len());
        let unreached = self.denial == Some(Rejection::ApprovalRequired);
        (unreached, self.considered.is_empty(), lacking.min())
    }
}

/// A consumer that asks about an entry, and the time.
struct Asker<'a> {
    policy: &'a Policy,
    peer: Identified<'a>,
    ix: EntryIx,
    entry: &'a Entry,
    now: UnixMillis,
    usage: &'a dyn BudgetUsage,
}

impl<'a> Asker<'a> {
    fn offered(&self, ix: u16, operation: &Operation) -> Offered {
        let terms = terms_for(self.entry, self.peer.department);
        let consider = |(term, _)| Considered { term, lacking: self.lacking(ix, operation, term) };
        let considered: Vec<Considered> = terms.map(consider).collect();
        let denial = if operation.is_for_grants_only() {
            Some(Rejection::ApprovalRequired)
        } else if considered.iter().any(|considered| considered.lacking.is_empty()) {
            None
        } else {
            Some(nearest_miss(self.entry, considered.iter().cloned()))
        };
        Offered { considered, denial }
    }

    /// Finds what a term lacks for the request that fits it best.
    fn lacking(&self, ix: u16, operation: &Operation, term_ix: u16) -> Vec<Lacking> {
        let term = &self.entry.terms[usize::from(term_ix)];
        let arguments = self.arguments(operation, term);
        let matched = Matched { entry: self.ix, operation: ix, arguments };
        let declared = self.declared(operation, term);
        let usage = self.usage;
        let grants = Grants::none();
        let facts =
            Facts { peer: self.peer, matched: &matched, declared: &declared, usage, grants };
        let term_ix = usize::from(term_ix);
        let checks = Checks::of(self.policy, &facts, self.consumer(), term_ix, self.now);
        let mut lacking = checks.lacking();
        // No case reference is made up where a pattern is stated, so its absence is no lack.
        lacking.retain(|lack| *lack != Lacking::CaseMissing);
        lacking
    }

    fn consumer(&self) -> &'a Department {
        &self.policy.registry().departments()[self.peer.department as usize]
    }

    /// The declared context of the request that fits a term best.
    fn declared(&self, operation: &Operation, term: &'a Term) -> DeclaredContext<'a> {
        let all = self.policy.registry().purposes().iter().map(|purpose| &purpose.code);
        let purpose = match &term.purposes {
            Purposes::Waived => None,
            Purposes::AnyRegistered => self.fittest(operation, all),
            Purposes::Listed(codes) => self.fittest(operation, codes.iter()),
        };
        let people = &self.consumer().people;
        let operator = match &term.operators {
            Operators::Optional => None,
            Operators::Required => likeliest(people.iter().map(|person| &person.id), people),
            Operators::Listed(listed) => likeliest(listed.iter(), people),
        };
        let case = match &term.case {
            CaseRule::Required(None) => Some(SOME_REFERENCE),
            CaseRule::Optional | CaseRule::Required(Some(_)) => None,
        };
        let text = |name: &'a Name| Cow::Borrowed(name.as_str());
        DeclaredContext {
            purpose: purpose.map(text),
            case: case.map(Cow::Borrowed),
            consent: term.consent.then_some(Cow::Borrowed(SOME_REFERENCE)),
            operator: operator.map(text),
            ..DeclaredContext::default()
        }
    }

    /// Chooses the purpose to state: one that allows the operation's mode and the entry's category,
    /// else one that does not.
    fn fittest(
        &self,
        operation: &Operation,
        codes: impl Iterator<Item = &'a Name> + Clone,
    ) -> Option<&'a Name> {
        let registry = self.policy.registry();
        let fits = |code: &&Name| {
            let purpose = registry.purpose(code.as_str());
            purpose.is_some_and(|it| it.allows(operation.mode, self.entry.category))
        };
        codes.clone().find(fits).or_else(|| codes.clone().next())
    }

    /// The arguments of the request that fits a term best: the required ones, and those that the
    /// term binds.
    fn arguments(&self, operation: &Operation, term: &Term) -> Vec<Argument> {
        let numbered = operation.parameters.iter().enumerate();
        let said = numbered.filter_map(|(ix, parameter)| {
            let mut bound = term.bindings.iter().filter(|one| one.parameter == parameter.name);
            let value = match bound.next() {
                // Decisions look only at the presence of a value to which nothing is bound.
                None => parameter.required.then_some(ParameterValue::Boolean(true))?,
                Some(first) => {
                    let exact = |to: &&Bound| matches!(to, Bound::Exactly(_));
                    let to = bound.map(|one| &one.to).find(exact).unwrap_or(&first.to);
                    self.bound_value(parameter, to)?
                }
            };
            Some(Argument { parameter: ix as u16, value })
        });
        said.collect()
    }

    fn bound_value(&self, parameter: &Parameter, to: &Bound) -> Option<ParameterValue> {
        match to {
            Bound::Exactly(only) => parameter.rule.read_text(only).ok(),
            Bound::OwnRegion => match &parameter.rule {
                Rule::Text { .. } => self.consumer().region.clone().map(ParameterValue::Text),
                Rule::Integer { .. } | Rule::Boolean => None,
            },
        }
    }
}

/// Chooses the operator to name from these people: an active one, else an inactive one.
fn likeliest<'a>(
    named: impl Iterator<Item = &'a Name> + Clone,
    people: &[Member],
) -> Option<&'a Name> {
    let active = |name: &&Name| people.iter().any(|person| person.active && person.id == **name);
    named.clone().find(active).or_else(|| named.clone().next())
}
