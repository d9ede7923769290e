//! Asking for a grant: what for, and who decides by when.

use sluice::contract::grants::{GrantRequest, GrantResponse};
use sluice_core::grant::Grant;

use crate::grants::{
    APPLICANT, CITY_LEADER, CLINIC, OTHER_OFFICE_APPROVER, PROVIDER_APPROVER, asked, but, code,
    does, in_days, opened, population, query, requested, requests, world,
};
use crate::support::Ask;
use crate::support::certificates::now_millis;
use crate::support::office::*;

#[test]
fn a_grant_can_be_for_all_fields_up_to_a_level() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let fields = "fields = [\"$.name\", \"$.id_number\", \"$.sex\"]\n";
    let both = asked("clearance = 3\n");
    assert!(both.contains(fields));
    let ended = requests(&world, &staff, &both);
    assert!(ended.err.contains("either `fields` or `clearance`"), "{ended:?}");
    let id = opened(&world, &staff, &both.replace(fields, ""));
    let told: GrantResponse = staff.reads(APPLICANT, &format!("/api/v1/grants/{id}"));
    let pinned = Grant::parse(&told.text).unwrap().fields;
    assert!(pinned.len() > 1 && pinned.values().all(|level| *level <= 3), "{told:?}");
    assert_eq!((&*told.grant.consumer, &*told.grant.purpose), ("health", "case-investigation"));
}

#[test]
fn what_was_declined_is_decided_by_who_stands_above_both() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = requested(&world, &staff, &asked(""));
    let early = staff.run_of("grant", APPLICANT, &["escalate", &id, "--reason", "it is urgent"]);
    assert!(early.err.contains("escalate can't follow that"), "{early:?}");
    does(&staff, PROVIDER_APPROVER, &["decline", &id, "--reason", "not our task"]);
    let out = does(&staff, APPLICANT, &["escalate", &id, "--reason", "the law demands it"]);
    assert!(out.contains("is escalated; review is for the approver of exchange-office"), "{out}");
    // The provider has been heard and does not decide any more.
    let refused = staff.run_of("grant", PROVIDER_APPROVER, &["agree", &id]);
    assert!(refused.err.contains("agree can't follow that"), "{refused:?}");
    does(&staff, OFFICE_APPROVER, &["review", &id]);
    assert_eq!(code(&world, &query()).as_deref(), Some("not-authorised"));
    let out = does(&staff, CITY_LEADER, &["approve", &id]);
    assert!(out.contains("open is for the approver of exchange-office"), "{out}");
    let same = staff.run_of("grant", OFFICE_APPROVER, &["open", &id]);
    assert!(same.err.contains("same person has taken the step review"), "{same:?}");
    does(&staff, OTHER_OFFICE_APPROVER, &["open", &id]);
    assert_eq!(world.call(CLINIC, &query()).status, 200);
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &id]);
    assert!(shown.contains("not our task") && shown.contains("the law demands it"), "{shown}");
}

#[test]
fn who_is_asked_has_so_many_working_days() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = requested(&world, &staff, &asked(""));
    let told: GrantResponse = staff.reads(APPLICANT, &format!("/api/v1/grants/{id}"));
    let awaited = told.waits_for.unwrap();
    let due: jiff::Timestamp = awaited.due.unwrap().parse().unwrap();
    let days = (due.as_millisecond() - now_millis()) / 86_400_000;
    // Ten working days are two weeks, and the end of the last.
    assert!((13..=16).contains(&days), "{days}");
    assert!(!awaited.overdue);
    let late = does(&staff, APPLICANT, &["list", "--overdue"]);
    assert_eq!(late, "");
}

#[test]
fn what_can_never_work_is_not_even_asked_for() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let over = but(&but(&asked(""), "from", &in_days(-10)), "until", &in_days(-5));
    let unseen = asked("").replace(", \"$.id_number\"", "");
    for (text, says) in [
        (over, "`until` is over"),
        (unseen, "`id_number` searches by `$.id_number`"),
        (asked("supersedes = \"g-999\"\n"), "`supersedes`: g-999 is no open grant"),
        (asked("retention = \"a month\"\n"), "`retention` must be an ISO 8601 duration"),
        (asked("case = \"bad case\"\n"), "`case` must be a reference"),
        (asked("conditions = \"a \u{202e}b\"\n"), "without hidden characters"),
        (asked("[bindings]\nid_number = \"1\"\n"), "`id_number` takes no such value"),
        (
            asked("").replace("\"officer-0301\"", "\"officer-9\""),
            "public-security has no active person `officer-9`",
        ),
    ] {
        let ended = requests(&world, &staff, &text);
        assert!(ended.code == Some(1) && ended.err.contains(says), "{says}: {ended:?}");
    }
    assert_eq!(does(&staff, APPLICANT, &["list"]), "");
    let ended = staff.run_of("grant", APPLICANT, &["list", "--state", "actve"]);
    assert!(
        ended.code == Some(1) && ended.err.contains("there are written, requested"),
        "{ended:?}"
    );
}

#[test]
fn grants_are_looked_at_by_those_who_answer_for_them() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked(""));
    let target = format!("grant/{id}");
    let stopped = staff.run_of("suspend", PROVIDER_APPROVER, &[&target, "--reason", "a doubt"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let seen = |who: &str| staff.run_of("suspended", who, &[]).out;
    assert!(seen(PROVIDER_APPROVER).contains(&target));
    // A department that it does not concern; and a person of the consumer without a role.
    assert_eq!(seen(APPROVER), "");
    let path = format!("/api/v1/grants/{id}");
    assert_eq!(staff.asks("health/officer-0602", &Ask::get(&path)).status, 403);
    assert_eq!(staff.asks(APPROVER, &Ask::get(&path)).status, 404);
}

#[test]
fn a_request_that_comes_twice_makes_one_grant() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let (from, until) = (in_days(0), in_days(9));
    let ask = |basis: &str| {
        let body = GrantRequest {
            entry: "public-security/population".into(),
            operations: vec!["query".into()],
            fields: vec!["$.id_number".into()],
            purpose: "case-investigation".into(),
            legal_basis: basis.into(),
            from: from.clone(),
            until: until.clone(),
            responsible: "officer-0601".into(),
            responsible_at_provider: "officer-0301".into(),
            ..GrantRequest::default()
        };
        let body = serde_json::to_string(&body).unwrap();
        let ask = Ask::post("/api/v1/grants", &body).header("Idempotency-Key", "once");
        staff.asks(APPLICANT, &ask)
    };
    let (first, second) = (ask("传染病防治法"), ask("传染病防治法"));
    assert_eq!((first.status, second.status), (201, 201), "{second:?}");
    assert_eq!(first.read::<GrantResponse>().id, second.read::<GrantResponse>().id);
    // Another one under its name is none that was made.
    let other = ask("another law");
    assert!(other.status == 409 && other.text().contains("another request"), "{other:?}");
}
