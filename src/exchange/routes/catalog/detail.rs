//! An entry in full, as one consumer has it: how it can be asked for, the terms that are for the
//! consumer's department, and under those that hold what the consumer would see. Of other
//! consumers' terms nothing is told, not even how many there are.

use serde::Serialize;
use sluice_core::domain::index::EntryIx;

use super::CatalogReader;
use super::condition::Condition;
use super::entry_context::{EntryContext, FieldName};
use super::item::{CatalogItem, EntryProvider};
use super::operation::Operation;
use super::term::OwnTerm;

/// Terms that are told, at most: each comes with a list of all fields. The first that holds is what
/// a call rests on, so those that are left out are the least likely ones.
pub const MAX_TERMS: usize = 16;

/// An entry in full.
#[derive(Debug, Serialize)]
pub struct EntryDetail<'a> {
    /// The catalog version it is of.
    pub catalog_version: &'a str,
    /// The entry as lists have it.
    #[serde(flatten)]
    pub listed: CatalogItem<'a>,
    /// The data standard its records follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<&'a str>,
    /// The origin: `source` if the data comes from the provider, else `copy`.
    pub origin: &'static str,
    /// True if its records are about persons.
    pub personal: bool,
    /// The department or office that answers for it, where that is not the provider itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<EntryProvider<'a>>,
    /// Codes of entries that belong with it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub related: &'a [Box<str>],
    /// The media types of an entry of files.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub files: &'a [Box<str>],
    /// The operations.
    pub operations: Vec<Operation<'a>>,
    /// The terms that are for the asker's department, in the order in which they are tried.
    pub terms: Vec<OwnTerm<'a>>,
    /// The number of terms that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_terms: Option<usize>,
    /// Conditions in its records that change what may be seen of them; only where it may
    /// be called.
    pub conditions: Vec<Condition<'a>>,
    /// The fields of its records.
    pub fields: Vec<FieldName<'a>>,
}

impl<'a> EntryDetail<'a> {
    /// An entry as the asker has it.
    pub fn of(asker: CatalogReader<'a>, ix: EntryIx) -> EntryDetail<'a> {
        let policy = &asker.release.policy;
        let (entry, paths) = (policy.entry(ix), asker.release.paths(ix));
        let offer = asker.offer(ix);
        let seen = EntryContext { asker, entry, paths };
        let own = entry.terms.iter().enumerate();
        let mut own = own.filter(|(_, term)| term.consumers.includes(asker.peer.department));
        let terms = own.by_ref().take(MAX_TERMS);
        let terms = terms.map(|(ix, term)| OwnTerm::of(seen, &offer, ix as u16, term)).collect();
        let more = own.count();
        let responsible = entry.about.responsible.as_ref();
        let operations = entry.operations.iter().enumerate();
        let conditions = entry.conditions.iter().filter(|_| offer.is_callable());
        let named = entry.fields.iter().zip(paths);
        EntryDetail {
            catalog_version: policy.version(),
            listed: CatalogItem::of(asker, entry, &offer),
            standard: entry.about.standard.as_deref(),
            origin: entry.origin.as_str(),
            personal: entry.personal,
            responsible: responsible.map(|id| EntryProvider::of(asker, id.as_str())),
            related: &entry.about.related,
            files: &entry.opaque,
            operations: operations.map(|(ix, one)| Operation::of(seen, &offer, ix, one)).collect(),
            terms,
            more_terms: (more > 0).then_some(more),
            conditions: conditions.map(|one| Condition::of(seen, one)).collect(),
            fields: named.map(|(field, path)| FieldName { path, title: &field.title }).collect(),
        }
    }
}
