//! Reads lines of the log back.

use serde_json::{Map, Value};

use super::form;
use super::not_a_line::NotALine;
use super::{FORMAT_VERSION, HEAD_START, Head, MAX_HEAD_BYTES, MAX_LINE_BYTES};
use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::ledger::digest::SubjectDigest;
use crate::ledger::time::parse_rfc3339;

const KIND: &[u8] = br#""kind":""#;
const EXCHANGE: &[u8] = br#""exchange":""#;
const DEBIT: &[u8] = br#","debit":{"#;
const TIME: &[u8] = br#""time":""#;

/// A line read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Place in the log, from 0.
    pub index: u64,
    /// The time of the append.
    pub time: UnixMillis,
    /// The node that recorded it.
    pub node: Name,
    /// The kind of record.
    pub kind: Box<str>,
    /// All members of the line.
    pub members: Map<String, Value>,
}

/// The usage that a line takes from a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debited<'a> {
    /// The entry.
    pub entry: &'a str,
    /// The basis: `term/<id>`.
    pub basis: &'a str,
    /// The department whose usage it is.
    pub department: &'a str,
    /// Requests.
    pub requests: u64,
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Records that name no person.
    pub unnamed: u64,
    /// The persons counted; none if the budget does not count persons.
    pub persons: Option<Vec<SubjectDigest>>,
}

/// The detail of a rejection, as a line records it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedDetail<'a> {
    /// The stable word for the reason.
    pub reason: &'a str,
    /// All members, the reason among them.
    pub members: &'a Map<String, Value>,
}

impl Line {
    /// Reads a line, without its newline.
    ///
    /// # Errors
    /// [`NotALine`] names the fault.
    pub fn parse(line: &[u8]) -> Result<Line, NotALine> {
        if line.len() > MAX_LINE_BYTES {
            return Err(NotALine::TooLong);
        }
        let members = form::read(line)?;
        let number = |key| members.get(key).and_then(Value::as_u64);
        let text = |key| members.get(key).and_then(Value::as_str);
        if number("v") != Some(FORMAT_VERSION) {
            return Err(NotALine::Version);
        }
        let read = Line {
            index: number("index").ok_or(NotALine::Member("index"))?,
            time: text("time").and_then(parse_rfc3339).ok_or(NotALine::Member("time"))?,
            node: text("node")
                .and_then(|node| Name::parse(node).ok())
                .ok_or(NotALine::Member("node"))?,
            kind: text("kind").ok_or(NotALine::Member("kind"))?.into(),
            members,
        };
        // A reader who looks only at the first bytes must find the same values in them.
        let mut first = Vec::with_capacity(2 * MAX_HEAD_BYTES);
        Head { index: read.index, time: read.time, node: &read.node }.write(&mut first);
        for part in [KIND, read.kind.as_bytes(), b"\""] {
            first.extend_from_slice(part);
        }
        if line.starts_with(&first) { Ok(read) } else { Err(NotALine::Form) }
    }

    /// Finds a member by its path, with a dot between names: `consumer.department`.
    pub fn member(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let first = self.members.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
    }

    /// Finds a member that is a text, by its path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.member(path)?.as_str()
    }

    /// The department whose entry is asked.
    pub fn provider(&self) -> Option<&str> {
        Some(self.text("entry")?.split_once('/')?.0)
    }

    /// The index of the intent to which the record belongs.
    pub fn intent(&self) -> Option<u64> {
        self.members.get("intent")?.as_u64()
    }

    /// The detail of the rejection, if it has one.
    ///
    /// # Errors
    /// [`NotALine::Member`] if it is not an object with a reason.
    pub fn detail(&self) -> Result<Option<RecordedDetail<'_>>, NotALine> {
        const WRONG: NotALine = NotALine::Member("detail");
        let Some(detail) = self.members.get("detail") else { return Ok(None) };
        let members = detail.as_object().ok_or(WRONG)?;
        let reason = members.get("reason").and_then(Value::as_str).ok_or(WRONG)?;
        Ok(Some(RecordedDetail { reason, members }))
    }

    /// The usage that the line takes from a budget, if it does.
    ///
    /// # Errors
    /// [`NotALine::Member`] if a part of it is missing.
    pub fn debit(&self) -> Result<Option<Debited<'_>>, NotALine> {
        const WRONG: NotALine = NotALine::Member("debit");
        let Some(debit) = self.members.get("debit") else { return Ok(None) };
        let number = |key: &str| match debit.get(key) {
            None => Ok(0),
            Some(value) => value.as_u64().ok_or(WRONG),
        };
        let read = |text: &str| SubjectDigest::parse(text).ok_or(WRONG);
        let persons = match debit.get("persons").and_then(Value::as_bool) {
            Some(true) => Some(self.subjects().map(read).collect::<Result<_, _>>()?),
            Some(false) | None => None,
        };
        Ok(Some(Debited {
            entry: self.text("entry").ok_or(WRONG)?,
            basis: self.text("debit.basis").ok_or(WRONG)?,
            department: self.text("consumer.department").ok_or(WRONG)?,
            requests: number("requests")?,
            records: number("records")?,
            bytes: number("bytes")?,
            unnamed: number("unnamed")?,
            persons,
        }))
    }

    /// Tells whether a line takes usage from a budget, without parsing it. The search is safe
    /// because quotes within a JSON text are escaped.
    pub fn has_debit(line: &[u8]) -> bool {
        memchr::memmem::find(line, DEBIT).is_some()
    }

    /// The persons that the line names, by digest.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        let lists = ["subjects", "released.subjects"].into_iter();
        let lists = lists.filter_map(|path| self.member(path)?.as_array());
        lists.flatten().filter_map(Value::as_str)
    }

    /// Reads the kind of record from the first bytes of a line, without parsing the rest.
    pub fn kind_of(line: &[u8]) -> Option<&str> {
        text_behind(line, KIND, MAX_HEAD_BYTES + KIND.len())
    }

    /// Reads the exchange id from the first bytes of a line, if its record belongs to an exchange.
    pub fn exchange_of(line: &[u8]) -> Option<&str> {
        /// Most bytes between the kind and the exchange: the longest word that can stand there,
        /// with its key.
        const BETWEEN_BYTES: usize = 64;
        text_behind(line, EXCHANGE, MAX_HEAD_BYTES + BETWEEN_BYTES + EXCHANGE.len())
    }

    /// Reads the time from the first bytes of a line.
    pub fn time_of(line: &[u8]) -> Option<UnixMillis> {
        text_behind(line, TIME, MAX_HEAD_BYTES).and_then(parse_rfc3339)
    }

    /// Reads the index from the first bytes of a line, without parsing the rest.
    pub fn index_of(line: &[u8]) -> Option<u64> {
        let rest = line.strip_prefix(HEAD_START)?;
        let digits = rest.iter().position(|byte| *byte == b',').map(|end| &rest[..end])?;
        let plain =
            digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || !digits.starts_with(b"0"));
        std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
    }
}

/// The text behind a key that begins within the first bytes of a line. Up to the exchange's id no
/// text contains a quote.
fn text_behind<'a>(line: &'a [u8], key: &[u8], within: usize) -> Option<&'a str> {
    let first = &line[..line.len().min(within)];
    let from = first.windows(key.len()).position(|window| window == key)? + key.len();
    let length = line[from..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&line[from..from + length]).ok()
}
