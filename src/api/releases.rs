//! Releases: what was published when, by whom, and what each says.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sluice_core::ledger::time::rfc3339;
use utoipa::ToSchema;

use super::State;
use super::answer::{malformed, no_releases, not_found};
use crate::catalog::difference;
use crate::control::journal::{Journal, Published};
use crate::control::{Control, Version};

/// Releases that a list has, at most: the latest.
const PAGE: usize = 500;

/// A release.
#[derive(Serialize, ToSchema)]
pub(super) struct ReleaseTold {
    /// Its number.
    number: u64,
    /// What records and answers cite of it.
    catalog_version: String,
    /// The SHA-256 digest of its manifest.
    manifest: String,
    /// It is in force from here on.
    effective: String,
    /// Whether it is in force now.
    in_force: bool,
    /// The draft that it comes from; none for the first.
    draft: Option<String>,
    /// Who took which step, as step: department/id.
    steps: Vec<String>,
}

/// What changes from one release to another, in words.
#[derive(Serialize, ToSchema)]
pub(super) struct DiffTold {
    from: u64,
    to: u64,
    changes: Vec<MeantTold>,
}

/// What a change means.
#[derive(Serialize, ToSchema)]
pub(super) struct MeantTold {
    entry: Option<String>,
    /// opens, closes or alters.
    effect: &'static str,
    text: String,
}

/// Lists releases, the latest first.
#[utoipa::path(get, path = "/api/v1/releases", tag = "releases",
    responses((status = 200, body = Vec<ReleaseTold>)))]
pub(super) async fn list(Shared(state): Shared<Arc<State>>) -> Response {
    let Some(control) = &state.changes else { return no_releases() };
    let journal = control.journal().await;
    let in_force = journal.active((state.clock)()).map(|active| active.number);
    let told = journal.releases.iter().rev().take(PAGE);
    Json(told.map(|one| ReleaseTold::of(&journal, one, in_force)).collect::<Vec<_>>())
        .into_response()
}

/// Shows a release.
#[utoipa::path(get, path = "/api/v1/releases/{number}", tag = "releases",
    params(("number" = u64, Path)), responses((status = 200, body = ReleaseTold)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(number): Path<String>,
) -> Response {
    let Some(control) = &state.changes else { return no_releases() };
    let journal = control.journal().await;
    let in_force = journal.active((state.clock)()).map(|active| active.number);
    let number = number.parse::<u64>().ok();
    match journal.releases.iter().find(|release| Some(release.number) == number) {
        Some(release) => Json(ReleaseTold::of(&journal, release, in_force)).into_response(),
        None => not_found("There is no such release."),
    }
}

/// The manifest of a release, as `sha256sum` prints one.
#[utoipa::path(get, path = "/api/v1/releases/{number}/manifest", tag = "releases",
    params(("number" = u64, Path)), responses((status = 200, content_type = "text/plain")))]
pub(super) async fn manifest(
    Shared(state): Shared<Arc<State>>,
    Path(number): Path<String>,
) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match version(&state, &number).await {
        Ok((_, version)) => (kind, version.manifest.to_string()).into_response(),
        Err(refused) => refused,
    }
}

/// A file of a release.
#[utoipa::path(get, path = "/api/v1/releases/{number}/files/{path}", tag = "releases",
    params(("number" = u64, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/yaml")))]
pub(super) async fn file(
    Shared(state): Shared<Arc<State>>,
    Path((number, path)): Path<(String, String)>,
) -> Response {
    match version(&state, &number).await {
        Err(refused) => refused,
        Ok((control, version)) => match version.manifest.file(&path) {
            None => not_found("The release has no such file."),
            Some(digest) => match control.content(digest).await {
                Ok(bytes) => ([(header::CONTENT_TYPE, "application/yaml")], bytes).into_response(),
                Err(not_done) => not_done.into_response(),
            },
        },
    }
}

/// What changes for consumers from one release to another.
#[utoipa::path(get, path = "/api/v1/releases/{number}/diff/{other}", tag = "releases",
    params(("number" = u64, Path), ("other" = u64, Path)),
    responses((status = 200, body = DiffTold)))]
pub(super) async fn diff(
    Shared(state): Shared<Arc<State>>,
    Path((number, other)): Path<(String, String)>,
) -> Response {
    let (old, new) = match (version(&state, &number).await, version(&state, &other).await) {
        (Ok((_, old)), Ok((_, new))) => (old, new),
        (Err(refused), _) | (_, Err(refused)) => return refused,
    };
    let compared = tokio::task::spawn_blocking(move || {
        let changes = difference::between(&old.catalog, &new.catalog).0;
        let meant = |change: difference::Change| MeantTold {
            entry: change.entry,
            effect: change.effect.as_str(),
            text: change.text,
        };
        let changes = changes.into_iter().map(meant).collect();
        DiffTold { from: old.number, to: new.number, changes }
    });
    match compared.await {
        Ok(told) => Json(told).into_response(),
        Err(_) => malformed("The releases can't be compared."),
    }
}

async fn version<'s>(
    state: &'s State,
    number: &str,
) -> Result<(&'s Control, Arc<Version>), Response> {
    let control = state.changes.as_ref().ok_or_else(no_releases)?;
    let number = number.parse().map_err(|_| not_found("There is no such release."))?;
    let version = control.version(number).await.map_err(IntoResponse::into_response)?;
    Ok((control, version))
}

impl ReleaseTold {
    fn of(journal: &Journal, release: &Published, in_force: Option<u64>) -> ReleaseTold {
        let Published { number, manifest, effective, draft } = release;
        let drafting = draft.as_ref().and_then(|id| journal.drafts.get(id));
        let steps = drafting.map_or(&[][..], |drafting| &drafting.taken);
        let step = |taken: &sluice_core::release::Taken| {
            format!("{}: {}", taken.statement.step.as_str(), taken.by)
        };
        ReleaseTold {
            number: *number,
            catalog_version: crate::control::version::named(*number, *manifest),
            manifest: manifest.to_string(),
            effective: rfc3339(*effective).to_string(),
            in_force: in_force == Some(*number),
            draft: draft.as_ref().map(ToString::to_string),
            steps: steps.iter().map(step).collect(),
        }
    }
}
