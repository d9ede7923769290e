//! The catalog as a list for people and for other offices, and what a list by the superior asks.
//!
//! The entries of a superior's catalog must stand in the subordinate's: entries are the same when
//! they have the same code, or, where one of the two has none, the same title.

use std::fmt;

use sluice_core::domain::classification::Class;
use sluice_core::domain::entry::Entry;

use super::Catalog;
pub use crate::contract::entries::{ListedEntry, NotShared};

/// An entry that the superior's list has and ours lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The superior's entry.
    pub theirs: ListedEntry,
    /// Ours, where it is here and shared less widely; none where it is missing.
    pub ours: Option<ListedEntry>,
}

impl ListedEntry {
    /// The id of its department.
    pub fn department(&self) -> &str {
        self.id.split_once('/').map_or("", |(department, _)| department)
    }

    fn is_same(&self, other: &ListedEntry) -> bool {
        match (&self.code, &other.code) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.title == other.title,
        }
    }

    /// The breadth of sharing: the wider, the greater. Words that are not ours are least.
    fn width(&self) -> u8 {
        match self.class.as_str() {
            "unconditional" => 2,
            "restricted" => 1,
            _ => 0,
        }
    }
}

/// The list of a catalog.
pub fn of(catalog: &Catalog) -> Vec<ListedEntry> {
    catalog.entries.iter().map(listed).collect()
}

/// The entries of the superior's list that ours lacks.
pub fn lacking(ours: &[ListedEntry], superior: &[ListedEntry]) -> Vec<Lack> {
    let lack = |theirs: &ListedEntry| {
        let here = ours.iter().find(|ours| ours.is_same(theirs));
        let enough = here.is_some_and(|ours| ours.width() >= theirs.width());
        (!enough).then(|| Lack { theirs: theirs.clone(), ours: here.cloned() })
    };
    superior.iter().filter_map(lack).collect()
}

/// An entry, as a list has it.
pub fn listed(entry: &Entry) -> ListedEntry {
    let withholding = match &entry.class {
        Class::Unconditional | Class::Restricted => None,
        Class::NonShared(why) => Some(NotShared {
            reason: why.reason.to_string(),
            legal_basis: why.legal_basis.to_string(),
            approver: why.approver.to_string(),
        }),
    };
    ListedEntry {
        id: entry.id.to_string(),
        title: entry.about.title.to_string(),
        code: entry.about.code.as_deref().map(str::to_owned),
        related: entry.about.related.iter().map(ToString::to_string).collect(),
        responsible: Some(entry.responsible())
            .filter(|office| *office != entry.id.department())
            .map(ToString::to_string),
        class: entry.class.as_str().to_owned(),
        category: entry.category.as_str().to_owned(),
        level: entry.level.number(),
        contact: entry.about.contact.to_string(),
        withholding,
    }
}

impl fmt::Display for ListedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ListedEntry { id, title, class, category, level, contact, withholding, .. } = self;
        write!(f, "{id}  {title}\n  {class}, {category}, level {level}; ask {contact}")?;
        if let Some(NotShared { reason, legal_basis, approver }) = withholding {
            write!(f, "\n  because: {reason} ({legal_basis}), approved by {approver}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lack { theirs, ours } = self;
        match ours {
            None => {
                let code = theirs.code.as_deref().unwrap_or("no code");
                write!(f, "missing: {} ({code}), {} there", theirs.title, theirs.class)
            }
            Some(ours) => {
                write!(f, "narrower: {} is {} here, {} there", ours.id, ours.class, theirs.class)
            }
        }
    }
}
