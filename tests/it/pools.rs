//! Connections to a provider: used again, gone stale, all taken; and clients that don't wait.

use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio_rustls::TlsConnector;

use crate::support::certificates::HOST;
use crate::support::client::client_config;
use crate::support::operations::{counter, metrics};
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{
    Ask, Asked, DEADLINE, Origin, World, check, detail_of, eventually, json, system,
};

const DESK: &str = "human-resources/pension-desk";
const RECORD: &str = r#"{"id_number":"330106199003070410","sex":"女"}"#;
const SEEN: &str = r#"{"id_number":"3***************10","sex":"女"}"#;

/// A request without a body: the gateway needs no second read to have all of it.
fn person() -> Ask {
    Ask::get("/public-security/population/people/P0017").purpose("social-assistance")
}

/// One worker, so that all requests share one pool.
fn one_worker(origin: &Origin) -> Setup {
    let setup = World::setup().origin(PUBLIC_SECURITY, origin);
    setup.settings(|settings| settings.workers = 1)
}

fn connections(seen: &[Asked]) -> Vec<usize> {
    seen.iter().map(|asked| asked.connection).collect()
}

#[test]
fn a_connection_is_used_again() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = one_worker(&origin).start();
    for _ in 0..5 {
        check(&world, &world.call(DESK, &person()), 200, None);
    }
    assert_eq!(connections(&origin.seen()), [0; 5]);
}

/// The provider ends each connection after its answer, without having said that it would. The
/// next request finds it in the pool, and must be asked on another one: once.
#[test]
fn a_request_is_not_lost_on_a_stale_connection() {
    let (tell, told) = mpsc::channel();
    let origin = Origin::start("public-security/records", move |asked, reply| {
        reply.send(&json(200, RECORD));
        if asked.connection % 2 == 0 {
            reply.close()
        } else {
            reply.cut()
        }
        tell.send(()).unwrap();
    });
    let world = one_worker(&origin).start();
    for _ in 0..20 {
        let answer = world.call(DESK, &person());
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), SEEN);
        told.recv_timeout(DEADLINE).unwrap();
    }
    assert_eq!(connections(&origin.seen()), (0..20).collect::<Vec<_>>());
}

/// Once a byte of it may have left, a request is not sent again: the provider may have acted on it.
#[test]
fn a_request_that_was_sent_is_not_sent_again() {
    let origin = Origin::start("public-security/records", |asked, reply| match asked.connection {
        0 if asked.head.line.contains("P0017") => reply.send(&json(200, RECORD)),
        _ => reply.cut(),
    });
    let world = one_worker(&origin).start();
    check(&world, &world.call(DESK, &person()), 200, None);
    let again = Ask::get("/public-security/population/people/P0018").purpose("social-assistance");
    let answer = world.call(DESK, &again);
    let record = check(&world, &answer, 502, Some("upstream-unavailable"));
    assert_eq!(detail_of(&record), "connection-lost");
    assert_eq!(connections(&origin.seen()), [0, 0]);
}

/// A connection that nobody uses is closed, even if the provider is never asked again.
#[test]
fn an_unused_connection_is_closed() {
    let (tell, told) = mpsc::channel();
    let origin = Origin::start("public-security/records", move |_, reply| {
        reply.send(&json(200, RECORD));
        tell.send(reply.wait_until_left()).unwrap();
    });
    let idle = Duration::from_millis(200);
    let world = one_worker(&origin).settings(|settings| settings.upstream.idle_timeout = idle);
    let world = world.start();
    for _ in 0..2 {
        let asked = Instant::now();
        check(&world, &world.call(DESK, &person()), 200, None);
        assert_eq!(told.recv_timeout(DEADLINE), Ok(true), "the connection is closed");
        assert!(asked.elapsed() >= idle);
    }
}

/// A second answer nobody asked for must not become the answer to the next request.
#[test]
fn an_answer_that_nobody_asked_for_is_nobodys() {
    let other = json(200, r#"{"id_number":"33010619870512043X","sex":"男"}"#);
    let origin = Origin::start("public-security/records", move |_, reply| {
        reply.send(&[json(200, RECORD), other.clone()].concat());
    });
    let world = one_worker(&origin).start();
    for _ in 0..20 {
        let answer = world.call(DESK, &person());
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), SEEN);
    }
    assert_eq!(connections(&origin.seen()), (0..20).collect::<Vec<_>>());
}

/// An origin that answers a request only when it is told to.
fn patient() -> (Origin, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let origin = Origin::start("public-security/records", move |_, reply| {
        released.lock().unwrap().recv_timeout(DEADLINE).unwrap();
        reply.send(&json(200, RECORD));
    });
    (origin, release)
}

