//! Writes a record as one line of JSON. `read` reads it back.
//!
//! A line is a head and a body. The head carries what only the log knows (the index, the time of
//! recording, the node) and is written under the log's lock. The body carries the record and is
//! written before that, by the thread that appends. Keys stand in a fixed order; an unknown value
//! is left out.
//!
//! No line is longer than [`MAX_LINE_BYTES`]. These parts are shortened to keep the bound, and no
//! others:
//!
//! * free text (a text of a detail or of a control record) is cut at [`MAX_TEXT_BYTES`] and ends in `…`;
//! * lists of a detail are cut at the same length, and `omitted` counts what is left out;
//! * the counts of masked and dropped paths become two totals;
//! * groups of refusals become one number, `other`;
//!
//! Subjects and open intents are never left out: a record with too many of them gives no line, and
//! the exchange that it was to record must not take effect.

use std::borrow::Cow;
use std::fmt;

use super::digest::SubjectDigest;
use super::json::{ObjectWriter, hexadecimal, number};
use super::record::{
    BasisName, Continuation, Control, Debit, Ended, Event, Exchange, FieldCounts, Intent, Record,
    RefusalGroup, Refusals, Released, Thread,
};
use super::time::{TIME_BYTES, rfc3339};
use crate::domain::UnixMillis;
use crate::domain::name::{MAX_NAME_BYTES, Name};
use crate::domain::view::Shown;

mod detail;
mod form;
mod not_a_line;
mod read;

pub use not_a_line::NotALine;
pub use read::{Debited, Line, RecordedDetail};

use detail::write_detail;

/// Longest line in bytes, without its newline: what a tlog-tiles entry bundle can carry.
pub const MAX_LINE_BYTES: usize = 65_535;

/// Longest free text in bytes, before escaping.
pub const MAX_TEXT_BYTES: usize = 1_024;

/// Version of the line's format, the first member of every line.
pub const FORMAT_VERSION: u64 = 1;

const HEAD_START: &[u8] = br#"{"v":1,"index":"#;
const MAX_INDEX_DIGITS: usize = 20;
const MAX_HEAD_BYTES: usize = HEAD_START.len()
    + MAX_INDEX_DIGITS
    + r#","time":"","node":"","#.len()
    + TIME_BYTES
    + MAX_NAME_BYTES;
const MAX_BODY_BYTES: usize = MAX_LINE_BYTES - MAX_HEAD_BYTES;

/// The part of a line that the log adds: its first members.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Place in the log, from 0.
    pub index: u64,
    /// The time of the append; never earlier than that of the record before.
    pub time: UnixMillis,
    /// The node that recorded it.
    pub node: &'a Name,
}

impl Head<'_> {
    /// Writes the head, with the comma before the body.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(HEAD_START);
        number(out, self.index);
        out.extend_from_slice(br#","time":""#);
        out.extend_from_slice(rfc3339(self.time).as_bytes());
        out.extend_from_slice(br#"","node":""#);
        out.extend_from_slice(self.node.as_str().as_bytes());
        out.extend_from_slice(br#"","#);
    }
}

/// The reason for which a record fits no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLong {
    /// The record names more persons than one line holds.
    Subjects {
        /// The number of persons.
        count: usize,
    },
    /// The texts alone are longer than a line.
    Texts,
}

impl Record<'_> {
    /// Writes the whole line, without a newline.
    ///
    /// # Errors
    /// [`TooLong`]; the buffer is then unchanged.
    pub fn write_line(&self, head: &Head<'_>, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let start = out.len();
        head.write(out);
        self.write_body(out).inspect_err(|_| out.truncate(start))
    }

    /// Writes the body: everything behind the head, to the closing brace.
    ///
    /// # Errors
    /// [`TooLong`]; the buffer is then unchanged.
    pub fn write_body(&self, out: &mut Vec<u8>) -> Result<(), TooLong> {
        match self {
            Record::Single(exchange) => fitting(out, &exchange.released, |out, telling| {
                exchange.write(out, telling);
            }),
            Record::Intent(intent) => within_bound(out, |out| intent.write(out)),
            Record::Continuation(part) => within_bound(out, |out| part.write(out))
                .map_err(|error| too_long(part.subjects.len(), error)),
            Record::Outcome(ended) => fitting(out, &ended.released, |out, telling| {
                ended.write(out, telling);
            }),
            Record::Refusals(refusals) => within_bound(out, |out| refusals.write(out)),
            Record::Control(control) => within_bound(out, |out| control.write(out)),
        }
    }
}

