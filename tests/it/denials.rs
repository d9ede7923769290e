//! Every negative answer that policy or request can bring about, in both languages.

mod cases;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use cases::{BODY_BYTES, PURPOSE, REFUSED, UNMET, Unmet, query};

use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{Ask, Files, Origin, World, check, detail_of, json as answer_json};

/// An entry whose one term a case is about.
const ENTRY: &str = r#"
title: 条款样例
contact: 公安局法制支队
class: restricted
category: business
level: 3
personal: false
upstream:
  addresses: ["records.public-security.internal:9443"]
operations:
  - id: query
    method: POST
    path: /query
    mode: query
    parameters:
      - { name: number, in: body, pattern: '[0-9]{4}', max_chars: 4, searches: $.number,
          required: false }
      - { name: region, in: body, pattern: '[0-9]{6}', max_chars: 6 }
  - id: read
    method: GET
    path: /query
    mode: search
  - { id: all, method: GET, path: /all, mode: bulk }
  - { id: portraits, method: GET, path: /portraits, mode: query, approval: true }
fields:
  - { path: $.number, title: 编号, level: 3, mask: { keep: { front: 1, end: 1 } } }
  - { path: $.region, title: 区划, level: 1 }
terms:
  - { id: others, consumers: [civil-affairs], purposes: [marriage-registration], clearance: 3 }
  - id: own
    consumers: [human-resources]
    purposes: [social-assistance]
"#;

/// The entry with what the term says, in YAML's flow style, written as lines.
fn entry_with(term: &str) -> String {
    let mut text = ENTRY.trim_start().to_owned();
    let mut depth = 0;
    let mut line = String::new();
    for c in term.chars().chain([',']) {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                text.push_str(&format!("    {}\n", line.trim()));
                line.clear();
                continue;
            }
            _ => {}
        }
        line.push(c);
    }
    text
}

/// A gateway whose providers must never be asked.
fn world(files: impl FnOnce(Files) -> Files) -> (World, [Origin; 2]) {
    let origins = ["public-security/records", "civil-affairs/records"]
        .map(|system| Origin::answering(system, answer_json(200, "{}")));
    let setup = World::setup()
        .origin(PUBLIC_SECURITY, &origins[0])
        .origin(CIVIL_AFFAIRS, &origins[1])
        .settings(|settings| settings.bounds.request_body_bytes = BODY_BYTES)
        .catalog(files);
    (setup.start(), origins)
}

#[test]
fn each_refusal_says_why_in_two_languages_and_reaches_no_provider() {
    let with_terms = entry_with("clearance: 3");
    let (world, origins) = world(|files| files.with("public-security/terms.yaml", &with_terms));
    for (number, case) in REFUSED.iter().enumerate() {
        let system = case.system.map_or_else(|| probe(number), str::to_owned);
        for (accepted, language) in [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.5", "zh")] {
            let ask = (case.ask)();
            let ask =
                if accepted.is_empty() { ask } else { ask.header("Accept-Language", accepted) };
            let answer = world.call(&system, &ask);
            let record = check(&world, &answer, case.status, Some(case.code));
            assert_eq!(detail_of(&record), case.detail, "{}", case.rejection);
            assert_eq!(record["decision"], "denial");
            assert_eq!(answer.header("content-language"), Some(language));
            assert_eq!(answer.json().get("nearest"), None, "{answer:?}");
        }
    }
    assert!(origins.iter().all(|origin| origin.connections() == 0));
}

#[test]
fn a_term_that_does_not_hold_says_what_it_lacks() {
    for (number, case) in UNMET.iter().enumerate() {
        let text = entry_with(case.term);
        let (world, origins) = world(|files| files.with("public-security/terms.yaml", &text));
        let body = r#"{"number":"1234","region":"110101"}"#;
        let ask = Ask::post("/public-security/terms/query", body);
        let ask = case.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        for (accepted, language) in [("fr, *;q=0.1", "en"), ("zh", "zh")] {
            let answer = world.probe(number, &ask.clone().header("Accept-Language", accepted));
            let lacking = lacking(case);
            let record = check(&world, &answer, 403, lacking["code"].as_str());
            assert_eq!(detail_of(&record), case.detail, "{}", case.lacking);
            let nearest = json!({ "basis": "term/own", "lacking": [lacking] });
            assert_eq!(answer.json()["nearest"], nearest, "{}", case.lacking);
            assert_eq!(answer.header("content-language"), Some(language));
            // What has no reference's form could be anything, and is not kept.
            let kept = ["case", "consent"].map(|word| record[word].as_str().unwrap_or_default());
            assert!(!kept.concat().contains(['<', ' ']), "{record}");
            // What others may do is theirs to know.
            assert!(!answer.text().contains("others"), "{answer:?}");
        }
        assert!(origins.iter().all(|origin| origin.connections() == 0));
    }
}

/// What the problem document says is lacking.
fn lacking(case: &Unmet) -> Value {
    serde_json::from_str(case.nearest).unwrap()
}

#[test]
fn the_nearest_miss_is_told_with_all_that_it_lacks() {
    let text = entry_with("clearance: 3, case: required, operators: required, modes: [search]")
        + "  - id: second\n    consumers: [human-resources]\n    purposes: [case-investigation]\n    \
           clearance: 3\n    case: required\n";
    let (world, _origins) = world(|files| files.with("public-security/terms.yaml", &text));
    let body = r#"{"number":"1234","region":"110101"}"#;
    let answer = world.probe(0, &Ask::post("/public-security/terms/query", body).purpose(PURPOSE));
    check(&world, &answer, 403, Some("purpose-not-allowed"));
    assert_eq!(
        answer.json()["nearest"],
        json!({ "basis": "term/second", "lacking": [
            { "code": "purpose-not-allowed", "allowed": ["case-investigation"] },
            { "code": "case-missing" },
        ] }),
    );
}

