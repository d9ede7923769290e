//! The one decision: tells whether this caller may make this request now.
//!
//! Each step leaves the value that the next one demands: [`identify`] finds the caller, [`route`]
//! the entry and the operation, [`Routed::resolve`] takes the arguments and the persons that are
//! asked about, [`Resolved::authorize`] decides. A call, the recheck under a newer policy, `POST
//! /-/decide` and `sluice decide` all take these steps and no others, so they can't disagree.
//!
//! Rates, the taking from budgets, and the number of exchanges under way are not decided here: they
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

/// The state that a decision rests on beside the request: all that is in force at one moment.
#[derive(Clone, Copy)]
pub struct InForce<'a> {
    /// The catalog version.
    pub policy: &'a Policy,
    /// The temporary grants, resolved against that version.
    pub grants: &'a Grants,
    /// The things that are stopped at once.
    pub stops: &'a Stops,
    /// The keys for persons' digests and pseudonyms.
    pub keys: &'a dyn PersonKeys,
}

/// The keys of one catalog version that make digests and pseudonyms of persons.
pub trait PersonKeys: Sync {
    /// The key under which an entry's subjects are digested.
    fn subject_key(&self, entry: EntryIx) -> &SubjectKey;

    /// The key of the pseudonyms that a permit's view shows to a department, or the one `wanted` by
    /// its id; none if the view shows none.
    ///
    /// # Errors
    /// The wanted key is not in use.
    fn pseudonym_key(
        &self,
        permit: &Permit,
        department: &str,
        now: UnixMillis,
        wanted: Option<&str>,
    ) -> Result<Option<PseudonymKey>, UnknownKey>;
}

/// The keys of a decision made without a gateway's secrets. It can't know whether a pseudonym key
/// is in use, so it refuses none.
pub struct DummyPersonKeys(SubjectKey);

impl Default for DummyPersonKeys {
    fn default() -> DummyPersonKeys {
        DummyPersonKeys(SubjectKey::new(0, [0; 32]))
    }
}

impl PersonKeys for DummyPersonKeys {
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

/// The freshness of the policy: the time since the store was heard of, and the trust in the
/// system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyFreshness {
    /// True if only entries open to all departments may be permitted.
    pub stale: bool,
    /// True if no grant may be relied on.
    pub grants_stale: bool,
    /// The latest start of a grant that is relied on. A grant that starts later has not begun,
    /// whatever the system's clock shows. None if the clock is trusted.
    pub believed_until: Option<UnixMillis>,
}

/// A request whose entry and operation are found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Routed<'a> {
    /// The identified caller.
    pub peer: Identified<'a>,
    /// The declared context.
    pub declared: &'a DeclaredContext<'a>,
    located: Located,
}

/// A request with all its arguments, and the persons that it asks about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolved<'a> {
    /// The identified caller.
    pub peer: Identified<'a>,
    /// The declared context.
    pub declared: &'a DeclaredContext<'a>,
    /// The operation and its arguments.
    pub matched: Matched,
    /// The persons that the request names, each once. Each record of the answer must be about them all.
    pub persons: Vec<SubjectDigest>,
}

/// A request that the policy permits.
#[derive(Clone)]
#[non_exhaustive]
pub struct Authorized {
    /// The permit.
    pub permit: Permit,
    /// The key of the pseudonyms that the answer shows, if the view has any.
    pub pseudonym_key: Option<PseudonymKey>,
}

/// Finds the caller in the registry.
///
/// # Errors
/// When the registry does not know the caller, knows it as a person, or when the caller is inactive
/// or stopped.
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
/// When there is no such entry or operation, when the entry or the operator is stopped, or an
/// argument does not pass.
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

    /// Takes the arguments of the body, which is empty for a request without one, and finds the
    /// persons that the request asks about.
    ///
    /// # Errors
    /// When the body can't be read in exactly one way, when an argument is missing, undeclared or
    /// does not pass, or when a person's identifier is empty in its canonical form, so that no
    /// record of the answer could be compared with it.
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

    /// Decides whether the request is permitted.
    ///
    /// # Errors
    /// The denial, with the lack of the nearest basis; or that the entry has no provider to be asked.
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

/// Requires that a permit can be relied on at a moment: the store was heard of recently enough, and
/// the permit's grant has begun, has not ended and is not stopped.
///
/// # Errors
/// The reason for which it can't.
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
