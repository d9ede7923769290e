//! Messages of HTTP/1.1 (RFC 9112 and RFC 9110), read strictly.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`bytes`] | classes of bytes: the places of a message in which a byte may stand |
//! | [`field`] | the closed list of header fields that the gateway reads |
//! | [`fields`] | the values of these fields in a message; a header section being written |
//! | [`head`] | reading the head of a request or an answer, and where its body ends |
//! | [`chunked`] | the chunked coding, resumable at any byte |
//!
//! A message that two programs could read in two ways is refused: a length and a transfer coding at
//! once, two lengths, a line that ends in anything but CRLF, a folded line, white space before a
//! colon. RFC 9112 lets a recipient repair some of these; this reader does not.

pub mod bytes;
pub mod chunked;
pub mod field;
pub mod fields;
pub mod head;

#[cfg(test)]
mod tests;

use std::fmt;

/// Most fields in the head of a request.
pub const MAX_REQUEST_FIELDS: usize = 64;

/// Largest head of a request in bytes.
pub const MAX_REQUEST_HEAD_BYTES: usize = 16 * 1024;

/// Most fields in the head of an answer.
pub const MAX_ANSWER_FIELDS: usize = 128;

/// Largest head of an answer in bytes. Places in a head have 16 bits.
pub const MAX_ANSWER_HEAD_BYTES: usize = 65_535;

/// The fault of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadMessage {
    /// The first line is not `METHOD target HTTP/1.1`.
    RequestLine,
    /// The first line is not `HTTP/1.1 nnn reason`.
    StatusLine,
    /// The message is of another version of HTTP.
    Version,
    /// A line ends in anything but CRLF, or a CR or LF stands within one.
    LineEnd,
    /// A field's name is no token, or white space stands before its colon.
    FieldName,
    /// A field's value holds a control character.
    FieldValue,
    /// A field's value goes on in the next line.
    Folded,
    /// The head is larger than its bound.
    HeadTooLarge,
    /// The head has more fields than its bound.
    TooManyFields,
    /// `Content-Length` stands twice or is no number.
    Length,
    /// `Transfer-Encoding` is not `chunked`, once.
    TransferCoding,
    /// Both `Content-Length` and `Transfer-Encoding` are given.
    TwoLengths,
    /// A chunk's size, its end, or the trailer section is not according to RFC 9112.
    Chunk,
    /// `Expect` is not `100-continue`.
    Expectation,
}

impl BadMessage {
    /// All faults, for tables that leave none out.
    pub const ALL: [BadMessage; 14] = [
        BadMessage::RequestLine,
        BadMessage::StatusLine,
        BadMessage::Version,
        BadMessage::LineEnd,
        BadMessage::FieldName,
        BadMessage::FieldValue,
        BadMessage::Folded,
        BadMessage::HeadTooLarge,
        BadMessage::TooManyFields,
        BadMessage::Length,
        BadMessage::TransferCoding,
        BadMessage::TwoLengths,
        BadMessage::Chunk,
        BadMessage::Expectation,
    ];
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadMessage::RequestLine => "its first line is not METHOD target HTTP/1.1",
            BadMessage::StatusLine => "its first line is not HTTP/1.1 status reason",
            BadMessage::Version => "it is not HTTP/1.1",
            BadMessage::LineEnd => "a line does not end in CRLF, or holds a CR or LF",
            BadMessage::FieldName => "the name of a header field is no token",
            BadMessage::FieldValue => "the value of a header field holds a control character",
            BadMessage::Folded => "a header field goes on in the next line",
            BadMessage::HeadTooLarge => "its head is too large",
            BadMessage::TooManyFields => "it has too many header fields",
            BadMessage::Length => "Content-Length stands twice or is no number",
            BadMessage::TransferCoding => "Transfer-Encoding is not chunked, once",
            BadMessage::TwoLengths => "both Content-Length and Transfer-Encoding are given",
            BadMessage::Chunk => "a chunk or trailer is not as RFC 9112 has it",
            BadMessage::Expectation => "Expect asks for something else than 100-continue",
        })
    }
}

impl std::error::Error for BadMessage {}
