//! The committed JSON Schemas are those of the reader, and agree with it about the samples.

use serde_json::Value;
use sluice_core::domain::parameter::Patterns;

use super::{DIVISIONS, MARRIAGE, samples};
use crate::catalog::schema;
use crate::catalog::yaml::{self, Node, NodeKind};
use crate::catalog::{PROCEDURE_FILE, REGISTRY_FILE, SourceFile};

/// Set to write the schemas anew where the format has changed.
const BLESS: &str = "SLUICE_BLESS";

#[test]
fn the_committed_schemas_are_true() {
    for (path, schema) in [
        ("catalog/departments.schema.json", schema::registry()),
        ("catalog/procedure.schema.json", schema::procedure()),
        ("catalog/entry.schema.json", schema::entry()),
    ] {
        let generated = format!("{schema:#}\n");
        if std::env::var_os(BLESS).is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == generated, "{path} is out of date: run the tests with {BLESS}=1");
    }
}

#[test]
fn the_samples_fit_the_schemas() {
    for source in samples() {
        let schema = match &*source.path {
            REGISTRY_FILE => schema::registry(),
            PROCEDURE_FILE => schema::procedure(),
            _ => schema::entry(),
        };
        assert_eq!(fit(&schema, &value_of(&source)), Ok(()), "{}", source.path);
    }
}

#[test]
fn what_the_schema_can_know_does_not_fit() {
    for (path, from, to, at) in [
        (MARRIAGE, "title_en:", "tilte_en:", "tilte_en"),
        (MARRIAGE, "class: restricted", "class: open", "class"),
        (MARRIAGE, "level: 3", "level: 5", "level"),
        (MARRIAGE, "level: 3", "level: high", "level"),
        (MARRIAGE, "contact: 民政局数据管理科", "", "contact"),
        (MARRIAGE, "mask: id-number", "mask: id_number", "mask"),
        (MARRIAGE, "retention: P30D", "retention: month", "retention"),
        (DIVISIONS, "rate: 50/s", "rate: 50", "rate"),
        (DIVISIONS, "consumers: [public-security]", "consumers: []", "consumers"),
    ] {
        let changed = super::changed(path, from, to);
        let source = changed.iter().find(|source| source.path == path).unwrap();
        let found = fit(&schema::entry(), &value_of(source)).unwrap_err();
        assert!(found.contains(at), "{to}: {found}");
    }
}

/// The file as JSON, with plain scalars as YAML's core schema takes them.
fn value_of(source: &SourceFile) -> Value {
    fn convert(node: &Node) -> Value {
        match &node.kind {
            _ if node.is_null() => Value::Null,
            NodeKind::Scalar { text, plain: false } => Value::from(&**text),
            NodeKind::Scalar { text, .. } => match serde_json::from_str(text) {
                Ok(found @ (Value::Bool(_) | Value::Number(_))) => found,
                _ => Value::from(&**text),
            },
            NodeKind::Sequence(elements) => elements.iter().map(convert).collect(),
            NodeKind::Mapping(members) => {
                members.iter().map(|(key, value)| (key.text.to_string(), convert(value))).collect()
            }
        }
    }
    convert(&yaml::parse(&source.text).unwrap())
}

/// The part of JSON Schema that our schemas use. An unknown keyword fails, lest it be overlooked.
fn fit(schema: &Value, value: &Value) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().unwrap() {
        let number = |value: &Value| value.as_f64().unwrap();
        let length = || value.as_str().map(|text| text.chars().count() as f64);
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" | "required" => true,
            "type" => match rule {
                Value::Array(types) => types.iter().any(|rule| is_of(rule, value)),
                rule => is_of(rule, value),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().any(|schema| fit(schema, value).is_ok()),
            "pattern" => value.as_str().is_none_or(|text| {
                let anchored = rule.as_str().unwrap();
                let searched = if anchored.ends_with('$') {
                    anchored.to_owned()
                } else {
                    format!("{anchored}.*")
                };
                Patterns::default().compile(&searched).unwrap().matches(text)
            }),
            "minimum" => value.as_f64().is_none_or(|value| value >= number(rule)),
            "maximum" => value.as_f64().is_none_or(|value| value <= number(rule)),
            "minLength" => length().is_none_or(|length| length >= number(rule)),
            "maxLength" => length().is_none_or(|length| length <= number(rule)),
            "minItems" => value.as_array().is_none_or(|list| list.len() as f64 >= number(rule)),
            "items" => {
                for element in value.as_array().into_iter().flatten() {
                    fit(rule, element)?;
                }
                true
            }
            "properties" => {
                fit_members(schema, value)?;
                true
            }
            "additionalProperties" => rule == &Value::Bool(false),
            other => return Err(format!("unknown keyword {other}")),
        };
        if !fits {
            return Err(format!("{value} breaks {keyword} {rule}"));
        }
    }
    Ok(())
}

fn fit_members(schema: &Value, value: &Value) -> Result<(), String> {
    let Some(members) = value.as_object() else { return Ok(()) };
    for (key, member) in members {
        let schema = schema["properties"].get(key).ok_or(format!("unknown key {key}"))?;
        fit(schema, member).map_err(|why| format!("{key}: {why}"))?;
    }
    let mut required = schema["required"].as_array().into_iter().flatten();
    match required.find(|key| !members.contains_key(key.as_str().unwrap())) {
        Some(missing) => Err(format!("missing {missing}")),
        None => Ok(()),
    }
}

fn is_of(rule: &Value, value: &Value) -> bool {
    match rule.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}
