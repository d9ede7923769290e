//! The parts that JSON Schemas of the catalog's files are put together from: keys, and the keywords of
//! ids, paths, levels, rates and dates.

use serde_json::{Map, Value, json};

/// One key of a mapping.
pub(crate) struct Property {
    key: &'static str,
    schema: Value,
    required: bool,
}

impl Property {
    /// A key with the schema of its values, its documentation and what is known besides.
    pub(crate) fn new(
        key: &'static str,
        required: bool,
        schema: Value,
        doc: &str,
        hint: Value,
    ) -> Property {
        let described = with(schema, json!({"description": doc.trim()}));
        Property { key, schema: with(described, hint), required }
    }
}

/// The schema of a mapping with these keys and no others.
pub(crate) fn mapping(about: &str, properties: Vec<Property>) -> Value {
    let required: Vec<&str> = properties.iter().filter(|p| p.required).map(|p| p.key).collect();
    let properties: Map<String, Value> =
        properties.into_iter().map(|p| (p.key.to_owned(), p.schema)).collect();
    json!({
        "type": "object",
        "description": about.trim(),
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// An id.
pub(crate) fn id() -> Value {
    json!({"pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": 63})
}

/// A word by which departments are named together.
pub(crate) fn tag() -> Value {
    with(json!({"type": "string"}), id())
}

/// A field path.
pub(crate) fn path() -> Value {
    json!({"type": "string", "pattern": "^[$]"})
}

/// A media type without parameters.
pub(crate) fn media_type() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9.+_-]+/[a-z0-9.+_-]+$"})
}

/// A level or clearance.
pub(crate) fn level() -> Value {
    json!({"minimum": 1, "maximum": 4})
}

/// A rate.
pub(crate) fn rate() -> Value {
    json!({"pattern": "^[1-9][0-9]*/[smhd]$"})
}

/// A calendar date.
pub(crate) fn date() -> Value {
    json!({"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
}

/// A calendar date in a list.
pub(crate) fn day() -> Value {
    with(json!({"type": "string"}), date())
}

/// A duration.
pub(crate) fn duration() -> Value {
    json!({"pattern": "^P[0-9PYMWDTHS]+$"})
}

/// One object with the members of two; of the same key the second's stay.
pub(crate) fn with(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (a, _) => a,
    }
}
