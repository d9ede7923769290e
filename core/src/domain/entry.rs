//! A catalog entry: what is shared, how it is asked for, and what it is made of.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use super::condition::Condition;
use super::field_path::FieldPath;
use super::mask::Mask;
use super::name::Name;
use super::parameter::{Parameter, ParameterLocation};
use super::terms::Term;
use super::view::View;

/// Most fields an entry can declare.
pub const MAX_FIELDS: usize = 1024;

/// How sensitive a thing is: 1 (open to all departments) to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Level(u8);

impl Level {
    /// The least level.
    pub const LEAST: Level = Level(1);

    /// A level from 1 to 4.
    pub fn new(level: u8) -> Option<Level> {
        (1..=4).contains(&level).then_some(Level(level))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

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

/// How an entry is shared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Class {
    /// With every active department.
    Unconditional,
    /// By terms or grants only.
    Restricted,
    /// Not, except by a grant whose approval chain says so.
    NonShared(Withholding),
}

/// A class without its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Sharing {
    Unconditional,
    Restricted,
    NonShared,
}

impl Class {
    /// The class alone.
    pub fn sharing(&self) -> Sharing {
        match self {
            Class::Unconditional => Sharing::Unconditional,
            Class::Restricted => Sharing::Restricted,
            Class::NonShared(_) => Sharing::NonShared,
        }
    }

    /// The words of all classes.
    pub const WORDS: [&'static str; 3] = ["unconditional", "restricted", "non-shared"];

    /// The word in catalog files and lists.
    pub fn as_str(&self) -> &'static str {
        let [unconditional, restricted, non_shared] = Class::WORDS;
        match self {
            Class::Unconditional => unconditional,
            Class::Restricted => restricted,
            Class::NonShared(_) => non_shared,
        }
    }
}

/// Why an entry is not shared: it stands on the negative list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withholding {
    /// The reason, in words that every department may read.
    pub reason: Box<str>,
    /// The law it rests on.
    pub legal_basis: Box<str>,
    /// The office that approved it.
    pub approver: Box<str>,
}

/// What kind of data an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Category {
    /// Identifying codes of people, cases, things, places, organisations.
    Base,
    /// Data of a department's business.
    Business,
    /// Traces, status and analysis: for related persons only.
    Trace,
}

impl Category {
    /// All categories.
    pub const ALL: [Category; 3] = [Category::Base, Category::Business, Category::Trace];

    /// The word in catalog files, lists and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Base => "base",
            Category::Business => "business",
            Category::Trace => "trace",
        }
    }
}

/// Whether the data is opened to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Open {
    Unconditional,
    Restricted,
    #[default]
    Prohibited,
}

impl Open {
    /// All there is to say of it.
    pub const ALL: [Open; 3] = [Open::Unconditional, Open::Restricted, Open::Prohibited];

    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Open::Unconditional => "unconditional",
            Open::Restricted => "restricted",
            Open::Prohibited => "prohibited",
        }
    }
}

/// Whether the provider is where the data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Origin {
    Source,
    Copy,
}

impl Origin {
    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Source => "source",
            Origin::Copy => "copy",
        }
    }
}

/// A way of use (requirement S13). `verify` and `statistics` come with their engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// One record, by its identifier.
    Query,
    /// Several records, by other fields.
    Search,
    /// Whole data sets; only ever under an approved grant.
    Bulk,
    /// Towards the provider.
    Submit,
}

impl Mode {
    /// All ways of use.
    pub const ALL: [Mode; 4] = [Mode::Query, Mode::Search, Mode::Bulk, Mode::Submit];

    /// The word in catalog files, records and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Query => "query",
            Mode::Search => "search",
            Mode::Bulk => "bulk",
            Mode::Submit => "submit",
        }
    }
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

/// A field of an entry's records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Where it stands in a record.
    pub path: FieldPath,
    /// What it is called, for people.
    pub title: Box<str>,
    /// What its value is.
    pub kind: FieldKind,
    /// How sensitive it is.
    pub level: Level,
    /// What stands in its place for those without the clearance.
    pub mask: Option<Mask>,
    /// Usable under an approved grant only, whatever the terms say.
    pub approval: bool,
}

/// What a field's value is. Anything else in its place is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum FieldKind {
    Text,
    Number,
    Boolean,
}

impl FieldKind {
    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Number => "number",
            FieldKind::Boolean => "boolean",
        }
    }
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

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// A host name in lower case, or an address literal without brackets.
    pub host: Box<str>,
    /// A TCP port.
    pub port: u16,
}

impl Address {
    /// Reads `host:port` or `[v6]:port`.
    pub fn parse(text: &str) -> Option<Address> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let host = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
            None => host.to_ascii_lowercase(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
            return None;
        }
        Some(Address { host: host.into(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
