//! The checks of one basis (a term, or a grant, whose conditions are expressed as a term) against
//! one request.

use super::UnixMillis;
use super::declared::is_reference;
use super::entry::{Entry, Operation};
use super::facts::Facts;
use super::grants::{GrantInForce, SubjectList};
use super::matching::Argument;
use super::name::Name;
use super::parameter::ParameterValue;
use super::policy::Policy;
use super::registry::{Department, Purpose};
use super::rejection::Lacking;
use super::terms::{Binding, Bound, CaseRule, Operators, Purposes, Term, lies_within};
use super::view::View;

/// The checks of one term against one request.
pub(super) struct Checks<'a> {
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    entry: &'a Entry,
    consumer: &'a Department,
    of: CheckedBasis<'a>,
    now: UnixMillis,
}

/// The basis that is checked.
#[derive(Clone, Copy)]
struct CheckedBasis<'a> {
    /// The conditions that it puts to a request.
    term: &'a Term,
    /// The view that the consumer gets under it.
    view: &'a View,
    /// The operations that a grant lists; a term allows them by their modes.
    operations: Option<&'a [u16]>,
    /// The persons that a request may ask about, if the grant lists them.
    subjects: Option<&'a dyn SubjectList>,
}

impl<'a> CheckedBasis<'a> {
    fn term(entry: &'a Entry, term: &'a Term) -> CheckedBasis<'a> {
        CheckedBasis { term, view: term.view_of(&entry.views), operations: None, subjects: None }
    }
}

