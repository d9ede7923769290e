//! Answers that all routes of the administrative interface share.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use sluice_core::release::ContentDigest;

use super::State;
use super::refusal::ApiRefusal;
use crate::catalog::difference::Changes;
use crate::contract::releases::ChangeMeaning;
use crate::control::{Control, sentence};
use crate::problem::Language;

/// Longest text of a refusal by the framework, in bytes.
const MAX_REFUSAL_BYTES: usize = 4_096;

/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY_BYTES: usize = 128;

/// An answer of either kind.
pub(super) type ApiResponse = Result<Response, ApiRefusal>;

/// Renders the meaning of changes.
pub(super) fn meanings(changes: Changes) -> Vec<ChangeMeaning> {
    let meaning = changes.0.into_iter().map(|change| ChangeMeaning {
        entry: change.entry,
        heading: change.heading,
        effect: change.effect.as_str().to_owned(),
        text: change.text,
    });
    meaning.collect()
}

impl State {
    /// The way of changes, where there is one.
    pub(super) fn changes(&self) -> Result<&Arc<Control>, ApiRefusal> {
        // Where a folder is published there are no drafts and releases.
        self.changes.as_ref().ok_or(ApiRefusal::NotReleased)
    }
}

/// A file of the catalog.
pub(super) async fn yaml(control: &Control, digest: ContentDigest) -> ApiResponse {
    let bytes = control.content(digest).await?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], bytes).into_response())
}

/// Makes problem documents in a language: of refusals, and of the framework's own plain-text
/// refusals of paths, queries and bodies that it can't read.
pub(super) async fn in_language(mut answer: Response, language: Language) -> Response {
    if let Some(refusal) = answer.extensions_mut().remove::<ApiRefusal>() {
        return refusal.answer(language);
    }
    let status = answer.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let text = to_bytes(answer.into_body(), MAX_REFUSAL_BYTES).await.unwrap_or_default();
    let text = sentence(&String::from_utf8_lossy(&text));
    ApiRefusal::of_framework(status, &text).answer(language)
}

/// The better of the two languages for a request.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let ranges = headers.get(header::ACCEPT_LANGUAGE);
    Language::preferred(ranges.map(|ranges| ranges.as_bytes()).unwrap_or_default())
}

/// The name of a request, so that asking twice does it once.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiRefusal> {
    match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(key)) if !key.is_empty() && key.len() <= MAX_KEY_BYTES => Ok(Some(key)),
        Some(_) => Err(ApiRefusal::KeyMalformed { limit_bytes: MAX_KEY_BYTES }),
    }
}

/// The row that `If-Match` names, as [`etag`] spells it.
pub(super) fn if_match(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::IF_MATCH)?.to_str().ok()?;
    value.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// The entity tag (RFC 9110, 8.8.3) of an object that was changed last by a row.
pub(super) fn etag(row: u64) -> String {
    format!("\"{row}\"")
}
