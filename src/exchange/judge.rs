//! What of a provider's answer is released: which statuses have a place in an exchange, and the
//! view that every body goes through, an error's no less than a result's.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::rejection::{Misbehaved, Rejection};
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::ledger::record::FieldCounts;
use sluice_core::message::field::HeaderField;
use sluice_core::redaction::pseudonym::PseudonymKey;
use sluice_core::redaction::{Limits, Occasion, Redactor, Tally};

use super::buffers::{MemoryExhausted, MemoryReservation};
use super::inflow::UpstreamBody;
use super::kind::MediaType;
use super::pour::{StreamedAnswer, WINDOW_BYTES, WINDOWS_HELD};
use super::release::MAX_SUBJECTS_A_RECORD;
use crate::snapshot::Release;
use crate::upstream::{Failure, UpstreamResponse};

const NO_CONTENT: u16 = 204;

/// A provider's answer as this consumer may have it.
#[derive(Debug)]
pub struct RedactedResponse {
    /// The provider's status.
    pub status: u16,
    /// What it is; none if there is no content.
    pub kind: Option<MediaType>,
    /// The body, redacted.
    pub body: Vec<u8>,
    /// The language of the body, if the provider said so.
    pub language: Option<Box<str>>,
    /// What was passed, masked and dropped.
    pub tally: Tally,
}

/// A provider's answer, of a status and kind that can be judged.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are whole")]
pub enum ReceivedResponse {
    /// All of it; no body where there is no content.
    Whole(WholeResponse),
    /// More than is judged as a whole.
    Long(Box<ResponseStart>),
}

/// An answer that was read to its end.
pub struct WholeResponse {
    status: u16,
    content: Option<Content>,
    language: Option<Box<str>>,
    held: MemoryReservation,
}

/// What an answer says, read to its end.
struct Content {
    kind: MediaType,
    body: Vec<u8>,
    inflow: UpstreamBody,
}

/// The beginning of an answer that is too long to be judged as a whole.
pub struct ResponseStart {
    status: u16,
    kind: MediaType,
    language: Option<Box<str>>,
    taken: Vec<u8>,
    inflow: UpstreamBody,
    held: MemoryReservation,
}

/// What is released of an answer.
pub enum RedactionOutcome {
    /// All of it is known.
    Whole(RedactedResponse),
    /// It leaves in windows, each judged before it goes.
    Long(Box<StreamedAnswer>),
}

/// Bounds on answers.
#[derive(Clone, Copy, Debug)]
pub struct ResponseBounds {
    /// Longest answer that is judged as a whole, in bytes.
    pub buffer_bytes: u64,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
}

/// What an answer is judged by.
pub struct ResponseRedaction<'a> {
    /// The catalog version.
    pub release: &'a Release,
    /// The permit.
    pub permit: &'a Permit,
    /// The persons the request names.
    pub asked: Vec<SubjectDigest>,
    /// The key of its pseudonyms, if the view shows any.
    pub pseudonyms: Option<PseudonymKey>,
    /// When it was asked.
    pub now: UnixMillis,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
}

/// Reads an answer: to its end, or until it is too long to be judged as a whole.
///
/// # Errors
/// When the answer has no place in an exchange or can't be judged; it is withheld then.
pub async fn receive(
    mut answer: UpstreamResponse,
    entry: &Entry,
    sizes: ResponseBounds,
    mut held: MemoryReservation,
) -> Result<ReceivedResponse, Rejection> {
    let status = answer.status;
    require_status(status)?;
    if status == NO_CONTENT || has_no_content(&mut answer).await? {
        if status >= 400 {
            return Err(Rejection::UpstreamError { status });
        }
        let whole = WholeResponse { status, content: None, language: None, held };
        return Ok(ReceivedResponse::Whole(whole));
    }
    let language = answer.fields.only_text(HeaderField::ContentLanguage);
    let language = language.filter(|tag| is_language(tag)).map(Into::into);
    let taken = async {
        let kind = kind_of(&answer, entry)?;
        let mut inflow = UpstreamBody::of(answer)?;
        Ok((take(&mut inflow, sizes, &mut held).await?, kind, inflow))
    };
    let (taken, kind, inflow) =
        taken.await.map_err(|rejection| still_an_error(status, rejection))?;
    match taken {
        BufferedBody::Whole(body) => Ok(ReceivedResponse::Whole(WholeResponse {
            status,
            content: Some(Content { kind, body, inflow }),
            language,
            held,
        })),
        // The text of an error is shown whole or not at all.
        BufferedBody::More(_) if status >= 400 => Err(Rejection::UpstreamError { status }),
        BufferedBody::More(taken) => {
            let beginning = ResponseStart { status, kind, language, taken, inflow, held };
            Ok(ReceivedResponse::Long(Box::new(beginning)))
        }
    }
}

/// Whether an answer says of no content what it is, and has none.
async fn has_no_content(answer: &mut UpstreamResponse) -> Result<bool, Rejection> {
    let described = [HeaderField::ContentType, HeaderField::ContentEncoding];
    if described.into_iter().any(|field| answer.fields.times(field) > 0) {
        return Ok(false);
    }
    let mut content = Vec::new();
    if !answer.is_over() {
        answer.read(&mut content).await.map_err(Failure::rejection)?;
    }
    Ok(answer.is_over() && content.is_empty())
}

fn kind_of(answer: &UpstreamResponse, entry: &Entry) -> Result<MediaType, Rejection> {
    let kind = MediaType::of(&answer.fields, entry)?;
    match kind {
        // An error is no file of the entry's.
        MediaType::Opaque(_) if answer.status >= 400 => {
            Err(Rejection::UpstreamError { status: answer.status })
        }
        kind => Ok(kind),
    }
}

