//! HTTP itself: connections that carry several exchanges, and headers that must not pass in either
//! direction.

use std::collections::HashSet;

use serde_json::json;

use crate::support::certificates::HOST;
use crate::support::origin::answer_with;
use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{
    Answer, Ask, Origin, World, check, detail_of, http2, json as json_answer, system,
};

const DESK: &str = "human-resources/pension-desk";
const QUERY: &str = "/public-security/population/query";
const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;
const PURPOSE: &str = "social-assistance";

/// Answers with the last part of the path, so that answers can't be taken for each other's.
fn echo() -> Origin {
    Origin::start("civil-affairs/records", |asked, reply| {
        let target = asked.head.line.split(' ').nth(1).unwrap();
        let (_, code) = target.rsplit_once('/').unwrap();
        reply.send(&json_answer(200, &json!({ "code": code }).to_string()));
    })
}

fn division(code: usize) -> Ask {
    Ask::get(&format!("/civil-affairs/divisions/{code}"))
}

fn query() -> Ask {
    Ask::post(QUERY, NUMBER).purpose(PURPOSE)
}

fn check_all_apart(world: &World, answers: &[Answer]) {
    let ids: HashSet<&str> = answers.iter().map(Answer::exchange).collect();
    assert_eq!(ids.len(), answers.len());
    for answer in answers {
        check(world, answer, answer.status, answer.code().as_deref());
    }
}

#[test]
fn a_connection_carries_one_exchange_after_another() {
    let origin = echo();
    let world = World::with(&[(CIVIL_AFFAIRS, &origin)]);
    let mut connection = world.connect(DESK);
    let mut answers = Vec::new();
    for code in 330_100..330_105 {
        let answer = connection.ask(&division(code));
        assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(code.to_string())));
        // A refusal, with a body that nobody read, doesn't disturb what follows.
        let refused = connection.ask(&query().header("Exchange-Grant", "G-1"));
        assert_eq!(refused.code().as_deref(), Some("grant-unknown"));
        answers.extend([answer, refused]);
    }
    check_all_apart(&world, &answers);
    assert_eq!(origin.connections(), 1, "connections to the provider are used again");
    let last = connection.ask(&division(330_100).header("Connection", "close"));
    assert_eq!(last.status, 200);
    assert_eq!(connection.rest().unwrap(), b"");
}

#[test]
fn requests_that_come_at_once_are_answered_in_order() {
    let origin = echo();
    let world = World::with(&[(CIVIL_AFFAIRS, &origin)]);
    let mut connection = world.connect(DESK);
    let codes = 330_100..330_120;
    let all: Vec<u8> = codes.clone().flat_map(|code| division(code).bytes()).collect();
    connection.send(&all);
    let mut answers = Vec::new();
    for code in codes {
        let answer = connection.answer().unwrap();
        assert_eq!(answer.json()["code"], code.to_string());
        answers.push(answer);
    }
    check_all_apart(&world, &answers);
}

#[test]
fn streams_of_one_connection_do_not_mix() {
    let origin = echo();
    let world = World::with(&[(CIVIL_AFFAIRS, &origin)]);
    let codes: Vec<usize> = (330_100..330_200).collect();
    let asks = codes.iter().map(|code| division(*code)).collect();
    let answers = http2::ask_all(world.address(), &system(DESK), asks);
    for (code, answer) in codes.iter().zip(&answers) {
        assert_eq!(answer.json()["code"], code.to_string());
    }
    check_all_apart(&world, &answers);
    assert_eq!(origin.seen().len(), codes.len());
}

