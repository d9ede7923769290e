//! Ids that are declared twice, and references to undeclared ids.

use std::collections::HashSet;

use sluice_core::domain::nearest;

use super::rule::Rule;
use super::shape::{Report, Spanned};

/// Reports a reference to something that isn't there, with the nearest thing that is.
pub(crate) fn unknown<'k>(
    report: &mut Report<'_>,
    said: &Spanned<String>,
    rule: Rule,
    what: &str,
    known: impl IntoIterator<Item = &'k str>,
) {
    let advice = match nearest(&said.value, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("declare it first, or name a {what} that is declared"),
    };
    report.add(said.place, rule, format!("there is no {what} `{}`", said.value), advice);
}

/// Reports an id that was declared before; returns true if this one is new.
pub(crate) fn is_new(
    seen: &mut HashSet<String>,
    said: &Spanned<String>,
    what: &str,
    report: &mut Report<'_>,
) -> bool {
    let new = seen.insert(said.value.clone());
    if !new {
        let message = format!("there are two {what} `{}`", said.value);
        report.add(said.place, Rule::DuplicateId, message, "give each its own id");
    }
    new
}