/// One connection and a queue of one: the third at a time is told so at once, the second is asked
/// when the first is done.
#[test]
fn more_requests_than_connections_and_queue_are_refused() {
    let (origin, release) = patient();
    let world = one_worker(&origin).settings(|settings| {
        (settings.upstream.connections, settings.upstream.queued_requests) = (1, 1);
    });
    let world = world.start();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| world.call(DESK, &person()));
        origin.wait_for(1);
        let second = scope.spawn(|| world.call(DESK, &person()));
        in_flight(&world, 2.0);
        let third = world.call(DESK, &person());
        let record = check(&world, &third, 503, Some("upstream-unavailable"));
        assert_eq!(detail_of(&record), "busy");
        let status = "sluice; error=connection_limit_reached";
        assert_eq!(third.header("proxy-status"), Some(status));
        assert_eq!(origin.seen().len(), 1);
        release.send(()).unwrap();
        check(&world, &first.join().unwrap(), 200, None);
        release.send(()).unwrap();
        check(&world, &second.join().unwrap(), 200, None);
    });
    assert_eq!(connections(&origin.seen()), [0, 0]);
    in_flight(&world, 0.0);
}

fn in_flight(world: &World, count: f64) {
    eventually("exchanges in flight", || {
        let metrics = metrics(world.gateway());
        (counter(&metrics, "sluice_exchanges_in_flight") == Some(count)).then_some(())
    });
}

/// An answer that takes more memory than all may take together; smaller ones still pass, again
/// and again, since what was held is given back.
#[test]
fn answers_have_a_bound_on_memory_together() {
    let origin = Origin::start("public-security/records", |asked, reply| {
        let long = asked.head.line.contains("/people/L");
        let note = "x".repeat(if long { 200 * 1024 } else { 20 * 1024 });
        reply.send(&json(200, &format!(r#"{{"id_number":"330106199003070410","x":"{note}"}}"#)));
    });
    let world = one_worker(&origin).settings(|settings| {
        (settings.bounds.buffer_bytes, settings.bounds.buffers_bytes) = (1 << 20, 128 << 10);
    });
    let world = world.start();
    for _ in 0..4 {
        check(&world, &world.call(DESK, &person()), 200, None);
        let long = Ask::get("/public-security/population/people/L1").purpose("social-assistance");
        let record = check(&world, &world.call(DESK, &long), 503, Some("overloaded"));
        assert_eq!(record["decision"], "permit", "{record}");
    }
}

/// An origin that answers only so much and tells whether the gateway leaves it.
fn abandoned(sent: &'static [u8]) -> (Origin, mpsc::Receiver<bool>) {
    let (tell, told) = mpsc::channel();
    let origin = Origin::start("public-security/records", move |_, reply| {
        reply.send(sent);
        tell.send(reply.wait_until_left()).unwrap();
    });
    (origin, told)
}

fn client_gone(world: &World, told: &mpsc::Receiver<bool>) -> Value {
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true), "the provider is left alone");
    let record = world.log().wait_for("the record", |record| record["code"] == "client-gone");
    assert_eq!(record["decision"], "permit", "{record}");
    assert_eq!(record["basis"], "term/social-assistance", "{record}");
    assert_eq!(record["entry"], "public-security/population", "{record}");
    assert!(record["request_digest"].is_string(), "{record}");
    assert!(record["gateway_us"].is_u64() && record["upstream_us"].is_u64(), "{record}");
    assert_eq!((record.get("status"), record.get("released")), (None, None), "{record}");
    in_flight(world, 0.0);
    let metrics = metrics(world.gateway());
    let count = |series| counter(&metrics, series);
    assert_eq!(count("sluice_rejections_total{code=\"client-gone\"}"), Some(1.0));
    let failed = "sluice_exchanges_total{entry=\"public-security/population\",outcome=\"failed\"}";
    assert_eq!(count(failed), Some(1.0));
    record
}

#[test]
fn a_client_that_leaves_takes_the_request_with_it() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    for sent in [b"".as_slice(), b"HTTP/1.1 100 Continue\r\n\r\n", head] {
        let (origin, told) = abandoned(sent);
        let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
        let mut connection = world.connect(DESK);
        connection.send(&person().bytes());
        origin.wait_for(1);
        drop(connection);
        client_gone(&world, &told);
    }
}

/// A long answer is on its way in windows when its provider falls silent and its client leaves.
#[test]
fn a_client_that_leaves_a_long_answer_takes_the_rest_with_it() {
    let (tell, told) = mpsc::channel();
    let origin = Origin::start("public-security/records", move |_, reply| {
        let items = format!("{RECORD},").repeat(7_000);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999999";
        reply.send(format!("{head}\r\n\r\n{{\"items\":[{items}").as_bytes());
        tell.send(reply.wait_until_left()).unwrap();
    });
    let population = "public-security/population.yaml";
    let world = World::setup().origin(PUBLIC_SECURITY, &origin).catalog(|files| {
        files.edit(population, "max_records: 3", "max_records: 100000").edit(
            population,
            "timeout_ms: 5000",
            "timeout_ms: 120000",
        )
    });
    let world = world.start();
    let mut connection = world.connect(DESK);
    let ask = Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#);
    connection.send(&ask.purpose("social-assistance").bytes());
    let first = connection.bytes(200_000).unwrap();
    assert!(String::from_utf8_lossy(&first).contains(SEEN));
    drop(connection);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true), "the provider is left alone");
    let outcome = world.log().wait_for("the outcome", |record| record["kind"] == "outcome");
    assert_eq!((&outcome["code"], &outcome["fate"]), (&"client-gone".into(), &"cut".into()));
    in_flight(&world, 0.0);
}

