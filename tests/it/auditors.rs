//! The log on the administration listener: for auditors of the office, and every look recorded.

use serde_json::Value;

use crate::support::{Answer, Ask, Connection, Files, World, person};

const DESK: &str = "human-resources/pension-desk";

/// A gateway whose office has an auditor; so has another department.
fn world() -> World {
    let people = |files: Files| {
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
    };
    World::setup().catalog(people).start()
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
    let page = page.json();
    let [one] = page["records"].as_array().unwrap().as_slice() else { panic!("{page}") };
    let line: Value = serde_json::from_str(one["line"].as_str().unwrap()).unwrap();
    assert_eq!((&line["exchange"], &page["next"]), (&refused.into(), &Value::Null));
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
            assert_eq!(answer.code().as_deref(), Some("not-authorised"));
        }
    }
    assert!(world.log().records().iter().all(|record| record["event"] != "log-read"));
}
