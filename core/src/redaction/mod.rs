//! Redacts answers: from the provider's bytes to the bytes that this consumer may see.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`plan`] | a view compiled for one operation |
//! | [`condition`] | conditions, looked up in a record |
//! | [`mod@format`] | formats other than a single JSON text, and legacy encodings |
//! | `persons` | the persons that a record names |
//! | [`mask`], [`pseudonym`] | applying a mask to a value |
//! | [`stream`] | the streaming redaction of JSON, in constant memory |
//! | `buffered` | the oracle for tests: redacts a whole answer; not in the product |
//! | `names`, `scalar`, `text`, `scan` | declared names, numbers, strings, the structural index |
//! | `node_index` | the index of a node in its plan |
//! | `raw` | members of an object as serde_json reads them |
//!
//! # What is kept, to the byte
//!
//! The output is the answer with the hidden parts cut out and masks put in; nothing is rendered
//! anew. A member or an element that is not kept is cut out: its bytes, the white space before it
//! back to the comma or bracket there, and one comma. That is the comma before it, or, if nothing
//! before it in its object or array is kept, the one after it. White space behind it is cut out if
//! a comma follows, and stays if the closing bracket does. So `{ "a": 1, "b": 2 }` without `a` is
//! `{ "b": 2 }` and without `b` is `{ "a": 1 }`.
//!
//! # What happens to a value
//!
//! * An undeclared member is cut out and counted. Names are compared decoded, and each occurrence
//!   of a repeated name is judged alike.
//! * A declared scalar of another type than declared is cut out and counted as mismatched; so is an
//!   object or array where none is declared, and a scalar where only those are.
//! * `null` passes wherever a declared value would be shown.
//! * An object or array below which the view shows nothing is cut out, as its presence and its
//!   length would tell something. Others stay, even if nothing is left in them.
//! * If the outermost value is not of the declared shape, the answer as a whole is withheld.
//!
//! The parts that are cut out must be as well-formed as the rest: anything but RFC 8259 JSON in
//! UTF-8, without a byte-order mark, is an error.

#[cfg(any(test, feature = "oracle"))]
pub mod buffered;
pub mod condition;
pub mod format;
pub mod mask;
mod names;
mod node_index;
mod persons;
pub mod plan;
pub mod pseudonym;
mod raw;
mod scalar;
mod scan;
pub mod stream;
mod text;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::domain::UnixMillis;
use crate::domain::rejection::{Mismatch, Rejection, Unreadable};
use crate::domain::view::{Counts, FieldSet, Shown};
use crate::ledger::digest::{SubjectDigest, SubjectKey};

use self::format::charset::Decoder;
use self::format::opaque::Opaque;
use self::format::table::CsvTable;
use self::format::texts::Texts;
use self::format::{Charset, Format};
use self::plan::Plan;
use self::pseudonym::PseudonymKey;
use self::stream::Stream;

/// Deepest nesting of objects and arrays that is read; the outermost is the first.
pub const MAX_DEPTH_LEVELS: usize = 64;

/// Most bytes from a comma or opening bracket to the first byte of a member's or element's value:
/// white space, name and colon. They must be held back until it is known whether the value is kept.
/// The same bound holds for the white space behind an item that is not kept.
pub const MAX_HELD_BYTES: usize = 64 * 1024;

/// Longest identifier of a person in bytes, as in the answer, without quotes.
pub const MAX_SUBJECT_BYTES: usize = 1024;

/// Largest record in bytes that is held until its end: one of an entry with conditions, or a row of
/// a table.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;

/// The circumstances of one answer, beside its plan: keys, time, persons, bounds.
#[derive(Clone, Debug)]
pub struct AnswerContext {
    /// The key of the digests of persons.
    pub subjects: SubjectKey,
    /// The key of pseudonyms; without one they become `***`.
    pub pseudonyms: Option<PseudonymKey>,
    /// The time now, on which conditions about ages depend.
    pub now: UnixMillis,
    /// The persons that the request names, at most 64: each record must be about them all.
    pub asked: Vec<SubjectDigest>,
    /// The bounds.
    pub limits: Limits,
}

/// Bounds that belong to one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most records in the answer.
    pub max_records: u64,
    /// Longest answer in bytes.
    pub max_bytes: u64,
}

/// The redaction of one answer. Bytes go in in pieces of any size; the bytes that the consumer may
/// see come out.
///
/// After an error nothing more may be released, and the output before it must not be taken for a
/// complete answer.
#[derive(Debug)]
pub struct Redactor {
    decoder: Option<Decoder>,
    engine: Engine,
    failed: Option<BadAnswer>,
}

/// The engine for the answer's format.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are the largest one")]
enum Engine {
    Json(Stream),
    Texts(Texts),
    Table(CsvTable),
    Opaque(Opaque),
}

