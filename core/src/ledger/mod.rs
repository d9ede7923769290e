//! The audit log's formats: records, the lines that hold them, the Merkle tree over the lines, and
//! the proofs and notes made from it.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`record`] | the audit record: its kinds and what each carries |
//! | [`mod@line`] | records as lines of JSON, written and read |
//! | `json` | the writer of JSON into a buffer |
//! | [`time`] | times in the form that the log writes |
//! | [`tree`] | the Merkle tree over the lines |
//! | [`proof`] | proofs that a line is in the tree, and that one tree is a prefix of another |
//! | [`note`] | signed notes and cosignatures |
//! | [`checkpoint`] | a tree's size and root, signed by its log |
//! | [`receipt`] | proofs for readers who have only a line and the log's public key |
//! | [`tile`] | the tree and its entries as files that never change |
//! | [`digest`] | keyed digests of persons, requests and released bodies |

pub mod checkpoint;
pub mod digest;
mod json;
pub mod line;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod record;
pub mod tile;
pub mod time;
pub mod tree;
pub mod witness;
