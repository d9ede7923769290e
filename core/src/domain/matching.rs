//! Matches a request to an operation and its arguments, in three steps that each leave a value
//! which the next one demands: [`identify`], [`locate`], [`match_arguments`]. Outside this package
//! only these functions make those values. [`Matched`] holds all that is forwarded: the path, query
//! and body sent on are rendered from it, never copied.

mod body;

use std::borrow::Cow;

use self::body::BodyMembers;
use super::classification::Class;
use super::entry::{Entry, Method, Operation, Segment};
use super::identity::{Identity, Kind};
use super::index::{DepartmentIx, EntryIx};
use super::parameter::{Parameter, ParameterLocation, ParameterValue, Unfit};
use super::policy::Policy;
use super::rejection::{
    Malformed, NotInCatalog, Rejection, Suspended, TooLarge, Undeclared, UnknownPeer,
};
use super::target::{BadTarget, QueryPart, Target, encode_into};

/// A caller whom the registry knows and lets call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Identified<'a> {
    /// The verified identity.
    pub identity: &'a Identity,
    /// Its department.
    pub department: DepartmentIx,
    /// The number of its id among the ids of systems, as [`Registry::system_number`] gives it.
    pub(super) system: u32,
}

/// An operation that the request's method and path name, with the arguments found there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Located {
    /// The entry.
    pub entry: EntryIx,
    /// The operation's index in the entry.
    pub operation: u16,
    arguments: Vec<Argument>,
}

/// An operation with all its arguments, each passed by its rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Matched {
    /// The entry.
    pub entry: EntryIx,
    /// The operation's index in the entry.
    pub operation: u16,
    /// The arguments of path, query and body.
    pub arguments: Vec<Argument>,
}

/// A parameter with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The parameter's index in the operation.
    pub parameter: u16,
    /// Its value.
    pub value: ParameterValue,
}

/// Finds the caller in the registry.
///
/// # Errors
/// When the registry does not know the caller, knows it as a person, or has it inactive.
pub fn identify<'a>(policy: &Policy, identity: &'a Identity) -> Result<Identified<'a>, Rejection> {
    if identity.kind == Kind::Person {
        return Err(Rejection::UnknownPeer(UnknownPeer::Person));
    }
    let (department, registered) = policy
        .registry()
        .department(identity.department.as_str())
        .ok_or(Rejection::UnknownPeer(UnknownPeer::Department))?;
    let system = registered
        .system(identity.id.as_str())
        .ok_or(Rejection::UnknownPeer(UnknownPeer::System))?;
    match (registered.active, system.active) {
        (false, _) => Err(Rejection::PeerSuspended(Suspended::Department)),
        (true, false) => Err(Rejection::PeerSuspended(Suspended::System)),
        (true, true) => {
            let number = policy.registry().system_number(&identity.id);
            // A registered system has one.
            let number = number.ok_or(Rejection::UnknownPeer(UnknownPeer::System))?;
            Ok(Identified { identity, department, system: number })
        }
    }
}

/// Finds the entry that a target names, whether shared or not, active or not.
pub fn find_entry(policy: &Policy, target: &Target<'_>) -> Option<EntryIx> {
    match target.segments.as_slice() {
        [department, entry, ..] => policy.find(department, entry),
        _ => None,
    }
}

