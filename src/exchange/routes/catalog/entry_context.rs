//! An entry as its parts look at it.

use serde::Serialize;
use sluice_core::domain::entry::Entry;

use super::CatalogReader;

/// An entry, and its parts by their indices.
#[derive(Clone, Copy)]
pub(in crate::exchange) struct EntryContext<'a> {
    pub(in crate::exchange) asker: CatalogReader<'a>,
    pub(in crate::exchange) entry: &'a Entry,
    /// The paths of its fields, spelled.
    pub(in crate::exchange) paths: &'a [Box<str>],
}

/// A field, as every reader of the catalog may know it.
#[derive(Debug, Serialize)]
pub struct FieldName<'a> {
    /// The path in a record.
    pub path: &'a str,
    /// The title.
    pub title: &'a str,
}
