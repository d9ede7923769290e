//! Releases of the catalog: what one is made of, what people sign on the way to it, and which step
//! may follow which.
//!
//! A [`Draft`] changes files of one department. A maintainer submits it, a reviewer reviews it, an
//! approver approves it; each signs a [`Statement`] that names the step before. What comes of an
//! approved draft is the next release: a [`Manifest`] of all files by their digests, numbered, and
//! never changed again.
//!
//! Digests are SHA-256, and a manifest is written as `sha256sum` writes one, so that strangers check
//! a release with the tools they have.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`content`] | digests of files, manifests and statements |
//! | [`manifest`] | the files of one release |
//! | [`draft`] | what is to change |
//! | [`step`] | the steps of a draft, its stages, whose role takes which |
//! | [`statement`] | what a person signs |
//! | [`life`] | which step may follow which, and who may take it |

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
