//! What is recorded of an exchange, and how it stands in the log.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`record`] | the audit record: its kinds and what each carries |
//! | [`mod@line`] | the one line of JSON that a record becomes, and back |
//! | `json` | writing JSON into a buffer |
//! | [`time`] | times as the log writes them |
//! | [`tree`] | the Merkle tree over the lines |
//! | [`proof`] | that a line is in the tree, that a tree is a prefix of another |
//! | [`note`] | signed notes and cosignatures |
//! | [`checkpoint`] | a tree's size and root, signed by its log |
//! | [`receipt`] | proofs that stand by themselves |
//! | [`tile`] | the tree and its entries as files of fixed content |
//! | [`digest`] | keyed digests: of subjects, and of what was asked and released |

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
