//! The gateway's status.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of a gateway, and the identity of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusResponse {
    /// The program's version.
    pub program_version: String,
    /// The catalog version in force.
    pub catalog_version: String,
    /// True if people have reviewed and approved it.
    pub reviewed: bool,
    /// The reason why a later version is not in force, or why its store can't be read.
    pub catalog_trouble: Option<String>,
    /// The number of entries in force.
    pub entries: usize,
    /// The number of the snapshot.
    pub revision: u64,
    /// The number of records in the log.
    pub log_records: u64,
    /// The reason why the log takes no more records.
    pub log_failure: Option<String>,
    /// The person: department/id.
    pub you: String,
    /// Their roles.
    pub roles: Vec<String>,
}
