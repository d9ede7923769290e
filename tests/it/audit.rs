//! `sluice audit`: a log that a gateway has written, in the hands of people.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sluice::audit::{Log, LogConfig};
use sluice_core::domain::name::Name;
use sluice_core::ledger::note::{KeyKind, NoteSigner, NoteVerifier};
use sluice_core::ledger::receipt::LogProof;
use sluice_core::ledger::record::{Exchange, Record};

use crate::support::program::{Ended, run};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Ask, Origin, World, json};

const DESK: &str = "human-resources/pension-desk";
const RECORD: &str =
    r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女","portrait":"x"}"#;

fn query(number: &str) -> Ask {
    let body = format!("{{\"id_number\":\"{number}\"}}");
    Ask::post("/public-security/population/query", &body).purpose("social-assistance")
}

/// A gateway that has answered, refused, and stopped; with the ids of both exchanges.
fn world() -> (World, String, String) {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let mut world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let answered = world.call(DESK, &query("330106199003070410"));
    assert_eq!(answered.status, 200);
    let refused = world.call("health/clinic-desk", &query("330106199003070410"));
    assert_eq!(refused.status, 403);
    let ids = (answered.exchange().to_owned(), refused.exchange().to_owned());
    assert!(world.stop());
    (world, ids.0, ids.1)
}

fn audit(world: &World, arguments: &[&str]) -> Ended {
    let dir = world.settings.log.dir.to_str().unwrap();
    let arguments = [&["audit", arguments[0], "--log", dir], &arguments[1..]].concat();
    run(&arguments)
}

fn said(world: &World, arguments: &[&str]) -> String {
    let ended = audit(world, arguments);
    assert_eq!((ended.code, &*ended.err), (Some(0), ""), "{arguments:?}: {ended:?}");
    ended.out
}

