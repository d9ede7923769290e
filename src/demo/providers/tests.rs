mod mistakes;
mod recorded;

use std::collections::BTreeSet;

use serde_json::Value;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::field::FieldKind;
use sluice_core::domain::field_path::{FieldPath, PathStep};
use sluice_core::domain::policy::Policy;
use sluice_core::redaction::mask::{self, Masking};

use super::*;
use crate::demo::people::Person;
use crate::demo::world::World;

/// A request for an operation of the sample catalog, as the gateway would forward it.
struct Case {
    entry: &'static str,
    operation: &'static str,
    target: String,
    body: Option<Value>,
}

fn cases() -> Vec<Case> {
    let world = World::sample();
    let person = &world.people()[0];
    let child = world.people().iter().find(|person| person.vaccinated).expect("a child");
    let enterprise = &world.enterprises()[0];
    let of = |person: &Person| Some(serde_json::json!({ "id_number": person.id_number }));
    let case = |entry, operation, target: &str, body| Case {
        entry,
        operation,
        target: target.to_owned(),
        body,
    };
    let searched = serde_json::json!({ "name": person.name, "division": "330106" });
    let passed = serde_json::json!({ "plate": person.plate, "date": "2026-11-02" });
    let registered = serde_json::json!({
        "id_number": person.id_number,
        "division": "330106",
        "employer_code": enterprise.code,
        "started_on": "2026-11-02",
        "full_time": false,
    });
    vec![
        case("civil-affairs/divisions", "query", "/330106", None),
        case("civil-affairs/divisions", "list", "?parent=330100", None),
        case("civil-affairs/marriage", "query", "/query", of(person)),
        case("civil-affairs/minimum-living-allowance", "query", "/query", of(person)),
        case(
            "civil-affairs/minimum-living-allowance",
            "recipients",
            "/recipients?division=330106",
            None,
        ),
        case("civil-affairs/minimum-living-allowance", "export", "/export", None),
        case("public-security/population", "query", "/query", of(person)),
        case("public-security/population", "search", "/search", Some(searched)),
        case("public-security/vehicle-passes", "search", "/search", Some(passed)),
        case("human-resources/social-insurance", "query", "/query", of(person)),
        case("human-resources/employment-registration", "query", "/query", of(person)),
        case(
            "human-resources/employment-registration",
            "register",
            "/registrations",
            Some(registered),
        ),
        case(
            "market-regulation/enterprise-licences",
            "query",
            &format!("/{}", enterprise.code),
            None,
        ),
        case(
            "market-regulation/enterprise-licences",
            "search",
            "?name=%E6%A0%B7%E4%BE%8B&status=%E5%AD%98%E7%BB%AD&page=1",
            None,
        ),
        case("market-regulation/food-inspections", "query", "/FI2026-00001", None),
        case("health/hospitals", "query", "/H3301060001", None),
        case("health/hospitals", "list", "?division=330106", None),
        case("health/immunisation", "query", "/query", of(child)),
    ]
}

fn policy() -> Policy {
    crate::demo::stage::catalog().unwrap_or_else(|problems| panic!("{problems}"))
}

fn entry_of<'a>(policy: &'a Policy, id: &str) -> &'a Entry {
    let (department, entry) = id.split_once('/').expect("department/entry");
    policy.entry(policy.find(department, entry).unwrap_or_else(|| panic!("no entry {id}")))
}

fn ask(entry: &Entry, method: &str, target: &str, body: Option<&Value>) -> ProviderAnswer {
    let department = entry.id.department().as_str();
    let provider = ProviderSystem::ALL.into_iter().find(|known| known.department() == department);
    let base_path = &entry.upstream.as_ref().expect("an upstream").base_path;
    let whole = format!("{base_path}{target}");
    let (path, query) = whole.split_once('?').map_or((&*whole, None), |(p, q)| (p, Some(q)));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    answer(provider.expect("a provider"), &ProviderRequest { method, path, query, body: &body })
}

/// All values at a path.
fn at<'a>(value: &'a Value, steps: &[PathStep]) -> Vec<&'a Value> {
    match steps {
        [] => vec![value],
        [PathStep::Member(name), below @ ..] => {
            value.get(&**name).map_or(Vec::new(), |value| at(value, below))
        }
        [PathStep::Each, below @ ..] => {
            value.as_array().into_iter().flatten().flat_map(|value| at(value, below)).collect()
        }
    }
}

/// The paths of all scalars in a value.
fn scalars(value: &Value, here: &FieldPath, found: &mut BTreeSet<String>) {
    let below = |step| here.join(&FieldPath(vec![step]));
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                scalars(value, &below(PathStep::Member(name.as_str().into())), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                scalars(item, &below(PathStep::Each), found);
            }
        }
        _ => drop(found.insert(here.to_string())),
    }
}

