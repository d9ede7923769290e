//! The log on the administration listener: for auditors of the office, and every look recorded.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sluice::contract::log::RecordsResponse;

use crate::support::program::run;
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Connection, Files, Origin, World, json, person};

const DESK: &str = "human-resources/pension-desk";

/// A gateway whose office has an auditor; so has another department.
fn world() -> World {
    World::setup().catalog(people).start()
}

fn people(files: Files) -> Files {
    files
        .edit(
            "departments.yaml",
            "      - { id: officer-0101, roles: [maintainer] }\n",
            "      - { id: officer-0101, roles: [maintainer] }\n      \
                 - { id: officer-0104, roles: [auditor] }\n",
        )
        .edit(
            "departments.yaml",
            "      - { id: officer-0017, roles: [] }\n",
            "      - { id: officer-0017, roles: [auditor] }\n",
        )
}

fn get(world: &World, who: &str, path: &str) -> Answer {
    let mut connection =
        Connection::open(world.gateway().administration, Some(&person(who))).unwrap();
    connection.ask(&Ask::get(path))
}

const AUDITOR: &str = "exchange-office/officer-0104";

#[test]
fn an_auditor_reads_the_log_and_that_is_recorded() {
    let world = world();
    let refused = world.call(DESK, &Ask::get("/nothing/here")).exchange().to_owned();
    let page = get(&world, AUDITOR, "/api/v1/log/records?consumer=human-resources&decision=denial");
    assert_eq!(page.status, 200, "{page:?}");
    let page: RecordsResponse = page.read();
    let [one] = &*page.records else { panic!("{page:?}") };
    let line: Value = serde_json::from_str(&one.line).unwrap();
    assert_eq!((&line["exchange"], page.next), (&refused.into(), None));
    let read = || {
        let records = world.log().records().into_iter();
        records.filter(|record| record["event"] == "log-read").collect::<Vec<_>>()
    };
    let [record] = &*read() else { panic!("{:?}", read()) };
    assert_eq!(record["by"], AUDITOR);
    assert_eq!(
        (&record["what"], &record["records"]),
        (&"records consumer,decision".into(), &1.into())
    );
    // Entries are told of, too; hashes tell nothing of anybody.
    let size = crate::support::eventually("a checkpoint", || {
        let note = get(&world, AUDITOR, "/api/v1/log/checkpoint");
        (note.status == 200).then(|| note.text().lines().nth(1).unwrap().parse::<u64>().unwrap())
    });
    let entries = get(&world, AUDITOR, &format!("/api/v1/log/tile/entries/000.p/{size}"));
    assert_eq!(entries.status, 200, "{entries:?}");
    assert_eq!(
        get(&world, AUDITOR, &format!("/api/v1/log/tile/0/000.p/{size}")).body.len() as u64,
        32 * size
    );
    assert_eq!(read().len(), 2);
    assert_eq!(read()[1]["records"], size);
    for (path, status) in [
        ("/api/v1/log/records?nonsense=1", 400),
        ("/api/v1/log/records?since=yesterday", 400),
        ("/api/v1/log/records?from=99999", 200),
        ("/api/v1/log/tile/entries/999", 404),
        ("/api/v1/log/../../log.vkey", 404),
    ] {
        assert_eq!(get(&world, AUDITOR, path).status, status, "{path}");
    }
}

#[test]
fn the_log_is_for_auditors_of_the_office_alone() {
    let world = world();
    for who in [
        "exchange-office/officer-0101",
        "human-resources/officer-0017",
        "human-resources/officer-0018",
        "human-resources/nobody",
    ] {
        for path in
            ["/api/v1/log/records", "/api/v1/log/checkpoint", "/api/v1/log/tile/entries/000"]
        {
            let answer = get(&world, who, path);
            assert_eq!(answer.status, 403, "{who} {path}: {answer:?}");
            let known = !who.ends_with("nobody");
            let code = if known { "not-authorised" } else { "unknown-peer" };
            assert_eq!(answer.code().as_deref(), Some(code), "{who}");
        }
    }
    assert!(world.log().records().iter().all(|record| record["event"] != "log-read"));
}

const ID_NUMBER: &str = "330106199003070410";