enum BufferedBody {
    Whole(Vec<u8>),
    More(Vec<u8>),
}

async fn take(
    inflow: &mut UpstreamBody,
    sizes: ResponseBounds,
    held: &mut MemoryReservation,
) -> Result<BufferedBody, Rejection> {
    let limit_bytes = sizes.answer_bytes;
    // What says beforehand that it is too long need not be waited for.
    if inflow.least_bytes() > limit_bytes {
        return Err(Rejection::AnswerTooLarge { limit_bytes });
    }
    let mut hold = |bytes| held.grow_to(bytes).map_err(|MemoryExhausted| Rejection::Overloaded);
    let decoding = inflow.memory_bytes();
    hold(decoding)?;
    let mut all = Vec::new();
    loop {
        inflow.read(&mut all).await?;
        if all.len() as u64 > limit_bytes {
            return Err(Rejection::AnswerTooLarge { limit_bytes });
        }
        if inflow.is_over() && all.len() as u64 <= sizes.buffer_bytes {
            return Ok(BufferedBody::Whole(all));
        }
        // What goes in is held, and what comes out beside it.
        hold(decoding + 2 * all.len() as u64)?;
        if all.len() as u64 > sizes.buffer_bytes {
            return Ok(BufferedBody::More(all));
        }
    }
}

impl ResponseRedaction<'_> {
    /// Puts an answer through the permit's view.
    ///
    /// # Errors
    /// When it can't be judged or is not what was asked for; it is withheld then.
    pub fn redact(self, received: ReceivedResponse) -> Result<RedactionOutcome, Rejection> {
        match received {
            ReceivedResponse::Whole(WholeResponse { status, content: None, language, .. }) => {
                let (body, tally) = (Vec::new(), Tally::default());
                Ok(RedactionOutcome::Whole(RedactedResponse {
                    status,
                    kind: None,
                    body,
                    language,
                    tally,
                }))
            }
            ReceivedResponse::Whole(WholeResponse {
                status,
                content: Some(content),
                language,
                held,
            }) => {
                let Content { kind, body, inflow } = content;
                let redacted = self.redact_whole(&kind, &body);
                let (released, tally) =
                    redacted.map_err(|rejection| still_an_error(status, rejection))?;
                if tally.subjects.len() > MAX_SUBJECTS_A_RECORD {
                    // More than one record can name: it is released as a long one is.
                    let taken = body;
                    let beginning = ResponseStart { status, kind, language, taken, inflow, held };
                    return self.redact_beginning(beginning);
                }
                let (body, kind) = (released, Some(kind));
                Ok(RedactionOutcome::Whole(RedactedResponse {
                    status,
                    kind,
                    body,
                    language,
                    tally,
                }))
            }
            ReceivedResponse::Long(beginning) => self.redact_beginning(*beginning),
        }
    }

    fn redact_whole(&self, kind: &MediaType, body: &[u8]) -> Result<(Vec<u8>, Tally), Rejection> {
        let mut redactor = self.redactor(kind);
        let mut released = Vec::with_capacity(body.len());
        redactor.push(body, &mut released)?;
        let tally = redactor.finish(&mut released)?;
        Ok((released, tally))
    }

    fn redact_beginning(&self, beginning: ResponseStart) -> Result<RedactionOutcome, Rejection> {
        let ResponseStart { status, kind, language, taken, inflow, mut held } = beginning;
        let windows = WINDOWS_HELD * WINDOW_BYTES as u64 + 2 * taken.len() as u64;
        held.grow_to(inflow.memory_bytes() + windows)
            .map_err(|MemoryExhausted| Rejection::Overloaded)?;
        let mut redactor = self.redactor(&kind);
        let mut window = Vec::with_capacity(WINDOW_BYTES + taken.len());
        redactor.push(&taken, &mut window)?;
        let long = StreamedAnswer { status, kind, language, redactor, window, inflow, held };
        Ok(RedactionOutcome::Long(Box::new(long)))
    }

    fn redactor(&self, kind: &MediaType) -> Redactor {
        let ResponseRedaction { release, permit, asked, pseudonyms, now, answer_bytes } = self;
        let (now, asked) = (*now, asked.clone());
        let operation =
            &release.policy.entry(permit.entry).operations[usize::from(permit.operation)];
        let max_records = u64::from(operation.max_records);
        let limits = Limits { max_records, max_bytes: *answer_bytes };
        let plan = release.plan(permit);
        match kind {
            MediaType::Judged(format, charset) => {
                let subjects = release.subject_key(permit.entry).clone();
                let pseudonyms = pseudonyms.clone();
                let occasion = Occasion { subjects, pseudonyms, now, asked, limits };
                Redactor::new(&plan, permit.narrowed.as_ref(), occasion, *format, *charset)
            }
            MediaType::Opaque(_) => Redactor::opaque(&plan, asked, limits),
        }
    }
}

/// An error that can't be shown is still an error: its status passes, its text does not.
fn still_an_error(status: u16, rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::AnswerUnreadable(_)
        | Rejection::AnswerTooLarge { .. }
        | Rejection::AnswerMismatch(_)
        | Rejection::RecordWithheld
            if status >= 400 =>
        {
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

/// The counts of a tally by path, for the record.
pub fn field_counts<'a>(
    release: &'a Release,
    permit: &Permit,
    tally: &'a Tally,
) -> FieldCounts<'a> {
    FieldCounts { paths: release.paths(permit.entry), counts: &tally.counts }
}
