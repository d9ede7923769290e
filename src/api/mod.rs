//! The administrative HTTP interface, for people with certificates. The identity comes from the
//! connection; here it is looked up in the registry. Roles and the routes that change things come
//! with the control plane.

use std::sync::Arc;

use axum::extract::{Extension, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::{Registry, Role};

use crate::audit::{Archive, Log};
use crate::control::Control;
use crate::problem::PROBLEM_JSON;
use crate::snapshot::Current;
use crate::tls::PeerCertificate;

mod log;

/// What the interface reads.
pub struct State {
    /// The policy in force.
    pub current: Arc<Current>,
    /// The log.
    pub log: Arc<Log>,
    /// Its files.
    pub archive: Arc<Archive>,
    /// The way of changes; none where a folder is published.
    pub changes: Option<Arc<Control>>,
    /// The department that runs the gateway.
    pub office: Name,
    /// Tells the time.
    pub clock: fn() -> UnixMillis,
}

/// The routes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/log/records", get(log::records))
        .route("/api/v1/log/disclosures", post(log::disclose))
        .route("/api/v1/log/{*path}", get(log::tile))
        .with_state(state)
}

/// How the gateway is, and as whom it knows the asker.
#[derive(Serialize)]
struct Status {
    program_version: &'static str,
    catalog_version: String,
    entries: usize,
    revision: u64,
    log_records: u64,
    log_failure: Option<String>,
    you: String,
    roles: Vec<&'static str>,
}

async fn status(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
) -> Response {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    let Some(roles) = roles_of(policy.registry(), &peer.identity) else {
        return unknown_person();
    };
    let log = state.log.status();
    Json(Status {
        program_version: env!("CARGO_PKG_VERSION"),
        catalog_version: policy.version().to_owned(),
        entries: policy.entries().len(),
        revision: snapshot.revision,
        log_records: log.committed,
        log_failure: log.failure,
        you: peer.identity.to_string(),
        roles: roles.iter().map(|role| role.as_str()).collect(),
    })
    .into_response()
}

/// The roles of an active person of an active department; none for anybody else.
fn roles_of<'a>(registry: &'a Registry, identity: &Identity) -> Option<&'a [Role]> {
    if identity.kind != Kind::Person {
        return None;
    }
    let (_, department) = registry.department(identity.department.as_str())?;
    let person = department.person(identity.id.as_str())?;
    (department.active && person.active).then_some(&*person.roles)
}

fn unknown_person() -> Response {
    let what = "The certificate is valid, but not of an active person in the registry; this listener \
                is for people.";
    let remedy = "Ask the exchange office to register the person.";
    problem(StatusCode::FORBIDDEN, "unknown-peer", what, remedy)
}

/// A problem document (RFC 9457).
fn problem(status: StatusCode, code: &str, detail: &str, remedy: &str) -> Response {
    let mut title = code.replace('-', " ");
    title[..1].make_ascii_uppercase();
    let document = serde_json::json!({
        "type": format!("urn:sluice:problem:{code}"),
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
        "remedy": remedy,
    });
    (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], document.to_string()).into_response()
}
