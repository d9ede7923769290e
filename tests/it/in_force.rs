//! Which catalog is in force: while others publish, while the store is away or wrong, and where a
//! folder is published as it is.

use std::time::{Duration, Instant};

use sluice::settings::CatalogSettings;

use crate::support::office::*;
use crate::support::operations::{counter, metrics};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Ask, Connection, Files, Origin, World, eventually, json, person};
use crate::windows::{self, DESK, PROVIDER, RECORDS, answer_of, read_chunked, record, search};

#[test]
fn another_gateway_on_the_same_store_follows_within_a_second() {
    let first = releases().start_serving();
    let mut setup = World::setup();
    setup = setup.settings(|settings| {
        let CatalogSettings::Releases(mut of) = first.settings.catalog.clone() else { panic!() };
        of.state = of.state.with_file_name("other-state");
        settings.catalog = CatalogSettings::Releases(of);
    });
    let second = setup.start_serving();
    let staff = Staff::of(&first);
    let id = staff.drafts(MAINTAINER, &renamed("别名"));
    // The other gateway takes a step, too.
    Staff::of(&second).does(MAINTAINER, &["submit", &id]);
    staff.does(REVIEWER, &["review", &id]);
    staff.does(APPROVER, &["approve", &id]);
    let since = Instant::now();
    eventually("the other gateway", || version(&second).starts_with("r2-").then_some(()));
    assert!(since.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_row_that_nobody_signed_changes_nothing_and_is_told() {
    let mut world = releases().start_serving();
    edit_store(
        &world,
        "INSERT INTO journal VALUES (2, 'step', '{\"statement\":\"{}\",\"signature\":\"\"}')",
    );
    eventually("the trouble", || readyz(&world).contains("row 2 of the store").then_some(()));
    assert!(version(&world).starts_with("r1-"));
    let text = metrics(world.gateway());
    assert_eq!(counter(&text, "sluice_catalog_current"), Some(0.0));
    assert_eq!(counter(&text, "sluice_catalog_reviewed"), Some(1.0));
    // What was right before serves on, over a restart as well.
    assert!(world.stop());
    world.reopen();
    assert_eq!(decided(&world)["decision"], "permit");
    assert!(readyz(&world).contains("row 2 of the store"), "{}", readyz(&world));
    // Rows that were found right before are not replaced by others.
    edit_store(&world, "DELETE FROM journal WHERE number = 2");
    eventually("no trouble", || readyz(&world).contains("approved\n").then_some(()));
    let id = Staff::of(&world).drafts(MAINTAINER, &renamed("a"));
    Staff::of(&world).publishes(&id);
    eventually("kept rows", || {
        let kept = std::fs::read_to_string(world.dir().join("state/rows.json")).unwrap();
        kept.contains("\"last\":5").then_some(())
    });
    assert!(world.stop());
    // Nor is what was kept replaced by what somebody else would like to have been found right.
    let rows = world.dir().join("state/rows.json");
    let kept = std::fs::read_to_string(&rows).unwrap();
    std::fs::write(&rows, kept.replace("\"last\":5", "\"last\":4")).unwrap();
    let refused = world.refuses_to_reopen();
    assert!(refused.contains("rows.json: it is not as it was written"), "{refused}");
    std::fs::write(&rows, kept).unwrap();
    edit_store(&world, "DELETE FROM journal WHERE number > 3");
    world.reopen();
    assert!(version(&world).starts_with("r2-"));
    let ready = readyz(&world);
    assert!(ready.contains("not those that this gateway has found right"), "{ready}");
}

#[test]
fn it_serves_without_its_store_until_that_is_too_old() {
    let origin = Origin::answering("public-security/records", json(200, "{}"));
    let setup = releases().settings(|settings| {
        let CatalogSettings::Releases(of) = &mut settings.catalog else { panic!() };
        of.max_age = Duration::from_secs(4);
    });
    let mut world = setup.origin(PUBLIC_SECURITY, &origin).start_serving();
    eventually("what is kept", || world.dir().join("state/confirmed.json").exists().then_some(()));
    assert!(world.stop());
    for file in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
        let _ = std::fs::remove_file(world.dir().join(file));
    }
    std::fs::create_dir(world.dir().join("state.sqlite")).unwrap();
    world.reopen();
    assert!(readyz(&world).contains("the store can't be used"), "{}", readyz(&world));
    // What is for everybody stays open; all else closes.
    let restricted = || {
        let body = serde_json::json!({
            "method": "POST", "path": "/public-security/population/query",
            "purpose": "social-assistance", "body": {"id_number": "330106199003070410"},
        });
        let ask = Ask::post("/-/decide", &body.to_string());
        world.call("human-resources/pension-desk", &ask).json()
    };
    assert_eq!(restricted()["decision"], "permit");
    eventually("a stale policy", || readyz(&world).contains(", stale").then_some(()));
    assert_eq!(restricted()["problem"]["code"], "policy-stale");
    assert_eq!(decided(&world)["decision"], "permit");
    // The catalog knows.
    let ask = Ask::get("/-/catalog?class=restricted&q=population");
    let listed = world.call("human-resources/pension-desk", &ask).json();
    assert_eq!(listed["entries"][0]["why"]["code"], "policy-stale", "{listed}");
    let ask = Ask::get("/-/catalog?class=unconditional&callable=true");
    let listed = world.call("human-resources/pension-desk", &ask).json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1, "{listed}");
    let body = r#"{"id_number":"330106199003070410"}"#;
    let ask = Ask::post("/public-security/population/query", body).purpose("social-assistance");
    let answer = world.call("human-resources/pension-desk", &ask);
    assert_eq!((answer.status, answer.code().as_deref()), (503, Some("policy-stale")));
}

