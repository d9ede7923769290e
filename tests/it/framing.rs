//! Where one request ends and the next begins. A request that could be read in two ways must not
//! become two exchanges, and what a provider is sent is framed by the gateway alone.

use crate::support::certificates::HOST;
use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{Ask, Connection, Origin, World, check, detail_of, http2, json, system};

const HEAD: &str = "POST /public-security/population/query HTTP/1.1\r\n";
const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;
/// What must never come to be a request.
const SMUGGLED: &str = "GET /civil-affairs/divisions/999999 HTTP/1.1\r\nHost: a\r\n\r\n";

/// Head lines that leave in doubt where the body ends, or what a line is, and what is wrong with
/// them; `$N` is the body's length.
const AMBIGUOUS: [(&str, &str); 30] = [
    ("Content-Length: $N\r\nContent-Length: 0\r\n", "content-length"),
    ("Content-Length: $N\r\nContent-Length: $N\r\n", "content-length"),
    ("Content-Length: $N, 0\r\n", "content-length"),
    ("Content-Length: $N, $N\r\n", "content-length"),
    ("Content-Length: +$N\r\n", "content-length"),
    ("Content-Length: -1\r\n", "content-length"),
    ("Content-Length: 0x22\r\n", "content-length"),
    ("Content-Length: $N.0\r\n", "content-length"),
    ("Content-Length: 99999999999999999999\r\n", "content-length"),
    ("Content-Length : $N\r\n", "field-name"),
    ("Content-Length\r\n : $N\r\n", "field-name"),
    ("Content-Length: \r\n $N\r\n", "folded-field"),
    ("Content-Length:\x00$N\r\n", "field-value"),
    ("Content Length: $N\r\n", "field-name"),
    ("Transfer-Encoding: identity\r\n", "transfer-coding"),
    ("Transfer-Encoding: chunked, identity\r\n", "transfer-coding"),
    ("Transfer-Encoding: gzip, chunked\r\n", "transfer-coding"),
    ("Transfer-Encoding: gzip\r\n", "transfer-coding"),
    ("Transfer-Encoding: xchunked\r\n", "transfer-coding"),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "transfer-coding"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "two-lengths"),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "two-lengths"),
    ("Transfer-Encoding: \x0bchunked\r\n", "field-value"),
    ("Transfer-Encoding: chunked\x00\r\n", "field-value"),
    ("Transfer-Encoding : chunked\r\n", "field-name"),
    ("Host: a\r\n\x00\r\n", "field-name"),
    (": a\r\n", "field-name"),
    ("X: a\rContent-Length: $N\r\n", "line-end"),
    ("X: a\nContent-Length: $N\r\n", "line-end"),
    ("X-\u{e9}: a\r\n", "field-name"),
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

    /// It was no request: refused, with the reason, recorded, and the connection is over.
    fn check_unread(&self, mut connection: Connection, (status, why): (u16, &str), what: &str) {
        let answer = connection.answer().unwrap_or_else(|error| panic!("{error}: {what:?}"));
        let (code, detail) = match status {
            431 => ("request-too-large", why.to_owned()),
            _ => ("request-malformed", format!("message-{why}")),
        };
        let record = check(&self.world, &answer, status, Some(code));
        assert_eq!(detail_of(&record), detail, "{what:?}");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(connection.rest().unwrap(), b"", "{what:?}");
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
    for (number, (lines, why)) in AMBIGUOUS.iter().enumerate() {
        let lines = lines.replace("$N", &NUMBER.len().to_string());
        let connection = stage.send(number, query(&lines, NUMBER));
        let status = if *why == "transfer-coding" { 501 } else { 400 };
        stage.check_unread(connection, (status, why), &lines);
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
        assert_eq!(detail_of(&record), "body-malformed", "{body:?}");
        assert_eq!(connection.rest().unwrap(), b"", "{body:?}");
        assert_eq!(stage.reached(), 0);
    }
}

#[test]
fn what_reads_in_one_way_goes_on() {
    let stage = Stage::set();
    let chunked = format!("{:X}\r\n{NUMBER}\r\n000\r\n\r\n", NUMBER.len());
    let extended = format!("{:x};x=y\r\n{NUMBER}\r\n0\r\nX: 5\r\n\r\n", NUMBER.len());
    let cases = [
        ("Content-Length: 34\r\n", NUMBER),
        ("Transfer-Encoding: chunked\r\n", &extended),
        ("Transfer-Encoding: Chunked\r\n", &chunked),
    ];
    for (number, (lines, body)) in cases.iter().enumerate() {
        let mut connection = stage.send(number, query(lines, body));
        check(&stage.world, &connection.answer().unwrap(), 200, None);
        // What stands behind the body is a request of its own then, and is treated as one.
        check(&stage.world, &connection.answer().unwrap(), 200, None);
        let asked = stage.origins[0].take().remove(0);
        assert_eq!(asked.body, NUMBER.as_bytes());
        assert_eq!(asked.head.header("content-length"), Some("34"));
        assert_eq!(stage.reached(), 1);
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
        format!("GET {path} http/1.1"),
        format!("GET {path} HTTP/1.1 x"),
        format!("G\u{e9}T {path} HTTP/1.1"),
        "\u{16}\u{3}\u{1}".to_owned(),
    ];
    let others = ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0"].map(|other| format!("GET {path} {other}"));
    let bad = bad.iter().map(|line| (line, (400, "request-line")));
    let others = others.iter().map(|line| (line, (505, "version")));
    for (number, (line, outcome)) in bad.chain(others).enumerate() {
        let connection = stage.send(number, format!("{line}\r\nHost: {HOST}\r\n\r\n"));
        stage.check_unread(connection, outcome, line);
    }
    let connection = stage.send(20, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    stage.check_unread(connection, (505, "version"), "the preface of HTTP/2");
    let connection = stage.send(21, format!("GET {path} HTTP/1.1\nHost: {HOST}\n\n"));
    stage.check_unread(connection, (400, "line-end"), "bare line feeds");
    let unknown = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nExpect: 200-ok\r\n\r\n");
    stage.check_unread(stage.send(22, unknown), (417, "expectation"), "an expectation");
    let twice = format!("\r\n\r\nGET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    stage.check_unread(stage.send(24, twice), (400, "line-end"), "two empty lines");
    // A client may send an empty line behind a body; one is no fault.
    let mut connection = stage.send(23, format!("\r\nGET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    check(&stage.world, &connection.answer().unwrap(), 200, None);
}

#[test]
fn a_head_has_a_size_and_a_number_of_fields() {
    let stage = Stage::set();
    let get = || Ask::get("/civil-affairs/divisions/330100");
    let fields =
        |count: usize| (0..count).fold(get(), |ask, ix| ask.header(&format!("x-{ix}"), "a"));
    check(&stage.world, &stage.world.probe(0, &fields(63)), 200, None);
    assert_eq!(stage.reached(), 1);
    stage.check_unread(
        stage.send(1, fields(64).bytes()),
        (431, "head limit_bytes=16384 limit_fields=64"),
        "65 fields",
    );
    let large = get().header("x", &"a".repeat(17_000));
    stage.check_unread(
        stage.send(2, large.bytes()),
        (431, "head limit_bytes=16384 limit_fields=64"),
        "a large field",
    );
    // By HTTP/2 such a stream is refused without its connection.
    let certificate = system(&probe(3));
    let answers = http2::ask_all(stage.world.address(), &certificate, vec![large, get()]);
    assert_eq!([answers[0].status, answers[1].status], [431, 200]);
}
