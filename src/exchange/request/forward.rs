//! The request as the provider gets it. Nothing is copied from outside but a few headers by
//! allow-list: path, query and body are rendered from what was matched, and every header by which
//! a provider could be told who asks is the gateway's own.

use sluice_core::authorize::Resolved;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::entry::Upstream;
use sluice_core::domain::policy::Policy;
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::{Fields, Section};

use super::structured_field;
use crate::exchange::record::guard::RecordGuard;
use crate::exchange::response::media_type;
use crate::snapshot::Release;
use crate::upstream::UpstreamRequest;

/// Longest `tracestate` that is kept, in bytes (W3C Trace Context asks for 512 at least).
const MAX_TRACESTATE_BYTES: usize = 512;

/// Room for the head of a request, in bytes.
const HEAD_BYTES: usize = 960;

/// Renders the request of a permitted exchange.
pub fn render(
    release: &Release,
    resolved: &Resolved<'_>,
    permit: &Permit,
    upstream: &Upstream,
    record: &RecordGuard<'_>,
    incoming: &Fields,
) -> UpstreamRequest {
    let policy = &release.policy;
    let operation = resolved.matched.operation(policy);
    let body = resolved.matched.body(policy);
    let method = operation.method.as_str();
    let target = resolved.matched.target(policy, &upstream.base_path);
    let mut section = Section::of_request(method, &target, HEAD_BYTES);
    section.add("host", release.host(permit.entry));
    let entry = policy.entry(permit.entry);
    section
        .add("accept", media_type::accept(incoming.first(HeaderField::Accept), entry).as_bytes());
    section.add("accept-encoding", "identity");
    if let Some(body) = &body {
        section.add("content-type", "application/json");
        section.add_args("content-length", format_args!("{}", body.len()));
    }
    if let Some(languages) = incoming.first(HeaderField::AcceptLanguage) {
        section.add("accept-language", languages);
    }
    pass_trace(incoming, record.exchange().as_str(), &mut section);
    introduce(policy, resolved, permit, record, &mut section);
    section.end();
    UpstreamRequest { method, target, head: section, body: body.unwrap_or_default() }
}

/// The gateway's own words about the exchange.
fn introduce(
    policy: &Policy,
    resolved: &Resolved<'_>,
    permit: &Permit,
    record: &RecordGuard<'_>,
    section: &mut Section,
) {
    let term = permit.term(policy);
    let declared = resolved.declared;
    let case = declared.case.as_deref().filter(|_| term.tells_case);
    let consent = declared.consent.as_deref().filter(|_| term.tells_consent);
    let operator = declared.operator.as_deref().filter(|_| term.tells_operator);
    let told = [
        ("exchange-id", Some(record.exchange().as_str())),
        ("exchange-entry", Some(policy.entry(permit.entry).id.as_str())),
        ("exchange-consumer", Some(record.consumer())),
        ("exchange-purpose", declared.purpose.as_deref()),
        ("exchange-case", case),
        ("exchange-consent", consent),
        ("exchange-operator", operator),
    ];
    for (name, text) in told {
        if let Some(text) = text {
            structured_field::write(section, name, text);
        }
    }
}

/// Keeps a valid trace, with the gateway as the new parent. `baggage` is dropped with the rest.
fn pass_trace(incoming: &Fields, exchange: &str, section: &mut Section) {
    let parent = incoming.only_text(HeaderField::Traceparent);
    let Some(parent) = parent.and_then(|parent| reparent(parent, exchange)) else { return };
    section.add("traceparent", parent);
    let state = incoming.first(HeaderField::Tracestate);
    if let Some(state) = state.filter(|state| state.len() <= MAX_TRACESTATE_BYTES) {
        section.add("tracestate", state);
    }
}

/// A `traceparent` (version 00) with the parent id replaced: the last half of the exchange id, so
/// that span and record are found from each other.
fn reparent(parent: &str, exchange: &str) -> Option<String> {
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
    Some(format!("00-{trace}-{own}-{flags}"))
}
