//! Reads a provider's answer: to its end, or until it is too long to be judged as a whole.

use sluice_core::domain::entry::Entry;
use sluice_core::domain::rejection::{Misbehaved, Rejection};
use sluice_core::message::field::HeaderField;

use super::bounds::ResponseBounds;
use super::media_type::MediaType;
use super::memory::{MemoryExhausted, MemoryReservation};
use super::upstream_body::UpstreamBody;
use crate::upstream::{Failure, UpstreamResponse};

const NO_CONTENT: u16 = 204;

/// A provider's answer with a status and a media type that can be released.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are whole")]
pub enum ReceivedResponse {
    /// All of it; no body where there is no content.
    Whole(WholeResponse),
    /// More than is judged as a whole.
    Long(Box<ResponseStart>),
}

/// An answer that was read to its end.
pub struct WholeResponse {
    pub(super) status: u16,
    pub(super) content: Option<Content>,
    pub(super) language: Option<Box<str>>,
    pub(super) memory: MemoryReservation,
}

/// The content of an answer that was read to its end.
pub(super) struct Content {
    pub(super) media_type: MediaType,
    pub(super) body: Vec<u8>,
    pub(super) upstream_body: UpstreamBody,
}

/// The start of an answer that is too long to be judged as a whole.
pub struct ResponseStart {
    pub(super) status: u16,
    pub(super) media_type: MediaType,
    pub(super) language: Option<Box<str>>,
    pub(super) bytes: Vec<u8>,
    pub(super) upstream_body: UpstreamBody,
    pub(super) memory: MemoryReservation,
}

/// Reads an answer: to its end, or until it is too long to be judged as a whole.
///
/// # Errors
/// When the answer has no place in an exchange or can't be judged; it is withheld then.
pub async fn receive(
    mut answer: UpstreamResponse,
    entry: &Entry,
    bounds: ResponseBounds,
    mut memory: MemoryReservation,
) -> Result<ReceivedResponse, Rejection> {
    let status = answer.status;
    require_status(status)?;
    if status == NO_CONTENT || has_no_content(&mut answer).await? {
        if status >= 400 {
            return Err(Rejection::UpstreamError { status });
        }
        let whole = WholeResponse { status, content: None, language: None, memory };
        return Ok(ReceivedResponse::Whole(whole));
    }
    let language = answer.fields.only_text(HeaderField::ContentLanguage);
    let language = language.filter(|tag| is_language(tag)).map(Into::into);
    let bytes = async {
        let media_type = media_type_of(&answer, entry)?;
        let mut upstream_body = UpstreamBody::of(answer)?;
        Ok((take(&mut upstream_body, bounds, &mut memory).await?, media_type, upstream_body))
    };
    let (bytes, media_type, upstream_body) =
        bytes.await.map_err(|rejection| as_upstream_error(status, rejection))?;
    match bytes {
        BufferedBody::Whole(body) => Ok(ReceivedResponse::Whole(WholeResponse {
            status,
            content: Some(Content { media_type, body, upstream_body }),
            language,
            memory,
        })),
        // The text of an error is shown whole or not at all.
        BufferedBody::More(_) if status >= 400 => Err(Rejection::UpstreamError { status }),
        BufferedBody::More(bytes) => {
            let start =
                ResponseStart { status, media_type, language, bytes, upstream_body, memory };
            Ok(ReceivedResponse::Long(Box::new(start)))
        }
    }
}

/// Tells whether an answer describes no content, and has none.
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

fn media_type_of(answer: &UpstreamResponse, entry: &Entry) -> Result<MediaType, Rejection> {
    let media_type = MediaType::of(&answer.fields, entry)?;
    match media_type {
        // An error is no file of the entry's.
        MediaType::File(_) if answer.status >= 400 => {
            Err(Rejection::UpstreamError { status: answer.status })
        }
        media_type => Ok(media_type),
    }
}

enum BufferedBody {
    Whole(Vec<u8>),
    More(Vec<u8>),
}

async fn take(
    upstream_body: &mut UpstreamBody,
    bounds: ResponseBounds,
    memory: &mut MemoryReservation,
) -> Result<BufferedBody, Rejection> {
    let limit_bytes = bounds.answer_bytes;
    // What says beforehand that it is too long need not be waited for.
    if upstream_body.least_bytes() > limit_bytes {
        return Err(Rejection::AnswerTooLarge { limit_bytes });
    }
    let mut hold = |bytes| memory.grow_to(bytes).map_err(|MemoryExhausted| Rejection::Overloaded);
    let decoding = upstream_body.memory_bytes();
    hold(decoding)?;
    let mut all = Vec::new();
    loop {
        upstream_body.read(&mut all).await?;
        if all.len() as u64 > limit_bytes {
            return Err(Rejection::AnswerTooLarge { limit_bytes });
        }
        if upstream_body.is_over() && all.len() as u64 <= bounds.buffer_bytes {
            return Ok(BufferedBody::Whole(all));
        }
        // The input is held, and the output beside it.
        hold(decoding + 2 * all.len() as u64)?;
        if all.len() as u64 > bounds.buffer_bytes {
            return Ok(BufferedBody::More(all));
        }
    }
}

/// An error that can't be shown is still an error: its status passes, its text does not.
pub(super) fn as_upstream_error(status: u16, rejection: Rejection) -> Rejection {
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

/// Tells whether a provider's `Content-Language` is one plain tag (RFC 5646: language, script, region).
/// Anything freer would be a way past the view: a list of "tags" holds an identity number.
fn is_language(tag: &str) -> bool {
    let mut subtags = tag.split('-').peekable();
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = subtags.next().is_some_and(|text| matches!(text.len(), 2 | 3) && letters(text));
    subtags.next_if(|text| text.len() == 4 && letters(text));
    subtags.next_if(|text| text.len() == 2 && letters(text));
    language && subtags.next().is_none()
}
