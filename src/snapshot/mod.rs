//! The immutable policy in memory: built whole, swapped whole, read without waiting.
//!
//! A snapshot has parts under one revision: the release (catalog version with its compiled views), the
//! temporary grants as they stand against that release, and what is stopped at once.
//! What counts things (rates, pools, metrics) lives elsewhere, keyed by stable ids, and survives.

pub mod directory;
mod moments;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use sluice_core::authorize::{InForce, PersonKeys, PolicyFreshness};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Basis, Permit};
use sluice_core::domain::entry::Entry;
use sluice_core::domain::grants::Grants;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::stops::Stops;
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::plan::{Plan, Shapes};
use sluice_core::redaction::pseudonym::{PseudonymKey, PseudonymKeys, UnknownKey};
use tokio::sync::watch;

use directory::Directory;
use moments::{Moments, since_boot};

/// What every exchange is decided by: one snapshot from its first step to its last.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with every change of any part.
    pub revision: u64,
    /// The catalog version.
    pub release: Arc<Release>,
    /// The temporary grants, held against that version.
    pub grants: Arc<Grants>,
    /// What is stopped at once.
    pub stops: Arc<Stops>,
}

/// A catalog version with its views compiled.
#[derive(Debug)]
pub struct Release {
    /// What decisions read.
    pub policy: Policy,
    /// For each entry, operation by operation, view by view; each compiled when it is first used:
    /// most of a large catalog is never asked for between two releases.
    plans: Vec<Box<[OnceLock<Arc<Plan>>]>>,
    /// The same for grants, operation by operation. A grant does not change, so neither does its plan.
    granted: RwLock<HashMap<OfGrant, Arc<Plan>>>,
    /// For each entry, what its exchanges say of it.
    spelled: Vec<Spelled>,
    /// Its entries, to be listed and searched.
    directory: Directory,
    pseudonyms: PseudonymKeys,
}

/// A grant, by its id, and one of the entry's operations.
type OfGrant = (Box<str>, u16);

/// What every exchange of an entry says, spelled once.
#[derive(Debug)]
struct Spelled {
    /// The first of its addresses, as `Host` has it; empty if it has none.
    host: Box<str>,
    /// The paths of its fields, as records have them.
    paths: Box<[Box<str>]>,
    /// Its provider's, so that two providers' records of one person don't link.
    subject_key: SubjectKey,
}

/// What the keys of a release are derived from.
#[derive(Clone)]
pub struct ReleaseSecrets {
    /// Those of its subjects' digests.
    pub subjects: SubjectSecret,
    /// Those of its pseudonyms.
    pub pseudonyms: PseudonymKeys,
}

/// The secret from which the subject keys of all providers are derived, and the number of its
/// epoch.
#[derive(Clone)]
pub struct SubjectSecret {
    /// Which epoch's secret it is.
    pub epoch: u32,
    /// The secret.
    pub secret: [u8; 32],
}

/// The current snapshot, as everybody reads it.
#[derive(Debug)]
pub struct PolicyHandle {
    snapshot: ArcSwap<Snapshot>,
    /// From then on nobody can say that it is still what is published.
    stale_at: AtomicI64,
    /// The same of grants, of which it can't be said for long: in milliseconds of a clock that nobody
    /// sets.
    grants_stale_at: AtomicI64,
    /// When it began, since the machine was started.
    began: Duration,
    /// When anybody has decided.
    moments: Moments,
    /// Tells whenever something else is stopped.
    stopped: watch::Sender<()>,
    standing: ArcSwap<PublicationStatus>,
}

/// How sure it is that the current policy is what is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationStatus {
    /// Whether people have reviewed and approved it: not where a folder is published as it is.
    pub reviewed: bool,
    /// When its store was last heard of and found right, where it has one.
    pub confirmed: Option<UnixMillis>,
    /// Why a later version is not in force, or the store is not heard of.
    pub trouble: Option<String>,
}