fn within_bound(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), TooLong> {
    let start = out.len();
    write(out);
    if out.len() - start > MAX_BODY_BYTES {
        out.truncate(start);
        return Err(TooLong::Texts);
    }
    Ok(())
}

/// The form in which the counts of masked and dropped paths are written.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    ByPath,
    Totals,
}

/// Writes with counts by path, and with their totals if that is too long.
fn fitting(
    out: &mut Vec<u8>,
    released: &Option<Released<'_>>,
    write: impl Fn(&mut Vec<u8>, Telling),
) -> Result<(), TooLong> {
    within_bound(out, |out| write(out, Telling::ByPath))
        .or_else(|_| within_bound(out, |out| write(out, Telling::Totals)))
        .map_err(|error| too_long(released.as_ref().map_or(0, |r| r.subjects.len()), error))
}

fn too_long(subjects: usize, otherwise: TooLong) -> TooLong {
    match subjects {
        0 => otherwise,
        count => TooLong::Subjects { count },
    }
}

impl Exchange<'_> {
    fn write(&self, out: &mut Vec<u8>, telling: Telling) {
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "single");
        self.write_known(&mut line);
        if let Some(released) = &self.released {
            line.object("released", |below| released.write(below, telling));
        }
        write_debit(&mut line, &self.debit);
        line.number("gateway_us", self.gateway_us);
        line.maybe_number("upstream_us", self.upstream_us);
        line.close();
    }

    /// Writes the part of an exchange that is known before it takes effect.
    fn write_known(&self, line: &mut ObjectWriter<'_>) {
        line.text("exchange", self.exchange);
        time(line, "began", self.time);
        self.write_asker(line);
        line.maybe_text("entry", self.entry);
        line.maybe_text("operation", self.operation);
        line.maybe_text("mode", self.mode);
        line.text("catalog_version", self.catalog_version);
        let outcome = &self.outcome;
        line.text("decision", if outcome.permitted { "permit" } else { "denial" });
        if let Some((kind, id)) = outcome.basis.map(BasisName::parts) {
            line.text_after("basis", kind, id);
        }
        if outcome.confidential {
            line.yes("confidential");
        }
        line.maybe_text("code", outcome.code);
        write_detail(line, outcome.detail);
        line.maybe_number("status", outcome.status.map(u64::from));
        if let Some(digest) = &self.request_digest {
            line.hexadecimal("request_digest", &digest.0);
        }
    }

    fn write_asker(&self, line: &mut ObjectWriter<'_>) {
        line.object("consumer", |consumer| {
            consumer.maybe_text("department", self.consumer.department.as_deref());
            consumer.maybe_text("system", self.consumer.system.as_deref());
            consumer.maybe_text("certificate", self.consumer.certificate.as_deref());
            consumer.maybe_text("address", self.consumer.address.as_deref());
        });
        if let Some(id) = self.operator {
            line.object("operator", |operator| {
                operator.text("id", id);
                operator.text("assurance", "asserted");
            });
        }
        line.maybe_text("purpose", self.purpose);
        line.maybe_text("case", self.case);
        line.maybe_text("consent", self.consent);
    }
}

impl Intent<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "intent");
        line.text("effect", self.effect.word());
        self.exchange.write_known(&mut line);
        write_debit(&mut line, &self.exchange.debit);
        line.close();
    }
}

impl Thread {
    fn write(&self, line: &mut ObjectWriter<'_>) {
        line.text("exchange", &self.exchange);
        line.number("intent", self.intent);
        line.object("consumer", |consumer| {
            consumer.maybe_text("department", self.department.as_deref());
            consumer.maybe_text("system", self.system.as_deref());
        });
        line.maybe_text("entry", self.entry.as_deref());
    }
}

