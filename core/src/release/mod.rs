//! Releases of the catalog: their files, the drafts that lead to them, and the order of the steps
//! that people sign.
//!
//! A [`Draft`] changes files of one department. A maintainer submits it, a reviewer reviews it, an
//! approver approves it; each signs a [`Statement`] that names the step before. An approved draft
//! leads to the next release: a [`Manifest`] of all files by their digests, numbered, and never
//! changed again.
//!
//! Digests are SHA-256, and a manifest has the form of `sha256sum`, so that outsiders can check a
//! release with common tools.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`content`] | digests of files, manifests and statements |
//! | [`manifest`] | the files of one release |
//! | [`draft`] | the proposed changes of files |
//! | [`step`] | the steps and stages of a draft, and the roles for each step |
//! | [`statement`] | the statement that a person signs |
//! | [`life`] | the order of steps, and the people who may take them |

pub mod content;
pub mod draft;
pub mod life;
pub mod manifest;
pub mod statement;
pub mod step;

pub use content::ContentDigest;
pub use draft::{Change, Draft};
pub use life::{Person, Refusal, SignedStep};
pub use manifest::{Conflict, Manifest};
pub use statement::{Approval, NotAStatement, Statement};
pub use step::{DraftStage, DraftStep, StepName};

#[cfg(test)]
mod tests;