#[test]
fn a_log_is_verified_and_what_was_done_to_it_is_told() {
    let (world, ..) = world();
    let dir = &world.settings.log.dir;
    let key = fs::read_to_string(dir.join("log.vkey")).unwrap();
    let told = said(&world, &["verify", "--key", key.trim()]);
    assert!(told.ends_with("verified\n") && told.contains("log          exchange.test/test"));
    assert!(said(&world, &["verify"]).contains("the one in the folder"));
    let segment = dir.join("00000000000000000000.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    let at = text.find("denial").unwrap();
    fs::write(&segment, text.replace("denial", "permit")).unwrap();
    let ended = audit(&world, &["verify", "--key", dir.join("log.vkey").to_str().unwrap()]);
    assert_eq!(ended.code, Some(1));
    let line = text[..at].rfind('\n').unwrap() + 1;
    assert!(
        ended.err.contains(&format!("00000000000000000000.jsonl at byte {line}: record 2")),
        "{ended:?}"
    );
    let other = "other.test/gw+5b2b9ab9+AVNKJ4EHxtDIyYQZOpLLnUpCr+ygrmYDaMOH5tcbtgEF";
    let ended = audit(&world, &["verify", "--key", other]);
    assert!(ended.code == Some(1) || ended.code == Some(2), "{ended:?}");
    let ended = audit(&world, &["verify", "--key", "no key"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("is no verifier key"), "{ended:?}");
    assert_eq!(run(&["audit", "verify", "--log", "/nonexistent"]).code, Some(74));
}

#[test]
fn a_refusal_is_found_by_its_reason() {
    let mut world = World::with(&[]);
    let refused = world.call("health/clinic-desk", &query("330106199003070410"));
    let body = r#"{"id_number":"330106199003070410"}"#;
    let ask = Ask::post("/public-security/population/query", body);
    let answer = world.call(DESK, &ask.purpose("marriage-registration"));
    assert_eq!(answer.code().as_deref(), Some("purpose-not-allowed"));
    assert!(world.stop());
    let db = world.dir().join("log.sqlite");
    let by_index: &[&str] = &["--db", db.to_str().unwrap()];
    said(&world, &[&["index"][..], by_index].concat());
    for way in [&[][..], by_index] {
        let told = said(&world, &[&["query", "--reason", "purpose"][..], way].concat());
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains("purpose-not-allowed (purpose)"), "{told}");
        assert!(told.contains(answer.exchange()) && !told.contains(refused.exchange()), "{told}");
    }
}

#[test]
fn records_are_found_by_what_they_say() {
    let (mut world, answered, refused) = world();
    let found = |world: &World, arguments: &[&str]| -> Vec<String> {
        let told = said(world, &[&["query", "--json"], arguments].concat());
        let exchange = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["exchange"].as_str().unwrap_or_default().to_owned()
        };
        told.lines().map(exchange).filter(|exchange| !exchange.is_empty()).collect()
    };
    let (one, other, both) = (
        std::slice::from_ref(&answered),
        std::slice::from_ref(&refused),
        &[answered.clone(), refused.clone()][..],
    );
    for (arguments, expected) in [
        (&["--consumer", "human-resources"][..], one),
        (&["--provider", "public-security"], both),
        (&["--provider", "public"], &[]),
        (&["--decision", "denial"], other),
        (&["--code", "not-authorised"], other),
        (&["--purpose", "social-assistance", "--operation", "query"], both),
        (&["--basis", "term/social-assistance"], one),
        (&["--exchange", &refused], other),
        (&["--since", "2020-01-01"], both),
        (&["--until", "2020-01-01"], &[]),
        (&["--since", "2100-01-01T00:00:00Z"], &[]),
    ] {
        assert_eq!(found(&world, arguments), expected, "{arguments:?}");
    }
    // By an index as well, which is brought up to date by asking again.
    let db = world.dir().join("log.sqlite");
    let db = db.to_str().unwrap();
    let none = audit(&world, &["query", "--db", db]);
    assert!(none.code == Some(74) && none.err.contains("sluice audit index"), "{none:?}");
    assert!(none.out.is_empty() && !Path::new(db).exists());
    let lines = world.log().lines().len();
    assert!(said(&world, &["index", "--db", db]).starts_with(&format!("{lines} records")));
    assert!(said(&world, &["index", "--db", db]).starts_with("0 records"));
    for arguments in [
        &["--consumer", "human-resources"][..],
        &["--provider", "public-security"],
        &["--code", "not-authorised"],
        &["--purpose", "social-assistance"],
        &["--exchange", &refused],
        &["--until", "2020-01-01"],
        &["--since", "2020-01-01", "--decision", "permit"],
        &[],
    ] {
        let indexed = [arguments, &["--db", db]].concat();
        assert_eq!(found(&world, &indexed), found(&world, arguments), "{arguments:?}");
    }
    let digest =
        world.log().of(&answered)[0]["released"]["subjects"][0].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &["--subject-digest", &digest, "--db", db]), one);
    let told = said(&world, &["query", "--decision", "denial"]);
    assert!(told.contains("health/clinic-desk") && told.contains("not-authorised"), "{told}");
    let ended = audit(&world, &["query", "--since", "yesterday"]);
    assert!(ended.code == Some(2) && ended.err.contains("2026-11-26"), "{ended:?}");
    // It says how far it has come.
    assert!(audit(&world, &["query", "--db", db]).err.is_empty());
    world.restart();
    assert!(world.stop());
    let behind = audit(&world, &["query", "--db", db]);
    let more = world.log().lines().len();
    assert!(behind.err.contains(&format!("has {lines} records of {more}")), "{behind:?}");
    // The last records, the stop among them.
    let tail = said(&world, &["tail", "-n", "2"]);
    assert!(tail.lines().count() == 2 && tail.contains("stopped"), "{tail}");
}

#[test]
fn a_person_learns_who_received_what() {
    let (world, ..) = world();
    let key = world.settings.log.secrets.join("subject-1.key");
    let key = key.to_str().unwrap();
    let trace = |subject: &str, format: &str| {
        said(&world, &["trace", "--subject", subject, "--subject-key", key, "--format", format])
    };
    let told: Value = serde_json::from_str(&trace("330106 1990 0307 0410", "json")).unwrap();
    let [one] = told.as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!(one["consumer"], "human-resources");
    assert_eq!(one["purpose"], "social-assistance");
    assert_eq!(one["masked"], "$.id_number $.name");
    assert_eq!(one["dropped"], "$.portrait");
    assert!(trace("330106199003070410", "table").lines().nth(1).unwrap().contains("pension-desk"));
    assert!(trace("330106199003070410", "csv").starts_with("index,time,consumer"));
    assert_eq!(trace("33010619870512043X", "table").lines().count(), 1);
    // Another key finds nobody.
    let other = world.dir().join("other.key");
    fs::write(&other, "00".repeat(32)).unwrap();
    let other = other.to_str().unwrap();
    let arguments = ["trace", "--subject", "330106199003070410", "--subject-key", other];
    assert_eq!(said(&world, &arguments).lines().count(), 1);
}

