//! The answer: a provider's, redacted, or the gateway's own. Headers are built here by allow-list;
//! of a provider's only the language of its text passes.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use sluice_core::domain::policy::{EntryIx, Policy};
use sluice_core::domain::rejection::Rejection;
use tokio::sync::mpsc;

use super::Released;
use super::body::{AnswerBody, Cut};
use super::docket::Docket;
use super::item;
use super::pour::Long;
use super::question::Reasoning;
use crate::limits::Remaining;
use crate::problem::{self, Context, Language, PROBLEM_JSON};

/// An answer, ready to be sent.
pub type Answer = Response<AnswerBody>;

const EXCHANGE_ID: HeaderName = HeaderName::from_static("exchange-id");
const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PASSED_THROUGH: HeaderValue = HeaderValue::from_static("sluice");
const UNCACHED: HeaderValue = HeaderValue::from_static("private, no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Where in the exchange an answer is made: what its headers say.
pub struct Place {
    exchange: Box<str>,
    entry: Option<EntryIx>,
    language: Language,
}

impl Place {
    /// As the docket has it.
    pub fn of(docket: &Docket, headers: &HeaderMap) -> Place {
        Place {
            exchange: docket.exchange().into(),
            entry: docket.entry(),
            language: Language::negotiate(headers),
        }
    }
}

/// The answer that a permit releases.
pub fn released(place: &Place, released: Released) -> Answer {
    let Released { remaining, redacted, .. } = released;
    let body = AnswerBody::of(redacted.body);
    passed_through(place, redacted.status, redacted.language, remaining, body)
}

/// The answer that a permit releases window by window.
pub fn pouring(
    place: &Place,
    long: &Long,
    remaining: Remaining,
    windows: mpsc::Receiver<Result<Bytes, Cut>>,
) -> Answer {
    let body = AnswerBody::Windows(windows);
    passed_through(place, long.status, long.language.clone(), remaining, body)
}

fn passed_through(
    place: &Place,
    status: StatusCode,
    language: Option<HeaderValue>,
    remaining: Remaining,
    body: AnswerBody,
) -> Answer {
    let mut answer = answer(place, status, body);
    let headers = answer.headers_mut();
    headers.insert(PROXY_STATUS, PASSED_THROUGH);
    if status != StatusCode::NO_CONTENT {
        headers.insert(header::CONTENT_TYPE, JSON);
        if let Some(language) = language.filter(is_language) {
            headers.insert(header::CONTENT_LANGUAGE, language);
        }
    }
    insert(headers, "ratelimit-policy", remaining.policy_header());
    insert(headers, "ratelimit", remaining.state_header());
    answer
}

/// The reasoning of a decision.
pub fn reasoning(place: &Place, reasoning: &Reasoning) -> Answer {
    // Serialising our own types into memory can't fail.
    let body = serde_json::to_vec(reasoning).unwrap_or_default();
    let mut answer = answer(place, StatusCode::OK, AnswerBody::of(body.into()));
    let headers = answer.headers_mut();
    headers.insert(PROXY_STATUS, PASSED_THROUGH);
    headers.insert(header::CONTENT_TYPE, JSON);
    answer
}

/// The problem document of a rejection.
pub fn rejected(place: &Place, policy: &Policy, rejection: &Rejection) -> Answer {
    let entry = place.entry.map(|ix| policy.entry(ix));
    let context = Context {
        exchange: &place.exchange,
        catalog_version: policy.version(),
        entry: entry.map(|entry| entry.id.as_str()),
        contact: entry.map(|entry| &*entry.about.contact),
        language: place.language,
    };
    let problem = problem::render(rejection, &context);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = answer(place, status, AnswerBody::of(problem.body.into()));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(place.language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    insert(headers, "proxy-status", problem.proxy_status);
    match rejection {
        Rejection::MethodNotAllowed { allow } => {
            let methods: Vec<&str> = allow.iter().map(|method| method.as_str()).collect();
            insert(headers, "allow", methods.join(", "));
        }
        Rejection::RateLimited(limit) => {
            let (quota, window) = (limit.requests, limit.window_seconds);
            let seconds = limit.retry_after_ms.div_ceil(1000).max(1);
            insert(headers, "ratelimit-policy", format!("\"request\";q={quota};w={window}"));
            insert(headers, "ratelimit", format!("\"request\";r=0;t={seconds}"));
            insert(headers, "retry-after", seconds.to_string());
        }
        _ => {}
    }
    answer
}

fn answer(place: &Place, status: StatusCode, body: AnswerBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.reserve(10);
    if let Some(id) = item::write(&place.exchange) {
        headers.insert(EXCHANGE_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, UNCACHED);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    answer
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: String) {
    // The texts are ours and plain ASCII; one that were not is left out rather than sent.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Whether a provider's `Content-Language` is one plain tag (RFC 5646: language, script, region).
/// Anything freer would be a way past the view: a list of "tags" holds an identity number.
fn is_language(value: &HeaderValue) -> bool {
    let Ok(tag) = value.to_str() else { return false };
    let mut subtags = tag.split('-').peekable();
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = subtags.next().is_some_and(|text| matches!(text.len(), 2 | 3) && letters(text));
    subtags.next_if(|text| text.len() == 4 && letters(text));
    subtags.next_if(|text| text.len() == 2 && letters(text));
    language && subtags.next().is_none()
}
