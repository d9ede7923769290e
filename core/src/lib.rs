//! The pure part of Sluice: no sockets, files, clocks, tasks or randomness. Time and keys come
//! in as values, so that every rule here can be tested, fuzzed and measured alone.
//!
//! | room | what lives there |
//! |------|------------------|
//! | [`domain`] | the types of the exchange, and the decision |
//! | [`authorize`] | the one decision: may this caller make this request now? |
//! | [`redaction`] | from the provider's bytes to the bytes that this consumer may see |
//! | [`ledger`] | the audit record, its line in the log, and the proofs about it |
//! | [`message`] | HTTP/1.1 messages, read strictly |
//! | [`release`] | releases of the catalog: drafts, manifests, and the signed steps of a draft |
//! | [`grant`] | temporary grants: their text, and the signed steps of a grant |
//! | [`notice`] | notices: what a department must do with data that it has received |
//! | [`stop`] | the rules for stopping something at once, and for lifting the stop |
//! | [`crate::usage`] | the usage of budgets |

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
