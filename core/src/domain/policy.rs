//! A whole catalog version with its indices: everything that a decision reads, immutable.

use super::index::EntryIx;
use std::collections::HashMap;

use super::entry::{Entry, EntryId};
use super::packed::Packed;
use super::registry::{Department, Registry};

/// One version of the catalog, ready for decisions.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    version: Box<str>,
    registry: Registry,
    entries: Vec<Entry>,
    /// The entries' indices, by `department/entry`.
    by_id: HashMap<Box<str>, EntryIx, foldhash::fast::RandomState>,
    packed: Packed,
}

/// Two entries have this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateEntry(pub EntryId);

impl Policy {
    /// Indexes a catalog version.
    ///
    /// # Errors
    /// When two entries have one id.
    pub fn new(
        version: impl Into<Box<str>>,
        registry: Registry,
        entries: Vec<Entry>,
    ) -> Result<Policy, DuplicateEntry> {
        let mut by_id = HashMap::default();
        for (ix, entry) in entries.iter().enumerate() {
            if by_id.insert(Box::from(entry.id.as_str()), ix as EntryIx).is_some() {
                return Err(DuplicateEntry(entry.id.clone()));
            }
        }
        let packed = Packed::new(&registry, &entries);
        Ok(Policy { version: version.into(), registry, entries, by_id, packed })
    }

    /// The parts of terms and operations that most decisions look at.
    pub(super) fn packed(&self) -> &Packed {
        &self.packed
    }

    /// The catalog version, as records and problem documents cite it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Departments, people, purposes.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All entries, by their index.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that index.
    pub fn entry(&self, ix: EntryIx) -> &Entry {
        &self.entries[ix as usize]
    }

    /// The department that provides an entry.
    pub fn provider(&self, entry: &Entry) -> Option<&Department> {
        self.registry.department(entry.id.department().as_str()).map(|(_, department)| department)
    }

    /// Finds the entry `department/entry`.
    pub fn find(&self, department: &str, entry: &str) -> Option<EntryIx> {
        // Ids are at most 63 bytes each, so the joined form fits a small buffer on the stack.
        let mut joined = [0u8; 2 * super::name::MAX_NAME_BYTES + 1];
        let length = department.len() + 1 + entry.len();
        let room = joined.get_mut(..length)?;
        room[..department.len()].copy_from_slice(department.as_bytes());
        room[department.len()] = b'/';
        room[department.len() + 1..].copy_from_slice(entry.as_bytes());
        self.by_id.get(std::str::from_utf8(room).ok()?).copied()
    }
}
