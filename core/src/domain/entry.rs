//! Catalog entries: the shared data, the operations that ask for it, and its fields.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::address::Address;
use super::classification::{Category, Class, Level, Mode, Open, Origin};
use super::condition::Condition;
use super::field::Field;
use super::field_path::FieldPath;
use super::name::Name;
use super::parameter::{Parameter, ParameterLocation};
use super::terms::Term;
use super::view::View;

/// Most fields an entry can declare.
pub const MAX_FIELDS: usize = 1024;

/// An entry's provider and its id there: `civil-affairs/marriage`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId {
    joined: Box<str>,
    department: Name,
    entry: Name,
}

impl EntryId {
    /// Joins a department's id and an entry's id.
    pub fn new(department: Name, entry: Name) -> EntryId {
        EntryId { joined: format!("{department}/{entry}").into(), department, entry }
    }

    /// The provider department.
    pub fn department(&self) -> &Name {
        &self.department
    }

    /// The entry's id within the department.
    pub fn entry(&self) -> &Name {
        &self.entry
    }

    /// `department/entry`.
    pub fn as_str(&self) -> &str {
        &self.joined
    }
}

/// Written as an object of department and entry.
impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.department, &self.entry).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EntryId, D::Error> {
        let (department, entry) = Deserialize::deserialize(deserializer)?;
        Ok(EntryId::new(department, entry))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.joined, f)
    }
}

/// A published information resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its provider and its id there.
    pub id: EntryId,
    /// The description for readers of the catalog.
    pub about: About,
    /// The sharing class.
    pub class: Class,
    /// The kind of data.
    pub category: Category,
    /// The level of the entry as a whole.
    pub level: Level,
    /// True if its records are about persons.
    pub personal: bool,
    /// The origin of the data: the provider itself, or another source.
    pub origin: Origin,
    /// False for an entry that is refused at once.
    pub active: bool,
    /// The ways to ask it.
    pub operations: Vec<Operation>,
    /// The fields of its records. An opaque entry has one field, which is the whole file.
    pub fields: Vec<Field>,
    /// The media types of an entry of files, which are shown whole or not at all; empty for other
    /// entries.
    pub opaque: Vec<Box<str>>,
    /// The conditions by which values within a record change what may be seen of it.
    pub conditions: Vec<Condition>,
    /// The terms, in the order in which they are tried.
    pub terms: Vec<Term>,
    /// The distinct views of its terms.
    pub views: Vec<View>,
    /// The provider's addresses; none for a non-shared entry.
    pub upstream: Option<Upstream>,
}

/// The description of an entry for readers of the catalog: the core fields of the national guide.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct About {
    /// Its name.
    pub title: Box<str>,
    /// Its name in English, if given.
    pub title_en: Option<Box<str>>,
    /// Its code in the catalog of the exchange office.
    pub code: Option<Box<str>>,
    /// Its place in the classification.
    pub classification: Option<Box<str>>,
    /// A summary of its contents, in a sentence or two.
    pub summary: Option<Box<str>>,
    /// The data standard its records follow.
    pub standard: Option<Box<str>>,
    /// The interval at which it is renewed, as an ISO 8601 duration.
    pub update_cycle: Option<Box<str>>,
    /// The date of first publication (ISO 8601).
    pub published: Option<Box<str>>,
    /// Codes of entries that belong with it, here or in other offices' catalogs.
    pub related: Vec<Box<str>>,
    /// The department or office that answers for it, at or below the provider; none where that is
    /// the provider itself.
    pub responsible: Option<Name>,
    /// The contact for questions: an office, a telephone number, an address; never a private
    /// person.
    pub contact: Box<str>,
    /// The openness to the public.
    pub open: Open,
}

impl Entry {
    /// The department or office that answers for it.
    pub fn responsible(&self) -> &Name {
        self.about.responsible.as_ref().unwrap_or(self.id.department())
    }

    /// Tells whether the entry's answers are files, which the gateway does not read.
    pub fn is_opaque(&self) -> bool {
        !self.opaque.is_empty()
    }
}

/// An HTTP method that operations use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
}

impl Method {
    /// The method as RFC 9110 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
        }
    }

    /// Reads a method; none for a method that no operation uses.
    pub fn parse(text: &str) -> Option<Method> {
        [Method::Get, Method::Post, Method::Put].into_iter().find(|m| m.as_str() == text)
    }
}

/// One way to ask an entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// Its id within the entry.
    pub id: Name,
    /// The method.
    pub method: Method,
    /// The path below the entry.
    pub template: Template,
    /// The way of use.
    pub mode: Mode,
    /// The declared parameters of a request.
    pub parameters: Vec<Parameter>,
    /// The path of the records in the answer: `$` for one record, `$[*]`, `$.items[*]`.
    pub records: FieldPath,
    /// The paths that pass beside the records, such as a total.
    pub envelope: Vec<FieldPath>,
    /// The paths of persons' identifiers in a record.
    pub subjects: Vec<FieldPath>,
    /// Most records in an answer.
    pub max_records: u32,
    /// True if it is usable under an approved grant only, whatever the terms say.
    pub approval: bool,
    /// True if the log must hold an intent before the provider is asked. An operation that changes
    /// something at the provider always has one.
    pub intent: bool,
}

impl Operation {
    /// Tells whether a request to it has a body.
    pub fn has_body(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.place == ParameterLocation::Body)
    }

    /// Tells whether no term reaches the operation, so that only grants permit it.
    pub fn is_for_grants_only(&self) -> bool {
        self.approval || self.mode == Mode::Bulk
    }
}

/// A path template: literal segments and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The segments below the entry; none for the entry itself.
    pub segments: Vec<Segment>,
}

/// A segment of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Segment {
    /// A literal text.
    Literal(Box<str>),
    /// The operation's parameter of that index.
    Parameter(u16),
}

/// The provider's addresses, the path there, and the time it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upstream {
    /// Host names or address literals with their ports, tried in turn.
    pub addresses: Vec<Address>,
    /// The path before the operation's own, such as `/api/v2`; empty for none.
    pub base_path: Box<str>,
    /// Time from the first byte sent to the last received, in milliseconds.
    pub total_timeout_ms: u32,
}
