//! The audit record: what is kept of an exchange, of refusals, and of what happens to the gateway.
//!
//! It attests what was *released*, never what was received. It carries no bodies, no clear
//! subjects, no raw paths or queries, no digest or size of the unredacted answer, and of purpose,
//! case and operator only values that passed their check.
//!
//! A record borrows what it tells: it is rendered where it is made, and never kept.

use std::fmt;

use super::digest::{BodyDigest, SubjectDigest};
use crate::domain::UnixMillis;
use crate::domain::terms::Term;
use crate::domain::view::Counts;

/// Most persons that one record names, so that it fits its line: each takes 35 bytes.
pub const MAX_RECORD_SUBJECTS: usize = 1_500;

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "none is ever kept or moved about")]
pub enum Record<'a> {
    /// An exchange, permitted or refused, with all that is known of it.
    Single(Exchange<'a>),
    /// A permitted exchange that is about to take effect before all is known of it. An outcome
    /// follows; where none does, the exchange counts as having taken full effect.
    Intent(Intent<'a>),
    /// A part of a long answer that is about to be released, with the persons in it.
    Continuation(Continuation<'a>),
    /// What came of an intent.
    Outcome(Ended<'a>),
    /// Refusals beyond the rate at which each gets a line of its own.
    Refusals(Refusals),
    /// Something that happened to the gateway or its log.
    Control(Control),
}

/// What is recorded of one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange<'a> {
    /// The exchange id: a UUIDv7 in its usual text form.
    pub exchange: &'a str,
    /// When the request's head was read.
    pub time: UnixMillis,
    /// The peer, as far as it is known.
    pub consumer: &'a Consumer,
    /// The person on whose behalf the system calls; `asserted` by the system.
    pub operator: Option<&'a str>,
    /// The purpose stated.
    pub purpose: Option<&'a str>,
    /// The case reference stated.
    pub case: Option<&'a str>,
    /// The reference to a consent stated.
    pub consent: Option<&'a str>,
    /// `department/entry`, once it is known that there is one.
    pub entry: Option<&'a str>,
    /// The operation's id.
    pub operation: Option<&'a str>,
    /// The operation's mode.
    pub mode: Option<&'static str>,
    /// The catalog version by which it was decided.
    pub catalog_version: &'a str,
    /// What was decided and what came of it.
    pub outcome: Outcome<'a>,
    /// Keyed digest of the request as it was forwarded.
    pub request_digest: Option<BodyDigest>,
    /// What of the provider's answer was released.
    pub released: Option<Released<'a>>,
    /// What it takes from the budget of its basis, if that has one.
    pub debit: Option<Debit<'a>>,
    /// From the first byte of the request's head to this record, in microseconds.
    pub gateway_us: u64,
    /// Of which the provider took so many.
    pub upstream_us: Option<u64>,
}

impl Default for Exchange<'_> {
    /// Nothing is known.
    fn default() -> Self {
        const NOBODY: &Consumer =
            &Consumer { department: None, system: None, certificate: None, address: None };
        Exchange {
            exchange: "",
            time: 0,
            consumer: NOBODY,
            operator: None,
            purpose: None,
            case: None,
            consent: None,
            entry: None,
            operation: None,
            mode: None,
            catalog_version: "",
            outcome: Outcome::default(),
            request_digest: None,
            released: None,
            debit: None,
            gateway_us: 0,
            upstream_us: None,
        }
    }
}

/// A permitted exchange that is about to take effect before all is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent<'a> {
    /// What is known so far. Neither what is released nor the times it took are written.
    pub exchange: Exchange<'a>,
    /// What is about to happen.
    pub effect: Effect,
}

/// What must not happen before it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An answer too long to be judged as a whole is released window by window.
    Release,
    /// The provider is asked to change something.
    Write,
    /// The provider is asked at all, where its entry demands a record before that.
    Ask,
}

impl Effect {
    /// The word for it in the line.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Release => "release",
            Effect::Write => "write",
            Effect::Ask => "ask",
        }
    }
}

/// Which intent a later record belongs to, with what makes that record readable by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The exchange id.
    pub exchange: Box<str>,
    /// The leaf index of its intent.
    pub intent: u64,
    /// The department that asked.
    pub department: Option<Box<str>>,
    /// Its system.
    pub system: Option<Box<str>>,
    /// `department/entry`.
    pub entry: Option<Box<str>>,
}

