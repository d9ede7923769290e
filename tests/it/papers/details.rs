//! `docs/log-format.md` lists every detail that a record may have.

use std::collections::BTreeMap;

use sluice::problem::table;
use sluice_core::domain::rejection::{DetailMember, DetailValue, Rejection};

use super::region::compare_region;

#[test]
fn the_page_has_every_detail() {
    compare_region("docs/log-format.md", "details", &rendered());
}

/// A row for every reason. What it means is what the caller is told.
fn rendered() -> String {
    let mut details = BTreeMap::new();
    let examples = Rejection::examples();
    for rejection in &examples {
        if let Some(detail) = rejection.detail() {
            details.insert((rejection.code(), detail.reason), detail.members);
        }
    }
    let mut text = "| code | reason | members | meaning |\n|---|---|---|---|\n".to_owned();
    for row in table() {
        let Some(members) = details.get(&(row.code, row.reason)) else { continue };
        let members: Vec<String> = members.iter().map(typed).collect();
        let (code, reason, members) = (row.code, row.reason, members.join(", "));
        let meaning = meaning(row.cause.en);
        text += &format!("| `{code}` | `{reason}` | {members} | {meaning} |\n");
    }
    text
}

fn typed(member: &DetailMember<'_>) -> String {
    let name = member.name;
    match member.value {
        DetailValue::Text(_) | DetailValue::Number(_) => format!("`{name}`"),
        DetailValue::Texts(_) => format!("`{name}` (list)"),
        DetailValue::Time(_) => format!("`{name}` (time)"),
    }
}

/// The text with its placeholders as code: `{limit_bytes}` becomes `` `limit_bytes` ``.
fn meaning(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, placeholder)) = rest.split_once('{') {
        let (placeholder, after) = placeholder.split_once('}').expect("braces are paired");
        let name = placeholder.split('|').next().unwrap_or(placeholder);
        said += &format!("{before}`{name}`");
        rest = after;
    }
    said + rest
}
