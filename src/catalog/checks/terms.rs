//! Terms that have no effect, or not the one that their writer meant.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::classification::Mode;
use sluice_core::domain::entry::{Entry, Operation};
use sluice_core::domain::terms::{Binding, Bound, CaseRule, Consumers, Operators, Purposes, Term};
use sluice_core::domain::view::Shown;

use crate::catalog::choices::{BoundSpec, OperatorsSpec};
use crate::catalog::consumer::meant_by;
use crate::catalog::difference::scope;
use crate::catalog::files::{EntryFile, TermSaid};
use crate::catalog::registry::Names;
use crate::catalog::rule::Rule;
use crate::catalog::shape::{Report, Spanned};

/// Checks an entry's terms.
pub(super) fn check(
    file: &EntryFile,
    entry: &Entry,
    names: &Names,
    now: Option<UnixMillis>,
    report: &mut Report<'_>,
) {
    for (ix, term) in entry.terms.iter().enumerate() {
        // The term for everyone, at the end, is not written down: its class is.
        let said = file.terms.get(ix);
        let place = said.map_or(file.class.place, |said| said.id.place);
        for operation in usable(entry, term) {
            if let Some(hidden) = hidden_search(entry, term, operation) {
                let message = format!(
                    "under `{}` nobody can use `{}`: it searches by `{hidden}`, which is not shown",
                    term.id, operation.id
                );
                let advice = format!("add `lookups: [\"{hidden}\"]`, or raise the clearance");
                report.add(place, Rule::SearchMasked, message, advice);
            }
        }
        let Some(said) = said else { continue };
        unreachable(entry, ix, said, report);
        purposes(said, entry, term, names, report);
        if names.complete {
            regions(said, term, names, report);
        }
        inactive(said, term, names, report);
        if entry.personal && !term.consent && term.obligations.legal_basis.is_none() {
            let message = format!("the term `{}` does not say what law it rests on", term.id);
            let advice = "add `legal_basis: …`, or `consent: required`";
            report.add(said.id.place, Rule::BasisMissing, message, advice);
        }
        if let (Some(until), Some(now), Some(place)) = (term.until, now, &said.until)
            && until <= now
        {
            let message = format!("the term `{}` ended on {}", term.id, place.value);
            let advice = "move `until` on, or remove the term";
            report.add(place.place, Rule::ExpiredTerm, message, advice);
        }
    }
}

/// The operations that a term can be the basis for.
fn usable<'a>(entry: &'a Entry, term: &'a Term) -> impl Iterator<Item = &'a Operation> {
    let by_term = |o: &&Operation| !o.approval && o.mode != Mode::Bulk;
    entry.operations.iter().filter(by_term).filter(|o| term.modes.contains(&o.mode))
}

/// A field that a required parameter searches by although the term neither shows it nor allows
/// the look-up.
fn hidden_search(entry: &Entry, term: &Term, operation: &Operation) -> Option<String> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    let hidden = required.filter_map(|p| p.searches).find(|field| !may_search(entry, term, *field));
    hidden.map(|field| entry.fields[usize::from(field)].path.to_string())
}

fn may_search(entry: &Entry, term: &Term, field: u16) -> bool {
    term.view_of(&entry.views).shown(field) == Shown::Passed || term.lookups.contains(&field)
}

fn unreachable(entry: &Entry, ix: usize, said: &TermSaid, report: &mut Report<'_>) {
    let term = &entry.terms[ix];
    if usable(entry, term).next().is_none() && !entry.operations.is_empty() {
        let message = format!("no operation has the modes of the term `{}`", term.id);
        let advice = "correct its `modes`; operations for bulk or by approval need a grant";
        report.add(said.id.place, Rule::UnreachableTerm, message, advice);
        return;
    }
    if let Some(earlier) = entry.terms[..ix].iter().find(|earlier| covers(entry, earlier, term)) {
        let message = format!("`{}` always holds when `{}` would", earlier.id, term.id);
        let advice = format!("put `{}` first, narrow `{}`, or remove one", term.id, earlier.id);
        report.add(said.id.place, Rule::UnreachableTerm, message, advice);
    }
}

/// Purposes that allow none of the operations that the term can be the basis for.
fn purposes(said: &TermSaid, entry: &Entry, term: &Term, names: &Names, report: &mut Report<'_>) {
    for said in said.purposes.0.iter().flatten() {
        let Some(purpose) = names.registry.purpose(&said.value) else { continue };
        let fits = |operation: &Operation| purpose.allows(operation.mode, entry.category);
        // A term without any operation was reported for that.
        if usable(entry, term).next().is_some() && !usable(entry, term).any(fits) {
            let message = format!(
                "the purpose `{}` allows nothing that the term `{}` does",
                purpose.code, term.id
            );
            let advice = format!(
                "it is {}; remove it from the term, or widen it in departments.yaml",
                scope(purpose)
            );
            report.add(said.place, Rule::PurposeScope, message, advice);
        }
    }
}

