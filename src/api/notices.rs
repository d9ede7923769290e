//! Notices to departments about data that they have received, and their acknowledgements.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::time::rfc3339;

use super::State;
use super::answer::ApiResponse;
use super::drafts::{number, told_step};
use super::grants::sees;
use super::refusal::ApiRefusal;
use crate::contract::notices::NoticeResponse;
use crate::contract::steps::StepRequest;
use crate::control::notices::NoticeState;
use crate::control::{ChangeError, Control};
use crate::tls::PeerCertificate;

/// Notices of one page, at most.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticesQuery {
    /// True to list only notices that nobody has acknowledged.
    #[serde(default)]
    open: bool,
    #[serde(default)]
    overdue: bool,
    to: Option<String>,
    after: Option<String>,
}

/// Lists the notices about grants that concern the asker's department, the latest first; `after` is the last
/// id of the page before.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices",
    params(("open" = Option<bool>, Query), ("overdue" = Option<bool>, Query),
        ("to" = Option<String>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Vec<NoticeResponse>)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Query(asked): Query<NoticesQuery>,
) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let now = (state.clock)();
    let fits = |one: &NoticeState<'_>| {
        asked.to.as_deref().is_none_or(|to| one.notice.to.as_str() == to)
            && (!asked.open || one.acknowledged.is_none())
            && (!asked.overdue || one.is_overdue(now))
    };
    let key = |one: &NoticeState<'_>| (one.notice.since, number(&one.notice.id));
    let after = asked.after.as_deref().and_then(|id| journal.notice(id, now));
    let after = after.as_ref().map(key);
    let mut notices: Vec<NoticeState<'_>> = journal.notices(now).filter(fits).collect();
    notices.retain(|one| after.is_none_or(|after| key(one) < after));
    notices.sort_by_key(|one| std::cmp::Reverse(key(one)));
    // Whose they are to see is asked of as many as fill the page.
    let seen = notices.iter().filter(|one| sees(&state, &peer.identity, &one.granting.grant));
    Ok(Json(seen.take(PAGE).map(|one| told(one, now)).collect::<Vec<_>>()).into_response())
}

/// Shows a notice.
#[utoipa::path(get, path = "/api/v1/notices/{id}", tag = "notices", params(("id" = String, Path)),
    responses((status = 200, body = NoticeResponse)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> ApiResponse {
    seen(&state, state.changes()?, &peer, &id, StatusCode::OK).await
}

/// Acknowledges a notice by a signed statement, whose reason describes how the task was done.
#[utoipa::path(post, path = "/api/v1/notices/{id}/steps", tag = "notices", request_body = StepRequest,
    params(("id" = String, Path)), responses((status = 201, body = NoticeResponse)))]
pub(super) async fn step(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
    Json(asked): Json<StepRequest>,
) -> ApiResponse {
    let control = state.changes()?;
    seen(&state, control, &peer, &id, StatusCode::OK).await?;
    control.step_of_notice(&peer.identity, &id, asked.into()).await?;
    seen(&state, control, &peer, &id, StatusCode::CREATED).await
}

/// A notice that the person may see.
async fn seen(
    state: &State,
    control: &Control,
    peer: &PeerCertificate,
    id: &str,
    status: StatusCode,
) -> ApiResponse {
    let (journal, now) = (control.journal().await, (state.clock)());
    let found = journal.notice(id, now);
    let found = found.filter(|one| sees(state, &peer.identity, &one.granting.grant));
    let unknown = || ApiRefusal::from(ChangeError::NoNotice(id.to_owned()));
    Ok((status, Json(told(&found.ok_or_else(unknown)?, now))).into_response())
}

fn told(one: &NoticeState<'_>, now: UnixMillis) -> NoticeResponse {
    let date = |at: UnixMillis| rfc3339(at).to_string();
    let NoticeState { notice, granting, due, acknowledged } = one;
    NoticeResponse {
        id: notice.id.to_string(),
        to: notice.to.to_string(),
        asks: notice.asks.as_str().to_owned(),
        about: notice.about.to_string(),
        why: notice.why.to_owned(),
        since: date(notice.since),
        entry: granting.grant.entry.to_string(),
        retention: granting.grant.retention.as_deref().map(str::to_owned),
        due: date(*due),
        overdue: one.is_overdue(now),
        text: notice.to_string(),
        acknowledged: acknowledged.map(told_step),
    }
}
