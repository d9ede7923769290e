//! What departments are asked to do with data that they have got, and reviews that are due.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::steps::StepResponse;

/// A notice.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NoticeResponse {
    /// Its id.
    pub id: String,
    /// The department that it is for.
    pub to: String,
    /// What it is to do: delete.
    pub asks: String,
    /// With what it has got by this: grant/id.
    pub about: String,
    /// expired, revoked, returned or superseded.
    pub why: String,
    /// Since when.
    pub since: String,
    /// The entry that the data is of.
    pub entry: String,
    /// How long data may be kept, as the grant says.
    pub retention: Option<String>,
    /// By when somebody of the department must have acknowledged it.
    pub due: String,
    /// Whether that is over, and nobody has.
    pub overdue: bool,
    /// The text whose digest statements name.
    pub text: String,
    /// Who has acknowledged it.
    pub acknowledged: Option<StepResponse>,
}

/// What is to be looked at again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReviewResponse {
    /// grant/id, or term/department/entry/id.
    pub of: String,
    /// The entry whose data is shared.
    pub entry: String,
    /// Who is to look: the provider.
    pub provider: String,
    /// By when.
    pub date: String,
    /// Whether that is over.
    pub overdue: bool,
    /// Whether it is suspended until somebody looks. Terms never are.
    pub suspended: bool,
}
