//! Pages of the log, and disclosures.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of records.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordsResponse {
    /// The records that fit, in the order of the log.
    pub records: Vec<RecordResponse>,
    /// The index to go on from; none at the end of the log.
    pub next: Option<u64>,
}

/// A record of the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordResponse {
    /// Its index in this gateway's log.
    pub index: u64,
    /// Its line, to the byte as it is hashed.
    pub line: String,
}

/// A disclosure that is asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisclosureRequest {
    /// The id of a confidential exchange.
    pub exchange: String,
}

/// A disclosure that was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DisclosureResponse {
    /// The id of the exchange, as records have it.
    pub exchange: String,
}
