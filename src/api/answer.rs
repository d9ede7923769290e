//! Answers of the administrative interface that are the same everywhere.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::control::NotDone;
use crate::problem::PROBLEM_JSON;

/// A problem document (RFC 9457).
pub(super) fn problem(status: StatusCode, code: &str, detail: &str, remedy: &str) -> Response {
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

pub(super) fn unknown_person() -> Response {
    let what = "The certificate is valid, but not of an active person in the registry; this listener \
                is for people.";
    let remedy = "Ask the exchange office to register the person.";
    problem(StatusCode::FORBIDDEN, "unknown-peer", what, remedy)
}

/// There is no such thing.
pub(super) fn not_found(what: &str) -> Response {
    let remedy = "Ask for the list of what there is.";
    problem(StatusCode::NOT_FOUND, "not-found", what, remedy)
}

/// The request can't be understood.
pub(super) fn malformed(what: &str) -> Response {
    let remedy = "Correct the request; /api/v1/openapi.json describes it.";
    problem(StatusCode::BAD_REQUEST, "request-malformed", what, remedy)
}

/// Where a folder is published there are no drafts and releases.
pub(super) fn no_releases() -> Response {
    let what = "This gateway publishes a folder as it is; there are no drafts and releases.";
    let remedy = "Change the folder; or give it a store, see catalog.store in the settings.";
    problem(StatusCode::CONFLICT, "not-released", what, remedy)
}

/// The row that `If-Match` names, as [`etag`] spells it.
pub(super) fn if_match(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::IF_MATCH)?.to_str().ok()?;
    value.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// The entity tag (RFC 9110, 8.8.3) of what was changed last by a row.
pub(super) fn etag(row: u64) -> String {
    format!("\"{row}\"")
}

impl IntoResponse for NotDone {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let (status, code, remedy) = match self {
            NotDone::Unknown(_) => {
                (StatusCode::NOT_FOUND, "not-found", "Ask for the list of what there is.")
            }
            NotDone::Malformed(_) => (
                StatusCode::BAD_REQUEST,
                "request-malformed",
                "Correct the request; /api/v1/openapi.json describes it.",
            ),
            NotDone::Forbidden(_) => (
                StatusCode::FORBIDDEN,
                "not-authorised",
                "Ask a person whose step it is; roles stand in the registry.",
            ),
            NotDone::Conflict(_) => {
                (StatusCode::CONFLICT, "conflict", "Look at it again, then decide.")
            }
            NotDone::Changed => (
                StatusCode::PRECONDITION_FAILED,
                "changed-meanwhile",
                "Look at it again, and state its ETag in If-Match.",
            ),
            NotDone::Unsound(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "catalog-unsound",
                "Correct the files; sluice catalog check shows the same.",
            ),
            NotDone::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "Try again later; the gateway's operators see in its metrics what is wrong.",
            ),
        };
        problem(status, code, &text, remedy)
    }
}
