//! The immutable policy in memory: built whole, swapped whole, read without waiting.
//!
//! A snapshot has parts under one revision. The release (catalog version with its compiled views)
//! is the one there is today; grants and stops come beside it, each replaced without the others.
//! What counts things (rates, pools, metrics) lives elsewhere, keyed by stable ids, and survives.

pub mod directory;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::policy::{EntryIx, Policy};
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::plan::{Plan, Shapes};
use sluice_core::redaction::pseudonym::{PseudonymKey, PseudonymKeys, UnknownKey};

use directory::Directory;

/// What every exchange is decided by: one snapshot from its first step to its last.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with every change of any part.
    pub revision: u64,
    /// The catalog version.
    pub release: Arc<Release>,
}

/// A catalog version with its views compiled.
#[derive(Debug)]
pub struct Release {
    /// What decisions read.
    pub policy: Policy,
    /// For each entry, operation by operation, view by view; each compiled when it is first used:
    /// most of a large catalog is never asked for between two releases.
    plans: Vec<Box<[OnceLock<Arc<Plan>>]>>,
    /// For each entry, what its exchanges say of it.
    spelled: Vec<Spelled>,
    /// Its entries, to be listed and searched.
    directory: Directory,
    pseudonyms: PseudonymKeys,
}

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
pub struct Secrets {
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
pub struct Current {
    snapshot: ArcSwap<Snapshot>,
    /// From then on nobody can say that it is still what is published.
    stale_at: AtomicI64,
    standing: ArcSwap<Standing>,
}

/// How sure it is that the current policy is what is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether people have reviewed and approved it: not where a folder is published as it is.
    pub reviewed: bool,
    /// When its store was last heard of and found right, where it has one.
    pub confirmed: Option<UnixMillis>,
    /// Why a later version is not in force, or the store is not heard of.
    pub trouble: Option<String>,
}

impl Release {
    /// Makes a policy ready to be used.
    pub fn build(policy: Policy, secrets: &Secrets) -> Release {
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
        Release { policy, plans, spelled, directory, pseudonyms: secrets.pseudonyms.clone() }
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
    pub fn plan(&self, permit: &Permit) -> &Arc<Plan> {
        let entry = self.policy.entry(permit.entry);
        let (operation, view) =
            (usize::from(permit.operation), usize::from(permit.term(&self.policy).view));
        let plan = &self.plans[permit.entry as usize][operation * entry.views.len() + view];
        plan.get_or_init(|| {
            let shapes = Shapes::of(entry, &entry.operations[operation]);
            Arc::new(shapes.plan(entry, &entry.views[view]))
        })
    }

    /// The key of the pseudonyms that a permit's view shows to a department, or the one `wanted` by
    /// its id; none if it shows none.
    ///
    /// # Errors
    /// When the wanted one is not in use.
    pub fn pseudonym_key(
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

    /// The key under which an entry's subjects are digested.
    pub fn subject_key(&self, entry: EntryIx) -> &SubjectKey {
        &self.spelled[entry as usize].subject_key
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

impl Current {
    /// Starts with a release, at revision 1.
    pub fn new(release: Release) -> Current {
        let first = Snapshot { revision: 1, release: Arc::new(release) };
        Current {
            snapshot: ArcSwap::from_pointee(first),
            stale_at: AtomicI64::new(i64::MAX),
            standing: ArcSwap::default(),
        }
    }

    /// The snapshot of this moment. Hold it for one exchange, not longer.
    pub fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts a new release in the old one's place, whole.
    pub fn replace_release(&self, release: Release) {
        let release = Arc::new(release);
        self.snapshot.rcu(|now| Snapshot { revision: now.revision + 1, release: release.clone() });
    }

    /// How sure it is that this is what is published.
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// Says how sure it is.
    pub fn show_standing(&self, standing: Standing) {
        self.standing.store(Arc::new(standing));
    }

    /// From then on it is stale, unless more is heard of it.
    pub fn go_stale_at(&self, time: UnixMillis) {
        self.stale_at.store(time, Ordering::Relaxed);
    }

    /// Whether nothing was heard for so long that only what is for everybody may still be shown.
    pub fn is_stale(&self, now: UnixMillis) -> bool {
        now >= self.stale_at.load(Ordering::Relaxed)
    }
}
