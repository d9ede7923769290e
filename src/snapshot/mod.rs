//! The immutable policy in memory: built whole, swapped whole, read without waiting.
//!
//! A snapshot has parts under one revision: the release (catalog version with its compiled views), the
//! temporary grants that hold by that release, and the suspended targets. Counters (rates, pools,
//! metrics) live elsewhere, keyed by stable ids, and survive a change.

mod clock_guard;
pub mod directory;

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

use clock_guard::{ClockGuard, since_boot};
use directory::Directory;

/// The state by which an exchange is decided: one snapshot from its first step to its last.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with every change of any part.
    pub revision: u64,
    /// The catalog version.
    pub release: Arc<Release>,
    /// The temporary grants that hold by that version.
    pub grants: Arc<Grants>,
    /// The suspended targets.
    pub stops: Arc<Stops>,
}

/// A catalog version with its views compiled.
#[derive(Debug)]
pub struct Release {
    /// The policy that decisions read.
    pub policy: Policy,
    /// The compiled views of each entry, operation by operation, view by view. Each is compiled
    /// when it is first used, as most of a large catalog is never asked for between two releases.
    plans: Vec<Box<[OnceLock<Arc<Plan>>]>>,
    /// The same for grants, operation by operation. A grant does not change, so neither does its plan.
    granted: RwLock<HashMap<OfGrant, Arc<Plan>>>,
    /// The texts and keys of each entry, which all of its exchanges use.
    entry_constants: Vec<EntryConstants>,
    /// Its entries, to be listed and searched.
    directory: Directory,
    pseudonyms: PseudonymKeys,
}

/// A grant, by its id, and one of the entry's operations.
type OfGrant = (Box<str>, u16);

/// Texts and keys that all exchanges of an entry use, computed once.
#[derive(Debug)]
struct EntryConstants {
    /// The first of its addresses, as `Host` has it; empty if it has none.
    host: Box<str>,
    /// The paths of its fields, as records have them.
    paths: Box<[Box<str>]>,
    /// The key of its provider, so that two providers' records of one person can't be linked.
    subject_key: SubjectKey,
}

/// The secrets from which the keys of a release are derived.
#[derive(Clone)]
pub struct ReleaseSecrets {
    /// The secret of the subject digests.
    pub subjects: SubjectSecret,
    /// The keys of the pseudonyms.
    pub pseudonyms: PseudonymKeys,
}

/// The secret from which the subject keys of all providers are derived, and the number of its
/// epoch.
#[derive(Clone)]
pub struct SubjectSecret {
    /// The number of the secret's epoch.
    pub epoch: u32,
    /// The secret.
    pub secret: [u8; 32],
}

/// The current snapshot, as everybody reads it.
#[derive(Debug)]
pub struct PolicyHandle {
    snapshot: ArcSwap<Snapshot>,
    /// The time from which the release counts as stale, as nobody can say that it is still the
    /// published one.
    stale_at: AtomicI64,
    /// The same for grants, whose limit is shorter, in milliseconds of the monotonic clock since
    /// the start.
    grants_stale_at: AtomicI64,
    /// The start of this handle, by the monotonic clock (time since boot).
    began: Duration,
    /// Guards against a wall clock that is set back or leaps ahead.
    clock_guard: ClockGuard,
    /// Notifies tasks when the suspended targets change.
    stopped: watch::Sender<()>,
    standing: ArcSwap<PublicationStatus>,
}