impl Continuation<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "continuation");
        self.thread.write(&mut line);
        line.number("window", self.window);
        line.number("bytes", self.bytes);
        line.number("records", self.records);
        write_subjects(&mut line, self.subjects);
        write_debit(&mut line, &self.debit);
        line.close();
    }
}

impl Ended<'_> {
    fn write(&self, out: &mut Vec<u8>, telling: Telling) {
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "outcome");
        self.thread.write(&mut line);
        line.text("fate", self.fate.word());
        line.maybe_text("code", self.code);
        write_detail(&mut line, self.detail);
        line.maybe_number("status", self.status.map(u64::from));
        if let Some(released) = &self.released {
            line.object("released", |below| released.write(below, telling));
        }
        write_debit(&mut line, &self.debit);
        line.number("gateway_us", self.gateway_us);
        line.maybe_number("upstream_us", self.upstream_us);
        line.close();
    }
}

impl Released<'_> {
    fn write(&self, below: &mut ObjectWriter<'_>, telling: Telling) {
        below.number("bytes", self.bytes);
        below.hexadecimal("digest", &self.digest.0);
        below.number("records", self.records);
        for (by_path, total, shown) in [
            ("masked", "masked_total", Shown::Masked),
            ("dropped", "dropped_total", Shown::Dropped),
        ] {
            match telling {
                Telling::ByPath => below.object(by_path, |below| {
                    for (path, count) in self.fields.of(shown) {
                        below.number_at(path, count);
                    }
                }),
                Telling::Totals => {
                    let counts = self.fields.of(shown).map(|(_, count)| count);
                    below.number(total, counts.fold(0, u64::saturating_add));
                }
            }
        }
        below.number("undeclared", self.undeclared);
        below.number("mismatched", self.mismatched);
        if self.withheld > 0 {
            below.number("withheld", self.withheld);
        }
        if self.unnamed > 0 {
            below.number("unnamed", self.unnamed);
        }
        write_subjects(below, self.subjects);
    }
}

impl<'a> FieldCounts<'a> {
    /// The paths that were shown in this way at least once, with how often.
    fn of(self, shown: Shown) -> impl Iterator<Item = (&'a str, u64)> {
        let counted = self.paths.iter().zip(self.counts);
        let counted = counted.map(move |(path, counts)| (&**path, counts.of(shown)));
        counted.filter(|(_, count)| *count > 0)
    }
}

fn write_debit(line: &mut ObjectWriter<'_>, debit: &Option<Debit<'_>>) {
    let Some(Debit { basis, requests, records, bytes, unnamed, persons }) = debit else { return };
    line.object("debit", |below| {
        let (kind, id) = basis.parts();
        below.text_after("basis", kind, id);
        below.number("requests", *requests);
        below.number("records", *records);
        below.number("bytes", *bytes);
        if *unnamed > 0 {
            below.number("unnamed", *unnamed);
        }
        if *persons {
            below.yes("persons");
        }
    });
}

fn write_subjects(line: &mut ObjectWriter<'_>, subjects: &[SubjectDigest]) {
    line.array("subjects", subjects, |out, subject| hexadecimal(out, &subject.0));
}

impl Refusals {
    fn write(&self, out: &mut Vec<u8>) {
        /// Bytes reserved for `],"other":` and its number.
        const CLOSING_BYTES: usize = 32;
        let start = out.len();
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "refusals");
        time(&mut line, "since", self.since);
        time(&mut line, "until", self.until);
        let mut used = line.written() - start + r#","groups":["#.len();
        let fitting = self.groups.iter().take_while(|group| {
            used += group.written_bytes() + 1;
            used + CLOSING_BYTES <= MAX_BODY_BYTES
        });
        let fitting = fitting.count();
        line.array("groups", &self.groups[..fitting], |out, group| group.write(out));
        let rest = &self.groups[fitting..];
        if !rest.is_empty() {
            line.number("other", rest.iter().fold(0, |sum, group| sum.saturating_add(group.count)));
        }
        line.close();
    }
}

