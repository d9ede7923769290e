//! Sluice: a data-sharing exchange gateway between government departments.
//!
//! This file is the map; ARCHITECTURE.md tells the way of one request through it. What may use
//! what is kept by a test (`tests/it/tidy/`).
//!
//! | room | what lives there |
//! |------|------------------|
//! | [`sluice_core`] | the pure part: words, rules, redaction, records |
//! | [`snapshot`] | the immutable policy in memory |
//! | [`catalog`] | catalog files: reading and checking |
//! | [`contract`] | what the administrative interface is sent and says, as types |
//! | [`pki`] | the development authority |
//! | [`audit`] | the log on disk |
//! | [`budgets`] | what was used of budgets, by the log |
//! | [`http_client`] | the one HTTP client of commands, demo and witnesses |
//! | [`http1`] | HTTP/1.1 on a connection, for both ends |
//! | [`crate::quota_view`] | what is allowed to a consumer, and what is left of it |
//! | [`limits`], [`upstream`], [`tls`], [`metrics`] | adapters, one concern each |
//! | [`problem`] | from a rejection to status, code and text |
//! | [`store`] | durable state of the control plane |
//! | [`control`] | how the catalog in force changes |
//! | [`exchange`] | the data path |
//! | [`server`] | listeners, connections, drain |
//! | [`api`] | the administrative interface |
//! | [`settings`] | what a settings file means |
//! | [`gateway`] | the composition root |
//! | [`cli`], [`demo`] | the commands, the sample world |

pub mod api;
pub mod audit;
pub mod budgets;
pub mod catalog;
pub mod cli;
pub mod contract;
pub mod control;
pub mod demo;
pub mod exchange;
pub mod gateway;
pub mod http1;
pub mod http_client;
pub mod index;
pub mod limits;
pub mod metrics;
pub mod pki;
pub mod problem;
pub mod quota_view;
pub mod server;
pub mod settings;
pub mod snapshot;
pub mod store;
pub mod tls;
pub mod upstream;
pub mod witness;
