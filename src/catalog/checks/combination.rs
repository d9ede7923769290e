//! The parts of one kind of value that one consumer sees over all entries and terms together.
//!
//! Masks show the ends of a value. Two that each hide enough may leave nothing hidden together,
//! and the birth date stands in the middle of an identity number. Nothing is reported for a
//! consumer whom some term shows the whole value: that was decided by its clearance.

use std::collections::BTreeMap;

use sluice_core::domain::field::Field;
use sluice_core::domain::index::DepartmentIx;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::terms::Consumers;
use sluice_core::domain::view::Shown;

use super::Sound;
use super::holds::{Holds, most_shown, words};
use super::sensitive::{holds, shown_ends};
use crate::catalog::problem::CatalogProblem;
use crate::catalog::registry::Names;
use crate::catalog::rule::Rule;
use crate::catalog::shape::Report;

/// Digits of an identity number (GB 11643).
const ID_DIGITS: u32 = 18;
/// Digits of it that stand before the birth date, which takes eight.
const BEFORE_BIRTH_DATE: u32 = 6;
/// Fewest digits of an identity number that must stay hidden from a consumer.
const LEAST_HIDDEN_DIGITS: u32 = 5;
/// Kinds of which the parts seen in several places fit together.
const JOINED: [Holds; 3] = [Holds::IdNumber, Holds::BankAccount, Holds::Mobile];

/// A field of an entry, by their positions.
type FieldAt = (usize, u16);

/// The parts of one kind of value that one consumer sees.
#[derive(Clone, Debug, Default)]
struct Seen {
    whole: bool,
    /// Most characters seen at the front, and where.
    front: (u32, Option<FieldAt>),
    /// Most characters seen at the end, and where.
    end: (u32, Option<FieldAt>),
    /// Most digits seen of the birth date, and where.
    birth: (u32, Option<FieldAt>),
}

