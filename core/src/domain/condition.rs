//! What a record says of itself that changes what may be seen of it: a child's, a sealed one.

use serde::{Deserialize, Serialize};

use super::classification::Level;

/// Most conditions of an entry: each combination of those that raise levels has a view of its own.
pub const MAX_CONDITIONS: usize = 4;

/// When a field of a record says so, other fields take a higher level, or nothing of the record is
/// shown. A record in which the field is missing, stands twice, or can't be read fulfils it too:
/// what isn't known to be harmless isn't.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The field that is looked at, by its index in the entry.
    pub field: u16,
    /// What it must say.
    pub test: Test,
    /// What comes of it.
    pub effect: ConditionEffect,
}

/// What a field must say for a condition to be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// One of these values; a number or boolean as it is spelled.
    OneOf(Vec<Box<str>>),
    /// A date of birth less than so many years ago, on the day it is asked, wherever on earth.
    YoungerThan {
        /// Years.
        years: u8,
    },
}

/// What comes of a fulfilled condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConditionEffect {
    /// Nothing of the record is shown, and it is not counted.
    Withhold,
    /// These fields, by their indices, are at least of this level.
    Raise {
        /// The fields; none means all.
        fields: Vec<u16>,
        /// The level.
        level: Level,
    },
}

impl ConditionEffect {
    /// The level of a field under it, if it is raised.
    pub fn level_of(&self, field: u16) -> Option<Level> {
        match self {
            ConditionEffect::Raise { fields, level } => {
                (fields.is_empty() || fields.contains(&field)).then_some(*level)
            }
            ConditionEffect::Withhold => None,
        }
    }
}
