//! A grant in the form that decisions read, resolved against a policy: only what today's catalog
//! still has, at no higher level than was approved.

use std::fmt;
use std::sync::Arc;

use super::chain::{Chain, Parties};
use super::document::Grant;
use super::procedure::Procedure;
use crate::domain::UnixMillis;
use crate::domain::classification::Level;
use crate::domain::entry::{Entry, Operation};
use crate::domain::grants::{GrantInForce, SubjectList};
use crate::domain::name::Name;
use crate::domain::parameter::Patterns;
use crate::domain::policy::Policy;
use crate::domain::rate::{DEFAULT_RATE, Rate};
use crate::domain::registry::{Department, Purpose, Registry};
use crate::domain::terms::{
    Binding, Bound, CaseRule, Consumers, Obligations, Operators, Purposes, Term,
};
use crate::domain::view::View;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The reason for which today's catalog does not allow a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotGrantable {
    /// The registry has no such active department.
    Consumer,
    /// The catalog has no such entry.
    Entry,
    /// The entry has no such operation.
    Operation(Name),
    /// The entry has no such field.
    Field(Box<str>),
    /// The field has another level than the grant states.
    Level(Box<str>),
    /// The purpose is not registered, or is not for these operations and data.
    Purpose,
    /// The consumer has no such system.
    System(Name),
    /// A department has no such active person.
    Person {
        /// The department.
        department: Name,
        /// The person.
        id: Name,
    },
    /// No operation has such a parameter.
    Parameter(Box<str>),
    /// The parameter takes no such value.
    Value(Box<str>),
    /// The grant's period is longer than the most days it may have.
    TooLong(u32),
    /// The grant names no review for longer than the most days it may.
    Unreviewed(u32),
    /// An operation searches by a field that it does not show.
    Unseen {
        /// The parameter.
        parameter: Box<str>,
        /// The field.
        field: Box<str>,
    },
    /// The grant lists persons, and this operation asks about none.
    Nobody(Name),
    /// The consumer asks for its own data.
    Own,
    /// The budget limits persons, but the entry is not about persons.
    Persons,
}

/// Resolves a grant for decisions, which holds until `until` at the latest. Operations and fields
/// that the catalog no longer has are left out. None if the entry or the consumer is gone, or no
/// operation is left.
pub fn granted(grant: &Grant, until: UnixMillis, policy: &Policy) -> Option<GrantInForce> {
    let (department, entry) = grant.entry.split_once('/')?;
    let ix = policy.find(department, entry)?;
    let entry = policy.entry(ix);
    let (consumer, _) = policy.registry().department(grant.consumer.as_str())?;
    let numbered = entry.operations.iter().enumerate();
    let listed = numbered.filter(|(_, one)| grant.operations.contains(&one.id));
    let operations: Vec<u16> = listed.map(|(ix, _)| ix as u16).collect();
    if operations.is_empty() {
        return None;
    }
    let (term, view) = (term(grant, until, consumer)?, view(grant, entry));
    let subjects = match &grant.subjects {
        None => None,
        Some(subjects) => Some(Arc::new(subjects.known()?) as Arc<dyn SubjectList>),
    };
    let ends = grant.until;
    Some(GrantInForce { consumer, entry: ix, operations, term, view, ends, subjects })
}

