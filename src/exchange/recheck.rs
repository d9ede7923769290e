//! Whether a long answer may go on when another policy has come into force: the request is decided
//! again, by that one. What it would deny, or show less of, is cut.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::decide::{Basis, Permit, decide};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::facts::BudgetUsage;
use sluice_core::domain::facts::Facts;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::matching::{find_entry, identify, locate, match_arguments};
use sluice_core::domain::narrowing::shows_less;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::domain::terms::Term;

use super::admission::{PolicyFreshness, grant_goes_on, has_grant, may_rely_on, not_stopped};
use super::clock::unix_millis;
use super::context::ExchangeContext;
use super::record::guard::RecordGuard;
use super::request::head::RequestHead;
use crate::snapshot::Snapshot;

/// A request, kept to be decided again.
pub struct Recheck {
    peer: Identity,
    method: Box<str>,
    target: Box<str>,
    body: Box<[u8]>,
    declared: DeclaredContext<'static>,
    /// By which policy it was decided last.
    revision: u64,
}

impl Recheck {
    /// Keeps what a decision was made of, by the policy of that revision.
    pub(in crate::exchange) fn of(
        facts: &Facts<'_>,
        head: &RequestHead,
        body: &[u8],
        permit: &Permit,
        revision: u64,
    ) -> Recheck {
        let mut declared = facts.declared.clone().into_owned();
        // What rests on a grant rests on that one, whichever others come.
        if let Basis::Grant(granted) = &permit.basis {
            declared.grant = Some(Cow::Owned(granted.term.id.to_string()));
        }
        Recheck {
            peer: facts.peer.identity.clone(),
            method: head.request.method().into(),
            target: head.request.target().into(),
            body: body.into(),
            declared,
            revision,
        }
    }

    /// Whether what was permitted by one policy is still by the one now in force, with nothing less
    /// to be seen.
    ///
    /// # Errors
    /// Why not.
    pub(in crate::exchange) fn still(
        &mut self,
        then: &Snapshot,
        permit: &Permit,
        now_in_force: &Arc<Snapshot>,
        now: UnixMillis,
    ) -> Result<(), Rejection> {
        let revision = now_in_force.revision;
        not_over(permit, now)?;
        if revision == self.revision {
            return Ok(());
        }
        let policy = &now_in_force.release.policy;
        let peer = identify(policy, &self.peer)?;
        let target = Target::parse(&self.target).map_err(Rejection::from)?;
        let entry = find_entry(policy, &target);
        now_in_force.stops.admits(peer.identity)?;
        not_stopped(now_in_force, peer, entry, &self.declared)?;
        let granted = has_grant(now_in_force, peer, entry);
        let located = locate(policy, granted, &self.method, &target)?;
        let matched = match_arguments(policy, located, &self.body)?;
        let old = &then.release.policy;
        let basis = permit.term(old).basis();
        let (usage, grants) = (&OwnBasisUsage { basis: &basis }, &*now_in_force.grants);
        let facts = Facts { peer, matched: &matched, declared: &self.declared, usage, grants };
        // What goes out under a grant goes on under that one or not at all.
        if let Basis::Grant(granted) = &permit.basis {
            let own = now_in_force.grants.held(peer.department, matched.entry);
            if !own.contains(granted) {
                return Err(Rejection::GrantNotActive);
            }
            grant_goes_on(&now_in_force.stops, granted)?;
        }
        // That another basis would do, but for what this has not taken of it, is no use to it.
        let by_another = |why: Rejection| match why.exhausted() {
            Some(_) => Rejection::PolicyChanged,
            None => why,
        };
        let permitted = decide(policy, &facts, now).map_err(by_another)?;
        let before = (old.entry(permit.entry), permit.view(old));
        let after = (policy.entry(permitted.entry), permitted.view(policy));
        let budget = permit.term(old).budget != permitted.term(policy).budget;
        if budget || shows_less(after, before) {
            return Err(Rejection::PolicyChanged);
        }
        self.revision = revision;
        Ok(())
    }
}

/// What has begun under one basis: the budgets of others are none of its own.
#[derive(Debug)]
struct OwnBasisUsage<'a> {
    basis: &'a str,
}

impl BudgetUsage for OwnBasisUsage<'_> {
    fn exhausted(&self, _: &Entry, term: &Term) -> Option<Exhausted> {
        let (window, unit, limit) = term.budget.as_ref()?.limits().next()?;
        let of_another = *term.basis() != *self.basis;
        of_another.then_some(Exhausted { unit, window, limit, left: 0, refills: None })
    }
}

/// That the grant of a permit has not ended by the clock.
fn not_over(permit: &Permit, now: UnixMillis) -> Result<(), Rejection> {
    match &permit.basis {
        Basis::Grant(granted) if granted.term.until.is_some_and(|until| until <= now) => {
            Err(Rejection::GrantNotActive)
        }
        Basis::Grant(_) | Basis::Term(_) => Ok(()),
    }
}

/// That a permit still stands by the clock, and by what is in force now.
pub(in crate::exchange) fn still(
    gate: &ExchangeContext,
    docket: &RecordGuard<'_>,
    facts: &Facts<'_>,
    (head, body): (&RequestHead, &[u8]),
    permit: &Permit,
) -> Result<(), Rejection> {
    let (then, now_in_force) = (docket.snapshot(), gate.current.load());
    let clock = unix_millis(Instant::now());
    let now = gate.current.not_before(clock);
    may_rely_on(PolicyFreshness::of(gate, clock), (&then.release.policy, &then.stops), permit)?;
    not_over(permit, now)?;
    if then.revision == now_in_force.revision {
        return Ok(());
    }
    let mut again = Recheck::of(facts, head, body, permit, then.revision);
    again.still(&then, permit, &now_in_force, now)
}