/// Checks all entries together.
pub(super) fn check(entries: &[Sound<'_>], names: &Names) -> Vec<CatalogProblem> {
    let departments = names.registry.departments();
    let mut seen = vec![[const { None::<Box<Seen>> }; JOINED.len()]; departments.len()];
    for (entry_ix, sound) in entries.iter().enumerate() {
        let fields: Vec<(u16, Holds)> = relevant(sound);
        for term in sound.entry.terms.iter().filter(|_| !fields.is_empty()) {
            let view = term.view_of(&sound.entry.views);
            let mut look = |department: DepartmentIx| {
                for (field, holds) in &fields {
                    let shown = view.shown(*field);
                    let declared = &sound.entry.fields[usize::from(*field)];
                    let seen = &mut seen[department as usize];
                    note(seen, *holds, declared, shown, (entry_ix, *field));
                }
            };
            match &term.consumers {
                Consumers::Everyone => (0..departments.len() as DepartmentIx).for_each(&mut look),
                Consumers::Departments(listed) => listed.iter().copied().for_each(&mut look),
            }
        }
    }
    let mut found: BTreeMap<(Holds, Vec<FieldAt>), Vec<DepartmentIx>> = BTreeMap::new();
    for (department, kinds) in seen.iter().enumerate() {
        for (kind, seen) in JOINED.iter().zip(kinds) {
            if let Some(parts) = seen.as_deref().and_then(|seen| toxic(*kind, seen)) {
                found.entry((*kind, parts)).or_default().push(department as DepartmentIx);
            }
        }
    }
    found.iter().flat_map(|(found, who)| report(found, who, entries, names)).collect()
}

/// Fields of the kinds that are looked at here.
fn relevant(sound: &Sound<'_>) -> Vec<(u16, Holds)> {
    let fields = sound.file.fields.iter().zip(&sound.entry.fields).enumerate();
    let kinds = fields.filter_map(|(ix, (said, field))| {
        let holds = holds(said, field, sound.entry.personal)?;
        (holds == Holds::BirthDate || JOINED.contains(&holds)).then_some((ix as u16, holds))
    });
    kinds.collect()
}

fn note(
    seen: &mut [Option<Box<Seen>>; JOINED.len()],
    holds: Holds,
    field: &Field,
    shown: Shown,
    at: FieldAt,
) {
    let kind = if holds == Holds::BirthDate { Holds::IdNumber } else { holds };
    let Some(slot) = JOINED.iter().position(|joined| *joined == kind) else { return };
    let raise = |part: &mut (u32, Option<FieldAt>), count: u32| {
        if count > part.0 {
            *part = (count, Some(at));
        }
    };
    let seen = seen[slot].get_or_insert_default();
    match (holds, shown, &field.mask) {
        (_, Shown::Dropped, _) | (_, Shown::Masked, None) => {}
        (Holds::BirthDate, Shown::Passed, _) => raise(&mut seen.birth, 8),
        (Holds::BirthDate, Shown::Masked, Some(Mask::Year)) => raise(&mut seen.birth, 4),
        (Holds::BirthDate, Shown::Masked, Some(Mask::Month)) => raise(&mut seen.birth, 6),
        (Holds::BirthDate, Shown::Masked, Some(_)) => {}
        (_, Shown::Passed, _) => seen.whole = true,
        (_, Shown::Masked, Some(mask)) => {
            let (front, end) = shown_ends(mask);
            raise(&mut seen.front, front);
            raise(&mut seen.end, end);
        }
    }
}

/// The fields that together show too much, if they do.
fn toxic(kind: Holds, seen: &Seen) -> Option<Vec<FieldAt>> {
    let Seen { whole, front, end, birth } = seen;
    let too_much = match kind {
        Holds::IdNumber => {
            let masks = front.0 + end.0;
            // Digits of the date that neither end shows already.
            let (from, to) = (BEFORE_BIRTH_DATE, BEFORE_BIRTH_DATE + birth.0);
            let middle = to.min(ID_DIGITS - end.0.min(ID_DIGITS)).saturating_sub(from.max(front.0));
            masks > 0 && masks + middle > ID_DIGITS - LEAST_HIDDEN_DIGITS
        }
        _ => most_shown(kind).is_some_and(|most| front.0 + end.0 > most),
    };
    if *whole || !too_much {
        return None;
    }
    let birth = birth.1.filter(|_| kind == Holds::IdNumber);
    let mut parts: Vec<FieldAt> = [front.1, end.1, birth].into_iter().flatten().collect();
    parts.sort_unstable();
    parts.dedup();
    (parts.len() > 1).then_some(parts)
}

/// One problem for each set of fields, at the last of them.
fn report(
    (kind, parts): &(Holds, Vec<FieldAt>),
    who: &[DepartmentIx],
    entries: &[Sound<'_>],
    names: &Names,
) -> Vec<CatalogProblem> {
    let Some((last, others)) = parts.split_last() else { return Vec::new() };
    let named = |(entry, field): &FieldAt| {
        let entry = &entries[*entry].entry;
        format!("`{}` of {}", entry.fields[usize::from(*field)].path, entry.id)
    };
    let others = others.iter().map(named).collect::<Vec<_>>().join(" and ");
    let departments = names.registry.departments();
    let first = who.first().map_or("", |ix| departments[*ix as usize].id.as_str());
    let more = match who.len() {
        0 | 1 => String::new(),
        many => format!(" (and {} other departments)", many - 1),
    };
    let Sound { source, file, .. } = &entries[last.0];
    let mut report = Report::new(source);
    let message =
        format!("together with {others} this shows `{first}`{more} nearly all of {}", words(*kind));
    let advice =
        "mask both alike, hide the birth date, or leave a field out of the term's `fields`";
    let place = file.fields[usize::from(last.1)].path.place;
    report.add(place, Rule::ToxicCombination, message, advice);
    report.into_problems()
}
