//! Faults of providers for which an answer can't be shown.

/// The reason for which a provider can't be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// The entry has no upstream.
    NoUpstream,
    /// The provider's name does not resolve.
    Unresolved,
    /// The provider's name resolves to an address that the registry does not allow.
    AddressNotAllowed,
    /// The provider refuses connections, or none of its addresses can be reached.
    Refused,
    /// The connection broke before the answer was there.
    ConnectionLost,
    /// All connections to it are taken and the queue for them is full.
    Busy,
}

/// The step of the provider that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Connecting.
    Connect,
    /// Answering.
    Answer,
}

/// An answer that no provider may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaved {
    /// The answer is not HTTP/1.1 according to RFC 9112.
    Protocol,
    /// A redirect: consumers don't leave the gateway.
    Redirect,
    /// A part of a representation (status 206), which can't be judged.
    Partial,
    /// A challenge for credentials, which consumers don't have.
    Challenge,
    /// A status that no exchange may end with.
    Status,
}

/// The reason for which an answer can't be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The media type is not JSON.
    MediaType,
    /// The answer is compressed, though the content coding `identity` was asked for.
    ContentCoding,
    /// The answer is not JSON according to RFC 8259.
    NotJson,
    /// The answer is not CSV according to RFC 4180.
    NotCsv,
    /// The answer is not in the charset that it declares, or declares one that is not supported.
    Charset,
    /// The answer is compressed, and expands beyond the bound.
    Expansion,
    /// A record that must be held until its end is longer than the bound for that.
    RecordTooLong,
    /// A record names a second person, where the entry says that it names one.
    SecondSubject,
    /// The outermost value is not what the entry declares.
    Shape,
    /// The answer nests deeper than the bound.
    TooDeep,
    /// The answer ended too early.
    Truncated,
}

/// A difference between an answer and what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// More records than the operation may answer.
    TooManyRecords,
    /// A record about another person than the one asked for.
    Subject,
}