/// A part of a long answer that is about to be released.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuation<'a> {
    /// The intent it belongs to.
    pub thread: &'a Thread,
    /// Its place among the parts of the answer, from 1.
    pub window: u64,
    /// Bytes that are released with it.
    pub bytes: u64,
    /// Records that are released with it.
    pub records: u64,
    /// The persons in it.
    pub subjects: &'a [SubjectDigest],
    /// What it takes from the budget of the basis, if that has one.
    pub debit: Option<Debit<'a>>,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended<'a> {
    /// The intent it belongs to.
    pub thread: &'a Thread,
    /// How it ended.
    pub fate: Fate,
    /// The code of the rejection, if the gateway ended it.
    pub code: Option<&'static str>,
    /// More about the rejection: names of declared things only.
    pub detail: Option<&'a str>,
    /// The status that was answered; none if the client was gone.
    pub status: Option<u16>,
    /// What was released in all. Its subjects are those that no continuation has named.
    pub released: Option<Released<'a>>,
    /// What it takes from the budget of the basis, beside what the records before it took.
    pub debit: Option<Debit<'a>>,
    /// From the first byte of the request's head to this record, in microseconds.
    pub gateway_us: u64,
    /// Of which the provider took so many.
    pub upstream_us: Option<u64>,
}

/// How an intent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All of it took effect.
    Complete,
    /// A part was released, the rest was not.
    Cut,
    /// Nothing was released or changed.
    Withheld,
    /// Nobody knows: it counts as having taken full effect.
    Unknown,
}

impl Fate {
    /// The word for it in the line.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Complete => "complete",
            Fate::Cut => "cut",
            Fate::Withheld => "withheld",
            Fate::Unknown => "unknown",
        }
    }
}

/// Who asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumer {
    /// Its department.
    pub department: Option<Box<str>>,
    /// Its system, or the person who came with a person's certificate.
    pub system: Option<Box<str>>,
    /// The serial number of its certificate, in hexadecimal.
    pub certificate: Option<Box<str>>,
    /// The address it came from, without the port.
    pub address: Option<Box<str>>,
}

/// What was decided and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome<'a> {
    /// Whether the exchange was permitted. A permitted one may still fail later.
    pub permitted: bool,
    /// The basis of the permit.
    pub basis: Option<BasisName<'a>>,
    /// Whether the basis says that persons are not told of it for now.
    pub confidential: bool,
    /// The code of the rejection, if the gateway made the answer.
    pub code: Option<&'static str>,
    /// More about the rejection: names of declared things only.
    pub detail: Option<&'a str>,
    /// The status that was answered; none if the client was gone.
    pub status: Option<u16>,
}

/// What a permit rests on. Written as `term/<id>` or `grant/<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasisName<'a> {
    /// A term of the entry, by its id.
    Term(&'a str),
    /// A temporary grant, by its id.
    Grant(&'a str),
}

impl<'a> BasisName<'a> {
    /// That of a permit that rests on this term, or on what a grant says in a term's words.
    pub fn of(term: &'a Term) -> BasisName<'a> {
        if term.granted { BasisName::Grant(&term.id) } else { BasisName::Term(&term.id) }
    }

    /// Its kind as it is written, and its id.
    pub fn parts(self) -> (&'static str, &'a str) {
        match self {
            BasisName::Term(id) => ("term/", id),
            BasisName::Grant(id) => ("grant/", id),
        }
    }
}

impl fmt::Display for BasisName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = self.parts();
        write!(f, "{kind}{id}")
    }
}

/// What a record takes from a budget. It is durable before what is taken is released, so that the log
/// says what was used even when nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debit<'a> {
    /// Whose budget it is.
    pub basis: BasisName<'a>,
    /// Requests.
    pub requests: u64,
    /// Records released.
    pub records: u64,
    /// Bytes released.
    pub bytes: u64,
    /// Of the records, those that say of nobody that they are about him.
    pub unnamed: u64,
    /// Whether the persons that the record names are counted.
    pub persons: bool,
}

