//! What a provider must not answer, and what it may: a table of answers byte by byte. Whatever
//! comes, the caller gets a status and a code, the log a record, and nothing of the answer leaves
//! but what the view lets through.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::check::CLEAR;
use crate::support::operations::{counter, metrics};
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Asked, Connection, Origin, Reply, World, check, detail_of};

const DESK: &str = "human-resources/pension-desk";

/// Largest answer of these tests in bytes.
const ANSWER_BYTES: u64 = 8 * 1024;

/// A record that holds what must never leave as it stands.
const RECORD: &str = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女","address":"杭州市西湖区文三路9号","mobile":"13800001999","birth_date":"1990-03-07","secret":"P0017"}"#;

/// The same as this consumer may see it.
const SEEN: &str = r#"{"id_number":"3***************10","name":"赵**","sex":"女","address":"杭州市西湖区文****","mobile":"138****1999","birth_date":"1990"}"#;

/// What the headers of an answer may be: the provider's never.
const OWN_HEADERS: [&str; 12] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "exchange-id",
    "exchange-receipt",
    "proxy-status",
    "ratelimit",
    "ratelimit-policy",
    "vary",
    "x-content-type-options",
];

/// One answer of a provider, and what must come of it.
struct Case {
    name: &'static str,
    sent: Vec<u8>,
    end: End,
    outcome: Outcome,
}

/// What the provider does after it has sent its answer.
#[derive(Clone, Copy)]
enum End {
    /// It waits for the next request.
    Stays,
    /// It ends the connection as TLS asks for.
    Closes,
    /// It cuts the connection without a word.
    Cuts,
}

enum Outcome {
    /// The gateway answers in its place: status, code, the record's detail, the error of
    /// `Proxy-Status`.
    Withheld(u16, &'static str, &'static str, &'static str),
    /// It passes with that status and body.
    Passes(u16, String),
}

#[test]
fn an_answer_that_is_not_http_is_withheld() {
    run(framing());
}

#[test]
fn an_answer_of_a_status_that_has_no_place_is_withheld() {
    run(statuses());
}

#[test]
fn an_answer_that_is_not_the_declared_json_is_withheld() {
    run(media().into_iter().chain(bodies()).collect());
}

#[test]
fn an_error_is_an_answer_and_goes_through_the_same_view() {
    run(errors());
}

/// Asks for each case on one connection, so that whatever a provider does, the next request on
/// it is answered.
#[allow(clippy::print_stdout, reason = "shown when a case fails")]
fn run(cases: Vec<Case>) {
    let sent: Vec<_> = cases.iter().map(|case| (case.sent.clone(), case.end)).collect();
    let origin = Origin::start("public-security/records", move |asked, reply| {
        let (answer, end) = &sent[number_of(asked)];
        reply.send(answer);
        match end {
            End::Stays => {}
            End::Closes => reply.close(),
            End::Cuts => reply.cut(),
        }
    });
    let world = World::setup()
        .origin(PUBLIC_SECURITY, &origin)
        .settings(|settings| settings.bounds.answer_bytes = ANSWER_BYTES)
        .start();
    let mut connection = world.connect(DESK);
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let answer = ask(&mut connection, number);
        println!("{}: {answer:?}", case.name);
        let record = judge(&world, case, &answer);
        assert_eq!(record["entry"], "public-security/population");
        if let Outcome::Withheld(_, code, ..) = case.outcome {
            *codes.entry(code).or_default() += 1;
        }
    }
    let metrics = metrics(world.gateway());
    for (code, count) in codes {
        let labelled = format!("sluice_rejections_total{{code=\"{code}\"}}");
        assert_eq!(counter(&metrics, &labelled), Some(count as f64), "{labelled}");
    }
}

fn ask(connection: &mut Connection, number: usize) -> Answer {
    let target = format!("/public-security/population/people/C{number}");
    connection.ask(&Ask::get(&target).purpose("social-assistance"))
}

