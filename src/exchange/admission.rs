//! Admission: a permitted request must be within the rates, its budget and the places there are; and who
//! is refused too often is not listened to.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Basis, Permit, stays_open};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::facts::Facts;
use sluice_core::domain::grants::GrantInForce;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rate::Rate;
use sluice_core::domain::rejection::{PartyAtFault, Rejection};
use sluice_core::domain::stops::{StopTarget, Stops};

use super::budget_view::BudgetView;
use super::context::{ExchangeContext, Peer};
use crate::budgets::Ticket;
use crate::limits::{ConcurrencySlot, NoSlot, Parties, Rates, Remaining};
use crate::snapshot::Snapshot;

/// Leave to ask the provider now.
pub(in crate::exchange) struct Admission {
    /// The part that the exchange has in the budget of its basis, if that has one.
    pub(in crate::exchange) ticket: Option<Ticket>,
    /// What is left of the rates.
    pub(in crate::exchange) remaining: Remaining,
    /// One of the exchanges that the system may have under way.
    pub(in crate::exchange) place: ConcurrencySlot,
}

/// Lets a permitted request pass. What is refused for its rate, or finds no place, gives back what it
/// has begun of a budget.
pub(in crate::exchange) async fn admit(
    gate: &ExchangeContext,
    policy: &Policy,
    facts: &Facts<'_>,
    permit: &Permit,
    spent: &BudgetView<'_>,
) -> Result<Admission, Rejection> {
    let (entry, term) = (policy.entry(permit.entry), permit.term(policy));
    let ticket = spent.begin(entry, term)?;
    let parties = Parties {
        system: facts.peer.identity,
        entry: entry.id.as_str(),
        operator: facts.declared.operator.as_deref(),
        provider: entry.id.department().as_str(),
    };
    let admitted = gate.limiters.admit(&parties, &Rates::of(policy, entry, term));
    let remaining = admitted.map_err(Rejection::RateLimited)?;
    let place = gate.places.take(facts.peer.identity).await;
    let place = place.map_err(|NoSlot { most }| Rejection::TooManyAtOnce { most: most as u32 })?;
    Ok(Admission { ticket, remaining, place })
}

/// How long ago something was heard of the store, and whether the clock can be believed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyFreshness {
    /// Too long for what is not for everybody.
    pub stale: bool,
    /// Too long for grants.
    pub grants_stale: bool,
    /// What begins later has not begun, whatever the system's clock says; none: it is believed.
    pub by: Option<UnixMillis>,
}

impl PolicyFreshness {
    /// As it is now.
    pub(in crate::exchange) fn of(gate: &ExchangeContext, now: UnixMillis) -> PolicyFreshness {
        let current = &gate.current;
        PolicyFreshness {
            stale: current.is_stale(now),
            grants_stale: current.grants_are_stale(),
            by: Some(current.not_leapt(now)),
        }
    }
}

/// That a permit may be relied on, by what was last heard of the store; and that its grant is not
/// stopped.
pub(in crate::exchange) fn may_rely_on(
    heard: PolicyFreshness,
    (policy, stops): (&Policy, &Stops),
    permit: &Permit,
) -> Result<(), Rejection> {
    match &permit.basis {
        Basis::Grant(_) if heard.grants_stale => Err(Rejection::PolicyStale),
        Basis::Grant(granted) if heard.by.is_some_and(|by| granted.term.from > Some(by)) => {
            Err(Rejection::GrantNotActive)
        }
        Basis::Grant(granted) => grant_goes_on(stops, granted),
        Basis::Term(_) if heard.stale => stays_open(policy, permit),
        Basis::Term(_) => Ok(()),
    }
}

/// That a grant is not stopped.
pub(in crate::exchange) fn grant_goes_on(
    stops: &Stops,
    granted: &GrantInForce,
) -> Result<(), Rejection> {
    let target = Name::parse(&granted.term.id).map(StopTarget::Grant);
    match target.is_ok_and(|target| stops.contains(&target)) {
        true => Err(Rejection::GrantNotActive),
        false => Ok(()),
    }
}

/// That neither the entry nor the operator is stopped.
pub(in crate::exchange) fn not_stopped(
    snapshot: &Snapshot,
    peer: Identified<'_>,
    entry: Option<EntryIx>,
    declared: &DeclaredContext<'_>,
) -> Result<(), Rejection> {
    if let Some(entry) = entry {
        snapshot.stops.opens(snapshot.release.policy.entry(entry))?;
    }
    snapshot.stops.admits_operator(&peer.identity.department, declared.operator.as_deref())
}

/// Whether a peer's department has a grant for an entry, of whatever kind.
pub(in crate::exchange) fn has_grant(
    snapshot: &Snapshot,
    peer: Identified<'_>,
    entry: Option<EntryIx>,
) -> bool {
    entry.is_some_and(|entry| !snapshot.grants.held(peer.department, entry).is_empty())
}

/// That a peer was not refused too often at an entry.
pub(in crate::exchange) fn listen(
    gate: &ExchangeContext,
    policy: &Policy,
    peer: Identified<'_>,
    entry: Option<EntryIx>,
) -> Result<(), Rejection> {
    let parties = refused_at(policy, peer.identity, entry);
    gate.limiters.listen(&parties).map_err(Rejection::RateLimited)
}

/// Counts a refusal. Nothing is found out by those that say nothing of the policy: strangers get the
/// same each time, and limits say when to come back.
pub(in crate::exchange) fn note_refusal(
    gate: &ExchangeContext,
    policy: &Policy,
    peer: &Peer,
    entry: Option<EntryIx>,
    rejection: &Rejection,
) {
    let tells = match rejection {
        Rejection::RateLimited(_) | Rejection::TooManyAtOnce { .. } => false,
        _ if rejection.exhausted().is_some() => false,
        _ => matches!(rejection.fault(), PartyAtFault::Request | PartyAtFault::Policy),
    };
    if tells {
        count_refusal(gate, policy, &peer.identity, entry);
    }
}

/// Counts a refusal that tells something.
pub(in crate::exchange) fn count_refusal(
    gate: &ExchangeContext,
    policy: &Policy,
    system: &Identity,
    entry: Option<EntryIx>,
) {
    gate.limiters.refused(&refused_at(policy, system, entry), &gate.refusal_rates);
}

/// As whom refusals are counted. What is no entry is one place.
fn refused_at<'a>(policy: &'a Policy, system: &'a Identity, entry: Option<EntryIx>) -> Parties<'a> {
    let entry = entry.map_or("", |ix| policy.entry(ix).id.as_str());
    Parties { system, entry, operator: None, provider: "" }
}

/// Takes a request from a system's quota at a route.
pub(in crate::exchange) fn admit_route(
    gate: &ExchangeContext,
    peer: Identified<'_>,
    route: &'static str,
    rate: Rate,
) -> Result<(), Rejection> {
    let parties = Parties { system: peer.identity, entry: route, operator: None, provider: "" };
    let admitted = gate.limiters.admit(&parties, &Rates { system: &[rate], ..Rates::default() });
    admitted.map(drop).map_err(Rejection::RateLimited)
}
