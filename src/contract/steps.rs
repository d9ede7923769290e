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
    /// The name of the step.
    pub step: String,
    /// The person who took it: department/id.
    pub by: String,
    /// The role in which the person took it.
    pub role: String,
    /// The time that the statement gives.
    pub time: String,
    /// The reason that the person gave.
    pub reason: Option<String>,
}
