//! Answers of each department's own system: a function from request to answer, without sockets.
//!
//! The answers are those of real systems: they hold more than the catalog declares (row ids,
//! notes of officers, internal scores), numbers of 18 digits, amounts like `1130.00`, and error
//! answers that repeat what was asked. All of that is for the gateway to hold back or let
//! through untouched.
//!
//! The systems are data: `data/providers` describes each, in the format of `description`.

mod description;
mod expression;
mod render;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde_json::Value;
use sluice_core::domain::target::Target;

use self::description::{JsonForm, Route, SystemDescription, Template};
use self::render::Scope;
use super::world::TableRow;

/// A department with a provider system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ProviderSystem {
    CivilAffairs,
    PublicSecurity,
    HumanResources,
    MarketRegulation,
    Health,
}

/// A request to a provider system.
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

/// An answer of a provider system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl ProviderSystem {
    /// All of them.
    pub const ALL: [ProviderSystem; 5] = [
        ProviderSystem::CivilAffairs,
        ProviderSystem::PublicSecurity,
        ProviderSystem::HumanResources,
        ProviderSystem::MarketRegulation,
        ProviderSystem::Health,
    ];

    /// Its department's id. The system's id is [`SYSTEM`] in all of them.
    pub fn department(self) -> &'static str {
        match self {
            ProviderSystem::CivilAffairs => "civil-affairs",
            ProviderSystem::PublicSecurity => "public-security",
            ProviderSystem::HumanResources => "human-resources",
            ProviderSystem::MarketRegulation => "market-regulation",
            ProviderSystem::Health => "health",
        }
    }

    /// Returns its description, as in the file.
    fn text(self) -> &'static str {
        match self {
            ProviderSystem::CivilAffairs => include_str!("../data/providers/civil-affairs.json"),
            ProviderSystem::PublicSecurity => {
                include_str!("../data/providers/public-security.json")
            }
            ProviderSystem::HumanResources => {
                include_str!("../data/providers/human-resources.json")
            }
            ProviderSystem::MarketRegulation => {
                include_str!("../data/providers/market-regulation.json")
            }
            ProviderSystem::Health => include_str!("../data/providers/health.json"),
        }
    }

    /// Returns its description; none if it can't be parsed, which the tests of this repository
    /// prevent.
    fn description(self) -> Option<&'static SystemDescription> {
        static ALL: LazyLock<[Option<SystemDescription>; ProviderSystem::ALL.len()]> =
            LazyLock::new(|| {
                ProviderSystem::ALL.map(|it| SystemDescription::parse(it.text(), SHARED).ok())
            });
        ALL.get(self as usize)?.as_ref()
    }

    /// Host and port as the catalog names them.
    pub fn address(self) -> String {
        format!("{SYSTEM}.{}.internal:9443", self.department())
    }
}

/// The id of every provider system within its department.
pub const SYSTEM: &str = "records";

/// The error answers that all of them have.
const SHARED: &str = include_str!("../data/providers/shared.json");

const JSON: &str = "application/json; charset=utf-8";

/// Answers a request as the department's system would.
pub fn answer(provider: ProviderSystem, request: &ProviderRequest<'_>) -> ProviderAnswer {
    let fault = || ProviderAnswer { status: 500, content_type: JSON, body: Vec::new() };
    provider.description().and_then(|known| answer_by(known, request)).unwrap_or_else(fault)
}

fn answer_by(
    description: &SystemDescription,
    request: &ProviderRequest<'_>,
) -> Option<ProviderAnswer> {
    let about = TableRow::from_iter([("path".to_owned(), request.path.into())]);
    let mut scope = Scope::of(description);
    scope.name_row("request", &about);
    let Some(Question { segments, query, body }) = Question::read(request) else {
        return refuse(description, scope, "bad-request");
    };
    let found = description.routes.iter().find_map(|route| {
        matched(&route.request, request.method, &segments).map(|path| (route, path))
    });
    let Some((route, path)) = &found else {
        return refuse(description, scope, "no-such-path");
    };
    for (name, row) in [("path", path), ("query", &query), ("body", &body)] {
        scope.name_row(name, row);
    }
    let (outer, Route { with, status, form, answer, .. }) = (scope.clone(), route);
    match scope.bind(&with.0) {
        Ok(()) => rendered(scope, *status, *form, answer),
        Err(error) => refuse(description, outer, error),
    }
}

fn refuse<'a>(
    description: &'a SystemDescription,
    scope: Scope<'a>,
    error: &str,
) -> Option<ProviderAnswer> {
    let error = description.errors.get(error)?;
    rendered(scope, error.status, JsonForm::Compact, &error.answer)
}

fn rendered<'a>(
    mut scope: Scope<'a>,
    status: u16,
    form: JsonForm,
    template: &'a Template,
) -> Option<ProviderAnswer> {
    let value = scope.render(template)?;
    let body = match form {
        JsonForm::Compact => serde_json::to_vec(&value),
        JsonForm::Pretty => serde_json::to_vec_pretty(&value),
    };
    Some(ProviderAnswer { status, content_type: JSON, body: body.ok()? })
}

/// The segments that a route names, if method and path are the route's.
fn matched(route: &str, method: &str, segments: &[String]) -> Option<TableRow> {
    let (wanted, path) = route.split_once(" /")?;
    let wanted_segments: Vec<_> = path.split('/').collect();
    if wanted != method || wanted_segments.len() != segments.len() {
        return None;
    }
    let mut named = TableRow::new();
    for (wanted, segment) in wanted_segments.into_iter().zip(segments) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => drop(named.insert(name.to_owned(), segment.as_str().into())),
            None if wanted == segment => {}
            None => return None,
        }
    }
    Some(named)
}

/// A request whose parts have been taken apart.
struct Question {
    segments: Vec<String>,
    query: TableRow,
    /// The members of the body that are texts or booleans.
    body: TableRow,
}

impl Question {
    fn read(request: &ProviderRequest<'_>) -> Option<Question> {
        let target = match request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.to_owned(),
        };
        let target = Target::parse(&target).ok()?;
        let segments = target.segments.into_iter().map(String::from).collect();
        let mut query = TableRow::new();
        for (name, value) in target.query {
            query.entry(name).or_insert_with(|| String::from(value).into());
        }
        let body = match request.body {
            [] => Value::Null,
            body => serde_json::from_slice(body).ok()?,
        };
        let Value::Object(mut body) = body else {
            return Some(Question { segments, query, body: TableRow::new() });
        };
        body.retain(|_, value| value.is_string() || value.is_boolean());
        Some(Question { segments, query, body })
    }
}
