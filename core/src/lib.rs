//! The pure part of Sluice: no sockets, files, clocks, tasks or randomness. Time and keys come
//! in as values, so that every rule here can be tested, fuzzed and measured alone.
//!
//! | room | what lives there |
//! |------|------------------|
//! | [`domain`] | the words and the rules: who calls, what is shared, what is decided |
//! | [`authorize`] | the one decision: may this caller make this request now? |
//! | [`redaction`] | from the provider's bytes to the bytes this consumer may see |
//! | [`ledger`] | the audit record and its line in the log |
//! | [`message`] | HTTP/1.1 messages, read to the letter |
//! | [`release`] | releases of the catalog: what they are made of, and the steps to them |
//! | [`grant`] | temporary grants: what they say, and the steps to them |
//! | [`notice`] | what a department is asked to do with data that it has got |
//! | [`stop`] | stopping something at once, and lifting that |
//! | [`crate::usage`] | what was used of budgets |

pub mod authorize;
pub mod domain;
pub mod grant;
pub mod ledger;
pub mod message;
pub mod notice;
pub mod redaction;
pub mod release;
pub mod stop;
pub mod usage;