#[test]
fn a_request_names_one_host() {
    let origin = echo();
    let world = World::with(&[(CIVIL_AFFAIRS, &origin)]);
    let line = "GET /civil-affairs/divisions/330100 HTTP/1.1\r\n";
    let hosts = [
        "",
        "Host: \r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: gateway.exchange.test\r\nhost: other\r\n",
    ];
    for (number, hosts) in hosts.iter().enumerate() {
        let mut connection = world.connect(&probe(number));
        connection.send(format!("{line}{hosts}\r\n").as_bytes());
        let answer = connection.answer().unwrap();
        let record = check(&world, &answer, 421, Some("request-malformed"));
        assert_eq!(detail_of(&record), "authority-unknown");
    }
    let ask = division(330_100).header("Host", "other.exchange.test");
    let answers = http2::ask_all(world.address(), &system(DESK), vec![ask]);
    check(&world, &answers[0], 421, Some("request-malformed"));
    let ask = division(330_100).header("Host", HOST);
    let answers = http2::ask_all(world.address(), &system(DESK), vec![ask]);
    check(&world, &answers[0], 200, None);
    let mut connection = world.connect(DESK);
    connection.send(b"CONNECT records.civil-affairs.internal:9443 HTTP/1.1\r\nHost: a\r\n\r\n");
    check(&world, &connection.answer().unwrap(), 421, Some("request-malformed"));
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn what_a_provider_is_told_can_not_be_forged() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let forged = query()
        .header("Exchange-Id", "\"01900000-0000-7000-8000-000000000000\"")
        .header("Exchange-Entry", "public-security/open-cases")
        .header("Exchange-Consumer", "public-security/patrol-desk")
        .header("Exchange-Case", "A-1")
        .header("Exchange-Consent", "C-1")
        .header("Exchange-Operator", "officer-0017")
        .header("Exchange-Receipt", "forged")
        .header("Exchange-Clearance", "4")
        .header("X-Exchange-Consumer", "forged")
        .header("Exchange_Consumer", "forged")
        .header("Proxy-Status", "sluice")
        .header("Via", "1.1 sluice");
    let mut answers = vec![world.call(DESK, &forged)];
    answers.extend(http2::ask_all(world.address(), &system(DESK), vec![forged]));
    for (answer, asked) in answers.iter().zip(origin.seen()) {
        check(&world, answer, 200, None);
        let told = |name: &str| asked.head.header(name).unwrap().to_owned();
        assert_eq!(told("exchange-id"), format!("\"{}\"", answer.exchange()));
        assert_eq!(told("exchange-entry"), "public-security/population");
        assert_eq!(told("exchange-consumer"), DESK);
        assert_eq!(told("exchange-purpose"), PURPOSE);
        let own = asked.head.names().into_iter().filter(|name| name.contains("exchange"));
        assert_eq!(own.count(), 4, "{:?}", asked.head);
        let raw = String::from_utf8(asked.raw).unwrap();
        for word in
            ["forged", "01900000", "open-cases", "patrol", "A-1", "C-1", "officer", "sluice"]
        {
            assert!(!raw.contains(word), "{word} in {raw}");
        }
    }
}