/// The number of the case that a request is about.
fn number_of(asked: &Asked) -> usize {
    let target = asked.head.line.split(' ').nth(1).unwrap();
    target.strip_prefix("/v1/population/people/C").unwrap().parse().unwrap()
}

fn judge(world: &World, case: &Case, answer: &Answer) -> Value {
    let text = format!("{:?} {}", answer.head.headers, answer.text());
    let leaked = CLEAR.into_iter().find(|clear| text.contains(clear));
    assert_eq!(leaked, None, "{}: {answer:?}", case.name);
    let foreign = answer.head.names().into_iter().find(|name| !OWN_HEADERS.contains(name));
    assert_eq!(foreign, None, "{}: {answer:?}", case.name);
    match &case.outcome {
        Outcome::Withheld(status, code, detail, error) => {
            let record = check(world, answer, *status, Some(code));
            assert_eq!(detail_of(&record), *detail, "{}", case.name);
            let said = answer.header("proxy-status").unwrap();
            assert!(said.contains(&format!("error={error}")), "{}: {said}", case.name);
            let replaced = *code == "upstream-error";
            assert_eq!(said.contains("received-status="), replaced, "{}: {said}", case.name);
            assert_eq!(record["decision"], "permit", "{}", case.name);
            record
        }
        Outcome::Passes(status, body) => {
            assert_eq!(answer.text(), body, "{}", case.name);
            check(world, answer, *status, None)
        }
    }
}

/// A whole answer of that status with these header lines.
fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

fn ok(body: &str) -> Vec<u8> {
    http("200 OK", JSON, body)
}

fn withheld(
    name: &'static str,
    sent: Vec<u8>,
    code: &'static str,
    detail: &'static str,
    error: &'static str,
) -> Case {
    let outcome = Outcome::Withheld(502, code, detail, error);
    Case { name, sent, end: End::Stays, outcome }
}

fn misbehaved(name: &'static str, sent: Vec<u8>, detail: &'static str) -> Case {
    withheld(name, sent, "upstream-misbehaved", detail, "http_protocol_error")
}

fn unreadable(name: &'static str, sent: Vec<u8>, detail: &'static str) -> Case {
    withheld(name, sent, "answer-unreadable", detail, "http_protocol_error")
}

fn incomplete(name: &'static str, sent: Vec<u8>, end: End) -> Case {
    let error = "http_response_incomplete";
    Case { end, ..withheld(name, sent, "answer-unreadable", "truncated", error) }
}

fn too_large(name: &'static str, sent: Vec<u8>) -> Case {
    withheld(
        name,
        sent,
        "answer-too-large",
        "answer-too-large limit_bytes=8192",
        "http_response_body_size",
    )
}

fn error(name: &'static str, status: u16, sent: Vec<u8>) -> Case {
    let detail = match status {
        404 => "upstream-error received_status=404",
        500 => "upstream-error received_status=500",
        _ => "upstream-error received_status=503",
    };
    let outcome = Outcome::Withheld(status, "upstream-error", detail, "http_protocol_error");
    Case { name, sent, end: End::Stays, outcome }
}

fn passes(name: &'static str, status: u16, sent: Vec<u8>, body: &str) -> Case {
    Case { name, sent, end: End::Stays, outcome: Outcome::Passes(status, body.to_owned()) }
}

fn chunked(chunks: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes()
}

fn in_chunks(body: &str) -> String {
    let (first, rest) = body.split_at(20);
    format!("14\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n", rest.len())
}

