//! Releases: their times, signers and files.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::header;
use axum::response::IntoResponse;
use sluice_core::ledger::time::rfc3339;

use super::State;
use super::answer::{ApiResponse, meanings, yaml};
use super::refusal::ApiRefusal;
use crate::contract::releases::{DiffResponse, ReleaseResponse};
use crate::control::journal::{Journal, PublishedRelease};
use crate::control::version::named;

/// Releases that a list has, at most: the latest.
const PAGE: usize = 500;

/// Lists releases, the latest first.
#[utoipa::path(get, path = "/api/v1/releases", tag = "releases",
    responses((status = 200, body = Vec<ReleaseResponse>)))]
pub(super) async fn list(Shared(state): Shared<Arc<State>>) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let latest = journal.releases.iter().rev().take(PAGE);
    let page = latest.map(|release| told(&state, &journal, release));
    Ok(Json(page.collect::<Vec<_>>()).into_response())
}

/// Shows a release.
#[utoipa::path(get, path = "/api/v1/releases/{number}", tag = "releases",
    params(("number" = u64, Path)), responses((status = 200, body = ReleaseResponse)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(number): Path<u64>,
) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let release = journal.release(number)?;
    Ok(Json(told(&state, &journal, release)).into_response())
}

/// The manifest of a release, as `sha256sum` prints one.
#[utoipa::path(get, path = "/api/v1/releases/{number}/manifest", tag = "releases",
    params(("number" = u64, Path)), responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn manifest(
    Shared(state): Shared<Arc<State>>,
    Path(number): Path<u64>,
) -> ApiResponse {
    let manifest = state.changes()?.manifest(number).await?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, manifest.to_string()).into_response())
}

/// A file of a release.
#[utoipa::path(get, path = "/api/v1/releases/{number}/files/{path}", tag = "releases",
    params(("number" = u64, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/yaml", body = String)))]
pub(super) async fn file(
    Shared(state): Shared<Arc<State>>,
    Path((number, path)): Path<(u64, String)>,
) -> ApiResponse {
    let control = state.changes()?;
    let manifest = control.manifest(number).await?;
    let digest = manifest.file(&path).ok_or(ApiRefusal::NoFileOfRelease)?;
    yaml(control, digest).await
}

/// Compares two releases: the changes for consumers.
#[utoipa::path(get, path = "/api/v1/releases/{number}/diff/{other}", tag = "releases",
    params(("number" = u64, Path), ("other" = u64, Path)),
    responses((status = 200, body = DiffResponse)))]
pub(super) async fn diff(
    Shared(state): Shared<Arc<State>>,
    Path((from, to)): Path<(u64, u64)>,
) -> ApiResponse {
    let changes = state.changes()?.difference(from, to).await;
    let changes = meanings(changes?);
    Ok(Json(DiffResponse { from, to, changes }).into_response())
}

fn told(state: &State, journal: &Journal, release: &PublishedRelease) -> ReleaseResponse {
    let PublishedRelease { number, manifest, effective, draft } = release;
    let drafting = draft.as_ref().and_then(|id| journal.drafts.get(id));
    let steps = drafting.map_or(&[][..], |drafting| &drafting.taken);
    let step = |taken: &sluice_core::release::SignedStep| {
        format!("{}: {}", taken.statement.step.as_str(), taken.by)
    };
    let catalog_version = named(*number, *manifest);
    ReleaseResponse {
        number: *number,
        in_force: catalog_version == state.current.load().release.policy.version(),
        catalog_version,
        manifest: manifest.to_string(),
        effective: rfc3339(*effective).to_string(),
        draft: draft.as_ref().map(ToString::to_string),
        steps: steps.iter().map(step).collect(),
    }
}
