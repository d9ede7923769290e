//! The terms of a whole catalog as far as most decisions look at them, side by side in memory.
//!
//! A decision that permits reads a few bytes of each term of its entry. Where these stand in a term,
//! they lie scattered over the heap, and in a catalog of thousands of entries nearly every look
//! misses the processor's caches. Here what is looked at first of an entry's terms stands in
//! neighbouring lines. Whatever is out of the ordinary is marked, and left to the term itself; and
//! why a term does not hold is never told from here.

use super::UnixMillis;
use super::classification::{Category, Mode};
use super::entry::{Entry, Operation};
use super::index::DepartmentIx;
use super::parameter::Pattern;
use super::registry::{Purpose, Registry};
use super::terms::{CaseRule, Consumers, Operators, Purposes, Term};

/// Purposes and parameters are bits of one word; what has more is out of the ordinary.
pub(super) const WORD_BITS: usize = 64;

/// The terms and operations of all entries, packed.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    /// Where each entry's terms begin, and behind the last where they end.
    pub(super) term_starts: Vec<u32>,
    pub(super) terms: Vec<PackedTerm>,
    /// Where each entry's operations begin.
    pub(super) operation_starts: Vec<u32>,
    pub(super) operations: Vec<PackedOperation>,
    /// What each purpose allows: a bit for each mode and category.
    pub(super) purposes: Vec<u16>,
    /// Consumers of terms, sorted within each.
    pub(super) consumers: Vec<DepartmentIx>,
    /// Systems of terms, by [`Registry::system_number`].
    pub(super) systems: Vec<u32>,
    /// For each term, operation by operation: the parameters by which its consumers may not search.
    pub(super) unsearchable: Vec<u64>,
    pub(super) patterns: Vec<Pattern>,
}

