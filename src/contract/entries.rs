//! Departments and entries in force; files to be checked, and the findings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A department of the registry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DepartmentResponse {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its name in English.
    pub title_en: Option<String>,
    /// The department above it.
    pub parent: Option<String>,
    /// The code of its region.
    pub region: Option<String>,
    /// True if it takes part.
    pub active: bool,
    /// Its systems.
    pub systems: Vec<MemberResponse>,
    /// Its people.
    pub people: Vec<MemberResponse>,
}

/// A system or a person, by the number of the post.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberResponse {
    /// Its id in the department.
    pub id: String,
    /// True if it takes part.
    pub active: bool,
    /// A person's roles.
    pub roles: Vec<String>,
}

/// A page of entries.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntriesResponse {
    /// The catalog version in force.
    pub catalog_version: String,
    /// The entries, in the order of their ids.
    pub entries: Vec<ListedEntry>,
    /// The start of the next page, if there is more.
    pub next: Option<String>,
}

/// One entry of a list: the part of it that every office may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListedEntry {
    /// `department/entry`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its code in the office's own catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Codes of related entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// The office that answers for it, where that is not the department as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// `unconditional`, `restricted` or `non-shared`.
    pub class: String,
    /// `base`, `business` or `trace`.
    pub category: String,
    /// 1 to 4.
    pub level: u8,
    /// The contact for questions.
    pub contact: String,
    /// The reasons for not sharing, if it is not shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withholding: Option<NotShared>,
}

/// The reasons for not sharing an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotShared {
    /// The reason.
    pub reason: String,
    /// The law that it rests on.
    pub legal_basis: String,
    /// The office that approved it.
    pub approver: String,
}

/// Files to be checked as a whole catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// All files of the catalog.
    pub files: Vec<FileText>,
}

/// A file of a catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileText {
    /// Its path in the catalog.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The findings of a check of a whole catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogReport {
    /// The version that the files make; none with errors.
    pub catalog_version: Option<String>,
    /// The number of departments; none with errors.
    pub departments: Option<usize>,
    /// The number of entries; none with errors.
    pub entries: Option<usize>,
    /// Everything that is wrong with it.
    pub problems: Vec<ReportedProblem>,
}

/// A problem of a catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportedProblem {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The number of characters that are meant.
    pub width: u32,
    /// error or warning.
    pub severity: String,
    /// The id of the rule that it breaks.
    pub rule: String,
    /// The problem in words.
    pub message: String,
    /// Advice on what to do.
    pub advice: String,
    /// The line of the file; empty where the file could not be read.
    pub excerpt: String,
}
