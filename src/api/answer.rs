//! Answers of the administrative interface that are the same everywhere.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sluice_core::release::ContentDigest;
use utoipa::ToSchema;

use super::{MAX_BODY_BYTES, State};
use crate::catalog::difference::Changes;
use crate::control::{ChangeError, Control};
use crate::problem::PROBLEM_JSON;

/// Longest text of a refusal by the framework, in bytes.
const MAX_REFUSAL_BYTES: usize = 4_096;

/// The answer to a request that is not done. Boxed, as an answer is large.
#[derive(Debug)]
pub(super) struct ApiRefusal(Box<Response>);

/// An answer of either kind.
pub(super) type ApiResponse = Result<Response, ApiRefusal>;

impl From<Response> for ApiRefusal {
    fn from(answer: Response) -> ApiRefusal {
        ApiRefusal(Box::new(answer))
    }
}

impl From<ChangeError> for ApiRefusal {
    fn from(not_done: ChangeError) -> ApiRefusal {
        not_done.into_response().into()
    }
}

impl IntoResponse for ApiRefusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// What a change means.
#[derive(Serialize, ToSchema)]
pub(super) struct Meant {
    entry: Option<String>,
    /// What it is about: the entry, the registry or the procedure.
    heading: String,
    /// opens, closes or alters.
    effect: &'static str,
    text: String,
}

impl Meant {
    pub(super) fn all(changes: Changes) -> Vec<Meant> {
        let meant = changes.0.into_iter().map(|change| Meant {
            entry: change.entry,
            heading: change.heading,
            effect: change.effect.as_str(),
            text: change.text,
        });
        meant.collect()
    }
}

impl State {
    /// The way of changes, where there is one.
    pub(super) fn changes(&self) -> Result<&Arc<Control>, ApiRefusal> {
        // Where a folder is published there are no drafts and releases.
        self.changes.as_ref().ok_or_else(|| {
            let what =
                "This gateway publishes a folder as it is; there are no drafts and releases.";
            let remedy =
                "Change the folder; or give it a store, see catalog.store in the settings.";
            problem(StatusCode::CONFLICT, "not-released", what, remedy).into()
        })
    }
}

/// A file of the catalog.
pub(super) async fn yaml(control: &Control, digest: ContentDigest) -> ApiResponse {
    let bytes = control.content(digest).await?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], bytes).into_response())
}

/// Makes a problem document of what the framework refuses by itself, in plain text: paths, queries and
/// bodies that it can't read.
pub(super) async fn told_as_problem(refusal: Response) -> Response {
    let status = refusal.status();
    let is_problem = refusal.headers().get(header::CONTENT_TYPE)
        == Some(&HeaderValue::from_static(PROBLEM_JSON));
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return refusal;
    }
    let text = to_bytes(refusal.into_body(), MAX_REFUSAL_BYTES).await.unwrap_or_default();
    let text = crate::control::sentence(&String::from_utf8_lossy(&text));
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let remedy = format!("Send at most {} MiB at once.", MAX_BODY_BYTES / 1024 / 1024);
            problem(status, "request-too-large", &text, &remedy)
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let remedy = "Send JSON, and say so: Content-Type: application/json.";
            problem(status, "media-type-unsupported", &text, remedy)
        }
        status if status.is_server_error() => fault(&text),
        _ => malformed(&text),
    }
}

/// The route is there, but not with that method.
pub(super) fn method_not_allowed(allow: &[&str]) -> Response {
    let allow = allow.join(", ");
    let what = format!("The route has {allow} only.");
    let remedy = "See /api/v1/openapi.json.";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let answer = problem(status, "method-not-allowed", &what, remedy);
    ([(header::ALLOW, allow)], answer).into_response()
}

/// The program failed.
pub(super) fn fault(what: &str) -> Response {
    let remedy = "Tell the gateway's operators: its own log says more.";
    problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway-fault", what, remedy)
}

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

/// The name of a request, so that asking twice does it once.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiRefusal> {
    const MAX_BYTES: usize = 128;
    match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(key)) if !key.is_empty() && key.len() <= MAX_BYTES => Ok(Some(key)),
        Some(_) => {
            let what = format!("Idempotency-Key is 1 to {MAX_BYTES} ASCII characters.");
            Err(malformed(&what).into())
        }
    }
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

impl IntoResponse for ChangeError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let (status, code, remedy) = match self {
            ChangeError::Unknown(_) => return not_found(&text),
            ChangeError::Malformed(_) => return malformed(&text),
            ChangeError::Broken(_) => return fault(&text),
            ChangeError::Forbidden(_) => (
                StatusCode::FORBIDDEN,
                "not-authorised",
                "Ask a person whose step it is; roles stand in the registry.",
            ),
            ChangeError::Conflict(_) => {
                (StatusCode::CONFLICT, "conflict", "Look at it again, then decide.")
            }
            ChangeError::Changed => (
                StatusCode::PRECONDITION_FAILED,
                "changed-meanwhile",
                "Look at it again, and state its ETag in If-Match.",
            ),
            ChangeError::Unsound(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "catalog-unsound",
                "Correct the files; sluice catalog check shows the same.",
            ),
            ChangeError::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "Try again later; the gateway's operators see in its metrics what is wrong.",
            ),
        };
        problem(status, code, &text, remedy)
    }
}