fn framing() -> Vec<Case> {
    let lost = |name, sent: &[u8], end| {
        let error = "connection_terminated";
        let case = withheld(name, sent.to_vec(), "upstream-unavailable", "connection-lost", error);
        Case { end, ..case }
    };
    let until_closed = format!("HTTP/1.1 200 OK\r\n{JSON}\r\n{RECORD}").into_bytes();
    let many_headers: String = (0..200).map(|nth| format!("X-Nth-{nth}: 330106\r\n")).collect();
    let long_header = format!("X-Record: {}\r\n", "赵晓明".repeat(40 * 1024));
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </330106199003070410>\r\n\r\n".repeat(3);
    let hinted = [hints.as_bytes(), &ok(RECORD)].concat();
    let trailers = format!("{}X-Record: 330106199003070410\r\n\r\n", in_chunks(RECORD));
    let length = |said: &str| {
        format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: {said}\r\n\r\n{RECORD}").into_bytes()
    };
    let endless = format!("400\r\n{}\r\n", " ".repeat(0x400)).repeat(9);
    vec![
        misbehaved("garbage", RECORD.as_bytes().to_vec(), "protocol"),
        misbehaved("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), "protocol"),
        misbehaved("a status line without a status", b"HTTP/1.1 OK\r\n\r\n".to_vec(), "protocol"),
        misbehaved("many headers", http("200 OK", &many_headers, RECORD), "protocol"),
        misbehaved("a long header", http("200 OK", &long_header, RECORD), "protocol"),
        misbehaved("a space in a name", http("200 OK", "X Record : 1\r\n", RECORD), "protocol"),
        misbehaved("a length that is none", length("-1"), "protocol"),
        misbehaved("two lengths", length("5\r\nContent-Length: 9"), "protocol"),
        lost("nothing at all", b"", End::Closes),
        lost("nothing, cut", b"", End::Cuts),
        lost("a head without its end", b"HTTP/1.1 200 OK\r\nContent-Ty", End::Closes),
        incomplete("a body shorter than said", length("4000"), End::Closes),
        incomplete("a body shorter than said, cut", length("4000"), End::Cuts),
        incomplete("a chunk without its end", chunked("ff\r\n{\"id_number\":"), End::Closes),
        incomplete(
            "no last chunk",
            chunked(&format!("{:x}\r\n{RECORD}\r\n", RECORD.len())),
            End::Cuts,
        ),
        incomplete(
            "a chunk of no size",
            chunked(&format!("zz\r\n{RECORD}\r\n0\r\n\r\n")),
            End::Stays,
        ),
        incomplete("to the end of the connection, cut", until_closed.clone(), End::Cuts),
        Case {
            end: End::Closes,
            ..passes("to the end of the connection", 200, until_closed, SEEN)
        },
        passes("in chunks, with trailers", 200, chunked(&trailers), SEEN),
        passes("with hints before it", 200, hinted, SEEN),
        passes("a plain one", 200, ok(RECORD), SEEN),
        too_large("a long one", ok(&format!("{RECORD}{}", " ".repeat(ANSWER_BYTES as usize)))),
        too_large("a long one, and only begun", length("9223372036854775807")),
        too_large("one in chunks that goes on", chunked(&endless)),
    ]
}

fn statuses() -> Vec<Case> {
    let challenge = "WWW-Authenticate: Basic realm=\"赵晓明\"\r\n";
    let away = format!("{JSON}Location: https://other/330106199003070410\r\n");
    let mut cases = vec![
        misbehaved("a part", http("206 Partial Content", JSON, RECORD), "partial-content"),
        misbehaved("a challenge", http("401 Unauthorized", challenge, RECORD), "challenge"),
        misbehaved("a proxy's challenge", http("407 Proxy", challenge, RECORD), "challenge"),
        misbehaved("unmodified", b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), "status"),
        misbehaved("reset", http("205 Reset Content", JSON, RECORD), "status"),
        misbehaved("several", http("207 Multi-Status", JSON, RECORD), "status"),
        misbehaved("of no class", http("600 Beyond", JSON, RECORD), "status"),
        misbehaved(
            "another protocol",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
                .to_vec(),
            "status",
        ),
        passes("created", 201, http("201 Created", JSON, RECORD), SEEN),
        passes("nothing to say", 204, b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), ""),
    ];
    for status in ["300 a", "301 b", "302 c", "303 d", "305 e", "307 f", "308 g"] {
        cases.push(misbehaved("a redirect", http(status, &away, RECORD), "redirect"));
    }
    cases
}

