//! The registry: the departments, their systems and people, and the purposes of exchanges.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::address::Address;
use super::classification::{Category, Mode};
use super::identity::{Identity, Kind};
use super::index::DepartmentIx;
use super::name::Name;
use super::rate::Rate;

/// The departments and the purposes that the gateway knows.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    departments: Vec<Department>,
    purposes: Vec<Purpose>,
    by_id: HashMap<Name, DepartmentIx, foldhash::fast::RandomState>,
    purpose_numbers: HashMap<Name, u32, foldhash::fast::RandomState>,
    /// A number for each system id. Systems of different departments can share an id, and then its
    /// number.
    system_numbers: HashMap<Name, u32, foldhash::fast::RandomState>,
}

/// A department with its systems and people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Department {
    /// Its id in paths and certificates.
    pub id: Name,
    /// Its name, in Chinese or as the catalog's readers write it.
    pub title: Box<str>,
    /// Its name in English, if given.
    pub title_en: Option<Box<str>>,
    /// Its code: a unified social credit code (GB 32100), or one of the office's own.
    pub code: Option<Box<str>>,
    /// The department it stands under.
    pub parent: Option<Name>,
    /// Tags by which terms can name it together with similar departments, such as `district`.
    pub tags: Vec<Name>,
    /// Its administrative division code (GB/T 2260), which row bindings refer to.
    pub region: Option<Box<str>>,
    /// False for a department that may neither call nor provide.
    pub active: bool,
    /// Addresses at which its provider systems may stand.
    pub upstream_addresses: Vec<AllowedAddress>,
    /// The rates at which all consumers together may call its entries, as [`super::rate::in_order`]
    /// orders them.
    pub rates: Vec<Rate>,
    /// Its programs.
    pub systems: Vec<Member>,
    /// Its people.
    pub people: Vec<Member>,
}

/// A system or a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Its id within the department.
    pub id: Name,
    /// False for a member who is refused at once. Members are never deleted, since the log names
    /// them.
    pub active: bool,
    /// Roles of a person; empty for systems.
    pub roles: Vec<Role>,
}

/// The role of a person towards the gateway and its catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Role {
    Maintainer,
    Reviewer,
    Approver,
    Auditor,
    Operator,
    Applicant,
    SectionHead,
    Leader,
}

impl Role {
    /// All roles, in the order of their names' first use.
    pub const ALL: [Role; 8] = [
        Role::Maintainer,
        Role::Reviewer,
        Role::Approver,
        Role::Auditor,
        Role::Operator,
        Role::Applicant,
        Role::SectionHead,
        Role::Leader,
    ];

    /// The word in the registry and in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Maintainer => "maintainer",
            Role::Reviewer => "reviewer",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
            Role::Operator => "operator",
            Role::Applicant => "applicant",
            Role::SectionHead => "section-head",
            Role::Leader => "leader",
        }
    }
}

/// A registered purpose of exchanges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Purpose {
    /// Its code in `Exchange-Purpose`.
    pub code: Name,
    /// Its meaning in a few words.
    pub title: Box<str>,
    /// Its scope, if there is more to say.
    pub description: Option<Box<str>>,
    /// The ways of use that it allows; empty means all.
    pub modes: Vec<Mode>,
    /// The kinds of data that it allows; empty means all.
    pub categories: Vec<Category>,
}

impl Purpose {
    /// Tells whether data of a category may be used so for this purpose.
    pub fn allows(&self, mode: Mode, category: Category) -> bool {
        (self.modes.is_empty() || self.modes.contains(&mode))
            && (self.categories.is_empty() || self.categories.contains(&category))
    }
}

/// A place at which a department's provider systems may stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllowedAddress {
    /// A host by name or literal address, and its port.
    Host {
        /// Lower-case host name or address literal.
        host: Box<str>,
        /// TCP port.
        port: u16,
    },
    /// An address range, any port. If a department has ranges, a host name's resolved address must
    /// lie in one of them, too.
    Range(ipnet::IpNet),
}

impl AllowedAddress {
    /// Reads `host:port`, `[v6]:port`, or a range such as `10.20.0.0/16`.
    pub fn parse(text: &str) -> Option<AllowedAddress> {
        if let Ok(range) = text.parse() {
            return Some(AllowedAddress::Range(range));
        }
        let Address { host, port } = Address::parse(text)?;
        Some(AllowedAddress::Host { host, port })
    }
}

