//! `catalog/README.md` has every key of the catalog's files, and what it shows as examples is sound.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

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
