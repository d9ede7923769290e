//! Events for people who watch: the data of server-sent events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that has happened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventResponse {
    /// The time of the event.
    pub time: String,
    /// The name of the step, or of the deadline that has passed.
    pub what: String,
    /// The object that it happened to: draft/id, grant/id, notice/id or the target of a suspension.
    pub object: String,
    /// The person who took the step: department/id; null for a deadline.
    pub by: Option<String>,
    /// The reason that the person gave.
    pub reason: Option<String>,
}

/// The end of the stream of events.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventsEnded {
    /// The reason.
    pub why: String,
}
