//! Suspensions, which stop something at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::steps::StepResponse;

/// Something that is stopped, or was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SuspensionResponse {
    /// entry/department/id, department/id, system/department/id, person/department/id or grant/id.
    pub target: String,
    /// True if it is stopped now.
    pub stopped: bool,
    /// The steps that were taken.
    pub steps: Vec<StepResponse>,
    /// The digest that the next statement names as `previous`.
    pub previous: Option<String>,
}

/// The result of a step.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SuspensionChange {
    /// True if it is in the store: if not, it is in force at this gateway, and other gateways follow when
    /// the store is back.
    pub stored: bool,
}
