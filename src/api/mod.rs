//! The administrative HTTP interface, for people with certificates. The identity comes from the
//! connection; this module looks it up in the registry, and one table gives the roles that may call
//! each route.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`access`] | that table |
//! | `entries` | what is in force; checking files |
//! | `drafts`, `releases` | how it changes |
//! | `grants` | temporary grants |
//! | `uses` | the uses of a grant, by the log |
//! | `notices` | what departments are asked to do with data that they have got |
//! | `reviews` | what is to be looked at again |
//! | `events` | what happens, for people who watch |
//! | `limits` | what is allowed to a consumer, and what is left |
//! | `suspensions` | what is stopped at once |
//! | `log` | the log, for auditors |
//! | [`openapi`] | the interface's own description |
//! | `answer` | answers that are the same everywhere |
//! | [`refusal`] | why a request is not done: a closed list |
//! | `refusal_texts` | what is said of each, in two languages |
//! | [`client`] | the same interface from the other side, for the commands |

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Extension, State as Shared};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use tokio::sync::Semaphore;

use crate::audit::{Archive, Log};
use crate::budgets::Budgets;
use crate::contract::about::StatusResponse;
use crate::control::Control;
use crate::limits::Limiters;
use crate::snapshot::PolicyHandle;
use crate::tls::PeerCertificate;

pub mod access;
mod answer;
pub mod client;
mod drafts;
mod entries;
mod events;
mod grants;
mod limits;
mod log;
mod notices;
pub mod openapi;
pub mod refusal;
mod refusal_texts;
mod releases;
mod reviews;
mod suspensions;
mod uses;

use answer::ApiResponse;
pub use events::Watchers;
use refusal::ApiRefusal;

/// Largest body of a request, in bytes: a draft of many files.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The parts of the gateway that the interface reads.
pub struct State {
    /// The policy in force.
    pub current: Arc<PolicyHandle>,
    /// The log.
    pub log: Arc<Log>,
    /// Its files.
    pub archive: Arc<Archive>,
    /// The control plane; none if a folder is published.
    pub changes: Option<Arc<Control>>,
    /// Request rates.
    pub limiters: Arc<Limiters>,
    /// The use of budgets.
    pub budgets: Arc<Budgets>,
    /// The department that runs the gateway.
    pub office: Name,
    /// The count of watchers.
    pub watchers: Arc<Watchers>,
    /// Permits for searches of the log.
    pub turns: Arc<Semaphore>,
    /// Tells the time.
    pub clock: fn() -> UnixMillis,
}

/// The routes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/departments", get(entries::departments))
        .route("/api/v1/departments/{id}", get(entries::department))
        .route("/api/v1/entries", get(entries::entries))
        .route("/api/v1/entries/{department}/{entry}", get(entries::entry))
        .route("/api/v1/check", post(entries::check))
        .route("/api/v1/drafts", get(drafts::list).post(drafts::create))
        .route("/api/v1/drafts/{id}", get(drafts::show).put(drafts::replace))
        .route("/api/v1/drafts/{id}/check", get(drafts::check))
        .route("/api/v1/drafts/{id}/files/{*path}", get(drafts::file))
        .route("/api/v1/drafts/{id}/steps", post(drafts::step))
        .route("/api/v1/releases", get(releases::list))
        .route("/api/v1/releases/{number}", get(releases::show))
        .route("/api/v1/releases/{number}/manifest", get(releases::manifest))
        .route("/api/v1/releases/{number}/files/{*path}", get(releases::file))
        .route("/api/v1/releases/{number}/diff/{other}", get(releases::diff))
        .route("/api/v1/grants", get(grants::list).post(grants::ask))
        .route("/api/v1/grants/{id}", get(grants::show))
        .route("/api/v1/grants/{id}/steps", post(grants::step))
        .route("/api/v1/grants/{id}/uses", get(uses::list))
        .route("/api/v1/notices", get(notices::list))
        .route("/api/v1/notices/{id}", get(notices::show))
        .route("/api/v1/notices/{id}/steps", post(notices::step))
        .route("/api/v1/reviews", get(reviews::list))
        .route("/api/v1/events", get(events::watch))
        .route("/api/v1/limits", get(limits::show))
        .route("/api/v1/suspensions", get(suspensions::list).post(suspensions::stop))
        .route("/api/v1/log/records", get(log::records))
        .route("/api/v1/log/disclosures", post(log::disclose))
        .route("/api/v1/log/{*path}", get(log::tile))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), access::authorise))
        .with_state(state)
}

/// Shows the state of the gateway, and the identity of the caller.
#[utoipa::path(get, path = "/api/v1/status", tag = "about",
    responses((status = 200, body = StatusResponse)))]
async fn status(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
) -> ApiResponse {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    let Some(roles) = policy.registry().roles_of(&peer.identity) else {
        return Err(ApiRefusal::UnknownPerson);
    };
    let (log, standing) = (state.log.status(), state.current.standing());
    let status = StatusResponse {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        catalog_version: policy.version().to_owned(),
        reviewed: standing.reviewed,
        catalog_trouble: standing.trouble.clone(),
        entries: policy.entries().len(),
        revision: snapshot.revision,
        log_records: log.committed,
        log_failure: log.failure,
        you: peer.identity.to_string(),
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
    };
    Ok(Json(status).into_response())
}
