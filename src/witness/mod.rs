//! Witnesses of a log: other parties that have seen it grow, so that even its own operator can't
//! show two histories (C2SP tlog-witness).
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`witnesses`] | a gateway's way to its witnesses |
//! | [`server`] | a witness: `sluice witness` |
//! | [`memory`] | what a witness has cosigned last, durable |
//!
//! Nothing that passes between them is secret, and both sides sign, so it is plain HTTP; where the
//! network may not be trusted to deliver it at all, a TLS proxy goes before the witness.

pub mod memory;
pub mod server;
pub mod witnesses;
