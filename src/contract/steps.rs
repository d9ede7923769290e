//! Signed steps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A step that a person takes: the statement in its canonical form, and its signature.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// Canonical JSON (RFC 8785).
    pub statement: String,
    /// A detached JSON Web Signature (RFC 7515) of it.
    pub signature: String,
}

/// A step that was taken.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StepResponse {
    /// The step's word.
    pub step: String,
    /// The person who took it: department/id.
    pub by: String,
    /// In which role.
    pub role: String,
    /// When.
    pub time: String,
    /// Why, where the step says so.
    pub reason: Option<String>,
}
