//! `POST /-/decide`: would this call be allowed, and why? Decided by the very steps that a call is
//! decided by, for the asker's own identity, without making the call; recorded and limited like one.
//! `sluice decide` gives the same answer offline.

use std::sync::Arc;

use sluice_core::domain::matching::{Identified, find_entry};
use sluice_core::domain::rate::DEFAULT_RATE;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;

use super::decide_request::DecideRequest;
use super::reasoning::{DecisionContext, reason};
use crate::exchange::admission;
use crate::exchange::context::ExchangeContext;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::record::guard::RecordGuard;
use crate::exchange::request::body::RequestBody;
use crate::exchange::request::head::{self, RequestHead};
use crate::problem::Language;
use crate::snapshot::Snapshot;

/// The route, as records name it.
pub const ROUTE: &str = "-/decide";

/// Answers whether a call would be allowed.
pub(in crate::exchange) async fn answer(
    context: &ExchangeContext,
    snapshot: &Arc<Snapshot>,
    peer: Identified<'_>,
    head: &RequestHead,
    request_body: &mut impl RequestBody,
    record: &mut RecordGuard<'_>,
) -> Result<ExchangeOutcome, Rejection> {
    let policy = &snapshot.release.policy;
    head::require_json(&head.request.fields)?;
    let body = request_body.read(context.request_body_bytes, context.body_timeout).await?;
    let request = DecideRequest::read(&body)?;
    admission::take_route_rate(context, peer, ROUTE, DEFAULT_RATE)?;
    let language = Language::negotiate(&head.request.fields);
    let target = Target::parse(&request.path).ok();
    record.note_entry(target.and_then(|target| find_entry(policy, &target)));
    admission::require_not_barred(context, policy, peer, record.entry())?;
    // What can't be read is part of the reasoning, as it is offline.
    if let Ok(declared) = head::declared(&request.header_fields()) {
        record.note_declared(peer, &declared.into_owned());
    }
    let (now, exchange) = (record.time(), *record.exchange());
    let decision = DecisionContext {
        in_force: snapshot.in_force(),
        peer,
        now: context.current.not_before(now),
        freshness: context.current.freshness(now),
        budgets: Some(&context.budgets),
        exchange: exchange.as_str(),
    };
    let reasoning = reason(&decision, &request, language);
    // What would be refused is found out here no faster than by calling.
    if let Some(rejection) = &reasoning.rejection {
        admission::count_refusal(context, policy, peer.identity, record.entry(), rejection);
    }
    Ok(ExchangeOutcome::Reasoning(Box::new(reasoning)))
}
