//! Sluice: a data-sharing exchange gateway between government departments.
//!
//! This file is the map; ARCHITECTURE.md follows one request through it. A test enforces which room may
//! use which (`tests/it/tidy/`).
//!
//! | room | contents |
//! |------|------------------|
//! | [`sluice_core`] | the pure part: domain types, rules, redaction, records |
//! | [`snapshot`] | the immutable policy in memory |
//! | [`catalog`] | catalog files: reading and checking |
//! | [`contract`] | the types of the administrative interface's requests and responses |
//! | [`pki`] | the development authority |
//! | [`audit`] | the log on disk |
//! | [`budgets`] | the use of budgets, counted by the log |
//! | [`http_client`] | the one HTTP client of commands, demo and witnesses |
//! | [`http1`] | HTTP/1.1 on a connection, for both ends |
//! | [`crate::quota_view`] | the limits of a consumer, and the rest of each |
//! | [`limits`], [`upstream`], [`tls`], [`metrics`] | adapters, one concern each |
//! | [`problem`] | the status, code and text of each rejection |
//! | [`store`] | durable state of the control plane |
//! | [`control`] | the control plane: changes of the catalog, grants and suspensions |
//! | [`exchange`] | the data path |
//! | [`server`] | listeners, connections, drain |
//! | [`api`] | the administrative interface |
//! | [`settings`] | the settings file and its meaning |
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