#[test]
fn our_headers_stand_once() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let names = [
        "exchange-purpose",
        "exchange-case",
        "exchange-consent",
        "exchange-operator",
        "exchange-grant",
        "exchange-fields",
        "exchange-id",
        "exchange-pseudonym-key",
        "exchange-entry",
        "exchange-consumer",
    ];
    for (number, name) in names.iter().enumerate() {
        let ask = Ask::post(QUERY, NUMBER).header(name, "a").header(&name.to_uppercase(), "a");
        let answer = world.probe(number, &ask);
        let record = check(&world, &answer, 400, Some("request-malformed"));
        assert_eq!(detail_of(&record), format!("header-repeated header={name}"));
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn our_headers_are_structured_fields() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let long = format!("\"{}\"", "a".repeat(2047));
    let bad = [
        "",
        "a b",
        "a, b",
        "\"a",
        "(a)",
        "?1",
        "1.5",
        ":YQ==:",
        "@1700000000",
        "社会救助",
        "%\"%zz\"",
        "%\"%ff\"",
        "'a'",
        "a;",
        &long,
    ];
    for (number, value) in bad.iter().enumerate() {
        let ask = Ask::post(QUERY, NUMBER).header("Exchange-Purpose", value);
        let answer = world.probe(number, &ask);
        let record = check(&world, &answer, 400, Some("request-malformed"));
        assert_eq!(detail_of(&record), "header-malformed header=exchange-purpose", "{value}");
    }
    for good in [PURPOSE, "\"social-assistance\"", "social-assistance;v=1", " social-assistance "] {
        let ask = Ask::post(QUERY, NUMBER).header("Exchange-Purpose", good);
        check(&world, &world.probe(0, &ask), 200, None);
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[test]
fn a_trace_goes_on_with_the_gateway_as_parent() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let ask = query()
        .header("traceparent", &format!("00-{TRACE}-b7ad6b7169203331-01"))
        .header("tracestate", "office=1,other=2")
        .header("baggage", "user=1")
        .header("b3", "1")
        .header("X-Request-Id", "1");
    let answer = world.call(DESK, &ask);
    check(&world, &answer, 200, None);
    let head = origin.take().remove(0).head;
    let span: String = answer.exchange().replace('-', "")[16..].to_owned();
    assert_eq!(head.header("traceparent"), Some(&*format!("00-{TRACE}-{span}-01")));
    assert_eq!(head.header("tracestate"), Some("office=1,other=2"));
    let dropped = ["baggage", "b3", "x-request-id"].map(|name| head.header(name));
    assert_eq!(dropped, [None; 3]);
    assert_eq!(answer.header("traceparent"), None);

    let long = format!("a={}", "b".repeat(511));
    let ask = query().header("traceparent", &format!("00-{TRACE}-b7ad6b7169203331-00"));
    world.call(DESK, &ask.header("tracestate", &long));
    let head = origin.take().remove(0).head;
    assert_eq!(head.header("tracestate"), None);
    assert!(head.header("traceparent").is_some_and(|parent| parent.ends_with("-00")));
}

#[test]
fn a_trace_that_is_none_is_dropped() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let bad = [
        "".to_owned(),
        "x".to_owned(),
        format!("00-{TRACE}-b7ad6b7169203331"),
        format!("00-{TRACE}-b7ad6b7169203331-01-x"),
        format!("ff-{TRACE}-b7ad6b7169203331-01"),
        format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
        format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{TRACE}-330106199003070410-01"),
        "00-赵晓明-b7ad6b7169203331-01".to_owned(),
    ];
    let twice =
        [format!("00-{TRACE}-b7ad6b7169203331-01"), format!("00-{TRACE}-b7ad6b7169203332-01")];
    let cases = bad.iter().map(std::slice::from_ref).chain([&twice[..], &[]]);
    for parents in cases {
        let ask = query().header("tracestate", "office=1");
        let ask = parents.iter().fold(ask, |ask, parent| ask.header("traceparent", parent));
        check(&world, &world.call(DESK, &ask), 200, None);
        let head = origin.take().remove(0).head;
        assert_eq!((head.header("traceparent"), head.header("tracestate")), (None, None));
    }
}

#[test]
fn hop_by_hop_headers_end_here() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let plain = world.call(DESK, &query());
    check(&world, &plain, 200, None);
    let usual: Vec<String> = origin.take()[0].head.names().into_iter().map(str::to_owned).collect();
    let ask = query()
        .header("Connection", "keep-alive, Exchange-Consumer, X-Secret, Upgrade")
        .header("Keep-Alive", "timeout=5")
        .header("Proxy-Connection", "keep-alive")
        .header("Proxy-Authorization", "Basic YTpi")
        .header("TE", "trailers, deflate")
        .header("Trailer", "X-Later")
        .header("Upgrade", "h2c, websocket")
        .header("HTTP2-Settings", "AAMAAABkAAQAAP__")
        .header("X-Secret", "1");
    let answer = world.call(DESK, &ask);
    check(&world, &answer, 200, None);
    assert_eq!(origin.take()[0].head.names(), usual);
    assert_eq!(answer.head.names(), plain.head.names());
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let origin = Origin::answering("public-security/records", json_answer(200, "{}"));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut connection = world.connect(DESK);
    let bytes = query().header("Expect", "100-continue").bytes();
    let (head, body) = bytes.split_at(bytes.len() - NUMBER.len());
    connection.send(head);
    let interim = connection.interim().unwrap();
    assert_eq!(interim.line, "HTTP/1.1 100 Continue");
    connection.send(body);
    check(&world, &connection.answer().unwrap(), 200, None);
    assert_eq!(origin.only().head.header("expect"), None);
    // Who would be refused anyway is refused before the body is sent.
    let bytes = Ask::post("/nothing/here", NUMBER).header("Expect", "100-continue").bytes();
    connection.send(&bytes[..bytes.len() - NUMBER.len()]);
    check(&world, &connection.answer().unwrap(), 404, Some("not-in-catalog"));
}

