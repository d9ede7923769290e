//! The request as the provider gets it. Nothing is copied from outside but a few headers by
//! allow-list: path, query and body are rendered from what was matched, and every header by which
//! a provider could be told who asks is the gateway's own.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body_util::Full;
use sluice_core::domain::decide::{Facts, Permit};
use sluice_core::domain::entry::Upstream;
use sluice_core::domain::policy::Policy;

use super::docket::Docket;
use super::item;
use crate::snapshot::Release;
use crate::upstream::Request;

/// Request headers that pass to the provider as they came.
const PASSED_ON: [HeaderName; 1] = [header::ACCEPT_LANGUAGE];

/// Longest `tracestate` that is kept, in bytes (W3C Trace Context asks for 512 at least).
const MAX_TRACESTATE_BYTES: usize = 512;

/// A request to a provider, and what it says in one piece for the digest in the record.
pub struct Rendered {
    /// The request.
    pub request: Request,
    /// Method, target and body, a line each.
    pub digested: Vec<u8>,
}

/// Renders the request of a permitted exchange.
pub fn render(
    release: &Release,
    facts: &Facts<'_>,
    permit: &Permit,
    upstream: &Upstream,
    docket: &Docket,
    incoming: &HeaderMap,
) -> Result<Rendered, http::Error> {
    let policy = &release.policy;
    let operation = facts.matched.operation(policy);
    let target = facts.matched.target(policy, &upstream.base_path);
    let body = facts.matched.body(policy);
    let method = operation.method.as_str();
    let told = body.as_deref().unwrap_or_default();
    let digested = [method.as_bytes(), b"\n", target.as_bytes(), b"\n", told].concat();

    let mut request = http::Request::builder().method(method).uri(target);
    if let Some(headers) = request.headers_mut() {
        // Room for all of them: growing step by step hashes the names again each time.
        headers.reserve(16);
        headers.insert(header::HOST, HeaderValue::from_str(release.host(permit.entry))?);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for name in PASSED_ON {
            if let Some(value) = incoming.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        pass_trace(incoming, docket.exchange(), headers);
        introduce(policy, facts, permit, docket, headers);
    }
    let request = request.body(Full::new(body.map(Bytes::from).unwrap_or_default()))?;
    Ok(Rendered { request, digested })
}

/// The gateway's own words about the exchange.
fn introduce(
    policy: &Policy,
    facts: &Facts<'_>,
    permit: &Permit,
    docket: &Docket,
    headers: &mut HeaderMap,
) {
    let term = permit.term(policy);
    let stated = facts.stated;
    let case = stated.case.as_deref().filter(|_| term.tells_case);
    let operator = stated.operator.as_deref().filter(|_| term.tells_operator);
    let told = [
        ("exchange-id", Some(docket.exchange())),
        ("exchange-entry", Some(policy.entry(permit.entry).id.as_str())),
        ("exchange-consumer", Some(docket.consumer())),
        ("exchange-purpose", stated.purpose.as_deref()),
        ("exchange-case", case),
        ("exchange-operator", operator),
    ];
    for (name, text) in told {
        if let Some(value) = text.and_then(item::write) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Keeps a valid trace, with the gateway as the new parent. `baggage` is dropped with the rest.
fn pass_trace(incoming: &HeaderMap, exchange: &str, headers: &mut HeaderMap) {
    let mut parents = incoming.get_all("traceparent").iter();
    let (Some(parent), None) = (parents.next(), parents.next()) else { return };
    let Some(parent) = parent.to_str().ok().and_then(|parent| reparent(parent, exchange)) else {
        return;
    };
    let Ok(parent) = HeaderValue::try_from(parent.into_owned()) else { return };
    headers.insert(HeaderName::from_static("traceparent"), parent);
    let short = |state: &&HeaderValue| state.len() <= MAX_TRACESTATE_BYTES;
    if let Some(state) = incoming.get("tracestate").filter(short) {
        headers.insert(HeaderName::from_static("tracestate"), state.clone());
    }
}

/// A `traceparent` (version 00) with the parent id replaced: the last half of the exchange id, so
/// that span and record are found from each other.
fn reparent<'a>(parent: &'a str, exchange: &str) -> Option<Cow<'a, str>> {
    let mut parts = parent.split('-');
    let (Some("00"), Some(trace), Some(span), Some(flags), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let hex = |text: &str, length: usize| {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.len() == length && text.bytes().all(digit)
    };
    let set = |text: &str| text.bytes().any(|byte| byte != b'0');
    if !(hex(trace, 32) && set(trace) && hex(span, 16) && set(span) && hex(flags, 2)) {
        return None;
    }
    let own: String = exchange.chars().filter(|c| *c != '-').skip(16).collect();
    Some(format!("00-{trace}-{own}-{flags}").into())
}
