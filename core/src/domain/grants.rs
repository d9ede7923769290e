//! Temporary grants as decisions read them: what was approved, held against today's entry.
//!
//! A grant is a basis like a term, so what a decision looks at is a [`Term`]: what the grant fixes
//! (purpose, case, operators, values) is said in a term's words. Beside that it names operations
//! one by one, and has a view of its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use super::UnixMillis;
use super::index::{DepartmentIx, EntryIx};
use super::terms::Term;
use super::view::View;

/// Grants are kept in so many parts, so that another one costs a fraction of a copy.
const SHARDS: usize = 256;

/// A grant, ready to be decided by.
#[derive(Clone, Debug)]
pub struct GrantInForce {
    /// The consumer department.
    pub consumer: DepartmentIx,
    /// The entry.
    pub entry: EntryIx,
    /// The operations that it allows, by their indices in the entry.
    pub operations: Vec<u16>,
    /// What it asks of a request. Its id is the grant's, its `view` says nothing.
    pub term: Term,
    /// What the consumer sees.
    pub view: View,
    /// It ends then; its term may say earlier, if it waits for a review.
    pub ends: UnixMillis,
    /// The persons who may be asked about, if it lists them. Then somebody must be.
    pub subjects: Option<Arc<dyn SubjectList>>,
}

/// A list of persons.
pub trait SubjectList: fmt::Debug + Send + Sync {
    /// Whether somebody is one of them, by an identifier in any of its forms.
    fn holds(&self, identifier: &str) -> bool;
}

/// One grant is another if it has another id: it does not change.
impl PartialEq for GrantInForce {
    fn eq(&self, other: &GrantInForce) -> bool {
        self.term.id == other.term.id
    }
}

impl Eq for GrantInForce {}

/// All grants that are in force, begun or not, ended by the clock or not.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// By consumer and entry; empty where there is none at all.
    shards: Vec<Arc<Shard>>,
    count: usize,
}

type Shard = HashMap<(DepartmentIx, EntryIx), Vec<Arc<GrantInForce>>, RandomState>;

impl Grants {
    /// None, for all who have nothing to do with any.
    pub fn none() -> &'static Grants {
        static NONE: OnceLock<Grants> = OnceLock::new();
        NONE.get_or_init(Grants::default)
    }

    /// These. Of two with one id the later one counts.
    pub fn of(all: impl IntoIterator<Item = Arc<GrantInForce>>) -> Grants {
        let mut grants = Grants::default();
        all.into_iter().for_each(|granted| grants.put(granted));
        grants
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Those of a consumer for an entry, in the order of their ids.
    pub fn held(&self, consumer: DepartmentIx, entry: EntryIx) -> &[Arc<GrantInForce>] {
        let Some(shard) = self.shards.get(shard_of(consumer, entry)) else { return &[] };
        shard.get(&(consumer, entry)).map(Vec::as_slice).unwrap_or_default()
    }

    /// All of a consumer's.
    pub fn of_consumer(&self, consumer: DepartmentIx) -> impl Iterator<Item = &Arc<GrantInForce>> {
        let of =
            move |((department, _), _): &(&(DepartmentIx, EntryIx), &Vec<Arc<GrantInForce>>)| {
                *department == consumer
            };
        let held = self.shards.iter().flat_map(move |shard| shard.iter().filter(of));
        held.flat_map(|(_, granted)| granted)
    }

    /// With another one. Only the part that it goes to is copied, and only if somebody still reads it.
    pub fn put(&mut self, granted: Arc<GrantInForce>) {
        if self.shards.is_empty() {
            self.shards = vec![Arc::default(); SHARDS];
        }
        let (consumer, entry) = (granted.consumer, granted.entry);
        let shard = Arc::make_mut(&mut self.shards[shard_of(consumer, entry)]);
        let held = shard.entry((consumer, entry)).or_default();
        match held.binary_search_by(|known| known.term.id.cmp(&granted.term.id)) {
            Ok(at) => held[at] = granted,
            Err(at) => {
                held.insert(at, granted);
                self.count += 1;
            }
        }
    }

    /// Without one.
    pub fn remove(&mut self, consumer: DepartmentIx, entry: EntryIx, id: &str) {
        let Some(shard) = self.shards.get_mut(shard_of(consumer, entry)) else { return };
        let shard = Arc::make_mut(shard);
        let Some(held) = shard.get_mut(&(consumer, entry)) else { return };
        let before = held.len();
        held.retain(|known| &*known.term.id != id);
        self.count -= before - held.len();
        if held.is_empty() {
            shard.remove(&(consumer, entry));
        }
    }
}

fn shard_of(consumer: DepartmentIx, entry: EntryIx) -> usize {
    // Neighbours go to different parts: Fibonacci hashing, whose upper bits are well mixed.
    let mixed = (entry ^ consumer.rotate_left(16)).wrapping_mul(0x9E37_79B9);
    (mixed >> 24) as usize % SHARDS
}
