//! The record of an exchange: one for each way out, by ownership.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`guard`] | the open record, which writes itself |
//! | [`draft`] | what a record will say |
//! | [`stream_record`] | the records of an answer that leaves in windows |
//! | `detail`, `released`, `metrics` | what is said of a rejection, of a released answer, to the metrics |
//! | [`receipt`] | where the record stands, for the consumer |

pub(super) mod detail;
pub mod draft;
pub mod guard;
mod metrics;
pub mod receipt;
mod released;
pub mod stream_record;