/// Says whether an earlier term certainly holds for every request that a later one holds for.
fn covers(entry: &Entry, earlier: &Term, later: &Term) -> bool {
    let consumers = match (&earlier.consumers, &later.consumers) {
        (Consumers::Everyone, _) => true,
        (Consumers::Departments(_), Consumers::Everyone) => false,
        (wide @ Consumers::Departments(_), Consumers::Departments(narrow)) => {
            narrow.iter().all(|department| wide.includes(*department))
        }
    };
    let systems = earlier.systems.is_empty()
        || (!later.systems.is_empty() && later.systems.iter().all(|s| earlier.systems.contains(s)));
    let begun = earlier.from.is_none_or(|from| later.from.is_some_and(|later| from <= later));
    let ended = earlier.until.is_none_or(|until| later.until.is_some_and(|later| until >= later));
    let searched = || usable(entry, later).flat_map(|o| &o.parameters).filter_map(|p| p.searches);
    consumers
        && systems
        && begun
        && ended
        && usable(entry, later).all(|operation| earlier.modes.contains(&operation.mode))
        && covers_purposes(&earlier.purposes, &later.purposes)
        && covers_case(&earlier.case, &later.case)
        && (later.consent || !earlier.consent)
        && covers_operators(&earlier.operators, &later.operators)
        && earlier.bindings.iter().all(|tie| later.bindings.iter().any(|other| same(tie, other)))
        && searched().all(|f| may_search(entry, earlier, f) || !may_search(entry, later, f))
}

fn covers_purposes(earlier: &Purposes, later: &Purposes) -> bool {
    match (earlier, later) {
        (Purposes::Waived, _) => true,
        (Purposes::AnyRegistered, later) => !matches!(later, Purposes::Waived),
        (Purposes::Listed(wide), Purposes::Listed(narrow)) => {
            narrow.iter().all(|purpose| wide.contains(purpose))
        }
        (Purposes::Listed(_), Purposes::Waived | Purposes::AnyRegistered) => false,
    }
}

/// Case references under a pattern need not have the general form, so only like covers like.
fn covers_case(earlier: &CaseRule, later: &CaseRule) -> bool {
    match (earlier, later) {
        (CaseRule::Optional, CaseRule::Optional | CaseRule::Required(None)) => true,
        (CaseRule::Required(None), CaseRule::Required(None)) => true,
        (CaseRule::Required(Some(a)), CaseRule::Required(Some(b))) => a.as_str() == b.as_str(),
        _ => false,
    }
}

fn covers_operators(earlier: &Operators, later: &Operators) -> bool {
    match (earlier, later) {
        (Operators::Optional, _) => true,
        (Operators::Required, later) => !matches!(later, Operators::Optional),
        (Operators::Listed(wide), Operators::Listed(narrow)) => {
            narrow.iter().all(|person| wide.contains(person))
        }
        (Operators::Listed(_), Operators::Optional | Operators::Required) => false,
    }
}

fn same(a: &Binding, b: &Binding) -> bool {
    a.parameter == b.parameter
        && match (&a.to, &b.to) {
            (Bound::OwnRegion, Bound::OwnRegion) => true,
            (Bound::Exactly(a), Bound::Exactly(b)) => a == b,
            _ => false,
        }
}

/// Consumers without a region can never meet a binding to it.
fn regions(said: &TermSaid, term: &Term, names: &Names, report: &mut Report<'_>) {
    let bound = said.bindings.iter().find(|b| matches!(b.value.to, Some(BoundSpec::OwnRegion)));
    let (Some(bound), Consumers::Departments(consumers)) = (bound, &term.consumers) else {
        return;
    };
    let departments = names.registry.departments();
    let without =
        consumers.iter().map(|ix| &departments[*ix as usize]).find(|d| d.region.is_none());
    if let Some(department) = without {
        let message = format!("the consumer `{}` has no region to be tied to", department.id);
        let advice = "give it a `region` in departments.yaml, or a term of its own";
        report.add(bound.place, Rule::RegionMissing, message, advice);
    }
}

fn inactive(said: &TermSaid, term: &Term, names: &Names, report: &mut Report<'_>) {
    let departments = names.registry.departments();
    let Consumers::Departments(consumers) = &term.consumers else { return };
    let of_term = || consumers.iter().map(|ix| &departments[*ix as usize]);
    let mut warn = |said: &Spanned<String>, what: &str| {
        let message = format!("the {what} `{}` is not active", said.value);
        let advice = "remove it from the term, or make it active in departments.yaml";
        report.add(said.place, Rule::InactiveParty, message, advice);
    };
    for consumer in &said.consumers {
        let meant = meant_by(&consumer.value, names);
        if !meant.is_empty() && meant.iter().all(|ix| !departments[*ix as usize].active) {
            warn(consumer, "consumer");
        }
    }
    for system in said.systems.0.iter().flatten() {
        let mut found = of_term().filter_map(|d| d.system(&system.value)).peekable();
        if found.peek().is_some() && found.all(|member| !member.active) {
            warn(system, "system");
        }
    }
    let Some(OperatorsSpec::Listed(people)) = &said.operators else { return };
    for person in people {
        let mut found = of_term().filter_map(|d| d.person(&person.value)).peekable();
        if found.peek().is_some() && found.all(|member| !member.active) {
            warn(person, "person");
        }
    }
}
