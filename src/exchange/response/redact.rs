//! Redacts a provider's answer by the permit's view, an error's body no less than a result's.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::ledger::record::MAX_RECORD_SUBJECTS;
use sluice_core::redaction::pseudonym::PseudonymKey;
use sluice_core::redaction::{AnswerContext, Limits, Redactor, Tally};

use super::media_type::MediaType;
use super::memory::MemoryExhausted;
use super::receive::{Content, ReceivedResponse, ResponseStart, WholeResponse, as_upstream_error};
use super::stream_state::{StreamedAnswer, WINDOW_BYTES, WINDOWS_HELD};
use crate::snapshot::Release;

/// A provider's answer as this consumer may have it.
#[derive(Debug)]
pub struct RedactedResponse {
    /// The provider's status.
    pub status: u16,
    /// The media type; none if there is no content.
    pub media_type: Option<MediaType>,
    /// The body, redacted.
    pub body: Vec<u8>,
    /// The language of the body, if the provider said so.
    pub language: Option<Box<str>>,
    /// The counts of what was passed, masked and dropped.
    pub tally: Tally,
}

/// The released part of an answer.
pub enum RedactionOutcome {
    /// All of it is known.
    Whole(RedactedResponse),
    /// An answer that leaves in windows, each judged before it goes.
    Stream(Box<StreamedAnswer>),
}

/// All that an answer is redacted by.
pub struct ResponseRedaction<'a> {
    /// The catalog version.
    pub release: &'a Release,
    /// The permit.
    pub permit: &'a Permit,
    /// The persons the request names.
    pub persons: &'a [SubjectDigest],
    /// The key of its pseudonyms, if the view shows any.
    pub pseudonym_key: Option<PseudonymKey>,
    /// The time at which it was asked.
    pub now: UnixMillis,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
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
                    media_type: None,
                    body,
                    language,
                    tally,
                }))
            }
            ReceivedResponse::Whole(WholeResponse {
                status,
                content: Some(content),
                language,
                memory,
            }) => {
                let Content { media_type, body, upstream_body } = content;
                let redacted = self.redact_whole(&media_type, &body);
                let (released, tally) =
                    redacted.map_err(|rejection| as_upstream_error(status, rejection))?;
                if tally.subjects.len() > MAX_RECORD_SUBJECTS {
                    // More than one record can name: it is released as a stream is.
                    let bytes = body;
                    let start = ResponseStart {
                        status,
                        media_type,
                        language,
                        bytes,
                        upstream_body,
                        memory,
                    };
                    return self.redact_start(start);
                }
                let (body, media_type) = (released, Some(media_type));
                Ok(RedactionOutcome::Whole(RedactedResponse {
                    status,
                    media_type,
                    body,
                    language,
                    tally,
                }))
            }
            ReceivedResponse::Long(start) => self.redact_start(*start),
        }
    }

    fn redact_whole(
        &self,
        media_type: &MediaType,
        body: &[u8],
    ) -> Result<(Vec<u8>, Tally), Rejection> {
        let mut redactor = self.redactor(media_type);
        let mut released = Vec::with_capacity(body.len());
        redactor.push(body, &mut released)?;
        let tally = redactor.finish(&mut released)?;
        Ok((released, tally))
    }

    fn redact_start(&self, start: ResponseStart) -> Result<RedactionOutcome, Rejection> {
        let ResponseStart { status, media_type, language, bytes, upstream_body, mut memory } =
            start;
        let windows = WINDOWS_HELD * WINDOW_BYTES as u64 + 2 * bytes.len() as u64;
        memory
            .grow_to(upstream_body.memory_bytes() + windows)
            .map_err(|MemoryExhausted| Rejection::Overloaded)?;
        let mut redactor = self.redactor(&media_type);
        let mut window = Vec::with_capacity(WINDOW_BYTES + bytes.len());
        redactor.push(&bytes, &mut window)?;
        let streamed = StreamedAnswer {
            status,
            media_type,
            language,
            redactor,
            window,
            upstream_body,
            memory,
        };
        Ok(RedactionOutcome::Stream(Box::new(streamed)))
    }

    fn redactor(&self, media_type: &MediaType) -> Redactor {
        let ResponseRedaction { release, permit, persons, pseudonym_key, now, answer_bytes } = self;
        let (now, persons) = (*now, persons.to_vec());
        let operation =
            &release.policy.entry(permit.entry).operations[usize::from(permit.operation)];
        let max_records = u64::from(operation.max_records);
        let limits = Limits { max_records, max_bytes: *answer_bytes };
        let plan = release.plan(permit);
        match media_type {
            MediaType::Structured(format, charset) => {
                let subjects = release.subject_key(permit.entry).clone();
                let pseudonyms = pseudonym_key.clone();
                let context = AnswerContext { subjects, pseudonyms, now, asked: persons, limits };
                Redactor::new(&plan, permit.narrowed.as_ref(), context, *format, *charset)
            }
            MediaType::File(_) => Redactor::opaque(&plan, persons, limits),
        }
    }
}
