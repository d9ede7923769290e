//! What is stopped at once: entries, departments, systems, people, grants.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Serialize;
use sluice_core::domain::stops::StopTarget;
use sluice_core::stop::is_stopped;
use utoipa::ToSchema;

use super::State;
use super::answer::ApiResponse;
use super::drafts::{StepRequest, StepResponse};
use super::grants::sees;
use crate::tls::PeerCertificate;

/// Something that is stopped, or was.
#[derive(Serialize, ToSchema)]
pub(super) struct SuspensionResponse {
    /// entry/department/id, department/id, system/department/id, person/department/id or grant/id.
    target: String,
    /// Whether it is stopped now.
    stopped: bool,
    steps: Vec<StepResponse>,
    /// What the next statement names as `previous`.
    previous: Option<String>,
}

/// What became of a step.
#[derive(Serialize, ToSchema)]
pub(super) struct SuspensionChange {
    /// Whether it is in the store: if not, it is in force at this gateway, and other gateways follow when
    /// the store is back.
    stored: bool,
}

/// Lists what is stopped, and what was.
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
        steps: taken.iter().map(StepResponse::of).collect(),
        previous: taken.last().map(|last| last.digest.to_string()),
    });
    Ok(Json(told.collect::<Vec<_>>()).into_response())
}

/// Stops something at once (`suspend`), or lets it go on (`lift`), as the statement says. Lifting needs
/// another person than the one who stopped it, unless the catalog's procedure says otherwise.
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
