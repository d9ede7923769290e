//! Differences in the registry.

use std::collections::BTreeMap;

use sluice_core::domain::registry::{Department, Member, Registry};

use super::conditions::rates;
use super::{Effect, quoted, scope};

/// Compares two registries.
pub(super) fn compare(old: &Registry, new: &Registry) -> Vec<(Effect, String)> {
    let mut changes = Vec::new();
    let purposes = |registry: &Registry| -> BTreeMap<String, bool> {
        registry.purposes().iter().map(|purpose| (purpose.code.to_string(), true)).collect()
    };
    states("purpose", "", &purposes(old), &purposes(new), &mut changes);
    let departments = |registry: &Registry| -> BTreeMap<String, bool> {
        registry.departments().iter().map(|d| (d.id.to_string(), d.active)).collect()
    };
    states("department", "", &departments(old), &departments(new), &mut changes);
    for purpose in new.purposes() {
        let before = old.purpose(purpose.code.as_str()).map(scope);
        let now = scope(purpose);
        if let Some(before) = before.filter(|before| *before != now) {
            let text = format!("purpose `{}` is {now} ({before} before)", purpose.code);
            changes.push((Effect::Alters, text));
        }
    }
    for department in new.departments() {
        if let Some((_, before)) = old.department(department.id.as_str()) {
            within(before, department, &mut changes);
        }
    }
    changes.sort_by_key(|(effect, _)| *effect);
    changes
}

fn within(old: &Department, new: &Department, changes: &mut Vec<(Effect, String)>) {
    let of = format!(" of {}", new.id);
    let members = |members: &[Member]| -> BTreeMap<String, bool> {
        members.iter().map(|member| (member.id.to_string(), member.active)).collect()
    };
    states("system", &of, &members(&old.systems), &members(&new.systems), changes);
    states("person", &of, &members(&old.people), &members(&new.people), changes);
    let mut alter = |what: &str, before: String, now: String| {
        if before != now {
            changes.push((Effect::Alters, format!("{what}{of} is {now} ({before} before)")));
        }
    };
    let or_none = |text: Option<&str>| text.filter(|t| !t.is_empty()).unwrap_or("none").to_owned();
    alter("the region", or_none(old.region.as_deref()), or_none(new.region.as_deref()));
    alter("the code", or_none(old.code.as_deref()), or_none(new.code.as_deref()));
    let tags = |department: &Department| quoted(department.tags.iter().map(|tag| tag.as_str()));
    alter("the list of tags", or_none(Some(&tags(old))), or_none(Some(&tags(new))));
    let parent = |department: &Department| {
        department.parent.as_ref().map_or("none".to_owned(), |parent| parent.to_string())
    };
    alter("the parent", parent(old), parent(new));
    let said = |department: &Department| rates(&department.rates);
    alter("the rate at which all may ask", said(old), said(new));
    let addresses = |department: &Department| format!("{:?}", department.upstream_addresses);
    if addresses(old) != addresses(new) {
        changes.push((Effect::Alters, format!("other upstream addresses{of} are allowed")));
    }
    let roles = |department: &Department| -> BTreeMap<String, String> {
        let words = |member: &Member| {
            member.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
        };
        department.people.iter().map(|person| (person.id.to_string(), words(person))).collect()
    };
    let before = roles(old);
    for (person, now) in roles(new) {
        if let Some(before) = before.get(&person).filter(|before| **before != now) {
            let text = format!("the roles of {person}{of} are [{now}] ([{before}] before)");
            changes.push((Effect::Alters, text));
        }
    }
}

/// The ids that come, go, start and stop.
fn states(
    what: &str,
    of: &str,
    old: &BTreeMap<String, bool>,
    new: &BTreeMap<String, bool>,
    changes: &mut Vec<(Effect, String)>,
) {
    for (id, active) in new {
        match (old.get(id), active) {
            (None, _) => changes.push((Effect::Opens, format!("{what} `{id}`{of} is new"))),
            (Some(false), true) => {
                changes.push((Effect::Opens, format!("{what} `{id}`{of} is active again")));
            }
            (Some(true), false) => {
                changes.push((Effect::Closes, format!("{what} `{id}`{of} is no longer active")));
            }
            (Some(true), true) | (Some(false), false) => {}
        }
    }
    for id in old.keys().filter(|id| !new.contains_key(*id)) {
        changes.push((Effect::Closes, format!("{what} `{id}`{of} is gone")));
    }
}
