//! Who may call what: one table, looked up before any route is answered. A route that is not in it is
//! nobody's.
//!
//! It says which roles may call a route at all. Whose drafts a person may touch is judged where they
//! are, by the department.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use sluice_core::domain::registry::Role;

use super::State;
use super::answer::{problem, unknown_person};
use crate::tls::PeerCertificate;

use Role::{Approver, Auditor, Maintainer, Operator, Reviewer};

/// Every role, and those who have none: any active person.
const ANYBODY: &[Role] = &[];

/// Those who have a part in a draft, and those who look at what they did.
const PARTIES: &[Role] = &[Maintainer, Reviewer, Approver, Auditor];

/// The routes, and the roles that may call them.
pub const TABLE: &[(&str, &str, &[Role])] = &[
    ("GET", "/api/v1/status", ANYBODY),
    ("GET", "/api/v1/openapi.json", ANYBODY),
    ("GET", "/api/v1/departments", ANYBODY),
    ("GET", "/api/v1/departments/{id}", ANYBODY),
    ("GET", "/api/v1/entries", ANYBODY),
    ("GET", "/api/v1/entries/{department}/{entry}", ANYBODY),
    ("POST", "/api/v1/check", &[Maintainer, Reviewer, Approver]),
    ("GET", "/api/v1/drafts", PARTIES),
    ("POST", "/api/v1/drafts", &[Maintainer]),
    ("GET", "/api/v1/drafts/{id}", PARTIES),
    ("PUT", "/api/v1/drafts/{id}", &[Maintainer]),
    ("GET", "/api/v1/drafts/{id}/check", PARTIES),
    ("GET", "/api/v1/drafts/{id}/files/{*path}", PARTIES),
    ("POST", "/api/v1/drafts/{id}/steps", &[Maintainer, Reviewer, Approver]),
    ("GET", "/api/v1/releases", ANYBODY),
    ("GET", "/api/v1/releases/{number}", ANYBODY),
    ("GET", "/api/v1/releases/{number}/manifest", ANYBODY),
    ("GET", "/api/v1/releases/{number}/files/{*path}", ANYBODY),
    ("GET", "/api/v1/releases/{number}/diff/{other}", ANYBODY),
    ("GET", "/api/v1/log/records", &[Auditor]),
    ("POST", "/api/v1/log/disclosures", &[Auditor]),
    ("GET", "/api/v1/log/{*path}", &[Auditor]),
];

/// All roles, so that a test that walks them fails when there is one more.
pub const ROLES: [Role; 5] = [Maintainer, Reviewer, Approver, Auditor, Operator];

/// The roles that may call a route; none: it is nobody's.
fn allowed(method: &Method, path: &str) -> Option<&'static [Role]> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let found = TABLE.iter().find(|(known, route, _)| *known == method && *route == path);
    found.map(|(_, _, roles)| *roles)
}

/// Lets a request through whose person has a role that may make it.
pub(super) async fn authorise(
    Shared(state): Shared<Arc<State>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<PeerCertificate>();
    let snapshot = state.current.load();
    let registry = snapshot.release.policy.registry();
    let Some(roles) = peer.and_then(|peer| registry.roles_of(&peer.identity)) else {
        return unknown_person();
    };
    // What is no route is told so by the router, but only to people of the registry.
    let Some(path) = path else { return next.run(request).await };
    match allowed(request.method(), path.as_str()) {
        // A method that the route doesn't have.
        None => next.run(request).await,
        Some(wanted) if wanted.is_empty() || roles.iter().any(|role| wanted.contains(role)) => {
            next.run(request).await
        }
        Some(wanted) => {
            let words: Vec<&str> = wanted.iter().map(|role| role.as_str()).collect();
            let what = format!("This is for a person with the role {}.", words.join(" or "));
            let remedy = "Ask the exchange office for the role in its registry.";
            problem(StatusCode::FORBIDDEN, "not-authorised", &what, remedy)
        }
    }
}
