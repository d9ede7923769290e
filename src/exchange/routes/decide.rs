//! `POST /-/decide`: would this call be allowed, and why? Decided by the very functions a call is
//! decided by, for the asker's own identity, without making the call; recorded and limited like
//! one. The same answer is given offline by `sluice decide`.

use sluice_core::domain::matching::{Identified, find_entry};
use sluice_core::domain::rate::DEFAULT_RATE;
use sluice_core::domain::rejection::{Malformed, Rejection};
use sluice_core::domain::target::Target;

use super::reasoning::{DecideRequest, DecisionContext, declared, reason};
use crate::exchange::admission::{self, PolicyFreshness};
use crate::exchange::budget_view::BudgetView;
use crate::exchange::context::ExchangeContext;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::record::guard::RecordGuard;
use crate::exchange::request::body::RequestBody;
use crate::exchange::request::head::{self, RequestHead};
use crate::problem::Language;
use crate::snapshot::Snapshot;

/// The route, as records name it.
pub const ROUTE: &str = "-/decide";

/// Answers a question.
pub(in crate::exchange) async fn answer(
    gate: &ExchangeContext,
    snapshot: &Snapshot,
    peer: Identified<'_>,
    head: &RequestHead,
    rest: &mut impl RequestBody,
    docket: &mut RecordGuard<'_>,
) -> Result<ExchangeOutcome, Rejection> {
    let policy = &snapshot.release.policy;
    head::require_json(&head.request.fields)?;
    let body = rest.read(gate.request_body_bytes, gate.body_timeout).await?;
    let question: DecideRequest =
        serde_json::from_slice(&body).map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
    admission::admit_route(gate, peer, ROUTE, DEFAULT_RATE)?;
    let language = Language::negotiate(&head.request.fields);
    let target = Target::parse(&question.path).ok();
    docket.note_entry(target.and_then(|target| find_entry(policy, &target)));
    admission::listen(gate, policy, peer, docket.entry())?;
    // What can't be read is part of the reasoning, as it is offline.
    if let Ok(declared) = declared(&question) {
        docket.note_stated(peer, &declared.into_owned());
    }
    let (now, exchange) = (docket.time(), *docket.exchange());
    // Whom it asks about is not looked at: of persons it is told as if it asked about others.
    let usage = &BudgetView::of(&gate.budgets, peer, exchange.as_str(), &[]);
    let (heard, grants) = (PolicyFreshness::of(gate, now), &*snapshot.grants);
    let now = gate.current.not_before(now);
    let stops = &*snapshot.stops;
    let asked = DecisionContext { policy, peer, now, heard, usage, grants, stops };
    let reasoning = reason(&asked, &question, exchange.as_str(), language);
    // What would be refused is found out here no faster than by calling.
    if reasoning.code.is_some() {
        admission::count_refusal(gate, policy, peer.identity, docket.entry());
    }
    Ok(ExchangeOutcome::Reasoning(Box::new(reasoning)))
}
