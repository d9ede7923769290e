use sluice_core::message::fields::Fields;

use std::collections::BTreeSet;

use sluice_core::domain::rejection::{Detail, DetailValue, Rejection};

use super::fill::{fill, next_placeholder};
use super::{Bilingual, Context, Language, ProblemRow, ProblemStatus, render, status, table};

#[test]
fn chinese_is_chosen_when_it_is_wanted_more() {
    let cases = [
        ("", Language::English),
        ("zh", Language::Chinese),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
        ("en-GB,zh;q=0.9", Language::English),
        ("fr, zh-Hans;q=0.2", Language::Chinese),
        ("fr", Language::English),
        ("*", Language::English),
        ("en;q=0.1, zh;q=0.2", Language::Chinese),
        ("zh;q=x", Language::Chinese),
    ];
    for (said, wanted) in cases {
        let fields = Fields::of([(&b"accept-language"[..], said.as_bytes())]);
        assert_eq!(Language::negotiate(&fields), wanted, "{said:?}");
    }
    assert_eq!(Language::negotiate(&Fields::default()), Language::English);
}

/// The statuses that the gateway answers with itself (RFC 9110, RFC 6585).
const STATUSES: [u16; 18] =
    [400, 403, 404, 405, 408, 413, 414, 415, 417, 421, 429, 431, 500, 501, 502, 503, 504, 505];

/// The error types of RFC 9209, section 2.3, that rows use.
const PROXY_ERRORS: [&str; 17] = [
    "connection_limit_reached",
    "connection_refused",
    "connection_terminated",
    "connection_timeout",
    "destination_ip_prohibited",
    "dns_error",
    "http_protocol_error",
    "http_request_denied",
    "http_request_error",
    "http_response_body_size",
    "http_response_content_coding",
    "http_response_incomplete",
    "http_response_timeout",
    "proxy_configuration_error",
    "proxy_internal_error",
    "proxy_internal_response",
    "tls_certificate_error",
];

fn key(row: &ProblemRow) -> (&'static str, &'static str) {
    (row.code, row.reason)
}

fn row_of(rejection: &Rejection) -> &'static ProblemRow {
    super::table::row(rejection, rejection.detail().as_ref())
}

fn texts(row: &ProblemRow) -> [Bilingual; 3] {
    [row.title, row.cause, row.remedy]
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    let mut rest = text;
    let mut found = BTreeSet::new();
    while let Some((_, placeholder, after)) = next_placeholder(rest) {
        found.insert(placeholder.split('|').next().unwrap());
        rest = after;
    }
    found
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('一'..='鿿').contains(&c))
}

#[test]
fn every_reason_of_every_rejection_has_its_row() {
    let mut rows: BTreeSet<_> = table().map(key).collect();
    assert_eq!(rows.len(), table().count(), "a row stands twice");
    for rejection in Rejection::examples() {
        let detail = rejection.detail();
        let reason = detail.as_ref().map_or(rejection.code(), |detail| detail.reason);
        let row = row_of(&rejection);
        assert_eq!(key(row), (rejection.code(), reason), "{rejection:?}");
        assert!(table().any(|listed| key(listed) == key(row)), "{rejection:?} is not listed");
    }
    for rejection in Rejection::examples() {
        rows.remove(&key(row_of(&rejection)));
    }
    assert!(rows.is_empty(), "rows of no rejection: {rows:?}");
}

#[test]
fn rows_are_whole_in_both_languages() {
    for row in table() {
        for Bilingual { en, zh } in texts(row) {
            assert!(!en.is_empty() && !is_chinese(en), "{row:?}");
            assert!(is_chinese(zh), "{row:?}");
            assert_eq!(placeholders(en), placeholders(zh), "{row:?}");
            let halves = zh.chars().zip(zh.chars().skip(1));
            let halves =
                halves.filter(|(one, next)| is_chinese(&next.to_string()) && ",;".contains(*one));
            assert_eq!(halves.count(), 0, "half-width punctuation in {zh}");
        }
        assert_eq!(placeholders(row.title.en), BTreeSet::new(), "{row:?}");
        assert!(PROXY_ERRORS.contains(&row.proxy_error), "{row:?}");
        match row.status {
            ProblemStatus::Fixed(status) => assert!(STATUSES.contains(&status), "{row:?}"),
            ProblemStatus::Received => assert_eq!(row.code, "upstream-error"),
        }
    }
}

#[test]
fn every_placeholder_is_filled_from_the_detail() {
    for rejection in Rejection::examples() {
        let row = row_of(&rejection);
        let detail = rejection.detail();
        for text in texts(row) {
            for name in placeholders(text.en) {
                let member = detail.as_ref().and_then(|detail| detail.member(name));
                assert!(member.is_some(), "{rejection:?} has no {name}");
            }
            for language in [Language::English, Language::Chinese] {
                let filled = fill(text, detail.as_ref(), language);
                assert!(!filled.contains(['{', '}', '|']), "{filled}");
                assert!(!filled.contains(": .") && !filled.contains("：。"), "empty: {filled}");
                assert_eq!(is_chinese(&filled), language == Language::Chinese, "{filled}");
            }
        }
    }
}

#[test]
fn lists_words_and_times_are_said_in_the_language() {
    let grants = vec!["g-1".into(), "g-2".into()];
    let ambiguous = Rejection::GrantAmbiguous { grants };
    let said = |rejection: &Rejection, language| super::tell(rejection, language).detail;
    assert_eq!(said(&ambiguous, Language::English), "Several grants hold: g-1, g-2.");
    assert_eq!(said(&ambiguous, Language::Chinese), "有多项临时授权适用：g-1、g-2。");
    let none = Detail { members: Vec::new(), ..Detail::plain("purpose") };
    let text = Bilingual { en: "a {limit} b", zh: "甲 {unit|无} 乙" };
    // A member that is not there leaves nothing behind.
    assert_eq!(fill(text, Some(&none), Language::English), "a  b");
    let is_daily = |one: &Rejection| one.detail().is_some_and(|said| said.reason == "daily-limit");
    let day = Rejection::examples().into_iter().find(is_daily).unwrap();
    assert!(matches!(day.detail().unwrap().member("refills_at"), Some(DetailValue::Time(_))));
    assert!(said(&day, Language::Chinese).contains("500 条记录"), "{day:?}");
    let remedy = super::tell(&day, Language::English).remedy;
    assert!(remedy.contains("2025-12-31T16:00:00.000Z"), "{remedy}");
}

#[test]
fn the_status_is_the_same_wherever_it_is_told() {
    for rejection in Rejection::examples() {
        let context = Context {
            exchange: "x",
            catalog_version: "v",
            entry: None,
            contact: None,
            language: Language::English,
        };
        let problem = render(&rejection, &context);
        let document: serde_json::Value = serde_json::from_slice(&problem.body).unwrap();
        assert_eq!(
            (problem.status, &document["status"]),
            (status(&rejection), &problem.status.into())
        );
        let received = problem.proxy_status.contains("received-status=404");
        assert_eq!(received, rejection.code() == "upstream-error", "{}", problem.proxy_status);
    }
}
