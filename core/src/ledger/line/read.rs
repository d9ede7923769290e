//! Reading a line back.

use std::fmt;

use serde_json::{Map, Value};

use super::{FORMAT_VERSION, HEAD_START, KIND, MAX_HEAD_BYTES, MAX_LINE_BYTES};
use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::ledger::time::parse_rfc3339;

/// A line read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Place in the log, from 0.
    pub index: u64,
    /// When it was appended.
    pub time: UnixMillis,
    /// The node that recorded it.
    pub node: Name,
    /// The kind of record.
    pub kind: Box<str>,
    /// All members of the line.
    pub members: Map<String, Value>,
}

/// A text that is no line of the log, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotALine {
    /// It is longer than any line may be.
    TooLong,
    /// It is not one JSON object.
    NotJson,
    /// It is of another version of the format.
    Version,
    /// A member that every line has is missing or has another form.
    Member(&'static str),
}

impl Line {
    /// Reads a line, without its newline.
    ///
    /// # Errors
    /// [`NotALine`] says what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Line, NotALine> {
        if line.len() > MAX_LINE_BYTES {
            return Err(NotALine::TooLong);
        }
        let members: Map<String, Value> =
            serde_json::from_slice(line).map_err(|_| NotALine::NotJson)?;
        let number = |key| members.get(key).and_then(Value::as_u64);
        let text = |key| members.get(key).and_then(Value::as_str);
        if number("v") != Some(FORMAT_VERSION) {
            return Err(NotALine::Version);
        }
        Ok(Line {
            index: number("index").ok_or(NotALine::Member("index"))?,
            time: text("time").and_then(parse_rfc3339).ok_or(NotALine::Member("time"))?,
            node: text("node")
                .and_then(|node| Name::parse(node).ok())
                .ok_or(NotALine::Member("node"))?,
            kind: text("kind").ok_or(NotALine::Member("kind"))?.into(),
            members,
        })
    }

    /// Reads the kind of record from the first bytes of a line, without looking at the rest.
    pub fn kind_of(line: &[u8]) -> Option<&str> {
        let head = &line[..line.len().min(MAX_HEAD_BYTES + KIND.len())];
        let kind_at = head.windows(KIND.len()).position(|window| window == KIND)? + KIND.len();
        let length = line[kind_at..].iter().position(|byte| *byte == b'"')?;
        std::str::from_utf8(&line[kind_at..kind_at + length]).ok()
    }

    /// Reads the index from the first bytes of a line, without looking at the rest.
    pub fn index_of(line: &[u8]) -> Option<u64> {
        let rest = line.strip_prefix(HEAD_START)?;
        let digits = rest.iter().position(|byte| *byte == b',').map(|end| &rest[..end])?;
        let plain =
            digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || !digits.starts_with(b"0"));
        std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
    }
}

impl fmt::Display for NotALine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotALine::TooLong => write!(f, "it is longer than {MAX_LINE_BYTES} bytes"),
            NotALine::NotJson => f.write_str("it is not one JSON object"),
            NotALine::Version => write!(f, "its format is not version {FORMAT_VERSION}"),
            NotALine::Member(key) => write!(f, "its member `{key}` is missing or malformed"),
        }
    }
}

impl std::error::Error for NotALine {}
