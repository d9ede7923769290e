//! The log at its worst: it can't be written, somebody else writes it, a crash or a disk has
//! broken it, a record does not fit it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Command;

use serde_json::Value;

use crate::support::certificates::system;
use crate::support::operations::{counter, fetch};
use crate::support::program::{Program, Site, segments};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Connection, Origin, World, check, eventually, json};

const DESK: &str = "human-resources/pension-desk";
const RECORD: &str = r#"{"id_number":"330106199003070410","sex":"女"}"#;
const SEEN: &str = r#"{"id_number":"3***************10","sex":"女"}"#;

/// Exit code of a configuration that can't be used.
const EXIT_CONFIG: i32 = 78;

/// Exit code of something that failed on the way.
const EXIT_SOFTWARE: i32 = 70;

/// Most calls until a log of that size is full.
const MOST_CALLS: usize = 200;

fn person() -> Ask {
    Ask::get("/public-security/population/people/P0017").purpose("social-assistance")
}

/// Blocks of 512 or 1024 bytes, as the shell has it.
const FILE_BLOCKS: u32 = 20;

/// The gateway with a bound on the size of files, past which a write fails as on a full disk.
fn serve_bounded(site: &Site) -> Program {
    let script =
        format!("trap '' XFSZ; ulimit -f {FILE_BLOCKS}; exec \"$0\" serve --config \"$1\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_sluice")).arg(site.config());
    let program = Program::start(&mut command);
    program.wait_until_ready();
    program
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_deref()), (503, Some("log-unavailable")));
    assert!(!answer.text().contains("***"), "{answer:?}");
    assert_eq!(answer.header("proxy-status"), Some("sluice; error=proxy_internal_error"));
    assert!(uuid::Uuid::parse_str(answer.exchange()).is_ok());
}

#[test]
fn nothing_leaves_once_the_log_can_t_be_written() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let gateway = serve_bounded(&site);
    let operations = gateway.address("operations");
    assert_eq!(fetch(operations, "/readyz").unwrap().0, 200);
    let desk = system(DESK);
    let mut connection = Connection::open(gateway.address("exchange"), Some(&desk)).unwrap();
    let mut answered = Vec::new();
    let refused = loop {
        let answer = connection.ask(&person());
        if answer.status != 200 {
            break answer;
        }
        assert_eq!(answer.text(), SEEN);
        answered.push(answer.exchange().to_owned());
        assert!(answered.len() < MOST_CALLS, "the log never gets full");
    };
    assert_unavailable(&refused);
    let asked = origin.seen().len();
    assert_eq!(asked, answered.len() + 1);

    // From here on, whatever is asked, on this connection or another, and no provider is.
    let decide = Ask::post("/-/decide", r#"{"method":"GET","path":"/civil-affairs/divisions/1"}"#);
    let asks = [person(), Ask::get("/nowhere/to-be-found"), Ask::get("/a//b"), decide];
    for ask in &asks {
        assert_unavailable(&connection.ask(ask));
        let mut other = Connection::open(gateway.address("exchange"), Some(&desk)).unwrap();
        assert_unavailable(&other.ask(ask));
    }
    assert_eq!(origin.seen().len(), asked);
    assert_eq!(fetch(operations, "/livez").unwrap().0, 200);
    let (status, said) = fetch(operations, "/readyz").unwrap();
    assert_eq!(status, 503);
    assert!(said.contains("log: writing a segment failed"), "{said}");
    let (_, metrics) = fetch(operations, "/metrics").unwrap();
    let unavailable = "sluice_rejections_total{code=\"log-unavailable\"}";
    assert_eq!(counter(&metrics, unavailable), Some(1.0 + 2.0 * asks.len() as f64));
    assert_eq!(counter(&metrics, "sluice_log_healthy"), Some(0.0));
    let released = format!("{}.0", answered.len() * SEEN.len()).parse::<f64>().unwrap();
    assert_eq!(counter(&metrics, "sluice_released_bytes_total"), Some(released));

    // A full disk does not hold up a stop, but it is no stop in good order.
    gateway.signal("TERM");
    let ended = gateway.wait();
    assert_eq!(ended.code, Some(EXIT_SOFTWARE), "{ended:?}");
    assert!(ended.err.contains("log: writing the log has failed"), "{ended:?}");
    recovers(&site, &answered);
}

