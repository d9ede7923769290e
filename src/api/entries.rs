//! The catalog in force: departments and entries; and checking files before they are a draft.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sluice_core::domain::registry::{Department, Member};

use super::State;
use super::answer::ApiResponse;
use super::refusal::ApiRefusal;
use crate::catalog::{self, SourceFile, listing, report};
use crate::contract::entries::{
    CatalogReport, CheckRequest, DepartmentResponse, EntriesResponse, FileText, ListedEntry,
    MemberResponse,
};

/// Entries of one page, at most.
const PAGE: usize = 500;

/// Files that are checked at once, at most.
const MAX_FILES: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntriesQuery {
    department: Option<String>,
    after: Option<String>,
}

/// Lists the departments of the registry in force.
#[utoipa::path(get, path = "/api/v1/departments", tag = "catalog",
    responses((status = 200, body = Vec<DepartmentResponse>)))]
pub(super) async fn departments(Shared(state): Shared<Arc<State>>) -> Response {
    let snapshot = state.current.load();
    let all = snapshot.release.policy.registry().departments();
    Json(all.iter().map(told).collect::<Vec<_>>()).into_response()
}

/// Shows a department.
#[utoipa::path(get, path = "/api/v1/departments/{id}", tag = "catalog",
    params(("id" = String, Path)), responses((status = 200, body = DepartmentResponse)))]
pub(super) async fn department(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
) -> ApiResponse {
    let snapshot = state.current.load();
    let found = snapshot.release.policy.registry().department(&id);
    let (_, department) = found.ok_or(ApiRefusal::NoDepartment)?;
    Ok(Json(told(department)).into_response())
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
    let entries: Vec<ListedEntry> = page.by_ref().take(PAGE).map(listing::listed).collect();
    let next = page.next().and_then(|_| entries.last().map(|last| last.id.clone()));
    let catalog_version = policy.version().to_owned();
    Json(EntriesResponse { catalog_version, entries, next }).into_response()
}

/// Shows an entry, as lists have it.
#[utoipa::path(get, path = "/api/v1/entries/{department}/{entry}", tag = "catalog",
    params(("department" = String, Path), ("entry" = String, Path)),
    responses((status = 200, body = ListedEntry)))]
pub(super) async fn entry(
    Shared(state): Shared<Arc<State>>,
    Path((department, entry)): Path<(String, String)>,
) -> ApiResponse {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    let ix = policy.find(&department, &entry).ok_or(ApiRefusal::NoEntry)?;
    Ok(Json(listing::listed(policy.entry(ix))).into_response())
}

/// Checks files as a whole catalog: all problems at once.
#[utoipa::path(post, path = "/api/v1/check", tag = "catalog", request_body = CheckRequest,
    responses((status = 200, body = CatalogReport)))]
pub(super) async fn check(
    Shared(state): Shared<Arc<State>>,
    Json(CheckRequest { files }): Json<CheckRequest>,
) -> ApiResponse {
    if files.len() > MAX_FILES {
        return Err(ApiRefusal::TooManyFiles { limit: MAX_FILES });
    }
    let now = (state.clock)();
    let checked = tokio::task::spawn_blocking(move || {
        let source = |file: FileText| SourceFile { path: file.path, text: file.text };
        let sources: Vec<SourceFile> = files.into_iter().map(source).collect();
        report::of(&catalog::check(&sources, Some(now)))
    });
    let failed = |_| ApiRefusal::Fault("The files can't be checked.".into());
    Ok(Json(checked.await.map_err(failed)?).into_response())
}

fn told(department: &Department) -> DepartmentResponse {
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    let member = |member: &Member| MemberResponse {
        id: member.id.to_string(),
        active: member.active,
        roles: member.roles.iter().map(|role| role.as_str().to_owned()).collect(),
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
