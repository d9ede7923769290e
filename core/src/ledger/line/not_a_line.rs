//! The fault of a text that is no line of the log.

use crate::ledger::line::FORMAT_VERSION;
use crate::ledger::line::MAX_LINE_BYTES;
use std::fmt;

/// The reason for which a text is no line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotALine {
    /// The text is longer than any line may be.
    TooLong,
    /// The text is not one JSON object.
    NotJson,
    /// The text is not in the log's form of JSON, a member stands twice, or the first members are
    /// not first.
    Form,
    /// The text is of another version of the format.
    Version,
    /// A member that every line has is missing or has another form.
    Member(&'static str),
}

impl fmt::Display for NotALine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotALine::TooLong => write!(f, "it is longer than {MAX_LINE_BYTES} bytes"),
            NotALine::NotJson => f.write_str("it is not one JSON object"),
            NotALine::Form => {
                f.write_str("it is not written as the log writes JSON, or a member stands twice")
            }
            NotALine::Version => write!(f, "its format is not version {FORMAT_VERSION}"),
            NotALine::Member(key) => write!(f, "its member `{key}` is missing or malformed"),
        }
    }
}

impl std::error::Error for NotALine {}
