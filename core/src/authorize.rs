//! The one decision: may this caller make this request now?
//!
//! Each step leaves the value that the next one demands: [`identify`] finds the caller, [`route`] the
//! entry and the operation, [`Routed::resolve`] takes the arguments and the persons that are asked
//! about, [`Resolved::authorize`] decides. A call, the recheck under a newer policy, `POST /-/decide`
//! and `sluice decide` all take these steps and no others, so they can't say different things.
//!
//! Rates, budgets that are taken from, and how many exchanges are under way are not decided here: they
//! depend on the moment alone.

use crate::domain::UnixMillis;
use crate::domain::decide::{Basis, Permit, decide, stays_open};
use crate::domain::declared::DeclaredContext;
use crate::domain::entry::Operation;
use crate::domain::facts::{BudgetUsage, Facts};
use crate::domain::grants::{GrantInForce, Grants};
use crate::domain::identity::Identity;
use crate::domain::index::EntryIx;
use crate::domain::matching::{self, Identified, Located, Matched};
use crate::domain::name::Name;
use crate::domain::parameter::Unfit;
use crate::domain::policy::Policy;
use crate::domain::rejection::{Malformed, Rejection, Unavailable};
use crate::domain::stops::{StopTarget, Stops};
use crate::domain::target::Target;
use crate::ledger::digest::{SubjectDigest, SubjectKey};
use crate::redaction::pseudonym::{PseudonymKey, UnknownKey};

/// All that a decision rests on beside the request: what is in force at one moment.
#[derive(Clone, Copy)]
pub struct InForce<'a> {
    /// The catalog version.
    pub policy: &'a Policy,
    /// The temporary grants, held against that version.
    pub grants: &'a Grants,
    /// What is stopped at once.
    pub stops: &'a Stops,
    /// The keys that stand for persons.
    pub keys: &'a dyn PersonKeys,
}

/// The keys of one catalog version by which persons are digested and given pseudonyms.
pub trait PersonKeys: Sync {
    /// The key under which an entry's subjects are digested.
    fn subject_key(&self, entry: EntryIx) -> &SubjectKey;

    /// The key of the pseudonyms that a permit's view shows to a department, or the one `wanted` by
    /// its id; none if the view shows none.
    ///
    /// # Errors
    /// When the wanted one is not in use.
    fn pseudonym_key(
        &self,
        permit: &Permit,
        department: &str,
        now: UnixMillis,
        wanted: Option<&str>,
    ) -> Result<Option<PseudonymKey>, UnknownKey>;
}

/// Stands in for a gateway's keys where a decision is made without its secrets. Whether a pseudonym key
/// is in use can't be told then: none is refused.
pub struct OfflineKeys(SubjectKey);

impl Default for OfflineKeys {
    fn default() -> OfflineKeys {
        OfflineKeys(SubjectKey::new(0, [0; 32]))
    }
}

impl PersonKeys for OfflineKeys {
    fn subject_key(&self, _: EntryIx) -> &SubjectKey {
        &self.0
    }

    fn pseudonym_key(
        &self,
        _: &Permit,
        _: &str,
        _: UnixMillis,
        _: Option<&str>,
    ) -> Result<Option<PseudonymKey>, UnknownKey> {
        Ok(None)
    }
}

/// How long ago the store was heard of, and whether the clock can be believed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyFreshness {
    /// Too long ago for what is not for everybody.
    pub stale: bool,
    /// Too long ago for grants.
    pub grants_stale: bool,
    /// Grants that begin later than this have not begun, whatever the system's clock says. None: the
    /// clock is believed.
    pub believed_until: Option<UnixMillis>,
}

/// A request whose entry and operation are found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Routed<'a> {
    /// Who calls.
    pub peer: Identified<'a>,
    /// What the request declares about itself.
    pub declared: &'a DeclaredContext<'a>,
    located: Located,
}

/// A request with all its arguments, and whom it asks about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolved<'a> {
    /// Who calls.
    pub peer: Identified<'a>,
    /// What the request declares about itself.
    pub declared: &'a DeclaredContext<'a>,
    /// The operation and its arguments.
    pub matched: Matched,
    /// The persons that the request names, each once. Each record of the answer must be about them all.
    pub persons: Vec<SubjectDigest>,
}

/// A request that may be made, as far as the policy goes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Authorized {
    /// The permit.
    pub permit: Permit,
    /// The key of the pseudonyms that the answer will show, if the view has any.
    pub pseudonym_key: Option<PseudonymKey>,
}

/// Finds the caller in the registry.
///
/// # Errors
/// When the registry does not know it, knows it as a person, or when it is inactive or stopped.
pub fn identify<'a>(
    in_force: &InForce<'_>,
    identity: &'a Identity,
) -> Result<Identified<'a>, Rejection> {
    let peer = matching::identify(in_force.policy, identity)?;
    in_force.stops.admits(peer.identity)?;
    Ok(peer)
}