fn media() -> Vec<Case> {
    let typed =
        |media_type: &str| http("200 OK", &format!("Content-Type: {media_type}\r\n"), RECORD);
    let spoken =
        |languages| http("200 OK", &format!("{JSON}Content-Language: {languages}\r\n"), RECORD);
    let coded =
        |coding: &str| http("200 OK", &format!("{JSON}Content-Encoding: {coding}\r\n"), RECORD);
    let mut cases = vec![
        unreadable("of no type", http("200 OK", "", RECORD), "media-type"),
        unreadable("of two types", http("200 OK", &JSON.repeat(2), RECORD), "media-type"),
        passes("with a charset", 200, typed("application/json; charset=\"UTF-8\""), SEEN),
        passes("of a kind of JSON", 200, typed("Application/Vnd.Records+JSON"), SEEN),
        passes("of a language that is an identity number", 200, spoken("330106199003070410"), SEEN),
        passes("of languages that are a telephone", 200, spoken("zh, 13800001999"), SEEN),
        passes("said not to be coded", 200, coded("Identity"), SEEN),
    ];
    for media_type in [
        "text/html",
        "text/plain",
        "text/json",
        "application/jsonp",
        "赵晓明",
        "application/json, text/html",
    ] {
        cases.push(unreadable("of another type", typed(media_type), "media-type"));
    }
    for charset in ["gb18030", "gbk", "big5", "utf-16", "x-赵晓明"] {
        let media_type = format!("application/json; charset={charset}");
        cases.push(unreadable("in another charset", typed(&media_type), "charset"));
    }
    for coding in ["gzip", "br", "identity, gzip", "deflate", "x-赵晓明"] {
        let (code, error) = ("answer-unreadable", "http_response_content_coding");
        cases.push(withheld("coded", coded(coding), code, "content-coding", error));
    }
    cases
}

