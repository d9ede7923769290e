//! Whether a long answer may go on when another policy has come into force: the request is decided
//! again, by that one. What it would deny, or show less of, is cut.

use std::borrow::Cow;
use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::Unspent;
use sluice_core::domain::decide::{Facts, Held, Permit, Stated, decide};
use sluice_core::domain::identity::Identity;
use sluice_core::domain::matching::{find_entry, identify, locate, match_arguments};
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::domain::view::shows_less;

use super::Gate;
use super::admission::{grant_goes_on, has_grant, not_stopped};
use super::docket::Docket;
use super::head::RequestHead;
use crate::snapshot::Snapshot;

/// A request, kept to be decided again.
pub struct Again {
    peer: Identity,
    method: Box<str>,
    target: Box<str>,
    body: Box<[u8]>,
    stated: Stated<'static>,
    /// By which policy it was decided last.
    revision: u64,
}

impl Again {
    /// Keeps what a decision was made of, by the policy of that revision.
    pub(super) fn of(
        facts: &Facts<'_>,
        head: &RequestHead,
        body: &[u8],
        permit: &Permit,
        revision: u64,
    ) -> Again {
        let mut stated = facts.stated.clone().into_owned();
        // What rests on a grant rests on that one, whichever others come.
        if let Held::Grant(granted) = &permit.basis {
            stated.grant = Some(Cow::Owned(granted.term.id.to_string()));
        }
        Again {
            peer: facts.peer.identity.clone(),
            method: head.request.method().into(),
            target: head.request.target().into(),
            body: body.into(),
            stated,
            revision,
        }
    }

    /// Whether what was permitted by one policy is still by the one now in force, with nothing less
    /// to be seen.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn still(
        &mut self,
        then: &Snapshot,
        permit: &Permit,
        now_in_force: &Arc<Snapshot>,
        now: UnixMillis,
    ) -> Result<(), Rejection> {
        let revision = now_in_force.revision;
        if let Held::Grant(granted) = &permit.basis
            && granted.term.until.is_some_and(|until| until <= now)
        {
            return Err(Rejection::GrantNotActive);
        }
        if revision == self.revision {
            return Ok(());
        }
        let policy = &now_in_force.release.policy;
        let peer = identify(policy, &self.peer)?;
        let target = Target::parse(&self.target).map_err(Rejection::from)?;
        let entry = find_entry(policy, &target);
        now_in_force.stops.admits(peer.identity)?;
        not_stopped(now_in_force, peer, entry, &self.stated)?;
        let granted = has_grant(now_in_force, peer, entry);
        let located = locate(policy, granted, &self.method, &target)?;
        let matched = match_arguments(policy, located, &self.body)?;
        // What its budget leaves is asked before each window.
        let (spending, grants) = (&Unspent, &*now_in_force.grants);
        let facts = Facts { peer, matched: &matched, stated: &self.stated, spending, grants };
        // What goes out under a grant goes on under that one or not at all.
        if let Held::Grant(granted) = &permit.basis {
            let own = now_in_force.grants.held(peer.department, matched.entry);
            if !own.contains(granted) {
                return Err(Rejection::GrantNotActive);
            }
            grant_goes_on(&now_in_force.stops, granted)?;
        }
        let permitted = decide(policy, &facts, now)?;
        let old = &then.release.policy;
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

/// That a permit still stands by what is in force now, if that is something else than it was given by.
pub(super) fn still(
    gate: &Gate,
    docket: &Docket<'_>,
    facts: &Facts<'_>,
    (head, body): (&RequestHead, &[u8]),
    permit: &Permit,
) -> Result<(), Rejection> {
    let (then, now_in_force) = (docket.snapshot(), gate.current.load());
    if then.revision == now_in_force.revision {
        return Ok(());
    }
    let mut again = Again::of(facts, head, body, permit, then.revision);
    let now = gate.current.not_before(docket.time());
    again.still(&then, permit, &now_in_force, now)
}
