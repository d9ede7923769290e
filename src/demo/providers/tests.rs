use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;
use sluice_core::domain::entry::{Entry, FieldKind};
use sluice_core::domain::field_path::{FieldPath, Step};
use sluice_core::domain::policy::Policy;

use super::*;
use crate::demo::stage;

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
    let child = world.children().next().expect("the sample world has children");
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

/// The sample catalog, read once.
fn sample() -> &'static Policy {
    static SAMPLE: OnceLock<Policy> = OnceLock::new();
    SAMPLE.get_or_init(|| stage::catalog().expect("the sample catalog has no problem"))
}

fn entry_of(id: &str) -> &'static Entry {
    let entries = sample().entries();
    entries.iter().find(|entry| entry.id.as_str() == id).unwrap_or_else(|| panic!("no entry {id}"))
}

fn ask(method: &str, entry: &str, target: &str, body: Option<&Value>) -> ProviderAnswer {
    let upstream = entry_of(entry).upstream.as_ref().expect("an upstream");
    let provider = Provider::ALL.into_iter().find(|p| entry.starts_with(p.department()));
    let whole = format!("{}{target}", upstream.base_path);
    let (path, query) = whole.split_once('?').map_or((&*whole, None), |(p, q)| (p, Some(q)));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    answer(provider.expect("a provider"), &ProviderRequest { method, path, query, body: &body })
}

/// All values at a path.
fn at<'a>(value: &'a Value, steps: &[Step]) -> Vec<&'a Value> {
    match steps {
        [] => vec![value],
        [Step::Member(name), below @ ..] => {
            value.get(&**name).map_or(Vec::new(), |value| at(value, below))
        }
        [Step::Each, below @ ..] => {
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
                scalars(value, &below(Step::Member(name.as_str().into())), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                scalars(item, &below(Step::Each), found);
            }
        }
        _ => drop(found.insert(here.to_string())),
    }
}

#[test]
fn every_operation_is_answered_with_all_that_is_declared_and_more() {
    for Case { entry, operation: id, target, body } in cases() {
        let declared = entry_of(entry);
        let operation = declared.operations.iter().find(|operation| operation.id == id);
        let operation = operation.unwrap_or_else(|| panic!("{entry} has no {id}"));
        let answered = ask(operation.method.as_str(), entry, &target, body.as_ref());
        let name = format!("{entry} {id}");
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
        for field in &declared.fields {
            assert!(present.remove(&field.path.to_string()), "{name} lacks {}", field.path);
            for value in records.iter().flat_map(|record| at(record, &field.path.0)) {
                let fits = match value {
                    Value::Null => true,
                    Value::Bool(_) => field.kind == FieldKind::Boolean,
                    Value::Number(_) => field.kind == FieldKind::Number,
                    _ => field.kind == FieldKind::Text,
                };
                assert!(fits, "{name}: {} is {value}", field.path);
            }
        }
        assert!(!present.is_empty(), "{name} answers nothing beyond what is declared");
    }
}

#[test]
fn no_operation_of_the_catalog_is_left_out() {
    let known: BTreeSet<_> = cases().iter().map(|case| (case.entry, case.operation)).collect();
    let mut declared = 0;
    for entry in sample().entries() {
        for operation in &entry.operations {
            let pair = (entry.id.as_str(), operation.id.as_str());
            assert!(known.contains(&pair), "{pair:?} has no case");
            declared += 1;
        }
    }
    assert_eq!(declared, known.len());
}

#[test]
fn numbers_keep_every_digit() {
    let person = &World::sample().people()[0];
    let body = serde_json::json!({ "id_number": person.id_number });
    let resident = ask("POST", "public-security/population", "/query", Some(&body));
    let text = String::from_utf8(resident.body).unwrap();
    assert!(text.contains("\"record_number\": 330106202600000001,"), "{text}");
    let allowance = ask("POST", "civil-affairs/minimum-living-allowance", "/query", Some(&body));
    let text = String::from_utf8(allowance.body).unwrap();
    assert!(text.contains("\"monthly_amount\":3390.00,"), "{text}");
}

#[test]
fn error_answers_repeat_what_was_asked() {
    let nobody = serde_json::json!({ "id_number": "330106190001010000" });
    let answered = ask("POST", "public-security/population", "/query", Some(&nobody));
    let text = String::from_utf8(answered.body).unwrap();
    assert_eq!(answered.status, 404);
    assert!(text.contains("查无此人：330106190001010000"), "{text}");
}

#[test]
fn what_is_no_request_of_theirs_is_refused() {
    let asked = |method, path, body| {
        let request = ProviderRequest { method, path, query: None, body };
        answer(Provider::Health, &request).status
    };
    assert_eq!(asked("GET", "/v1/marriage/query", b""), 404);
    assert_eq!(asked("DELETE", "/v1/hospitals", b""), 404);
    assert_eq!(asked("POST", "/v1/immunisation/query", b"{"), 400);
    assert_eq!(asked("GET", "/v1//hospitals", b""), 400);
}
