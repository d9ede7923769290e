//! That the page on the log's format lists every detail that a record may have, as the code has it.
//! `SLUICE_WRITE_DOCS=1` writes the list instead of comparing it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sluice::problem::table;
use sluice_core::domain::rejection::{DetailMember, DetailValue, Rejection};

const PAGE: &str = "docs/log-format.md";
const FROM: &str = "<!-- details -->\n";
const UNTIL: &str = "<!-- /details -->\n";

#[test]
fn every_detail_of_a_record_is_documented() {
    let (path, page) = page();
    let (before, rest) = page.split_once(FROM).expect("the page has a region for details");
    let (listed, after) = rest.split_once(UNTIL).expect("the region ends");
    let rendered = rendered();
    if env::var_os("SLUICE_WRITE_DOCS").is_some_and(|asked| asked == "1") {
        fs::write(&path, format!("{before}{FROM}{rendered}{UNTIL}{after}")).unwrap();
        return;
    }
    let hint = "run this test with SLUICE_WRITE_DOCS=1";
    assert!(listed == rendered, "{} is not as the code has it; {hint}", path.display());
}

/// The page that has the region, with its text.
fn page() -> (PathBuf, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    (root.join(PAGE), fs::read_to_string(root.join(PAGE)).expect(PAGE))
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
