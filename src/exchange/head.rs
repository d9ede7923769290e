//! The head of a request as the stages see it, and what it states about itself.

use std::time::Instant;

use http::{HeaderMap, HeaderValue, Method, header};
use sfv::{BareItem, Item, List, ListEntry, Parser};
use sluice_core::domain::decide::Stated;
use sluice_core::domain::field_path::{FieldPath, Step};
use sluice_core::domain::rejection::{Malformed, Rejection};

use super::item;

/// A request's head, apart from any HTTP engine.
#[derive(Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// Path and query as they stood on the wire.
    pub target: Box<str>,
    /// The headers, as they came.
    pub headers: HeaderMap,
    /// Whether the request names one authority, in one way.
    pub authority_is_clear: bool,
    /// When the head was complete.
    pub received: Instant,
}

/// The headers that may stand once. By the first five a request states what it is for. By the others
/// a provider is told of an exchange; they are never taken from a request, and one that gives them
/// twice means somebody to see the other.
const NAMED: [&str; 8] = [
    "exchange-purpose",
    "exchange-case",
    "exchange-operator",
    "exchange-grant",
    "exchange-fields",
    "exchange-id",
    "exchange-entry",
    "exchange-consumer",
];

/// Longest header that states something, in bytes; longer ones are malformed.
pub const MAX_STATED_BYTES: usize = 2048;

/// Reads what a request states about itself.
///
/// # Errors
/// When one of the headers is repeated, too long or not a structured field of its type.
pub fn stated(headers: &HeaderMap) -> Result<Stated, Rejection> {
    let [purpose, case, operator, grant, fields, ..] = found(headers)?;
    Ok(Stated {
        purpose: purpose.map(text).transpose()?,
        case: case.map(text).transpose()?,
        operator: operator.map(text).transpose()?,
        grant: grant.map(text).transpose()?,
        fields: fields.map(list).transpose()?,
    })
}

/// One of those headers, by the name under which it is refused.
type Found<'a> = (&'static str, &'a HeaderValue);

/// Finds them in one walk: asking the map for each would hash eight names for the two or three that
/// are there.
fn found(headers: &HeaderMap) -> Result<[Option<Found<'_>>; NAMED.len()], Rejection> {
    let mut found = [None; NAMED.len()];
    for (name, value) in headers {
        let Some(ix) = NAMED.iter().position(|named| name.as_str() == *named) else { continue };
        if found[ix].replace((NAMED[ix], value)).is_some() {
            return Err(Rejection::RequestMalformed(Malformed::RepeatedHeader(NAMED[ix])));
        }
    }
    Ok(found)
}

/// Whether the body is declared to be plain JSON.
///
/// # Errors
/// When it is declared to be anything else, or compressed.
pub fn require_json(headers: &HeaderMap) -> Result<(), Rejection> {
    let plain = !headers.contains_key(header::CONTENT_ENCODING);
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    let json = first.and_then(|value| value.to_str().ok()).is_some_and(is_json);
    if plain && json && second.is_none() { Ok(()) } else { Err(Rejection::MediaTypeUnsupported) }
}

/// Whether a media type is JSON in UTF-8: `application/json` or `application/…+json`, with no
/// charset but UTF-8.
pub fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = essence == "application/json"
        || essence.strip_prefix("application/").is_some_and(|kind| kind.ends_with("+json"));
    let utf8 = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    json && parts.all(utf8)
}

fn malformed(name: &'static str) -> Rejection {
    Rejection::RequestMalformed(Malformed::Header(name))
}

fn checked((name, value): Found<'_>) -> Result<&[u8], Rejection> {
    if value.len() > MAX_STATED_BYTES { Err(malformed(name)) } else { Ok(value.as_bytes()) }
}

fn text(found: Found<'_>) -> Result<Box<str>, Rejection> {
    item::read(checked(found)?).ok_or(malformed(found.0))
}

/// A list of fields: strings are paths (`"$.name"`), tokens are names of members of the record.
fn list(found: Found<'_>) -> Result<Vec<FieldPath>, Rejection> {
    let list = Parser::new(checked(found)?).parse::<List>().map_err(|_| malformed(found.0))?;
    let path = |entry: &ListEntry| match entry {
        ListEntry::Item(Item { bare_item: BareItem::Token(token), .. }) => {
            Some(FieldPath(vec![Step::Member(token.as_str().into())]))
        }
        ListEntry::Item(Item { bare_item, .. }) => {
            FieldPath::parse(&item::text_of(bare_item)?).ok()
        }
        ListEntry::InnerList(_) => None,
    };
    list.iter().map(path).collect::<Option<Vec<_>>>().ok_or(malformed(found.0))
}
