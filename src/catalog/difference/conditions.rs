//! Differences in an entry, its operations and terms, apart from the access to fields.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::{Budget, BudgetWindow};
use sluice_core::domain::classification::Class;
use sluice_core::domain::condition::{self, Condition, Test};
use sluice_core::domain::entry::{Entry, Operation, Segment, Upstream};
use sluice_core::domain::field::Field;
use sluice_core::domain::parameter::{Parameter, Rule};
use sluice_core::domain::rate::Rate;
use sluice_core::domain::terms::{Bound, CaseRule, Operators, Term};

use super::{Effect, list, quoted};

/// The kind of a statement, and its present text.
type Said = (&'static str, String);

/// Compares two versions of an entry.
pub(super) fn compare(old: &Entry, new: &Entry) -> Vec<(Effect, String)> {
    let mut changes = Vec::new();
    match (old.active, new.active) {
        (true, false) => changes.push((Effect::Closes, "it is inactive now".to_owned())),
        (false, true) => changes.push((Effect::Opens, "it is active now".to_owned())),
        (true, true) | (false, false) => {}
    }
    let mut alter = |text: String| changes.push((Effect::Alters, text));
    differing(of_entry(old), of_entry(new)).for_each(|what| alter(format!("its {what}")));
    for term in &new.terms {
        if let Some(before) = old.terms.iter().find(|before| before.id == term.id) {
            for what in differing(of_term(old, before), of_term(new, term)) {
                alter(format!("term `{}`: {what}", term.id));
            }
        }
    }
    for operation in &new.operations {
        if let Some(before) = old.operations.iter().find(|before| before.id == operation.id) {
            for what in differing(of_operation(before), of_operation(operation)) {
                alter(format!("operation `{}`: {what}", operation.id));
            }
            parameters((old, before), (new, operation), &mut alter);
        }
    }
    let order = |entry: &Entry, other: &Entry| -> Vec<String> {
        let both = entry.terms.iter().filter(|t| other.terms.iter().any(|o| o.id == t.id));
        both.map(|term| term.id.to_string()).collect()
    };
    if order(old, new) != order(new, old) {
        alter("its terms are tried in another order, so another one can be the basis".to_owned());
    }
    changes
}

fn differing(old: Vec<Said>, new: Vec<Said>) -> impl Iterator<Item = String> {
    old.into_iter().zip(new).filter(|(old, new)| old != new).map(|((label, old), (_, new))| {
        let nothing = |text: String| if text.is_empty() { "none".to_owned() } else { text };
        format!("{label} is {} ({} before)", nothing(new), nothing(old))
    })
}

fn of_entry(entry: &Entry) -> Vec<Said> {
    let class = match &entry.class {
        shared @ (Class::Unconditional | Class::Restricted) => shared.as_str().to_owned(),
        Class::NonShared(why) => format!("non-shared: {}", why.reason),
    };
    vec![
        ("title", entry.about.title.to_string()),
        ("class", class),
        ("category", entry.category.as_str().to_owned()),
        ("level", entry.level.number().to_string()),
        ("origin", entry.origin.as_str().to_owned()),
        ("records are about persons", entry.personal.to_string()),
        ("contact", entry.about.contact.to_string()),
        ("responsible department", entry.responsible().to_string()),
        ("list of related codes", entry.about.related.join(", ")),
        ("files", entry.opaque.join(", ")),
        ("rule on records", conditions(entry)),
        ("upstream", entry.upstream.as_ref().map(upstream).unwrap_or_default()),
    ]
}

fn conditions(entry: &Entry) -> String {
    let said: Vec<String> = entry.conditions.iter().map(|said| condition(entry, said)).collect();
    said.join("; ")
}

fn condition(entry: &Entry, said: &Condition) -> String {
    let path = |ix: &u16| format!("`{}`", entry.fields[usize::from(*ix)].path);
    let test = match &said.test {
        Test::OneOf(values) => format!("is one of {}", quoted(values.iter().map(|value| &**value))),
        Test::YoungerThan { years } => format!("is less than {years} years ago"),
    };
    let effect = match &said.effect {
        condition::ConditionEffect::Withhold => "nothing is shown".to_owned(),
        condition::ConditionEffect::Raise { fields, level } if fields.is_empty() => {
            format!("all fields are at least of level {}", level.number())
        }
        condition::ConditionEffect::Raise { fields, level } => {
            let paths: Vec<String> = fields.iter().map(path).collect();
            let verb = if paths.len() == 1 { "is" } else { "are" };
            format!("{} {verb} at least of level {}", list(&paths), level.number())
        }
    };
    format!("{effect} if {} {test}", path(&said.field))
}

fn upstream(upstream: &Upstream) -> String {
    let addresses: Vec<String> = upstream.addresses.iter().map(ToString::to_string).collect();
    let Upstream { base_path, total_timeout_ms, .. } = upstream;
    format!("{}{base_path} within {total_timeout_ms} ms", addresses.join(", "))
}

fn of_term(entry: &Entry, term: &Term) -> Vec<Said> {
    let path = |field: &u16| format!("`{}`", entry.fields[usize::from(*field)].path);
    let lookups: Vec<String> = term.lookups.iter().map(path).collect();
    let case = match &term.case {
        CaseRule::Optional => "optional".to_owned(),
        CaseRule::Required(None) => "required".to_owned(),
        CaseRule::Required(Some(pattern)) => format!("required like `{}`", pattern.as_str()),
    };
    let operators = match &term.operators {
        Operators::Optional => "optional".to_owned(),
        Operators::Required => "required".to_owned(),
        Operators::Listed(people) => {
            format!("one of {}", quoted(people.iter().map(|p| p.as_str())))
        }
    };
    let bindings = term.bindings.iter().map(|binding| match &binding.to {
        Bound::OwnRegion => format!("`{}` to the own region", binding.parameter),
        Bound::Exactly(value) => format!("`{}` to `{value}`", binding.parameter),
    });
    let told = [
        (term.tells_case, "the case"),
        (term.tells_consent, "the consent"),
        (term.tells_operator, "the operator"),
    ];
    let told: Vec<&str> =
        told.into_iter().filter(|(tells, _)| *tells).map(|(_, what)| what).collect();
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    vec![
        ("systems are limited to", quoted(term.systems.iter().map(|system| system.as_str()))),
        ("the case reference", case),
        ("the consent", if term.consent { "required" } else { "optional" }.to_owned()),
        ("the operator", operators),
        ("what is tied", bindings.collect::<Vec<_>>().join(", ")),
        ("what may be searched by though not shown", list(&lookups)),
        ("the rate", rates(&term.rates)),
        ("the rate of an operator", rates(&term.operator_rates)),
        ("the budget of a department", term.budget.as_deref().map(budget).unwrap_or_default()),
        ("its beginning", day(term.from)),
        ("its end", day(term.until)),
        ("its review", day(term.review)),
        ("what the provider is told", told.join(" and ")),
        ("confidential exchanges", if term.confidential { "yes" } else { "no" }.to_owned()),
        ("the agreement", text(&term.obligations.agreement)),
        ("the legal basis", text(&term.obligations.legal_basis)),
        ("the retention", text(&term.obligations.retention)),
    ]
}

pub(super) fn rates(all: &[Rate]) -> String {
    all.iter().map(rate).collect::<Vec<_>>().join(" and ")
}

fn budget(budget: &Budget) -> String {
    let limits = budget.limits().map(|(window, unit, limit)| {
        let per = if window == BudgetWindow::Day { "a day" } else { "in all" };
        format!("{limit} {} {per}", unit.as_str())
    });
    list(&limits.collect::<Vec<_>>())
}

fn rate(rate: &Rate) -> String {
    let burst = rate.burst.map(|burst| format!(", {burst} at once")).unwrap_or_default();
    format!("{} in {} s{burst}", rate.requests, rate.window_seconds)
}

/// The day that a moment of the catalog begins: midnight of UTC+8.
fn day(moment: Option<UnixMillis>) -> String {
    let offset = jiff::tz::Offset::constant(8);
    let stamp = moment.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    stamp.map(|stamp| offset.to_datetime(stamp).date().to_string()).unwrap_or_default()
}

fn of_operation(operation: &Operation) -> Vec<Said> {
    let path: String =
        operation.template.segments.iter().fold(String::new(), |path, segment| match segment {
            Segment::Literal(text) => format!("{path}/{text}"),
            Segment::Parameter(ix) => {
                format!("{path}/{{{}}}", operation.parameters[usize::from(*ix)].name)
            }
        });
    let paths = |paths: &[sluice_core::domain::field_path::FieldPath]| {
        paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    vec![
        ("method and path", format!("{} {path}", operation.method.as_str())),
        ("the mode", operation.mode.as_str().to_owned()),
        ("the place of records", operation.records.to_string()),
        ("what passes beside the records", paths(&operation.envelope)),
        ("who is recorded as asked about", paths(&operation.subjects)),
        ("the most records", operation.max_records.to_string()),
        ("approval", if operation.approval { "needed" } else { "not needed" }.to_owned()),
        ("the record", if operation.intent { "first" } else { "with the answer" }.to_owned()),
    ]
}

fn parameters(
    (former, old): (&Entry, &Operation),
    (entry, new): (&Entry, &Operation),
    alter: &mut impl FnMut(String),
) {
    let of = |fields: &[Field], operation: &Operation, name: &str| {
        let found = operation.parameters.iter().find(|parameter| *parameter.name == *name);
        found.map(|parameter| describe(fields, parameter))
    };
    let names = old.parameters.iter().chain(&new.parameters).map(|p| &*p.name);
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        match (of(&former.fields, old, name), of(&entry.fields, new, name)) {
            (Some(before), Some(now)) if before != now => {
                alter(format!("operation `{}`: `{name}` is {now} ({before} before)", new.id));
            }
            (Some(_), None) => alter(format!("operation `{}`: `{name}` is gone", new.id)),
            (None, Some(now)) => alter(format!("operation `{}`: `{name}` is new, {now}", new.id)),
            _ => {}
        }
    }
}

fn describe(fields: &[Field], parameter: &Parameter) -> String {
    let must = if parameter.required { "required" } else { "optional" };
    let rule = match &parameter.rule {
        Rule::Text { pattern, max_chars } => {
            format!("text like `{}` of at most {max_chars} characters", pattern.as_str())
        }
        Rule::Integer { min, max } => format!("a number from {min} to {max}"),
        Rule::Boolean => "true or false".to_owned(),
    };
    let subject = if parameter.subject { ", who is asked about" } else { "" };
    let place = format!("{:?}", parameter.place).to_lowercase();
    let field = parameter.searches.map(|field| &fields[usize::from(field)].path);
    let searches = field.map(|path| format!(", searches `{path}`")).unwrap_or_default();
    format!("{must}, {rule}, in the {place}{searches}{subject}")
}