/// Finds the operation and takes the arguments of path and query. If the entry is not shared, only
/// callers with a grant for it (`granted`) learn more than that.
///
/// # Errors
/// When the entry or operation does not exist, is stopped or not shared, when the method is
/// another, or when an argument does not pass.
pub fn locate(
    policy: &Policy,
    granted: bool,
    method: &str,
    target: &Target<'_>,
) -> Result<Located, Rejection> {
    let ix = find_entry(policy, target).ok_or(Rejection::NotInCatalog(NotInCatalog::Entry))?;
    let entry = policy.entry(ix);
    require_open(policy, entry, granted)?;
    let below = &target.segments[2..];
    let fits = |operation: &Operation| fits_template(&operation.template.segments, below);
    let mut candidates = entry.operations.iter().enumerate().filter(|(_, o)| fits(o)).peekable();
    if candidates.peek().is_none() {
        return Err(Rejection::NotInCatalog(NotInCatalog::Operation));
    }
    let method = Method::parse(method);
    let mut allow = Vec::new();
    for (operation_ix, operation) in candidates {
        if Some(operation.method) == method {
            let mut arguments = Vec::with_capacity(operation.parameters.len());
            take_path(operation, below, &mut arguments)?;
            take_query(operation, &target.query, &mut arguments)?;
            return Ok(Located { entry: ix, operation: operation_ix as u16, arguments });
        }
        if !allow.contains(&operation.method) {
            allow.push(operation.method);
        }
    }
    Err(Rejection::MethodNotAllowed { allow })
}

/// Takes the arguments of the body and checks that nothing required is missing. `body` is empty
/// for a request without one.
///
/// # Errors
/// When the body can't be read in exactly one way, says something undeclared, or a value does not
/// pass.
pub fn match_arguments(
    policy: &Policy,
    located: Located,
    body: &[u8],
) -> Result<Matched, Rejection> {
    let Located { entry, operation, mut arguments } = located;
    let declared = &policy.entry(entry).operations[usize::from(operation)];
    if declared.has_body() {
        take_body(declared, body, &mut arguments)?;
    } else if !body.is_empty() {
        return Err(Rejection::RequestMalformed(Malformed::UnexpectedBody));
    }
    for (ix, parameter) in declared.parameters.iter().enumerate() {
        if parameter.required && !arguments.iter().any(|a| usize::from(a.parameter) == ix) {
            return Err(Rejection::ParameterMissing { name: parameter.name.clone() });
        }
    }
    Ok(Matched { entry, operation, arguments })
}

impl From<BadTarget> for Rejection {
    fn from(bad: BadTarget) -> Rejection {
        match bad {
            BadTarget::TooLong => Rejection::RequestTooLarge(TooLarge::Target),
            other => Rejection::RequestMalformed(Malformed::Target(other)),
        }
    }
}

/// Requires that an entry is shared, if only by grants (`granted`), and not stopped.
pub(super) fn require_open(policy: &Policy, entry: &Entry, granted: bool) -> Result<(), Rejection> {
    if !policy.provider(entry).is_some_and(|provider| provider.active) {
        return Err(Rejection::ProviderSuspended);
    }
    if !entry.active {
        return Err(Rejection::EntrySuspended);
    }
    match entry.class {
        Class::NonShared(_) if !granted => Err(Rejection::NonShared),
        Class::NonShared(_) | Class::Unconditional | Class::Restricted => Ok(()),
    }
}

