//! Renders the answer: a provider's, redacted, or the gateway's own. Headers are built here by allow-list;
//! of a provider's only the language of its text passes.

use std::sync::Arc;

use bytes::Bytes;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::Rejection;
use sluice_core::message::fields::{Fields, Section};
use tokio::sync::mpsc;

use super::body::{ResponseBody, StreamAborted};
use super::media_type::MediaType;
use super::stream_state::StreamedAnswer;
use crate::exchange::context::ExchangeContext;
use crate::exchange::id::ExchangeId;
use crate::exchange::outcome::{JSON, OwnAnswer, Released};
use crate::exchange::record::guard::RecordGuard;
use crate::exchange::record::receipt::Receipt;
use crate::exchange::routes::reasoning::Reasoning;
use crate::limits::Remaining;
use crate::limits::remaining::{write_exhausted, write_refusal};
use crate::problem::{self, Context, Language, PROBLEM_JSON};

/// An answer, ready to be sent. What its engine adds is how it is framed, and the date.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Its header fields.
    pub section: Section,
    /// The body.
    pub body: ResponseBody,
}

const PASSED_THROUGH: &str = "sluice";

/// Room for the fields of an answer, in bytes.
const SECTION_BYTES: usize = 768;

/// The facts of an exchange that the headers of its answer state.
pub struct ResponseContext {
    exchange: ExchangeId,
    /// The time at which the request was received.
    time: UnixMillis,
    entry: Option<EntryIx>,
    language: Language,
    origin: Arc<str>,
    /// The receipt of the record, once it is durable.
    pub receipt: Option<Receipt>,
}

impl ResponseContext {
    /// The context of an exchange, as its record has it.
    pub fn of(
        context: &ExchangeContext,
        record: &RecordGuard<'_>,
        fields: &Fields,
    ) -> ResponseContext {
        ResponseContext {
            exchange: *record.exchange(),
            time: record.time(),
            entry: record.entry(),
            language: Language::negotiate(fields),
            origin: context.origin.clone(),
            receipt: None,
        }
    }
}

/// The answer that a permit releases.
pub fn released(response: &ResponseContext, released: Released) -> Response {
    let Released { remaining, redacted, .. } = released;
    let body = ResponseBody::of(redacted.body);
    passed_through(
        response,
        redacted.status,
        redacted.media_type.as_ref(),
        redacted.language.as_deref(),
        remaining,
        body,
    )
}

/// The answer that a permit releases window by window.
pub fn streamed(
    response: &ResponseContext,
    streamed: &StreamedAnswer,
    remaining: Remaining,
    windows: mpsc::Receiver<Result<Bytes, StreamAborted>>,
) -> Response {
    let body = ResponseBody::Windows(windows);
    passed_through(
        response,
        streamed.status,
        Some(&streamed.media_type),
        streamed.language.as_deref(),
        remaining,
        body,
    )
}

fn passed_through(
    response: &ResponseContext,
    status: u16,
    media_type: Option<&MediaType>,
    language: Option<&str>,
    remaining: Remaining,
    body: ResponseBody,
) -> Response {
    let mut section = section(response);
    section.add("proxy-status", PASSED_THROUGH);
    if let Some(media_type) = media_type {
        section.add("content-type", media_type.media_type());
        if let Some(language) = language {
            section.add("content-language", language);
        }
    }
    remaining.write_headers(&mut section);
    Response { status, section, body }
}

/// An answer of the gateway's own.
pub fn own_answer(response: &ResponseContext, answer: OwnAnswer) -> Response {
    let OwnAnswer { media_type, body } = answer;
    let mut section = section(response);
    section.add("proxy-status", PASSED_THROUGH);
    section.add("content-type", media_type);
    Response { status: 200, section, body: ResponseBody::of(body) }
}

/// The reasoning of a decision.
pub fn reasoning(response: &ResponseContext, reasoning: &Reasoning) -> Response {
    // Serialising our own types into memory can't fail.
    let body = serde_json::to_vec(reasoning).unwrap_or_default();
    own_answer(response, OwnAnswer { media_type: JSON, body })
}

/// The problem document of a rejection.
pub fn rejected(response: &ResponseContext, policy: &Policy, rejection: &Rejection) -> Response {
    let entry = response.entry.map(|ix| policy.entry(ix));
    let context = Context {
        exchange: response.exchange.as_str(),
        catalog_version: policy.version(),
        entry: entry.map(|entry| entry.id.as_str()),
        contact: entry.map(|entry| &*entry.about.contact),
        language: response.language,
    };
    let problem = problem::render(rejection, &context);
    let mut section = section(response);
    section.add("content-type", PROBLEM_JSON);
    section.add("content-language", response.language.tag());
    section.add("vary", "accept-language");
    section.add("proxy-status", &problem.proxy_status);
    match rejection {
        Rejection::MethodNotAllowed { allow } => {
            let methods: Vec<&str> = allow.iter().map(|method| method.as_str()).collect();
            section.add("allow", methods.join(", "));
        }
        Rejection::ReceiptPending | Rejection::TooManyAtOnce { .. } => {
            section.add("retry-after", "1")
        }
        Rejection::RateLimited(limit) => {
            write_refusal(limit, &mut section);
        }
        _ => {}
    }
    if let Some(limit) = rejection.exhausted() {
        let wait = |refills: UnixMillis| ((refills - response.time).max(1) as u64).div_ceil(1000);
        write_exhausted(limit, limit.refills.map(wait), &mut section);
    }
    Response { status: problem.status, section, body: ResponseBody::of(problem.body) }
}

/// The header fields of every answer.
fn section(response: &ResponseContext) -> Section {
    let mut section = Section::with_room(SECTION_BYTES);
    section.add_quoted("exchange-id", response.exchange.as_str());
    if let Some(receipt) = &response.receipt {
        section.add_args("exchange-receipt", format_args!("{}", receipt.at(&response.origin)));
    }
    section.add("cache-control", "private, no-store");
    section.add("x-content-type-options", "nosniff");
    section
}
