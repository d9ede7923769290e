//! `catalog/README.md` has every key of the catalog's files, and what it shows as examples is sound;
//! `sluice.example.toml` has every key of the settings.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use sluice::settings::Settings;

use super::blocks::blocks;
use super::{page, root};
use crate::support::program::run;

const PAGE: &str = "catalog/README.md";

/// The files that its examples are, in their order.
const EXAMPLES: [&str; 3] =
    ["departments.yaml", "procedure.yaml", "civil-affairs/marriage-example.yaml"];

#[test]
fn the_page_has_every_key_of_the_schemas() {
    let text = page(PAGE);
    let is_named = |key: &str| {
        text.match_indices(key).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + key.len()..].chars().next();
            let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            outside(before) && outside(after)
        })
    };
    for schema in ["departments", "procedure", "entry"] {
        let file = root().join(format!("catalog/{schema}.schema.json"));
        let schema: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let mut keys = BTreeSet::new();
        properties(&schema, &mut keys);
        assert!(keys.len() > 5, "{keys:?}");
        for key in keys {
            assert!(is_named(&key), "{PAGE} lacks the key {key}");
        }
    }
}

/// The tables of the settings; the first is the file itself.
const TABLES: [&str; 11] = [
    "",
    "[listen]",
    "[tls]",
    "[[authority]]",
    "[catalog]",
    "[log]",
    "[[witness]]",
    "[pseudonyms]",
    "[bounds]",
    "[limits]",
    "[upstream]",
];

#[test]
fn the_example_of_settings_has_every_key() {
    let example = fs::read_to_string(root().join("sluice.example.toml")).unwrap();
    for table in TABLES {
        assert!(example.contains(table), "{table} is missing");
        // A key that there is not is told with those that there are.
        let unknown = format!("{table}\nno_such_key = 1\n");
        let asked = if example.contains(&format!("\n{table}")) {
            example.replacen(table, &unknown, 1)
        } else {
            format!("{example}\n{unknown}")
        };
        let told = Settings::parse(&asked, "sluice.toml".as_ref()).unwrap_err().to_string();
        let (_, known) = told.split_once("expected").unwrap_or_else(|| panic!("{table}: {told}"));
        let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
        for key in known.iter().filter(|key| !key.is_empty()) {
            let found = example.lines().any(|line| {
                let line = line.trim_start_matches(['#', ' ', '[']);
                let line = line.strip_prefix("upstream.").unwrap_or(line);
                let rest = line.strip_prefix(key).unwrap_or_default();
                rest.starts_with(" =") || rest.starts_with(']')
            });
            assert!(found, "sluice.example.toml lacks {key} of {table:?}");
        }
    }
}

fn properties(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "properties" {
                    keys.extend(value.as_object().unwrap().keys().cloned());
                }
                properties(value, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, keys)),
        _ => {}
    }
}

#[test]
fn the_pages_examples_are_a_sound_catalog() {
    let dir = tempfile::tempdir().unwrap();
    let examples: Vec<_> =
        blocks(&page(PAGE)).into_iter().filter(|b| b.language == "yaml").collect();
    assert_eq!(examples.len(), EXAMPLES.len());
    for (example, file) in examples.iter().zip(EXAMPLES) {
        let file = dir.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, &example.text).unwrap();
    }
    let checked = run(&["catalog", "check", dir.path().to_str().unwrap()]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
}
