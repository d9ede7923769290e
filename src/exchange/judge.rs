//! What of a provider's answer is released: which statuses have a place in an exchange, and the
//! view that every body goes through, an error's no less than a result's.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sluice_core::domain::decide::Permit;
use sluice_core::domain::rejection::{Misbehaved, Rejection, Unreadable};
use sluice_core::redaction::{Limits, Redactor, Tally};

use super::buffers::{Exhausted, Held};
use super::head::is_json;
use super::pour::{Long, WINDOW_BYTES, WINDOWS_HELD};
use super::subject::Expected;
use crate::snapshot::Release;
use crate::upstream::{Answer, Failure};

/// A provider's answer as this consumer may have it.
#[derive(Debug)]
pub struct Redacted {
    /// The provider's status.
    pub status: StatusCode,
    /// The body, redacted.
    pub body: Bytes,
    /// The language of the body, if the provider said so.
    pub language: Option<HeaderValue>,
    /// What was passed, masked and dropped.
    pub tally: Tally,
}

/// A provider's answer, of a status and kind that can be judged.
pub enum Received {
    /// All of it; no body where the status has none.
    Whole(Whole),
    /// More than is judged as a whole.
    Long(Beginning),
}

/// An answer that was read to its end.
pub struct Whole {
    status: StatusCode,
    body: Option<Bytes>,
    language: Option<HeaderValue>,
    _held: Held,
}

/// The beginning of an answer that is too long to be judged as a whole.
pub struct Beginning {
    status: StatusCode,
    language: Option<HeaderValue>,
    taken: Vec<u8>,
    answer: Answer,
    held: Held,
}

/// What is released of an answer.
pub enum Judged {
    /// All of it is known.
    Whole(Redacted),
    /// It leaves in windows, each judged before it goes.
    Long(Box<Long>),
}

/// Bounds on answers.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Longest answer that is judged as a whole, in bytes.
    pub buffer_bytes: u64,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
}

/// Reads an answer: to its end, or until it is too long to be judged as a whole.
///
/// # Errors
/// When the answer has no place in an exchange or can't be judged; it is withheld then.
pub async fn receive(mut answer: Answer, sizes: Sizes, held: Held) -> Result<Received, Rejection> {
    let status = answer.status;
    require_status(status)?;
    if status == StatusCode::NO_CONTENT {
        return Ok(Received::Whole(Whole { status, body: None, language: None, _held: held }));
    }
    let language = answer.headers.get(header::CONTENT_LANGUAGE).cloned();
    let mut held = held;
    let taken = match require_readable(&answer.headers) {
        Ok(()) => take(&mut answer, sizes, &mut held).await,
        Err(unreadable) => Err(unreadable),
    };
    match taken.map_err(|rejection| still_an_error(status, rejection))? {
        Taken::Whole(body) => {
            Ok(Received::Whole(Whole { status, body: Some(body), language, _held: held }))
        }
        // The text of an error is shown whole or not at all.
        Taken::More(_) if status.as_u16() >= 400 => {
            Err(Rejection::UpstreamError { status: status.as_u16() })
        }
        Taken::More(taken) => {
            Ok(Received::Long(Beginning { status, language, taken, answer, held }))
        }
    }
}

enum Taken {
    Whole(Bytes),
    More(Vec<u8>),
}

async fn take(answer: &mut Answer, sizes: Sizes, held: &mut Held) -> Result<Taken, Rejection> {
    let limit_bytes = sizes.answer_bytes;
    // What says beforehand that it is too long need not be waited for.
    if answer.declared_bytes() > limit_bytes {
        return Err(Rejection::AnswerTooLarge { limit_bytes });
    }
    let late = |why: Failure| why.rejection(limit_bytes);
    let within = |length: usize| match length as u64 > limit_bytes {
        true => Err(Rejection::AnswerTooLarge { limit_bytes }),
        false => Ok(()),
    };
    let Some(first) = answer.piece().await.map_err(late)? else {
        return Ok(Taken::Whole(Bytes::new()));
    };
    within(first.len())?;
    let mut next = if first.len() as u64 > sizes.buffer_bytes {
        None
    } else {
        let next = answer.piece().await.map_err(late)?;
        if next.is_none() {
            return Ok(Taken::Whole(first));
        }
        next
    };
    let mut all = Vec::with_capacity(2 * first.len());
    all.extend_from_slice(&first);
    while let Some(piece) = next {
        all.extend_from_slice(&piece);
        within(all.len())?;
        // What goes in is held, and what comes out beside it.
        held.grow_to(2 * all.len() as u64).map_err(|Exhausted| Rejection::Overloaded)?;
        if all.len() as u64 > limit_bytes {
            return Err(Rejection::AnswerTooLarge { limit_bytes });
        }
        if all.len() as u64 > sizes.buffer_bytes {
            return Ok(Taken::More(all));
        }
        next = answer.piece().await.map_err(late)?;
        if next.is_none() {
            return Ok(Taken::Whole(all.into()));
        }
    }
    Ok(Taken::More(all))
}

