//! Dense indices into one catalog version. They are not valid in another version.

/// Dense index of a department in [`Registry::departments`](super::registry::Registry::departments).
pub type DepartmentIx = u32;

/// Dense index of an entry in [`Policy::entries`](super::policy::Policy::entries).
pub type EntryIx = u32;
