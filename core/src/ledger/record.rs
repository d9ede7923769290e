//! The audit record: what the log keeps of an exchange, of refusals, and of events at the gateway.
//!
//! A record attests what was *released*, never what was received. It carries no bodies, no clear
//! subjects, no raw paths or queries, no digest or size of the unredacted answer, and of purpose,
//! case and operator only values that passed their check.
//!
//! A record borrows its values: it is written as a line where it is made, and never kept.

use std::fmt;

use super::digest::{BodyDigest, SubjectDigest};
use crate::domain::UnixMillis;
use crate::domain::rejection::Detail;
use crate::domain::terms::Term;
use crate::domain::view::Counts;

/// Most persons that one record names, so that it fits its line: each takes 35 bytes.
pub const MAX_RECORD_SUBJECTS: usize = 1_500;

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "none is ever kept or moved about")]
pub enum Record<'a> {
    /// An exchange, permitted or refused, of which everything is known.
    Single(Exchange<'a>),
    /// A permitted exchange that is about to take effect before all is known of it. An outcome
    /// follows; without one, the exchange counts as having taken full effect.
    Intent(Intent<'a>),
    /// A part of a long answer that is about to be released, with the persons in it.
    Continuation(Continuation<'a>),
    /// The outcome of an intent.
    Outcome(Ended<'a>),
    /// Counts of refusals, beyond the rate at which each gets a line of its own.
    Refusals(Refusals),
    /// Something that happened to the gateway or its log.
    Control(Control),
}

/// The record of one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange<'a> {
    /// The exchange id: a UUIDv7 in its usual text form.
    pub exchange: &'a str,
    /// The time at which the request's head was read.
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
    /// The entry, `department/entry`, if there is one of that name.
    pub entry: Option<&'a str>,
    /// The operation's id.
    pub operation: Option<&'a str>,
    /// The operation's mode.
    pub mode: Option<&'static str>,
    /// The catalog version by which it was decided.
    pub catalog_version: &'a str,
    /// The decision and the answer.
    pub outcome: Outcome<'a>,
    /// Keyed digest of the request as it was forwarded.
    pub request_digest: Option<BodyDigest>,
    /// The released part of the provider's answer.
    pub released: Option<Released<'a>>,
    /// The usage that it takes from the budget of its basis, if that has one.
    pub debit: Option<Debit<'a>>,
    /// Time from the first byte of the request's head to this record, in microseconds.
    pub gateway_us: u64,
    /// The part of that time that the provider took, in microseconds.
    pub upstream_us: Option<u64>,
}

impl Default for Exchange<'_> {
    /// An exchange of which nothing is known.
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
    /// The part that is known so far. The released part and the times are not written.
    pub exchange: Exchange<'a>,
    /// The effect that is about to happen.
    pub effect: Effect,
}

/// An effect that must not happen before it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An answer too long to be judged as a whole is released window by window.
    Release,
    /// The provider is asked to change something.
    Write,
    /// The provider is asked at all, if its entry requires a record before that.
    Ask,
}

impl Effect {
    /// The effect's word in the line.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Release => "release",
            Effect::Write => "write",
            Effect::Ask => "ask",
        }
    }
}

/// The intent to which a later record belongs, with the members that make the later record readable
/// by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The exchange id.
    pub exchange: Box<str>,
    /// The leaf index of its intent.
    pub intent: u64,
    /// The consumer department.
    pub department: Option<Box<str>>,
    /// The consumer's system.
    pub system: Option<Box<str>>,
    /// `department/entry`.
    pub entry: Option<Box<str>>,
}

/// A part of a long answer that is about to be released.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuation<'a> {
    /// The intent it belongs to.
    pub thread: &'a Thread,
    /// Number of the window within the answer, from 1.
    pub window: u64,
    /// Bytes released with it.
    pub bytes: u64,
    /// Records released with it.
    pub records: u64,
    /// The persons in the window.
    pub subjects: &'a [SubjectDigest],
    /// The usage that it takes from the budget of the basis, if that has one.
    pub debit: Option<Debit<'a>>,
}

/// The outcome of an intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended<'a> {
    /// The intent it belongs to.
    pub thread: &'a Thread,
    /// The way in which it ended.
    pub fate: Fate,
    /// The code of the rejection, if the gateway ended it.
    pub code: Option<&'static str>,
    /// The detail of the rejection.
    pub detail: Option<&'a Detail<'a>>,
    /// The status that was answered; none if the client was gone.
    pub status: Option<u16>,
    /// The released part, over all windows. Its subjects are only those that no continuation has
    /// named.
    pub released: Option<Released<'a>>,
    /// The usage that it takes from the budget of the basis, beyond what the earlier records took.
    pub debit: Option<Debit<'a>>,
    /// Time from the first byte of the request's head to this record, in microseconds.
    pub gateway_us: u64,
    /// The part of that time that the provider took, in microseconds.
    pub upstream_us: Option<u64>,
}

/// The way in which an intent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All of it took effect.
    Complete,
    /// A part was released, the rest was not.
    Cut,
    /// Nothing was released or changed.
    Withheld,
    /// Nobody knows whether it took effect: it counts as having taken full effect.
    Unknown,
}

impl Fate {
    /// The fate's word in the line.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Complete => "complete",
            Fate::Cut => "cut",
            Fate::Withheld => "withheld",
            Fate::Unknown => "unknown",
        }
    }
}

/// The consumer that asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumer {
    /// Its department.
    pub department: Option<Box<str>>,
    /// The system, or the person if the certificate is a person's.
    pub system: Option<Box<str>>,
    /// The serial number of its certificate, in hexadecimal.
    pub certificate: Option<Box<str>>,
    /// The address from which it connected, without the port.
    pub address: Option<Box<str>>,
}