/// The counts of one answer, after its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records released.
    pub records: u64,
    /// Records in which no identifier of a person was found, though the operation declares one.
    pub unnamed_records: u64,
    /// The number of times that each declared field passed, was masked, or was dropped because of
    /// the view or the consumer's own narrowing; by the field's index in the entry.
    pub counts: Vec<Counts>,
    /// Members that the entry does not declare.
    pub undeclared: u64,
    /// Values dropped because they were of another type than declared.
    pub mismatched: u64,
    /// Records withheld by a condition; they are not among the other counts.
    pub withheld: u64,
    /// Values too long for their mask.
    pub oversized_masks: u64,
    /// The persons that the records are about, each once, in the order of their first appearance,
    /// without those already taken by [`Redactor::take_subjects`].
    pub subjects: Vec<SubjectDigest>,
}

/// The fault of an answer that is withheld: it can't be judged, or is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAnswer {
    /// The byte of the answer at which the fault stands, from 0.
    pub at: u64,
    /// The reason.
    pub why: Why,
}

/// The reasons for which an answer is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The answer is not JSON according to RFC 8259, which allows no byte-order mark.
    NotJson,
    /// The answer is not CSV according to RFC 4180.
    NotCsv,
    /// A string in it is not UTF-8.
    NotUtf8,
    /// The answer is not in the charset that it declares.
    NotItsCharset,
    /// The answer ended too early.
    Truncated,
    /// The answer nests deeper than [`MAX_DEPTH_LEVELS`].
    TooDeep,
    /// The outermost value is not what the operation declares, or is hidden as a whole.
    Shape,
    /// More than [`MAX_HELD_BYTES`] would have to be held back.
    HeldTooLong,
    /// An identifier of a person is longer than [`MAX_SUBJECT_BYTES`] or is no Unicode text, so the
    /// release can't be recorded.
    Subject,
    /// A record names a second person, though the operation declares one only.
    SecondSubject,
    /// A record is about another person than the one asked for, or names no person.
    OtherSubject,
    /// A condition withholds the record that is the whole answer.
    Withheld,
    /// A record that is held until its end is longer than [`MAX_RECORD_BYTES`].
    RecordTooLong,
    /// The answer holds more records than the operation may answer.
    TooManyRecords,
    /// The answer is longer than the bound.
    TooLong {
        /// The bound in bytes.
        limit_bytes: u64,
    },
}

impl Redactor {
    /// Starts an answer. `narrowed` holds the fields that the consumer asked for, if it named any.
    #[inline]
    pub fn new(
        plan: &Arc<Plan>,
        narrowed: Option<&FieldSet>,
        occasion: AnswerContext,
        format: Format,
        charset: Charset,
    ) -> Redactor {
        let plan = match narrowed {
            Some(fields) => Arc::new(plan.narrowed(fields)),
            None => Arc::clone(plan),
        };
        let occasion = Arc::new(occasion);
        let engine = match format {
            Format::Json => Engine::Json(Stream::new(plan, occasion)),
            Format::JsonLines | Format::JsonSequence => {
                Engine::Texts(Texts::new(Stream::new(plan.row().clone(), occasion), format))
            }
            Format::Csv => Engine::Table(CsvTable::new(plan.row().clone(), occasion)),
        };
        Redactor { decoder: Decoder::of(charset), engine, failed: None }
    }

    /// Starts an opaque file. `asked` are the persons that the request names; the file is about
    /// them.
    pub fn opaque(plan: &Plan, asked: Vec<SubjectDigest>, limits: Limits) -> Redactor {
        let engine = Engine::Opaque(Opaque::new(plan, asked, limits));
        Redactor { decoder: None, engine, failed: None }
    }

