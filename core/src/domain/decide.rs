//! Permit or denial. Default deny: a permit exists only as the answer of [`decide`].
//!
//! Terms are tried in the order in which the entry declares them; the first one that holds is the
//! basis, and views of several terms are never merged. If none holds, the denial names the term
//! of this consumer that came nearest, and what it lacks.

use std::borrow::Cow;

use super::UnixMillis;
use super::budget::Spending;
use super::entry::{Class, Entry, Operation};
use super::field_path::FieldPath;
use super::matching::{Identified, Matched};
use super::name::Name;
use super::parameter::Value;
use super::policy::{EntryIx, Policy};
use super::registry::{Department, DepartmentIx, Purpose};
use super::rejection::{Lacking, Nearest, Rejection};
use super::terms::{Binding, Bound, CaseRule, Operators, Purposes, Term, lies_within};
use super::view::{FieldSet, View};

/// What a request states about itself, beyond what it asks: the `Exchange-*` headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated<'a> {
    /// `Exchange-Purpose`.
    pub purpose: Option<Cow<'a, str>>,
    /// `Exchange-Case`.
    pub case: Option<Cow<'a, str>>,
    /// `Exchange-Consent`.
    pub consent: Option<Cow<'a, str>>,
    /// `Exchange-Operator`: the person's id, without the department.
    pub operator: Option<Cow<'a, str>>,
    /// `Exchange-Grant`.
    pub grant: Option<Cow<'a, str>>,
    /// `Exchange-Fields`, as paths within a record.
    pub fields: Option<Vec<FieldPath>>,
    /// `Exchange-Pseudonym-Key`: the id of the key whose pseudonyms are wanted.
    pub pseudonym_key: Option<Cow<'a, str>>,
}

impl Stated<'_> {
    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Stated<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Stated {
            purpose: owned(self.purpose),
            case: owned(self.case),
            consent: owned(self.consent),
            operator: owned(self.operator),
            grant: owned(self.grant),
            fields: self.fields,
            pseudonym_key: owned(self.pseudonym_key),
        }
    }
}

/// All that a decision looks at, beside the policy and the time.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who calls.
    pub peer: Identified<'a>,
    /// What is asked.
    pub matched: &'a Matched,
    /// What is stated about it.
    pub stated: &'a Stated<'a>,
    /// What was used of budgets.
    pub spending: &'a dyn Spending,
}

/// Leave to make one exchange, on one basis, with one view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permit {
    /// The entry.
    pub entry: EntryIx,
    /// The operation's index in the entry.
    pub operation: u16,
    /// The term's index in the entry.
    pub term: u16,
    /// The fields the consumer narrowed the view to, if it did.
    pub narrowed: Option<FieldSet>,
}

/// One basis that was looked at, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The term's index in the entry.
    pub term: u16,
    /// What it lacks; nothing when it holds.
    pub lacking: Vec<Lacking>,
}

impl Permit {
    /// The term it rests on.
    pub fn term<'a>(&self, policy: &'a Policy) -> &'a Term {
        &policy.entry(self.entry).terms[usize::from(self.term)]
    }

    /// What the consumer sees, before its own narrowing.
    pub fn view<'a>(&self, policy: &'a Policy) -> &'a View {
        self.term(policy).view_of(&policy.entry(self.entry).views)
    }
}

/// Decides. Pure: the same policy, facts and time give the same answer.
///
/// # Errors
/// The denial: why not, and for whose terms came near, what they lack.
pub fn decide(policy: &Policy, facts: &Facts<'_>, now: UnixMillis) -> Result<Permit, Rejection> {
    let (entry, operation) = (facts.matched.entry, facts.matched.operation);
    if facts.stated.grant.is_some() {
        return Err(Rejection::GrantUnknown);
    }
    let narrowed = match facts.stated.fields.as_deref() {
        Some(fields) => Some(narrow(policy.entry(entry), fields)?),
        None => None,
    };
    if policy.packed().operation(entry, operation).grants_only {
        return Err(Rejection::ApprovalRequired);
    }
    match policy.packed().first_that_holds(policy, facts, now) {
        Some(term) => Ok(Permit { entry, operation, term, narrowed }),
        None => Err(nearest_miss(policy.entry(entry), consider(policy, facts, now))),
    }
}

/// What a permit is worth while nobody can say whether the policy is still what is published: what is
/// for everybody stays open.
///
/// # Errors
/// [`Rejection::PolicyStale`] for all else.
pub fn stays_open(policy: &Policy, permit: &Permit) -> Result<(), Rejection> {
    is_for_everybody(policy.entry(permit.entry))
}

/// That an entry stays open then.
pub(super) fn is_for_everybody(entry: &Entry) -> Result<(), Rejection> {
    match entry.class {
        Class::Unconditional => Ok(()),
        Class::Restricted | Class::NonShared(_) => Err(Rejection::PolicyStale),
    }
}

/// Why no term holds: what the one that came nearest lacks.
pub(super) fn nearest_miss(
    entry: &Entry,
    considered: impl Iterator<Item = Considered>,
) -> Rejection {
    // What the request fits is nearer than what it doesn't: a budget refills by itself.
    let unfit = |lack: &&Lacking| !matches!(lack, Lacking::Budget(_));
    match considered.min_by_key(|considered| considered.lacking.iter().filter(unfit).count()) {
        None => Rejection::NotAuthorised,
        Some(Considered { term, lacking }) => {
            let basis = entry.terms[usize::from(term)].basis().into();
            Rejection::Unmet(Nearest { basis, lacking })
        }
    }
}