/// Checks that today's catalog allows a grant to be requested for an entry, and has all that the
/// grant names. Returns the chain of people who must agree.
///
/// # Errors
/// [`NotGrantable`] names the fault.
pub fn check(
    grant: &Grant,
    registry: &Registry,
    entry: &Entry,
    parties: &Parties,
    procedure: &Procedure,
) -> Result<Chain, NotGrantable> {
    let consumer = registry.department(grant.consumer.as_str());
    let (_, consumer) = consumer.filter(|(_, it)| it.active).ok_or(NotGrantable::Consumer)?;
    let provider = registry.department(entry.id.department().as_str());
    let (_, provider) = provider.ok_or(NotGrantable::Entry)?;
    if *grant.entry != *entry.id.as_str() {
        return Err(NotGrantable::Entry);
    }
    if provider.id == grant.consumer {
        return Err(NotGrantable::Own);
    }
    let purpose = registry.purpose(grant.purpose.as_str()).ok_or(NotGrantable::Purpose)?;
    check_operations(grant, entry, purpose)?;
    check_fields(grant, entry)?;
    check_bindings(grant, entry)?;
    check_members(grant, consumer, provider)?;
    let limits_persons =
        [grant.budget.daily, grant.budget.total].iter().any(|it| it.persons.is_some());
    if limits_persons && !entry.personal {
        return Err(NotGrantable::Persons);
    }
    let chain = Chain::of(grant, entry, parties, &procedure.table);
    let longest = chain.demand().longest_days;
    if grant.until - grant.from > i64::from(longest) * DAY_MS {
        return Err(NotGrantable::TooLong(longest));
    }
    if !procedure.reviews.are_enough(grant) {
        return Err(NotGrantable::Unreviewed(procedure.reviews.every_days));
    }
    Ok(chain)
}

/// Checks that the operations exist and are for the purpose. A grant for listed persons needs
/// operations that name a person. An operation that searches by a field needs the field in the
/// grant, since searching discloses it.
fn check_operations(grant: &Grant, entry: &Entry, purpose: &Purpose) -> Result<(), NotGrantable> {
    for id in &grant.operations {
        let operation = entry.operations.iter().find(|operation| operation.id == *id);
        let operation = operation.ok_or_else(|| NotGrantable::Operation(id.clone()))?;
        if !purpose.allows(operation.mode, entry.category) {
            return Err(NotGrantable::Purpose);
        }
    }
    let granted = || entry.operations.iter().filter(|one| grant.operations.contains(&one.id));
    let asks_nobody = |operation: &&Operation| !operation.parameters.iter().any(|it| it.subject);
    if let Some(operation) = granted().find(asks_nobody)
        && grant.subjects.is_some()
    {
        return Err(NotGrantable::Nobody(operation.id.clone()));
    }
    for parameter in granted().flat_map(|one| &one.parameters).filter(|one| one.required) {
        let field = parameter.searches.map(|ix| entry.fields[usize::from(ix)].path.to_string());
        if let Some(path) = field.filter(|path| !grant.fields.contains_key(&**path)) {
            return Err(NotGrantable::Unseen {
                parameter: parameter.name.clone(),
                field: path.into(),
            });
        }
    }
    Ok(())
}

/// Checks that the fields exist, at the level that the grant states.
fn check_fields(grant: &Grant, entry: &Entry) -> Result<(), NotGrantable> {
    for (path, level) in &grant.fields {
        let field = entry.fields.iter().find(|field| *field.path.to_string() == **path);
        let field = field.ok_or_else(|| NotGrantable::Field(path.clone()))?;
        if field.level.number() != *level {
            return Err(NotGrantable::Level(path.clone()));
        }
    }
    Ok(())
}

/// Checks that each value to which a parameter is tied passes the rule of a parameter of that name.
fn check_bindings(grant: &Grant, entry: &Entry) -> Result<(), NotGrantable> {
    for (name, value) in &grant.bindings {
        let parameters = entry.operations.iter().flat_map(|operation| &operation.parameters);
        let mut of_it = parameters.filter(|parameter| parameter.name == *name).peekable();
        if of_it.peek().is_none() {
            return Err(NotGrantable::Parameter(name.clone()));
        }
        if !of_it.any(|parameter| parameter.rule.read_text(value).is_ok()) {
            return Err(NotGrantable::Value(name.clone()));
        }
    }
    Ok(())
}

/// Checks that the systems belong to the consumer, and that operators and responsible people are
/// active people of their departments.
fn check_members(
    grant: &Grant,
    consumer: &Department,
    provider: &Department,
) -> Result<(), NotGrantable> {
    let is_foreign = |id: &&Name| !consumer.systems.iter().any(|system| system.id == **id);
    if let Some(id) = grant.systems.iter().find(is_foreign) {
        return Err(NotGrantable::System(id.clone()));
    }
    let own = grant.operators.iter().chain([&grant.responsible.consumer]);
    let people = own.map(|id| (consumer, id)).chain([(provider, &grant.responsible.provider)]);
    for (department, id) in people {
        if !department.person(id.as_str()).is_some_and(|person| person.active) {
            let department = department.id.clone();
            return Err(NotGrantable::Person { department, id: id.clone() });
        }
    }
    Ok(())
}

