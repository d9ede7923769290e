//! Callers that are slow, idle, or send more than was asked for.

use std::io::Read as _;
use std::time::Duration;

use serde_json::json;

use crate::support::certificates::HOST;
use crate::support::operations::{counter, metrics};
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{Ask, Origin, World, check, eventually, json as whole};

const DESK: &str = "human-resources/pension-desk";
const SEARCH: &str = "/public-security/population/search";

fn impatient(origin: &Origin) -> Setup {
    let setup = World::setup().origin(PUBLIC_SECURITY, origin);
    setup.settings(|settings| settings.bounds.head_timeout = Duration::from_millis(300))
}

fn provider() -> Origin {
    Origin::answering("public-security/records", whole(200, r#"{"items":[]}"#))
}

#[test]
fn a_head_that_does_not_come_to_its_end() {
    let origin = provider();
    let world = impatient(&origin).start();
    let mut connection = world.connect(DESK);
    connection.send(b"GET /civil-affairs/divisions HTTP/1.1\r\nHost: a\r\nX-");
    check(&world, &connection.answer().unwrap(), 408, Some("request-timeout"));
    assert_eq!(connection.rest().unwrap(), b"");
}

#[test]
fn a_connection_on_which_nothing_comes_is_closed_without_a_word() {
    let origin = provider();
    let world = impatient(&origin).start();
    let mut connection = world.connect(DESK);
    assert_eq!(connection.rest().unwrap(), b"");
    // After an exchange, too.
    let mut connection = world.connect(DESK);
    let ask = Ask::post(SEARCH, r#"{"name":"赵晓明"}"#).purpose("social-assistance");
    check(&world, &connection.ask(&ask), 200, None);
    assert_eq!(connection.rest().unwrap(), b"");
    assert_eq!(world.log().kind("single").len(), 1);
}

/// Who never reads its answer holds no connection for ever, and no exchange.
#[test]
fn an_answer_that_nobody_takes_is_cut() {
    let record = r#"{"id_number":"330106199003070410","sex":"女","note":"n"},"#.repeat(200_000);
    let body = format!(r#"{{"items":[{}{{}}]}}"#, record);
    let origin = Origin::answering("public-security/records", whole(200, &body));
    let population = "public-security/population.yaml";
    let setup = impatient(&origin).catalog(|files| {
        files.edit(population, "max_records: 3", "max_records: 1000000").edit(
            population,
            "timeout_ms: 5000",
            "timeout_ms: 60000",
        )
    });
    let world = setup.start();
    let mut connection = world.connect(DESK);
    let ask = Ask::post(SEARCH, r#"{"name":"赵晓明"}"#).purpose("social-assistance");
    connection.send(&ask.bytes());
    let head = connection.interim().unwrap();
    let outcome = world.log().wait_for("the outcome", |record| record["kind"] == "outcome");
    assert_eq!((&outcome["fate"], &outcome["code"]), (&json!("cut"), &json!("client-gone")));
    assert_eq!(
        format!("\"{}\"", outcome["exchange"].as_str().unwrap()),
        head.header("exchange-id").unwrap()
    );
    eventually("nothing to be under way", || {
        (counter(&metrics(world.gateway()), "sluice_exchanges_in_flight") == Some(0.0))
            .then_some(())
    });
    // What had left may still be read, but never an end that looks like one.
    let mut rest = Vec::new();
    let _ = connection.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_body_that_nobody_wants_does_not_cost_its_answer() {
    let world = World::setup().start();
    // A small one is read past, and the connection goes on.
    let mut connection = world.connect(DESK);
    let small = Ask::post("/nothing/here", &"x".repeat(1_000));
    for _ in 0..3 {
        check(&world, &connection.ask(&small), 404, Some("not-in-catalog"));
    }
    // A large one is not, but the answer still arrives.
    let head = format!(
        "POST /nothing/here HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n\
         Content-Length: 100000000\r\n\r\n"
    );
    let mut connection = world.connect(DESK);
    connection.send(head.as_bytes());
    connection.send(&vec![b'x'; 1_000_000]);
    let answer = connection.answer().unwrap();
    check(&world, &answer, 404, Some("not-in-catalog"));
}

/// What comes while an exchange is under way waits for its turn.
#[test]
fn requests_sent_ahead_wait_for_their_turn() {
    let origin = provider();
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut connection = world.connect(DESK);
    let ask = Ask::post(SEARCH, r#"{"name":"赵晓明"}"#).purpose("social-assistance");
    // More than is read ahead.
    let ahead = 200;
    connection.send(&ask.bytes().repeat(ahead));
    for _ in 0..ahead {
        let answer = connection.answer().unwrap();
        assert!([200, 429].contains(&answer.status), "{answer:?}");
    }
}
