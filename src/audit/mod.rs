//! The log on disk: every exchange leaves a record that is durable before its effect.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`log`] | the log itself: opening, asking how it is, closing |
//! | [`lane`] | a worker's way to the log: appending and waiting without a channel per record |
//! | [`durability`] | the fate of a record: durable, or why not |
//! | `waiting` | the exchanges of one lane that wait for that |
//! | `queue` | what waits for the next commit; where an index is assigned |
//! | `writer` | the thread that writes and syncs, and the rule when it does |
//! | `checkpointer` | the thread that grows the tree and signs checkpoints |
//! | `shared` | what workers, the writer and the checkpointer share |
//! | `segment` | segment files, their names, and the few operations they need of a disk |
//! | `hashes` | the tree on disk |
//! | `checkpoints` | signed checkpoints on disk |
//! | [`durable`] | small files that are whole or not there |
//! | [`archive`] | reading a log, live or a copy |
//! | `recovery` | what is made of a folder at start |
//! | [`open_error`] | why a log does not open |
//! | `scan` | reading segments: leaves, and intents with their outcomes |
//! | [`find`] | finding records by what they say |
//! | `predecessor` | the log that a new one takes over from |
//! | [`prune`] | removing what is past its retention |
//! | [`verify`] | whether a log is what was signed |
//! | [`refusals`] | which refusals get a record of their own |
//!
//! The way of a record: a worker renders its body ([`sluice_core::ledger::line`]), the queue gives
//! it an index and a time, the writer thread writes all that is queued with one `write` and one
//! `fdatasync`, moves the watermark, and wakes each lane that waits at or below it once. How many
//! records share a commit decides what a record costs, so the writer commits at once only when
//! nobody is left who could still append, and else waits out a short window.

pub mod archive;
mod checkpointer;
mod checkpoints;
pub mod durability;
pub mod durable;
pub mod find;
mod hashes;
pub mod lane;
pub mod log;
pub mod open_error;
mod predecessor;
pub mod prune;
mod queue;
mod recovery;
pub mod refusals;
mod scan;
mod segment;
mod shared;
pub mod verify;
mod waiting;
mod writer;

pub use archive::{Archive, Records};
pub use durability::{Committed, LogUnavailable};
pub use lane::{Durable, Lane, Open, PendingRecord};
pub use log::{Log, LogConfig, LogStatus, NoProof};
pub use open_error::OpenError;
pub use predecessor::predecessor;
pub use recovery::{Opened, TruncatedLine};
pub use refusals::{RefusalGate, Verdict};
pub use writer::Commit;

#[cfg(test)]
mod tests;
