//! Suspensions, which stop something at once: entries, departments, systems, people, grants.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use sluice_core::domain::stops::StopTarget;
use sluice_core::stop::is_stopped;

use super::State;
use super::answer::ApiResponse;
use super::drafts::told_step;
use super::grants::sees;
use crate::contract::steps::StepRequest;
use crate::contract::suspensions::{SuspensionChange, SuspensionResponse};
use crate::tls::PeerCertificate;

/// Lists the suspensions, present and former.
#[utoipa::path(get, path = "/api/v1/suspensions", tag = "suspensions",
    responses((status = 200, body = Vec<SuspensionResponse>)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
) -> ApiResponse {
    let control = state.changes()?;
    let (stops, journal) = (control.stops().await, control.journal().await);
    // Grants are told those whom they concern.
    let may_know = |target: &StopTarget| match target {
        StopTarget::Grant(id) => {
            let granting = journal.grants.get(id);
            granting.is_some_and(|one| sees(&state, &peer.identity, &one.grant))
        }
        _ => true,
    };
    let known = stops.iter().filter(|(target, _)| may_know(target));
    let told = known.map(|(target, taken)| SuspensionResponse {
        target: target.to_string(),
        stopped: is_stopped(taken),
        steps: taken.iter().map(told_step).collect(),
        previous: taken.last().map(|last| last.digest.to_string()),
    });
    Ok(Json(told.collect::<Vec<_>>()).into_response())
}

/// Suspends a target at once (`suspend`), or lifts that (`lift`), as the statement says. Lifting
/// needs another person than the one who suspended, unless the catalog's procedure says otherwise.
#[utoipa::path(post, path = "/api/v1/suspensions", tag = "suspensions", request_body = StepRequest,
    responses((status = 201, body = SuspensionChange)))]
pub(super) async fn stop(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(asked): Json<StepRequest>,
) -> ApiResponse {
    let stored = state.changes()?.stop(&peer.identity, asked.into()).await?;
    Ok((StatusCode::CREATED, Json(SuspensionChange { stored })).into_response())
}