/// Finds the entry and the operation, and takes the arguments of path and query.
///
/// # Errors
/// When there is no such thing, when it or the operator is stopped, or an argument does not pass.
pub fn route<'a>(
    in_force: &InForce<'_>,
    peer: Identified<'a>,
    declared: &'a DeclaredContext<'a>,
    method: &str,
    target: &Target<'_>,
) -> Result<Routed<'a>, Rejection> {
    let InForce { policy, grants, stops, .. } = *in_force;
    let entry = matching::find_entry(policy, target);
    if let Some(entry) = entry {
        stops.opens(policy.entry(entry))?;
    }
    stops.admits_operator(&peer.identity.department, declared.operator.as_deref())?;
    let granted = entry.is_some_and(|entry| !grants.held(peer.department, entry).is_empty());
    let located = matching::locate(policy, granted, method, target)?;
    Ok(Routed { peer, declared, located })
}

impl<'a> Routed<'a> {
    /// The entry.
    pub fn entry(&self) -> EntryIx {
        self.located.entry
    }

    /// The operation's index in the entry.
    pub fn operation_ix(&self) -> u16 {
        self.located.operation
    }

    /// The operation.
    pub fn operation<'p>(&self, policy: &'p Policy) -> &'p Operation {
        self.located.operation(policy)
    }

    /// Takes the arguments of the body, which is empty for a request without one, and finds out whom the
    /// request asks about.
    ///
    /// # Errors
    /// When the body can't be read in exactly one way, an argument is missing, undeclared or does not
    /// pass, or nothing is left of a person's identifier in its canonical form: whose record then comes
    /// could not be told.
    pub fn resolve(self, in_force: &InForce<'_>, body: &[u8]) -> Result<Resolved<'a>, Rejection> {
        let Routed { peer, declared, located } = self;
        let matched = matching::match_arguments(in_force.policy, located, body)?;
        let key = in_force.keys.subject_key(matched.entry);
        let persons = persons(in_force.policy, &matched, key)?;
        Ok(Resolved { peer, declared, matched, persons })
    }
}

impl Resolved<'_> {
    /// The facts of the decision.
    pub fn facts<'f>(&'f self, grants: &'f Grants, usage: &'f dyn BudgetUsage) -> Facts<'f> {
        let Resolved { peer, declared, matched, .. } = self;
        Facts { peer: *peer, matched, declared, usage, grants }
    }

    /// Decides.
    ///
    /// # Errors
    /// The denial: why not, and what is lacking; or that the entry has no provider to be asked.
    pub fn authorize(
        &self,
        in_force: &InForce<'_>,
        freshness: PolicyFreshness,
        usage: &dyn BudgetUsage,
        now: UnixMillis,
    ) -> Result<Authorized, Rejection> {
        let facts = self.facts(in_force.grants, usage);
        let permit = decide(in_force.policy, &facts, now)?;
        if in_force.policy.entry(permit.entry).upstream.is_none() {
            return Err(Rejection::UpstreamUnavailable(Unavailable::NoUpstream));
        }
        require_current(&permit, in_force.policy, in_force.stops, freshness, now)?;
        let department = self.peer.identity.department.as_str();
        let wanted = self.declared.pseudonym_key.as_deref();
        let key = in_force.keys.pseudonym_key(&permit, department, now, wanted);
        let pseudonym_key =
            key.map_err(|UnknownKey| Rejection::RequestMalformed(Malformed::PseudonymKey))?;
        Ok(Authorized { permit, pseudonym_key })
    }
}

/// The persons that a request names, by the parameters that identify persons.
fn persons(
    policy: &Policy,
    matched: &Matched,
    key: &SubjectKey,
) -> Result<Vec<SubjectDigest>, Rejection> {
    let operation = matched.operation(policy);
    let mut persons = Vec::new();
    for argument in &matched.arguments {
        let parameter = &operation.parameters[usize::from(argument.parameter)];
        if !parameter.subject {
            continue;
        }
        let digest = key.digest(&argument.value.to_string()).ok_or_else(|| {
            let name = parameter.name.clone();
            Rejection::ParameterInvalid { name, why: Unfit::Nobody }
        })?;
        if !persons.contains(&digest) {
            persons.push(digest);
        }
    }
    Ok(persons)
}

/// Requires that a permit can be relied on at a moment: the store was heard of lately enough, and its
/// grant has begun, has not ended and is not stopped.
///
/// # Errors
/// Why it can't.
pub fn require_current(
    permit: &Permit,
    policy: &Policy,
    stops: &Stops,
    freshness: PolicyFreshness,
    now: UnixMillis,
) -> Result<(), Rejection> {
    let granted = match &permit.basis {
        Basis::Term(_) if freshness.stale => return stays_open(policy, permit),
        Basis::Term(_) => return Ok(()),
        Basis::Grant(granted) => granted,
    };
    if freshness.grants_stale {
        return Err(Rejection::PolicyStale);
    }
    let ahead = freshness.believed_until.is_some_and(|until| granted.term.from > Some(until));
    let ended = granted.term.until.is_some_and(|until| until <= now);
    if ahead || ended || is_stopped(stops, granted) {
        return Err(Rejection::GrantNotActive);
    }
    Ok(())
}

fn is_stopped(stops: &Stops, granted: &GrantInForce) -> bool {
    let target = Name::parse(&granted.term.id).map(StopTarget::Grant);
    target.is_ok_and(|target| stops.contains(&target))
}
