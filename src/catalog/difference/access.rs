//! The access of one department to an entry.

use std::collections::{BTreeMap, BTreeSet};

use sluice_core::domain::classification::{Class, Mode};
use sluice_core::domain::entry::{Entry, Operation};
use sluice_core::domain::registry::{Department, Purpose, Registry};
use sluice_core::domain::terms::{Purposes, Term};
use sluice_core::domain::view::Shown;

use super::{Effect, list, quoted};
use crate::catalog::Catalog;

/// The access that the terms of an entry give one department, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Access {
    /// Ids of the operations that it may use.
    operations: BTreeSet<String>,
    /// Codes of the purposes that it may state; empty means any.
    purposes: BTreeSet<String>,
    any_purpose: bool,
    /// The fields that it sees, by path; those dropped are not in here.
    fields: BTreeMap<String, Sees>,
}

/// The way a field is seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sees {
    Masked(String),
    Clear,
}

/// A version of a catalog with its version of an entry, if it has one.
type Version<'a> = (&'a Catalog, Option<&'a Entry>);

/// Returns the changes for departments. Departments with the same change share a line.
pub(super) fn compare(old: Version<'_>, new: Version<'_>) -> Vec<(Effect, String)> {
    let ids = |(catalog, _): Version<'_>| -> BTreeSet<String> {
        catalog.registry.departments().iter().map(|d| d.id.to_string()).collect()
    };
    let everyone = ids(new);
    let mut lines: BTreeMap<(Effect, String), BTreeSet<&str>> = BTreeMap::new();
    let all = &everyone | &ids(old);
    for id in &all {
        for line in lines_of(&access(old, id), &access(new, id)) {
            lines.entry(line).or_default().insert(id);
        }
    }
    let said = |((effect, text), who): ((Effect, String), BTreeSet<&str>)| {
        let who = if who.len() > 1 && everyone.iter().all(|id| who.contains(id.as_str())) {
            "every department".to_owned()
        } else {
            list(&who.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        (effect, format!("{who}: {text}"))
    };
    lines.into_iter().map(said).collect()
}

fn access((catalog, entry): Version<'_>, department: &str) -> Option<Access> {
    let entry = entry?;
    let (ix, consumer) = catalog.registry.department(department)?;
    let (_, provider) = catalog.registry.department(entry.id.department().as_str())?;
    let is_active = |department: &Department| department.active;
    let shared = !matches!(entry.class, Class::NonShared(_)) && entry.active;
    if !shared || !is_active(consumer) || !is_active(provider) {
        return None;
    }
    let mut access = Access::default();
    for term in entry.terms.iter().filter(|term| term.consumers.includes(ix)) {
        add(&mut access, entry, term, &catalog.registry);
    }
    (!access.operations.is_empty()).then_some(access)
}

fn add(access: &mut Access, entry: &Entry, term: &Term, registry: &Registry) {
    let by_term = |operation: &&Operation| {
        !operation.approval && operation.mode != Mode::Bulk && term.modes.contains(&operation.mode)
    };
    let allowed =
        |purpose: &Purpose, operation: &Operation| purpose.allows(operation.mode, entry.category);
    let operations = entry.operations.iter().filter(by_term);
    let is_usable = |operation: &&Operation| match &term.purposes {
        Purposes::Waived => true,
        Purposes::AnyRegistered => registry.purposes().iter().any(|p| allowed(p, operation)),
        Purposes::Listed(codes) => {
            let mut listed = codes.iter().filter_map(|code| registry.purpose(code.as_str()));
            listed.any(|purpose| allowed(purpose, operation))
        }
    };
    let usable: Vec<&Operation> = operations.filter(is_usable).collect();
    match &term.purposes {
        Purposes::Waived | Purposes::AnyRegistered => access.any_purpose = true,
        Purposes::Listed(codes) => {
            let listed = codes.iter().filter_map(|code| registry.purpose(code.as_str()));
            let of_use = listed.filter(|purpose| usable.iter().any(|o| allowed(purpose, o)));
            access.purposes.extend(of_use.map(|purpose| purpose.code.to_string()));
        }
    }
    access.operations.extend(usable.iter().map(|operation| operation.id.to_string()));
    let view = term.view_of(&entry.views);
    for (ix, field) in entry.fields.iter().enumerate() {
        let sees = match (view.shown(ix as u16), &field.mask) {
            (Shown::Passed, _) => Sees::Clear,
            (Shown::Masked, Some(mask)) => Sees::Masked(mask.to_string()),
            (Shown::Masked, None) | (Shown::Dropped, _) => continue,
        };
        let slot = access.fields.entry(field.path.to_string()).or_insert_with(|| sees.clone());
        if *slot < sees {
            *slot = sees;
        }
    }
}

fn lines_of(old: &Option<Access>, new: &Option<Access>) -> Vec<(Effect, String)> {
    match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(new)) => {
            let masked = new.fields.values().filter(|sees| **sees != Sees::Clear).count();
            let operations = quoted(new.operations.iter().map(String::as_str));
            let (clear, purposes) = (new.fields.len() - masked, purposes(new));
            let text = format!(
                "may now use it: {operations}, {purposes}; sees {clear} fields in clear, {masked} \
                 masked"
            );
            vec![(Effect::Opens, text)]
        }
        (Some(_), None) => vec![(Effect::Closes, "may no longer use it".to_owned())],
        (Some(old), Some(new)) => {
            let mut lines = Vec::new();
            let (gained, lost) = sides(&old.operations, &new.operations);
            lines.extend(gained.map(|which| (Effect::Opens, format!("may now use {which}"))));
            lines.extend(lost.map(|which| (Effect::Closes, format!("may no longer use {which}"))));
            purpose_lines(old, new, &mut lines);
            field_lines(old, new, &mut lines);
            lines
        }
    }
}

