//! What of a provider's answer is released: which statuses have a place in an exchange, and the
//! view that every body goes through, an error's no less than a result's.

use sluice_core::domain::decide::Permit;
use sluice_core::domain::rejection::{Misbehaved, Rejection, Unreadable};
use sluice_core::ledger::record::FieldCounts;
use sluice_core::message::field::Field;
use sluice_core::message::fields::Fields;
use sluice_core::redaction::{Limits, Redactor, Tally};

use super::buffers::{Exhausted, Held};
use super::head::is_json;
use super::pour::{Long, WINDOW_BYTES, WINDOWS_HELD};
use super::subject::Expected;
use crate::snapshot::Release;
use crate::upstream::{Answer, Failure};

const NO_CONTENT: u16 = 204;

/// A provider's answer as this consumer may have it.
#[derive(Debug)]
pub struct Redacted {
    /// The provider's status.
    pub status: u16,
    /// The body, redacted.
    pub body: Vec<u8>,
    /// The language of the body, if the provider said so.
    pub language: Option<Box<str>>,
    /// What was passed, masked and dropped.
    pub tally: Tally,
}

/// A provider's answer, of a status and kind that can be judged.
pub enum Received {
    /// All of it; no body where the status has none.
    Whole(Whole),
    /// More than is judged as a whole.
    Long(Box<Beginning>),
}

/// An answer that was read to its end.
pub struct Whole {
    status: u16,
    body: Option<Vec<u8>>,
    language: Option<Box<str>>,
    _held: Held,
}

/// The beginning of an answer that is too long to be judged as a whole.
pub struct Beginning {
    status: u16,
    language: Option<Box<str>>,
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
    if status == NO_CONTENT {
        return Ok(Received::Whole(Whole { status, body: None, language: None, _held: held }));
    }
    let language = answer.fields.only_text(Field::ContentLanguage);
    let language = language.filter(|tag| is_language(tag)).map(Into::into);
    let mut held = held;
    let taken = match require_readable(&answer.fields) {
        Ok(()) => take(&mut answer, sizes, &mut held).await,
        Err(unreadable) => Err(unreadable),
    };
    match taken.map_err(|rejection| still_an_error(status, rejection))? {
        Taken::Whole(body) => {
            Ok(Received::Whole(Whole { status, body: Some(body), language, _held: held }))
        }
        // The text of an error is shown whole or not at all.
        Taken::More(_) if status >= 400 => Err(Rejection::UpstreamError { status }),
        Taken::More(taken) => {
            Ok(Received::Long(Box::new(Beginning { status, language, taken, answer, held })))
        }
    }
}

enum Taken {
    Whole(Vec<u8>),
    More(Vec<u8>),
}

async fn take(answer: &mut Answer, sizes: Sizes, held: &mut Held) -> Result<Taken, Rejection> {
    let limit_bytes = sizes.answer_bytes;
    // What says beforehand that it is too long need not be waited for.
    if answer.least_bytes() > limit_bytes {
        return Err(Rejection::AnswerTooLarge { limit_bytes });
    }
    let mut all = Vec::new();
    loop {
        answer.read(&mut all).await.map_err(Failure::rejection)?;
        if all.len() as u64 > limit_bytes {
            return Err(Rejection::AnswerTooLarge { limit_bytes });
        }
        if answer.is_over() && all.len() as u64 <= sizes.buffer_bytes {
            return Ok(Taken::Whole(all));
        }
        // What goes in is held, and what comes out beside it.
        held.grow_to(2 * all.len() as u64).map_err(|Exhausted| Rejection::Overloaded)?;
        if all.len() as u64 > sizes.buffer_bytes {
            return Ok(Taken::More(all));
        }
    }
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
            let (body, tally) = (Vec::new(), Tally::default());
            Ok(Judged::Whole(Redacted { status, body, language, tally }))
        }
        Received::Whole(Whole { status, body: Some(body), language, .. }) => {
            let redacted = redact_whole(release, permit, &body, limit_bytes);
            let (body, tally) = redacted.map_err(|rejection| still_an_error(status, rejection))?;
            expected.map_or(Ok(()), |person| match status {
                // An error need not say about whom it is; if it does, it must be that person.
                400.. => person.check(&tally.subjects),
                _ => person.check_whole(&tally),
            })?;
            Ok(Judged::Whole(Redacted { status, body, language, tally }))
        }
        Received::Long(beginning) => {
            redact_beginning(release, permit, *beginning, expected, limit_bytes)
        }
    }
}

/// An error that can't be shown is still an error: its status passes, its text does not.
fn still_an_error(status: u16, rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::AnswerUnreadable(_) | Rejection::AnswerTooLarge { .. } if status >= 400 => {
            Rejection::UpstreamError { status }
        }
        other => other,
    }
}

fn require_status(status: u16) -> Result<(), Rejection> {
    let misbehaved = match status {
        206 => Misbehaved::Partial,
        401 | 407 => Misbehaved::Challenge,
        200..=204 | 400..=599 => return Ok(()),
        304 => Misbehaved::Status,
        300..=399 => Misbehaved::Redirect,
        _ => Misbehaved::Status,
    };
    Err(Rejection::UpstreamMisbehaved(misbehaved))
}

fn require_readable(fields: &Fields) -> Result<(), Rejection> {
    let plain = fields.only(Field::ContentEncoding).is_some_and(is_identity);
    if fields.times(Field::ContentEncoding) > 0 && !plain {
        return Err(Rejection::AnswerUnreadable(Unreadable::ContentCoding));
    }
    if fields.only_text(Field::ContentType).is_some_and(is_json) {
        Ok(())
    } else {
        Err(Rejection::AnswerUnreadable(Unreadable::MediaType))
    }
}

fn is_identity(coding: &[u8]) -> bool {
    coding.eq_ignore_ascii_case(b"identity")
}

/// Whether a provider's `Content-Language` is one plain tag (RFC 5646: language, script, region).
/// Anything freer would be a way past the view: a list of "tags" holds an identity number.
fn is_language(tag: &str) -> bool {
    let mut subtags = tag.split('-').peekable();
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = subtags.next().is_some_and(|text| matches!(text.len(), 2 | 3) && letters(text));
    subtags.next_if(|text| text.len() == 4 && letters(text));
    subtags.next_if(|text| text.len() == 2 && letters(text));
    language && subtags.next().is_none()
}

fn redactor(release: &Release, permit: &Permit, max_bytes: u64) -> Redactor {
    let key = release.subject_key(permit.entry);
    let operation = &release.policy.entry(permit.entry).operations[usize::from(permit.operation)];
    let limits = Limits { max_records: u64::from(operation.max_records), max_bytes };
    Redactor::new(release.plan(permit), permit.narrowed.as_ref(), key, limits)
}

fn redact_whole(
    release: &Release,
    permit: &Permit,
    body: &[u8],
    limit_bytes: u64,
) -> Result<(Vec<u8>, Tally), Rejection> {
    let mut redactor = redactor(release, permit, limit_bytes);
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
    let mut redactor = redactor(release, permit, limit_bytes);
    let mut window = Vec::with_capacity(WINDOW_BYTES + taken.len());
    redactor.push(&taken, &mut window)?;
    let long = Long { status, language, redactor, window, answer, expected, held };
    Ok(Judged::Long(Box::new(long)))
}

/// The counts of a tally by path, for the record.
pub fn field_counts<'a>(
    release: &'a Release,
    permit: &Permit,
    tally: &'a Tally,
) -> FieldCounts<'a> {
    FieldCounts { paths: release.paths(permit.entry), counts: &tally.counts }
}
