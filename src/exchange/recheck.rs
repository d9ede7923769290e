//! The decision made again, when another policy may have come into force while the provider worked or
//! an answer streams. What the new policy would deny, or show less of, does not go on.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use sluice_core::authorize::{InForce, Resolved, identify, require_current, route};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::decide::{Basis, Permit};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::facts::BudgetUsage;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::domain::terms::Term;
use sluice_core::domain::view_change::shows_less;

use super::clock::unix_millis;
use super::request::head::RequestHead;
use crate::snapshot::{PolicyHandle, Snapshot};

/// A permitted request, kept to be decided again.
pub struct Recheck {
    peer: Identity,
    method: Box<str>,
    target: Box<str>,
    body: Box<[u8]>,
    declared: DeclaredContext<'static>,
    permit: Permit,
    /// The policy that the permit is of.
    decided_by: Arc<Snapshot>,
    /// The revision of the policy by which it was decided last.
    revision: u64,
}

impl Recheck {
    /// Keeps what a decision was made of.
    pub(super) fn of(
        resolved: &Resolved<'_>,
        head: &RequestHead,
        body: &[u8],
        permit: &Permit,
        decided_by: Arc<Snapshot>,
    ) -> Recheck {
        let mut declared = resolved.declared.clone().into_owned();
        // A permit by a grant goes on under that grant, whichever others come.
        if let Basis::Grant(granted) = &permit.basis {
            declared.grant = Some(Cow::Owned(granted.term.id.to_string()));
        }
        // The key was in use when the answer began; a stream may outlive its overlap.
        declared.pseudonym_key = None;
        Recheck {
            peer: resolved.peer.identity.clone(),
            method: head.request.method().into(),
            target: head.request.target().into(),
            body: body.into(),
            declared,
            permit: permit.clone(),
            revision: decided_by.revision,
            decided_by,
        }
    }

    /// Requires that the request is still permitted, by the clock and by the policy that is in force
    /// now, with nothing less to be seen.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn is_still_permitted(&mut self, current: &PolicyHandle) -> Result<(), Rejection> {
        let now = require_relied_on(current, &self.decided_by, &self.permit)?;
        let in_force = current.load();
        if in_force.revision == self.revision {
            return Ok(());
        }
        self.decide_again(current, &in_force, now)?;
        self.revision = in_force.revision;
        Ok(())
    }

    fn decide_again(
        &self,
        current: &PolicyHandle,
        snapshot: &Snapshot,
        now: UnixMillis,
    ) -> Result<(), Rejection> {
        let in_force = snapshot.in_force();
        let former = &self.decided_by.release.policy;
        let peer = identify(&in_force, &self.peer)?;
        let target = Target::parse(&self.target).map_err(Rejection::from)?;
        let routed = route(&in_force, peer, &self.declared, &self.method, &target)?;
        let resolved = routed.resolve(&in_force, &self.body)?;
        self.require_same_grant(&in_force, &resolved)?;
        let usage = OwnBasisUsage { basis: &self.permit.term(former).basis() };
        let freshness = current.freshness(unix_millis(Instant::now()));
        let authorized = resolved.authorize(&in_force, freshness, &usage, now);
        let permit = authorized.map_err(by_another_basis)?.permit;
        let policy = in_force.policy;
        let before = (former.entry(self.permit.entry), self.permit.view(former));
        let after = (policy.entry(permit.entry), permit.view(policy));
        let budget_differs = self.permit.term(former).budget != permit.term(policy).budget;
        if budget_differs || shows_less(after, before) {
            return Err(Rejection::PolicyChanged);
        }
        Ok(())
    }

    /// Requires that the grant which permits is still there.
    fn require_same_grant(
        &self,
        in_force: &InForce<'_>,
        resolved: &Resolved<'_>,
    ) -> Result<(), Rejection> {
        let Basis::Grant(granted) = &self.permit.basis else { return Ok(()) };
        let own = in_force.grants.held(resolved.peer.department, resolved.matched.entry);
        if own.contains(granted) { Ok(()) } else { Err(Rejection::GrantNotActive) }
    }
}

/// A basis with a budget left is no use to an answer that has taken nothing from that budget.
fn by_another_basis(why: Rejection) -> Rejection {
    if why.exhausted().is_some() { Rejection::PolicyChanged } else { why }
}

/// Requires that a permit can still be relied on, by the clock and the store; gives the time of the
/// decision.
fn require_relied_on(
    current: &PolicyHandle,
    decided_by: &Snapshot,
    permit: &Permit,
) -> Result<UnixMillis, Rejection> {
    let clock = unix_millis(Instant::now());
    let now = current.not_before(clock);
    let InForce { policy, stops, .. } = decided_by.in_force();
    require_current(permit, policy, stops, current.freshness(clock), now)?;
    Ok(now)
}

/// Requires that a permit still stands before the provider is asked, or before a whole answer leaves.
/// The request is put together to be decided again only if another policy has come into force.
///
/// # Errors
/// Why it does not.
pub(super) fn is_still_permitted(
    current: &PolicyHandle,
    decided_by: &Arc<Snapshot>,
    resolved: &Resolved<'_>,
    (head, body): (&RequestHead, &[u8]),
    permit: &Permit,
) -> Result<(), Rejection> {
    if current.load().revision == decided_by.revision {
        return require_relied_on(current, decided_by, permit).map(drop);
    }
    Recheck::of(resolved, head, body, permit, decided_by.clone()).is_still_permitted(current)
}

/// The use of budgets by an answer that is under way: it has begun under one basis, and the budgets of
/// others are none of its own.
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
