//! Answers too long to be judged as a whole: they leave window by window, each recorded before its
//! bytes go, and are broken off when something is wrong with the rest.

use std::io::Read as _;

use serde_json::{Value, json};

use crate::formats::SCANS;
use crate::support::origin::answer_with;
use crate::support::program::{Program, Site};
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{Answer, Ask, Connection, Files, Origin, World, check, json as whole};

pub(crate) const DESK: &str = "human-resources/pension-desk";
pub(crate) const PROVIDER: &str = "public-security/records";

/// Records of a long answer: about 1 MB, four windows. The buffer of these tests is 16 KB.
pub(crate) const RECORDS: usize = 9_000;

pub(crate) fn search() -> Ask {
    Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("social-assistance")
}

/// A synthetic identity number for each record; not one has to be valid.
pub(crate) fn number(ix: usize) -> String {
    format!("33010619900307{ix:04}")
}

/// A record whose person is named at its end, where a window may well end before it.
pub(crate) fn record(ix: usize) -> String {
    let id = number(ix);
    format!(
        r#"{{"record_number":{ix},"sex":"女","hidden":"H{ix}","note":"n{ix}","id_number":"{id}"}}"#
    )
}

pub(crate) fn shown(ix: usize) -> String {
    let id = number(ix);
    let masked = format!("{}***************{}", &id[..1], &id[16..]);
    format!(r#"{{"record_number":{ix},"sex":"女","note":"n{ix}","id_number":"{masked}"}}"#)
}

pub(crate) fn answer_of(record: impl Fn(usize) -> String, records: usize) -> String {
    let items: Vec<String> = (0..records).map(record).collect();
    format!(r#"{{"total":{records},"items":[{}]}}"#, items.join(","))
}

/// A catalog in which an answer of the population may have many records.
pub(crate) fn many(files: Files) -> Files {
    files.edit("public-security/population.yaml", "max_records: 3", "max_records: 100000")
}

pub(crate) fn setup(origin: &Origin) -> Setup {
    World::setup()
        .catalog(many)
        .origin(PUBLIC_SECURITY, origin)
        .settings(|settings| settings.bounds.buffer_bytes = 16 * 1024)
}

/// The records of an exchange: intent, continuations, outcome.
pub(crate) fn told(world: &World, exchange: &str) -> (Value, Vec<Value>, Value) {
    let outcome = world.log().wait_for("the outcome", |record| {
        record["exchange"] == exchange && record["kind"] == "outcome"
    });
    let mut records = world.log().of(exchange);
    assert_eq!(records.pop().unwrap(), outcome, "nothing follows the outcome");
    let intent = records.remove(0);
    assert_eq!(intent["kind"], "intent");
    assert!(records.iter().all(|record| record["kind"] == "continuation"), "{records:?}");
    (intent, records, outcome)
}

fn subjects(record: &Value) -> usize {
    let listed = record.get("subjects").or_else(|| record["released"].get("subjects"));
    listed.and_then(Value::as_array).map_or(0, Vec::len)
}

/// Reads a chunked answer to its end, or to where it is broken off.
pub(crate) fn read_chunked(connection: &mut Connection) -> (Answer, bool) {
    let head = connection.interim().unwrap();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("content-length"), None);
    // An answer that is broken off ends without TLS's farewell, which is an error of its own.
    let mut raw = Vec::new();
    let _ = connection.read_to_end(&mut raw);
    let mut body = Vec::new();
    let mut rest = raw.as_slice();
    while let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        rest = &rest[line + 2..];
        if size == 0 {
            let status = head.line[9..12].parse().unwrap();
            return (Answer { status, head, body }, true);
        }
        let taken = size.min(rest.len());
        body.extend_from_slice(&rest[..taken]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    let status = head.line[9..12].parse().unwrap();
    (Answer { status, head, body }, false)
}

fn ask(world: &World) -> (Answer, bool) {
    let mut connection = world.connect(DESK);
    connection.send(&search().header("Connection", "close").bytes());
    read_chunked(&mut connection)
}

#[test]
fn a_long_answer_leaves_in_windows_each_with_its_persons_on_record() {
    let body = answer_of(record, RECORDS);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = setup(&origin).start();
    let (answer, complete) = ask(&world);
    assert!(complete);
    assert_eq!(answer.text(), answer_of(shown, RECORDS));
    let exchange = answer.exchange().to_owned();
    let (intent, windows, outcome) = told(&world, &exchange);
    assert_eq!((&intent["decision"], &intent["effect"]), (&json!("permit"), &json!("release")));
    assert_eq!(outcome["fate"], "complete", "{outcome}");
    assert_eq!(outcome["released"]["bytes"], answer.body.len());
    assert_eq!(outcome["released"]["records"], RECORDS);
    assert_eq!(outcome["released"]["undeclared"], RECORDS);
    let named = windows.iter().map(subjects).sum::<usize>() + subjects(&outcome);
    assert_eq!(named, RECORDS, "each person is named once");
    assert_eq!(outcome["intent"], intent["index"]);
}

#[test]
fn long_lines_leave_in_windows_compressed_or_not() {
    let lines = |record: fn(usize) -> String| -> String {
        (0..RECORDS).map(|ix| record(ix) + "\n").collect()
    };
    let plain = lines(record);
    let coded = zstd::bulk::compress(plain.as_bytes(), 3).unwrap();
    for (coding, body) in [("identity", plain.as_bytes()), ("zstd", &coded)] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nContent-Encoding: {coding}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let origin = Origin::answering(PROVIDER, [head.as_bytes(), body].concat());
        let by_line = |files: Files| {
            let beside = "    records: $.items[*]\n    envelope: [$.total]\n";
            files.edit("public-security/population.yaml", beside, "")
        };
        let world = setup(&origin).catalog(by_line).start();
        let (answer, complete) = ask(&world);
        assert!(complete && answer.text() == lines(shown), "{coding}");
        let (_, windows, outcome) = told(&world, answer.exchange());
        assert_eq!(outcome["released"]["records"], RECORDS);
        let named = windows.iter().map(subjects).sum::<usize>() + subjects(&outcome);
        assert_eq!(named, RECORDS, "each person is named once");
    }
}

#[test]
fn whom_a_long_file_is_about_stands_in_the_log_before_its_bytes_leave() {
    let file = vec![0x25; 1 << 20];
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/tiff\r\nContent-Length: {}\r\n\r\n",
        file.len()
    );
    let origin = Origin::answering(PROVIDER, [head.as_bytes(), &file].concat());
    let scans = |files: Files| files.with("public-security/scans.yaml", SCANS);
    let world = setup(&origin).catalog(scans).start();
    let body = r#"{"id_number":"330106199003070410"}"#;
    let ask = Ask::post("/public-security/scans/scan", body).purpose("social-assistance");
    let mut connection = world.connect(DESK);
    connection.send(&ask.header("Connection", "close").bytes());
    let (answer, complete) = read_chunked(&mut connection);
    assert!(complete && answer.body == file);
    let (_, windows, outcome) = told(&world, answer.exchange());
    assert_eq!(subjects(&windows[0]), 1, "{windows:?}");
    let rest: usize = windows[1..].iter().map(subjects).sum();
    assert_eq!((rest, subjects(&outcome)), (0, 0), "{windows:?} {outcome}");
}