fn bodies() -> Vec<Case> {
    let deep = format!(
        "{{\"id_number\":\"330106199003070410\",\"x\":{}1{}}}",
        "[".repeat(64),
        "]".repeat(64)
    );
    let latin = [b"{\"name\":\"330106199003070410\xff\"}".as_slice()].concat();
    let headed = |body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let mut cases = vec![
        unreadable("too deep", ok(&deep), "too-deep"),
        unreadable("not UTF-8", headed(&latin), "not-json"),
        unreadable("with a byte-order mark", ok(&format!("\u{feff}{RECORD}")), "not-json"),
        unreadable(
            "a long identifier",
            ok(&format!("{{\"id_number\":\"{}\"}}", "330106199003070410".repeat(60))),
            "shape",
        ),
        unreadable(
            "an identifier of no text",
            ok(r#"{"id_number":"330106199003070410\ud800"}"#),
            "shape",
        ),
        incomplete("only begun", ok(&RECORD[..RECORD.len() - 1]), End::Stays),
        incomplete("empty", ok(""), End::Stays),
        incomplete("white space", ok(" \r\n"), End::Stays),
    ];
    let quoted = format!("{RECORD:?}");
    for shape in
        ["null", "330106199003070410", "true", quoted.as_str(), "[]", &format!("[{RECORD}]")]
    {
        cases.push(unreadable("of another shape", ok(shape), "shape"));
    }
    for text in [
        format!("{RECORD}{RECORD}"),
        format!("{RECORD},"),
        RECORD.replace('"', "'"),
        RECORD.replace("}", ",}"),
        RECORD.replace("\"女\"", "NaN"),
        RECORD.replace("\"女\"", "01"),
        RECORD.replace('女', "\u{1}"),
        format!("cb({RECORD})"),
        "<p>330106199003070410</p>".to_owned(),
    ] {
        cases.push(unreadable("no JSON", ok(&text), "not-json"));
    }
    let other = r#"{"id_number":["330106199003070410"],"name":{"full":"赵晓明"},"sex":7}"#;
    cases.push(passes("values of other kinds", 200, ok(other), "{}"));
    let twice = r#"{"id_number":"330106199003070410","id_number":"33010619870512043X"}"#;
    cases.push(unreadable("two persons", ok(twice), "second-subject"));
    let twice = r#"{"id_number":"330106199003070410","sex":"女","id_number":"330106199003070410"}"#;
    let masked =
        r#"{"id_number":"3***************10","sex":"女","id_number":"3***************10"}"#;
    cases.push(passes("a name twice", 200, ok(twice), masked));
    let escaped = r#"{"id\u005fnumber":"330106199003070410","\u0073ecret":"P0017"}"#;
    let seen = r#"{"id\u005fnumber":"3***************10"}"#;
    cases.push(passes("names in escapes", 200, ok(escaped), seen));
    cases
}

fn errors() -> Vec<Case> {
    let page = format!("<html><pre>select * -- {RECORD}</pre></html>");
    let html = "Content-Type: text/html\r\n";
    let long = "330106199003070410 ".repeat(1000);
    let nested = format!("{{\"error\":{RECORD},\"id_number\":\"330106199003070410\"}}");
    let problem = "Content-Type: application/problem+json\r\n";
    vec![
        error("a page with the record", 500, http("500 Oops", html, &page)),
        error("a page with the record for what is not there", 404, http("404 Oops", html, &page)),
        error("nothing at all", 503, http("503 Oops", "Retry-After: 330106\r\n", "")),
        error("a page said to be JSON", 500, http("500 Oops", JSON, &page)),
        error("a list of records", 500, http("500 Oops", JSON, &format!("[{RECORD}]"))),
        error("a text", 500, http("500 Oops", JSON, &format!("{page:?}"))),
        error(
            "a coded one",
            500,
            http("500 Oops", &format!("{JSON}Content-Encoding: gzip\r\n"), &page),
        ),
        error("a long one", 500, http("500 Oops", JSON, &format!("{{\"error\":\"{long}\"}}"))),
        Case {
            end: End::Cuts,
            ..error(
                "one cut short",
                503,
                format!("HTTP/1.1 503 Oops\r\n{JSON}Content-Length: 999\r\n\r\n{RECORD}")
                    .into_bytes(),
            )
        },
        passes("JSON with the record", 500, http("500 Oops", JSON, RECORD), SEEN),
        passes(
            "JSON with the record inside",
            404,
            http("404 Oops", problem, &nested),
            r#"{"id_number":"3***************10"}"#,
        ),
        passes("a status of its own", 499, http("499 Oops", JSON, RECORD), SEEN),
    ]
}

#[test]
fn more_records_than_may_be_are_withheld() {
    let origin = Origin::start("public-security/records", |asked, reply: &mut Reply<'_>| {
        let count: usize = serde_json::from_slice::<Value>(&asked.body).unwrap()["born"]
            .as_u64()
            .unwrap() as usize
            - 1900;
        let items = vec![RECORD; count].join(",");
        reply.send(&ok(&format!("{{\"items\":[{items}]}}")));
    });
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut connection = world.connect(DESK);
    for (count, fits) in [(0, true), (3, true), (4, false), (40, false)] {
        let body = format!(r#"{{"name":"赵晓明","born":{}}}"#, 1900 + count);
        let ask = Ask::post("/public-security/population/search", &body);
        let answer = connection.ask(&ask.purpose("social-assistance"));
        if fits {
            let record = check(&world, &answer, 200, None);
            assert_eq!(record["released"]["records"], count);
            assert_eq!(answer.text(), format!("{{\"items\":[{}]}}", vec![SEEN; count].join(",")));
        } else {
            let record = check(&world, &answer, 502, Some("answer-mismatch"));
            assert_eq!(detail_of(&record), "too-many-records");
            assert_eq!(record.get("released"), None);
        }
    }
}
