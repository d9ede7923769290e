//! When a grant ends, its consumer is asked to delete what it has got, and says that it is done.

use sluice::contract::notices::NoticeResponse;

use crate::grants::{
    APPLICANT, CLINIC, PROVIDER_APPROVER, asked, but, does, in_days, in_millis, opened, people,
    population, query,
};
use crate::support::certificates::now_millis;
use crate::support::office::*;
use crate::support::operations::fetch;
use crate::support::{Ask, World, eventually};

fn notices(staff: &Staff, who: &str, arguments: &[&str]) -> String {
    let ended = staff.run_of("notice", who, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.out
}

fn world() -> (crate::support::Origin, World) {
    let origin = population();
    let world = governed(&origin, people);
    (origin, world)
}

#[test]
fn who_has_got_data_says_that_it_is_deleted() {
    let (_origin, world) = world();
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked("retention = \"P30D\"\n"));
    assert_eq!(world.call(CLINIC, &query()).status, 200);
    assert_eq!(notices(&staff, APPLICANT, &["list"]), "");
    let reason = ["--reason", "the case is closed"];
    does(&staff, APPLICANT, &[&["return", &id], &reason[..]].concat());
    let notice = format!("ended-{id}");
    for who in [APPLICANT, PROVIDER_APPROVER, OFFICE_APPROVER] {
        let listed = notices(&staff, who, &["list", "--open"]);
        let said = format!(
            "{notice}: health is to delete what it has of public-security/population by grant/{id}, returned"
        );
        assert!(listed.starts_with(&said), "{listed}");
    }
    // Who has nothing to do with the grant, sees nothing of it.
    assert_eq!(notices(&staff, APPROVER, &["list"]), "");
    let path = format!("/api/v1/notices/{notice}");
    assert_eq!(staff.asks(APPROVER, &Ask::get(&path)).status, 404);
    // It waits for as long as data may be kept, and then for working days.
    let told: NoticeResponse = staff.reads(APPLICANT, &path);
    let due: jiff::Timestamp = told.due.parse().unwrap();
    let days = (due.as_millisecond() - now_millis()) / 86_400_000;
    assert!((42..60).contains(&days), "{told:?}");
    // It is the consumer's to say.
    let done = ["acknowledge", &*notice, "--reason", "deleted, minutes 118"];
    let foreign = staff.run_of("notice", PROVIDER_APPROVER, &done);
    assert_eq!(foreign.code, Some(1), "{foreign:?}");
    let said = notices(&staff, APPLICANT, &done);
    assert!(said.contains(&format!("delete grant/{id}\nreturned ")), "{said}");
    assert_eq!(notices(&staff, APPLICANT, &["list", "--open"]), "");
    let listed = notices(&staff, OFFICE_APPROVER, &["list"]);
    assert!(listed.contains("acknowledged by health/officer-0601"), "{listed}");
    let told: NoticeResponse = staff.reads(OFFICE_APPROVER, &path);
    let reason = told.acknowledged.unwrap().reason;
    assert_eq!(reason.as_deref(), Some("deleted, minutes 118"));
    let again = staff.run_of("notice", APPLICANT, &done);
    assert!(again.err.contains("acknowledged"), "{again:?}");
    // The store is right for whoever reads it anew, and the step stands in the log.
    let config = world.config();
    let verified =
        crate::support::program::run(&["grant", "verify", "--config", config.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn the_clock_gives_notice_of_what_nobody_has_ended() {
    let (_origin, world) = world();
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &but(&asked(""), "until", &in_millis(15_000)));
    let notice = format!("ended-{id}: ");
    eventually("the notice", || {
        notices(&staff, APPLICANT, &["list", "--open"]).contains(&notice).then_some(())
    });
    assert!(notices(&staff, APPLICANT, &["list"]).contains(", expired "));
    // Whoever watches dashboards sees that something is to be done.
    eventually("the metrics", || {
        let metrics = fetch(world.gateway().operations, "/metrics").unwrap().1;
        let shows = |line: &str| metrics.lines().any(|known| known == line);
        let all = ["sluice_notices_open 1", "sluice_notices_overdue 0", "sluice_grants_active 0"];
        all.into_iter().all(shows).then_some(())
    });
    // A grant that never began gave nobody anything.
    let id = opened(&world, &staff, &but(&asked(""), "from", &in_days(1)));
    does(&staff, PROVIDER_APPROVER, &["revoke", &id, "--reason", "a mistake"]);
    assert!(!notices(&staff, APPLICANT, &["list"]).contains(&format!("ended-{id}")));
}

#[test]
fn no_later_step_makes_a_notice_younger() {
    let (_origin, world) = world();
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked(""));
    opened(&world, &staff, &asked(&format!("supersedes = {id:?}\n")));
    let listed = notices(&staff, APPLICANT, &["list"]);
    assert!(listed.contains(&format!("by grant/{id}, superseded ")), "{listed}");
    let back = staff.run_of("grant", APPLICANT, &["return", &id, "--reason", "again"]);
    assert!(back.code == Some(1) && back.err.contains("in its place"), "{back:?}");
    assert_eq!(notices(&staff, APPLICANT, &["list"]), listed);
}
