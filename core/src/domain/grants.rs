//! Temporary grants as decisions read them: the approved draft, resolved against today's catalog.
//!
//! A grant is a basis like a term, so a decision looks at a [`Term`] here too: the grant's
//! conditions (purpose, case, operators, values) are expressed as a term. A grant also lists single
//! operations, and has a view of its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use super::UnixMillis;
use super::index::{DepartmentIx, EntryIx};
use super::terms::Term;
use super::view::View;

/// Number of parts in which grants are kept. Adding one grant copies one part only.
const SHARDS: usize = 256;

/// A grant that decisions can rest on.
#[derive(Clone, Debug)]
pub struct GrantInForce {
    /// The consumer department.
    pub consumer: DepartmentIx,
    /// The entry.
    pub entry: EntryIx,
    /// The operations that it lists, by their indices in the entry.
    pub operations: Vec<u16>,
    /// Its conditions, expressed as a term. The term's id is the grant's; its `view` index is not
    /// used.
    pub term: Term,
    /// The consumer's view.
    pub view: View,
    /// The time at which the grant ends. Its term may end earlier, if the grant waits for a review.
    pub ends: UnixMillis,
    /// The persons who may be asked about, if it lists them. Then each request must ask about one.
    pub subjects: Option<Arc<dyn SubjectList>>,
}

/// A list of persons.
pub trait SubjectList: fmt::Debug + Send + Sync {
    /// Tells whether a person is on the list, by an identifier in any of its forms.
    fn holds(&self, identifier: &str) -> bool;
}

/// Grants are compared by id, since a grant does not change.
impl PartialEq for GrantInForce {
    fn eq(&self, other: &GrantInForce) -> bool {
        self.term.id == other.term.id
    }
}

impl Eq for GrantInForce {}

/// All grants in force, also those that have not begun or have ended by the clock.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// The parts, by consumer and entry; empty if there is no grant at all.
    shards: Vec<Arc<Shard>>,
    count: usize,
}

type Shard = HashMap<(DepartmentIx, EntryIx), Vec<Arc<GrantInForce>>, RandomState>;

impl Grants {
    /// An empty set, for tests and decisions without grants.
    pub fn none() -> &'static Grants {
        static NONE: OnceLock<Grants> = OnceLock::new();
        NONE.get_or_init(Grants::default)
    }

    /// A set of these grants. If two have one id, the later one counts.
    pub fn of(all: impl IntoIterator<Item = Arc<GrantInForce>>) -> Grants {
        let mut grants = Grants::default();
        all.into_iter().for_each(|granted| grants.put(granted));
        grants
    }

    /// The number of grants.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there are no grants.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The grants of a consumer for an entry, in the order of their ids.
    pub fn held(&self, consumer: DepartmentIx, entry: EntryIx) -> &[Arc<GrantInForce>] {
        let Some(shard) = self.shards.get(shard_of(consumer, entry)) else { return &[] };
        shard.get(&(consumer, entry)).map(Vec::as_slice).unwrap_or_default()
    }

    /// All grants of a consumer.
    pub fn of_consumer(&self, consumer: DepartmentIx) -> impl Iterator<Item = &Arc<GrantInForce>> {
        let of =
            move |((department, _), _): &(&(DepartmentIx, EntryIx), &Vec<Arc<GrantInForce>>)| {
                *department == consumer
            };
        let held = self.shards.iter().flat_map(move |shard| shard.iter().filter(of));
        held.flat_map(|(_, granted)| granted)
    }

    /// Adds a grant. Only the part it goes to is copied, and only if somebody still reads that
    /// part.
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

    /// Removes a grant.
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
