//! What a provider does that its answer can't be shown for.

/// Why a provider can't be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// The entry has no upstream.
    NoUpstream,
    /// Its name does not resolve.
    Unresolved,
    /// Its name resolves to an address that the registry does not allow.
    AddressNotAllowed,
    /// It refuses connections, or none of its addresses can be reached.
    Refused,
    /// The connection broke before the answer was there.
    ConnectionLost,
    /// All connections to it are taken and the queue for them is full.
    Busy,
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Connecting.
    Connect,
    /// Answering.
    Answer,
}

/// What a provider must not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaved {
    /// Not HTTP/1.1 as RFC 9112 has it.
    Protocol,
    /// A redirect: consumers don't leave the gateway.
    Redirect,
    /// A part of a representation, which can't be judged.
    Partial,
    /// A challenge for credentials, which consumers don't have.
    Challenge,
    /// A status that has no place here.
    Status,
}

/// Why an answer can't be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Its media type is not JSON.
    MediaType,
    /// It is compressed, though identity was asked for.
    ContentCoding,
    /// It is not JSON as RFC 8259 has it.
    NotJson,
    /// It is no table as RFC 4180 has it.
    NotCsv,
    /// It is not in the charset that it says, or in one that is not read.
    Charset,
    /// It is compressed, and comes to far more than it is.
    Expansion,
    /// A record that has to be held until its end is too long for that.
    RecordTooLong,
    /// A record names a second person, where the entry says that it names one.
    SecondSubject,
    /// Its outermost value is not what the entry declares.
    Shape,
    /// It nests deeper than can be judged.
    TooDeep,
    /// It ended before its end.
    Truncated,
}

/// How an answer differs from what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// More records than the operation may answer.
    TooManyRecords,
    /// A record about another person than the one asked for.
    Subject,
}