#[test]
fn a_folder_is_published_again_when_it_changes_and_nobody_reviewed_it() {
    let world = World::setup().start_serving();
    assert!(readyz(&world).contains("nobody reviewed it"), "{}", readyz(&world));
    let before = version_in(&readyz(&world));
    let changed = Files::default().edit(DIVISIONS, "title: 行政区划代码", "title: 区划");
    changed.write(&world.dir().join("catalog"));
    let after = eventually("another version", || {
        let now = version_in(&readyz(&world));
        (now != before).then_some(now)
    });
    // One with problems leaves the one in force, and is told.
    Files::default()
        .edit(DIVISIONS, "class: unconditional", "class: unknown")
        .write(&world.dir().join("catalog"));
    eventually("the problems", || readyz(&world).contains("problems").then_some(()));
    assert_eq!(version_in(&readyz(&world)), after);
    changed.write(&world.dir().join("catalog"));
    eventually("no problems", || (!readyz(&world).contains("problems")).then_some(()));
    let answer = Connection::open(
        world.gateway().administration,
        Some(&person("exchange-office/officer-0101")),
    );
    let answer = answer.unwrap().ask(&Ask::get("/api/v1/drafts"));
    assert_eq!((answer.status, answer.code().as_deref()), (409, Some("not-released")));
}

fn version_in(ready: &str) -> String {
    let line = ready.lines().find_map(|line| line.strip_prefix("catalog: ")).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

/// A long answer, of which the second half comes once the catalog was changed so. Says whether it came
/// to its end, and what its outcome says.
fn poured_over(change: impl FnOnce(Files) -> Files) -> (bool, serde_json::Value) {
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let waits = std::sync::Mutex::new(waits);
    let answer = json(200, &answer_of(record, RECORDS));
    let origin = Origin::start(PROVIDER, move |_, reply| {
        let (first, second) = answer.split_at(answer.len() / 2);
        reply.send(first);
        waits.lock().unwrap().recv().unwrap();
        reply.send(second);
    });
    let world = windows::setup(&origin).start_serving();
    let before = version_in(&readyz(&world));
    let mut connection = world.connect(DESK);
    connection.send(&search().header("Connection", "close").bytes());
    world.log().wait_for("the first window", |record| record["kind"] == "continuation");
    let many = |files: Files| {
        files.edit("public-security/population.yaml", "max_records: 3", "max_records: 100000")
    };
    change(many(Files::default())).write(&world.dir().join("catalog"));
    eventually("another version", || (version_in(&readyz(&world)) != before).then_some(()));
    go_on.send(()).unwrap();
    let (answer, complete) = read_chunked(&mut connection);
    let (.., outcome) = windows::told(&world, answer.exchange());
    (complete, outcome)
}

const POPULATION: &str = "public-security/population.yaml";

#[test]
fn a_stream_that_another_policy_denies_or_narrows_is_cut() {
    let narrowed = |files: Files| {
        let path = "  - { path: $.sex, title: 性别, level: 1 }";
        let now = "  - { path: $.sex, title: 性别, level: 4 }";
        files.edit(POPULATION, path, now)
    };
    let (complete, outcome) = poured_over(narrowed);
    assert!(!complete);
    assert_eq!((&outcome["fate"], &outcome["code"]), (&"cut".into(), &"policy-changed".into()));
    let denied = |files: Files| {
        let term = "  - id: social-assistance\n";
        files.edit(POPULATION, term, &format!("{term}    until: 2026-01-01\n"))
    };
    let (complete, outcome) = poured_over(denied);
    assert!(!complete);
    assert_eq!((&outcome["fate"], &outcome["code"]), (&"cut".into(), &"not-authorised".into()));
    // What changes nothing for it does not cut it.
    let titled = |files: Files| files.edit(DIVISIONS, "title: 行政区划代码", "title: 区划");
    let (complete, outcome) = poured_over(titled);
    assert!(complete, "{outcome}");
}

#[test]
fn another_catalog_refills_no_quota_and_resets_no_metric() {
    let origin = Origin::answering(PROVIDER, json(200, r#"{"id_number":"330106199003070410"}"#));
    let slow = |files: Files| {
        files.edit(POPULATION, "rate: 1000/s\n    burst: 2000", "rate: 2/h\n    burst: 2")
    };
    let world = World::setup().catalog(slow).origin(PUBLIC_SECURITY, &origin).start_serving();
    let call = || {
        let body = r#"{"id_number":"330106199003070410"}"#;
        let ask = Ask::post("/public-security/population/query", body);
        world.call(DESK, &ask.purpose("social-assistance")).status
    };
    assert_eq!([call(), call(), call()], [200, 200, 429]);
    let released = || {
        let series =
            "sluice_exchanges_total{entry=\"public-security/population\",outcome=\"released\"}";
        counter(&metrics(world.gateway()), series)
    };
    assert_eq!(released(), Some(2.0));
    let before = version_in(&readyz(&world));
    slow(Files::default())
        .edit(DIVISIONS, "title: 行政区划代码", "title: 区划")
        .write(&world.dir().join("catalog"));
    eventually("another version", || (version_in(&readyz(&world)) != before).then_some(()));
    assert_eq!((call(), released()), (429, Some(2.0)));
}
