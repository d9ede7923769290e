use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sluice_core::grant::Grant;

use super::drafts::{DraftCheck, DraftRequest, DraftResponse};
use super::entries::CheckRequest;
use super::grants::{GrantContents, GrantRequest, GrantResponse};
use super::log::DisclosureRequest;
use super::problem::ProblemDocument;
use super::quotas::QuotaPage;
use super::steps::StepRequest;
use super::suspensions::SuspensionResponse;

const GRANT: &str = r#"{"catalog":"r1-abc","consumer":"health","entry":"public-security/population","fields":{"$.name":2},"from":"2026-01-01T00:00:00.000Z","id":"g-1","legal_basis":"law","operations":["query"],"purpose":"care","responsible":{"consumer":"officer-1","provider":"officer-2"},"until":"2026-02-01T00:00:00.000Z"}"#;

/// Reads a value with a member that nobody knows in each of its objects.
fn read_with_more<T: Serialize + DeserializeOwned>(value: Value) {
    fn more(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(more);
                members.insert("of_a_newer_gateway".into(), json!({ "a": [1] }));
            }
            Value::Array(items) => items.iter_mut().for_each(more),
            _ => {}
        }
    }
    let plain: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&plain).unwrap(), value);
    let mut newer = value;
    more(&mut newer);
    let read = serde_json::from_value::<T>(newer);
    assert!(read.is_ok(), "{}: {:?}", std::any::type_name::<T>(), read.err());
}

#[test]
fn a_response_of_a_newer_gateway_is_read() {
    let step =
        json!({ "step": "submit", "by": "a/b", "role": "maintainer", "time": "t", "reason": null });
    let change = json!({ "path": "a/b.yaml", "before": null, "after": "sha256:0" });
    read_with_more::<DraftResponse>(json!({
        "id": "d-1", "department": "a", "restores": null, "note": "", "by": "a/b", "time": "t",
        "stage": "open", "digest": "sha256:0", "changes": [change], "steps": [step], "previous": null,
    }));
    let problem = json!({
        "file": "a", "line": 1, "column": 1, "width": 1, "severity": "error", "rule": "r",
        "message": "m", "advice": "a", "excerpt": "",
    });
    let meaning = json!({ "entry": null, "heading": "h", "effect": "opens", "text": "t" });
    read_with_more::<DraftCheck>(json!({
        "sound": true, "problems": [problem], "changes": [meaning], "needs_office": [],
    }));
    let budget = json!({ "unit": "records", "window": "day", "limit": 3, "used": 1, "left": 2, "refills": null });
    let rate =
        json!({ "of": "system", "requests": 1, "window_seconds": 1, "burst": 1, "left": null });
    read_with_more::<QuotaPage>(json!({
        "catalog_version": "v", "consumer": "a/b", "next": null,
        "entries": [{ "entry": "a/e", "terms": [{ "basis": "term/t", "rates": [rate], "budget": [budget] }] }],
    }));
    let grant: Value = serde_json::from_str(GRANT).unwrap();
    let awaited = json!({
        "step": "open", "department": "a", "role": "approver", "due": null, "overdue": false,
        "escalated_by_itself": false,
    });
    read_with_more::<GrantResponse>(json!({
        "id": "g-1", "state": "agreed", "text": GRANT, "grant": grant, "digest": "sha256:0", "by": "a/b",
        "time": "t", "steps": [step], "previous": null, "waits_for": awaited, "review_due": null,
        "superseded": null, "budget": [budget],
    }));
    read_with_more::<SuspensionResponse>(
        json!({ "target": "grant/g-1", "stopped": true, "steps": [step], "previous": "sha256:0" }),
    );
    read_with_more::<ProblemDocument<'static>>(json!({
        "type": "urn:sluice:problem:x", "title": "t", "status": 400, "detail": "d", "code": "x",
        "remedy": "r",
    }));
}

#[test]
fn a_grant_to_be_read_says_all_that_the_signed_text_does() {
    let grant = Grant::parse(GRANT).unwrap();
    let told = GrantContents::of(&grant);
    assert_eq!((&*told.consumer, &*told.entry), ("health", "public-security/population"));
    assert_eq!(serde_json::to_value(&told).unwrap(), serde_json::from_str::<Value>(GRANT).unwrap());
}

#[test]
fn a_request_names_the_member_that_it_does_not_know() {
    fn refusal<T: DeserializeOwned>(mut value: Value) -> String {
        assert!(serde_json::from_value::<T>(value.clone()).is_ok(), "{value}");
        value["nots"] = json!("");
        serde_json::from_value::<T>(value).err().unwrap().to_string()
    }
    let draft = json!({ "department": "a" });
    let grant = json!({
        "entry": "a/b", "operations": [], "purpose": "p", "from": "t", "until": "t", "legal_basis": "l",
        "responsible": "x", "responsible_at_provider": "y",
    });
    for refusal in [
        refusal::<DraftRequest>(draft),
        refusal::<GrantRequest>(grant),
        refusal::<StepRequest>(json!({ "statement": "", "signature": "" })),
        refusal::<CheckRequest>(json!({ "files": [] })),
        refusal::<DisclosureRequest>(json!({ "exchange": "" })),
    ] {
        assert!(refusal.contains("unknown field `nots`"), "{refusal}");
    }
}
