//! Releases, and what changes between two.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A release.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleaseResponse {
    /// Its number.
    pub number: u64,
    /// What records and answers cite of it.
    pub catalog_version: String,
    /// The SHA-256 digest of its manifest.
    pub manifest: String,
    /// It is in force from here on.
    pub effective: String,
    /// Whether it is in force now.
    pub in_force: bool,
    /// The draft that it comes from; none for the first.
    pub draft: Option<String>,
    /// Who took which step, as step: department/id.
    pub steps: Vec<String>,
}

/// What changes from one release to another, in words.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiffResponse {
    /// The earlier release.
    pub from: u64,
    /// The later one.
    pub to: u64,
    /// What changes for consumers.
    pub changes: Vec<ChangeMeaning>,
}

/// What a change means.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeMeaning {
    /// The entry, where it is about one.
    pub entry: Option<String>,
    /// What it is about: the entry, the registry or the procedure.
    pub heading: String,
    /// opens, closes or alters.
    pub effect: String,
    /// What it means, in words.
    pub text: String,
}
