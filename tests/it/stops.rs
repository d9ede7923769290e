//! Stopping something at once: by one word, within a second, with the store or without.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json as value};
use sluice::contract::suspensions::SuspensionResponse;

use crate::support::office::{APPROVER, OFFICE_APPROVER, Staff, governed, staffed};
use crate::support::{Ask, Files, Origin, World, check, eventually, json};
use crate::windows::{DESK, PROVIDER, answer_of, many, record};

const OPERATOR: &str = "exchange-office/officer-0105";

/// The staffed catalog, with an operator of the exchange office.
fn people(files: Files) -> Files {
    let auditor = "- { id: officer-0104, roles: [auditor] }\n";
    let more = ["officer-0105", "officer-0106"]
        .map(|id| format!("      - {{ id: {id}, roles: [operator] }}\n"));
    let operator = format!("{auditor}{}", more.concat());
    staffed(files).edit("departments.yaml", auditor, &operator).edit(
        "departments.yaml",
        "{ id: officer-0018, roles: [] }",
        "{ id: officer-0018, roles: [operator] }",
    )
}

fn world(origin: &Origin, change: impl FnOnce(Files) -> Files) -> World {
    governed(origin, |files| change(people(files)))
}

fn population() -> Origin {
    Origin::answering(PROVIDER, json(200, r#"{"id_number":"330106199003070410","sex":"女"}"#))
}

fn query() -> Ask {
    Ask::get("/public-security/population/people/P0017")
        .purpose("social-assistance")
        .header("Exchange-Operator", "officer-0017")
}

fn suspends(staff: &Staff, who: &str, target: &str) -> String {
    let ended = staff.run_of("suspend", who, &[target, "--reason", "the key is lost"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out
}

fn lifts(staff: &Staff, who: &str, target: &str) {
    let ended = staff.run_of("lift", who, &[target]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_system_that_is_stopped_loses_its_connections_until_another_person_lifts_it() {
    let origin = population();
    let world = world(&origin, |files| files);
    let staff = Staff::of(&world);
    let (mut open, mut other) = (world.connect(DESK), world.connect("human-resources/probe-00"));
    assert_eq!((open.ask(&query()).status, other.ask(&query()).status), (200, 200));
    let target = "system/human-resources/pension-desk";
    assert_eq!(suspends(&staff, OPERATOR, target), format!("{target} is stopped\n"));
    // The connection is closed, others' are not.
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{rest:?}");
    assert_eq!(other.ask(&query()).status, 200);
    // Whoever comes anew is told.
    check(&world, &world.call(DESK, &query()), 403, Some("peer-suspended"));
    let listed = staff.run_of("suspended", OFFICE_APPROVER, &[]).out;
    assert!(listed.contains(target) && listed.contains("the key is lost"), "{listed}");
    let twice = staff.run_of("suspend", OFFICE_APPROVER, &[target, "--reason", "x"]);
    assert!(twice.err.contains("suspend can't follow that"), "{twice:?}");
    let same = staff.run_of("lift", OPERATOR, &[target]);
    assert!(same.err.contains("same person has taken the step suspend"), "{same:?}");
    lifts(&staff, OFFICE_APPROVER, target);
    assert_eq!(world.call(DESK, &query()).status, 200);
    let steps = world.log().kind("control");
    let steps: Vec<_> = steps.iter().filter(|one| one["event"] == "step").collect();
    assert_eq!(steps.len(), 2);
    assert_eq!((&steps[0]["step"], &steps[0]["object"]), (&value!("suspend"), &value!(target)));
}

#[test]
fn each_thing_that_is_stopped_has_its_code() {
    let origin = population();
    let world = world(&origin, |files| files);
    let staff = Staff::of(&world);
    for (target, code) in [
        ("entry/public-security/population", "entry-suspended"),
        ("department/public-security", "provider-suspended"),
        ("department/human-resources", "peer-suspended"),
        ("person/human-resources/officer-0017", "operator-suspended"),
    ] {
        assert_eq!(world.call(DESK, &query()).status, 200);
        suspends(&staff, OPERATOR, target);
        let answer = world.call(DESK, &query());
        check(&world, &answer, 403, Some(code));
        lifts(&staff, OFFICE_APPROVER, target);
    }
    // A department stops its own, and nothing else.
    let own =
        staff.run_of("suspend", APPROVER, &["entry/civil-affairs/divisions", "--reason", "x"]);
    assert_eq!(own.code, Some(0), "{own:?}");
    let other =
        staff.run_of("suspend", APPROVER, &["entry/public-security/population", "--reason", "x"]);
    assert!(other.err.contains("for a person of exchange-office"), "{other:?}");
    let nothing =
        staff.run_of("suspend", OPERATOR, &["entry/public-security/nothing", "--reason", "x"]);
    assert!(nothing.err.contains("There is no entry/public-security/nothing"), "{nothing:?}");
    let wrong = staff.run_of("suspend", OPERATOR, &["everything", "--reason", "x"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    // Who is stopped does not administrate either.
    suspends(&staff, OPERATOR, "person/civil-affairs/officer-0203");
    let barred = staff.asks(APPROVER, &Ask::get("/api/v1/status"));
    assert_eq!((barred.status, barred.code().as_deref()), (403, Some("peer-suspended")));
}

/// What the log says of an answer under way when something is stopped.
fn cut_by(target: &str) -> Value {
    let origin = Origin::answering(PROVIDER, json(200, &answer_of(record, 20_000)));
    let world = world(&origin, many);
    let staff = Staff::of(&world);
    let mut connection = world.connect(DESK);
    connection.send(&crate::windows::search().header("Connection", "close").bytes());
    assert!(connection.interim().unwrap().line.contains("200"));
    suspends(&staff, OPERATOR, target);
    let mut rest = Vec::new();
    let _ = connection.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it is complete");
    let outcome = world.log().wait_for("the outcome", |one| one["kind"] == "outcome");
    assert_eq!(outcome["fate"], "cut");
    outcome["code"].clone()
}

#[test]
fn a_long_answer_is_cut_by_what_is_stopped() {
    assert_eq!(cut_by("entry/public-security/population"), "entry-suspended");
    assert_eq!(cut_by("system/human-resources/pension-desk"), "peer-suspended");
}

const STORE_FILES: [&str; 3] = ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"];

/// Keeps what the gateway has written, its store and its folder, under another name; or brings that back.
fn moved(world: &World, from: &str, to: &str, how: fn(&Path, &Path)) {
    for file in STORE_FILES {
        let path = |end: &str| world.dir().join(format!("{file}{end}"));
        if path(from).exists() {
            how(&path(from), &path(to));
        }
    }
}

fn copied(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

fn code_of(world: &World) -> Option<String> {
    world.call(DESK, &query()).code()
}

/// A stopped gateway at which a person has suspended the desk while the store was away. In the store, that
/// person was suspended meanwhile.
fn refused_by_store(origin: &Origin, who: &str) -> World {
    let mut world = world(origin, |files| files);
    assert_eq!(code_of(&world), None);
    // This gateway is left with the state of now, while elsewhere the operator is suspended.
    assert!(world.stop());
    let (state, aside) = (world.dir().join("state"), world.dir().join("state.aside"));
    fs::create_dir(&aside).unwrap();
    for file in fs::read_dir(&state).unwrap().map(|file| file.unwrap().file_name()) {
        fs::copy(state.join(&file), aside.join(&file)).unwrap();
    }
    world.reopen();
    suspends(&Staff::of(&world), OFFICE_APPROVER, &format!("person/{who}"));
    assert!(world.stop());
    moved(&world, "", ".elsewhere", |from, to| fs::rename(from, to).unwrap());
    fs::create_dir(world.dir().join("state.sqlite")).unwrap();
    fs::remove_dir_all(&state).unwrap();
    fs::rename(&aside, &state).unwrap();
    world.reopen();
    suspends(&Staff::of(&world), who, "system/human-resources/pension-desk");
    assert!(world.stop());
    fs::remove_dir(world.dir().join("state.sqlite")).unwrap();
    moved(&world, ".elsewhere", "", copied);
    world
}

#[test]
fn what_the_store_does_not_take_stays_stopped_until_it_is_lifted_here() {
    let origin = population();
    let mut world = refused_by_store(&origin, OPERATOR);
    // Once the store is back, that person's step does not count, but no suspension ends by that.
    for _ in 0..2 {
        world.reopen();
        eventually("that the store is read", || {
            let staff = Staff::of(&world);
            let stopped: Vec<SuspensionResponse> = staff.reads(APPROVER, "/api/v1/suspensions");
            (stopped.len() == 2).then_some(())
        });
        assert_eq!(code_of(&world).as_deref(), Some("peer-suspended"));
        assert!(world.stop());
    }
    world.reopen();
    lifts(&Staff::of(&world), OFFICE_APPROVER, "system/human-resources/pension-desk");
    assert_eq!(code_of(&world), None);
    assert!(world.stop());
    world.reopen();
    assert_eq!(code_of(&world), None);
}

#[test]
fn what_rests_on_a_step_that_the_store_does_not_have_is_not_appended() {
    const DESK_TARGET: &str = "system/human-resources/pension-desk";
    let origin = population();
    let mut world = refused_by_store(&origin, "human-resources/officer-0018");
    world.reopen();
    let staff = Staff::of(&world);
    let said = suspends(&staff, OFFICE_APPROVER, DESK_TARGET);
    assert!(said.contains("at this gateway"), "{said}");
    // The store is as good as before.
    let said = suspends(&staff, OPERATOR, "system/health/clinic-desk");
    assert!(!said.contains("at this gateway"), "{said}");
    // The office lifts its own, then the other.
    lifts(&staff, OPERATOR, DESK_TARGET);
    assert_eq!(code_of(&world).as_deref(), Some("peer-suspended"));
    lifts(&staff, OPERATOR, DESK_TARGET);
    assert_eq!(code_of(&world), None);
}

#[test]
fn who_is_suspended_signs_nothing() {
    let origin = population();
    let world = world(&origin, |files| files);
    let staff = Staff::of(&world);
    suspends(&staff, OPERATOR, "person/exchange-office/officer-0104");
    suspends(&staff, OFFICE_APPROVER, &format!("person/{OPERATOR}"));
    let ended = staff.run_of("suspend", OPERATOR, &["grant/g-1", "--reason", "why"]);
    assert!(ended.code != Some(0) && ended.err.contains("suspended"), "{ended:?}");
    let office = staff.run_of(
        "suspend",
        OFFICE_APPROVER,
        &["department/exchange-office", "--reason", "why"],
    );
    assert!(
        office.code != Some(0) && office.err.contains("would be left to lift it"),
        "{office:?}"
    );
}

#[test]
fn nobody_stops_all_who_could_lift_it() {
    let origin = population();
    let world = world(&origin, |files| files);
    let staff = Staff::of(&world);
    suspends(&staff, OPERATOR, "person/exchange-office/officer-0106");
    let last = format!("person/{OFFICE_APPROVER}");
    let ended = staff.run_of("suspend", OPERATOR, &[&last, "--reason", "why"]);
    assert!(ended.code == Some(1) && ended.err.contains("would be left to lift it"), "{ended:?}");
    lifts(&staff, OFFICE_APPROVER, "person/exchange-office/officer-0106");
    suspends(&staff, OPERATOR, &last);
}

#[test]
fn an_answer_that_rests_on_the_second_basis_is_not_held_against_the_first() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let body = r#"{"id_number":"330106199003070410","sex":"女"}"#;
    let origin = Origin::start(PROVIDER, move |_, reply| {
        // A sender that is gone is a test that has failed.
        let _ = wait.lock().unwrap().recv();
        reply.send(&json(200, body));
    });
    // The first term shows more, and is used up by one request.
    let first = "terms:\n  - id: once\n    consumers: [human-resources]\n    modes: [query]\n    \
                 purposes: [social-assistance]\n    clearance: 3\n    \
                 budget: { total: { requests: 1 } }\n    legal_basis: 社会救助暂行办法\n";
    let world =
        world(&origin, |files| files.edit("public-security/population.yaml", "terms:\n", first));
    go_on.send(()).unwrap();
    let line = check(&world, &world.call(DESK, &query()), 200, None);
    assert_eq!(line["basis"], "term/once");
    let mut connection = world.connect(DESK);
    connection.send(&query().header("Connection", "close").bytes());
    origin.wait_for(2);
    suspends(&Staff::of(&world), OPERATOR, "system/health/clinic-desk");
    go_on.send(()).unwrap();
    let line = check(&world, &connection.answer().unwrap(), 200, None);
    assert_eq!(line["basis"], "term/social-assistance");
}

#[test]
fn what_is_stopped_stays_so_and_more_can_be_stopped_while_the_store_is_away() {
    let origin = population();
    let mut world = world(&origin, |files| files);
    suspends(&Staff::of(&world), OPERATOR, "person/human-resources/officer-0017");
    assert!(world.stop());
    let store = |name: &str| world.dir().join(name);
    let files = ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"];
    for file in files {
        let _ = fs::rename(store(file), store(&format!("{file}.aside")));
    }
    fs::create_dir(store("state.sqlite")).unwrap();
    world.reopen();
    let code = |world: &World| world.call(DESK, &query()).code();
    assert_eq!(code(&world).as_deref(), Some("operator-suspended"));
    let said = suspends(&Staff::of(&world), OPERATOR, "system/human-resources/pension-desk");
    assert!(said.contains("at this gateway; at others when the store is back"), "{said}");
    assert_eq!(code(&world).as_deref(), Some("peer-suspended"));
    // It is still so after another start, and comes into the store when that is back.
    assert!(world.stop());
    world.reopen();
    assert_eq!(code(&world).as_deref(), Some("peer-suspended"));
    assert!(world.stop());
    let store = |name: &str| world.dir().join(name);
    fs::remove_dir(store("state.sqlite")).unwrap();
    for file in files {
        let _ = fs::rename(store(&format!("{file}.aside")), store(file));
    }
    world.reopen();
    eventually("that it is in the store", || {
        let pending = fs::read_to_string(world.dir().join("state/stops-pending.json")).unwrap();
        pending.ends_with("\n[]").then_some(())
    });
    assert_eq!(code(&world).as_deref(), Some("peer-suspended"));
    lifts(&Staff::of(&world), OFFICE_APPROVER, "system/human-resources/pension-desk");
    lifts(&Staff::of(&world), OFFICE_APPROVER, "person/human-resources/officer-0017");
    assert_eq!(world.call(DESK, &query()).status, 200);
}
