//! What a record says of itself: the conditions of its entry, looked up in the record as a whole.
//! Only records of entries that state conditions come here, so this need not be fast, and rests on
//! serde_json's reading of raw values.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::buffered::members;
use super::mask::{Day, day};
use super::plan::Plan;
use super::text;
use crate::domain::UnixMillis;
use crate::domain::condition::{Effect, Test};
use crate::domain::entry::Entry;
use crate::domain::field_path::{FieldPath, Step};

/// The conditions of an entry, and what each combination of them makes of a record.
#[derive(Debug)]
pub(super) struct Conditional {
    tests: Vec<Looked>,
    /// By the conditions that raise levels: each that is fulfilled is a bit of the index.
    variants: Vec<Arc<Plan>>,
}

/// A condition with the place of its field in a record.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    path: FieldPath,
    test: Test,
    withholds: bool,
}

/// The conditions of an entry, ready to be looked up.
pub(super) fn looked(entry: &Entry) -> Vec<Looked> {
    let looked = entry.conditions.iter().map(|condition| Looked {
        path: entry.fields[usize::from(condition.field)].path.clone(),
        test: condition.test.clone(),
        withholds: condition.effect == Effect::Withhold,
    });
    looked.collect()
}

impl Conditional {
    pub(super) fn new(tests: Vec<Looked>, variants: Vec<Arc<Plan>>) -> Conditional {
        Conditional { tests, variants }
    }

    /// The same with other plans.
    pub(super) fn map(&self, change: impl Fn(&Plan) -> Plan) -> Conditional {
        let variants = self.variants.iter().map(|plan| Arc::new(change(plan))).collect();
        Conditional { tests: self.tests.clone(), variants }
    }

    /// Whether any of the plans is so.
    pub(super) fn any(&self, is: impl Fn(&Plan) -> bool) -> bool {
        self.variants.iter().any(|plan| is(plan))
    }

    /// What a record, which is well-formed, is redacted by; none if it is withheld.
    pub(super) fn plan_for(&self, record: &[u8], today: Day) -> Option<&Arc<Plan>> {
        let record: Option<&RawValue> = serde_json::from_slice(record).ok();
        self.plan_by(|path| record.and_then(|record| find(record, &path.0)), today)
    }

    /// The same for a record whose values are found otherwise.
    pub(super) fn plan_by<'v>(
        &self,
        value: impl Fn(&FieldPath) -> Option<Value<'v>>,
        today: Day,
    ) -> Option<&Arc<Plan>> {
        let (mut raised, mut bit) = (0, 1);
        for Looked { path, test, withholds } in &self.tests {
            let fulfilled = value(path).is_none_or(|value| fulfils(&value, test, today));
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

/// What stands at a condition's field.
pub(super) enum Value<'a> {
    Text(std::borrow::Cow<'a, str>),
    /// A number or boolean, as it is spelled.
    Bare(&'a str),
}

/// The scalar at a path, if there is exactly one.
fn find<'a>(raw: &'a RawValue, path: &[Step]) -> Option<Value<'a>> {
    let Some((step, rest)) = path.split_first() else { return scalar(raw) };
    let Step::Member(name) = step else { return None };
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

fn scalar(raw: &RawValue) -> Option<Value<'_>> {
    let spelling = raw.get();
    match spelling.as_bytes()[0] {
        b'"' => text::decode(&spelling.as_bytes()[1..spelling.len() - 1]).map(Value::Text),
        b'{' | b'[' | b'n' => None,
        _ => Some(Value::Bare(spelling)),
    }
}

fn fulfils(value: &Value<'_>, test: &Test, today: Day) -> bool {
    match (test, value) {
        (Test::OneOf(values), Value::Text(text)) => values.iter().any(|one| **one == **text),
        (Test::OneOf(values), Value::Bare(spelling)) => {
            values.iter().any(|one| **one == **spelling)
        }
        (Test::YoungerThan { years }, Value::Text(text)) => {
            day(text).is_none_or(|born| is_younger(born, *years, today))
        }
        // A bare number is no date.
        (Test::YoungerThan { .. }, Value::Bare(_)) => true,
    }
}

/// Whether somebody born that day is not yet so many years old. Who is born on 29 February becomes
/// older on 1 March of a common year.
fn is_younger((year, month, day): Day, years: u8, today: Day) -> bool {
    (year + i32::from(years), month, day) > today
}

/// The earliest day that it is anywhere on earth: nobody is taken for older than he is.
pub(super) fn earliest_day(now: UnixMillis) -> Day {
    const HALF_A_DAY_MS: i64 = 12 * 60 * 60 * 1_000;
    let text = crate::ledger::time::rfc3339(now - HALF_A_DAY_MS);
    // What is written there is a date, always.
    std::str::from_utf8(&text[..10]).ok().and_then(day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_coming_of_age_is_the_last_place_on_earths() {
        // 2026-03-01T11:59:59Z and a second later.
        let noon = 1_772_366_400_000;
        assert_eq!(earliest_day(noon - 1), (2026, 2, 28));
        assert_eq!(earliest_day(noon), (2026, 3, 1));
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
                Value::Text(text) => text.into_owned(),
                Value::Bare(spelling) => format!("bare {spelling}"),
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
