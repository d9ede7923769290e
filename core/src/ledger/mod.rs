//! What is recorded of an exchange, and how it stands in the log.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`record`] | the audit record and its one line of JSON |
//! | [`digest`] | keyed digests: of subjects, and of what was asked and released |

pub mod digest;
pub mod record;
