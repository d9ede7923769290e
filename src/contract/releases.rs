//! Releases, and what changes between two.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A release.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleaseResponse {
    /// Its number.
    pub number: u64,
    /// The version that records and answers cite.
    pub catalog_version: String,
    /// The SHA-256 digest of its manifest.
    pub manifest: String,
    /// The time from which it is in force.
    pub effective: String,
    /// True if it is in force now.
    pub in_force: bool,
    /// The draft that it comes from; none for the first.
    pub draft: Option<String>,
    /// The steps that were taken, as step: department/id.
    pub steps: Vec<String>,
}

/// The difference of two releases, in words.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiffResponse {
    /// The earlier release.
    pub from: u64,
    /// The later one.
    pub to: u64,
    /// The changes for consumers.
    pub changes: Vec<ChangeMeaning>,
}

/// The meaning of a change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeMeaning {
    /// The entry, if the change is about one.
    pub entry: Option<String>,
    /// The subject: the entry, the registry or the procedure.
    pub heading: String,
    /// opens, closes or alters.
    pub effect: String,
    /// The meaning in words.
    pub text: String,
}
