//! Events for people who watch: the data of server-sent events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that has happened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventResponse {
    /// When.
    pub time: String,
    /// The step's word, or what the clock has brought about.
    pub what: String,
    /// The object that it happened to: draft/id, grant/id, notice/id or the target of a suspension.
    pub object: String,
    /// The person who did it: department/id; nobody if the clock did.
    pub by: Option<String>,
    /// Why, where a person says so.
    pub reason: Option<String>,
}

/// Why nothing more comes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventsEnded {
    /// The reason.
    pub why: String,
}