/// The decision and the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome<'a> {
    /// True if the exchange was permitted. A permitted one may still fail later.
    pub permitted: bool,
    /// The basis of the permit.
    pub basis: Option<BasisName<'a>>,
    /// True if the basis is confidential, so that persons are not told of the exchange for now.
    pub confidential: bool,
    /// The code of the rejection, if the gateway made the answer.
    pub code: Option<&'static str>,
    /// The detail of the rejection.
    pub detail: Option<&'a Detail<'a>>,
    /// The status that was answered; none if the client was gone.
    pub status: Option<u16>,
}

/// The name of a permit's basis. Written as `term/<id>` or `grant/<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasisName<'a> {
    /// A term of the entry, by its id.
    Term(&'a str),
    /// A temporary grant, by its id.
    Grant(&'a str),
}

impl<'a> BasisName<'a> {
    /// The name of a basis whose conditions are this term.
    pub fn of(term: &'a Term) -> BasisName<'a> {
        if term.granted { BasisName::Grant(&term.id) } else { BasisName::Term(&term.id) }
    }

    /// The kind of basis as it is written, and its id.
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

/// The usage that a record takes from a budget. It is durable before anything is released, so that
/// the log holds the usage even if nothing else is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debit<'a> {
    /// The basis whose budget it is.
    pub basis: BasisName<'a>,
    /// Requests.
    pub requests: u64,
    /// Records released.
    pub records: u64,
    /// Bytes released.
    pub bytes: u64,
    /// The number of these records that name no person.
    pub unnamed: u64,
    /// True if the persons that the record names are counted.
    pub persons: bool,
}

/// The released part of the provider's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Released<'a> {
    /// Size of the released body in bytes.
    pub bytes: u64,
    /// Keyed digest of the released body.
    pub digest: BodyDigest,
    /// Number of records released.
    pub records: u64,
    /// The number of times that each declared path was masked or dropped.
    pub fields: FieldCounts<'a>,
    /// The number of members that were dropped because the entry does not declare them. Their names
    /// are not recorded, since they could identify persons.
    pub undeclared: u64,
    /// The number of declared fields that were dropped because their value was of another type.
    pub mismatched: u64,
    /// The number of records that a condition withheld.
    pub withheld: u64,
    /// The number of records that name no person, though the entry is about persons.
    pub unnamed: u64,
    /// The persons the released records are about.
    pub subjects: &'a [SubjectDigest],
}

/// Counts by declared path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FieldCounts<'a> {
    /// The paths.
    pub paths: &'a [Box<str>],
    /// The counts of each path.
    pub counts: &'a [Counts],
}

/// Counts of refusals, beyond the rate at which each gets a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusals {
    /// The time of the first refusal.
    pub since: UnixMillis,
    /// The time of the last refusal.
    pub until: UnixMillis,
    /// Counts by peer and cause.
    pub groups: Vec<RefusalGroup>,
}

/// Refusals of one peer for one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalGroup {
    /// `department/system`, or an address prefix if no certificate was accepted.
    pub peer: Box<str>,
    /// The code of the rejection, or the cause for which a handshake failed.
    pub cause: Box<str>,
    /// The number of refusals.
    pub count: u64,
}

/// An event at the gateway or its log.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The time of the event.
    pub time: UnixMillis,
    /// The event.
    pub event: Event,
}

/// The kinds of events at the gateway or its log.
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
    /// Intents of former segments that were still open when a segment began. A search for open
    /// intents need not read further back.
    OpenIntents {
        /// Their leaf indices, each with its exchange id.
        intents: Vec<(u64, Box<str>)>,
        /// The number of further ones, in the records that follow this one.
        remaining: u64,
    },
    /// The system's clock jumped against the monotonic clock.
    ClockJumped {
        /// The jump in milliseconds; negative for a jump backwards.
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
    /// This log continues another one: after a restore, or with another key.
    Continues {
        /// The last checkpoint of the other log, as its note.
        checkpoint: Box<str>,
    },
    /// Somebody read the log.
    LogRead {
        /// The person: `department/id`.
        by: Box<str>,
        /// The names of the filters that were used, never their values.
        what: Box<str>,
        /// The number of records that were shown.
        records: u64,
    },
    /// Persons may be told of an exchange whose basis is confidential.
    Disclosed {
        /// The auditor: `department/id`.
        by: Box<str>,
        /// The exchange.
        exchange: Box<str>,
    },
    /// A person takes a step of the control plane. It is recorded before it takes effect.
    Step {
        /// The person: `department/id`.
        by: Box<str>,
        /// The step, in the word of its statement.
        step: Box<str>,
        /// The object of the step: `draft/<id>`.
        object: Box<str>,
        /// The digest of what was signed, or of the draft that was written.
        digest: Box<str>,
        /// The release that it publishes.
        release: Option<u64>,
    },
    /// A step that was recorded did not take effect.
    StepVoided {
        /// The object of the step.
        object: Box<str>,
        /// The digest in the step's record.
        digest: Box<str>,
    },
    /// Another catalog version is in force here from now on.
    PolicyChanged {
        /// The catalog version now in force.
        catalog_version: Box<str>,
    },
    /// A TLS handshake failed.
    HandshakeRefused {
        /// The address from which the peer connected, without the port.
        address: Box<str>,
        /// The cause, one of a fixed list.
        cause: Box<str>,
        /// The identity in the certificate, if one was read and well-formed. It is not verified.
        claimed: Option<Box<str>>,
    },
}
