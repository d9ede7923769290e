//! The media type of a provider's answer, and the `Accept` by which it is asked for.

use std::borrow::Cow;

use sluice_core::domain::entry::Entry;
use sluice_core::domain::rejection::{Rejection, Unreadable};
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::Fields;
use sluice_core::redaction::format::{Charset, Format};

/// The media type of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// Something that can be judged field by field.
    Structured(Format, Charset),
    /// A file of this media type, which the entry lists.
    File(Box<str>),
}

impl MediaType {
    /// The media type of an answer to a call of this entry.
    ///
    /// # Errors
    /// When it is of a media type that can't be judged, or in a charset that is not read.
    pub fn of(fields: &Fields, entry: &Entry) -> Result<MediaType, Rejection> {
        let stated = fields.only_text(HeaderField::ContentType);
        let stated = stated.ok_or(Rejection::AnswerUnreadable(Unreadable::MediaType))?;
        MediaType::stated(stated, entry).map_err(Rejection::AnswerUnreadable)
    }

    /// The media type that this `Content-Type` states.
    ///
    /// # Errors
    /// As [`MediaType::of`].
    pub fn stated(stated: &str, entry: &Entry) -> Result<MediaType, Unreadable> {
        // Nearly all of them say just this.
        if stated == "application/json" && !entry.is_opaque() {
            return Ok(MediaType::Structured(Format::Json, Charset::Utf8));
        }
        if entry.is_opaque() { opaque(stated, entry) } else { judged(stated) }
    }

    /// The media type under which it is released.
    pub fn media_type(&self) -> &str {
        match self {
            MediaType::Structured(format, _) => format.media_type(),
            MediaType::File(media_type) => media_type,
        }
    }
}

fn essence(stated: &str) -> String {
    stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn opaque(stated: &str, entry: &Entry) -> Result<MediaType, Unreadable> {
    let essence = essence(stated);
    let listed = entry.opaque.iter().find(|listed| ***listed == *essence);
    // The name as the entry has it: what else a provider says of a file is not passed on.
    listed.cloned().map(MediaType::File).ok_or(Unreadable::MediaType)
}

fn judged(stated: &str) -> Result<MediaType, Unreadable> {
    let format = Format::of(&essence(stated)).ok_or(Unreadable::MediaType)?;
    let mut charset = Charset::Utf8;
    for parameter in stated.split(';').skip(1) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match &*name.trim().to_ascii_lowercase() {
            "charset" => charset = Charset::of(value).ok_or(Unreadable::Charset)?,
            // Without its header nobody knows what the columns are (RFC 4180, 3).
            "header" if format == Format::Csv && value.eq_ignore_ascii_case("absent") => {
                return Err(Unreadable::MediaType);
            }
            _ => {}
        }
    }
    Ok(MediaType::Structured(format, charset))
}

/// The media type that a provider is asked for where the consumer has no wish.
const DEFAULT: &str = "application/json";

/// The media types that can be asked for.
const NAMES: [&str; 9] = [
    "application/json",
    "application/geo+json",
    "application/problem+json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json-seq",
    "application/geo+json-seq",
    "text/csv",
];

/// The `Accept` that a provider gets: of what the consumer wishes that which can be judged.
pub fn accept<'a>(wished: Option<&[u8]>, entry: &'a Entry) -> Cow<'a, str> {
    if entry.is_opaque() {
        return entry.opaque.join(", ").into();
    }
    let wished = wished.and_then(|wished| std::str::from_utf8(wished).ok());
    let Some(wished) = wished.filter(|wished| !matches!(*wished, "*/*" | DEFAULT)) else {
        return DEFAULT.into();
    };
    let mut accepted = Vec::new();
    for range in wished.split(',') {
        let essence = essence(range);
        if let Some(name) = NAMES.into_iter().find(|name| *name == essence) {
            let weight = range.split(';').skip(1).find_map(|part| weight(part.trim()));
            accepted.push(name.to_owned() + &weight.map_or(String::new(), |q| format!(";q={q}")));
        }
    }
    if accepted.is_empty() { DEFAULT.into() } else { accepted.join(", ").into() }
}

/// A weight (RFC 9110, 12.4.2).
fn weight(parameter: &str) -> Option<&str> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let plain = value.len() <= 5
        && value.starts_with(['0', '1'])
        && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then_some(value)
}
