//! Notices, by which departments are asked to delete data; reviews that are due.

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
    /// The basis on which the department got the data: grant/id.
    pub about: String,
    /// expired, revoked, returned or superseded.
    pub why: String,
    /// The time from which the data must be deleted.
    pub since: String,
    /// The entry that the data is of.
    pub entry: String,
    /// The time for which data may be kept, as the grant says.
    pub retention: Option<String>,
    /// The deadline of the acknowledgement by the department.
    pub due: String,
    /// True if the deadline has passed without an acknowledgement.
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
    /// The department that makes the review: the provider.
    pub provider: String,
    /// The deadline.
    pub date: String,
    /// True if the deadline has passed.
    pub overdue: bool,
    /// True if the grant is suspended until the review. Terms are never suspended by a review.
    pub suspended: bool,
}
