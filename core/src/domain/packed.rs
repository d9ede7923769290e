//! The terms of a whole catalog, packed: the parts that most decisions look at, side by side in
//! memory.
//!
//! A decision that permits reads a few bytes of each term of its entry. In the terms themselves
//! these bytes lie scattered over the heap, and in a catalog of thousands of entries nearly every
//! look misses the processor's caches. Here they stand in neighbouring cache lines. A term that
//! needs more is marked as extraordinary and asked itself; the reasons for which a term does not
//! hold are found by [`super::basis_checks`] alone.

use super::UnixMillis;
use super::classification::{Category, Mode};
use super::entry::{Entry, Operation};
use super::index::DepartmentIx;
use super::parameter::Pattern;
use super::registry::{Purpose, Registry};
use super::terms::{CaseRule, Consumers, Operators, Purposes, Term};

/// Bits of one word: purposes and parameters are packed as such bits. A term that needs more of
/// them is extraordinary.
pub(super) const WORD_BITS: usize = 64;

/// The terms and operations of all entries, packed.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    /// The start of each entry's terms, and behind the last the end of all.
    pub(super) term_starts: Vec<u32>,
    pub(super) terms: Vec<PackedTerm>,
    /// The start of each entry's operations.
    pub(super) operation_starts: Vec<u32>,
    pub(super) operations: Vec<PackedOperation>,
    /// The modes and categories that each purpose allows: one bit each.
    pub(super) purposes: Vec<u16>,
    /// Consumers of terms, sorted within each.
    pub(super) consumers: Vec<DepartmentIx>,
    /// Systems of terms, as [`Registry::system_number`] numbers them.
    pub(super) systems: Vec<u32>,
    /// The parameters by which a term's consumers may not search: for each term, one word an
    /// operation.
    pub(super) unsearchable: Vec<u64>,
    pub(super) patterns: Vec<Pattern>,
}

/// The parts of a term that most decisions look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedTerm {
    pub(super) from: UnixMillis,
    pub(super) until: UnixMillis,
    /// The registered purposes that it allows, one bit each.
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
    /// True if it has a budget, of which something must be left.
    pub(super) budget: bool,
    /// True if these parts do not say all of it, so that the term itself must be asked.
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

/// The parts of an operation that are compared with every term.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedOperation {
    pub(super) mode: Mode,
    pub(super) grants_only: bool,
    /// The bits that a purpose must have: of the mode and of the entry's category.
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

    /// Finds or adds a pattern and gives its place. Catalogs repeat the same few, so only the last
    /// few are compared; a pattern repeated later stands here twice.
    fn pattern(&mut self, pattern: &Pattern) -> u32 {
        const LOOKED_BACK_PATTERNS: usize = 32;
        let from = self.patterns.len().saturating_sub(LOOKED_BACK_PATTERNS);
        let known = self.patterns[from..].iter().position(|known| known.is_same(pattern));
        let at = known.map_or(self.patterns.len(), |at| from + at);
        if at == self.patterns.len() {
            self.patterns.push(pattern.clone());
        }
        at as u32
    }

    /// The parts of an operation that are compared with every term.
    pub(super) fn operation(&self, entry: u32, operation: u16) -> PackedOperation {
        let start = self.operation_starts[entry as usize] as usize;
        self.operations[start + usize::from(operation)]
    }
}

pub(super) fn mode_bit(mode: Mode) -> u8 {
    1 << mode as u8
}

/// The bit of a category, above the byte that is for modes.
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

/// Packs purposes as bits; none if one of them has no bit.
fn purpose_bits(registry: &Registry, purposes: &Purposes) -> Option<u64> {
    let Purposes::Listed(codes) = purposes else { return Some(0) };
    codes.iter().try_fold(0, |bits, code| {
        let number = registry.purpose_number(code.as_str()).filter(|number| *number < WORD_BITS)?;
        Some(bits | 1 << number)
    })
}

/// The parameters of an operation that search by a field which the term's view does not show, and
/// by which the term does not allow to search either.
fn unsearchable_by(entry: &Entry, operation: &Operation, term: &Term) -> u64 {
    let hidden = |field: u16| !term.may_search(term.view_of(&entry.views), field);
    let parameters = operation.parameters.iter().enumerate().take(WORD_BITS);
    parameters.fold(0, |bits, (ix, parameter)| {
        bits | u64::from(parameter.searches.is_some_and(hidden)) << ix
    })
}