/// How many exchanges a person or an auditor is told of.
fn traced(world: &World, keys: &Path, reader: &[&str]) -> usize {
    let (log, keys) = (world.settings.log.dir.to_str().unwrap(), keys.to_str().unwrap());
    let trace = ["audit", "trace", "--log", log, "--subject", ID_NUMBER, "--subject-key", keys];
    let ended = run(&[&trace[..], &["--format", "json"], reader].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    let rows = told.as_array().unwrap();
    let is_told = |row: &Value| row["confidential"] != Value::Null;
    assert!(rows.iter().all(|row| is_told(row) == reader.contains(&"auditor")));
    rows.len()
}

fn query() -> Ask {
    let body = format!("{{\"id_number\":\"{ID_NUMBER}\"}}");
    Ask::post("/public-security/population/query", &body).purpose("social-assistance")
}

#[test]
fn a_person_is_told_of_what_is_confidential_once_an_auditor_discloses_it() {
    let record = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女"}"#;
    let origin = Origin::answering("public-security/records", json(200, record));
    let confidential = |files: Files| {
        let id = "  - id: social-assistance\n";
        let more = format!("{id}    confidential: true\n");
        people(files).edit("public-security/population.yaml", id, &more)
    };
    let world = World::setup().catalog(confidential).origin(PUBLIC_SECURITY, &origin).start();
    let answer = world.call(DESK, &query());
    assert_eq!(answer.status, 200, "{answer:?}");
    let exchange = answer.exchange().to_owned();
    assert_eq!(world.log().of(&exchange)[0]["confidential"], true);
    let keys = world.settings.log.secrets.clone();
    let traced = |reader: &[&str]| traced(&world, &keys, reader);
    assert_eq!((traced(&[]), traced(&["--for", "auditor"])), (0, 1));
    let disclose = |who: &str, body: &str| {
        let mut connection =
            Connection::open(world.gateway().administration, Some(&person(who))).unwrap();
        connection.ask(&Ask::post("/api/v1/log/disclosures", body))
    };
    let body = format!("{{\"exchange\":\"{exchange}\"}}");
    for (who, body, status) in [
        ("human-resources/officer-0017", &*body, 403),
        ("exchange-office/officer-0101", &body, 403),
        (AUDITOR, "{}", 400),
        (AUDITOR, "{\"exchange\":\"\"}", 400),
        (AUDITOR, "{\"exchange\":\"01953a2e-7d00-7000-8000-000000000001\"}", 404),
    ] {
        assert_eq!(disclose(who, body).status, status, "{who} {body}");
    }
    assert_eq!(traced(&[]), 0);
    assert_eq!(disclose(AUDITOR, &body).status, 201);
    assert_eq!((traced(&[]), traced(&["--for", "auditor"])), (1, 1));
    let records = world.log().records();
    let disclosed: Vec<&Value> = records.iter().filter(|r| r["event"] == "disclosed").collect();
    let [record] = &*disclosed else { panic!("{disclosed:?}") };
    assert_eq!((&record["by"], &record["disclosed"]), (&AUDITOR.into(), &exchange.into()));
}

#[test]
fn in_a_new_epoch_a_person_is_another_digest_and_found_in_both() {
    let record = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女"}"#;
    let origin = Origin::answering("public-security/records", json(200, record));
    let mut world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let first = world.call(DESK, &query()).exchange().to_owned();
    let secrets = world.settings.log.secrets.clone();
    let ended = run(&["audit", "epoch", "--secrets", secrets.to_str().unwrap()]);
    assert!(ended.code == Some(0) && ended.out.contains("subject-2.key"), "{ended:?}");
    assert!(world.stop());
    world.restart();
    let second = world.call(DESK, &query()).exchange().to_owned();
    let digest = |exchange: &str| world.log().of(exchange)[0]["released"]["subjects"][0].clone();
    assert!(digest(&first).is_string() && digest(&first) != digest(&second));
    let counts = ["subject-1.key", "subject-2.key", "."].map(|of| {
        let place = secrets.join(of);
        assert!(fs::exists(&place).unwrap());
        traced(&world, &place, &[])
    });
    assert_eq!(counts, [1, 1, 2]);
}
