//! That no rejection of the core's closed list lacks a test.

use std::collections::BTreeSet;

use crate::denials;

const BUDGETS: &str = include_str!("budgets.rs");
const CONDITIONS: &str = include_str!("conditions.rs");
const FAULTS: &str = include_str!("faults.rs");
const REACH: &str = include_str!("reach.rs");
const DRAIN: &str = include_str!("drain.rs");
const GRANTS: &str = include_str!("grants.rs");
const IN_FORCE: &str = include_str!("in_force.rs");
const POOLS: &str = include_str!("pools.rs");
const LOG: &str = include_str!("log.rs");
const RECEIPTS: &str = include_str!("receipts.rs");
const STOPS: &str = include_str!("stops.rs");
const SUBJECTS: &str = include_str!("subjects.rs");
const WRITES: &str = include_str!("writes.rs");
const WINDOWS: &str = include_str!("windows.rs");

/// Rejections that a provider or the gateway itself brings about, and the file of their cases.
const ELSEWHERE: [(&str, &str, &str); 24] = [
    ("OperatorSuspended", "operator-suspended", STOPS),
    ("GrantNotActive", "grant-not-active", GRANTS),
    ("GrantNotCovering", "grant-not-covering", GRANTS),
    ("GrantAmbiguous", "grant-ambiguous", GRANTS),
    ("Operation", "operation-not-allowed", GRANTS),
    ("Subject", "subject-not-allowed", SUBJECTS),
    ("Budget", "budget-exhausted", BUDGETS),
    ("BudgetExhausted", "budget-exhausted", BUDGETS),
    ("UpstreamUnavailable", "upstream-unavailable", REACH),
    ("UpstreamTimeout", "upstream-timeout", REACH),
    ("UpstreamUntrusted", "upstream-untrusted", REACH),
    ("UpstreamMisbehaved", "upstream-misbehaved", FAULTS),
    ("UpstreamError", "upstream-error", FAULTS),
    ("AnswerUnreadable", "answer-unreadable", FAULTS),
    ("RecordWithheld", "record-withheld", CONDITIONS),
    ("AnswerTooLarge", "answer-too-large", FAULTS),
    ("ReceiptUnknown", "receipt-unknown", RECEIPTS),
    ("OutcomeUnknown", "outcome-unknown", WRITES),
    ("LogUnavailable", "log-unavailable", LOG),
    ("TooManyAtOnce", "too-many-at-once", POOLS),
    ("PolicyChanged", "policy-changed", IN_FORCE),
    ("PolicyStale", "policy-stale", IN_FORCE),
    ("Draining", "draining", DRAIN),
    ("Overloaded", "overloaded", WINDOWS),
];

/// What no request brings about: a step that can't fail did.
const UNREACHABLE: [(&str, &str); 3] = [
    // A checkpoint is never three seconds late while the log is well.
    ("ReceiptPending", "receipt-pending"),
    ("GatewayFault", "gateway-fault"),
    // What names too many persons for a record gets several of them.
    ("AnswerUnrecordable", "answer-unrecordable"),
];

/// Every rejection with its code, and every lack with the code of a denial for it alone.
pub fn listed() -> BTreeSet<(String, String)> {
    // Read from the source: an enum can't be enumerated, and a list beside it can be forgotten.
    let source = include_str!("../../core/src/domain/rejection.rs");
    let mut listed = BTreeSet::new();
    for line in source.lines() {
        let Some((variants, code)) = line.trim().trim_end_matches(',').split_once(" => \"") else {
            continue;
        };
        for variant in variants.split('|') {
            let name = variant.trim().split(['(', '{', ' ']).next().unwrap();
            let (of, name) = name.split_once("::").unwrap();
            // Other words of that file have no code of their own.
            if !["Rejection", "Lacking"].contains(&of) {
                continue;
            }
            listed.insert((name.to_owned(), code.trim_end_matches('"').to_owned()));
        }
    }
    assert!(listed.len() > 40, "the source is read wrongly: {listed:?}");
    listed
}

#[test]
fn every_rejection_of_the_closed_list_has_a_case() {
    let listed = listed();
    let mut covered = denials::covered();
    for (name, code, file) in ELSEWHERE {
        assert!(file.contains(&format!("\"{code}\"")), "{code} has no case in its file");
        covered.insert((name.to_owned(), code.to_owned()));
    }
    for (name, code) in UNREACHABLE {
        covered.insert((name.to_owned(), code.to_owned()));
    }
    let lacking: Vec<_> = listed.difference(&covered).collect();
    let unknown: Vec<_> = covered.difference(&listed).collect();
    assert!(lacking.is_empty() && unknown.is_empty(), "lacking {lacking:?}, unknown {unknown:?}");
}
