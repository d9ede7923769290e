//! What is in force: departments and entries; and checking files before they are a draft.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sluice_core::domain::registry::{Department, Member};
use utoipa::ToSchema;

use super::State;
use super::answer::{fault, malformed, not_found};
use crate::catalog::{self, SourceFile, listing, report};

/// Entries of one page, at most.
const PAGE: usize = 500;

/// Files that are checked at once, at most.
const MAX_FILES: usize = 10_000;

/// A department of the registry.
#[derive(Serialize, ToSchema)]
pub(super) struct DepartmentResponse {
    id: String,
    title: String,
    title_en: Option<String>,
    parent: Option<String>,
    region: Option<String>,
    active: bool,
    systems: Vec<MemberResponse>,
    people: Vec<MemberResponse>,
}

/// A system or a person, by the number of the post.
#[derive(Serialize, ToSchema)]
pub(super) struct MemberResponse {
    id: String,
    active: bool,
    roles: Vec<&'static str>,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(super) struct EntriesResponse {
    catalog_version: String,
    #[schema(value_type = Vec<Object>)]
    entries: Vec<listing::ListedEntry>,
    /// Where the next page begins, if there is more.
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntriesQuery {
    department: Option<String>,
    after: Option<String>,
}

/// Files to be checked as a whole catalog.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FilesQuery {
    files: Vec<FileText>,
}

/// A file of a catalog.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    path: String,
    text: String,
}

/// Lists the departments of the registry in force.
#[utoipa::path(get, path = "/api/v1/departments", tag = "catalog",
    responses((status = 200, body = Vec<DepartmentResponse>)))]
pub(super) async fn departments(Shared(state): Shared<Arc<State>>) -> Response {
    let snapshot = state.current.load();
    let all = snapshot.release.policy.registry().departments();
    Json(all.iter().map(DepartmentResponse::of).collect::<Vec<_>>()).into_response()
}

/// Shows a department.
#[utoipa::path(get, path = "/api/v1/departments/{id}", tag = "catalog",
    params(("id" = String, Path)), responses((status = 200, body = DepartmentResponse)))]
pub(super) async fn department(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
) -> Response {
    let snapshot = state.current.load();
    match snapshot.release.policy.registry().department(&id) {
        Some((_, department)) => Json(DepartmentResponse::of(department)).into_response(),
        None => not_found("There is no such department."),
    }
}

/// Lists the entries in force; `after` is the last id of the page before.
#[utoipa::path(get, path = "/api/v1/entries", tag = "catalog",
    params(("department" = Option<String>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = EntriesResponse)))]
pub(super) async fn entries(
    Shared(state): Shared<Arc<State>>,
    Query(asked): Query<EntriesQuery>,
) -> Response {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    // In the order of their files, which is that of their ids within a department.
    let mut found: Vec<_> = policy.entries().iter().collect();
    found.sort_by(|one, two| one.id.as_str().cmp(two.id.as_str()));
    let after = asked.after.as_deref().unwrap_or_default();
    let fits = |department: &str| asked.department.as_deref().is_none_or(|it| it == department);
    let mut page = found
        .into_iter()
        .filter(|entry| entry.id.as_str() > after && fits(entry.id.department().as_str()));
    let entries: Vec<listing::ListedEntry> =
        page.by_ref().take(PAGE).map(listing::listed).collect();
    let next = page.next().and_then(|_| entries.last().map(|last| last.id.clone()));
    let catalog_version = policy.version().to_owned();
    Json(EntriesResponse { catalog_version, entries, next }).into_response()
}

/// Shows an entry, as lists have it.
#[utoipa::path(get, path = "/api/v1/entries/{department}/{entry}", tag = "catalog",
    params(("department" = String, Path), ("entry" = String, Path)), responses((status = 200)))]
pub(super) async fn entry(
    Shared(state): Shared<Arc<State>>,
    Path((department, entry)): Path<(String, String)>,
) -> Response {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    match policy.find(&department, &entry) {
        Some(ix) => Json(listing::listed(policy.entry(ix))).into_response(),
        None => not_found("There is no such entry."),
    }
}

/// Checks files as a whole catalog: all problems at once.
#[utoipa::path(post, path = "/api/v1/check", tag = "catalog", request_body = FilesQuery,
    responses((status = 200)))]
pub(super) async fn check(
    Shared(state): Shared<Arc<State>>,
    Json(FilesQuery { files }): Json<FilesQuery>,
) -> Response {
    if files.len() > MAX_FILES {
        return malformed(&format!("At most {MAX_FILES} files are checked at once."));
    }
    let now = (state.clock)();
    let checked = tokio::task::spawn_blocking(move || {
        let source = |file: FileText| SourceFile { path: file.path, text: file.text };
        let sources: Vec<SourceFile> = files.into_iter().map(source).collect();
        report::json(&catalog::check(&sources, Some(now)))
    });
    match checked.await {
        Ok(report) => Json(report).into_response(),
        Err(_) => fault("The files can't be checked."),
    }
}

impl DepartmentResponse {
    fn of(department: &Department) -> DepartmentResponse {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let member = |member: &Member| MemberResponse {
            id: member.id.to_string(),
            active: member.active,
            roles: member.roles.iter().map(|role| role.as_str()).collect(),
        };
        DepartmentResponse {
            id: department.id.to_string(),
            title: department.title.to_string(),
            title_en: text(&department.title_en),
            parent: department.parent.as_ref().map(ToString::to_string),
            region: text(&department.region),
            active: department.active,
            systems: department.systems.iter().map(member).collect(),
            people: department.people.iter().map(member).collect(),
        }
    }
}
