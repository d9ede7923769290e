//! What happens is told to people who watch, as far as it is theirs to know.

use crate::grants::{
    CLINIC, PROVIDER_APPROVER, asked, but, in_millis, opened, people, population, query,
};
use crate::support::office::*;
use crate::support::{Ask, Files, World, eventually};

const POPULATION: &str = "public-security/population.yaml";
const OFFICE_OPERATOR: &str = "exchange-office/officer-0107";

fn has(watcher: &crate::support::program::Program, line: &str) -> bool {
    watcher.out().lines().any(|told| told.contains(line))
}

#[test]
fn a_watcher_is_told_what_happens_and_nothing_that_is_not_theirs_to_know() {
    let origin = population();
    let world: World = governed(&origin, people);
    let staff = Staff::of(&world);
    let watcher = staff.watches(PROVIDER_APPROVER, &["--after", "0"]);
    // Another department's maintainer.
    let stranger = staff.watches(MAINTAINER, &["--after", "0"]);
    let id = opened(&world, &staff, &but(&asked(""), "until", &in_millis(15_000)));
    for line in ["request by health/officer-0601", "agree by", "open by"] {
        let line = format!("grant/{id} {line}");
        eventually("a step", || has(&watcher, &line).then_some(()));
    }
    assert_eq!(world.call(CLINIC, &query()).status, 200);
    // The clock's part.
    let line = format!("grant/{id} expired");
    eventually("the end", || has(&watcher, &line).then_some(()));
    let target = "system/health/records-desk";
    let ended = staff.run_of("suspend", OFFICE_OPERATOR, &[target, "--reason", "a leak"]);
    assert_eq!(ended.code, Some(1), "there is no such system: {ended:?}");
    let ended = staff.run_of(
        "suspend",
        OFFICE_OPERATOR,
        &["system/health/clinic-desk", "--reason", "a leak"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = "system/health/clinic-desk suspend by exchange-office/officer-0107: a leak";
    for one in [&watcher, &stranger] {
        eventually("the stop", || has(one, line).then_some(()));
    }
    // Drafts are told to their own department.
    let files = people(Files::default()).edit(POPULATION, "title: 人口", "title: 户籍人口");
    let police = "public-security/officer-0304";
    let draft = staff.drafts(police, &files);
    staff.does(police, &["submit", &draft]);
    eventually("the draft", || has(&watcher, &format!("draft/{draft} submit")).then_some(()));
    assert!(!has(&stranger, "grant/") && !has(&stranger, "draft/"), "{}", stranger.out());
    // A client that comes back continues at its last event.
    let open = watcher.out();
    let open = open.lines().find(|line| line.contains(" open by ")).unwrap();
    let row = open.trim().split(' ').next().unwrap().to_owned();
    let later = staff.watches(PROVIDER_APPROVER, &["--after", &row]);
    eventually("the stop", || has(&later, line).then_some(()));
    assert!(!has(&later, " open by ") && !has(&later, "remembered"), "{}", later.out());
}

#[test]
fn who_is_suspended_is_told_no_more() {
    let origin = population();
    let world: World = governed(&origin, people);
    let staff = Staff::of(&world);
    let mut watcher = staff.watches(PROVIDER_APPROVER, &["--after", "0"]);
    let suspend = |target: &str| {
        let ended = staff.run_of("suspend", OFFICE_OPERATOR, &[target, "--reason", "gone"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    };
    suspend("system/health/clinic-desk");
    eventually("a line", || has(&watcher, "clinic-desk suspend").then_some(()));
    suspend(&format!("person/{PROVIDER_APPROVER}"));
    eventually("the end", || watcher.ended().then_some(()));
    assert!(!has(&watcher, "person/"), "{}", watcher.out());
}

#[test]
fn what_is_no_watching_is_told_so() {
    let world = governed(&population(), people);
    let staff = Staff::of(&world);
    let ended = staff.run_of("watch", "health/system-x", &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let told = staff.asks(OFFICE_APPROVER, &Ask::post("/api/v1/events", "{}"));
    assert_eq!(told.status, 405);
}
