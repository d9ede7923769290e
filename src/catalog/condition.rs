//! The meaning of an entry's conditions.

use sluice_core::domain::condition::{Condition, ConditionEffect, MAX_CONDITIONS, Test};
use sluice_core::domain::field::FieldKind;
use sluice_core::domain::field_path::PathStep;

use super::field::Fields;
use super::files::ConditionSaid;
use super::rule::Rule;
use super::shape::{Report, Spanned};

/// Greatest age that a condition can ask for, in years.
const MOST_YEARS: u32 = 120;

/// Reads the conditions of an entry.
pub(crate) fn conditions(
    said: &[Spanned<ConditionSaid>],
    fields: &Fields,
    report: &mut Report<'_>,
) -> Vec<Condition> {
    if let Some(beyond) = said.get(MAX_CONDITIONS) {
        let message = format!("the entry has {} conditions", said.len());
        let advice = format!("keep at most {MAX_CONDITIONS}");
        report.add(beyond.place, Rule::BadCondition, message, advice);
        return Vec::new();
    }
    said.iter().filter_map(|said| read(said, fields, report)).collect()
}

fn read(
    said: &Spanned<ConditionSaid>,
    fields: &Fields,
    report: &mut Report<'_>,
) -> Option<Condition> {
    let field = fields.find(&said.value.field, report);
    if fields.list.iter().any(|field| field.path.0.is_empty()) {
        let message = "the entry's records are mere values: they say nothing of themselves";
        report.add(said.place, Rule::BadCondition, message, "remove the condition");
        return None;
    }
    if field.is_some_and(|ix| fields.list[usize::from(ix)].path.0.contains(&PathStep::Each)) {
        let message = format!("`{}` can stand several times in a record", said.value.field.value);
        let advice = "a condition looks at a field without `[*]` in its path";
        report.add(said.value.field.place, Rule::BadCondition, message, advice);
        return None;
    }
    let kind = field.map(|ix| fields.list[usize::from(ix)].kind);
    let test = test(said, kind, report);
    let effect = effect(said, fields, report);
    Some(Condition { field: field?, test: test?, effect: effect? })
}

fn test(
    said: &Spanned<ConditionSaid>,
    kind: Option<FieldKind>,
    report: &mut Report<'_>,
) -> Option<Test> {
    match (&said.value.one_of.0, &said.value.younger_than_years) {
        (Some(values), None) => {
            let kind = kind?;
            for value in values.iter().filter(|value| !is_of(kind, &value.value)) {
                let message = format!("`{}` is no {} that is not empty", value.value, word(kind));
                let advice = "write values of the field's type; what is of another, or empty, \
                              fulfils the condition anyway";
                report.add(value.place, Rule::BadCondition, message, advice);
            }
            Some(Test::OneOf(values.iter().map(|value| value.value.as_str().into()).collect()))
        }
        (None, Some(years)) => {
            if kind.is_some_and(|kind| kind != FieldKind::Text) {
                let message = "a date of birth is a text";
                let advice = "look at the field that holds it, or at one of `one_of`";
                report.add(years.place, Rule::BadCondition, message, advice);
            }
            let years = report.number(years, 1, MOST_YEARS)?;
            Some(Test::YoungerThan { years: years as u8 })
        }
        _ => {
            let message = "a condition says once when it is fulfilled";
            let advice = "write exactly one of `one_of: [sealed]` and `younger_than_years: 14`";
            report.add(said.place, Rule::BadCondition, message, advice);
            None
        }
    }
}

/// Says whether a field of that kind can hold this.
fn is_of(kind: FieldKind, value: &str) -> bool {
    match kind {
        FieldKind::Text => !value.is_empty(),
        FieldKind::Number => serde_json::from_str::<serde_json::Number>(value).is_ok(),
        FieldKind::Boolean => matches!(value, "true" | "false"),
    }
}

fn word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Number => "number",
        FieldKind::Boolean => "boolean",
    }
}

fn effect(
    said: &Spanned<ConditionSaid>,
    fields: &Fields,
    report: &mut Report<'_>,
) -> Option<ConditionEffect> {
    let withhold = said.value.withhold.as_ref().is_some_and(|withhold| withhold.value);
    let listed = &said.value.fields.0;
    match (&said.value.level, withhold) {
        (Some(level), false) => {
            let level_said = level;
            let level = report.level(level)?;
            let raised: Vec<u16> =
                listed.iter().flatten().filter_map(|path| fields.find(path, report)).collect();
            let effect = ConditionEffect::Raise { fields: raised, level };
            let raises = |(ix, field): (usize, &sluice_core::domain::field::Field)| {
                effect.level_of(ix as u16).is_some_and(|level| level > field.level)
            };
            if !fields.list.iter().enumerate().any(raises) && !fields.list.is_empty() {
                let message = "this raises no field: all of them are of that level already";
                let advice = "make it a higher level, or remove the condition";
                report.add(level_said.place, Rule::BadCondition, message, advice);
            }
            Some(effect)
        }
        (None, true) if listed.is_none() => Some(ConditionEffect::Withhold),
        (None, true) => {
            let message = "a record is withheld as a whole, not field by field";
            report.add(
                said.place,
                Rule::BadCondition,
                message,
                "remove `fields`, or write `level`",
            );
            None
        }
        _ => {
            let message = "a condition says once what comes of it";
            let advice = "write exactly one of `level: 3` and `withhold: true`";
            report.add(said.place, Rule::BadCondition, message, advice);
            None
        }
    }
}
