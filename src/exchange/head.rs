//! The head of a request as the stages see it, and what it states about itself.

use std::time::Instant;

use http::{HeaderMap, Method, header};
use sfv::{BareItem, FieldType, Item, List, ListEntry, Parser};
use sluice_core::domain::decide::Stated;
use sluice_core::domain::field_path::{FieldPath, Step};
use sluice_core::domain::rejection::{Malformed, Rejection};

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

/// The headers by which a request states what it is for.
const STATED: [&str; 5] =
    ["exchange-purpose", "exchange-case", "exchange-operator", "exchange-grant", "exchange-fields"];

/// The headers by which a provider is told of an exchange beside those. They are never taken from a
/// request; one that gives them twice means somebody to see the other.
const TOLD: [&str; 3] = ["exchange-id", "exchange-entry", "exchange-consumer"];

/// Longest header that states something, in bytes; longer ones are malformed.
pub const MAX_STATED_BYTES: usize = 2048;

/// Reads what a request states about itself.
///
/// # Errors
/// When one of the headers is repeated, too long or not a structured field of its type.
pub fn stated(headers: &HeaderMap) -> Result<Stated, Rejection> {
    for name in STATED.into_iter().chain(TOLD) {
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(Rejection::RequestMalformed(Malformed::RepeatedHeader(name)));
        }
    }
    Ok(Stated {
        purpose: text(headers, "exchange-purpose")?,
        case: text(headers, "exchange-case")?,
        operator: text(headers, "exchange-operator")?,
        grant: text(headers, "exchange-grant")?,
        fields: fields(headers, "exchange-fields")?,
    })
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

fn parse<T: FieldType>(headers: &HeaderMap, name: &'static str) -> Result<Option<T>, Rejection> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    if value.len() > MAX_STATED_BYTES {
        return Err(malformed(name));
    }
    Parser::new(value.as_bytes()).parse::<T>().map(Some).map_err(|_| malformed(name))
}

fn text(headers: &HeaderMap, name: &'static str) -> Result<Option<Box<str>>, Rejection> {
    let Some(Item { bare_item, .. }) = parse::<Item>(headers, name)? else { return Ok(None) };
    word(&bare_item).map(Some).ok_or(malformed(name))
}

/// The text of an item: a token, a string, an integer or a display string.
fn word(item: &BareItem) -> Option<Box<str>> {
    match item {
        BareItem::Token(token) => Some(token.as_str().into()),
        BareItem::String(text) => Some(text.as_str().into()),
        BareItem::Integer(number) => Some(number.to_string().into()),
        BareItem::DisplayString(text) => Some(text.as_str().into()),
        _ => None,
    }
}

/// A list of fields: strings are paths (`"$.name"`), tokens are names of members of the record.
fn fields(headers: &HeaderMap, name: &'static str) -> Result<Option<Vec<FieldPath>>, Rejection> {
    let Some(list) = parse::<List>(headers, name)? else { return Ok(None) };
    let path = |entry: &ListEntry| match entry {
        ListEntry::Item(Item { bare_item: BareItem::Token(token), .. }) => {
            Some(FieldPath(vec![Step::Member(token.as_str().into())]))
        }
        ListEntry::Item(Item { bare_item, .. }) => FieldPath::parse(&word(bare_item)?).ok(),
        ListEntry::InnerList(_) => None,
    };
    list.iter().map(path).collect::<Option<Vec<_>>>().map(Some).ok_or(malformed(name))
}