impl Registry {
    /// Indexes departments and purposes. Ids are expected to be unique; the first of duplicates is
    /// found, and the catalog check reports the others.
    pub fn new(departments: Vec<Department>, purposes: Vec<Purpose>) -> Registry {
        let mut by_id = HashMap::default();
        for (ix, department) in departments.iter().enumerate() {
            by_id.entry(department.id.clone()).or_insert(ix as DepartmentIx);
        }
        let mut purpose_numbers = HashMap::default();
        for (ix, purpose) in purposes.iter().enumerate() {
            purpose_numbers.entry(purpose.code.clone()).or_insert(ix as u32);
        }
        let mut system_numbers = HashMap::default();
        for system in departments.iter().flat_map(|department| &department.systems) {
            let next = system_numbers.len() as u32;
            system_numbers.entry(system.id.clone()).or_insert(next);
        }
        Registry { departments, purposes, by_id, purpose_numbers, system_numbers }
    }

    /// All departments, by their index.
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }

    /// All purposes.
    pub fn purposes(&self) -> &[Purpose] {
        &self.purposes
    }

    /// Finds the department of that id, with its index.
    pub fn department(&self, id: &str) -> Option<(DepartmentIx, &Department)> {
        let ix = *self.by_id.get(id)?;
        Some((ix, &self.departments[ix as usize]))
    }

    /// The roles of an active person of an active department; none for anybody else.
    pub fn roles_of(&self, identity: &Identity) -> Option<&[Role]> {
        if identity.kind != Kind::Person {
            return None;
        }
        let (_, department) = self.department(identity.department.as_str())?;
        let person = department.person(identity.id.as_str())?;
        (department.active && person.active).then_some(&*person.roles)
    }

    /// Tells whether a department stands below another, however far.
    pub fn stands_below(&self, department: &Department, above: &Name) -> bool {
        let mut parent = department.parent.as_ref();
        // A way up has at most as many steps as there are departments. A circle, which the catalog
        // check reports, ends here too.
        for _ in 0..self.departments.len() {
            let Some(id) = parent else { return false };
            if id == above {
                return true;
            }
            parent = self.department(id.as_str()).and_then(|(_, found)| found.parent.as_ref());
        }
        false
    }

    /// Finds the purpose of that code.
    pub fn purpose(&self, code: &str) -> Option<&Purpose> {
        self.purpose_number(code).map(|ix| &self.purposes[ix])
    }

    /// Finds the index of the purpose of that code.
    pub(super) fn purpose_number(&self, code: &str) -> Option<usize> {
        self.purpose_numbers.get(code).map(|ix| *ix as usize)
    }

    /// The number of a system's id. Systems of different departments with one id share it.
    pub(super) fn system_number(&self, id: &Name) -> Option<u32> {
        self.system_numbers.get(id).copied()
    }
}

/// Written as an object of departments and purposes.
impl Serialize for Registry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.departments, &self.purposes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Registry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Registry, D::Error> {
        let (departments, purposes) = Deserialize::deserialize(deserializer)?;
        Ok(Registry::new(departments, purposes))
    }
}

impl Department {
    /// Finds the system of that id.
    pub fn system(&self, id: &str) -> Option<&Member> {
        self.systems.iter().find(|member| member.id == id)
    }

    /// Finds the person of that id.
    pub fn person(&self, id: &str) -> Option<&Member> {
        self.people.iter().find(|member| member.id == id)
    }

    /// Tells whether a provider system of this department may stand at this host and port.
    pub fn allows_address(&self, host: &str, port: u16) -> bool {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        self.upstream_addresses.iter().any(|allowed| match allowed {
            AllowedAddress::Host { host: name, port: only } => {
                *only == port && name.eq_ignore_ascii_case(host)
            }
            AllowedAddress::Range(range) => literal.is_some_and(|ip| range.contains(&ip)),
        })
    }

    /// Tells whether a host name of this department may resolve to this address.
    pub fn allows_resolved(&self, ip: IpAddr) -> bool {
        let mut ranges = self.upstream_addresses.iter().filter_map(|allowed| match allowed {
            AllowedAddress::Range(range) => Some(range),
            AllowedAddress::Host { .. } => None,
        });
        match ranges.next() {
            None => true,
            Some(first) => first.contains(&ip) || ranges.any(|range| range.contains(&ip)),
        }
    }
}