fn term(grant: &Grant, until: UnixMillis, consumer: u32) -> Option<Term> {
    let case = match &grant.case {
        None => CaseRule::Optional,
        Some(case) => {
            CaseRule::Required(Some(Patterns::default().compile(&regex::escape(case)).ok()?))
        }
    };
    let bindings = grant.bindings.iter().map(|(parameter, value)| Binding {
        parameter: parameter.clone(),
        to: Bound::Exactly(value.clone()),
    });
    let operators = if grant.operators.is_empty() {
        Operators::Required
    } else {
        Operators::Listed(grant.operators.clone())
    };
    let rate = grant.rate.map_or(DEFAULT_RATE, |requests| Rate { requests, ..DEFAULT_RATE });
    Some(Term {
        id: grant.id.as_str().into(),
        granted: true,
        consumers: Consumers::Departments(vec![consumer]),
        systems: grant.systems.clone(),
        modes: Vec::new(),
        purposes: Purposes::Listed(vec![grant.purpose.clone()]),
        case,
        consent: false,
        operators,
        bindings: bindings.collect(),
        lookups: Vec::new(),
        view: 0,
        rates: vec![rate],
        operator_rates: Vec::new(),
        budget: grant.budget.budget(),
        from: Some(grant.from),
        until: Some(until),
        review: None,
        tells_case: false,
        tells_consent: false,
        tells_operator: false,
        confidential: false,
        obligations: Obligations {
            legal_basis: Some(grant.legal_basis.clone()),
            agreement: None,
            retention: grant.retention.clone(),
            onward_transfer: false,
        },
    })
}

/// The view of a grant: the pinned fields that the entry still has, in clear if their level is no
/// higher than was approved, masked or dropped otherwise.
fn view(grant: &Grant, entry: &Entry) -> View {
    View::up_to(&entry.fields, &entry.conditions, |_, field| {
        grant.fields.get(&*field.path.to_string()).and_then(|level| Level::new(*level))
    })
}

impl fmt::Display for NotGrantable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotGrantable::Consumer => f.write_str("the consumer is no active department"),
            NotGrantable::Entry => f.write_str("there is no such entry"),
            NotGrantable::Operation(id) => write!(f, "the entry has no operation `{id}`"),
            NotGrantable::Field(path) => write!(f, "the entry has no field `{path}`"),
            NotGrantable::Level(path) => {
                write!(f, "`{path}` has another level by now; write the grant anew")
            }
            NotGrantable::Purpose => f.write_str(
                "the purpose is not registered, or not for these operations and this kind of data",
            ),
            NotGrantable::System(id) => write!(f, "the consumer has no system `{id}`"),
            NotGrantable::Person { department, id } => {
                write!(f, "{department} has no active person `{id}`")
            }
            NotGrantable::Value(name) => write!(f, "the parameter `{name}` takes no such value"),
            NotGrantable::Parameter(name) => write!(f, "no operation has a parameter `{name}`"),
            NotGrantable::Unseen { parameter, field } => write!(
                f,
                "`{parameter}` searches by `{field}`, which must then be among `fields`: who may search by a \
                 field learns it"
            ),
            NotGrantable::Nobody(id) => write!(
                f,
                "the operation `{id}` names no person, so it can't be for `subjects` alone; leave one of the \
                 two out"
            ),
            NotGrantable::TooLong(days) => {
                write!(f, "a grant of this weight is for {days} days at most")
            }
            NotGrantable::Unreviewed(days) => write!(
                f,
                "it must name `reviews`: dates at most {days} days apart, from its beginning to its end"
            ),
            NotGrantable::Persons => f.write_str(
                "the entry is not about persons: its budget limits requests, records or bytes",
            ),
            NotGrantable::Own => f.write_str("a department needs no grant for its own data"),
        }
    }
}

impl std::error::Error for NotGrantable {}
