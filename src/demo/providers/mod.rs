//! What each department's own system answers: a function from request to answer, without sockets.
//!
//! The answers are those of real systems: they hold more than the catalog declares (row ids,
//! notes of officers, internal scores), numbers of 18 digits, amounts like `1130.00`, and error
//! answers that repeat what was asked. All of that is for the gateway to hold back or let
//! through untouched.

mod civil_affairs;
mod health;
mod human_resources;
mod market_regulation;
mod public_security;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::value::RawValue;
use sluice_core::domain::target::Target;

use super::people::Person;
use super::world::World;

/// A department with a provider system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Provider {
    CivilAffairs,
    PublicSecurity,
    HumanResources,
    MarketRegulation,
    Health,
}

/// What a provider system is asked.
#[derive(Clone, Copy, Debug)]
pub struct ProviderRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path as it stood on the wire.
    pub path: &'a str,
    /// The query as it stood on the wire, without `?`.
    pub query: Option<&'a str>,
    /// The body; empty for none.
    pub body: &'a [u8],
}

/// What a provider system answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Provider {
    /// All of them.
    pub const ALL: [Provider; 5] = [
        Provider::CivilAffairs,
        Provider::PublicSecurity,
        Provider::HumanResources,
        Provider::MarketRegulation,
        Provider::Health,
    ];

    /// Its department's id. The system's id is [`SYSTEM`] in all of them.
    pub fn department(self) -> &'static str {
        match self {
            Provider::CivilAffairs => "civil-affairs",
            Provider::PublicSecurity => "public-security",
            Provider::HumanResources => "human-resources",
            Provider::MarketRegulation => "market-regulation",
            Provider::Health => "health",
        }
    }

    /// Host and port as the catalog names them.
    pub fn address(self) -> String {
        format!("{SYSTEM}.{}.internal:9443", self.department())
    }
}

/// The id of every provider system within its department.
pub const SYSTEM: &str = "records";

/// Answers a request as the department's system would.
pub fn answer(provider: Provider, request: &ProviderRequest<'_>) -> ProviderAnswer {
    let Some(question) = Question::read(request) else {
        return refuse(400, "bad-request", request.path);
    };
    let answered = match provider {
        Provider::CivilAffairs => civil_affairs::answer(&question),
        Provider::PublicSecurity => public_security::answer(&question),
        Provider::HumanResources => human_resources::answer(&question),
        Provider::MarketRegulation => market_regulation::answer(&question),
        Provider::Health => health::answer(&question),
    };
    answered.unwrap_or_else(|| refuse(404, "no-such-path", request.path))
}

/// A request whose parts have been taken apart.
struct Question<'a> {
    method: &'a str,
    segments: Vec<Box<str>>,
    query: Vec<(Box<str>, Box<str>)>,
    body: serde_json::Value,
    world: &'static World,
}

impl<'a> Question<'a> {
    fn read(request: &ProviderRequest<'a>) -> Option<Question<'a>> {
        let target = match request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.to_owned(),
        };
        let Target { segments, query } = Target::parse(&target).ok()?;
        let segments = segments.into_iter().map(Into::into).collect();
        let query = query.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let body = match request.body {
            [] => serde_json::Value::Null,
            body => serde_json::from_slice(body).ok()?,
        };
        Some(Question { method: request.method, segments, query, body, world: World::sample() })
    }

    /// Method and path, to be matched on.
    fn route(&self) -> (&'a str, Vec<&str>) {
        (self.method, self.segments.iter().map(|segment| &**segment).collect())
    }

    fn in_query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    fn in_body(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// The person whom the body names, or the answer that there is none.
    fn person(&self) -> Result<&'static Person, ProviderAnswer> {
        let id_number = self.in_body("id_number");
        self.world.person(id_number).ok_or_else(|| not_found(id_number))
    }

    /// The page of a list that the query asks for, and its number.
    fn page<T>(&self, all: Vec<T>, size: usize) -> Page<T> {
        let page = self.in_query("page").and_then(|page| page.parse().ok()).unwrap_or(1usize);
        let total = all.len();
        let items = all.into_iter().skip(page.saturating_sub(1) * size).take(size).collect();
        Page { code: 0, total, page, items, sql_ms: 3 }
    }
}

/// A list as the providers answer it.
#[derive(Serialize)]
struct Page<T> {
    code: u32,
    total: usize,
    page: usize,
    items: Vec<T>,
    /// Undeclared.
    sql_ms: u32,
}

/// A whole list.
fn list<T>(items: Vec<T>) -> Page<T> {
    Page { code: 0, total: items.len(), page: 1, items, sql_ms: 3 }
}

/// An amount with its two decimals, which a JSON reader that turns numbers into doubles loses.
struct Yuan(u64);

impl Serialize for Yuan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{}.00", self.0);
        let raw = RawValue::from_string(text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// An answer without white space.
fn compact(record: &impl Serialize) -> ProviderAnswer {
    rendered(serde_json::to_vec(record))
}

/// An answer with indentation, as some systems write it.
fn pretty(record: &impl Serialize) -> ProviderAnswer {
    rendered(serde_json::to_vec_pretty(record))
}

fn rendered(body: serde_json::Result<Vec<u8>>) -> ProviderAnswer {
    match body {
        Ok(body) => ProviderAnswer { status: 200, content_type: JSON, body },
        Err(_) => refuse(500, "not-rendered", ""),
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// An error answer that says too much, as error answers do: whom was asked about, and the query.
fn not_found(id_number: &str) -> ProviderAnswer {
    #[derive(Serialize)]
    struct NotFound<'a> {
        id_number: &'a str,
        error: String,
        trace: String,
    }
    let body = serde_json::to_vec(&NotFound {
        id_number,
        error: format!("查无此人：{id_number}"),
        trace: format!("SELECT * FROM person WHERE id_number = '{id_number}'"),
    });
    ProviderAnswer { status: 404, ..rendered(body) }
}

fn refuse(status: u16, error: &str, about: &str) -> ProviderAnswer {
    let body = serde_json::json!({ "error": error, "about": about, "node": "records-01" });
    ProviderAnswer { status, content_type: JSON, body: body.to_string().into_bytes() }
}
