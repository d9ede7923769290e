//! Notices, by which departments are asked to do something with data that they have got; reviews that are due.

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
    /// The task: delete.
    pub asks: String,
    /// The basis by which it has got the data: grant/id.
    pub about: String,
    /// expired, revoked, returned or superseded.
    pub why: String,
    /// Since when.
    pub since: String,
    /// The entry that the data is of.
    pub entry: String,
    /// The time for which data may be kept, as the grant says.
    pub retention: Option<String>,
    /// By when somebody of the department must have acknowledged it.
    pub due: String,
    /// True if that is over, and nobody has.
    pub overdue: bool,
    /// The text whose digest statements name.
    pub text: String,
    /// The step of the person who has acknowledged it.
    pub acknowledged: Option<StepResponse>,
}

/// A review that is due.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReviewResponse {
    /// grant/id, or term/department/entry/id.
    pub of: String,
    /// The entry whose data is shared.
    pub entry: String,
    /// The department that is to look: the provider.
    pub provider: String,
    /// By when.
    pub date: String,
    /// True if that is over.
    pub overdue: bool,
    /// True if it is suspended until somebody looks. Terms never are.
    pub suspended: bool,
}