#[test]
fn a_purpose_is_not_stretched_even_where_none_need_be_stated() {
    let registered = "code: case-investigation, title: 案件查办";
    let scoped = format!("{registered}, categories: [trace]");
    let (world, origins) = world(|files| files.edit("departments.yaml", registered, &scoped));
    let ask = Ask::get("/civil-affairs/divisions/330100");
    for (accepted, language) in [("en", "en"), ("zh", "zh")] {
        let ask = ask.clone().purpose("case-investigation").header("Accept-Language", accepted);
        let answer = world.probe(0, &ask);
        check(&world, &answer, 403, Some("purpose-not-allowed"));
        let lacking = json!({
            "code": "purpose-not-allowed", "lacks": "scope", "mode": "query", "category": "base",
            "allowed": ["social-assistance", "marriage-registration"],
        });
        let nearest = json!({ "basis": "term/unconditional", "lacking": [lacking] });
        assert_eq!(answer.json()["nearest"], nearest);
        assert_eq!(answer.header("content-language"), Some(language));
    }
    assert!(origins.iter().all(|origin| origin.connections() == 0));
    check(&world, &world.probe(1, &ask), 200, None);
    check(&world, &world.probe(1, &ask.purpose("marriage-registration")), 200, None);
}

#[test]
fn allow_lists_every_method_of_the_path() {
    let text = entry_with("clearance: 3");
    let (world, _origins) = world(|files| files.with("public-security/terms.yaml", &text));
    let methods = ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "get", "QUERY"];
    for (number, method) in methods.into_iter().enumerate() {
        let answer = world.probe(number, &Ask::new(method, "/public-security/terms/query"));
        assert_eq!(answer.header("allow"), Some("POST, GET"), "{method}");
        if method == "HEAD" {
            assert_eq!((answer.status, answer.body.len()), (405, 0));
        } else {
            check(&world, &answer, 405, Some("method-not-allowed"));
        }
    }
    let answer = world.probe(0, &Ask::get("/-/decide"));
    check(&world, &answer, 405, Some("method-not-allowed"));
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[test]
fn a_rate_refuses_with_the_time_to_wait() {
    let slow = entry_with("clearance: 3, rate: 2/m");
    let (world, origins) = world(|files| files.with("public-security/terms.yaml", &slow));
    let body = r#"{"number":"1234","region":"110101"}"#;
    let ask = Ask::post("/public-security/terms/query", body).purpose(PURPOSE);
    for left in [1, 0] {
        let answer = world.probe(0, &ask);
        check(&world, &answer, 200, None);
        let state = answer.header("ratelimit").unwrap();
        assert!(state.starts_with(&format!("\"system-60s\";r={left};t=")), "{state}");
        assert_eq!(answer.header("retry-after"), None);
    }
    let answer = world.probe(0, &ask);
    let record = check(&world, &answer, 429, Some("rate-limited"));
    assert_eq!(
        detail_of(&record),
        "system-rate limit_requests=2 window_seconds=60 retry_after_seconds=?"
    );
    // The policy did permit it; that it came to nothing is what the code says.
    assert_eq!((&record["decision"], &record["basis"]), (&json!("permit"), &json!("term/own")));
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(answer.header("ratelimit"), Some(&*format!("\"system-60s\";r=0;t={wait}")));
    assert_eq!(answer.header("ratelimit-policy"), Some("\"system-60s\";q=2;w=60"));
    // Refused requests cost nothing more, and others have a rate of their own.
    assert_eq!(origins[0].seen().len(), 2);
    check(&world, &world.probe(1, &ask), 200, None);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let origin = Origin::answering("public-security/records", answer_json(200, "{}"));
    let world = World::setup()
        .origin(PUBLIC_SECURITY, &origin)
        .settings(|settings| settings.bounds.body_timeout = Duration::from_millis(200))
        .start();
    let mut connection = world.connect("human-resources/pension-desk");
    let whole = query().bytes();
    connection.send(&whole[..whole.len() - 1]);
    let answer = connection.answer().unwrap();
    check(&world, &answer, 408, Some("request-timeout"));
    assert!(origin.seen().is_empty());
}

#[test]
fn an_answer_of_too_many_records_is_withheld() {
    let two = answer_json(200, r#"{"items":[{},{},{},{}]}"#);
    let origin = Origin::answering("public-security/records", two);
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let ask = Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#);
    for (accepted, language) in [("en-GB;q=0.8, zh;q=0.7", "en"), ("zh-Hans", "zh")] {
        let ask = ask.clone().purpose(PURPOSE).header("Accept-Language", accepted);
        let answer = world.probe(0, &ask);
        check(&world, &answer, 502, Some("answer-mismatch"));
        assert_eq!(answer.header("content-language"), Some(language));
    }
}

/// The rejections that have a case here, by the names of their variants, with their codes.
pub fn covered() -> BTreeSet<(String, String)> {
    let alone = [
        ("RateLimited", "rate-limited"),
        ("RequestTimeout", "request-timeout"),
        ("AnswerMismatch", "answer-mismatch"),
        ("PurposeScope", "purpose-not-allowed"),
    ];
    let pair = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    let mut covered: BTreeSet<_> = alone.iter().map(|(name, code)| pair(name, code)).collect();
    covered.extend(REFUSED.iter().map(|case| pair(case.rejection, case.code)));
    let code = |case: &Unmet| lacking(case)["code"].as_str().unwrap().to_owned();
    covered.extend(UNMET.iter().map(|case| pair(case.lacking, &code(case))));
    covered
}
