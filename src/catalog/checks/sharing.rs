//! Rules on sharing: by class, category and origin.

use sluice_core::domain::classification::{Category, Mode, Origin, Sharing};
use sluice_core::domain::entry::{Entry, Operation};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::terms::Operators;

use crate::catalog::files::{EntryFile, OperationSaid};
use crate::catalog::registry::Names;
use crate::catalog::rule::Rule;
use crate::catalog::shape::{Report, Spanned};

/// Checks an entry.
pub(super) fn check(file: &EntryFile, entry: &Entry, names: &Names, report: &mut Report<'_>) {
    if let Some(Spanned { value: true, place }) = file.secret {
        let message = "an entry that is secret is not published";
        let advice = "take the file out of the catalog";
        report.add(place, Rule::Secret, message, advice);
    }
    responsible(file, entry, names, report);
    match entry.category {
        Category::Base => base(file, report),
        Category::Trace => trace(file, entry, report),
        Category::Business => {}
    }
    for (said, operation) in file.operations.iter().zip(&entry.operations) {
        if operation.mode == Mode::Bulk && entry.origin == Origin::Copy {
            let message = format!("`{}` exports a copy in bulk", operation.id);
            let advice = "leave bulk export to the source of the data";
            report.add(said.mode.place, Rule::BulkCopy, message, advice);
        }
        envelope(said, operation, entry, report);
    }
}

fn responsible(file: &EntryFile, entry: &Entry, names: &Names, report: &mut Report<'_>) {
    let Some(said) = &file.responsible else { return };
    let found = names.registry.department(entry.responsible().as_str());
    if found.is_some_and(|(_, department)| !department.active) {
        let message = format!("the department `{}` is not active", said.value);
        let advice = "name who answers for the entry now";
        report.add(said.place, Rule::InactiveParty, message, advice);
    }
}

fn base(file: &EntryFile, report: &mut Report<'_>) {
    if file.class.value != Sharing::Restricted {
        return;
    }
    match &file.exception {
        Some(said) => {
            report.text(said);
        }
        None => {
            let message = "base data goes to all, and this entry of it is restricted";
            let advice = "state why it may be: `exception: …`, or make it `unconditional`";
            report.add(file.class.place, Rule::BaseRestricted, message, advice);
        }
    }
}

fn trace(file: &EntryFile, entry: &Entry, report: &mut Report<'_>) {
    if file.class.value == Sharing::Unconditional {
        let message = "traces, status and analysis are for related persons, not for everyone";
        let advice = "make the entry `restricted`, with `operators` in each term";
        report.add(file.class.place, Rule::TraceOperators, message, advice);
        return;
    }
    for (said, term) in file.terms.iter().zip(&entry.terms) {
        if matches!(term.operators, Operators::Optional) {
            let message = format!("the term `{}` lets systems ask without a person", term.id);
            let advice = "add `operators: required`, or a list of people's ids";
            report.add(said.id.place, Rule::TraceOperators, message, advice);
        }
    }
}

/// Checks that values that pass beside the records neither lie around them nor are fields of theirs.
fn envelope(said: &OperationSaid, operation: &Operation, entry: &Entry, report: &mut Report<'_>) {
    let records = &operation.records;
    for (path, said) in operation.envelope.iter().zip(&said.envelope) {
        // Where the answer is one record, all of it is below the records' path; what is declared
        // as a field then is one.
        let within = records.0.is_empty() && entry.fields.iter().any(|f| meet(&f.path, path));
        let around = !records.0.is_empty() && meet(records, path);
        if within || around {
            let message = format!("`{path}` does not stand beside the records");
            let advice = "leave it out; what records are made of is declared under `fields`";
            report.add(said.place, Rule::EnvelopeOverlap, message, advice);
        }
    }
}

/// Says whether one of the paths lies within the other.
fn meet(a: &FieldPath, b: &FieldPath) -> bool {
    a.0.starts_with(&b.0) || b.0.starts_with(&a.0)
}
