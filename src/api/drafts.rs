//! Drafts: writing them, looking at them, and the steps that people take with them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::ledger::time::rfc3339;
use sluice_core::release::step::StepName;
use sluice_core::release::{ContentDigest, SignedStep};

use super::State;
use super::answer::{ApiResponse, etag, idempotency_key, if_match, meanings, yaml};
use super::refusal::ApiRefusal;
use crate::catalog::{Severity, report};
use crate::contract::drafts::{DraftCheck, DraftRequest, DraftResponse, FileChange};
use crate::contract::steps::{StepRequest, StepResponse};
use crate::control::{ChangeError, CheckedDraft, Control, DraftHistory, NewDraft, SignedRow};
use crate::tls::PeerCertificate;

/// Drafts of one page, at most.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftsQuery {
    department: Option<String>,
    stage: Option<String>,
    after: Option<String>,
}

/// Lists drafts, the latest first; `after` is the last id of the page before.
#[utoipa::path(get, path = "/api/v1/drafts", tag = "drafts",
    params(("department" = Option<String>, Query), ("stage" = Option<String>, Query),
        ("after" = Option<String>, Query)),
    responses((status = 200, body = Vec<DraftResponse>)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Query(asked): Query<DraftsQuery>,
) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let mut drafts: Vec<&DraftHistory> = journal.drafts.values().collect();
    drafts.sort_by_key(|drafting| std::cmp::Reverse(number(&drafting.draft.id)));
    let fits = |drafting: &&DraftHistory| {
        let department = drafting.draft.department.as_str();
        sees(&state, &peer.identity, department)
            && asked.department.as_deref().is_none_or(|wanted| wanted == department)
            && asked.stage.as_deref().is_none_or(|wanted| wanted == drafting.stage().as_str())
    };
    let behind = |drafting: &&DraftHistory| {
        let after = asked.after.as_deref().and_then(|id| Name::parse(id).ok());
        after.is_none_or(|after| number(&drafting.draft.id) < number(&after))
    };
    let page = drafts.into_iter().filter(behind).filter(fits).take(PAGE);
    Ok(Json(page.map(told_draft).collect::<Vec<_>>()).into_response())
}

/// Writes a draft. With `Idempotency-Key` the same request makes one draft, however often it comes.
#[utoipa::path(post, path = "/api/v1/drafts", tag = "drafts", request_body = DraftRequest,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = DraftResponse)))]
pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Json(asked): Json<DraftRequest>,
) -> ApiResponse {
    let control = state.changes()?;
    let key = idempotency_key(&headers)?;
    let written = control.write_draft(&peer.identity, &new_draft(asked), None, key).await;
    told(StatusCode::CREATED, written)
}

/// Shows a draft, with its steps; `ETag` is for `If-Match`.
#[utoipa::path(get, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = String, Path)),
    responses((status = 200, body = DraftResponse)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> ApiResponse {
    let (_, drafting) = seen(&state, &peer.identity, &id).await?;
    told(StatusCode::OK, Ok(drafting))
}

/// Rewrites an open draft. `If-Match` names the state that the caller has read.
#[utoipa::path(put, path = "/api/v1/drafts/{id}", tag = "drafts", request_body = DraftRequest,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = DraftResponse), (status = 412), (status = 428)))]
pub(super) async fn replace(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<DraftRequest>,
) -> ApiResponse {
    let (control, drafting) = seen(&state, &peer.identity, &id).await?;
    let row = if_match(&headers).ok_or(ApiRefusal::PreconditionMissing)?;
    let known = Some((&drafting.draft.id, row));
    let written = control.write_draft(&peer.identity, &new_draft(asked), known, None).await;
    told(StatusCode::OK, written)
}

/// Checks the catalog that a draft would lead to: its problems, and the changes for consumers.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/check", tag = "drafts",
    params(("id" = String, Path)), responses((status = 200, body = DraftCheck)))]
