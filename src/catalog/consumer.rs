//! The departments that a term's consumers denote: by id, group, tag, or place in the tree. A term
//! holds the departments themselves, so a department that joins a group or moves in the tree gains
//! or loses nothing until the catalog is read anew.

use sluice_core::domain::index::DepartmentIx;
use sluice_core::domain::nearest;
use sluice_core::domain::registry::Department;

use super::registry::Names;
use super::rule::Rule;
use super::shape::{Report, Spanned};

/// The forms in which consumers are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named<'a> {
    /// A department by its id.
    Department(&'a str),
    /// The members of a group.
    Group(&'a str),
    /// All departments below one, however far; not that one itself.
    Under(&'a str),
    /// All departments with a tag.
    Tag(&'a str),
}

impl<'a> Named<'a> {
    fn parse(text: &'a str) -> Named<'a> {
        let after = |prefix| text.strip_prefix(prefix).map(str::trim);
        if let Some(group) = after("@") {
            Named::Group(group)
        } else if let Some(above) = after("under:") {
            Named::Under(above)
        } else if let Some(tag) = after("tag:") {
            Named::Tag(tag)
        } else {
            Named::Department(text)
        }
    }
}

/// Returns the departments that these consumers denote, sorted, each once.
pub(crate) fn consumers(
    said: &[Spanned<String>],
    names: &Names,
    report: &mut Report<'_>,
) -> Vec<DepartmentIx> {
    let mut consumers = Vec::new();
    for said in said {
        consumers.extend(of_one(said, names, report));
    }
    consumers.sort_unstable();
    consumers.dedup();
    consumers
}

fn of_one(said: &Spanned<String>, names: &Names, report: &mut Report<'_>) -> Vec<DepartmentIx> {
    let found = meant_by(&said.value, names);
    if !found.is_empty() || !names.complete {
        return found;
    }
    let named = |text: &str| Spanned { value: text.to_owned(), place: said.place };
    match Named::parse(&said.value) {
        Named::Department(_) => {
            names.department(said, report);
        }
        // That a group has no members is told where it is declared.
        Named::Group(id) => {
            names.group(&named(id), report);
        }
        Named::Under(id) => {
            if names.department(&named(id), report).is_some() {
                let message = format!("no department stands below `{id}`");
                let advice = format!("name `{id}` itself, or another department");
                report.add(said.place, Rule::ConsumersEmpty, message, advice);
            }
        }
        Named::Tag(tag) => {
            let message = format!("no department has the tag `{tag}`");
            report.add(said.place, Rule::ConsumersEmpty, message, tag_advice(tag, names));
        }
    }
    found
}

/// Returns the departments that a consumer denotes, sorted; none if it is unknown.
pub(crate) fn meant_by(consumer: &str, names: &Names) -> Vec<DepartmentIx> {
    let registry = &names.registry;
    match Named::parse(consumer) {
        Named::Department(id) => registry.department(id).map(|(ix, _)| ix).into_iter().collect(),
        Named::Group(id) => names.groups.get(id).cloned().unwrap_or_default(),
        Named::Under(id) => match registry.department(id) {
            Some((_, above)) => all(names, |one| registry.stands_below(one, &above.id)),
            None => Vec::new(),
        },
        Named::Tag(tag) => all(names, |one| one.tags.iter().any(|known| *known == tag)),
    }
}

fn all(names: &Names, is_meant: impl Fn(&Department) -> bool) -> Vec<DepartmentIx> {
    let departments = names.registry.departments().iter().zip(0..);
    departments.filter(|(department, _)| is_meant(department)).map(|(_, ix)| ix).collect()
}

fn tag_advice(tag: &str, names: &Names) -> String {
    let known = names.registry.departments().iter().flat_map(|department| &department.tags);
    match nearest(tag, known.map(|tag| tag.as_str())) {
        Some(meant) => format!("did you mean `tag:{meant}`?"),
        None => "give departments this tag in departments.yaml, or name another".to_owned(),
    }
}