impl Release {
    /// Makes a policy ready to be used.
    pub fn build(policy: Policy, secrets: &ReleaseSecrets) -> Release {
        let secret = &secrets.subjects;
        let none = |entry: &Entry| {
            let count = entry.operations.len() * entry.views.len();
            (0..count).map(|_| OnceLock::new()).collect()
        };
        let plans = policy.entries().iter().map(none).collect();
        let keys = policy.registry().departments().iter().map(|department| {
            let id = department.id.as_str();
            (id, subject_key(secret, id))
        });
        let keys: HashMap<&str, SubjectKey> = keys.collect();
        let spelled = policy.entries().iter().map(|entry| {
            let provider = entry.id.department().as_str();
            let key = keys.get(provider).cloned();
            Spelled::of(entry, key.unwrap_or_else(|| subject_key(secret, provider)))
        });
        let spelled = spelled.collect();
        let directory = Directory::of(&policy);
        let (granted, pseudonyms) = (RwLock::default(), secrets.pseudonyms.clone());
        Release { policy, plans, granted, spelled, directory, pseudonyms }
    }

    /// The entries, to be listed and searched.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What `Host` says to the entry's provider.
    pub fn host(&self, entry: EntryIx) -> &str {
        &self.spelled[entry as usize].host
    }

    /// The paths of the entry's fields, by their index in the entry.
    pub fn paths(&self, entry: EntryIx) -> &[Box<str>] {
        &self.spelled[entry as usize].paths
    }

    /// The compiled view of a permit.
    pub fn plan(&self, permit: &Permit) -> Arc<Plan> {
        let entry = self.policy.entry(permit.entry);
        let operation = usize::from(permit.operation);
        let compile = |view| {
            let shapes = Shapes::of(entry, &entry.operations[operation]);
            Arc::new(shapes.plan(entry, view))
        };
        match &permit.basis {
            Basis::Term(term) => {
                let view = usize::from(entry.terms[usize::from(*term)].view);
                let plan = &self.plans[permit.entry as usize][operation * entry.views.len() + view];
                plan.get_or_init(|| compile(&entry.views[view])).clone()
            }
            Basis::Grant(granted) => {
                let key = (granted.term.id.clone(), permit.operation);
                let known = self.granted.read().unwrap_or_else(PoisonError::into_inner);
                if let Some(plan) = known.get(&key) {
                    return plan.clone();
                }
                drop(known);
                let plan = compile(&granted.view);
                let mut known = self.granted.write().unwrap_or_else(PoisonError::into_inner);
                known.entry(key).or_insert(plan).clone()
            }
        }
    }

    /// The key under which an entry's subjects are digested.
    pub fn subject_key(&self, entry: EntryIx) -> &SubjectKey {
        &self.spelled[entry as usize].subject_key
    }
}

impl PersonKeys for Release {
    fn subject_key(&self, entry: EntryIx) -> &SubjectKey {
        Release::subject_key(self, entry)
    }

    fn pseudonym_key(
        &self,
        permit: &Permit,
        department: &str,
        now: UnixMillis,
        wanted: Option<&str>,
    ) -> Result<Option<PseudonymKey>, UnknownKey> {
        if !self.plan(permit).has_pseudonyms() {
            return Ok(None);
        }
        let entry = self.policy.entry(permit.entry).id.as_str();
        self.pseudonyms.at(now, department, entry, wanted).map(Some)
    }
}

impl Snapshot {
    /// All that a decision rests on beside the request.
    pub fn in_force(&self) -> InForce<'_> {
        InForce {
            policy: &self.release.policy,
            grants: &self.grants,
            stops: &self.stops,
            keys: &*self.release,
        }
    }
}

impl SubjectSecret {
    /// The key under which a provider's subjects are digested.
    pub fn key_of(&self, department: &str) -> SubjectKey {
        subject_key(self, department)
    }
}

fn subject_key(secret: &SubjectSecret, department: &str) -> SubjectKey {
    let context = format!("sluice 2026-11 subject digests of {department}");
    SubjectKey::new(secret.epoch, blake3::derive_key(&context, &secret.secret))
}

impl Spelled {
    fn of(entry: &Entry, subject_key: SubjectKey) -> Spelled {
        let first = entry.upstream.as_ref().and_then(|upstream| upstream.addresses.first());
        Spelled {
            host: first.map(ToString::to_string).unwrap_or_default().into(),
            paths: entry.fields.iter().map(|field| field.path.to_string().into()).collect(),
            subject_key,
        }
    }
}

