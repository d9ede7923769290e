//! Rules about an entry, or the whole catalog, as a result. They examine entries that could be read
//! without a problem, and have both the file's text and its meaning.
//!
//! | file | what it looks at |
//! |------|------------------|
//! | `sharing` | class, category, origin, envelope: what may be shared how |
//! | `sensitive` | sensitive kinds of fields, their levels and masks |
//! | `holds` | those kinds: how much of them may be shown, what they are called |
//! | `codes` | codes of entries, and those they name as related |
//! | `samples` | the kind of a sample, by its form |
//! | `terms` | terms without effect, or against the view |
//! | `combination` | what one consumer sees over all entries together |

use sluice_core::domain::UnixMillis;
use sluice_core::domain::entry::Entry;

use super::SourceFile;
use super::files::EntryFile;
use super::problem::CatalogProblem;
use super::registry::Names;
use super::shape::Report;

mod codes;
mod combination;
mod holds;
mod samples;
mod sensitive;
mod sharing;
mod terms;

/// An entry that was read without a problem. Fields, operations and terms are at the same positions
/// in the file's shape and in the entry.
pub(crate) struct Sound<'a> {
    pub(crate) source: &'a SourceFile,
    pub(crate) file: EntryFile,
    pub(crate) entry: Entry,
}

/// Checks one entry.
pub(crate) fn check_entry(
    file: &EntryFile,
    entry: &Entry,
    names: &Names,
    now: Option<UnixMillis>,
    report: &mut Report<'_>,
) {
    sharing::check(file, entry, names, report);
    sensitive::check(file, entry, report);
    terms::check(file, entry, names, now, report);
}

/// Checks all entries together.
pub(crate) fn check_whole(entries: &[Sound<'_>], names: &Names) -> Vec<CatalogProblem> {
    let mut problems = codes::check(entries);
    problems.extend(combination::check(entries, names));
    problems
}
