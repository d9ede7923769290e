//! Fields that an entry declares.

use serde::{Deserialize, Serialize};

use super::classification::Level;
use super::field_path::FieldPath;
use super::mask::Mask;

/// A field of an entry's records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Where it stands in a record.
    pub path: FieldPath,
    /// What it is called, for people.
    pub title: Box<str>,
    /// What its value is.
    pub kind: FieldKind,
    /// How sensitive it is.
    pub level: Level,
    /// What stands in its place for those without the clearance.
    pub mask: Option<Mask>,
    /// Usable under an approved grant only, whatever the terms say.
    pub approval: bool,
}

/// What a field's value is. Anything else in its place is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum FieldKind {
    Text,
    Number,
    Boolean,
}

impl FieldKind {
    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Number => "number",
            FieldKind::Boolean => "boolean",
        }
    }
}