fn kind_of(value: &Value) -> Option<FieldKind> {
    match value {
        Value::String(_) => Some(FieldKind::Text),
        Value::Number(_) => Some(FieldKind::Number),
        Value::Bool(_) => Some(FieldKind::Boolean),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[test]
fn every_operation_is_answered_with_all_that_is_declared_and_more() {
    let policy = policy();
    for Case { entry, operation, target, body } in cases() {
        let name = format!("{entry} {operation}");
        let entry = entry_of(&policy, entry);
        let operation = entry.operations.iter().find(|known| known.id == operation);
        let operation = operation.unwrap_or_else(|| panic!("no operation {name}"));
        let answered = ask(entry, operation.method.as_str(), &target, body.as_ref());
        assert!(matches!(answered.status, 200 | 201), "{name}: {answered:?}");
        let whole: Value = serde_json::from_slice(&answered.body).unwrap();
        let records = at(&whole, &operation.records.0);
        assert!(!records.is_empty(), "{name} has no records");
        assert!(records.len() <= operation.max_records as usize, "{name}: {}", records.len());
        for beside in &operation.envelope {
            assert_eq!(at(&whole, &beside.0).len(), 1, "{name}: {beside}");
        }
        let mut present = BTreeSet::new();
        records.iter().for_each(|record| scalars(record, &FieldPath::root(), &mut present));
        for field in &entry.fields {
            assert!(present.remove(&field.path.to_string()), "{name} lacks {}", field.path);
            for value in records.iter().flat_map(|record| at(record, &field.path.0)) {
                let fits = value.is_null() || kind_of(value) == Some(field.kind);
                assert!(fits, "{name}: {} is {value}", field.path);
            }
        }
        assert!(!present.is_empty(), "{name} answers nothing beyond what is declared");
    }
}

#[test]
fn no_operation_of_the_catalog_is_left_out() {
    let policy = policy();
    let known: BTreeSet<_> =
        cases().iter().map(|case| format!("{} {}", case.entry, case.operation)).collect();
    let operations = policy.entries().iter().flat_map(|entry| {
        entry.operations.iter().map(move |operation| format!("{} {}", entry.id, operation.id))
    });
    assert_eq!(operations.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_mask_knows_the_form_of_what_it_masks() {
    let policy = policy();
    for Case { entry, operation, target, body } in cases() {
        let entry = entry_of(&policy, entry);
        let operation = entry.operations.iter().find(|known| known.id == operation);
        let operation = operation.expect("an operation");
        let answered = ask(entry, operation.method.as_str(), &target, body.as_ref());
        let whole: Value = serde_json::from_slice(&answered.body).unwrap();
        for field in entry.fields.iter().filter(|field| field.kind == FieldKind::Text) {
            let Some(mask) = &field.mask else { continue };
            for value in at(&whole, &operation.records.join(&field.path).0) {
                let Some(text) = value.as_str() else { continue };
                let mut shown = Vec::new();
                mask::write_text(Masking { mask, pseudonyms: None }, text, &mut shown);
                let shown = String::from_utf8(shown).unwrap();
                assert_ne!(shown, "\"***\"", "{} {}: {text}", entry.id, field.path);
                assert!(!shown.contains(text), "{} {}: {text}", entry.id, field.path);
            }
        }
    }
}

#[test]
fn numbers_keep_every_digit() {
    let policy = policy();
    let person = &World::sample().people()[0];
    let body = serde_json::json!({ "id_number": person.id_number });
    let about = |entry| ask(entry_of(&policy, entry), "POST", "/query", Some(&body));
    let resident = about("public-security/population");
    let text = String::from_utf8(resident.body).unwrap();
    assert!(text.contains("\"record_number\": 330106202600000001,"), "{text}");
    let allowance = about("civil-affairs/minimum-living-allowance");
    let text = String::from_utf8(allowance.body).unwrap();
    assert!(text.contains("\"monthly_amount\":3390.00,"), "{text}");
}

#[test]
fn error_answers_repeat_what_was_asked() {
    let nobody = serde_json::json!({ "id_number": "330106190001010000" });
    let policy = policy();
    let population = entry_of(&policy, "public-security/population");
    let answered = ask(population, "POST", "/query", Some(&nobody));
    let text = String::from_utf8(answered.body).unwrap();
    assert_eq!(answered.status, 404);
    assert!(text.contains("查无此人：330106190001010000"), "{text}");
}

#[test]
fn what_is_no_request_of_theirs_is_refused() {
    let asked = |method, path, body| {
        let request = ProviderRequest { method, path, query: None, body };
        answer(ProviderSystem::Health, &request).status
    };
    assert_eq!(asked("GET", "/v1/marriage/query", b""), 404);
    assert_eq!(asked("DELETE", "/v1/hospitals", b""), 404);
    assert_eq!(asked("POST", "/v1/immunisation/query", b"{"), 400);
    assert_eq!(asked("GET", "/v1//hospitals", b""), 400);
}