/// The provider has made a change, and that can't be recorded any more: to say that the exchange
/// does not take place would be wrong.
#[test]
fn a_change_whose_outcome_can_t_be_recorded_is_not_said_to_have_failed() {
    let (full, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let origin = Origin::start("public-security/records", move |asked, reply| {
        let changes = asked.head.line.contains("/reports");
        if changes {
            wait.lock().unwrap().recv().unwrap();
        }
        reply.send(&json(if changes { 201 } else { 200 }, RECORD));
    });
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let gateway = serve_bounded(&site);
    let connect = || Connection::open(gateway.address("exchange"), Some(&system(DESK))).unwrap();
    let (mut changing, mut asking) = (connect(), connect());
    let body = r#"{"id_number":"330106199003070410"}"#;
    let change = Ask::post("/public-security/population/reports", body);
    changing.send(&change.purpose("social-assistance").bytes());
    origin.wait_for(1);
    let last = (0..MOST_CALLS).map(|_| asking.ask(&person())).find(|answer| answer.status != 200);
    assert_unavailable(&last.expect("the log gets full"));
    full.send(()).unwrap();
    let answer = changing.answer().unwrap();
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("outcome-unknown")));
    assert!(!answer.text().contains("***"), "{answer:?}");
    drop(gateway);
    let _again = site.serve();
    let records = site.log().of(answer.exchange());
    let kinds: Vec<_> = records.iter().map(|record| (&record["kind"], &record["fate"])).collect();
    let null = Value::Null;
    assert_eq!(kinds, [(&"intent".into(), &null), (&"outcome".into(), &"unknown".into())]);
}

/// Every exchange that was answered has its record, and with room again the log goes on.
fn recovers(site: &Site, answered: &[String]) {
    let file = segments(&site.path("log")).pop().unwrap();
    let before = fs::read(&file).unwrap();
    let partial = before.rsplit(|byte| *byte == b'\n').next().unwrap().len();
    let mut gateway = site.serve();
    gateway.kill();
    let records = site.log().records();
    for exchange in answered {
        let of = records.iter().filter(|record| record["exchange"] == **exchange).count();
        assert_eq!(of, 1, "{exchange}");
    }
    let cut: Vec<&Value> = records.iter().filter(|record| record["event"] == "log-cut").collect();
    assert_eq!(cut.len(), usize::from(partial > 0), "{cut:?}");
    assert!(cut.iter().all(|record| record["bytes"] == partial), "{cut:?}");
    assert_eq!(records.last().unwrap()["event"], "started");
}

#[test]
fn a_log_is_written_by_one_gateway() {
    let site = Site::new();
    let first = site.serve();
    let lines = site.log().lines();
    let second = site.serve_in_vain();
    assert_eq!(second.code, Some(EXIT_CONFIG), "{second:?}");
    let log = site.path("log");
    let said = format!("another process writes the log in {}", log.display());
    assert!(second.err.contains(&said), "{second:?}");
    assert!(!second.out.contains("ready"), "{second:?}");
    assert_eq!(site.log().lines(), lines);
    first.signal("TERM");
    assert_eq!(first.wait().code, Some(0));
    site.serve().kill();
}

#[test]
fn an_incomplete_last_line_is_cut_and_the_cut_is_recorded() {
    let site = Site::new();
    for partial in ["{", r#"{"v":1,"index":7,"time":"2026"#, "\u{0}\u{0}\u{0}"] {
        site.serve().kill();
        let before = site.log().lines();
        let file = segments(&site.path("log")).pop().unwrap();
        let mut open = fs::OpenOptions::new().append(true).open(&file).unwrap();
        open.write_all(partial.as_bytes()).unwrap();
        let mut gateway = site.serve();
        for told in ["cut an incomplete last line", "did not stop in good order"] {
            eventually(told, || gateway.err().contains(told).then_some(()));
        }
        gateway.kill();
        let records = site.log().records();
        assert_eq!(site.log().lines()[..before.len()], before);
        let cut = &records[before.len()];
        assert_eq!((&cut["kind"], &cut["event"]), (&"control".into(), &"log-cut".into()));
        assert_eq!(cut["bytes"], partial.len(), "{cut}");
        assert_eq!(cut["segment"], file.file_name().unwrap().to_str().unwrap());
        assert_eq!(records[before.len() + 1]["event"], "started");
    }
}