/// Every term that is for the caller's department, in order, with what it lacks.
pub fn consider<'a>(
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    now: UnixMillis,
) -> impl Iterator<Item = Considered> + 'a {
    let entry = policy.entry(facts.matched.entry);
    let consumer = &policy.registry().departments()[facts.peer.department as usize];
    terms_for(entry, facts.peer.department).map(move |(ix, term)| {
        let checks = Checks { policy, facts, entry, consumer, term, now };
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

/// The checks of one term against one request.
pub(super) struct Checks<'a> {
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    entry: &'a Entry,
    consumer: &'a Department,
    term: &'a Term,
    now: UnixMillis,
}

impl<'a> Checks<'a> {
    /// Of the term of that index.
    pub(super) fn of(
        policy: &'a Policy,
        facts: &'a Facts<'a>,
        consumer: &'a Department,
        term: usize,
        now: UnixMillis,
    ) -> Checks<'a> {
        let entry = policy.entry(facts.matched.entry);
        Checks { policy, facts, entry, consumer, term: &entry.terms[term], now }
    }

    /// What it lacks; nothing when it holds.
    pub(super) fn lacking(&self) -> Vec<Lacking> {
        // An empty vector does not allocate, so a term that holds costs nothing here.
        let mut lacking = Vec::new();
        let Term { systems, from, until, modes, .. } = self.term;
        let operation = self.operation();
        if !systems.is_empty() && !systems.contains(&self.facts.peer.identity.id) {
            lacking.push(Lacking::System);
        }
        let begun = from.is_none_or(|from| from <= self.now);
        let ended = until.is_some_and(|until| until <= self.now);
        if !begun || ended {
            lacking.push(Lacking::Period);
        }
        if !modes.contains(&operation.mode) {
            let allowed = modes.iter().map(|mode| mode.as_str()).collect();
            lacking.push(Lacking::Mode { allowed });
        }
        lacking.extend(self.purpose());
        lacking.extend(self.case());
        lacking.extend(self.consent());
        lacking.extend(self.operator());
        lacking.extend(self.lookups(operation));
        lacking.extend(self.term.bindings.iter().filter_map(|binding| self.binding(binding)));
        lacking.extend(self.budget());
        lacking
    }

    fn operation(&self) -> &Operation {
        &self.entry.operations[usize::from(self.facts.matched.operation)]
    }

    fn purpose(&self) -> Option<Lacking> {
        let listed: &[Name] = match &self.term.purposes {
            Purposes::Listed(list) => list,
            Purposes::Waived | Purposes::AnyRegistered => &[],
        };
        let allowed = || listed.iter().map(|code| code.as_str().into()).collect();
        let Some(code) = self.facts.stated.purpose.as_deref() else {
            return match self.term.purposes {
                Purposes::Waived => None,
                Purposes::AnyRegistered | Purposes::Listed(_) => {
                    Some(Lacking::PurposeMissing { allowed: allowed() })
                }
            };
        };
        let registry = self.policy.registry();
        let is_named = |purpose: &&Purpose| match &self.term.purposes {
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
        match (&self.term.case, self.facts.stated.case.as_deref()) {
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
        match self.facts.stated.consent.as_deref() {
            None => self.term.consent.then_some(Lacking::ConsentMissing),
            Some(consent) => (!is_reference(consent)).then_some(Lacking::ConsentInvalid),
        }
    }

    fn operator(&self) -> Option<Lacking> {
        let Some(operator) = self.facts.stated.operator.as_deref() else {
            return match self.term.operators {
                Operators::Optional => None,
                Operators::Required | Operators::Listed(_) => Some(Lacking::OperatorMissing),
            };
        };
        let active = self.consumer.person(operator).is_some_and(|person| person.active);
        let allowed = match &self.term.operators {
            Operators::Optional | Operators::Required => true,
            Operators::Listed(people) => people.iter().any(|person| *person == operator),
        };
        (!(active && allowed)).then_some(Lacking::OperatorNotAllowed)
    }

    fn lookups(&self, operation: &Operation) -> Option<Lacking> {
        self.facts.matched.arguments.iter().find_map(|argument| {
            let parameter = &operation.parameters[usize::from(argument.parameter)];
            let field = parameter.searches?;
            let may_search = self.term.may_search(&self.entry.views, field);
            (!may_search).then(|| Lacking::Lookup { parameter: parameter.name.clone() })
        })
    }

    fn budget(&self) -> Option<Lacking> {
        self.term.budget.as_ref()?;
        self.facts.spending.exhausted(self.entry, self.term).map(Lacking::Budget)
    }

    fn binding(&self, binding: &Binding) -> Option<Lacking> {
        let value = self.facts.matched.value(self.policy, &binding.parameter);
        let holds = match (&binding.to, value) {
            (Bound::Exactly(only), Some(Value::Text(text))) => only == text,
            (Bound::Exactly(only), Some(value)) => **only == *value.to_string(),
            (Bound::OwnRegion, Some(Value::Text(code))) => {
                self.consumer.region.as_deref().is_some_and(|region| lies_within(code, region))
            }
            (Bound::OwnRegion, Some(_)) | (_, None) => false,
        };
        (!holds).then(|| Lacking::Binding { parameter: binding.parameter.clone() })
    }
}

/// Longest reference to a case or a consent in characters.
pub const MAX_REFERENCE_CHARS: usize = 64;

/// The general form of references: to a case, where a term states no pattern of its own, and to a
/// consent. Letters (Chinese ones too), digits and the brackets and dashes that file numbers are
/// written with.
pub fn is_reference(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_/.()[]（）〔〕【】〈〉".contains(c);
    !text.is_empty() && text.chars().count() <= MAX_REFERENCE_CHARS && text.chars().all(plain)
}
