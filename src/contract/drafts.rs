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
    /// The release that it restores; then it says no files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The subject.
    #[serde(default)]
    pub note: String,
    /// Files of the catalog with what they shall say.
    #[serde(default)]
    pub files: Vec<DraftFile>,
}

/// A file with its new text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftFile {
    /// Its path in the catalog.
    pub path: String,
    /// Its text; none: it shall not be there.
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
    /// When.
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
    /// Its digest now; none: it is not there.
    pub before: Option<String>,
    /// Its new digest; none: it shall not be there.
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
    /// Why the exchange office must approve it; empty if the department does.
    pub needs_office: Vec<String>,
}
