//! Where one request ends and the next begins. A request that could be read in two ways must not
//! become two exchanges, and what a provider is sent is framed by the gateway alone.

use serde_json::Value;

use crate::support::certificates::HOST;
use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{Ask, Connection, Origin, World, check, http2, json, system};

const HEAD: &str = "POST /public-security/population/query HTTP/1.1\r\n";
const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;
/// What must never come to be a request.
const SMUGGLED: &str = "GET /civil-affairs/divisions/999999 HTTP/1.1\r\nHost: a\r\n\r\n";

/// Head lines that leave in doubt where the body ends, or what a line is; `$N` is the body's length.
const AMBIGUOUS: [&str; 24] = [
    "Content-Length: $N\r\nContent-Length: 0\r\n",
    "Content-Length: $N, 0\r\n",
    "Content-Length: +$N\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 0x22\r\n",
    "Content-Length: $N.0\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Content-Length : $N\r\n",
    "Content-Length\r\n : $N\r\n",
    "Content-Length: \r\n $N\r\n",
    "Content-Length:\x00$N\r\n",
    "Content Length: $N\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: \x0bchunked\r\n",
    "Transfer-Encoding: chunked\x00\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Host: a\r\n\x00\r\n",
    ": a\r\n",
    "X: a\rContent-Length: $N\r\n",
    "X-\u{e9}: a\r\n",
];

/// Chunked bodies that are none; `$N` is the length of the number's object in hexadecimal.
const BAD_CHUNKS: [&str; 9] = [
    "+$N\r\n$B\r\n0\r\n\r\n",
    "-1\r\n$B\r\n0\r\n\r\n",
    "0x$N\r\n$B\r\n0\r\n\r\n",
    "$N$B\r\n0\r\n\r\n",
    "\r\n$N\r\n$B\r\n0\r\n\r\n",
    "$N\r\n$Bx\r\n0\r\n\r\n",
    "ffffffffffffffff1\r\n$B\r\n0\r\n\r\n",
    "$N;\n\r\n$B\r\n0\r\n\r\n",
    "g\r\n$B\r\n0\r\n\r\n",
];

struct Stage {
    world: World,
    origins: [Origin; 2],
}

impl Stage {
    fn set() -> Stage {
        let origins = ["public-security/records", "civil-affairs/records"]
            .map(|system| Origin::answering(system, json(200, "{}")));
        let world = World::with(&[(PUBLIC_SECURITY, &origins[0]), (CIVIL_AFFAIRS, &origins[1])]);
        Stage { world, origins }
    }

    /// A connection of that probe's, on which this was sent.
    fn send(&self, number: usize, raw: impl AsRef<[u8]>) -> Connection {
        let mut connection = self.world.connect(&probe(number));
        connection.send(raw.as_ref());
        connection
    }

    /// The engine refused it by itself, hung up, and it is recorded.
    fn check_unread(&self, number: usize, mut connection: Connection, status: u16, what: &str) {
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (status, ""), "{what:?}");
        assert_eq!(connection.rest().unwrap(), b"", "{what:?}");
        let probe = probe(number);
        let (_, id) = probe.split_once('/').unwrap();
        let own =
            |record: &Value| record["detail"] == "Framing" && record["consumer"]["system"] == id;
        self.world.log().wait_for(what, own);
        assert_eq!(self.reached(), 0, "{what:?}");
    }

    /// How many requests reached the providers since the last time.
    fn reached(&self) -> usize {
        self.origins.iter().map(|origin| origin.take().len()).sum()
    }
}

/// A query with these header lines and this body, and something behind it.
fn query(lines: &str, body: &str) -> String {
    format!(
        "{HEAD}Host: {HOST}\r\nContent-Type: application/json\r\n\
         Exchange-Purpose: social-assistance\r\n{lines}\r\n{body}{SMUGGLED}"
    )
}

#[test]
fn a_request_of_doubtful_length_is_no_request() {
    let stage = Stage::set();
    for (number, lines) in AMBIGUOUS.iter().enumerate() {
        let lines = lines.replace("$N", &NUMBER.len().to_string());
        let connection = stage.send(number, query(&lines, NUMBER));
        stage.check_unread(number, connection, 400, &lines);
    }
}

