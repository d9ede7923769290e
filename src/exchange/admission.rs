//! Admission: a permitted request must be within the rates, its budget and the places there are; and who
//! is refused too often is not listened to.

use sluice_core::authorize::Resolved;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rate::Rate;
use sluice_core::domain::rejection::{PartyAtFault, Rejection};

use super::budget_view::BudgetView;
use super::context::ExchangeContext;
use crate::budgets::Ticket;
use crate::limits::{ConcurrencySlot, NoSlot, Parties, Rates, Remaining};

/// Leave to ask the provider now.
pub(in crate::exchange) struct Admission {
    /// The part that the exchange has in the budget of its basis, if that has one.
    pub(in crate::exchange) ticket: Option<Ticket>,
    /// The rest of the rates.
    pub(in crate::exchange) remaining: Remaining,
    /// One of the exchanges that the system may have under way.
    pub(in crate::exchange) slot: ConcurrencySlot,
}

/// Lets a permitted request pass. What is refused for its rate, or finds no place, gives back what it
/// has begun of a budget.
pub(in crate::exchange) async fn admit(
    context: &ExchangeContext,
    policy: &Policy,
    resolved: &Resolved<'_>,
    permit: &Permit,
    usage: &BudgetView<'_>,
) -> Result<Admission, Rejection> {
    let (entry, term) = (policy.entry(permit.entry), permit.term(policy));
    let ticket = usage.begin(entry, term)?;
    let parties = Parties {
        system: resolved.peer.identity,
        entry: entry.id.as_str(),
        operator: resolved.declared.operator.as_deref(),
        provider: entry.id.department().as_str(),
    };
    let admitted = context.limiters.admit(&parties, &Rates::of(policy, entry, term));
    let remaining = admitted.map_err(Rejection::RateLimited)?;
    let slot = context.concurrency.take(resolved.peer.identity).await;
    let slot = slot.map_err(|NoSlot { most }| Rejection::TooManyAtOnce { most: most as u32 })?;
    Ok(Admission { ticket, remaining, slot })
}

/// Requires that a peer was not refused too often at an entry.
pub(in crate::exchange) fn require_not_barred(
    context: &ExchangeContext,
    policy: &Policy,
    peer: Identified<'_>,
    entry: Option<EntryIx>,
) -> Result<(), Rejection> {
    let parties = refused_at(policy, peer.identity, entry);
    context.limiters.listen(&parties).map_err(Rejection::RateLimited)
}

/// Counts a refusal, unless it tells nothing of the policy: strangers get the same each time, and limits
/// say when to come back.
pub(in crate::exchange) fn count_refusal(
    context: &ExchangeContext,
    policy: &Policy,
    system: &Identity,
    entry: Option<EntryIx>,
    rejection: &Rejection,
) {
    let tells = match rejection {
        Rejection::RateLimited(_) | Rejection::TooManyAtOnce { .. } => false,
        _ if rejection.exhausted().is_some() => false,
        _ => matches!(rejection.fault(), PartyAtFault::Request | PartyAtFault::Policy),
    };
    if tells {
        context.limiters.refused(&refused_at(policy, system, entry), &context.refusal_rates);
    }
}

/// The parties under which refusals are counted. Requests for no entry are counted together.
fn refused_at<'a>(policy: &'a Policy, system: &'a Identity, entry: Option<EntryIx>) -> Parties<'a> {
    let entry = entry.map_or("", |ix| policy.entry(ix).id.as_str());
    Parties { system, entry, operator: None, provider: "" }
}

/// Takes a request from a system's quota at a route.
pub(in crate::exchange) fn take_route_rate(
    context: &ExchangeContext,
    peer: Identified<'_>,
    route: &'static str,
    rate: Rate,
) -> Result<(), Rejection> {
    let parties = Parties { system: peer.identity, entry: route, operator: None, provider: "" };
    let admitted = context.limiters.admit(&parties, &Rates { system: &[rate], ..Rates::default() });
    admitted.map(drop).map_err(Rejection::RateLimited)
}