/// What providers say of themselves or would have their clients do.
const OF_PROVIDERS: [&str; 33] = [
    "Set-Cookie: session=1; Path=/",
    "Location: https://elsewhere.test/330106199003070410",
    "Content-Location: /330106199003070410",
    "Link: <https://elsewhere.test/>; rel=next",
    "Refresh: 0; url=https://elsewhere.test/",
    "Server: records/4.2.1",
    "X-Powered-By: records",
    "Via: 1.1 records",
    "Proxy-Status: records; error=dns_error",
    "Exchange-Id: \"01900000-0000-7000-8000-000000000000\"",
    "Exchange-Receipt: \"forged\"",
    "Exchange-Consumer: other",
    "RateLimit: \"request\";r=0;t=1",
    "Retry-After: 1",
    "WWW-Authenticate: Basic",
    "Proxy-Authenticate: Basic",
    "ETag: \"1\"",
    "Content-Digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
    "Repr-Digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
    "Digest: sha-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
    "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Signature: sig1=:AAAA:",
    "Signature-Input: sig1=();created=1",
    "Accept-Ranges: bytes",
    "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT",
    "Cache-Control: public, max-age=1000",
    "Expires: Sat, 01 Jan 2050 00:00:00 GMT",
    "Vary: *",
    "Allow: GET",
    "Alt-Svc: h2=\":443\"",
    "Access-Control-Allow-Origin: *",
    "Content-Disposition: attachment; filename=330106199003070410.json",
    "X-Id-Number: 330106199003070410",
];

#[test]
fn headers_of_a_provider_do_not_pass() {
    for status in [200, 201, 404, 503] {
        let body = r#"{"id_number":"330106199003070410","sex":"女"}"#;
        let shown = r#"{"id_number":"3***************10","sex":"女"}"#;
        let raw = answer_with(status, &OF_PROVIDERS, body);
        let origin = Origin::answering("public-security/records", raw);
        let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
        let mut answers = vec![world.call(DESK, &query())];
        answers.extend(http2::ask_all(world.address(), &system(DESK), vec![query()]));
        for answer in answers {
            check(&world, &answer, status, None);
            assert_eq!(answer.text(), shown);
            let own = [
                "cache-control",
                "content-length",
                "content-type",
                "date",
                "exchange-id",
                "exchange-receipt",
                "proxy-status",
                "ratelimit",
                "ratelimit-policy",
                "x-content-type-options",
            ];
            assert_eq!(answer.head.names(), own);
            assert_eq!(answer.header("proxy-status"), Some("sluice"));
            assert!(answer.header("ratelimit").unwrap().starts_with("\"system-1s\";r=19"));
        }
    }
}

#[test]
fn chunks_trailers_and_early_hints_of_a_provider_do_not_show() {
    let raw = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n\
               HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTrailer: X-Later\r\n\
               Transfer-Encoding: chunked\r\n\r\n\
               5;x=330106199003070410\r\n{\"sex\r\n7\r\n\":\"\u{5973}\"\r\n\
               22\r\n,\"id_number\":\"330106199003070410\"}\r\n\
               0\r\nX-Later: 330106199003070410\r\nSet-Cookie: a=b\r\n\r\n";
    let origin = Origin::answering("public-security/records", raw);
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut connection = world.connect(DESK);
    for _ in 0..2 {
        let answer = connection.ask(&query().header("TE", "trailers"));
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), r#"{"sex":"女","id_number":"3***************10"}"#);
        assert_eq!(answer.header("content-length"), Some("46"));
    }
    assert_eq!(origin.connections(), 1);
}
