//! Conditions of an entry, looked up in a whole record. Only records of entries that state
//! conditions come here, so this need not be fast, and uses serde_json's reading of raw values.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::mask::{CalendarDate, day, has_time, range};
use super::raw::members;
use super::text;
use crate::domain::UnixMillis;
use crate::domain::condition::{ConditionEffect, Test};
use crate::domain::entry::Entry;
use crate::domain::field::FieldKind;
use crate::domain::field_path::{FieldPath, PathStep};

/// The conditions of an entry, and the plan (`P`) that each combination of them gives a record.
#[derive(Debug)]
pub(super) struct Conditional<P> {
    tests: Vec<ConditionLookup>,
    /// The plans, by the conditions that raise levels: the bits of the index are the fulfilled
    /// ones.
    variants: Vec<Arc<P>>,
}

/// A condition with the place of its field in a record.
#[derive(Clone, Debug)]
pub(super) struct ConditionLookup {
    path: FieldPath,
    kind: FieldKind,
    test: Test,
    withholds: bool,
}

/// Prepares the conditions of an entry for look-up.
pub(super) fn looked(entry: &Entry) -> Vec<ConditionLookup> {
    let looked = entry.conditions.iter().map(|condition| {
        let field = &entry.fields[usize::from(condition.field)];
        ConditionLookup {
            path: field.path.clone(),
            kind: field.kind,
            test: condition.test.clone(),
            withholds: condition.effect == ConditionEffect::Withhold,
        }
    });
    looked.collect()
}

impl<P> Conditional<P> {
    pub(super) fn new(tests: Vec<ConditionLookup>, variants: Vec<Arc<P>>) -> Conditional<P> {
        Conditional { tests, variants }
    }

    /// Copies the conditions, with other plans.
    pub(super) fn map(&self, change: impl Fn(&P) -> P) -> Conditional<P> {
        let variants = self.variants.iter().map(|plan| Arc::new(change(plan))).collect();
        Conditional { tests: self.tests.clone(), variants }
    }

    /// Tells whether a predicate holds for any of the plans.
    pub(super) fn any(&self, is: impl Fn(&P) -> bool) -> bool {
        self.variants.iter().any(|plan| is(plan))
    }

    /// The plan for a well-formed record; none if the record is withheld.
    pub(super) fn plan_for(&self, record: &[u8], today: Today) -> Option<&Arc<P>> {
        let record: Option<&RawValue> = serde_json::from_slice(record).ok();
        self.plan_by(|path| record.and_then(|record| find(record, &path.0)), today)
    }

    /// The plan for a record in another format, whose values `value` finds; none if the record is
    /// withheld.
    pub(super) fn plan_by<'v>(
        &self,
        value: impl Fn(&FieldPath) -> Option<ConditionValue<'v>>,
        today: Today,
    ) -> Option<&Arc<P>> {
        let (mut raised, mut bit) = (0, 1);
        for ConditionLookup { path, kind, test, withholds } in &self.tests {
            let said = value(path).and_then(|value| value.of(*kind));
            let fulfilled = said.is_none_or(|said| fulfils(&said, *kind, test, today));
            if *withholds && fulfilled {
                return None;
            }
            if !*withholds {
                raised |= if fulfilled { bit } else { 0 };
                bit <<= 1;
            }
        }
        self.variants.get(raised)
    }
}

/// A value at a condition's field.
pub(super) enum ConditionValue<'a> {
    Text(std::borrow::Cow<'a, str>),
    /// A number or boolean, as it is spelled.
    Bare(&'a str),
    /// The content of a table's cell: a text, a number or a boolean.
    Cell(std::borrow::Cow<'a, str>),
}

impl<'a> ConditionValue<'a> {
    /// The content, if there is one and it is of the declared type.
    fn of(self, kind: FieldKind) -> Option<std::borrow::Cow<'a, str>> {
        use std::borrow::Cow::Borrowed;
        let (said, cell) = match self {
            ConditionValue::Text(text) if kind == FieldKind::Text => (text, false),
            ConditionValue::Bare(spelling) if kind != FieldKind::Text => {
                (Borrowed(spelling), false)
            }
            ConditionValue::Cell(text) => (text, true),
            ConditionValue::Text(_) | ConditionValue::Bare(_) => return None,
        };
        let said = match kind {
            FieldKind::Boolean if cell => said.to_ascii_lowercase().into(),
            _ => said,
        };
        let fits = match kind {
            FieldKind::Text => !said.is_empty(),
            FieldKind::Number => range::same(&said, &said),
            FieldKind::Boolean => matches!(&*said, "true" | "false"),
        };
        fits.then_some(said)
    }
}

/// The scalar at a path, if there is exactly one.
fn find<'a>(raw: &'a RawValue, path: &[PathStep]) -> Option<ConditionValue<'a>> {
    let Some((step, rest)) = path.split_first() else { return scalar(raw) };
    let PathStep::Member(name) = step else { return None };
    let members = if raw.get().starts_with('{') { members(raw).ok()? } else { return None };
    let mut found = members.into_iter().filter(|(key, _)| {
        let spelled = key.map(|key| key.get().as_bytes()).unwrap_or_default();
        let spelled = spelled.get(1..spelled.len().saturating_sub(1)).unwrap_or_default();
        text::decode(spelled).is_some_and(|key| *key == **name)
    });
    match (found.next(), found.next()) {
        (Some((_, value)), None) => find(value, rest),
        _ => None,
    }
}

