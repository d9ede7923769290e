use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use crate::domain::rejection::*;
use crate::message::BadMessage;

/// The enums whose words the details of each code must use as reasons.
const WORDS: [(&str, &[&[&str]]); 14] = [
    ("unknown-peer", &[UnknownPeer::WORDS]),
    ("peer-suspended", &[Suspended::WORDS]),
    ("request-malformed", &[Malformed::WORDS, BadTarget::WORDS, BadMessage::WORDS]),
    ("request-too-large", &[TooLarge::WORDS]),
    ("not-in-catalog", &[NotInCatalog::WORDS]),
    ("parameter-invalid", &[Unfit::WORDS]),
    ("grant-not-covering", &[Lacking::WORDS, &["daily-limit", "total-limit"]]),
    ("rate-limited", &[&["system-rate", "operator-rate", "provider-rate", "refusals-rate"]]),
    ("upstream-unavailable", &[Unavailable::WORDS]),
    ("upstream-timeout", &[Late::WORDS]),
    ("upstream-misbehaved", &[Misbehaved::WORDS]),
    ("answer-unreadable", &[Unreadable::WORDS]),
    ("answer-mismatch", &[Mismatch::WORDS]),
    ("budget-exhausted", &[&["budget", "daily-limit", "total-limit"]]),
];

fn is_kebab(word: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    word.split('-').all(is_part) && word.starts_with(|first: char| first.is_ascii_lowercase())
}

/// The reasons that the examples have below each code.
fn reasons() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut reasons: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for rejection in Rejection::examples() {
        let reason = rejection.detail().map(|detail| detail.reason);
        reasons.entry(rejection.code()).or_default().extend(reason);
    }
    reasons
}

#[test]
fn every_word_is_kebab_case_and_has_an_example() {
    let reasons = reasons();
    for (code, words) in WORDS {
        let words: Vec<&str> = words.concat();
        let distinct: BTreeSet<&str> = words.iter().copied().collect();
        assert_eq!(distinct.len(), words.len(), "a word of {code} has two meanings: {words:?}");
        assert_eq!(reasons[code], distinct, "{code}");
    }
    for (code, reasons) in &reasons {
        assert!(is_kebab(code), "{code}");
        assert!(reasons.iter().all(|word| is_kebab(word)), "{code}: {reasons:?}");
    }
    assert!(!is_kebab("EmptySegment") && !is_kebab("a--b") && !is_kebab("a b"));
}

#[test]
fn examples_of_one_reason_have_the_same_members() {
    let mut members = BTreeMap::new();
    for rejection in Rejection::examples() {
        let Some(detail) = rejection.detail() else { continue };
        let names: Vec<_> = detail.members.iter().map(|member| member.name).collect();
        let key = (rejection.code(), detail.reason);
        let first = members.entry(key).or_insert_with(|| names.clone());
        assert_eq!(*first, names, "{key:?}");
    }
}

#[test]
fn a_member_has_values_of_one_type_and_its_unit_in_its_name() {
    /// Numbers without a unit: they count what another member or the name itself says, or are no
    /// quantities.
    const WITHOUT_UNIT: [&str; 4] = ["limit", "left", "position", "received_status"];
    const UNITS: [&str; 6] = ["_bytes", "_seconds", "_requests", "_exchanges", "_fields", "_parts"];
    let examples = Rejection::examples();
    let mut types = BTreeMap::new();
    for rejection in &examples {
        for DetailMember { name, value } in rejection.detail().map_or(vec![], |d| d.members) {
            let is = discriminant(&value);
            assert_eq!(*types.entry(name).or_insert(is), is, "{name} has two types");
            let is_snake = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(is_snake && !["reason", "omitted"].contains(&name), "{name}");
            match value {
                DetailValue::Number(_) => {
                    let has_unit = UNITS.iter().any(|unit| name.ends_with(unit));
                    assert!(has_unit || WITHOUT_UNIT.contains(&name), "{name} has no unit");
                }
                DetailValue::Time(_) => assert!(name.ends_with("_at"), "{name}"),
                DetailValue::Text(_) | DetailValue::Texts(_) => {}
            }
        }
    }
}
