//! How much people may send to the administrative interface, and that it says so.

use serde_json::{Value, json};
use sluice::contract::drafts::DraftResponse;
use sluice::contract::entries::EntriesResponse;

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
    let document = answer.problem().unwrap();
    assert_eq!((document.status, answer.header("content-language")), (status, Some("en")));
    assert!(document.detail.contains(why) && !document.remedy.is_empty(), "{document:?}");
}

#[test]
fn what_cannot_be_read_is_told_in_a_problem_document() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let ask = |ask: &Ask| staff.asks(MAINTAINER, ask);
    let malformed = |answer: &Answer, why: &str| refused(answer, 400, "request-malformed", why);
    malformed(
        &ask(&Ask::get("/api/v1/drafts?stages=open")),
        "no member `stages`; did you mean `stage`? There are: department, stage, after.",
    );
    malformed(
        &ask(&Ask::get("/api/v1/entries?before=a")),
        "no member `before`; there are: department, after.",
    );
    malformed(&ask(&Ask::get("/api/v1/releases/first")), "first");
    malformed(&ask(&Ask::get("/api/v1/drafts/%ff")), "UTF-8");
    malformed(&ask(&Ask::post("/api/v1/drafts", "{")), "EOF");
    malformed(
        &ask(&draft(&[("title", "a".into())])),
        "no member `title`; there are: department, restores, note, files.",
    );
    malformed(&ask(&draft(&[("files", json!([{ "path": 1 }]))])), "files[0].path");
    let misspelt = json!([{ "path": "a/b.yaml", "txt": "" }]);
    malformed(&ask(&draft(&[("files", misspelt)])), "no member `txt`; did you mean `text`?");
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
fn refusals_are_told_in_the_language_that_is_asked_for() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let chinese = |who: &str, ask: Ask| staff.asks(who, &ask.header("Accept-Language", "zh-CN"));
    for (who, ask, code, title) in [
        ("civil-affairs/nobody", Ask::get("/api/v1/status"), "unknown-peer", "未登记的人员"),
        (MAINTAINER, Ask::get("/api/v1/nothing"), "not-found", "未找到"),
        (MAINTAINER, Ask::get("/api/v1/log/records"), "not-authorised", "未获授权"),
        (MAINTAINER, Ask::get("/api/v1/drafts/d-999"), "not-found", "未找到"),
        (MAINTAINER, Ask::get("/api/v1/drafts?stages=a"), "request-malformed", "请求格式错误"),
        (MAINTAINER, Ask::post("/api/v1/drafts", "{"), "request-malformed", "请求格式错误"),
        (MAINTAINER, Ask::new("DELETE", "/api/v1/drafts"), "method-not-allowed", "方法不允许"),
    ] {
        let answer = chinese(who, ask);
        let document = answer.problem().unwrap();
        assert_eq!((&*document.code, &*document.title), (code, title), "{answer:?}");
        assert_eq!(document.r#type, format!("urn:sluice:problem:{code}"));
        assert_eq!(answer.header("content-language"), Some("zh"));
        for text in [&document.detail, &document.remedy] {
            assert!(!text.is_ascii(), "{document:?}");
        }
    }
    // The commands tell them to people in the language that they choose.
    let ended = staff.run(MAINTAINER, &["show", "d-999", "--language", "zh"]);
    assert!(ended.code == Some(1) && ended.err.contains("没有草案 d-999。请查询列表"), "{ended:?}");
    let ended = staff.run(MAINTAINER, &["show", "d-999"]);
    assert!(ended.err.contains("There is no draft d-999. Ask for the list"), "{ended:?}");
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
    refused(&ask(&Ask::post("/api/v1/check", &long)), 413, "request-too-large", "64 MiB");
}

#[test]
fn a_department_has_so_many_drafts_under_way() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let mut last = String::new();
    for _ in 0..100 {
        let made = staff.asks(MAINTAINER, &draft(&[]));
        assert_eq!(made.status, 201, "{made:?}");
        last = made.read::<DraftResponse>().id;
    }
    refused(&staff.asks(MAINTAINER, &draft(&[])), 409, "conflict", "100 drafts under way");
    staff.does(MAINTAINER, &["withdraw", &last]);
    assert_eq!(staff.asks(MAINTAINER, &draft(&[])).status, 201);
    // The list of drafts goes on where a page ends, and tells each once.
    let page = |after: &str| {
        let told: Vec<DraftResponse> = staff.reads(MAINTAINER, &format!("/api/v1/drafts{after}"));
        told.into_iter().map(|draft| draft.id).collect::<Vec<_>>()
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
        let path = format!("/api/v1/entries?department=civil-affairs&after={after}");
        let page: EntriesResponse = staff.reads(MAINTAINER, &path);
        pages.push(page.entries.len());
        told.extend(page.entries.into_iter().map(|entry| entry.id));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(pages, [500, 2]);
    assert!(told.is_sorted_by(|one, next| one < next));
}
