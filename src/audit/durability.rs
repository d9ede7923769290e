//! The fate of a record: it is durable, or the reason why it never will be.

use std::fmt;

use sluice_core::ledger::line::TooLong;
use sluice_core::ledger::tree::Hash;

/// The reason why something is not recorded, so that it must not take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogUnavailable {
    /// A write or sync failed. The log stays in this state: the contents of the disk after a failed
    /// sync are unknown, so nothing is tried again before the next start's recovery.
    Failed,
    /// The queue is at its bound.
    Full,
    /// The log is closed.
    Closed,
    /// The record doesn't fit a line.
    TooLong(TooLong),
}

/// A place in the log whose record is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// The record's leaf index.
    pub index: u64,
    /// The record's hash as a leaf of the log's tree.
    pub leaf: Hash,
}

impl fmt::Display for LogUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogUnavailable::Failed => f.write_str("writing the log has failed"),
            LogUnavailable::Full => f.write_str("as many records wait for the disk as may"),
            LogUnavailable::Closed => f.write_str("the log is closed"),
            LogUnavailable::TooLong(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for LogUnavailable {}
