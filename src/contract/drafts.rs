//! Drafts of the catalog.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entries::ReportedProblem;
use super::releases::ChangeMeaning;
use super::steps::StepResponse;

/// A draft that is to be written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// The department whose files it changes.
    pub department: String,
    /// The release that it restores; such a draft lists no files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The subject.
    #[serde(default)]
    pub note: String,
    /// Files of the catalog, with their new texts.
    #[serde(default)]
    pub files: Vec<DraftFile>,
}

/// A file with its new text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftFile {
    /// Its path in the catalog.
    pub path: String,
    /// Its text; null deletes the file.
    pub text: Option<String>,
}

/// A draft.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DraftResponse {
    /// Its id.
    pub id: String,
    /// The department whose files it changes.
    pub department: String,
    /// The release that it restores.
    pub restores: Option<u64>,
    /// The subject.
    pub note: String,
    /// The person who wrote it: department/id.
    pub by: String,
    /// The time at which it was written.
    pub time: String,
    /// open, submitted, reviewed, published, rejected or withdrawn.
    pub stage: String,
    /// The digest that statements name.
    pub digest: String,
    /// The files that it changes.
    pub changes: Vec<FileChange>,
    /// The steps that were taken.
    pub steps: Vec<StepResponse>,
    /// The digest that the next statement names as `previous`.
    pub previous: Option<String>,
}

/// The change of a file, by digests.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileChange {
    /// Its path in the catalog.
    pub path: String,
    /// Its present digest; null if it does not exist.
    pub before: Option<String>,
    /// Its new digest; null if it is deleted.
    pub after: Option<String>,
}

/// The findings of a check of a draft.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DraftCheck {
    /// True if it can be published.
    pub sound: bool,
    /// Everything that is wrong with it.
    pub problems: Vec<ReportedProblem>,
    /// The meaning for consumers.
    pub changes: Vec<ChangeMeaning>,
    /// Reasons why the exchange office must approve it; empty if the department itself may.
    pub needs_office: Vec<String>,
}
