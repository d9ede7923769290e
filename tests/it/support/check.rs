//! What every answer must keep, whatever it says.

use serde_json::Value;

use super::{Answer, World};

/// Clear values in the tests' records and requests: none of them may ever stand in the log.
pub const CLEAR: [&str; 8] = [
    "330106199003070410",
    "33010619870512043X",
    "赵晓明",
    "钱多多",
    "13800001999",
    "文三路",
    "P0017",
    "1990-03-07",
];

/// The members that details have, in the order in which tests name them.
const MEMBERS: [&str; 22] = [
    "header",
    "parameter",
    "position",
    "cause",
    "received_status",
    "grants",
    "basis",
    "lacking",
    "mode",
    "category",
    "allowed",
    "unit",
    "limit",
    "left",
    "refills_at",
    "limit_bytes",
    "limit_fields",
    "limit_parts",
    "limit_exchanges",
    "limit_requests",
    "window_seconds",
    "retry_after_seconds",
];

/// Checks an answer against the contract, with the record that must be on disk by the time that
/// it has arrived. `code` is given exactly when the gateway makes the answer. Gives the record.
pub fn check(world: &World, answer: &Answer, status: u16, code: Option<&str>) -> Value {
    // Read first: later than now is too late.
    let records = world.log().of(answer.exchange());
    assert_eq!((answer.status, answer.code().as_deref()), (status, code), "{answer:?}");
    assert_eq!(records.len(), 1, "records of {answer:?}: {records:?}");
    let record = records.into_iter().next().unwrap();
    check_headers(answer, code);
    match code {
        Some(code) => check_problem(answer, code, &record),
        None => assert_ne!(answer.header("content-type"), Some("application/problem+json")),
    }
    check_record(answer, status, code, &record);
    check_receipt(answer, &record);
    record
}

pub fn check_headers(answer: &Answer, code: Option<&str>) {
    let id = answer.exchange();
    assert!(uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7), "{id}");
    let status = answer.header("proxy-status").unwrap();
    let mut parts = status.split("; ");
    assert_eq!(parts.next(), Some("sluice"), "{status}");
    let error = parts.find(|part| part.starts_with("error="));
    assert_eq!(error.is_some(), code.is_some(), "{status}: {answer:?}");
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    if let Some(receipt) = answer.header("exchange-receipt") {
        assert!(
            receipt.starts_with("\"exchange.test/") && receipt.contains(";leaf=:"),
            "{receipt}"
        );
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

/// RFC 9457 with our own members.
fn check_problem(answer: &Answer, code: &str, record: &Value) {
    let problem = answer.json();
    assert_eq!(problem["type"], format!("urn:sluice:problem:{code}"));
    assert_eq!(problem["status"], answer.status);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["instance"], format!("urn:uuid:{}", answer.exchange()));
    assert_eq!(problem["catalog_version"], record["catalog_version"]);
    for words in ["title", "detail", "remedy", "catalog_version"] {
        assert!(problem[words].as_str().is_some_and(|text| !text.is_empty()), "{words}: {problem}");
    }
    let language = answer.header("content-language").unwrap();
    assert!(["en", "zh"].contains(&language), "{language}");
    let chinese = |text: &Value| text.as_str().unwrap().chars().any(|c| ('一'..='鿿').contains(&c));
    for words in ["title", "detail", "remedy"] {
        assert_eq!(chinese(&problem[words]), language == "zh", "{words}: {problem}");
    }
    assert_eq!(answer.header("vary"), Some("accept-language"));
    let known = [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "code",
        "catalog_version",
        "entry",
        "remedy",
        "contact",
        "nearest",
        "limit",
    ];
    let unknown = problem.as_object().unwrap().keys().find(|key| !known.contains(&key.as_str()));
    assert_eq!(unknown, None, "{problem}");
    assert_eq!(problem.get("entry").is_some(), problem.get("contact").is_some(), "{problem}");
}

/// The detail of a record in a line, `reason name=value …`, empty if it has none. What differs from
/// run to run, times and how long to wait, is `?`.
pub fn detail_of(record: &Value) -> String {
    let Some(detail) = record.get("detail") else { return String::new() };
    let detail = detail.as_object().unwrap_or_else(|| panic!("no object: {record}"));
    let mut text = detail["reason"].as_str().unwrap().to_owned();
    for name in MEMBERS {
        let Some(value) = detail.get(name) else { continue };
        let value = match value {
            _ if ["retry_after_seconds", "refills_at"].contains(&name) => "?".to_owned(),
            Value::Array(list) => {
                let texts: Vec<_> = list.iter().map(|text| text.as_str().unwrap()).collect();
                texts.join(",")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        text += &format!(" {name}={value}");
    }
    let known = |name: &str| name == "reason" || MEMBERS.contains(&name);
    assert!(detail.keys().all(|name| known(name)), "{record}");
    text
}

fn check_record(answer: &Answer, status: u16, code: Option<&str>, record: &Value) {
    assert_eq!(record["kind"], "single");
    assert_eq!(record["status"], status, "{record}");
    assert_eq!(record["code"].as_str(), code, "{record}");
    if code.is_none() {
        assert_eq!(record["decision"], "permit", "{record}");
        assert!(record["basis"].is_string(), "{record}");
        assert_eq!(record["released"]["bytes"], answer.body.len(), "{record}");
    } else {
        assert!(record.get("released").is_none(), "{record}");
    }
    let text = record.to_string();
    for clear in CLEAR {
        assert!(!text.contains(clear), "{clear} stands in {text}");
    }
}

/// What has a record of its own has a receipt.
fn check_receipt(answer: &Answer, record: &Value) {
    let receipt = answer.header("exchange-receipt").unwrap();
    assert!(receipt.contains(&format!(";index={};leaf=:", record["index"])), "{receipt}");
}
