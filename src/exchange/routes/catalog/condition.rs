//! The statement of a condition of an entry's records: for programs, and in words.

use serde::Serialize;
use sluice_core::domain::condition::{self, ConditionEffect, Test};

use super::entry_context::EntryContext;
use crate::problem::Language;

/// A condition: what a record says of itself that changes what may be seen of it.
#[derive(Debug, Serialize)]
pub struct Condition<'a> {
    /// The field that is looked at.
    pub field: &'a str,
    /// Values that fulfil it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub one_of: &'a [Box<str>],
    /// Age in years below which a date of birth fulfils it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub younger_than_years: Option<u8>,
    /// True if nothing of the record is shown then.
    pub withhold: bool,
    /// The level that fields are of then, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// These fields; none stands for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<&'a str>,
    /// The same in words.
    pub words: String,
}

impl<'a> Condition<'a> {
    pub(in crate::exchange) fn of(
        seen: EntryContext<'a>,
        condition: &'a condition::Condition,
    ) -> Condition<'a> {
        let path = |ix: &u16| &*seen.paths[usize::from(*ix)];
        let (one_of, younger_than_years): (&[_], _) = match &condition.test {
            Test::OneOf(values) => (values, None),
            Test::YoungerThan { years } => (&[], Some(*years)),
        };
        let (level, fields) = match &condition.effect {
            ConditionEffect::Withhold => (None, Vec::new()),
            ConditionEffect::Raise { fields, level } => {
                (Some(level.number()), fields.iter().map(path).collect())
            }
        };
        let mut told = Condition {
            field: path(&condition.field),
            one_of,
            younger_than_years,
            withhold: level.is_none(),
            level,
            fields,
            words: String::new(),
        };
        told.words = match seen.asker.language {
            Language::English => told.in_english(),
            Language::Chinese => told.in_chinese(),
        };
        told
    }

    fn in_english(&self) -> String {
        let test = match self.younger_than_years {
            Some(years) => format!("is less than {years} years ago"),
            None => format!("is one of {}", self.one_of.join(", ")),
        };
        let effect = match self.level {
            None => "nothing of the record is shown".to_owned(),
            Some(level) if self.fields.is_empty() => {
                format!("all fields are at least of level {level}")
            }
            Some(level) => format!("at least of level {level} are: {}", self.fields.join(", ")),
        };
        format!("Where {} {test}, or can't be read, {effect}.", self.field)
    }

    fn in_chinese(&self) -> String {
        let test = match self.younger_than_years {
            Some(years) => format!("距今不足 {years} 年"),
            None => format!("为下列之一({})", self.one_of.join("、")),
        };
        let effect = match self.level {
            None => "该记录不予提供".to_owned(),
            Some(level) if self.fields.is_empty() => format!("所有字段至少为 {level} 级"),
            Some(level) => format!("下列字段至少为 {level} 级：{}", self.fields.join("、")),
        };
        format!("{} {test}或无法读取时，{effect}。", self.field)
    }
}
