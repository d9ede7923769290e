//! Nobody fills the log from outside: the first refusals of a peer in a second get a record each,
//! the rest is counted, and nothing is missing from the sum.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice::settings::Settings;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::rate::Rate;

use crate::support::certificates::subject;
use crate::support::operations::{counter, metrics};
use crate::support::world::CIVIL_AFFAIRS;
use crate::support::{
    Ask, Connection, DEADLINE, Origin, World, check, eventually, issue, json, new_authority,
};

/// Refusals in a burst.
const BURST: u64 = 200;

/// Records that refusals of one peer, or refused handshakes of all, get in a second.
const RECORDED_A_SECOND: u64 = 10;

/// The most that may be recorded one by one in that time, which may begin and end within a second
/// of the clock.
fn most_alone(took: Duration) -> u64 {
    RECORDED_A_SECOND * (took.as_secs() + 2)
}

/// What was counted instead of recorded, by peer and cause.
fn counted(world: &World) -> BTreeMap<(String, String), u64> {
    let mut sums = BTreeMap::new();
    for record in world.log().kind("refusals") {
        for group in record["groups"].as_array().unwrap() {
            let text = |key: &str| group[key].as_str().unwrap().to_owned();
            *sums.entry((text("peer"), text("cause"))).or_default() +=
                group["count"].as_u64().unwrap();
        }
    }
    sums
}

fn count(records: &[Value], key: &str, value: &str) -> u64 {
    records.iter().filter(|record| record[key] == value).count() as u64
}

#[test]
fn a_burst_of_refusals_is_counted() {
    const BURSTING: &str = "health/clinic-desk";
    let origin = Origin::answering("civil-affairs/records", json(200, r#"{"code":"330106"}"#));
    // Each is told why, as long as the rate of refusals lets it.
    let often =
        |settings: &mut Settings| settings.limits.refusals = vec![Rate::parse("10000/s").unwrap()];
    let mut world = World::setup().origin(CIVIL_AFFAIRS, &origin).settings(often).start();
    let mut connection = world.connect(BURSTING);
    let permitted = Ask::get("/civil-affairs/divisions/330106");
    let start = Instant::now();
    for nth in 0..BURST {
        let (target, status, code) = match nth % 4 {
            0 => ("/civil-affairs//", 400, "request-malformed"),
            _ => ("/civil-affairs/adoptions/1", 404, "not-in-catalog"),
        };
        let answer = connection.ask(&Ask::get(target));
        assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)));
        if nth % 20 == 0 {
            // What is released is recorded on its own, whatever else its consumer does.
            check(&world, &connection.ask(&permitted), 200, None);
        }
    }
    let took = start.elapsed();
    // Another peer has an allowance of its own.
    check(&world, &world.probe(0, &Ask::get("/nowhere/1")), 404, Some("not-in-catalog"));
    let aggregated =
        counter(&metrics(world.gateway()), "sluice_refusals_aggregated_total").unwrap();
    assert!(world.stop());

    let mut alone = world.log().kind("single");
    alone.retain(|record| record["consumer"]["system"] == "clinic-desk");
    alone.retain(|record| record["decision"] == "denial");
    assert!(alone.len() as u64 >= RECORDED_A_SECOND);
    assert!(alone.len() as u64 <= most_alone(took), "{} in {took:?}", alone.len());
    let counted = counted(&world);
    for (code, all) in [("request-malformed", BURST / 4), ("not-in-catalog", BURST * 3 / 4)] {
        let rest = counted.get(&(BURSTING.to_owned(), code.to_owned())).unwrap();
        assert_eq!(count(&alone, "code", code) + rest, all, "{code}");
    }
    assert_eq!(counted.len(), 2, "{counted:?}");
    assert_eq!(counted.values().sum::<u64>() as f64, aggregated);
}