fn fits_template(template: &[Segment], segments: &[Cow<'_, str>]) -> bool {
    template.len() == segments.len()
        && template.iter().zip(segments).all(|(part, segment)| match part {
            Segment::Literal(text) => **text == **segment,
            Segment::Parameter(_) => true,
        })
}

fn take_path(
    operation: &Operation,
    segments: &[Cow<'_, str>],
    arguments: &mut Vec<Argument>,
) -> Result<(), Rejection> {
    for (part, segment) in operation.template.segments.iter().zip(segments) {
        if let Segment::Parameter(parameter) = part {
            let declared = &operation.parameters[usize::from(*parameter)];
            let value = declared.rule.read_text(segment).map_err(|why| invalid(declared, why))?;
            arguments.push(Argument { parameter: *parameter, value });
        }
    }
    Ok(())
}

fn take_query(
    operation: &Operation,
    query: &[QueryPart<'_>],
    arguments: &mut Vec<Argument>,
) -> Result<(), Rejection> {
    for (position, (name, value)) in query.iter().enumerate() {
        let (ix, declared) = declared_at(operation, ParameterLocation::Query, name)
            .ok_or(Rejection::ParameterNotAllowed(Undeclared::Query(position as u16 + 1)))?;
        if arguments.iter().any(|argument| argument.parameter == ix) {
            return Err(invalid(declared, Unfit::Repeated));
        }
        let value = declared.rule.read_text(value).map_err(|why| invalid(declared, why))?;
        arguments.push(Argument { parameter: ix, value });
    }
    Ok(())
}

fn take_body(
    operation: &Operation,
    body: &[u8],
    arguments: &mut Vec<Argument>,
) -> Result<(), Rejection> {
    let BodyMembers(members) =
        serde_json::from_slice(body).map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
    for (position, (name, value)) in members.iter().enumerate() {
        let (ix, declared) = declared_at(operation, ParameterLocation::Body, name)
            .ok_or(Rejection::ParameterNotAllowed(Undeclared::Body(position as u16 + 1)))?;
        let value = value.read(&declared.rule).map_err(|why| invalid(declared, why))?;
        arguments.push(Argument { parameter: ix, value });
    }
    Ok(())
}

fn declared_at<'a>(
    operation: &'a Operation,
    place: ParameterLocation,
    name: &str,
) -> Option<(u16, &'a Parameter)> {
    let found = operation.parameters.iter().position(|p| p.place == place && *p.name == *name)?;
    Some((found as u16, &operation.parameters[found]))
}

fn invalid(parameter: &Parameter, why: Unfit) -> Rejection {
    Rejection::ParameterInvalid { name: parameter.name.clone(), why }
}

impl Located {
    /// The operation.
    pub fn operation<'a>(&self, policy: &'a Policy) -> &'a Operation {
        &policy.entry(self.entry).operations[usize::from(self.operation)]
    }
}

impl Matched {
    /// The operation.
    pub fn operation<'a>(&self, policy: &'a Policy) -> &'a Operation {
        &policy.entry(self.entry).operations[usize::from(self.operation)]
    }

    /// Finds the value of a parameter by its declared name.
    pub fn value(&self, policy: &Policy, name: &str) -> Option<&ParameterValue> {
        let operation = self.operation(policy);
        let found = |a: &&Argument| *operation.parameters[usize::from(a.parameter)].name == *name;
        self.arguments.iter().find(found).map(|argument| &argument.value)
    }

    /// Renders path and query as they are sent on: `base_path`, the template with its values, the
    /// query in the order in which it came.
    pub fn target(&self, policy: &Policy, base_path: &str) -> String {
        let operation = self.operation(policy);
        let value_of = |parameter: u16| {
            let argument = self.arguments.iter().find(|a| a.parameter == parameter);
            argument.map(|a| a.value.to_string()).unwrap_or_default()
        };
        let mut target = String::with_capacity(base_path.len() + 64);
        target.push_str(base_path);
        for segment in &operation.template.segments {
            target.push('/');
            match segment {
                Segment::Literal(text) => encode_into(text, &mut target),
                Segment::Parameter(ix) => encode_into(&value_of(*ix), &mut target),
            }
        }
        if target.is_empty() {
            target.push('/');
        }
        let mut separator = '?';
        for argument in &self.arguments {
            let parameter = &operation.parameters[usize::from(argument.parameter)];
            if parameter.place == ParameterLocation::Query {
                target.push(separator);
                separator = '&';
                encode_into(&parameter.name, &mut target);
                target.push('=');
                encode_into(&argument.value.to_string(), &mut target);
            }
        }
        target
    }

    /// Renders the body that is sent on, if the operation has one: an object of the declared
    /// members, in alphabetical order.
    pub fn body(&self, policy: &Policy) -> Option<Vec<u8>> {
        let operation = self.operation(policy);
        if !operation.has_body() {
            return None;
        }
        let named = |argument: &'_ Argument| {
            let parameter = &operation.parameters[usize::from(argument.parameter)];
            (parameter.place == ParameterLocation::Body).then_some(&*parameter.name)
        };
        let members = self.arguments.iter().filter_map(|one| Some((named(one)?, &one.value)));
        let mut members: Vec<_> = members.collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        Some(body::write(&members))
    }
}