impl<'a> Checks<'a> {
    /// Checks against the term of that index.
    pub(super) fn of(
        policy: &'a Policy,
        facts: &'a Facts<'a>,
        consumer: &'a Department,
        term: usize,
        now: UnixMillis,
    ) -> Checks<'a> {
        let entry = policy.entry(facts.matched.entry);
        let of = CheckedBasis::term(entry, &entry.terms[term]);
        Checks { policy, facts, entry, consumer, of, now }
    }

    /// Checks against one of the caller's grants.
    pub(super) fn of_grant(
        policy: &'a Policy,
        facts: &'a Facts<'a>,
        granted: &'a GrantInForce,
        now: UnixMillis,
    ) -> Checks<'a> {
        let GrantInForce { term, view, operations, subjects, .. } = granted;
        let (operations, subjects) = (Some(&**operations), subjects.as_deref());
        let of = CheckedBasis { term, view, operations, subjects };
        let entry = policy.entry(facts.matched.entry);
        let consumer = &policy.registry().departments()[facts.peer.department as usize];
        Checks { policy, facts, entry, consumer, of, now }
    }

    /// Everything that the basis lacks; empty when it holds.
    pub(super) fn lacking(&self) -> Vec<Lacking> {
        // An empty vector does not allocate, so a term that holds costs nothing here.
        let mut lacking = Vec::new();
        let Term { systems, from, until, modes, .. } = self.of.term;
        let operation = self.operation();
        if !systems.is_empty() && !systems.contains(&self.facts.peer.identity.id) {
            lacking.push(Lacking::System);
        }
        let begun = from.is_none_or(|from| from <= self.now);
        let ended = until.is_some_and(|until| until <= self.now);
        if !begun || ended {
            lacking.push(Lacking::Period);
        }
        match self.of.operations {
            None if !modes.contains(&operation.mode) => {
                let allowed = modes.iter().map(|mode| mode.as_str()).collect();
                lacking.push(Lacking::Mode { allowed });
            }
            Some(listed) if !listed.contains(&self.facts.matched.operation) => {
                let id = |ix: &u16| self.entry.operations[usize::from(*ix)].id.as_str().into();
                lacking.push(Lacking::Operation { allowed: listed.iter().map(id).collect() });
            }
            None | Some(_) => {}
        }
        lacking.extend(self.purpose());
        lacking.extend(self.case());
        lacking.extend(self.consent());
        lacking.extend(self.operator());
        lacking.extend(self.lookups(operation));
        lacking.extend(self.of.term.bindings.iter().filter_map(|binding| self.binding(binding)));
        lacking.extend(self.subjects(operation));
        lacking.extend(self.budget());
        lacking
    }

    fn operation(&self) -> &Operation {
        &self.entry.operations[usize::from(self.facts.matched.operation)]
    }

    fn purpose(&self) -> Option<Lacking> {
        let listed: &[Name] = match &self.of.term.purposes {
            Purposes::Listed(list) => list,
            Purposes::Waived | Purposes::AnyRegistered => &[],
        };
        let allowed = || listed.iter().map(|code| code.as_str().into()).collect();
        let Some(code) = self.facts.declared.purpose.as_deref() else {
            return match self.of.term.purposes {
                Purposes::Waived => None,
                Purposes::AnyRegistered | Purposes::Listed(_) => {
                    Some(Lacking::PurposeMissing { allowed: allowed() })
                }
            };
        };
        let registry = self.policy.registry();
        let is_named = |purpose: &&Purpose| match &self.of.term.purposes {
            Purposes::Waived | Purposes::AnyRegistered => true,
            Purposes::Listed(list) => list.contains(&purpose.code),
        };
        let Some(purpose) = registry.purpose(code).filter(is_named) else {
            return Some(Lacking::PurposeNotAllowed { allowed: allowed() });
        };
        let (mode, category) = (self.operation().mode, self.entry.category);
        let fits = |purpose: &&Purpose| purpose.allows(mode, category);
        (!fits(&purpose)).then(|| {
            let others = registry.purposes().iter().filter(is_named).filter(fits);
            Lacking::PurposeScope {
                mode: mode.as_str(),
                category: category.as_str(),
                allowed: others.map(|purpose| purpose.code.as_str().into()).collect(),
            }
        })
    }

    fn case(&self) -> Option<Lacking> {
        match (&self.of.term.case, self.facts.declared.case.as_deref()) {
            (CaseRule::Optional, None) => None,
            (CaseRule::Required(_), None) => Some(Lacking::CaseMissing),
            (CaseRule::Required(Some(pattern)), Some(case)) => {
                (!pattern.matches(case)).then_some(Lacking::CaseInvalid)
            }
            (CaseRule::Optional | CaseRule::Required(None), Some(case)) => {
                (!is_reference(case)).then_some(Lacking::CaseInvalid)
            }
        }
    }

    fn consent(&self) -> Option<Lacking> {
        match self.facts.declared.consent.as_deref() {
            None => self.of.term.consent.then_some(Lacking::ConsentMissing),
            Some(consent) => (!is_reference(consent)).then_some(Lacking::ConsentInvalid),
        }
    }

    fn operator(&self) -> Option<Lacking> {
        let Some(operator) = self.facts.declared.operator.as_deref() else {
            return match self.of.term.operators {
                Operators::Optional => None,
                Operators::Required | Operators::Listed(_) => Some(Lacking::OperatorMissing),
            };
        };
        let active = self.consumer.person(operator).is_some_and(|person| person.active);
        let allowed = match &self.of.term.operators {
            Operators::Optional | Operators::Required => true,
            Operators::Listed(people) => people.iter().any(|person| *person == operator),
        };
        (!(active && allowed)).then_some(Lacking::OperatorNotAllowed)
    }

    fn lookups(&self, operation: &Operation) -> Option<Lacking> {
        self.facts.matched.arguments.iter().find_map(|argument| {
            let parameter = &operation.parameters[usize::from(argument.parameter)];
            let field = parameter.searches?;
            let may_search = self.of.term.may_search(self.of.view, field);
            (!may_search).then(|| Lacking::Lookup { parameter: parameter.name.clone() })
        })
    }

    /// Requires that the request asks about persons, and only about listed ones: each record of the
    /// answer is then about them.
    fn subjects(&self, operation: &Operation) -> Option<Lacking> {
        let listed = self.of.subjects?;
        let arguments = self.facts.matched.arguments.iter();
        let mut persons = arguments
            .filter(|argument| operation.parameters[usize::from(argument.parameter)].subject);
        let is_listed = |argument: &Argument| listed.holds(&argument.value.to_string());
        let all = persons.next().is_some_and(is_listed) && persons.all(is_listed);
        (!all).then_some(Lacking::Subject)
    }

    fn budget(&self) -> Option<Lacking> {
        self.of.term.budget.as_ref()?;
        self.facts.usage.exhausted(self.entry, self.of.term).map(Lacking::Budget)
    }

    fn binding(&self, binding: &Binding) -> Option<Lacking> {
        let value = self.facts.matched.value(self.policy, &binding.parameter);
        let holds = match (&binding.to, value) {
            (Bound::Exactly(only), Some(ParameterValue::Text(text))) => only == text,
            (Bound::Exactly(only), Some(value)) => **only == *value.to_string(),
            (Bound::OwnRegion, Some(ParameterValue::Text(code))) => {
                self.consumer.region.as_deref().is_some_and(|region| lies_within(code, region))
            }
            (Bound::OwnRegion, Some(_)) | (_, None) => false,
        };
        (!holds).then(|| Lacking::Binding { parameter: binding.parameter.clone() })
    }
}
