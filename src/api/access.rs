//! The table of roles that may call a route, looked up before any route is answered. What is not in it is
//! not answered.
//!
//! The table gives the roles that may call a route at all. The drafts' code checks the department.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sluice_core::domain::registry::Role;
use sluice_core::{notice, stop};

use super::State;
use super::answer::{in_language, language};
use super::refusal::ApiRefusal;
use crate::tls::PeerCertificate;

use Role::{Applicant, Approver, Auditor, Leader, Maintainer, Reviewer, SectionHead};

/// Any active person, even one without roles.
const ANYBODY: &[Role] = &[];

/// Roles that have a part in a draft, and auditors.
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

/// Roles that may read grants. Not everybody may, as a reader could find out by trial whom a grant
/// is about.
pub(super) const GRANTERS: &[Role] =
    &[Applicant, Approver, SectionHead, Leader, Auditor, Role::Operator];

/// The roles that may call a route.
fn allowed(method: &Method, path: &str) -> Result<&'static [Role], ApiRefusal> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let methods = || TABLE.iter().filter(|(_, route, _)| *route == path);
    match methods().find(|(known, ..)| *known == method) {
        Some((_, _, roles)) => Ok(roles),
        None if methods().next().is_none() => Err(ApiRefusal::NoRoute),
        None => Err(ApiRefusal::MethodNotAllowed(methods().map(|(known, ..)| *known).collect())),
    }
}

/// Lets a request through whose person has a role that may make it, and tells refusals in the language that it
/// asks for.
pub(super) async fn authorise(
    Shared(state): Shared<Arc<State>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let language = language(request.headers());
    let answer = match admit(&state, path.as_ref(), &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    in_language(answer, language).await
}

/// Judges whether a request's person may make it.
fn admit(state: &State, path: Option<&MatchedPath>, request: &Request) -> Result<(), ApiRefusal> {
    let peer = request.extensions().get::<PeerCertificate>().ok_or(ApiRefusal::UnknownPerson)?;
    let snapshot = state.current.load();
    let roles = snapshot.release.policy.registry().roles_of(&peer.identity);
    let roles = roles.ok_or(ApiRefusal::UnknownPerson)?;
    if snapshot.stops.admits(&peer.identity).is_err() {
        return Err(ApiRefusal::PersonSuspended);
    }
    // What there is, is told to people of the registry only.
    let wanted = allowed(request.method(), path.ok_or(ApiRefusal::NoRoute)?.as_str())?;
    if wanted.is_empty() || roles.iter().any(|role| wanted.contains(role)) {
        return Ok(());
    }
    Err(ApiRefusal::RoleMissing(wanted))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::problem::Language;

    #[test]
    fn what_is_not_in_the_table_is_not_answered() {
        assert_eq!(allowed(&Method::HEAD, "/api/v1/status"), Ok(ANYBODY));
        assert_eq!(allowed(&Method::GET, "/api/v1/another"), Err(ApiRefusal::NoRoute));
        let refused = allowed(&Method::DELETE, "/api/v1/drafts").unwrap_err();
        assert_eq!(refused, ApiRefusal::MethodNotAllowed(vec!["GET", "POST"]));
        let answer = refused.answer(Language::English);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &HeaderValue::from_static("GET, POST"))
        );
    }
}