/// What of the provider's answer was released.
#[derive(Clone, Debug, PartialEq)]
pub struct Released<'a> {
    /// Size of the released body in bytes.
    pub bytes: u64,
    /// Keyed digest of the released body.
    pub digest: BodyDigest,
    /// Number of records released.
    pub records: u64,
    /// How often each declared path was masked or dropped.
    pub fields: FieldCounts<'a>,
    /// How many members that the entry does not declare were dropped; their names could be
    /// persons, so they are not told.
    pub undeclared: u64,
    /// How many declared fields were dropped because their value was of another kind.
    pub mismatched: u64,
    /// How many records were left out because they said so themselves.
    pub withheld: u64,
    /// How many records say of nobody that they are about him, though the entry is about persons.
    pub unnamed: u64,
    /// The persons the released records are about.
    pub subjects: &'a [SubjectDigest],
}

/// Counts by declared path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FieldCounts<'a> {
    /// The paths.
    pub paths: &'a [Box<str>],
    /// What is counted of each.
    pub counts: &'a [Counts],
}

/// Refusals beyond the rate at which each gets a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusals {
    /// When the first of them was.
    pub since: UnixMillis,
    /// When the last of them was.
    pub until: UnixMillis,
    /// Counts by peer and cause.
    pub groups: Vec<RefusalGroup>,
}

/// Refusals of one peer for one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalGroup {
    /// `department/system`, or an address prefix where no certificate was accepted.
    pub peer: Box<str>,
    /// The code of the rejection, or the cause for which a handshake failed.
    pub cause: Box<str>,
    /// How many.
    pub count: u64,
}

/// Something that happened to the gateway or its log.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// When.
    pub time: UnixMillis,
    /// What.
    pub event: Event,
}

/// What happened to the gateway or its log.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The gateway started.
    Started {
        /// Its program version.
        program: Box<str>,
        /// The catalog version it started with.
        catalog_version: Box<str>,
    },
    /// The gateway stopped in good order: a log that ends without this line was cut off.
    Stopped,
    /// An incomplete last line was cut at start.
    LogCut {
        /// The segment file's name.
        segment: Box<str>,
        /// Bytes that were cut.
        bytes: u64,
    },
    /// Intents of former segments that were still open when a segment began, so that whoever looks
    /// for open ones need not read further back.
    OpenIntents {
        /// Their leaf indices, each with its exchange id.
        intents: Vec<(u64, Box<str>)>,
        /// How many more there are, in records that follow this one.
        remaining: u64,
    },
    /// The system's clock jumped against the monotonic one.
    ClockJumped {
        /// By so many milliseconds, forwards or backwards.
        by_ms: i64,
    },
    /// Segments past their retention are about to be removed; their hashes stay.
    Pruned {
        /// Index of the first record that is removed.
        from: u64,
        /// Index of the first record after them that stays.
        until: u64,
        /// Segments that are removed.
        segments: u64,
        /// Bytes that are removed.
        bytes: u64,
        /// Root of the tree up to the first record that stays, in base64.
        root: Box<str>,
    },
    /// This log goes on where another one ended: after a restore, or with another key.
    Continues {
        /// The last checkpoint of the other log, as its note.
        checkpoint: Box<str>,
    },
    /// Somebody read the log.
    LogRead {
        /// Who: `department/id`.
        by: Box<str>,
        /// What was asked for: names of filters, never their values.
        what: Box<str>,
        /// Records that were shown.
        records: u64,
    },
    /// Persons may be told of an exchange whose basis is confidential.
    Disclosed {
        /// Who says so: `department/id`.
        by: Box<str>,
        /// The exchange.
        exchange: Box<str>,
    },
    /// A person takes a step of the control plane. It is recorded before it takes effect.
    Step {
        /// Who: `department/id`.
        by: Box<str>,
        /// What is done, in the word of its statement.
        step: Box<str>,
        /// What to: `draft/<id>`.
        object: Box<str>,
        /// The digest of what was signed, or of the draft that was written.
        digest: Box<str>,
        /// The release that it publishes.
        release: Option<u64>,
    },
    /// A step that was recorded did not take effect.
    StepVoided {
        /// What it was about.
        object: Box<str>,
        /// The digest that the step's record has.
        digest: Box<str>,
    },
    /// Another catalog version is in force here from now on.
    PolicyChanged {
        /// That one.
        catalog_version: Box<str>,
    },
    /// A TLS handshake failed.
    HandshakeRefused {
        /// The address it came from, without the port.
        address: Box<str>,
        /// Why, in one of the fixed causes.
        cause: Box<str>,
        /// What the certificate claimed to be, if one was read and well-formed.
        claimed: Option<Box<str>>,
    },
}
