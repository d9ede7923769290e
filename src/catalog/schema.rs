//! The JSON Schema of the catalog's files, by which editors complete keys and mark mistakes.
//!
//! It is made from the declarations by which files are read. It demands less than the check: rules
//! between keys are left to that.

use serde_json::{Map, Value, json};

use super::files::{EntryFile, ProcedureFile, RegistryFile};
use super::keywords::with;
use super::shape::Shape;

/// The schema of `departments.yaml`.
pub fn registry() -> Value {
    document::<RegistryFile>("departments.yaml of a Sluice catalog")
}

/// The schema of `procedure.yaml`.
pub fn procedure() -> Value {
    document::<ProcedureFile>("procedure.yaml of a Sluice catalog")
}

/// The schema of `<department>/<entry>.yaml`.
pub fn entry() -> Value {
    document::<EntryFile>("An entry of a Sluice catalog")
}

fn document<T: Shape>(title: &str) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!(title));
    with(Value::Object(schema), T::schema())
}
