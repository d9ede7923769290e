//! A system that calls: one request, one answer, over mutual TLS. What `curl` does for people.

use std::path::Path;

use http::{HeaderMap, StatusCode};

use super::playbill::{Pair, StageError};
use super::tour::Call;
use crate::http_client::{HttpBounds, HttpCall, HttpClient, IdentityFiles};

/// The bounds of a call.
const CALL_BOUNDS: HttpBounds =
    HttpBounds { deadline_ms: 20_000, max_answer_bytes: 64 * 1024 * 1024 };

/// An answer.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct CallAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// Makes a call to the gateway at that port as the system with that certificate.
///
/// # Errors
/// When no answer comes.
pub async fn call(
    port: u16,
    ca: &Path,
    pair: &Pair,
    call: &Call,
) -> Result<CallAnswer, StageError> {
    let files = IdentityFiles { ca, cert: &pair.cert, key: &pair.key };
    let client = HttpClient::mutual_tls(&format!("https://localhost:{port}"), files, CALL_BOUNDS)?;
    let headers: Vec<(&str, &str)> =
        call.headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let answer = client.call(HttpCall {
        method: call.method.parse()?,
        target: &call.target,
        headers: &headers,
        body: call.body.clone().unwrap_or_default().into(),
    });
    let answer = answer.await?;
    let body = String::from_utf8(answer.body)?;
    Ok(CallAnswer { status: answer.status, headers: answer.headers, body })
}
