//! What of a provider's answer is released: which statuses have a place in an exchange, and the
//! view that every body goes through, an error's no less than a result's.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use sluice_core::domain::decide::Permit;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::{Misbehaved, Rejection, Unreadable};
use sluice_core::redaction::{Limits, Redactor, Tally};

use super::head::is_json;
use crate::snapshot::Release;
use crate::upstream::Answer;

/// A provider's answer as this consumer may have it.
#[derive(Debug)]
pub struct Redacted {
    /// The provider's status.
    pub status: StatusCode,
    /// The body, redacted.
    pub body: Bytes,
    /// The language of the body, if the provider said so.
    pub language: Option<header::HeaderValue>,
    /// What was passed, masked and dropped.
    pub tally: Tally,
}

/// A provider's answer as a whole, of a status and kind that can be judged.
pub struct Received {
    status: StatusCode,
    /// None where the status has none.
    body: Option<Bytes>,
    language: Option<header::HeaderValue>,
}

/// Reads an answer to its end.
///
/// # Errors
/// When the answer has no place in an exchange or can't be judged; it is withheld then.
pub async fn receive(answer: Answer, limit_bytes: u64) -> Result<Received, Rejection> {
    let status = answer.status;
    require_status(status)?;
    if status == StatusCode::NO_CONTENT {
        return Ok(Received { status, body: None, language: None });
    }
    let language = answer.headers.get(header::CONTENT_LANGUAGE).cloned();
    let body = match require_readable(&answer.headers) {
        Ok(()) => answer.collect(limit_bytes).await.map_err(|why| why.rejection(limit_bytes)),
        Err(unreadable) => Err(unreadable),
    };
    let body = body.map_err(|rejection| still_an_error(status, rejection))?;
    Ok(Received { status, body: Some(body), language })
}

/// Puts an answer through the permit's view.
///
/// # Errors
/// When it can't be judged or is not what was asked for; it is withheld then.
pub fn redact(
    release: &Release,
    permit: &Permit,
    received: Received,
    max_bytes: u64,
) -> Result<Redacted, Rejection> {
    let Received { status, body, language } = received;
    let (body, tally) = match body {
        None => (Vec::new(), Tally::default()),
        Some(body) => through_view(release, permit, &body, max_bytes)
            .map_err(|rejection| still_an_error(status, rejection))?,
    };
    Ok(Redacted { status, body: body.into(), language, tally })
}

/// An error that can't be shown is still an error: its status passes, its text does not.
fn still_an_error(status: StatusCode, rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::AnswerUnreadable(_) | Rejection::AnswerTooLarge { .. }
            if status.as_u16() >= 400 =>
        {
            Rejection::UpstreamError { status: status.as_u16() }
        }
        other => other,
    }
}

fn require_status(status: StatusCode) -> Result<(), Rejection> {
    let misbehaved = match status.as_u16() {
        206 => Misbehaved::Partial,
        401 | 407 => Misbehaved::Challenge,
        200..=204 | 400..=599 => return Ok(()),
        304 => Misbehaved::Status,
        300..=399 => Misbehaved::Redirect,
        _ => Misbehaved::Status,
    };
    Err(Rejection::UpstreamMisbehaved(misbehaved))
}

fn require_readable(headers: &HeaderMap) -> Result<(), Rejection> {
    let coded = headers.get_all(header::CONTENT_ENCODING).iter().any(|coding| {
        !coding.to_str().is_ok_and(|coding| coding.trim().eq_ignore_ascii_case("identity"))
    });
    if coded {
        return Err(Rejection::AnswerUnreadable(Unreadable::ContentCoding));
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    match first.and_then(|value| value.to_str().ok()) {
        Some(media_type) if second.is_none() && is_json(media_type) => Ok(()),
        _ => Err(Rejection::AnswerUnreadable(Unreadable::MediaType)),
    }
}

fn through_view(
    release: &Release,
    permit: &Permit,
    body: &[u8],
    max_bytes: u64,
) -> Result<(Vec<u8>, Tally), Rejection> {
    let key = release.subject_key(permit.entry).ok_or(Rejection::GatewayFault)?;
    let operation = &release.policy.entry(permit.entry).operations[usize::from(permit.operation)];
    let limits = Limits { max_records: u64::from(operation.max_records), max_bytes };
    let mut redactor = Redactor::new(release.plan(permit), permit.narrowed.as_ref(), key, limits);
    let mut released = Vec::with_capacity(body.len());
    redactor.push(body, &mut released)?;
    let tally = redactor.finish(&mut released)?;
    Ok((released, tally))
}

/// The counts of a tally by path, those that are not zero, for the record.
pub fn by_path(policy: &Policy, permit: &Permit, counts: &[u64]) -> Vec<(Box<str>, u64)> {
    let fields = &policy.entry(permit.entry).fields;
    let counted = fields.iter().zip(counts).filter(|(_, count)| **count > 0);
    counted.map(|(field, count)| (field.path.to_string().into(), *count)).collect()
}
