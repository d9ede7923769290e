//! Conditions: values within a record that change what a consumer may see of it, such as a child's
//! date of birth or a seal.

use serde::{Deserialize, Serialize};

use super::classification::Level;

/// Most conditions of an entry. Each combination of those that raise levels has a view of its own.
pub const MAX_CONDITIONS: usize = 4;

/// A rule of the entry: if a field of a record has a certain value, other fields take a higher
/// level, or nothing of the record is shown. A record in which the field is missing, stands twice
/// or can't be read fulfils the condition too, because it is not known to be harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The field that is looked at, by its index in the entry.
    pub field: u16,
    /// The test of its value.
    pub test: Test,
    /// The effect on the record.
    pub effect: ConditionEffect,
}

/// The test by which a condition is fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// The value is one of these; a number or boolean is compared as it is spelled.
    OneOf(Vec<Box<str>>),
    /// The value is a date of birth less than so many years before the day of the request, in any
    /// time zone.
    YoungerThan {
        /// Years.
        years: u8,
    },
}

/// The effect of a fulfilled condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConditionEffect {
    /// Nothing of the record is shown, and the record is not counted.
    Withhold,
    /// These fields have at least this level.
    Raise {
        /// The fields, by their indices; none means all.
        fields: Vec<u16>,
        /// The level.
        level: Level,
    },
}

impl ConditionEffect {
    /// The level that the effect gives a field, if it raises it.
    pub fn level_of(&self, field: u16) -> Option<Level> {
        match self {
            ConditionEffect::Raise { fields, level } => {
                (fields.is_empty() || fields.contains(&field)).then_some(*level)
            }
            ConditionEffect::Withhold => None,
        }
    }
}
