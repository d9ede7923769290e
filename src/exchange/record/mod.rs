//! The record of an exchange: one for each way out, by ownership.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`guard`] | the open record, which writes itself |
//! | [`draft`] | what a record will say |
//! | [`stream_record`] | the records of an answer that leaves in windows |
//! | `labels`, `field_counts`, `metrics` | what is said of a rejection, of a released answer, to the metrics |
//! | [`receipt`] | where the record stands, for the consumer |

pub mod draft;
mod field_counts;
pub mod guard;
pub(super) mod labels;
mod metrics;
pub mod receipt;
pub mod stream_record;
