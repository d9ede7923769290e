//! Fields that an entry declares.

use serde::{Deserialize, Serialize};

use super::classification::Level;
use super::field_path::FieldPath;
use super::mask::Mask;

/// A field of an entry's records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its path in a record.
    pub path: FieldPath,
    /// Its name for people.
    pub title: Box<str>,
    /// The type of its value.
    pub kind: FieldKind,
    /// Its level.
    pub level: Level,
    /// The mask that consumers without the clearance see in its place.
    pub mask: Option<Mask>,
    /// True if it is shown under an approved grant only, whatever the terms say.
    pub approval: bool,
}

/// The type of a field's value. A value of another type is dropped and counted.
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