/// What no crash leaves is not repaired: the files stay as they are, for whoever looks into it.
#[test]
fn a_gateway_does_not_start_on_a_damaged_log() {
    let site = Site::new();
    for _ in 0..3 {
        site.serve().kill();
    }
    let file = segments(&site.path("log")).pop().unwrap();
    let good = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let damages = [
        format!("{}\n\n{}\n", lines[0], lines[1]),
        format!("{}\n{}\n", lines[0], lines[2]),
        format!("{}\nsomething else\n{}\n", lines[0], lines[1]),
        format!("{}\n{}\n", lines[0], lines[1].replace("}", "")),
        good.replace("\"index\":0,", "\"index\":00,"),
        format!("{good}{}\n", lines[0]),
    ];
    for damage in damages {
        fs::write(&file, &damage).unwrap();
        refuses(&site, &file.display().to_string());
        assert_eq!(fs::read_to_string(&file).unwrap(), damage);
    }
    fs::write(&file, &good).unwrap();
    let copy = site.path("log/copy.jsonl");
    fs::write(&copy, "").unwrap();
    refuses(&site, &copy.display().to_string());
    fs::remove_file(copy).unwrap();
    let gap = site.path("log/00000000000000000099.jsonl");
    fs::write(&gap, "").unwrap();
    refuses(&site, &gap.display().to_string());
    fs::remove_file(gap).unwrap();
    site.serve().kill();
}

fn refuses(site: &Site, named: &str) {
    let ended = site.serve_in_vain();
    assert_eq!(ended.code, Some(EXIT_CONFIG), "{ended:?}");
    let advice =
        ["log: the log is damaged in", named, "at byte", "No record was changed", "backup"];
    for part in advice {
        assert!(ended.err.contains(part), "{part:?} in {}", ended.err);
    }
    assert!(!ended.out.contains("ready"), "{ended:?}");
}

/// More persons than a line of the log can name: they are named in several, as those of a long
/// answer.
#[test]
fn an_answer_that_one_record_can_t_hold_has_several() {
    let record = |nth: usize| format!(r#"{{"id_number":"33010619900307{nth:04}"}}"#);
    let origin = Origin::start("public-security/records", move |asked, reply| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let count = body["born"].as_u64().unwrap() as usize - 1900;
        let records: Vec<String> = (0..count * 100).map(record).collect();
        reply.send(&json(200, &format!("{{\"items\":[{}]}}", records.join(","))));
    });
    let population = "public-security/population.yaml";
    let world = World::setup()
        .origin(PUBLIC_SECURITY, &origin)
        .catalog(|files| files.edit(population, "max_records: 3", "max_records: 5000"))
        .start();
    let ask = |born: u32| {
        let body = format!(r#"{{"name":"赵晓明","born":{born}}}"#);
        let ask = Ask::post("/public-security/population/search", &body);
        ask.purpose("social-assistance").header("Connection", "close")
    };
    let record = check(&world, &world.call(DESK, &ask(1905)), 200, None);
    assert_eq!(record["released"]["subjects"].as_array().unwrap().len(), 500);
    let mut connection = world.connect(DESK);
    connection.send(&ask(1930).bytes());
    let head = connection.interim().unwrap();
    let mut body = Vec::new();
    let _ = connection.read_to_end(&mut body);
    assert!(body.ends_with(b"]}\r\n0\r\n\r\n"));
    let exchange = head.header("exchange-id").unwrap().trim_matches('"');
    let records = world.log().of(exchange);
    let persons = |record: &Value| {
        let listed = record.get("subjects").or_else(|| record["released"].get("subjects"));
        listed.and_then(Value::as_array).map_or(0, Vec::len)
    };
    assert_eq!(records.iter().map(persons).sum::<usize>(), 3000);
    assert_eq!(records.last().unwrap()["fate"], "complete");
}

#[test]
fn operators_are_told_how_much_room_the_log_has() {
    let world = World::with(&[]);
    let said = fetch(world.gateway().operations, "/readyz").unwrap().1;
    assert!(said.contains(" MiB free\n"), "{said}");
    let scarce = World::setup().settings(|settings| settings.log.reserve_bytes = 1 << 50).start();
    let (status, said) = fetch(scarce.gateway().operations, "/readyz").unwrap();
    // It is a warning: calls are still answered.
    assert_eq!(status, 200);
    assert!(said.contains("disk: low: ") && said.contains("log.reserve_bytes"), "{said}");
    let metrics = crate::support::operations::metrics(scarce.gateway());
    assert_eq!(counter(&metrics, "sluice_log_disk_reserve_bytes"), Some((1u64 << 50) as f64));
    assert!(counter(&metrics, "sluice_log_disk_free_bytes").is_some_and(|free| free > 0.0));
}
