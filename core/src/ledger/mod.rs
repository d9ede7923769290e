//! What is recorded of an exchange, and how it stands in the log.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`record`] | the audit record: its kinds and what each carries |
//! | [`line`] | the one line of JSON that a record becomes, and back |
//! | `json` | writing JSON into a buffer |
//! | [`time`] | times as the log writes them |
//! | [`digest`] | keyed digests: of subjects, and of what was asked and released |

pub mod digest;
mod json;
pub mod line;
pub mod record;
pub mod time;