impl RefusalGroup {
    fn write(&self, out: &mut Vec<u8>) {
        let mut group = ObjectWriter::open(out);
        group.text("peer", &cut(&self.peer));
        group.text("cause", &cut(&self.cause));
        group.number("count", self.count);
        group.close();
    }

    fn written_bytes(&self) -> usize {
        let mut scratch = Vec::with_capacity(256);
        self.write(&mut scratch);
        scratch.len()
    }
}

impl Control {
    fn write(&self, out: &mut Vec<u8>) {
        let mut line = ObjectWriter::resume(out);
        line.text("kind", "control");
        line.text("event", self.event.word());
        time(&mut line, "at", self.time);
        self.event.write(&mut line);
        line.close();
    }
}

impl Event {
    fn write(&self, line: &mut ObjectWriter<'_>) {
        match self {
            Event::Started { program, catalog_version } => {
                line.text("program", &cut(program));
                line.text("catalog_version", &cut(catalog_version));
            }
            Event::Stopped => {}
            Event::LogCut { segment, bytes } => {
                line.text("segment", &cut(segment));
                line.number("bytes", *bytes);
            }
            Event::OpenIntents { intents, remaining } => {
                line.array("intents", intents, |out, (index, exchange)| {
                    let mut intent = ObjectWriter::open(out);
                    intent.number("index", *index);
                    intent.text("exchange", exchange);
                    intent.close();
                });
                line.number("remaining", *remaining);
            }
            Event::ClockJumped { by_ms } => line.signed("by_ms", *by_ms),
            Event::Pruned { from, until, segments, bytes, root } => {
                line.number("from", *from);
                line.number("until", *until);
                line.number("segments", *segments);
                line.number("bytes", *bytes);
                line.text("root", &cut(root));
            }
            Event::Continues { checkpoint } => line.text("checkpoint", checkpoint),
            Event::LogRead { by, what, records } => {
                line.text("by", &cut(by));
                line.text("what", &cut(what));
                line.number("records", *records);
            }
            Event::Disclosed { by, exchange } => {
                line.text("by", &cut(by));
                line.text("disclosed", &cut(exchange));
            }
            Event::Step { by, step, object, digest, release } => {
                line.text("by", &cut(by));
                line.text("step", &cut(step));
                line.text("object", &cut(object));
                line.text("digest", &cut(digest));
                line.maybe_number("release", *release);
            }
            Event::StepVoided { object, digest } => {
                line.text("object", &cut(object));
                line.text("digest", &cut(digest));
            }
            Event::PolicyChanged { catalog_version } => {
                line.text("catalog_version", &cut(catalog_version));
            }
            Event::HandshakeRefused { address, cause, claimed } => {
                line.text("address", &cut(address));
                line.text("cause", &cut(cause));
                line.maybe_text("claimed", claimed.as_deref().map(cut).as_deref());
            }
        }
    }

    /// The event's word in the line.
    pub fn word(&self) -> &'static str {
        match self {
            Event::Started { .. } => "started",
            Event::Stopped => "stopped",
            Event::LogCut { .. } => "log-cut",
            Event::OpenIntents { .. } => "open-intents",
            Event::ClockJumped { .. } => "clock-jumped",
            Event::Pruned { .. } => "pruned",
            Event::Continues { .. } => "continues",
            Event::LogRead { .. } => "log-read",
            Event::Disclosed { .. } => "disclosed",
            Event::Step { .. } => "step",
            Event::StepVoided { .. } => "step-voided",
            Event::PolicyChanged { .. } => "policy-changed",
            Event::HandshakeRefused { .. } => "handshake-refused",
        }
    }
}

fn time(line: &mut ObjectWriter<'_>, key: &'static str, time: UnixMillis) {
    line.text(key, rfc3339(time).as_str());
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let room = MAX_TEXT_BYTES - '…'.len_utf8();
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(room)]))
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TooLong::Subjects { count } => {
                write!(f, "one record can't name the {count} persons of this answer")
            }
            TooLong::Texts => write!(f, "the record is longer than {MAX_LINE_BYTES} bytes"),
        }
    }
}

impl std::error::Error for TooLong {}

#[cfg(test)]
mod tests;
