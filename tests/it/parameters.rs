//! Parameters in the body of a query: one JSON object of declared, distinct, scalar members, each
//! of its type and form, or the request is refused.

use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Origin, World, check, detail_of, json};

const SEARCH: &str = "/public-security/population/search";
const PURPOSE: &str = "social-assistance";
const NAME: &str = "{\"name\":\"赵晓明\"}";

fn stage() -> (World, Origin) {
    let origin = Origin::answering("public-security/records", json(200, "{\"items\":[]}"));
    (World::with(&[(PUBLIC_SECURITY, &origin)]), origin)
}

fn search(body: impl AsRef<[u8]>) -> Ask {
    let ask = Ask::new("POST", SEARCH).header("Content-Type", "application/json");
    ask.purpose(PURPOSE).body(body)
}

#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str)] = &[
    // More than once, in any spelling.
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明","name":"赵晓明"}"#),
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明","n\u0061me":"钱多多"}"#),
    // Not declared.
    ("parameter-not-allowed", "body-member position=2", r#"{"name":"赵晓明","id_number":"330106199003070410"}"#),
    ("parameter-not-allowed", "body-member position=1", r#"{"Name":"赵晓明"}"#),
    ("parameter-not-allowed", "body-member position=1", r#"{"name ":"赵晓明"}"#),
    ("parameter-not-allowed", "body-member position=1", r#"{"name[]":["赵晓明"]}"#),
    ("parameter-not-allowed", "body-member position=1", r#"{"":1}"#),
    ("parameter-not-allowed", "body-member position=1", r#"{"$where":"1"}"#),
    ("parameter-not-allowed", "body-member position=2", r#"{"name":"赵晓明","__proto__":{}}"#),
    // Not a scalar.
    ("parameter-invalid", "type parameter=name", r#"{"name":["赵晓明"]}"#),
    ("parameter-invalid", "type parameter=name", r#"{"name":{"$ne":null}}"#),
    ("parameter-invalid", "type parameter=name", r#"{"name":null}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":[1990]}"#),
    // Of another type.
    ("parameter-invalid", "type parameter=name", r#"{"name":1}"#),
    ("parameter-invalid", "type parameter=name", r#"{"name":true}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":"1990"}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":1990.0}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":1.99e3}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":19900000000000000000}"#),
    ("parameter-invalid", "type parameter=born", r#"{"name":"赵晓明","born":true}"#),
    ("parameter-invalid", "type parameter=deceased", r#"{"name":"赵晓明","deceased":"true"}"#),
    ("parameter-invalid", "type parameter=deceased", r#"{"name":"赵晓明","deceased":0}"#),
    ("parameter-invalid", "type parameter=deceased", r#"{"name":"赵晓明","deceased":null}"#),
    // Out of bounds or pattern.
    ("parameter-invalid", "bounds parameter=born", r#"{"name":"赵晓明","born":1899}"#),
    ("parameter-invalid", "bounds parameter=born", r#"{"name":"赵晓明","born":-1990}"#),
    ("parameter-invalid", "bounds parameter=born", r#"{"name":"赵晓明","born":9223372036854775807}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":""}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"赵"}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":" 赵晓明"}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"赵晓明 "}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"赵_明"}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"赵?明"}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"x' or '1'='1"}"#),
    ("parameter-invalid", "pattern parameter=name", r#"{"name":"${jndi:ldap://x}"}"#),
    ("parameter-invalid", "too-long parameter=name",
        r#"{"name":"赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵赵"}"#),
    // Wildcards, and what ends a line or a string elsewhere.
    ("parameter-invalid", "wildcard parameter=name", r#"{"name":"赵*"}"#),
    ("parameter-invalid", "wildcard parameter=name", r#"{"name":"%"}"#),
    ("parameter-invalid", "wildcard parameter=name", r#"{"name":"赵晓明\n"}"#),
    ("parameter-invalid", "wildcard parameter=name", r#"{"name":"赵晓明\u0000"}"#),
    ("parameter-invalid", "wildcard parameter=name", r#"{"name":"赵\u0085明"}"#),
    // Not one JSON object.
    ("request-malformed", "body-malformed", ""),
    ("request-malformed", "body-malformed", "null"),
    ("request-malformed", "body-malformed", "\"name\""),
    ("request-malformed", "body-malformed", r#"[{"name":"赵晓明"}]"#),
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明"}{"name":"钱多多"}"#),
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明"} x"#),
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明",}"#),
    ("request-malformed", "body-malformed", r#"{"name":"赵晓明"#),
    ("request-malformed", "body-malformed", r#"{'name':'赵晓明'}"#),
    ("request-malformed", "body-malformed", r#"{name:"赵晓明"}"#),
    ("request-malformed", "body-malformed", "{\"name\":\"赵晓明\"/**/}"),
    ("request-malformed", "body-malformed", "{\"name\":\"赵晓明\",\"born\":01990}"),
    ("request-malformed", "body-malformed", "{\"name\":\"赵晓明\",\"born\":NaN}"),
    ("request-malformed", "body-malformed", "{\"name\":\"赵\n明\"}"),
    ("request-malformed", "body-malformed", "\u{feff}{\"name\":\"赵晓明\"}"),
    ("request-malformed", "body-malformed", r#"{"name":"\ud800"}"#),
    ("request-malformed", "body-malformed", "name=%E8%B5%B5%E6%99%93%E6%98%8E"),
    ("parameter-missing", "parameter-missing parameter=name", "{}"),
    ("parameter-missing", "parameter-missing parameter=name", r#"{"born":1990}"#),
];

#[test]
fn a_body_says_what_is_declared_or_nothing() {
    let (world, origin) = stage();
    for (number, (code, detail, body)) in REFUSED.iter().enumerate() {
        let answer = world.probe(number, &search(body));
        assert_eq!(answer.code().as_deref(), Some(*code), "{body}");
        let record = check(&world, &answer, 400, Some(code));
        assert_eq!(detail_of(&record), *detail, "{body}");
        assert_eq!(record["entry"], "public-security/population");
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_body_is_utf8() {
    let (world, origin) = stage();
    let utf16: Vec<u8> = NAME.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin = b"{\"name\":\"\xe9\xe9\"}".to_vec();
    let overlong = b"{\"name\":\"\xc0\xaf\"}".to_vec();
    for (number, body) in [utf16, latin, overlong].iter().enumerate() {
        let answer = world.probe(number, &search(body));
        check(&world, &answer, 400, Some("request-malformed"));
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_body_is_as_deep_and_as_large_as_it_may_be() {
    let (world, origin) = stage();
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    check(&world, &world.probe(0, &search(deep)), 400, Some("parameter-invalid"));
    let many: Vec<String> = (0..257).map(|ix| format!("\"n{ix}\":1")).collect();
    let answer = world.probe(0, &search(format!("{{{}}}", many.join(","))));
    check(&world, &answer, 400, Some("request-malformed"));
    let limit = world.settings.bounds.request_body_bytes as usize;
    let padded = |length: usize| format!("{NAME}{}", " ".repeat(length - NAME.len()));
    check(&world, &world.probe(0, &search(padded(limit))), 200, None);
    assert_eq!(origin.take().remove(0).body, NAME.as_bytes());
    let answer = world.probe(0, &search(padded(limit + 1)));
    let record = check(&world, &answer, 413, Some("request-too-large"));
    assert_eq!(detail_of(&record), format!("body limit_bytes={limit}"));
    // Without a length declared, it is found out on the way.
    let chunked = |body: &str| {
        let ask = Ask::post(SEARCH, "").purpose(PURPOSE).bytes();
        let head = String::from_utf8(ask).unwrap();
        let head = head.replace("Content-Length: 0", "Transfer-Encoding: chunked");
        let chunks: Vec<_> = body.as_bytes().chunks(5_000).collect();
        let chunk =
            |part: &&[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
        [
            head.into_bytes(),
            chunks.iter().map(chunk).collect::<Vec<_>>().concat(),
            b"0\r\n\r\n".into(),
        ]
        .concat()
    };
    let mut connection = world.connect("human-resources/pension-desk");
    connection.send(&chunked(NAME));
    check(&world, &connection.answer().unwrap(), 200, None);
    let asked = origin.take().remove(0);
    assert_eq!(asked.body, NAME.as_bytes());
    assert_eq!(asked.head.header("content-length"), Some(&*NAME.len().to_string()));
    connection.send(&chunked(&padded(limit + 1)));
    check(&world, &connection.answer().unwrap(), 413, Some("request-too-large"));
    assert!(origin.seen().is_empty());
}

#[test]
fn only_a_body_declared_to_be_json_is_read() {
    let (world, origin) = stage();
    let with_types = |types: &[&str]| -> Ask {
        let ask = Ask::new("POST", SEARCH).purpose(PURPOSE);
        types.iter().fold(ask, |ask, value| ask.header("Content-Type", value)).body(NAME)
    };
    let refused: [&[&str]; 10] = [
        &[],
        &[""],
        &["text/plain"],
        &["text/json"],
        &["application/jsonp"],
        &["application/x-www-form-urlencoded"],
        &["multipart/form-data; boundary=json"],
        &["application/json; charset=gb18030"],
        &["application/json", "application/json"],
        &["application/json", "text/plain"],
    ];
    for (number, types) in refused.iter().enumerate() {
        let answer = world.probe(number, &with_types(types));
        check(&world, &answer, 415, Some("media-type-unsupported"));
    }
    for coding in ["gzip", "br, identity", "x"] {
        let ask = search(NAME).header("Content-Encoding", coding);
        check(&world, &world.probe(0, &ask), 415, Some("media-type-unsupported"));
    }
    assert_eq!(origin.connections(), 0);
    let accepted =
        ["application/json;charset=UTF-8", "APPLICATION/JSON", "application/vnd.office+json; a=b"];
    for media_type in accepted {
        check(&world, &world.probe(1, &with_types(&[media_type])), 200, None);
        assert_eq!(origin.take()[0].head.header("content-type"), Some("application/json"));
    }
}

#[test]
fn a_body_where_there_is_none_is_refused() {
    let (world, origin) = stage();
    let get = || Ask::get("/public-security/population/people/P0017").purpose(PURPOSE);
    for body in ["{}", NAME, " "] {
        let answer = world.probe(0, &get().header("Content-Type", "application/json").body(body));
        let record = check(&world, &answer, 400, Some("request-malformed"));
        assert_eq!(detail_of(&record), "body-unexpected");
    }
    assert_eq!(origin.connections(), 0);
    let answer: Answer = world.probe(0, &get().body(""));
    check(&world, &answer, 200, None);
    assert_eq!(origin.only().head.header("content-length"), None);
}