#[test]
fn a_fault_in_the_rest_breaks_the_answer_off() {
    let good = answer_of(record, RECORDS);
    let cases = [
        (good.replace("]}", "]]"), "answer-unreadable"),
        (good[..good.len() - 20].to_owned(), "answer-unreadable"),
        (good.replace(&record(8_900), r#"{"id_number":"\ud800"}"#), "answer-unreadable"),
    ];
    for (body, code) in cases {
        let origin = Origin::answering(PROVIDER, whole(200, &body));
        let world = setup(&origin).start();
        let (answer, complete) = ask(&world);
        assert!(!complete, "a client must not take it for complete");
        let exchange = answer.exchange().to_owned();
        let (_, windows, outcome) = told(&world, &exchange);
        assert_eq!((&outcome["fate"], &outcome["code"]), (&json!("cut"), &json!(code)));
        // Whoever's bytes the client saw is named.
        let seen = answer.text().matches("record_number").count();
        let named: usize = windows.iter().map(subjects).sum();
        assert!(seen <= named, "{seen} records seen, {named} persons named");
        assert!(!answer.text().contains("hidden"));
    }
}

#[test]
fn an_answer_within_the_buffer_is_judged_before_its_first_byte() {
    let body = answer_of(record, 50).replace("]}", "]]");
    assert!(body.len() < 16 * 1024);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = setup(&origin).start();
    let answer = world.call(DESK, &search());
    check(&world, &answer, 502, Some("answer-unreadable"));
}

#[test]
fn a_fault_before_the_first_window_is_a_clean_refusal() {
    let body = format!("{{]{}", answer_of(record, RECORDS));
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = setup(&origin).start();
    let answer = world.call(DESK, &search());
    check(&world, &answer, 502, Some("answer-unreadable"));
}

#[test]
fn more_records_than_may_be_break_a_long_answer_off() {
    let body = answer_of(record, RECORDS);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let few = |files: Files| {
        files.edit("public-security/population.yaml", "max_records: 3", "max_records: 8999")
    };
    let world = World::setup()
        .catalog(few)
        .origin(PUBLIC_SECURITY, &origin)
        .settings(|settings| settings.bounds.buffer_bytes = 16 * 1024)
        .start();
    let (answer, complete) = ask(&world);
    assert!(!complete);
    let exchange = answer.exchange().to_owned();
    let (_, _, outcome) = told(&world, &exchange);
    assert_eq!(outcome["code"], "answer-mismatch");
}

#[test]
fn memory_for_long_answers_has_a_bound() {
    let body = answer_of(record, RECORDS);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world =
        setup(&origin).settings(|settings| settings.bounds.buffers_bytes = 512 * 1024).start();
    let answer = world.call(DESK, &search());
    check(&world, &answer, 503, Some("overloaded"));
}

#[test]
fn a_client_that_leaves_ends_the_answer_on_record() {
    let body = answer_of(record, RECORDS);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = setup(&origin).start();
    let mut connection = world.connect(DESK);
    connection.send(&search().bytes());
    let head = connection.interim().unwrap();
    drop(connection);
    let exchange = head.header("exchange-id").unwrap().trim_matches('"').to_owned();
    let (_, _, outcome) = told(&world, &exchange);
    // It may have been gone before or after the last window; never is it without an outcome.
    assert!(["cut", "complete"].contains(&outcome["fate"].as_str().unwrap()), "{outcome}");
}

#[test]
fn an_answer_about_another_person_is_withheld() {
    let query = |asked: &str| {
        Ask::post("/public-security/population/query", &format!(r#"{{"id_number":"{asked}"}}"#))
            .purpose("social-assistance")
    };
    let asked = "330106199003070410";
    let cases = [
        (format!(r#"{{"id_number":"{asked}","sex":"女"}}"#), 200, None),
        (r#"{"id_number":"330106199003070411","sex":"女"}"#.into(), 502, Some("answer-mismatch")),
        // Somebody's record without a name could be anybody's.
        (r#"{"sex":"女"}"#.into(), 502, Some("answer-mismatch")),
        (r#"{"found":false}"#.into(), 200, None),
        (
            format!(r#"{{"id_number":"{asked}","id_number":"330106199003070411"}}"#),
            502,
            Some("answer-mismatch"),
        ),
    ];
    for (body, status, code) in cases {
        let origin = Origin::answering(PROVIDER, whole(200, &body));
        let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
        let answer = world.call(DESK, &query(asked));
        check(&world, &answer, status, code);
        assert!(!answer.text().contains("330106199003070411"), "{answer:?}");
    }
    // An error that says nobody was found names nobody.
    let origin = Origin::answering(PROVIDER, answer_with(404, &[], r#"{"error":"none"}"#));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    check(&world, &world.call(DESK, &query(asked)), 404, None);
}

#[test]
fn records_of_nobody_do_not_leave_in_an_answer_about_somebody() {
    let asked = "330106199003070410";
    let nobodys = |ix: usize| match ix {
        0 => format!(r#"{{"id_number":"{asked}","sex":"女"}}"#),
        ix => format!(r#"{{"sex":"女","note":"of another, {ix}"}}"#),
    };
    let origin = Origin::answering(PROVIDER, whole(200, &answer_of(nobodys, RECORDS)));
    let by_number = |files: Files| {
        files.edit(
            "public-security/population.yaml",
            "      - { name: name, in: body, pattern: '[一-鿿·]{2,30}', max_chars: 30 }\n",
            "      - { name: of, in: body, pattern: '[0-9X-]{1,18}', searches: $.id_number }\n",
        )
    };
    let world = setup(&origin).catalog(by_number).start();
    let ask = |of: &str| {
        let body = format!(r#"{{"of":"{of}"}}"#);
        Ask::post("/public-security/population/search", &body).purpose("social-assistance")
    };
    let answer = world.call(DESK, &ask(asked));
    check(&world, &answer, 502, Some("answer-mismatch"));
    assert!(!answer.text().contains("of another"));
    // Who asks about nobody is not answered about anybody.
    let answer = world.call(DESK, &ask("--"));
    check(&world, &answer, 400, Some("parameter-invalid"));
}

/// The promise that all this is for: kill the gateway in the middle of an answer, and everybody of
/// whom the client has seen a byte stands in the log.
#[test]
fn a_kill_in_mid_answer_leaves_nobody_unnamed() {
    for stop_after in [1, 100_000, 500_000] {
        let body = answer_of(record, RECORDS);
        let origin = Origin::answering(PROVIDER, whole(200, &body));
        let site = Site::new().origin(PUBLIC_SECURITY, &origin);
        many(Files::default()).write(&site.path("catalog"));
        let site = site.settings("[bounds]\nbuffer_bytes = 16384\n");
        let mut gateway: Program = site.serve();
        let issued = crate::support::system(DESK);
        let mut connection = Connection::open(gateway.address("exchange"), Some(&issued)).unwrap();
        connection.send(&search().bytes());
        let head = connection.interim().unwrap();
        let mut seen = vec![0; stop_after];
        connection.read_exact(&mut seen).unwrap();
        gateway.kill();
        // What had left before the kill may still be read.
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest);
        seen.extend(rest);
        let text = String::from_utf8_lossy(&seen);
        let persons = text.matches("record_number").count();
        let exchange = head.header("exchange-id").unwrap().trim_matches('"').to_owned();
        let named: usize = site.log().of(&exchange).iter().map(subjects).sum();
        assert!(persons <= named, "{persons} persons seen, {named} named");
    }
}