/// A term as far as most decisions look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedTerm {
    pub(super) from: UnixMillis,
    pub(super) until: UnixMillis,
    /// One bit a registered purpose.
    pub(super) purposes: u64,
    pub(super) consumers: PackedSpan,
    pub(super) systems: PackedSpan,
    pub(super) unsearchable: u32,
    pub(super) case: Case,
    pub(super) modes: u8,
    pub(super) purpose: PurposeRule,
    pub(super) consent: bool,
    pub(super) operator: bool,
    pub(super) everyone: bool,
    /// It has a budget, of which something must be left.
    pub(super) budget: bool,
    /// Something in it is out of the ordinary: the term itself must be asked.
    pub(super) extraordinary: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PackedSpan {
    start: u32,
    length: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Case {
    Optional,
    General,
    Pattern(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PurposeRule {
    Waived,
    Any,
    Listed,
}

/// What of an operation is looked at for every term.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedOperation {
    pub(super) mode: Mode,
    pub(super) grants_only: bool,
    /// What a purpose must allow: the bits of the mode and of the entry's category.
    pub(super) asks: u16,
}

impl Packed {
    pub(super) fn new(registry: &Registry, entries: &[Entry]) -> Packed {
        let purposes = registry.purposes().iter().map(allowed_bits).collect();
        let mut packed = Packed { purposes, ..Packed::default() };
        for entry in entries {
            packed.term_starts.push(packed.terms.len() as u32);
            packed.operation_starts.push(packed.operations.len() as u32);
            for term in &entry.terms {
                packed.add(registry, entry, term);
            }
            packed.operations.extend(entry.operations.iter().map(|operation| PackedOperation {
                mode: operation.mode,
                grants_only: operation.is_for_grants_only(),
                asks: u16::from(mode_bit(operation.mode)) | category_bit(entry.category),
            }));
        }
        packed.term_starts.push(packed.terms.len() as u32);
        packed
    }

    fn add(&mut self, registry: &Registry, entry: &Entry, term: &Term) {
        let purposes = purpose_bits(registry, &term.purposes);
        let case = match &term.case {
            CaseRule::Optional => Case::Optional,
            CaseRule::Required(None) => Case::General,
            CaseRule::Required(Some(pattern)) => Case::Pattern(self.pattern(pattern)),
        };
        let listed: &[DepartmentIx] = match &term.consumers {
            Consumers::Everyone => &[],
            Consumers::Departments(sorted) => sorted,
        };
        let consumers = extend(&mut self.consumers, listed.iter().copied());
        let numbers = term.systems.iter().map(|system| registry.system_number(system));
        let systems = extend(&mut self.systems, numbers.clone().flatten());
        let unsearchable = self.unsearchable.len() as u32;
        let words =
            entry.operations.iter().map(|operation| unsearchable_by(entry, operation, term));
        let few = entry.operations.iter().all(|one| one.parameters.len() <= WORD_BITS);
        self.unsearchable.extend(words);
        let usual = few
            && purposes.is_some()
            && numbers.clone().all(|number| number.is_some())
            && term.bindings.is_empty()
            && !matches!(term.operators, Operators::Listed(_));
        self.terms.push(PackedTerm {
            from: term.from.unwrap_or(UnixMillis::MIN),
            until: term.until.unwrap_or(UnixMillis::MAX),
            purposes: purposes.unwrap_or(0),
            consumers,
            systems,
            unsearchable,
            case,
            modes: term.modes.iter().fold(0, |modes, mode| modes | mode_bit(*mode)),
            purpose: match term.purposes {
                Purposes::Waived => PurposeRule::Waived,
                Purposes::AnyRegistered => PurposeRule::Any,
                Purposes::Listed(_) => PurposeRule::Listed,
            },
            consent: term.consent,
            operator: matches!(term.operators, Operators::Required),
            everyone: matches!(term.consumers, Consumers::Everyone),
            budget: term.budget.is_some(),
            extraordinary: !usual,
        });
    }

    /// The place of a pattern. Catalogs repeat the same few; one that is repeated later than the
    /// few before it stands here twice.
    fn pattern(&mut self, pattern: &Pattern) -> u32 {
        const LOOKED_BACK: usize = 32;
        let from = self.patterns.len().saturating_sub(LOOKED_BACK);
        let known = self.patterns[from..].iter().position(|known| known.is_same(pattern));
        let at = known.map_or(self.patterns.len(), |at| from + at);
        if at == self.patterns.len() {
            self.patterns.push(pattern.clone());
        }
        at as u32
    }

    /// What is looked at of an operation for every term.
    pub(super) fn operation(&self, entry: u32, operation: u16) -> PackedOperation {
        let start = self.operation_starts[entry as usize] as usize;
        self.operations[start + usize::from(operation)]
    }
}

pub(super) fn mode_bit(mode: Mode) -> u8 {
    1 << mode as u8
}

/// Above the byte that is for modes.
fn category_bit(category: Category) -> u16 {
    0x100 << category as u16
}

fn allowed_bits(purpose: &Purpose) -> u16 {
    let modes = purpose.modes.iter().map(|mode| u16::from(mode_bit(*mode)));
    let categories = purpose.categories.iter().map(|category| category_bit(*category));
    let modes = modes.reduce(|a, b| a | b).unwrap_or(0x00ff);
    modes | categories.reduce(|a, b| a | b).unwrap_or(0xff00)
}

pub(super) fn within<T>(all: &[T], span: PackedSpan) -> &[T] {
    &all[span.start as usize..(span.start + span.length) as usize]
}

fn extend<T>(all: &mut Vec<T>, more: impl Iterator<Item = T>) -> PackedSpan {
    let start = all.len() as u32;
    all.extend(more);
    PackedSpan { start, length: all.len() as u32 - start }
}

/// The purposes as bits; none where one of them has no bit.
fn purpose_bits(registry: &Registry, purposes: &Purposes) -> Option<u64> {
    let Purposes::Listed(codes) = purposes else { return Some(0) };
    codes.iter().try_fold(0, |bits, code| {
        let number = registry.purpose_number(code.as_str()).filter(|number| *number < WORD_BITS)?;
        Some(bits | 1 << number)
    })
}

/// The parameters of an operation that search by a field which the term's view does not show and
/// which the term does not allow to be searched by.
fn unsearchable_by(entry: &Entry, operation: &Operation, term: &Term) -> u64 {
    let hidden = |field: u16| !term.may_search(term.view_of(&entry.views), field);
    let parameters = operation.parameters.iter().enumerate().take(WORD_BITS);
    parameters.fold(0, |bits, (ix, parameter)| {
        bits | u64::from(parameter.searches.is_some_and(hidden)) << ix
    })
}