pub(super) async fn check(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> ApiResponse {
    let (control, drafting) = seen(&state, &peer.identity, &id).await?;
    let checked = control.check_draft(&drafting.draft.id, (state.clock)()).await;
    let CheckedDraft { problems, changes, needs_office } = checked?;
    let told = DraftCheck {
        sound: problems.iter().all(|problem| problem.rule.severity() != Severity::Error),
        problems: report::problems(&problems),
        changes: meanings(changes),
        needs_office,
    };
    Ok(Json(told).into_response())
}

/// Shows a file as a draft has it.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/files/{path}", tag = "drafts",
    params(("id" = String, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/yaml", body = String)))]
pub(super) async fn file(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path((id, path)): Path<(String, String)>,
) -> ApiResponse {
    let (control, drafting) = seen(&state, &peer.identity, &id).await?;
    let change = drafting.draft.changes.iter().find(|change| *change.path == *path);
    let after = change.and_then(|change| change.after);
    yaml(control, after.ok_or(ApiRefusal::NoFileOfDraft)?).await
}

/// Takes a step: submit, review, approve, reject or withdraw, as the statement says.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/steps", tag = "drafts", request_body = StepRequest,
    params(("id" = String, Path)), responses((status = 201, body = DraftResponse)))]
pub(super) async fn step(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
    Json(asked): Json<StepRequest>,
) -> ApiResponse {
    let (control, drafting) = seen(&state, &peer.identity, &id).await?;
    let taken = control.step(&peer.identity, &drafting.draft.id, asked.into()).await;
    told(StatusCode::CREATED, taken)
}

/// A draft that the person may see.
async fn seen<'s>(
    state: &'s State,
    by: &Identity,
    id: &str,
) -> Result<(&'s Control, DraftHistory), ApiRefusal> {
    let control = state.changes()?;
    let journal = control.journal().await;
    let found = Name::parse(id).ok().and_then(|id| journal.drafts.get(&id).cloned());
    let found = found.filter(|found| sees(state, by, found.draft.department.as_str()));
    let unknown = || ChangeError::NoDraft(id.to_owned());
    Ok((control, found.ok_or_else(unknown)?))
}

/// Drafts are seen by people of their department and of the exchange office.
pub(super) fn sees(state: &State, by: &Identity, department: &str) -> bool {
    by.department == department || by.department == state.office
}

/// Ids end in the number of the row that made them.
pub(super) fn number(id: &Name) -> u64 {
    id.as_str().rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn told(status: StatusCode, drafting: Result<DraftHistory, ChangeError>) -> ApiResponse {
    let drafting = drafting?;
    let tag = [(header::ETAG, etag(drafting.row))];
    Ok((status, tag, Json(told_draft(&drafting))).into_response())
}

impl From<StepRequest> for SignedRow {
    fn from(StepRequest { statement, signature }: StepRequest) -> SignedRow {
        SignedRow { statement, signature }
    }
}

fn new_draft(asked: DraftRequest) -> NewDraft {
    let DraftRequest { department, restores, note, files } = asked;
    let files = files.into_iter().map(|file| (file.path, file.text)).collect();
    NewDraft { department, restores, note, files }
}

/// Tells a step that was taken.
pub(super) fn told_step<S: StepName>(
    SignedStep { statement, by, .. }: &SignedStep<S>,
) -> StepResponse {
    StepResponse {
        step: statement.step.as_str().to_owned(),
        by: by.to_string(),
        role: statement.role.as_str().to_owned(),
        time: rfc3339(statement.time).to_string(),
        reason: statement.reason.as_deref().map(str::to_owned),
    }
}

fn told_draft(drafting: &DraftHistory) -> DraftResponse {
    let DraftHistory { draft, note, by, time, taken, .. } = drafting;
    let text = |digest: &Option<ContentDigest>| digest.map(|digest| digest.to_string());
    let change = |change: &sluice_core::release::Change| FileChange {
        path: change.path.to_string(),
        before: text(&change.before),
        after: text(&change.after),
    };
    DraftResponse {
        id: draft.id.to_string(),
        department: draft.department.to_string(),
        restores: draft.restores,
        note: note.clone(),
        by: by.clone(),
        time: rfc3339(*time).to_string(),
        stage: drafting.stage().as_str().to_owned(),
        digest: draft.digest().to_string(),
        changes: draft.changes.iter().map(change).collect(),
        steps: taken.iter().map(told_step).collect(),
        previous: taken.last().map(|last| last.digest.to_string()),
    }
}
