//! Stops: entries, departments, systems, people and grants that are stopped at once, whatever the
//! catalog says.

use std::collections::BTreeSet;
use std::fmt;

use super::entry::Entry;
use super::identity::{Identity, Kind};
use super::name::Name;
use super::rejection::{Rejection, Suspended};

/// A thing that can be stopped. Written as `entry/health/beds`, `department/health`,
/// `system/health/desk`, `person/health/wang`, `grant/g-7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StopTarget {
    /// An entry, by department and id.
    Entry(Name, Name),
    /// A department, both as consumer and as provider.
    Department(Name),
    /// A system of a department.
    System(Name, Name),
    /// A person of a department, both as operator and in the administration.
    Person(Name, Name),
    /// A temporary grant.
    Grant(Name),
}

/// The set of all things that are stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops(BTreeSet<StopTarget>);

impl StopTarget {
    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Option<StopTarget> {
        let name = |text: &str| Name::parse(text).ok();
        let parts: Vec<&str> = text.split('/').collect();
        Some(match parts.as_slice() {
            ["entry", department, entry] => StopTarget::Entry(name(department)?, name(entry)?),
            ["department", id] => StopTarget::Department(name(id)?),
            ["system", department, id] => StopTarget::System(name(department)?, name(id)?),
            ["person", department, id] => StopTarget::Person(name(department)?, name(id)?),
            ["grant", id] => StopTarget::Grant(name(id)?),
            _ => return None,
        })
    }
}

impl Stops {
    /// A set of these targets.
    pub fn of(all: impl IntoIterator<Item = StopTarget>) -> Stops {
        Stops(all.into_iter().collect())
    }

    /// Iterates over the targets, in order.
    pub fn iter(&self) -> impl Iterator<Item = &StopTarget> {
        self.0.iter()
    }

    /// Tells whether a target is stopped.
    pub fn contains(&self, target: &StopTarget) -> bool {
        // Most of the time nothing is stopped.
        !self.0.is_empty() && self.0.contains(target)
    }

    /// Requires that a system may call, or a person may administrate.
    ///
    /// # Errors
    /// The rejection names the part that is stopped: the department or the member.
    pub fn admits(&self, peer: &Identity) -> Result<(), Rejection> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (department, id) = (peer.department.clone(), peer.id.clone());
        let own = match peer.kind {
            Kind::System => StopTarget::System(department.clone(), id),
            Kind::Person => StopTarget::Person(department.clone(), id),
        };
        if self.contains(&StopTarget::Department(department)) {
            return Err(Rejection::PeerSuspended(Suspended::Department));
        }
        if self.contains(&own) { Err(Rejection::PeerSuspended(Suspended::System)) } else { Ok(()) }
    }

    /// Requires that an entry may be asked.
    ///
    /// # Errors
    /// The entry or its provider is stopped.
    pub fn opens(&self, entry: &Entry) -> Result<(), Rejection> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (provider, id) = (entry.id.department(), entry.id.entry());
        if self.contains(&StopTarget::Department(provider.clone())) {
            return Err(Rejection::ProviderSuspended);
        }
        if self.contains(&StopTarget::Entry(provider.clone(), id.clone())) {
            Err(Rejection::EntrySuspended)
        } else {
            Ok(())
        }
    }

    /// Requires that a person of a department may be named as the operator.
    ///
    /// # Errors
    /// The person is stopped.
    pub fn admits_operator(&self, department: &Name, id: Option<&str>) -> Result<(), Rejection> {
        let Some(id) = id.filter(|_| !self.0.is_empty()) else { return Ok(()) };
        let person = Name::parse(id).ok().map(|id| StopTarget::Person(department.clone(), id));
        if person.is_some_and(|person| self.contains(&person)) {
            Err(Rejection::OperatorSuspended)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for StopTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopTarget::Entry(department, id) => write!(f, "entry/{department}/{id}"),
            StopTarget::Department(id) => write!(f, "department/{id}"),
            StopTarget::System(department, id) => write!(f, "system/{department}/{id}"),
            StopTarget::Person(department, id) => write!(f, "person/{department}/{id}"),
            StopTarget::Grant(id) => write!(f, "grant/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_reads_back_and_nothing_else_is_one() {
        for text in ["entry/a/b", "department/a", "system/a/b", "person/a/b", "grant/g-7"] {
            assert_eq!(StopTarget::parse(text).unwrap().to_string(), text);
        }
        for wrong in
            ["", "entry/a", "department/a/b", "system/A/b", "draft/d-1", "grant/", "entry/a/b/c"]
        {
            assert_eq!(StopTarget::parse(wrong), None, "{wrong}");
        }
    }
}