#[test]
fn a_burst_of_refused_handshakes_is_counted() {
    let mut world = World::setup().start();
    let address = world.address();
    let stranger = issue(&new_authority(), &subject("health/clinic-desk", Kind::System));
    let start = Instant::now();
    for nth in 0..BURST {
        match nth % 4 {
            // With TLS 1.3 a refusal shows when something is read.
            0 => drop(Connection::open(address, None).unwrap().answer().unwrap_err()),
            1 => drop(Connection::open(address, Some(&stranger)).unwrap().answer().unwrap_err()),
            _ => {
                let mut socket = TcpStream::connect(address).unwrap();
                socket.set_read_timeout(Some(DEADLINE)).unwrap();
                socket.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
                let _ = socket.read_to_end(&mut Vec::new());
            }
        }
    }
    let causes =
        [("no-certificate", BURST / 4), ("unknown-authority", BURST / 4), ("not-tls", BURST / 2)];
    for (cause, all) in causes {
        let series = format!("sluice_handshakes_total{{outcome=\"{cause}\"}}");
        eventually(cause, || {
            (counter(&metrics(world.gateway()), &series) == Some(all as f64)).then_some(())
        });
    }
    let took = start.elapsed();
    assert!(world.stop());

    let mut alone = world.log().kind("control");
    alone.retain(|record| record["event"] == "handshake-refused");
    assert!(alone.len() as u64 >= RECORDED_A_SECOND);
    assert!(alone.len() as u64 <= most_alone(took), "{} in {took:?}", alone.len());
    assert!(alone.iter().all(|record| record["address"] == "127.0.0.1"), "{alone:?}");
    let counted = counted(&world);
    for (cause, all) in causes {
        let rest = counted.get(&("127.0.0.0/24".to_owned(), cause.to_owned())).unwrap_or(&0);
        assert_eq!(count(&alone, "cause", cause) + rest, all, "{cause}: {counted:?}");
    }
    for record in alone.iter().filter(|record| record["cause"] == "unknown-authority") {
        assert_eq!(record["claimed"], "health/clinic-desk", "{record}");
    }
}

/// Metrics tell a question from a release, so that nobody takes one for the other.
#[test]
fn a_question_is_not_counted_as_a_release() {
    let world = World::setup().start();
    let question = r#"{"method":"GET","path":"/civil-affairs/divisions/330106"}"#;
    let answer = world.call("health/clinic-desk", &Ask::post("/-/decide", question));
    assert_eq!(answer.json()["decision"], "permit");
    eventually("the count", || {
        let metrics = metrics(world.gateway());
        let count = |outcome: &str| {
            let labels = format!("entry=\"civil-affairs/divisions\",outcome=\"{outcome}\"");
            counter(&metrics, &format!("sluice_exchanges_total{{{labels}}}"))
        };
        (count("reasoned") == Some(1.0)).then(|| assert_eq!(count("released"), Some(0.0)))
    });
}

/// Nobody finds out by trying: who is refused too often gets no other answer for a while, there.
#[test]
fn who_tries_too_often_is_not_told_any_more() {
    let origin = Origin::answering("civil-affairs/records", json(200, r#"{"code":"330106"}"#));
    let seldom =
        |settings: &mut Settings| settings.limits.refusals = vec![Rate::parse("5/h").unwrap()];
    let world = World::setup().origin(CIVIL_AFFAIRS, &origin).settings(seldom).start();
    let mut connection = world.connect("health/clinic-desk");
    let (wrong, right) =
        (Ask::get("/civil-affairs/divisions/x"), Ask::get("/civil-affairs/divisions/330106"));
    for _ in 0..6 {
        assert_eq!(connection.ask(&right).status, 200);
        assert_eq!(connection.ask(&wrong).code().as_deref(), Some("parameter-invalid"));
    }
    // What it hit upon by now is not told either.
    for ask in [&wrong, &right] {
        let answer = connection.ask(ask);
        let record = check(&world, &answer, 429, Some("rate-limited"));
        assert_eq!(record["detail"], "refusals: 5 in 3600 s");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"refusals-3600s\";q=5;w=3600"));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=720).contains(&wait), "{wait}");
    }
    // Elsewhere it is heard, and so are others here.
    let elsewhere = Ask::get("/civil-affairs/adoptions/1");
    assert_eq!(connection.ask(&elsewhere).code().as_deref(), Some("not-in-catalog"));
    assert_eq!(world.probe(0, &right).status, 200);
}
