//! Codes of entries over the whole catalog: no two alike, and those named as related known.

use std::collections::{HashMap, HashSet};

use super::Sound;
use crate::catalog::problem::CatalogProblem;
use crate::catalog::rule::Rule;
use crate::catalog::shape::Report;

/// Checks all entries together.
pub(super) fn check(entries: &[Sound<'_>]) -> Vec<CatalogProblem> {
    let mut first: HashMap<&str, &Sound<'_>> = HashMap::new();
    let mut problems = Vec::new();
    for sound in entries {
        let Some(code) = sound.entry.about.code.as_deref() else { continue };
        if let Some(earlier) = first.get(code) {
            problems.extend(twice(sound, earlier));
        } else {
            first.insert(code, sound);
        }
    }
    let ours: HashSet<&str> = first.keys().map(|code| front(code)).collect();
    for sound in entries {
        let mut report = Report::new(sound.source);
        let own = sound.entry.about.code.as_deref();
        for said in &sound.file.related {
            let code = said.value.trim();
            let why = if own == Some(code) {
                "is this entry's own code"
            } else if ours.contains(front(code)) && !first.contains_key(code) {
                "is no entry's code, though others of this catalog begin like it"
            } else {
                continue;
            };
            let advice = "correct it, or take it out until there is such an entry";
            report.add(said.place, Rule::RelatedUnknown, format!("`{code}` {why}"), advice);
        }
        problems.extend(report.into_problems());
    }
    problems
}

fn twice(sound: &Sound<'_>, earlier: &Sound<'_>) -> Vec<CatalogProblem> {
    let mut report = Report::new(sound.source);
    if let Some(said) = &sound.file.code {
        let message = format!("`{}` is the code of {}, too", said.value.trim(), earlier.entry.id);
        report.add(said.place, Rule::DuplicateId, message, "give each entry its own code");
    }
    report.into_problems()
}

/// The part that codes of one catalog and class share: all up to the last `/`. The national guide to
/// compiling catalogs divides a code into that and a number within it.
fn front(code: &str) -> &str {
    code.rsplit_once('/').map_or("", |(front, _)| front)
}
