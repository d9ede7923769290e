//! What a consumer gets to prove an exchange with, and what it may read of the log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sluice::audit::Archive;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::digest::BodyDigest;
use sluice_core::ledger::note::NoteVerifier;
use sluice_core::ledger::proof::check_consistency;
use sluice_core::ledger::receipt::LogProof;
use sluice_core::ledger::tree::{Frontier, Hash};

use crate::support::check::check_headers;
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Origin, World, check, json};

const DESK: &str = "human-resources/pension-desk";
const OTHER: &str = "health/clinic-desk";
const RECORD: &str = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女"}"#;

fn query() -> Ask {
    Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070410"}"#)
        .purpose("social-assistance")
}

fn key(world: &World) -> NoteVerifier {
    Archive::open(&world.settings.log.dir).unwrap().key().unwrap()
}

/// A parameter of the receipt in an answer.
fn receipt(answer: &Answer, name: &str) -> String {
    let receipt = answer.header("exchange-receipt").unwrap();
    let (_, rest) = receipt.split_once(&format!(";{name}=")).unwrap();
    rest.split(';').next().unwrap().trim_matches(':').to_owned()
}

fn bytes(base64: &str) -> [u8; 32] {
    STANDARD.decode(base64).unwrap().try_into().unwrap()
}

/// Checks an answer of the gateway's own, and its record: reading the log is recorded, too.
fn own(world: &World, answer: &Answer) {
    let records = world.log().of(answer.exchange());
    assert_eq!((answer.status, records.len()), (200, 1), "{answer:?}");
    check_headers(answer, None);
    assert!(records[0]["operation"].as_str().unwrap().starts_with("-/"), "{records:?}");
    assert_eq!(records[0]["decision"], "permit");
    assert!(records[0].get("released").is_none());
}

fn get(world: &World, system: &str, path: &str) -> Answer {
    world.call(system, &Ask::get(path))
}

#[test]
fn a_receipt_shows_where_the_record_stands_and_what_was_released() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let answer = world.call(DESK, &query());
    let record = check(&world, &answer, 200, None);
    let header = answer.header("exchange-receipt").unwrap();
    assert!(header.starts_with("\"exchange.test/test\";index="), "{header}");
    // The key tells that the answer which was got is the one that was recorded.
    let digest =
        BodyDigest(*blake3::keyed_hash(&bytes(&receipt(&answer, "key")), &answer.body).as_bytes());
    assert_eq!(record["released"]["digest"], digest.to_string());
    let path = format!("/-/receipts/{}", answer.exchange());
    let proved = get(&world, DESK, &path);
    own(&world, &proved);
    let proved = proved.json();
    assert_eq!(proved["origin"], "exchange.test/test");
    assert_eq!(proved["key"], receipt(&answer, "key"));
    let [one] = proved["records"].as_array().unwrap().as_slice() else { panic!("{proved}") };
    assert_eq!(one["index"].to_string(), receipt(&answer, "index"));
    let line = one["line"].as_str().unwrap();
    assert_eq!(Hash::leaf(line.as_bytes()), Hash(bytes(&receipt(&answer, "leaf"))));
    assert_eq!(serde_json::from_str::<Value>(line).unwrap(), record);
    let proof = LogProof::parse(one["proof"].as_str().unwrap()).unwrap();
    proof.check(line.as_bytes(), &key(&world), &[], 0).unwrap();
    assert!(proof.check(line.replace("200", "201").as_bytes(), &key(&world), &[], 0).is_err());
}

#[test]
fn refusals_have_receipts_too() {
    let world = World::with(&[]);
    let answer = world.call(DESK, &Ask::get("/nothing/here"));
    check(&world, &answer, 404, Some("not-in-catalog"));
    let proved = get(&world, DESK, &format!("/-/receipts/{}", answer.exchange())).json();
    let line = proved["records"][0]["line"].as_str().unwrap();
    assert_eq!(Hash::leaf(line.as_bytes()), Hash(bytes(&receipt(&answer, "leaf"))));
}