#[test]
fn proofs_and_tiles_are_for_the_tools_of_others() {
    let (world, answered, _) = world();
    let dir = &world.settings.log.dir;
    let key: NoteVerifier =
        fs::read_to_string(dir.join("log.vkey")).unwrap().trim().parse().unwrap();
    let line = world.log().lines().into_iter().find(|line| line.contains(&answered)).unwrap();
    for arguments in [&["prove", "--exchange", &answered][..], &["prove", "--index", "1"]] {
        let proof = LogProof::parse(&said(&world, arguments)).unwrap();
        proof.check(line.as_bytes(), &key, &[], 0).unwrap();
    }
    let ended = audit(&world, &["prove", "--index", "999"]);
    assert!(ended.code == Some(1) && ended.err.contains("covers"), "{ended:?}");
    let site = world.dir().join("site");
    said(&world, &["export", "--tiles", site.to_str().unwrap()]);
    let size = world.log().lines().len();
    let entries = read(&site, &format!("tile/entries/000.p/{size}"));
    let length = usize::from(entries[0]) << 8 | usize::from(entries[1]);
    assert_eq!(&entries[2..2 + length], world.log().lines()[0].as_bytes());
    assert_eq!(read(&site, &format!("tile/0/000.p/{size}")).len(), 32 * size);
    assert!(read(&site, "checkpoint").starts_with(b"exchange.test/test\n"));
}

fn read(site: &Path, path: &str) -> Vec<u8> {
    fs::read(site.join(path)).unwrap()
}

/// Go's own packages read what we give out: tiles over several levels, a proof, and growth.
#[test]
#[ignore = "needs go, with golang.org/x/mod"]
fn a_verifier_that_nobody_here_wrote_accepts_it_needs_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let node = Name::parse("gw-1").unwrap();
    let signer = NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[1; 32]).unwrap();
    let (log, _) = Log::open(LogConfig::new(path("log"), node, signer), || 0, |_| ()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let append = |from: usize, to: usize| {
        let mut last = 0;
        for number in from..to {
            let exchange = format!("e{number}");
            let exchange = Exchange { exchange: &exchange, ..Exchange::default() };
            last = log.append(&Record::Single(exchange)).unwrap().index();
        }
        runtime.block_on(log.checkpoint_over(last)).unwrap()
    };
    let old = append(0, 1_000);
    let new = append(1_000, 70_000);
    let hashes = log.prove_consistency(old.size(), new.size()).unwrap();
    let proof = log.prove_inclusion(12_345).unwrap();
    log.close().unwrap();
    let records = sluice::audit::Archive::open(&path("log")).unwrap();
    let (_, line) = records.records(12_345).unwrap().next_line().unwrap().unwrap();
    let log = path("log");
    let log = log.to_str().unwrap();
    let site = path("site");
    let exported = run(&["audit", "export", "--log", log, "--tiles", site.to_str().unwrap()]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    fs::copy(path("log/log.vkey"), path("vkey")).unwrap();
    fs::write(path("proof"), proof.to_string()).unwrap();
    fs::write(path("line"), &line).unwrap();
    fs::write(path("old"), old.to_string()).unwrap();
    fs::write(path("new"), new.to_string()).unwrap();
    let hashes: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    fs::write(path("consistency"), hashes.join("\n")).unwrap();
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/verify.go");
    let go = || {
        let mut go = Command::new("go");
        go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
        go.arg("run").arg(&verifier).arg(dir.path()).output().unwrap()
    };
    let told = go();
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    let size = 70_001;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(said, format!("{size} records of sluice.example/gw-1 verified\n"));
    // And it does look.
    let line = String::from_utf8(line).unwrap().replace("e12345", "e12346");
    fs::write(path("line"), line).unwrap();
    assert!(!go().status.success());
}

#[test]
fn an_index_is_of_one_log_and_one_history() {
    let (world, ..) = world();
    let db = world.dir().join("log.sqlite");
    let db = db.to_str().unwrap();
    said(&world, &["index", "--db", db]);
    // Another log.
    let (other, ..) = self::world();
    fs::write(
        other.settings.log.dir.join("log.vkey"),
        fs::read(world.settings.log.dir.join("log.vkey")).unwrap(),
    )
    .unwrap();
    let ended = audit(&other, &["index", "--db", db]);
    assert_eq!(ended.code, Some(74));
    assert!(
        ended.err.contains("other records") && ended.err.contains("build it anew"),
        "{ended:?}"
    );
    // This log, taken back.
    let segment = world.settings.log.dir.join("00000000000000000000.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    let cut: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&segment, cut).unwrap();
    let ended = audit(&world, &["query", "--db", db]);
    assert!(ended.err.contains("more records than the log has"), "{ended:?}");
}