    /// Takes the next piece and appends to `out` the part that may be seen so far.
    ///
    /// # Errors
    /// When the answer can't be judged. `out` may then hold bytes that must not be released.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        let Redactor { decoder, engine, failed } = self;
        if let Some(bad) = *failed {
            return Err(bad);
        }
        let taken = match decoder {
            None => engine.push(piece, out),
            Some(decoder) => decoder.push(piece, |decoded| engine.push(decoded, out)),
        };
        *failed = taken.err();
        taken
    }

    /// The persons found since the last call, each once. An answer that leaves in windows has the
    /// persons of a window recorded before its bytes leave. The final tally has the persons that
    /// were not taken.
    pub fn take_subjects(&mut self) -> Vec<SubjectDigest> {
        match &mut self.engine {
            Engine::Json(stream) => stream.take_subjects(),
            Engine::Texts(texts) => texts.stream().take_subjects(),
            Engine::Table(table) => table.take_subjects(),
            Engine::Opaque(opaque) => opaque.take_subjects(),
        }
    }

    /// The number of bytes at the end of `out` that belong to a record whose persons are not all known.
    /// For answers that leave in windows: these bytes stay at the end of `out` until a later push
    /// settles them.
    pub fn unsettled(&self) -> usize {
        match &self.engine {
            Engine::Json(stream) => stream.unsettled(),
            Engine::Texts(texts) => texts.unsettled(),
            // A row is written as a whole, and the persons of a file are known from the beginning.
            Engine::Table(_) | Engine::Opaque(_) => 0,
        }
    }

    /// Records begun so far.
    pub fn records(&self) -> u64 {
        match &self.engine {
            Engine::Json(stream) => stream.records(),
            Engine::Texts(texts) => texts.records(),
            Engine::Table(table) => table.records(),
            Engine::Opaque(_) => 1,
        }
    }

    /// Records so far in which no identifier of a person was found, though the operation declares
    /// one.
    pub fn unnamed_records(&self) -> u64 {
        match &self.engine {
            Engine::Json(stream) => stream.unnamed_records(),
            Engine::Texts(texts) => texts.unnamed_records(),
            Engine::Table(table) => table.unnamed_records(),
            Engine::Opaque(_) => 0,
        }
    }

    /// Ends the answer and appends the rest.
    ///
    /// # Errors
    /// When the answer is incomplete or can't be judged.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<Tally, BadAnswer> {
        let Redactor { decoder, mut engine, failed } = self;
        if let Some(bad) = failed {
            return Err(bad);
        }
        if let Some(mut decoder) = decoder {
            decoder.finish(|decoded| engine.push(decoded, out))?;
        }
        match engine {
            Engine::Json(stream) => stream.finish(out),
            Engine::Texts(texts) => texts.finish(out),
            Engine::Table(table) => table.finish(out),
            Engine::Opaque(opaque) => opaque.finish(),
        }
    }
}

impl Engine {
    fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        match self {
            Engine::Json(stream) => stream.push(piece, out),
            Engine::Texts(texts) => texts.push(piece, out),
            Engine::Table(table) => table.push(piece, out),
            Engine::Opaque(opaque) => opaque.push(piece, out),
        }
    }
}

impl Tally {
    fn of(plan: &Plan) -> Tally {
        Tally { counts: vec![Counts::default(); plan.fields()], ..Tally::default() }
    }

    /// Tells whether anything of any record was shown.
    pub fn shows_anything(&self) -> bool {
        self.counts.iter().any(|count| count.of(Shown::Passed) + count.of(Shown::Masked) > 0)
    }
}

impl From<BadAnswer> for Rejection {
    fn from(bad: BadAnswer) -> Rejection {
        let unreadable = match bad.why {
            Why::NotJson | Why::NotUtf8 => Unreadable::NotJson,
            Why::NotCsv => Unreadable::NotCsv,
            Why::NotItsCharset => Unreadable::Charset,
            Why::Truncated => Unreadable::Truncated,
            Why::TooDeep => Unreadable::TooDeep,
            Why::Shape | Why::HeldTooLong | Why::Subject => Unreadable::Shape,
            Why::SecondSubject => Unreadable::SecondSubject,
            Why::OtherSubject => return Rejection::AnswerMismatch(Mismatch::Subject),
            Why::Withheld => return Rejection::RecordWithheld,
            Why::RecordTooLong => Unreadable::RecordTooLong,
            Why::TooManyRecords => return Rejection::AnswerMismatch(Mismatch::TooManyRecords),
            Why::TooLong { limit_bytes } => return Rejection::AnswerTooLarge { limit_bytes },
        };
        Rejection::AnswerUnreadable(unreadable)
    }
}

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::NotJson => "it is not JSON (RFC 8259)",
            Why::NotCsv => "it is no table (RFC 4180)",
            Why::NotUtf8 => "it is not UTF-8",
            Why::NotItsCharset => "it is not in the charset that it says",
            Why::Truncated => "it ends too early",
            Why::TooDeep => "it nests too deeply",
            Why::Shape => "its outermost value is not what the operation declares",
            Why::HeldTooLong => "a name, or white space, is too long",
            Why::Subject => "an identifier of a person is too long or no text",
            Why::SecondSubject => "a record names a second person where it may name one",
            Why::OtherSubject => "a record is not about whom was asked for, or does not say so",
            Why::Withheld => "its one record says of itself that nothing of it may be shown",
            Why::RecordTooLong => "a record is too long to be looked into",
            Why::TooManyRecords => "it holds more records than the operation may answer",
            Why::TooLong { limit_bytes } => {
                return write!(f, "it is longer than {limit_bytes} bytes");
            }
        };
        write!(f, "{why} (at byte {})", self.at)
    }
}

impl std::error::Error for BadAnswer {}
