//! The rows of the journal, and their form in the store.

use serde::{Deserialize, Serialize};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::release::{Change, ContentDigest, Draft};

use crate::store::{NewRow, StoredRow};

/// A parsed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JournalRow {
    /// The first release, which nobody has signed: the settings name its manifest.
    Genesis(GenesisRow),
    /// A draft, new or in another state.
    Drafted(DraftRow),
    /// A step that a person has taken with a draft.
    Signed(SignedRow),
    /// A request for a grant.
    Asked(GrantRow),
    /// A step that a person has taken with a grant.
    GrantSigned(SignedRow),
    /// A suspension that a person has signed, or its lifting.
    Stopped(SignedRow),
    /// A notice that a person has acknowledged.
    Acknowledged(SignedRow),
}

/// The first release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GenesisRow {
    /// The digest of its manifest.
    pub(super) manifest: String,
    /// Time at which it was made.
    pub(super) time: UnixMillis,
}

/// A draft, new or in another state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftRow {
    pub(super) id: String,
    pub(super) department: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restores: Option<u64>,
    /// The note for reviewers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    /// The person who wrote it: `department/id`.
    pub(super) by: String,
    pub(super) time: UnixMillis,
    /// The writer's idempotency key, so that asking twice makes one draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    pub(super) changes: Vec<ChangeRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRow {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// A request for a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantRow {
    /// The grant, in its canonical form.
    pub(super) grant: String,
    /// The person who wrote it: `department/id`.
    pub(super) by: String,
    pub(super) time: UnixMillis,
    /// The writer's idempotency key, so that asking twice makes one grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
}

/// A step that a person has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRow {
    /// The statement, in its canonical form.
    pub statement: String,
    /// The detached signature.
    pub signature: String,
}

impl JournalRow {
    /// Parses a row; none if this version of the program does not know it.
    pub(super) fn read(row: &StoredRow) -> Option<JournalRow> {
        let body = &row.body;
        match &*row.kind {
            "genesis" => serde_json::from_str(body).map(JournalRow::Genesis).ok(),
            "draft" => serde_json::from_str(body).map(JournalRow::Drafted).ok(),
            "step" => serde_json::from_str(body).map(JournalRow::Signed).ok(),
            "grant" => serde_json::from_str(body).map(JournalRow::Asked).ok(),
            "grant-step" => serde_json::from_str(body).map(JournalRow::GrantSigned).ok(),
            "notice-step" => serde_json::from_str(body).map(JournalRow::Acknowledged).ok(),
            "stop" => serde_json::from_str(body).map(JournalRow::Stopped).ok(),
            _ => None,
        }
    }

    /// Serializes the row for the store.
    pub(super) fn row(&self) -> NewRow {
        // Structs of texts and numbers can always be serialized.
        let (kind, body) = match self {
            JournalRow::Genesis(genesis) => ("genesis", serde_json::to_string(genesis)),
            JournalRow::Drafted(drafted) => ("draft", serde_json::to_string(drafted)),
            JournalRow::Signed(signed) => ("step", serde_json::to_string(signed)),
            JournalRow::Asked(asked) => ("grant", serde_json::to_string(asked)),
            JournalRow::GrantSigned(signed) => ("grant-step", serde_json::to_string(signed)),
            JournalRow::Acknowledged(signed) => ("notice-step", serde_json::to_string(signed)),
            JournalRow::Stopped(signed) => ("stop", serde_json::to_string(signed)),
        };
        NewRow { kind, body: body.unwrap_or_default() }
    }
}

impl DraftRow {
    /// Returns the draft; none if an id or a digest is not well-formed.
    pub(super) fn draft(&self) -> Option<Draft> {
        let digest = |text: &Option<String>| match text {
            None => Some(None),
            Some(text) => ContentDigest::parse(text).map(Some),
        };
        let change = |told: &ChangeRow| {
            let (before, after) = (digest(&told.before)?, digest(&told.after)?);
            Some(Change { path: told.path.as_str().into(), before, after })
        };
        Some(Draft {
            id: Name::parse(&self.id).ok()?,
            department: Name::parse(&self.department).ok()?,
            restores: self.restores,
            changes: self.changes.iter().map(change).collect::<Option<_>>()?,
        })
    }
}

impl From<&Change> for ChangeRow {
    fn from(change: &Change) -> ChangeRow {
        let text = |digest: &Option<ContentDigest>| digest.map(|digest| digest.to_string());
        let Change { path, before, after } = change;
        ChangeRow { path: path.to_string(), before: text(before), after: text(after) }
    }
}
