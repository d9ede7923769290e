//! Stopping: no new connections, what runs may finish until the deadline, the log is closed in
//! good order.

use std::net::TcpStream;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::support::certificates::system;
use crate::support::operations::fetch;
use crate::support::program::{Program, Site};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Ask, Connection, DEADLINE, Origin, eventually, http2, json};

const DESK: &str = "human-resources/pension-desk";
const RECORD: &str = r#"{"id_number":"330106199003070410","sex":"女"}"#;

fn person() -> Ask {
    Ask::get("/public-security/population/people/P0017").purpose("social-assistance")
}

/// An origin that answers a request only when it is told to.
fn patient() -> (Origin, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let origin = Origin::start("public-security/records", move |_, reply| {
        if released.lock().unwrap().recv_timeout(DEADLINE).is_ok() {
            reply.send(&json(200, RECORD));
        }
    });
    (origin, release)
}

fn connect(gateway: &Program) -> Connection {
    Connection::open(gateway.address("exchange"), Some(&system(DESK))).unwrap()
}

/// The last record says that the stop was in good order, and it is the only one of this run.
fn assert_stopped(site: &Site) {
    let records = site.log().records();
    let stops = records.iter().filter(|record| record["event"] == "stopped").count();
    let starts = records.iter().filter(|record| record["event"] == "started").count();
    assert_eq!(records.last().unwrap()["event"], "stopped", "{:?}", site.log().lines());
    assert_eq!(stops, starts);
}

#[test]
fn what_runs_finishes() {
    for (signal, version) in [("TERM", 1), ("INT", 1), ("TERM", 2)] {
        let (origin, release) = patient();
        let site = Site::new().origin(PUBLIC_SECURITY, &origin);
        let gateway = site.serve();
        let (exchange, operations) = (gateway.address("exchange"), gateway.address("operations"));
        let mut idle = connect(&gateway);
        let asking = std::thread::spawn(move || {
            if version == 2 {
                return http2::ask_all(exchange, &system(DESK), vec![person()]).remove(0);
            }
            Connection::open(exchange, Some(&system(DESK))).unwrap().ask(&person())
        });
        origin.wait_for(1);
        gateway.signal(signal);
        eventually("new connections to be refused", || TcpStream::connect(exchange).err());
        let (status, said) = fetch(operations, "/readyz").unwrap();
        assert_eq!(status, 503, "{said}");
        assert!(said.contains("stopping: yes"), "{said}");
        assert!(idle.rest().unwrap().is_empty(), "an idle connection is closed");
        assert!(!asking.is_finished());
        release.send(()).unwrap();
        let answer = asking.join().unwrap();
        assert_eq!((answer.status, answer.code()), (200, None));
        let ended = gateway.wait();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(site.log().of(answer.exchange())[0]["status"], 200);
        assert_stopped(&site);
    }
}

/// Who has asked and is still without an answer at the deadline gets none; the log has a record.
#[test]
fn what_does_not_end_is_cut_at_the_deadline() {
    let (origin, _never) = patient();
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let site = site.settings("[bounds]\ndrain_timeout_ms = 300\n");
    let gateway = site.serve();
    let mut waiting = connect(&gateway);
    waiting.send(&person().bytes());
    origin.wait_for(1);
    let mut reading = connect(&gateway);
    reading.send(
        b"POST /public-security/population/query HTTP/1.1\r\nHost: a\r\n\
        Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    let operations = gateway.address("operations");
    eventually("both exchanges to be under way", || {
        let (_, metrics) = fetch(operations, "/metrics").ok()?;
        metrics.contains("\nsluice_exchanges_in_flight 2\n").then_some(())
    });
    let asked = Instant::now();
    gateway.signal("TERM");
    let ended = gateway.wait();
    assert!(asked.elapsed() >= Duration::from_millis(300));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(waiting.answer().is_err() && reading.answer().is_err());
    let records = site.log().kind("single");
    let told = |decision: &str| {
        let mut fitting = records.iter().filter(|record| record["decision"] == decision);
        (fitting.next().cloned().unwrap(), fitting.count())
    };
    let (permitted, more) = told("permit");
    assert_eq!((&permitted["code"], more), (&"draining".into(), 0), "{permitted}");
    assert_eq!((permitted.get("status"), permitted.get("released")), (None, None));
    assert!(permitted["upstream_us"].as_u64().unwrap() >= 300_000, "{permitted}");
    let (undecided, more) = told("denial");
    assert_eq!((&undecided["code"], more), (&"draining".into(), 0), "{undecided}");
    assert_stopped(&site);
}

/// Who waits for `ready` may stop the gateway at once.
#[test]
fn a_stop_right_after_ready_is_one_in_good_order() {
    let site = Site::new();
    for _ in 0..10 {
        let gateway = site.serve();
        gateway.signal("TERM");
        let ended = gateway.wait();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.out, "ready\n");
        assert_stopped(&site);
    }
}