fn scalar(raw: &RawValue) -> Option<ConditionValue<'_>> {
    let spelling = raw.get();
    match spelling.as_bytes()[0] {
        b'"' => text::decode(&spelling.as_bytes()[1..spelling.len() - 1]).map(ConditionValue::Text),
        b'{' | b'[' | b'n' => None,
        _ => Some(ConditionValue::Bare(spelling)),
    }
}

fn fulfils(said: &str, kind: FieldKind, test: &Test, today: Today) -> bool {
    match test {
        Test::OneOf(values) if kind == FieldKind::Number => {
            values.iter().any(|one| range::same(one, said))
        }
        Test::OneOf(values) => values.iter().any(|one| **one == *said),
        Test::YoungerThan { years } => {
            let today = if has_time(said) { today.before } else { today.day };
            day(said).is_none_or(|born| is_younger(born, *years, today))
        }
    }
}

/// Tells whether a person born on that day has not reached that age. A person born on 29 February
/// becomes older on 1 March of a common year.
fn is_younger((year, month, day): CalendarDate, years: u8, today: CalendarDate) -> bool {
    (year + i32::from(years), month, day) > today
}

/// The earliest date that any time zone has now, so that nobody is taken for older than they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Today {
    day: CalendarDate,
    /// The day before, for dates of birth with a time: in another zone they can be a day later.
    before: CalendarDate,
}

impl Today {
    pub(super) fn at(now: UnixMillis) -> Today {
        const HALF_A_DAY_MS: i64 = 12 * 60 * 60 * 1_000;
        let day = |time: UnixMillis| {
            let text = crate::ledger::time::rfc3339(time);
            // The text written above always begins with a date.
            text.as_str().get(..10).and_then(day).unwrap_or_default()
        };
        Today { day: day(now - HALF_A_DAY_MS), before: day(now - 3 * HALF_A_DAY_MS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_coming_of_age_is_the_last_place_on_earths() {
        // The times are 2026-03-01T11:59:59Z and a second later.
        let noon = 1_772_366_400_000;
        let (before, today) = ((2026, 2, 28), (2026, 3, 1));
        assert_eq!(Today::at(noon - 1), Today { day: before, before: (2026, 2, 27) });
        assert_eq!(Today::at(noon), Today { day: today, before });
        let young = Test::YoungerThan { years: 14 };
        let fulfils = |said| fulfils(said, FieldKind::Text, &young, Today::at(noon));
        assert!(!fulfils("2012-03-01") && fulfils("2012-03-01T16:00:00Z"));
        assert!(fulfils("2012-03-02") && !fulfils("2012-02-28T23:59:59+08:00"));
        assert!(fulfils("2012") && fulfils("1 March 2012"));
        assert!(is_younger((2012, 3, 2), 14, (2026, 3, 1)));
        assert!(!is_younger((2012, 3, 1), 14, (2026, 3, 1)));
        assert!(is_younger((2012, 2, 29), 14, (2026, 2, 28)));
        assert!(!is_younger((2012, 2, 29), 14, (2026, 3, 1)));
    }

    #[test]
    fn a_value_is_found_only_where_there_is_one() {
        let found = |record: &str, path: &str| {
            let raw: &RawValue = serde_json::from_str(record).unwrap();
            let path = FieldPath::parse(path).unwrap();
            find(raw, &path.0).map(|value| match value {
                ConditionValue::Text(text) => text.into_owned(),
                ConditionValue::Bare(spelling) => format!("bare {spelling}"),
                ConditionValue::Cell(text) => format!("cell {text}"),
            })
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found(r#"{"a":{"b":"\u6bb5"},"c":1}"#, "$.a.b"), text("段"));
        assert_eq!(found(r#"{"\u0061":-1.0}"#, "$.a"), text("bare -1.0"));
        for record in [
            "{}",
            "[]",
            "1",
            r#"{"a":1,"\u0061":1}"#,
            r#"{"a":null}"#,
            r#"{"a":{}}"#,
            r#"{"a":[1]}"#,
            r#"{"a":"\ud800"}"#,
        ] {
            assert_eq!(found(record, "$.a"), None, "{record}");
        }
        assert_eq!(found(r#"{"a":[{"b":1}]}"#, "$.a[*].b"), None);
        assert_eq!(found(r#"{"a":{"b":1},"a":{"b":1}}"#, "$.a.b"), None);
    }
}