#[test]
fn chunks_that_are_none_end_the_connection() {
    let stage = Stage::set();
    for (number, body) in BAD_CHUNKS.iter().enumerate() {
        let body = body.replace("$N", &format!("{:x}", NUMBER.len())).replace("$B", NUMBER);
        let raw = query("Transfer-Encoding: chunked\r\n", &body);
        let mut connection = stage.send(number, raw);
        let answer = connection.answer().unwrap();
        let record = check(&stage.world, &answer, 400, Some("request-malformed"));
        assert_eq!(record["detail"], "Body", "{body:?}");
        assert_eq!(connection.rest().unwrap(), b"", "{body:?}");
        assert_eq!(stage.reached(), 0);
    }
}

#[test]
fn chunks_win_over_a_length_and_the_connection_ends() {
    let stage = Stage::set();
    let chunked = format!("{:x};x=y\r\n{NUMBER}\r\n0\r\nContent-Length: 5\r\n\r\n", NUMBER.len());
    let both = [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ];
    for (number, lines) in both.iter().enumerate() {
        let mut connection = stage.send(number, query(lines, &chunked));
        check(&stage.world, &connection.answer().unwrap(), 200, None);
        assert_eq!(connection.rest().unwrap(), b"", "{lines:?}");
        let asked = stage.origins[0].take().remove(0);
        assert_eq!(asked.body, NUMBER.as_bytes());
        assert_eq!(asked.head.header("content-length"), Some("34"));
        assert_eq!(stage.reached(), 0);
    }
}

#[test]
fn what_reads_in_one_way_goes_on() {
    let stage = Stage::set();
    let chunked = format!("{:X}\r\n{NUMBER}\r\n000\r\n\r\n", NUMBER.len());
    let twice = "Content-Length: 34\r\nContent-Length: 34\r\n";
    let cases = [
        ("Content-Length: 34\r\n", NUMBER),
        (twice, NUMBER),
        ("Transfer-Encoding: Chunked\r\n", &chunked),
    ];
    for (number, (lines, body)) in cases.iter().enumerate() {
        let mut connection = stage.send(number, query(lines, body));
        check(&stage.world, &connection.answer().unwrap(), 200, None);
        // What stands behind the body is a request of its own then, and is treated as one.
        check(&stage.world, &connection.answer().unwrap(), 200, None);
        assert_eq!(stage.reached(), 2);
    }
}

#[test]
fn a_request_line_is_read_to_the_letter() {
    let stage = Stage::set();
    let path = "/civil-affairs/divisions/330100";
    let bad = [
        format!("GET  {path} HTTP/1.1"),
        format!("GET {path}  HTTP/1.1"),
        format!(" GET {path} HTTP/1.1"),
        format!("GET\t{path} HTTP/1.1"),
        format!("GET {path}"),
        format!("GET {path} HTTP/1.2"),
        format!("GET {path} HTTP/2.0"),
        format!("GET {path} http/1.1"),
        format!("GET {path} HTTP/1.1 x"),
        format!("G\u{e9}T {path} HTTP/1.1"),
        "PRI * HTTP/2.0".to_owned(),
        "\u{16}\u{3}\u{1}".to_owned(),
    ];
    for (number, line) in bad.iter().enumerate() {
        let connection = stage.send(number, format!("{line}\r\nHost: {HOST}\r\n\r\n"));
        stage.check_unread(number, connection, 400, line);
    }
}

#[test]
fn a_head_has_a_size_and_a_number_of_fields() {
    let stage = Stage::set();
    let get = || Ask::get("/civil-affairs/divisions/330100");
    let fields =
        |count: usize| (0..count).fold(get(), |ask, ix| ask.header(&format!("x-{ix}"), "a"));
    check(&stage.world, &stage.world.probe(0, &fields(63)), 200, None);
    assert_eq!(stage.reached(), 1);
    stage.check_unread(1, stage.send(1, fields(64).bytes()), 431, "65 fields");
    let large = get().header("x", &"a".repeat(17_000));
    stage.check_unread(2, stage.send(2, large.bytes()), 431, "a large field");
    // By HTTP/2 such a stream is refused without its connection.
    let certificate = system(&probe(3));
    let answers = http2::ask_all(stage.world.address(), &certificate, vec![large, get()]);
    assert_eq!([answers[0].status, answers[1].status], [431, 200]);
}
