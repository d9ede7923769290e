//! Whether a long answer may go on when another policy has come into force: the request is decided
//! again, by that one. What it would deny, or show less of, is cut.

use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::Unspent;
use sluice_core::domain::decide::{Facts, Held, Permit, Stated, decide, stays_open};
use sluice_core::domain::identity::Identity;
use sluice_core::domain::matching::{find_entry, identify, locate, match_arguments};
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::domain::view::shows_less;

use super::admission::{grant_goes_on, has_grant, not_stopped};
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
    pub(super) fn of(facts: &Facts<'_>, head: &RequestHead, body: &[u8], revision: u64) -> Again {
        Again {
            peer: facts.peer.identity.clone(),
            method: head.request.method().into(),
            target: head.request.target().into(),
            body: body.into(),
            stated: facts.stated.clone().into_owned(),
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
        (now, stale): (UnixMillis, bool),
    ) -> Result<(), Rejection> {
        let revision = now_in_force.revision;
        if stale {
            stays_open(&then.release.policy, permit)?;
        }
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
            grant_goes_on(now_in_force, granted)?;
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
