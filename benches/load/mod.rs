//! What the end-to-end bench is made of.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`flags`] | the command line |
//! | [`stage`] | certificates, TLS and the catalog, the same for every process |
//! | [`records`] | the answers of the origin |
//! | [`wire`] | reading HTTP/1.1 messages, as far as this bench needs it |
//! | [`origin`] | the provider's system |
//! | [`callers`] | the consumer's connections: the load |
//! | [`plain`] | the yardstick: a proxy without any policy |
//! | [`gateway`] | the gateway with everything on |
//! | [`process`] | a proxy as a process of its own, and what it costs |
//! | [`usual`] | the record of a usual exchange |
//! | [`report`] | medians, ratios, the table |

pub(crate) mod callers;
pub(crate) mod flags;
pub(crate) mod gateway;
pub(crate) mod origin;
pub(crate) mod plain;
pub(crate) mod process;
pub(crate) mod records;
pub(crate) mod report;
pub(crate) mod stage;
pub(crate) mod usual;
pub(crate) mod wire;

/// What can go wrong, in words for a terminal.
pub(crate) type Wrong = Box<dyn std::error::Error + Send + Sync>;
