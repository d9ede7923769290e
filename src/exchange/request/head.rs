//! The head of a request as the stages see it, and what it states about itself.

use std::borrow::Cow;
use std::time::Instant;

use sfv::{BareItem, Item, List, ListEntry, Parser};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::field_path::{FieldPath, PathStep};
use sluice_core::domain::rejection::{Malformed, Rejection};
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::Fields;
use sluice_core::message::head::Request;

use super::structured_field;

/// A request's head, apart from any HTTP engine.
#[derive(Debug)]
pub struct RequestHead {
    /// Method, target and fields.
    pub request: Request,
    /// True if the request names one authority, in one way.
    pub authority_is_clear: bool,
    /// The moment at which the head was complete.
    pub received: Instant,
}

/// The headers that may stand once. By the first seven a request declares its context. By the others
/// a provider is told of an exchange; they are never taken from a request, and one that gives them
/// twice means somebody to see the other.
const NAMED: [HeaderField; 10] = [
    HeaderField::ExchangePurpose,
    HeaderField::ExchangeCase,
    HeaderField::ExchangeConsent,
    HeaderField::ExchangeOperator,
    HeaderField::ExchangeGrant,
    HeaderField::ExchangeFields,
    HeaderField::ExchangePseudonymKey,
    HeaderField::ExchangeId,
    HeaderField::ExchangeEntry,
    HeaderField::ExchangeConsumer,
];

/// Longest header that declares something, in bytes; longer ones are malformed.
pub const MAX_STATED_BYTES: usize = 2048;

/// Reads what a request declares about itself.
///
/// # Errors
/// When one of the headers is repeated, too long or not a structured field of its type.
pub fn declared(fields: &Fields) -> Result<DeclaredContext<'_>, Rejection> {
    if let Some(repeated) = NAMED.into_iter().find(|field| fields.times(*field) > 1) {
        return Err(Rejection::RequestMalformed(Malformed::RepeatedHeader(repeated.name())));
    }
    let text = |field| fields.only(field).map(|value| text(field, value)).transpose();
    let list = fields.only(HeaderField::ExchangeFields).map(list).transpose()?;
    Ok(DeclaredContext {
        purpose: text(HeaderField::ExchangePurpose)?,
        case: text(HeaderField::ExchangeCase)?,
        consent: text(HeaderField::ExchangeConsent)?,
        operator: text(HeaderField::ExchangeOperator)?,
        grant: text(HeaderField::ExchangeGrant)?,
        fields: list,
        pseudonym_key: text(HeaderField::ExchangePseudonymKey)?,
    })
}

/// Requires that the body is declared to be plain JSON.
///
/// # Errors
/// When it is declared to be anything else, or compressed.
pub fn require_json(fields: &Fields) -> Result<(), Rejection> {
    let plain = fields.times(HeaderField::ContentEncoding) == 0;
    let json = fields.only_text(HeaderField::ContentType).is_some_and(is_json);
    if plain && json { Ok(()) } else { Err(Rejection::MediaTypeUnsupported) }
}

/// Tells whether a media type is JSON in UTF-8: `application/json` or `application/…+json`, with no
/// charset but UTF-8.
pub fn is_json(media_type: &str) -> bool {
    // Nearly all of them say just this.
    if media_type == "application/json" {
        return true;
    }
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

fn malformed(field: HeaderField) -> Rejection {
    Rejection::RequestMalformed(Malformed::Header(field.name()))
}

fn checked(field: HeaderField, value: &[u8]) -> Result<&[u8], Rejection> {
    if value.len() > MAX_STATED_BYTES { Err(malformed(field)) } else { Ok(value) }
}

fn text(field: HeaderField, value: &[u8]) -> Result<Cow<'_, str>, Rejection> {
    structured_field::read(checked(field, value)?).ok_or(malformed(field))
}

/// A list of fields: strings are paths (`"$.name"`), tokens are names of members of the record.
fn list(value: &[u8]) -> Result<Vec<FieldPath>, Rejection> {
    let field = HeaderField::ExchangeFields;
    let list = Parser::new(checked(field, value)?).parse::<List>().map_err(|_| malformed(field))?;
    let path = |entry: &ListEntry| match entry {
        ListEntry::Item(Item { bare_item: BareItem::Token(token), .. }) => {
            Some(FieldPath(vec![PathStep::Member(token.as_str().into())]))
        }
        ListEntry::Item(Item { bare_item, .. }) => {
            FieldPath::parse(&structured_field::text_of(bare_item)?).ok()
        }
        ListEntry::InnerList(_) => None,
    };
    list.iter().map(path).collect::<Option<Vec<_>>>().ok_or(malformed(field))
}
