//! How much people may send to the administrative interface, and that it says so.

use serde_json::{Value, json};

use crate::support::office::*;
use crate::support::{Answer, Ask, World};

/// A draft with these members besides its department and a file.
fn draft(members: &[(&str, Value)]) -> Ask {
    let file = json!({ "path": "civil-affairs/x.yaml", "text": "x" });
    let mut body = json!({ "department": "civil-affairs", "files": [file] });
    for (name, value) in members {
        body[name] = value.clone();
    }
    Ask::post("/api/v1/drafts", &body.to_string())
}

/// That an answer is a problem document that says what and what to do.
fn refused(answer: &Answer, status: u16, code: &str, why: &str) {
    assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let document = answer.json();
    let text = |member: &str| document[member].as_str().unwrap().to_owned();
    assert!(text("detail").contains(why) && !text("remedy").is_empty(), "{document}");
}

#[test]
fn what_cannot_be_read_is_told_in_a_problem_document() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let ask = |ask: &Ask| staff.asks(MAINTAINER, ask);
    let malformed = |answer: &Answer, why: &str| refused(answer, 400, "request-malformed", why);
    malformed(&ask(&Ask::get("/api/v1/drafts?stages=open")), "unknown field `stages`");
    malformed(&ask(&Ask::get("/api/v1/entries?before=a")), "unknown field `before`");
    malformed(&ask(&Ask::get("/api/v1/releases/first")), "first");
    malformed(&ask(&Ask::get("/api/v1/drafts/%ff")), "UTF-8");
    malformed(&ask(&Ask::post("/api/v1/drafts", "{")), "EOF");
    malformed(&ask(&draft(&[("title", "a".into())])), "unknown field `title`");
    malformed(&ask(&draft(&[("files", json!([{ "path": 1 }]))])), "files[0].path");
    let form = Ask::new("POST", "/api/v1/drafts").header("Content-Type", "text/plain").body("{}");
    refused(&ask(&form), 415, "media-type-unsupported", "application/json");
    let deleted = ask(&Ask::new("DELETE", "/api/v1/drafts"));
    refused(&deleted, 405, "method-not-allowed", "GET, POST only");
    assert_eq!(deleted.header("allow"), Some("GET, POST"));
    // Who may not ask is told no more than that.
    let answer = staff.asks("civil-affairs/nobody", &Ask::new("DELETE", "/api/v1/drafts"));
    refused(&answer, 403, "unknown-peer", "registry");
}

#[test]
fn bodies_notes_and_names_are_bounded() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let ask = |ask: &Ask| staff.asks(MAINTAINER, ask);
    let note = |length: usize| ask(&draft(&[("note", "n".repeat(length).into())]));
    assert_eq!(note(1_024).status, 201);
    refused(&note(1_025), 400, "request-malformed", "longer than 1024 bytes");
    let named = |name: &str| ask(&draft(&[]).header("Idempotency-Key", name));
    assert_eq!(named(&"k".repeat(128)).status, 201);
    for wrong in ["", &"k".repeat(129), "\u{e9}"] {
        refused(&named(wrong), 400, "request-malformed", "1 to 128");
    }
    let files = |count: usize| {
        let file = |ix| json!({ "path": format!("a/e-{ix}.yaml"), "text": "" });
        let files: Vec<Value> = (0..count).map(file).collect();
        ask(&Ask::post("/api/v1/check", &json!({ "files": files }).to_string()))
    };
    assert_eq!(files(10_000).status, 200);
    refused(&files(10_001), 400, "request-malformed", "At most 10000 files");
    let long = " ".repeat(64 * 1024 * 1024 + 1);
    refused(&ask(&Ask::post("/api/v1/check", &long)), 413, "request-too-large", "length limit");
}

#[test]
fn a_department_has_so_many_drafts_under_way() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let mut last = String::new();
    for _ in 0..100 {
        let made = staff.asks(MAINTAINER, &draft(&[]));
        assert_eq!(made.status, 201, "{made:?}");
        last = made.json()["id"].as_str().unwrap().to_owned();
    }
    refused(&staff.asks(MAINTAINER, &draft(&[])), 409, "conflict", "100 drafts under way");
    staff.does(MAINTAINER, &["withdraw", &last]);
    assert_eq!(staff.asks(MAINTAINER, &draft(&[])).status, 201);
    // The list of drafts goes on where a page ends, and tells each once.
    let page = |after: &str| {
        let told = staff.asks(MAINTAINER, &Ask::get(&format!("/api/v1/drafts{after}"))).json();
        let ids = told.as_array().unwrap().iter();
        ids.map(|draft| draft["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = page("");
    assert_eq!(all.len(), 101);
    assert_eq!(page(&format!("?after={}", all[40])), all[41..]);
}

#[test]
fn entries_come_in_pages() {
    let files = files();
    let sample = files.sources().iter().find(|file| file.path == DIVISIONS).unwrap().text.clone();
    let file = |ix| format!("civil-affairs/e-{ix:03}.yaml");
    let world = World::setup()
        .catalog(|_| (0..500).fold(files.clone(), |files, ix| files.with(&file(ix), &sample)))
        .start();
    let staff = Staff::of(&world);
    let mut told = Vec::new();
    let mut after = String::new();
    let mut pages = Vec::new();
    loop {
        let ask = Ask::get(&format!("/api/v1/entries?department=civil-affairs&after={after}"));
        let page = staff.asks(MAINTAINER, &ask).json();
        let entries = page["entries"].as_array().unwrap();
        pages.push(entries.len());
        told.extend(entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(pages, [500, 2]);
    assert!(told.is_sorted_by(|one, next| one < next));
}
