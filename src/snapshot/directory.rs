//! The entries of a release in the order of listing, with the text in which a search looks for
//! each.
//!
//! Both are made once, when the release is built, as folding the case of a text costs many times as
//! much as searching it. Entries are in the policy in the order of their files, which is not that
//! of their ids (`a/b-c.yaml` comes before `a/b.yaml`). The texts are in one piece of memory, a few
//! hundred bytes an entry, so that a search reads them in sequence.

#[cfg(test)]
mod tests;

use sluice_core::domain::entry::Entry;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::policy::Policy;

/// The separator between the parts of a text. No search contains it, as a request's target has no
/// control characters.
const DIVIDER: char = '\n';

/// The entries of a release, to be listed and searched.
#[derive(Debug, Default)]
pub struct Directory {
    /// All entries, by their ids.
    order: Box<[EntryIx]>,
    /// The text of each, in that order.
    texts: String,
    /// The end of each text, in bytes.
    ends: Box<[usize]>,
}

impl Directory {
    pub(super) fn of(policy: &Policy) -> Directory {
        let id = |ix: &EntryIx| policy.entry(*ix).id.as_str();
        let mut order: Vec<EntryIx> = (0..policy.entries().len() as EntryIx).collect();
        order.sort_unstable_by(|a, b| id(a).cmp(id(b)));
        let mut texts = String::new();
        let add = |ix: &EntryIx| {
            append(policy.entry(*ix), &mut texts);
            texts.len()
        };
        let ends = order.iter().map(add).collect();
        texts.shrink_to_fit();
        Directory { order: order.into(), texts, ends }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Tells whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The entry at a place of the order.
    pub fn entry(&self, place: usize) -> EntryIx {
        self.order[place]
    }

    /// Returns the first place after an entry's id. The entry itself need not exist (any more).
    pub fn behind(&self, policy: &Policy, id: &str) -> usize {
        self.order.partition_point(|ix| policy.entry(*ix).id.as_str() <= id)
    }

    /// The text by which the entry at a place is found, in lower case: id, titles, code,
    /// classification and summary.
    pub fn text(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start..self.ends[place]]
    }
}

fn append(entry: &Entry, texts: &mut String) {
    let about = &entry.about;
    let parts = [
        Some(entry.id.as_str()),
        Some(&*about.title),
        about.title_en.as_deref(),
        about.code.as_deref(),
        about.classification.as_deref(),
        about.summary.as_deref(),
    ];
    for part in parts.into_iter().flatten() {
        fold_into(part, texts);
        texts.push(DIVIDER);
    }
}

/// Appends a text in lower case, character by character. The lower case of a whole text may depend
/// on the neighbours of a character (the Greek sigma), and a part of the text would not be found.
pub fn fold_into(text: &str, folded: &mut String) {
    folded.extend(text.chars().flat_map(char::to_lowercase));
}