/// Puts an answer through the permit's view.
///
/// # Errors
/// When it can't be judged or is not what was asked for; it is withheld then.
pub fn redact(
    release: &Release,
    permit: &Permit,
    received: Received,
    expected: Option<Expected>,
    limit_bytes: u64,
) -> Result<Judged, Rejection> {
    match received {
        Received::Whole(Whole { status, body: None, language, .. }) => {
            Ok(Judged::Whole(Redacted {
                status,
                body: Bytes::new(),
                language,
                tally: Tally::default(),
            }))
        }
        Received::Whole(Whole { status, body: Some(body), language, .. }) => {
            let redacted = redact_whole(release, permit, &body, limit_bytes);
            let (body, tally) = redacted.map_err(|rejection| still_an_error(status, rejection))?;
            expected.map_or(Ok(()), |person| match status.as_u16() {
                // An error need not say about whom it is; if it does, it must be that person.
                400.. => person.check(&tally.subjects),
                _ => person.check_whole(&tally),
            })?;
            Ok(Judged::Whole(Redacted { status, body: body.into(), language, tally }))
        }
        Received::Long(beginning) => {
            redact_beginning(release, permit, beginning, expected, limit_bytes)
        }
    }
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

fn redactor(release: &Release, permit: &Permit, max_bytes: u64) -> Result<Redactor, Rejection> {
    let key = release.subject_key(permit.entry).ok_or(Rejection::GatewayFault)?;
    let operation = &release.policy.entry(permit.entry).operations[usize::from(permit.operation)];
    let limits = Limits { max_records: u64::from(operation.max_records), max_bytes };
    Ok(Redactor::new(release.plan(permit), permit.narrowed.as_ref(), key, limits))
}

fn redact_whole(
    release: &Release,
    permit: &Permit,
    body: &[u8],
    limit_bytes: u64,
) -> Result<(Vec<u8>, Tally), Rejection> {
    let mut redactor = redactor(release, permit, limit_bytes)?;
    let mut released = Vec::with_capacity(body.len());
    redactor.push(body, &mut released)?;
    let tally = redactor.finish(&mut released)?;
    Ok((released, tally))
}

fn redact_beginning(
    release: &Release,
    permit: &Permit,
    beginning: Beginning,
    expected: Option<Expected>,
    limit_bytes: u64,
) -> Result<Judged, Rejection> {
    let Beginning { status, language, taken, answer, mut held } = beginning;
    held.grow_to(WINDOWS_HELD * WINDOW_BYTES as u64 + 2 * taken.len() as u64)
        .map_err(|Exhausted| Rejection::Overloaded)?;
    let mut redactor = redactor(release, permit, limit_bytes)?;
    let mut window = Vec::with_capacity(WINDOW_BYTES + taken.len());
    redactor.push(&taken, &mut window)?;
    let long = Long { status, language, redactor, window, answer, expected, limit_bytes, held };
    Ok(Judged::Long(Box::new(long)))
}

/// The counts of a tally by path, those that are not zero, for the record.
pub fn by_path(release: &Release, permit: &Permit, counts: &[u64]) -> Vec<(Box<str>, u64)> {
    let paths = release.paths(permit.entry);
    let counted = paths.iter().zip(counts).filter(|(_, count)| **count > 0);
    counted.map(|(path, count)| (path.clone(), *count)).collect()
}