/// The state of publication: how sure it is that the policy in force is the published one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationStatus {
    /// True if people have reviewed and approved the policy; false for a folder that is published
    /// as it is.
    pub reviewed: bool,
    /// The last time at which the store was read and found right, if there is a store.
    pub confirmed: Option<UnixMillis>,
    /// The reason why a later version is not in force, or why the store can't be read.
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
        let entry_constants = policy.entries().iter().map(|entry| {
            let provider = entry.id.department().as_str();
            let key = keys.get(provider).cloned();
            EntryConstants::of(entry, key.unwrap_or_else(|| subject_key(secret, provider)))
        });
        let entry_constants = entry_constants.collect();
        let directory = Directory::of(&policy);
        let (granted, pseudonyms) = (RwLock::default(), secrets.pseudonyms.clone());
        Release { policy, plans, granted, entry_constants, directory, pseudonyms }
    }

    /// The entries, to be listed and searched.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns the `Host` header's value for the entry's provider.
    pub fn host(&self, entry: EntryIx) -> &str {
        &self.entry_constants[entry as usize].host
    }

    /// The paths of the entry's fields, by their index in the entry.
    pub fn paths(&self, entry: EntryIx) -> &[Box<str>] {
        &self.entry_constants[entry as usize].paths
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
        &self.entry_constants[entry as usize].subject_key
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
    /// Returns the inputs of a decision, apart from the request.
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

impl EntryConstants {
    fn of(entry: &Entry, subject_key: SubjectKey) -> EntryConstants {
        let first = entry.upstream.as_ref().and_then(|upstream| upstream.addresses.first());
        EntryConstants {
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
            clock_guard: ClockGuard::default(),
            stopped: watch::Sender::new(()),
            standing: ArcSwap::default(),
        }
    }

    /// The snapshot of this moment. Hold it for one exchange, not longer.
    pub fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Replaces the release as a whole, with the grants that hold by it.
    pub fn replace_release(&self, release: Release, grants: Grants) {
        let (release, grants) = (Arc::new(release), Arc::new(grants));
        self.snapshot.rcu(|now| Snapshot {
            revision: now.revision + 1,
            release: release.clone(),
            grants: grants.clone(),
            stops: now.stops.clone(),
        });
    }

    /// Replaces the grants.
    pub fn replace_grants(&self, grants: Grants) {
        let grants = Arc::new(grants);
        self.snapshot.rcu(|now| Snapshot {
            revision: now.revision + 1,
            release: now.release.clone(),
            grants: grants.clone(),
            stops: now.stops.clone(),
        });
    }

    /// Replaces the suspended targets, and notifies the tasks that wait for that.
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

    /// Notifies tasks when the suspended targets change.
    pub fn stopped(&self) -> watch::Receiver<()> {
        self.stopped.subscribe()
    }

    /// Returns the state of publication.
    pub fn standing(&self) -> Arc<PublicationStatus> {
        self.standing.load_full()
    }

    /// Sets the state of publication.
    pub fn show_standing(&self, standing: PublicationStatus) {
        self.standing.store(Arc::new(standing));
    }

    /// Sets the time from which the release counts as stale. Each contact with the store sets it
    /// anew.
    pub fn go_stale_at(&self, time: UnixMillis) {
        self.stale_at.store(time, Ordering::Relaxed);
    }

    /// Sets the milliseconds after which the grants count as stale. Each contact with the store
    /// sets them anew.
    pub fn grants_go_stale_in(&self, millis: i64) {
        self.grants_stale_at.store(self.elapsed().saturating_add(millis), Ordering::Relaxed);
    }

    /// Returns how fresh the policy is at a moment, and up to which moment the wall clock can be
    /// believed.
    pub fn freshness(&self, now: UnixMillis) -> PolicyFreshness {
        PolicyFreshness {
            stale: self.is_stale(now),
            grants_stale: self.grants_are_stale(),
            believed_until: Some(self.not_leapt(now)),
        }
    }

    /// Tells whether the last contact with the store is so old that no grant may be relied on.
    pub fn grants_are_stale(&self) -> bool {
        self.elapsed() >= self.grants_stale_at.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(since_boot().saturating_sub(self.began).as_millis()).unwrap_or(i64::MAX)
    }

    /// Returns the moment, or the latest one of earlier calls if that is later: a term that has
    /// ended does not hold again when the wall clock is set back. A leap ahead that is not believed
    /// ends nothing.
    pub fn not_before(&self, moment: UnixMillis) -> UnixMillis {
        self.clock_guard.not_before(moment, self.not_leapt(moment))
    }

    /// Starts the guards of the wall clock: `recorded` is the latest time in the records, `now` is
    /// the wall clock's time, which is believed at the start.
    pub fn begin_at(&self, recorded: UnixMillis, now: UnixMillis) {
        self.not_leapt(now);
        self.clock_guard.not_before(recorded, recorded);
    }

    /// Returns the moment, or an earlier one if the wall clock has leapt ahead in this run: a term
    /// of the future does not begin by a leap.
    pub fn not_leapt(&self, moment: UnixMillis) -> UnixMillis {
        self.clock_guard.not_leapt(moment, since_boot().saturating_sub(self.began))
    }

    /// Tells whether the last contact with the store is so old that only entries that are open to
    /// everybody may be used.
    pub fn is_stale(&self, now: UnixMillis) -> bool {
        now >= self.stale_at.load(Ordering::Relaxed)
    }
}
