//! What must stand in the log before the provider is asked: what changes something, and what an
//! entry says so of. And what is said when nobody knows whether it was changed.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::program::{Program, Site};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{
    Answer, Ask, Asked, Connection, Files, LogReader, Origin, Reply, World, detail_of, json, system,
};

const DESK: &str = "human-resources/pension-desk";
const PROVIDER: &str = "public-security/records";
const POPULATION: &str = "public-security/population.yaml";
const RECORD: &str = r#"{"id_number":"330106199003070410","sex":"女"}"#;

fn report() -> Ask {
    Ask::post("/public-security/population/reports", r#"{"id_number":"330106199003070410"}"#)
        .purpose("social-assistance")
}

fn query() -> Ask {
    Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070410"}"#)
        .purpose("social-assistance")
}

/// The intent and the outcome of an exchange.
fn told(world: &World, answer: &Answer) -> (Value, Value) {
    let records = world.log().of(answer.exchange());
    let [intent, outcome] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((&intent["kind"], &outcome["kind"]), (&"intent".into(), &"outcome".into()));
    assert_eq!(outcome["intent"], intent["index"]);
    assert_eq!(intent["decision"], "permit");
    assert!(intent["request_digest"].is_string());
    (intent.clone(), outcome.clone())
}

#[test]
fn a_change_stands_in_the_log_before_the_provider_hears_of_it() {
    let log: Arc<Mutex<Option<LogReader>>> = Arc::default();
    let reader = log.clone();
    let origin = Origin::start(PROVIDER, move |asked: &Asked, reply: &mut Reply<'_>| {
        let id = asked.head.header("exchange-id").unwrap().trim_matches('"').to_owned();
        let records = reader.lock().unwrap().as_ref().unwrap().of(&id);
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!(records[0]["effect"], "write");
        reply.send(&json(201, RECORD));
    });
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    *log.lock().unwrap() = Some(world.log());
    let answer = world.call(DESK, &report());
    assert_eq!(answer.status, 201, "{answer:?}");
    let (_, outcome) = told(&world, &answer);
    assert_eq!((&outcome["fate"], &outcome["status"]), (&"complete".into(), &201.into()));
    assert_eq!(outcome["released"]["subjects"].as_array().unwrap().len(), 1);
}

#[test]
fn an_entry_can_ask_that_its_questions_are_recorded_first() {
    let origin = Origin::answering(PROVIDER, json(200, RECORD));
    let first = |files: Files| {
        files.edit(POPULATION, "    path: /query\n", "    path: /query\n    record: intent\n")
    };
    let world = World::setup().catalog(first).origin(PUBLIC_SECURITY, &origin).start();
    let (intent, outcome) = told(&world, &world.call(DESK, &query()));
    assert_eq!((&intent["effect"], &outcome["fate"]), (&"ask".into(), &"complete".into()));
    // A question that is not answered changed nothing.
    drop(origin);
    let answer = world.call(DESK, &query());
    assert_eq!(answer.code().as_deref(), Some("upstream-unavailable"));
    let (_, outcome) = told(&world, &answer);
    assert_eq!(
        (&outcome["fate"], outcome["code"].as_str()),
        (&"withheld".into(), answer.code().as_deref())
    );
}

#[test]
fn a_change_of_which_nothing_is_known_is_said_to_be_so() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";
    let cases: [(&str, &[u8], &str); 3] = [
        ("lost", b"", "upstream-unavailable"),
        ("garbage", b"garbage", "upstream-misbehaved"),
        ("a page", page, "answer-unreadable"),
    ];
    for (name, sent, cause) in cases {
        let bytes = sent.to_vec();
        let origin = Origin::start(PROVIDER, move |_, reply| {
            reply.send(&bytes);
            reply.close();
        });
        let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
        let answer = world.call(DESK, &report());
        assert_eq!(
            (answer.status, answer.code().as_deref()),
            (502, Some("outcome-unknown")),
            "{name}"
        );
        let (_, outcome) = told(&world, &answer);
        assert_eq!(
            (&outcome["fate"], detail_of(&outcome)),
            (&"unknown".into(), format!("outcome-unknown cause={cause}")),
            "{name}"
        );
    }
    // What never left changed nothing; and an error is the provider's word that it didn't.
    let world = World::with(&[]);
    let answer = world.call(DESK, &report());
    assert_eq!(answer.code().as_deref(), Some("upstream-unavailable"));
    assert_eq!(told(&world, &answer).1["fate"], "withheld");
    let page = b"HTTP/1.1 409 Conflict\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno";
    let origin = Origin::answering(PROVIDER, page.to_vec());
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let answer = world.call(DESK, &report());
    assert_eq!((answer.status, answer.code().as_deref()), (409, Some("upstream-error")));
}

#[test]
fn a_client_that_leaves_during_a_change_leaves_an_outcome() {
    let origin = Origin::start(PROVIDER, |_, reply| {
        reply.wait_until_left();
    });
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut connection = world.connect(DESK);
    connection.send(&report().bytes());
    origin.wait_for(1);
    drop(connection);
    let outcome = world.log().wait_for("the outcome", |record| record["kind"] == "outcome");
    assert_eq!((&outcome["fate"], &outcome["code"]), (&"unknown".into(), &"client-gone".into()));
}

#[test]
fn a_kill_during_a_change_leaves_its_intent_which_the_next_start_closes() {
    let origin = Origin::start(PROVIDER, |_, reply| {
        reply.wait_until_left();
    });
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let mut gateway: Program = site.serve();
    let mut connection =
        Connection::open(gateway.address("exchange"), Some(&system(DESK))).unwrap();
    connection.send(&report().bytes());
    origin.wait_for(1);
    gateway.kill();
    let recorded = |kind: &str| site.log().wait_for(kind, |record| record["kind"] == kind);
    assert_eq!(recorded("intent")["effect"], "write");
    let _again = site.serve();
    assert_eq!(recorded("outcome")["fate"], "unknown");
}