/// With HTTP/2 only the one stream is taken back; the connection stays.
#[test]
fn a_stream_that_is_reset_takes_the_request_with_it() {
    let (origin, told) = abandoned(b"");
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    let (sender, connection) = runtime.block_on(async {
        let tcp = tokio::net::TcpStream::connect(world.address()).await.unwrap();
        let config = client_config(Some(&system(DESK)), &rustls::version::TLS13, b"h2");
        let name = ServerName::try_from(HOST).unwrap();
        let stream = TlsConnector::from(config).connect(name, tcp).await.unwrap();
        let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let handshake = builder.handshake::<_, Full<Bytes>>(TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::builder()
            .uri(format!("https://{HOST}/public-security/population/people/P0017"))
            .header("exchange-purpose", "social-assistance");
        let mut answer = Box::pin(sender.send_request(request.body(Full::default()).unwrap()));
        while origin.seen().is_empty() {
            tokio::select! {
                answer = &mut answer => panic!("{answer:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        (sender, connection)
    });
    client_gone(&world, &told);
    assert!(!sender.is_closed() && !connection.is_finished());
}

/// Before the decision no rate bounds how often a peer can begin a request and leave.
#[test]
fn clients_that_leave_before_the_decision_do_not_fill_the_log() {
    const LEAVERS: u64 = 60;
    let mut world = World::setup().start();
    let barrier = Arc::new(Barrier::new(LEAVERS as usize));
    std::thread::scope(|scope| {
        for _ in 0..LEAVERS {
            let (world, barrier) = (&world, barrier.clone());
            scope.spawn(move || {
                let mut connection = world.connect(DESK);
                let head = "POST /public-security/population/query HTTP/1.1\r\nHost: a\r\n\
                            Content-Type: application/json\r\nContent-Length: 30\r\n\r\n{";
                connection.send(head.as_bytes());
                barrier.wait();
            });
        }
    });
    let total = "sluice_rejections_total{code=\"request-malformed\"}";
    eventually("all to be gone", || {
        (counter(&metrics(world.gateway()), total) == Some(LEAVERS as f64)).then_some(())
    });
    assert!(world.stop());
    let alone = world.log().kind("single");
    for record in &alone {
        assert_eq!(
            (&record["code"], &record["decision"]),
            (&"request-malformed".into(), &"denial".into())
        );
        assert_eq!(record["entry"], "public-security/population", "{record}");
    }
    let counted: u64 = world
        .log()
        .kind("refusals")
        .iter()
        .map(|record| {
            let groups = record["groups"].as_array().unwrap();
            groups
                .iter()
                .map(|group| {
                    assert_eq!(
                        (&group["peer"], &group["cause"]),
                        (&DESK.into(), &"request-malformed".into())
                    );
                    group["count"].as_u64().unwrap()
                })
                .sum::<u64>()
        })
        .sum();
    assert_eq!(alone.len() as u64 + counted, LEAVERS);
    assert!(alone.len() <= 20, "{} records of {LEAVERS} in at most two seconds", alone.len());
}

/// One system that keeps all its places takes nothing from another.
#[test]
fn a_system_has_so_many_exchanges_under_way_and_no_more() {
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    let origin = Origin::start("public-security/records", move |asked, reply| {
        if asked.head.line.contains("/people/H") {
            waits.lock().unwrap().recv().unwrap();
        }
        reply.send(&json(200, RECORD));
    });
    let setup = World::setup().origin(PUBLIC_SECURITY, &origin).settings(|settings| {
        settings.bounds.exchanges = 3;
        settings.bounds.exchanges_waiting = 1;
        settings.bounds.exchange_wait = DEADLINE;
    });
    let world = setup.start();
    let held = || Ask::get("/public-security/population/people/H0017").purpose("social-assistance");
    let mut connections: Vec<_> = (0..4).map(|_| world.connect(DESK)).collect();
    for connection in &mut connections[..3] {
        connection.send(&held().bytes());
    }
    origin.wait_for(3);
    // The fourth waits for a place, the fifth finds no place to wait in.
    connections[3].send(&person().bytes());
    let in_flight = || counter(&metrics(world.gateway()), "sluice_exchanges_in_flight");
    eventually("the fourth", || (in_flight() == Some(4.0)).then_some(()));
    let refused = eventually("the refusal of a fifth", || {
        let answer = world.call(DESK, &person());
        (answer.status == 429).then_some(answer)
    });
    let record = check(&world, &refused, 429, Some("too-many-at-once"));
    assert_eq!(
        (detail_of(&record), refused.header("retry-after")),
        ("too-many-at-once limit_exchanges=3".into(), Some("1"))
    );
    assert_eq!(origin.seen().len(), 3);
    // Another system is not concerned.
    check(&world, &world.call("human-resources/probe-00", &person()), 200, None);
    for _ in 0..3 {
        go_on.send(()).unwrap();
    }
    for connection in &mut connections {
        assert_eq!(connection.answer().unwrap().status, 200);
    }
}