fn purposes(access: &Access) -> String {
    if access.any_purpose {
        "for any purpose".to_owned()
    } else {
        format!("for {}", quoted(access.purposes.iter().map(String::as_str)))
    }
}

fn purpose_lines(old: &Access, new: &Access, lines: &mut Vec<(Effect, String)>) {
    match (old.any_purpose, new.any_purpose) {
        (true, true) => {}
        (false, true) => lines.push((Effect::Opens, "may now ask for any purpose".to_owned())),
        (true, false) => {
            lines.push((Effect::Closes, format!("may now ask only {}", purposes(new))));
        }
        (false, false) => {
            let (gained, lost) = sides(&old.purposes, &new.purposes);
            lines.extend(gained.map(|which| (Effect::Opens, format!("may now ask for {which}"))));
            let no_longer = |which| (Effect::Closes, format!("may no longer ask for {which}"));
            lines.extend(lost.map(no_longer));
        }
    }
}

/// Fields with the same change share a line.
fn field_lines(old: &Access, new: &Access, lines: &mut Vec<(Effect, String)>) {
    let paths: BTreeSet<&String> = old.fields.keys().chain(new.fields.keys()).collect();
    let mut by_change: BTreeMap<(Effect, String, String), Vec<&str>> = BTreeMap::new();
    for path in paths {
        let (before, after) = (old.fields.get(path), new.fields.get(path));
        let effect = match (before, after) {
            (Some(Sees::Masked(_)), Some(Sees::Masked(_))) => Effect::Alters,
            _ if before < after => Effect::Opens,
            _ => Effect::Closes,
        };
        if before != after {
            let change = (effect, seen(after), seen(before));
            by_change.entry(change).or_default().push(path);
        }
    }
    for ((effect, after, before), paths) in by_change {
        let verb = if paths.len() == 1 { "is" } else { "are" };
        let paths = quoted(paths);
        lines.push((effect, format!("{paths} {verb} now seen {after} ({before} before)")));
    }
}

fn seen(sees: Option<&Sees>) -> String {
    match sees {
        None => "not at all".to_owned(),
        Some(Sees::Clear) => "in clear".to_owned(),
        Some(Sees::Masked(mask)) => format!("masked by {mask}"),
    }
}

/// The members of the second set alone, and those of the first alone.
fn sides(old: &BTreeSet<String>, new: &BTreeSet<String>) -> (Option<String>, Option<String>) {
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        let words = quoted(a.difference(b).map(String::as_str));
        (!words.is_empty()).then_some(words)
    };
    (only(new, old), only(old, new))
}
