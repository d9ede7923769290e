//! Compares two versions of the view that one consumer has: does the newer one show less?

use super::condition::Condition;
use super::entry::Entry;
use super::view::{Shown, View};

/// Tells whether a view of one version of an entry shows less than a view of another version: a
/// field, by its path, has another mask or is shown less clearly, or records are judged by other
/// conditions.
pub fn shows_less((entry, view): (&Entry, &View), (former, seen): (&Entry, &View)) -> bool {
    if entry.conditions.len() != former.conditions.len() || view.raised.len() != seen.raised.len() {
        return true;
    }
    // Conditions name fields by index, which differs between versions, so their written forms are
    // compared.
    let said = |entry: &Entry| -> Vec<String> {
        let path = |ix: u16| entry.fields[usize::from(ix)].path.to_string();
        let one = |one: &Condition| format!("{:?} {}", one, path(one.field));
        entry.conditions.iter().map(one).collect()
    };
    if said(entry) != said(former) {
        return true;
    }
    former.fields.iter().enumerate().any(|(ix, field)| {
        let now = entry.fields.iter().position(|now| now.path == field.path);
        let pairs = seen.raised.iter().zip(&view.raised).chain([(&seen.fields, &view.fields)]);
        pairs.into_iter().any(|(before, after)| {
            let is = now.map_or(Shown::Dropped, |now| after[now]);
            match (before[ix], is) {
                (Shown::Dropped, _) | (_, Shown::Passed) => false,
                (Shown::Masked, Shown::Masked) => {
                    now.is_none_or(|now| entry.fields[now].mask != field.mask)
                }
                (Shown::Passed, Shown::Masked) | (_, Shown::Dropped) => true,
            }
        })
    })
}
