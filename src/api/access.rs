//! Who may call what: one table, looked up before any route is answered. What is not in it is not
//! answered.
//!
//! It says which roles may call a route at all. Whose drafts a person may touch is judged where they
//! are, by the department.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sluice_core::domain::registry::Role;
use sluice_core::{notice, stop};

use super::State;
use super::answer::{
    ApiRefusal, method_not_allowed, not_found, problem, told_as_problem, unknown_person,
};
use crate::tls::PeerCertificate;

use Role::{Applicant, Approver, Auditor, Leader, Maintainer, Reviewer, SectionHead};

/// Every role, and those who have none: any active person.
const ANYBODY: &[Role] = &[];

/// Those who have a part in a draft, and those who look at what they did.
pub(super) const PARTIES: &[Role] = &[Maintainer, Reviewer, Approver, Auditor];

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
    ("GET", "/api/v1/grants", GRANTERS),
    ("POST", "/api/v1/grants", &[Applicant]),
    ("GET", "/api/v1/grants/{id}", GRANTERS),
    ("POST", "/api/v1/grants/{id}/steps", &[Applicant, Approver, SectionHead, Leader]),
    ("GET", "/api/v1/grants/{id}/uses", GRANTERS),
    ("GET", "/api/v1/notices", GRANTERS),
    ("GET", "/api/v1/notices/{id}", GRANTERS),
    ("POST", "/api/v1/notices/{id}/steps", notice::ROLES),
    ("GET", "/api/v1/reviews", ANYBODY),
    ("GET", "/api/v1/events", ANYBODY),
    ("GET", "/api/v1/limits", ANYBODY),
    ("GET", "/api/v1/suspensions", ANYBODY),
    ("POST", "/api/v1/suspensions", stop::ROLES),
    ("GET", "/api/v1/log/records", &[Auditor]),
    ("POST", "/api/v1/log/disclosures", &[Auditor]),
    ("GET", "/api/v1/log/{*path}", &[Auditor]),
];

/// Those who look at grants: who reads one could find out by trying whom it is for, so that is not for
/// everybody of the departments.
pub(super) const GRANTERS: &[Role] =
    &[Applicant, Approver, SectionHead, Leader, Auditor, Role::Operator];

/// The roles that may call a route.
fn allowed(method: &Method, path: &str) -> Result<&'static [Role], ApiRefusal> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let methods = || TABLE.iter().filter(|(_, route, _)| *route == path);
    match methods().find(|(known, ..)| *known == method) {
        Some((_, _, roles)) => Ok(roles),
        None if methods().next().is_none() => Err(no_route().into()),
        None => {
            let methods: Vec<&str> = methods().map(|(known, ..)| *known).collect();
            Err(method_not_allowed(&methods).into())
        }
    }
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
    let known = peer.and_then(|peer| Some((registry.roles_of(&peer.identity)?, &peer.identity)));
    let Some((roles, identity)) = known else { return unknown_person() };
    if snapshot.stops.admits(identity).is_err() {
        let what = "You, or your department, are suspended.";
        return problem(StatusCode::FORBIDDEN, "peer-suspended", what, "Ask the exchange office.");
    }
    // What there is, is told to people of the registry only.
    let Some(path) = path else { return no_route() };
    let wanted = match allowed(request.method(), path.as_str()) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    if wanted.is_empty() || roles.iter().any(|role| wanted.contains(role)) {
        return told_as_problem(next.run(request).await).await;
    }
    let words: Vec<&str> = wanted.iter().map(|role| role.as_str()).collect();
    let what = format!("This is for a person with the role {}.", words.join(" or "));
    let remedy = "Ask the exchange office for the role in its registry.";
    problem(StatusCode::FORBIDDEN, "not-authorised", &what, remedy)
}

fn no_route() -> Response {
    not_found("There is no such route.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_not_answered() {
        let status = |method, path| {
            allowed(&method, path).map_err(|refused| refused.into_response().status())
        };
        assert_eq!(status(Method::HEAD, "/api/v1/status"), Ok(ANYBODY));
        assert_eq!(status(Method::PUT, "/api/v1/status"), Err(StatusCode::METHOD_NOT_ALLOWED));
        assert_eq!(status(Method::GET, "/api/v1/another"), Err(StatusCode::NOT_FOUND));
        let refused = allowed(&Method::DELETE, "/api/v1/drafts").unwrap_err().into_response();
        assert_eq!(refused.headers()["allow"], "GET, POST");
    }
}