#[test]
fn what_is_another_s_is_as_unknown_as_what_is_not_there() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let exchange = world.call(DESK, &query()).exchange().to_owned();
    for (system, id) in [
        (OTHER, &*exchange),
        (DESK, "01a216c5-53a7-7354-a785-297acc4c40b0"),
        (DESK, "00000000-0000-4000-8000-000000000000"),
        (DESK, "x"),
    ] {
        let answer = get(&world, system, &format!("/-/receipts/{id}"));
        check(&world, &answer, 404, Some("receipt-unknown"));
    }
    let refused = [
        ("/-/receipts", 404, "not-in-catalog"),
        ("/-/receipts/a/b", 404, "not-in-catalog"),
        ("/-/receipts/a?x=1", 404, "not-in-catalog"),
        ("/-/log/tile/entries/000", 404, "not-in-catalog"),
        ("/-/log/tile/0/000", 404, "not-in-catalog"),
        ("/-/log/tile/0/../../log.vkey", 400, "request-malformed"),
        ("/-/log/records/x", 404, "not-in-catalog"),
        ("/-/log/consistency/5/4", 404, "not-in-catalog"),
        ("/-/log/consistency/0/99999", 404, "not-in-catalog"),
    ];
    for (number, (path, status, code)) in refused.into_iter().enumerate() {
        check(&world, &world.probe(number, &Ask::get(path)), status, Some(code));
    }
    let posted = world.call(DESK, &Ask::post("/-/log/checkpoint", "{}"));
    check(&world, &posted, 405, Some("method-not-allowed"));
    assert_eq!(posted.header("allow"), Some("GET"));
}

#[test]
fn anybody_may_check_that_the_log_only_grows() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let vkey = key(&world);
    let mut seen: Vec<SignedCheckpoint> = Vec::new();
    for _ in 0..2 {
        let exchange = world.call(DESK, &query()).exchange().to_owned();
        // Its receipt waits for a checkpoint over it.
        assert_eq!(get(&world, DESK, &format!("/-/receipts/{exchange}")).status, 200);
        let note = get(&world, OTHER, "/-/log/checkpoint");
        own(&world, &note);
        seen.push(SignedCheckpoint::open(&note.body, &vkey).unwrap());
    }
    let [old, new] = &*seen else { panic!() };
    assert!(old.size() < new.size());
    let path = format!("/-/log/consistency/{}/{}", old.size(), new.size());
    let proof = get(&world, OTHER, &path).json();
    let hashes = proof["proof"].as_array().unwrap();
    let hashes: Vec<Hash> = hashes.iter().map(|hash| Hash(bytes(hash.as_str().unwrap()))).collect();
    check_consistency((old.size(), &old.root()), (new.size(), &new.root()), &hashes).unwrap();
    // The tree is made of the leaves' hashes, which anybody may read.
    let tile = get(&world, OTHER, &format!("/-/log/tile/0/000.p/{}", new.size()));
    own(&world, &tile);
    let mut tree = Frontier::default();
    for leaf in tile.body.chunks(32) {
        tree.push(Hash(leaf.try_into().unwrap()), |_, _| {});
    }
    assert_eq!((tree.size(), tree.root()), (new.size(), new.root()));
}

#[test]
fn a_department_reads_the_records_that_name_it() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let exchange = world.call(DESK, &query()).exchange().to_owned();
    let elsewhere = world.call(OTHER, &Ask::get("/nothing/here")).exchange().to_owned();
    for id in [&exchange, &elsewhere] {
        let system = if *id == exchange { DESK } else { OTHER };
        assert_eq!(get(&world, system, &format!("/-/receipts/{id}")).status, 200);
    }
    let page = |system: &str, from: u64| {
        let answer = get(&world, system, &format!("/-/log/records/{from}"));
        own(&world, &answer);
        answer.json()
    };
    let exchanges = |page: &Value| -> Vec<String> {
        let of = |one: &Value| {
            let line: Value = serde_json::from_str(one["line"].as_str().unwrap()).unwrap();
            line["exchange"].as_str().unwrap_or_default().to_owned()
        };
        page["records"].as_array().unwrap().iter().map(of).collect()
    };
    let consumer = page(DESK, 0);
    assert!(exchanges(&consumer).contains(&exchange) && !exchanges(&consumer).contains(&elsewhere));
    let provider = page("public-security/patrol-desk", 0);
    assert_eq!(exchanges(&provider)[0], exchange);
    let signed = consumer["signed"].as_u64().unwrap();
    let end = page(DESK, signed + 1_000);
    assert!(exchanges(&end).is_empty() && end["next"].as_u64() >= Some(signed), "{end}");
}
