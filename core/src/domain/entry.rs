//! A catalog entry: what is shared, how it is asked for, and what it is made of.

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

/// Whose entry it is and what it is called there: `civil-affairs/marriage`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId {
    joined: Box<str>,
    department: Name,
    entry: Name,
}

impl EntryId {
    /// An entry of a department.
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

/// As department and entry.
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
    /// Whose it is and what it is called.
    pub id: EntryId,
    /// What readers of the catalog see of it.
    pub about: About,
    /// How it is shared.
    pub class: Class,
    /// What kind of data it is.
    pub category: Category,
    /// Its level as a whole.
    pub level: Level,
    /// Whether its records are about persons.
    pub personal: bool,
    /// Whether the provider is where the data comes from.
    pub origin: Origin,
    /// An inactive entry is refused at once.
    pub active: bool,
    /// How it can be asked for.
    pub operations: Vec<Operation>,
    /// What its records are made of. An opaque entry's one field is the whole.
    pub fields: Vec<Field>,
    /// The media types of an entry of files, which are shown whole or not at all.
    pub opaque: Vec<Box<str>>,
    /// What its records say of themselves that changes what may be seen of them.
    pub conditions: Vec<Condition>,
    /// Who may use it, in the order in which they are tried.
    pub terms: Vec<Term>,
    /// The distinct views of its terms.
    pub views: Vec<View>,
    /// Where the provider answers; none for a non-shared entry.
    pub upstream: Option<Upstream>,
}

/// What readers of the catalog see of an entry: the core fields of the national guide.
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
    /// What it holds, in a sentence or two.
    pub summary: Option<Box<str>>,
    /// The data standard its records follow.
    pub standard: Option<Box<str>>,
    /// How often it is renewed, as an ISO 8601 duration.
    pub update_cycle: Option<Box<str>>,
    /// When it was first published, as an ISO 8601 date.
    pub published: Option<Box<str>>,
    /// Codes of entries that belong with it, here or in other offices' catalogs.
    pub related: Vec<Box<str>>,
    /// The department or office that answers for it, at or below the provider; none where that is
    /// the provider itself.
    pub responsible: Option<Name>,
    /// Whom to ask: an office, a telephone number, an address; never a private person.
    pub contact: Box<str>,
    /// Whether it is opened to the public.
    pub open: Open,
}

impl Entry {
    /// The department or office that answers for it.
    pub fn responsible(&self) -> &Name {
        self.about.responsible.as_ref().unwrap_or(self.id.department())
    }

    /// Whether its answers are files, which nobody looks into.
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

    /// Reads a method; others than these are no operation's.
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
    /// What the request may say.
    pub parameters: Vec<Parameter>,
    /// Where in the answer its records stand: `$` for one record, `$[*]`, `$.items[*]`.
    pub records: FieldPath,
    /// What passes beside the records, such as a total.
    pub envelope: Vec<FieldPath>,
    /// Where in a record the identifiers of persons stand.
    pub subjects: Vec<FieldPath>,
    /// Most records in an answer.
    pub max_records: u32,
    /// Usable under an approved grant only, whatever the terms say.
    pub approval: bool,
    /// Whether the log must know of it before the provider is asked. It always must where a
    /// provider is asked to change something.
    pub intent: bool,
}

impl Operation {
    /// Whether a request to it has a body.
    pub fn has_body(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.place == ParameterLocation::Body)
    }

    /// Whether no term reaches it.
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
    /// This very text.
    Literal(Box<str>),
    /// The operation's parameter of that index.
    Parameter(u16),
}

/// Where the provider answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upstream {
    /// Host names or address literals with their ports, tried in turn.
    pub addresses: Vec<Address>,
    /// What stands before the operation's path, such as `/api/v2`; empty for none.
    pub base_path: Box<str>,
    /// From the first byte sent to the last received, in milliseconds.
    pub total_timeout_ms: u32,
}