impl PolicyHandle {
    /// Starts with a release, at revision 1.
    pub fn new(release: Release) -> PolicyHandle {
        let (release, grants, stops) = (Arc::new(release), Arc::default(), Arc::default());
        let first = Snapshot { revision: 1, release, grants, stops };
        PolicyHandle {
            snapshot: ArcSwap::from_pointee(first),
            stale_at: AtomicI64::new(i64::MAX),
            grants_stale_at: AtomicI64::new(i64::MAX),
            began: since_boot(),
            moments: Moments::default(),
            stopped: watch::Sender::new(()),
            standing: ArcSwap::default(),
        }
    }

    /// The snapshot of this moment. Hold it for one exchange, not longer.
    pub fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts a new release in the old one's place, whole, with the grants as they stand against it.
    pub fn replace_release(&self, release: Release, grants: Grants) {
        let (release, grants) = (Arc::new(release), Arc::new(grants));
        self.snapshot.rcu(|now| Snapshot {
            revision: now.revision + 1,
            release: release.clone(),
            grants: grants.clone(),
            stops: now.stops.clone(),
        });
    }

    /// Puts other grants in the old ones' place.
    pub fn replace_grants(&self, grants: Grants) {
        let grants = Arc::new(grants);
        self.snapshot.rcu(|now| Snapshot {
            revision: now.revision + 1,
            release: now.release.clone(),
            grants: grants.clone(),
            stops: now.stops.clone(),
        });
    }

    /// Stops other things at once, and those who wait for that are told.
    pub fn replace_stops(&self, stops: Stops) {
        let stops = Arc::new(stops);
        self.snapshot.rcu(|now| Snapshot {
            revision: now.revision + 1,
            release: now.release.clone(),
            grants: now.grants.clone(),
            stops: stops.clone(),
        });
        self.stopped.send_replace(());
    }

    /// Tells whenever something else is stopped.
    pub fn stopped(&self) -> watch::Receiver<()> {
        self.stopped.subscribe()
    }

    /// How sure it is that this is what is published.
    pub fn standing(&self) -> Arc<PublicationStatus> {
        self.standing.load_full()
    }

    /// Says how sure it is.
    pub fn show_standing(&self, standing: PublicationStatus) {
        self.standing.store(Arc::new(standing));
    }

    /// From that moment on the release is stale, unless more is heard of it.
    pub fn go_stale_at(&self, time: UnixMillis) {
        self.stale_at.store(time, Ordering::Relaxed);
    }

    /// In so many milliseconds the grants are stale, unless more is heard of them.
    pub fn grants_go_stale_in(&self, millis: i64) {
        self.grants_stale_at.store(self.elapsed().saturating_add(millis), Ordering::Relaxed);
    }

    /// How long ago the store was heard of, at a moment, and whether the clock can be believed.
    pub fn freshness(&self, now: UnixMillis) -> PolicyFreshness {
        PolicyFreshness {
            stale: self.is_stale(now),
            grants_stale: self.grants_are_stale(),
            believed_until: Some(self.not_leapt(now)),
        }
    }

    /// Whether nothing was heard for so long that no grant may be relied on.
    pub fn grants_are_stale(&self) -> bool {
        self.elapsed() >= self.grants_stale_at.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(since_boot().saturating_sub(self.began).as_millis()).unwrap_or(i64::MAX)
    }

    /// A moment, or the latest one that was asked about before, if that is later: what has ended does not
    /// hold again when a clock is set back. A leap ahead that is not believed has ended nothing.
    pub fn not_before(&self, moment: UnixMillis) -> UnixMillis {
        self.moments.not_before(moment, self.not_leapt(moment))
    }

    /// It was that moment already, by what was recorded before the start; it is `now` by the system's clock,
    /// which is believed at the start.
    pub fn begin_at(&self, recorded: UnixMillis, now: UnixMillis) {
        self.not_leapt(now);
        self.moments.not_before(recorded, recorded);
    }

    /// A moment, or an earlier one, if the system's clock has leapt ahead in this run: what begins later has
    /// not begun by that.
    pub fn not_leapt(&self, moment: UnixMillis) -> UnixMillis {
        self.moments.not_leapt(moment, since_boot().saturating_sub(self.began))
    }

    /// Whether nothing was heard for so long that only what is for everybody may still be shown.
    pub fn is_stale(&self, now: UnixMillis) -> bool {
        now >= self.stale_at.load(Ordering::Relaxed)
    }
}
