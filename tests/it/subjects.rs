//! A grant for certain persons: nobody else is asked about under it, and nobody else's record comes.

use serde_json::json as value;

use crate::grants::{
    CLINIC, PROVIDER_APPROVER, asked, does, opened, people, population, query, requests,
};
use crate::support::office::*;
use crate::support::{Ask, Origin, check, json};
use crate::windows::PROVIDER;

fn only(subjects: &str) -> String {
    asked(&format!("subjects = [{subjects}]\n")).replace(", \"search\"", "")
}

#[test]
fn a_grant_for_certain_persons_is_for_no_other() {
    let origin = population();
    let world = governed(&origin, people);
    let staff = Staff::of(&world);
    // However the number is written, it is that person's.
    let id = opened(&world, &staff, &only("\"33010619900307041０\", \"330106198512120012\""));
    let line = check(&world, &world.call(CLINIC, &query()), 200, None);
    assert_eq!(line["basis"], format!("grant/{id}"));
    let other =
        Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070411"}"#)
            .purpose("case-investigation")
            .header("Exchange-Operator", "officer-0602");
    let refused = world.call(CLINIC, &other);
    check(&world, &refused, 403, Some("subject-not-allowed"));
    assert_eq!(origin.seen().len(), 1, "the provider is not asked");
    let named = world.call(CLINIC, &other.header("Exchange-Grant", &id));
    check(&world, &named, 403, Some("grant-not-covering"));
    assert_eq!(named.json()["nearest"]["lacking"], value!([{"code": "subject-not-allowed"}]));
    // Nobody reads in it who they are, but can ask.
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &id, "--subject", "330106199003070410"]);
    assert!(
        shown.contains("this person is one of its subjects") && !shown.contains("330106"),
        "{shown}"
    );
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &id, "--subject", "1"]);
    assert!(shown.contains("is none of its subjects"), "{shown}");
    let journal = std::fs::read(world.dir().join("state.sqlite")).unwrap();
    let number = b"330106199003070410";
    assert!(!journal.windows(number.len()).any(|bytes| bytes == number), "it stands in the store");
}

#[test]
fn a_record_of_another_person_is_withheld() {
    let body = r#"{"id_number":"330106199003070411","name":"李","sex":"女"}"#;
    let origin = Origin::answering(PROVIDER, json(200, body));
    let world = governed(&origin, people);
    let staff = Staff::of(&world);
    opened(&world, &staff, &only("\"330106199003070410\""));
    check(&world, &world.call(CLINIC, &query()), 502, Some("answer-mismatch"));
}

#[test]
fn what_asks_about_nobody_is_not_granted_for_certain_persons() {
    let origin = population();
    let world = governed(&origin, people);
    let staff = Staff::of(&world);
    for (text, says) in [
        (asked("subjects = [\"330106199003070410\"]\n"), "`search` names no person"),
        (only("\" \""), "one of them is empty"),
        (only(""), "1 to 1000 digests"),
        (only("330106199003070410"), "a list of identifiers, in quotes"),
    ] {
        let ended = requests(&world, &staff, &text);
        assert!(ended.code != Some(0) && ended.err.contains(says), "{says}: {ended:?}");
    }
}
