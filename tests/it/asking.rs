//! Asking for a grant: what for, and who decides by when.

use std::fs;

use crate::grants::{
    APPLICANT, CITY_LEADER, CLINIC, OTHER_OFFICE_APPROVER, PROVIDER_APPROVER, asked, code, does,
    opened, population, query, requested, world,
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
    let both = asked("clearance = 2\n");
    assert!(both.contains(fields));
    let file = world.dir().join("both.toml");
    fs::write(&file, &both).unwrap();
    let ended = staff.run_of("grant", APPLICANT, &["request", file.to_str().unwrap()]);
    assert!(ended.err.contains("either `fields` or `clearance`"), "{ended:?}");
    let id = opened(&world, &staff, &both.replace(fields, ""));
    let told = staff.asks(APPLICANT, &Ask::get(&format!("/api/v1/grants/{id}"))).json();
    let pinned = told["grant"]["fields"].as_object().unwrap();
    assert!(pinned.len() > 1 && pinned.values().all(|level| level.as_u64() <= Some(2)), "{told}");
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
    let told = staff.asks(APPLICANT, &Ask::get(&format!("/api/v1/grants/{id}"))).json();
    let due: jiff::Timestamp = told["waits_for"]["due"].as_str().unwrap().parse().unwrap();
    let days = (due.as_millisecond() - now_millis()) / 86_400_000;
    // Ten working days are two weeks, and the end of the last.
    assert!((13..=16).contains(&days), "{days}");
    assert_eq!(told["waits_for"]["overdue"], false);
    let late = does(&staff, APPLICANT, &["list", "--overdue"]);
    assert_eq!(late, "");
}
