//! A permitted call: what the provider is asked, and what of its answer reaches the consumer.

use serde_json::json;

use crate::support::origin::answer_with;
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Answer, Ask, Origin, World, check, http2, json, system};

const DESK: &str = "human-resources/pension-desk";
const MARRIAGE_DESK: &str = "civil-affairs/marriage-desk";
const PROVIDER: &str = "public-security/records";
const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;

/// A record as a provider may write it: numbers that no float holds, escapes of every kind, white
/// space in odd places, names that stand twice, a surrogate pair, things that nobody declared.
const RECORD: &str = concat!(
    "\t{ \"record_number\" : 123456789012345678 ,\r\n",
    " \"id_number\":\"330106199003070410\" , \"name\" : \"\\u8d75\\u6653\\u660e\",\"sex\":\"女\",",
    "\"birth_date\":\"1990-03-07\",\"address\":\"杭州市西湖区文三路1号\" ,\"mobile\":\"13800001999\"",
    " , \"deceased\"\n:\tfalse,\"note\":\"a\\/b \\u00e9 \\ud83d\\ude00 \\\"q\\\" \",",
    "\"secret\":{\"name\":\"钱多多\",\"note\":\"x\"},\"note\" : \"又一\", \"n\\u006fte\":\"escaped\",",
    "\"household\" :{ \"number\":\"H1\", \"members\":[ {\"name\":\"钱多多\",\"relation\":\"妻\" , ",
    "\"age\":33},{\"relation\":\"子\"} ] },\"portrait\":\"AAAA\" , \"record_number\":-0.10e+02 }\n",
);

/// What of it the assistance term shows, byte for byte.
const SHOWN: &str = concat!(
    "\t{ \"record_number\" : 123456789012345678 ,\r\n",
    " \"id_number\":\"3***************10\" , \"name\" : \"赵**\",\"sex\":\"女\",",
    "\"birth_date\":\"1990\",\"address\":\"杭州市西湖区文****\" ,\"mobile\":\"138****1999\"",
    " , \"deceased\"\n:\tfalse,\"note\":\"a\\/b \\u00e9 \\ud83d\\ude00 \\\"q\\\" \",",
    "\"note\" : \"又一\", \"n\\u006fte\":\"escaped\",",
    "\"household\" :{ \"members\":[ {\"name\":\"钱**\",\"relation\":\"妻\" },",
    "{\"relation\":\"子\"} ] }, \"record_number\":-0.10e+02 }\n",
);

fn query() -> Ask {
    Ask::post("/public-security/population/query", NUMBER).purpose("social-assistance")
}

fn search() -> Ask {
    Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("social-assistance")
}

/// What a consumer gets of a provider's answer, and the record of it.
fn answered(raw: Vec<u8>, ask: &Ask) -> (Answer, serde_json::Value) {
    let origin = Origin::answering(PROVIDER, raw);
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let answer = world.call(DESK, ask);
    let record = check(&world, &answer, answer.status, answer.code().as_deref());
    (answer, record)
}

#[test]
fn what_passes_passes_byte_for_byte_and_the_rest_is_masked_or_dropped() {
    let (answer, record) = answered(json(200, RECORD), &query());
    assert_eq!(answer.text(), SHOWN);
    let released = &record["released"];
    assert_eq!(released["records"], 1);
    assert_eq!(
        released["masked"],
        json!({
            "$.id_number": 1, "$.name": 1, "$.birth_date": 1, "$.address": 1, "$.mobile": 1,
            "$.household.members[*].name": 1,
        }),
    );
    assert_eq!(released["dropped"], json!({ "$.household.number": 1, "$.portrait": 1 }));
    // `secret` and `age`, neither by name: what nobody declared could be anything.
    assert_eq!(released["undeclared"], 2);
    assert_eq!(released["subjects"].as_array().unwrap().len(), 1);
    assert_eq!(record["basis"], "term/social-assistance");
    assert_eq!(record["purpose"], "social-assistance");
    assert_eq!((&record["operation"], &record["mode"]), (&json!("query"), &json!("query")));
    assert!(record["request_digest"].is_string());
}

#[test]
fn each_consumer_sees_what_its_own_term_shows() {
    let origin = Origin::answering(PROVIDER, json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let ask = Ask::post("/public-security/population/query", NUMBER);
    let answer = world.call(MARRIAGE_DESK, &ask.purpose("marriage-registration"));
    let record = check(&world, &answer, 200, None);
    let dropped = [
        ("\"secret\":{\"name\":\"钱多多\",\"note\":\"x\"},", ""),
        (" \"number\":\"H1\",", ""),
        (", \"age\":33", ""),
        (",\"portrait\":\"AAAA\" ", ""),
    ];
    let shown = dropped.iter().fold(RECORD.to_owned(), |text, (part, none)| {
        assert_eq!(text.matches(part).count(), 1, "{part}");
        text.replace(part, none)
    });
    assert_eq!(answer.text(), shown);
    assert_eq!(record["released"]["masked"], json!({}));
    // The same person has the same digest for both: the provider's record links, nobody else's.
    let masked = world.call(DESK, &query());
    let other = check(&world, &masked, 200, None);
    assert_eq!(other["released"]["subjects"], record["released"]["subjects"]);
    assert_ne!(other["released"]["digest"], record["released"]["digest"]);
    assert_ne!(other["request_digest"], record["request_digest"]);
}

#[test]
fn an_answer_passes_by_either_version_of_http() {
    let origin = Origin::answering(PROVIDER, json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let mut answers = vec![world.call(DESK, &query())];
    answers.extend(http2::ask_all(world.address(), &system(DESK), vec![query(); 3]));
    for answer in answers {
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), SHOWN);
        assert_eq!(answer.header("content-length"), Some(SHOWN.len().to_string().as_str()));
        let mut names = answer.head.names();
        names.retain(|name| *name != "date");
        assert_eq!(
            names,
            [
                "cache-control",
                "content-length",
                "content-type",
                "exchange-id",
                "exchange-receipt",
                "proxy-status",
                "ratelimit",
                "ratelimit-policy",
                "x-content-type-options",
            ],
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn the_body_is_rendered_anew_and_headers_pass_by_name() {
    let origin = Origin::answering(PROVIDER, json(200, r#"{"items":[]}"#));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let body = "{ \"name\" : \"\\u8d75\\u6653\\u660e\",\r\n\"deceased\":false , \"born\":1990 }";
    let ask = Ask::post("/public-security/population/%73earch", body)
        .header("Exchange-Purpose", "  \"social-assistance\" ")
        .header("Accept-Language", "zh, en;q=0.5")
        .header("Accept", "text/html")
        .header("User-Agent", "desk/1.0")
        .header("Authorization", "Bearer aaaa")
        .header("Cookie", "session=1")
        .header("X-Forwarded-For", "10.0.0.1")
        .header("Forwarded", "for=10.0.0.1")
        .header("X-Original-URL", "/v1/population/query")
        .header("X-HTTP-Method-Override", "DELETE")
        .header("If-None-Match", "\"1\"")
        .header("Range", "bytes=0-1");
    let answer = world.call(DESK, &ask);
    check(&world, &answer, 200, None);
    let rendered = r#"{"born":1990,"deceased":false,"name":"赵晓明"}"#;
    let exchange = answer.exchange();
    let wanted = format!(
        "POST /v1/population/search HTTP/1.1\r\n\
         host: {PUBLIC_SECURITY}\r\n\
         accept: application/json\r\n\
         accept-encoding: identity\r\n\
         content-type: application/json\r\n\
         content-length: {}\r\n\
         accept-language: zh, en;q=0.5\r\n\
         exchange-id: \"{exchange}\"\r\n\
         exchange-entry: public-security/population\r\n\
         exchange-consumer: {DESK}\r\n\
         exchange-purpose: social-assistance\r\n\r\n{rendered}",
        rendered.len()
    );
    assert_eq!(String::from_utf8(origin.only().raw).unwrap(), wanted);
}

#[test]
fn path_and_query_are_rendered_anew() {
    let origin = Origin::answering(PROVIDER, json(200, r#"{"id_number":null}"#));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let people = "/public-security/population/people";
    let place = "%E6%96%87%E4%B8%89%E8%B7%AF";
    for (sent, forwarded) in [
        ("P0017".to_owned(), "P0017".to_owned()),
        ("%5030".to_owned(), "P30".to_owned()),
        (
            format!("P0017?place={place}+x%26y%3d/?%2B-&year=1990&current=true"),
            format!("P0017?place={place}%20x%26y%3D%2F%3F%2B-&year=1990&current=true"),
        ),
        ("P1?ye%61r=1990".to_owned(), "P1?year=1990".to_owned()),
    ] {
        let ask = Ask::get(&format!("{people}/{sent}")).purpose("social-assistance");
        let answer = world.call(DESK, &ask);
        let record = check(&world, &answer, 200, None);
        assert_eq!(record["operation"], "person");
        let asked = origin.take().remove(0);
        assert_eq!(asked.head.line, format!("GET /v1/population/people/{forwarded} HTTP/1.1"));
        let own = ["exchange-consumer", "exchange-entry", "exchange-id", "exchange-purpose"];
        let names = asked.head.names();
        assert_eq!(names, [&["accept", "accept-encoding"], &own[..], &["host"]].concat());
        assert_eq!(asked.body, b"");
    }
}

#[test]
fn a_consumer_may_ask_for_less_but_never_for_more() {
    let origin = Origin::answering(PROVIDER, json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    for (fields, shown) in [
        ("sex", "\t{\"sex\":\"女\" }\n"),
        ("sex, deceased;x=1", "\t{\"sex\":\"女\", \"deceased\"\n:\tfalse }\n"),
        (r#""$.name",sex"#, "\t{ \"name\" : \"赵**\",\"sex\":\"女\" }\n"),
        (
            r#""$.household.members[*].relation""#,
            "\t{\"household\" :{ \"members\":[ {\"relation\":\"妻\" },{\"relation\":\"子\"} ] } }\n",
        ),
        ("portrait", "\t{ }\n"),
        ("", "\t{ }\n"),
    ] {
        let answer = world.call(DESK, &query().header("Exchange-Fields", fields));
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), shown, "{fields}");
    }
}

#[test]
fn what_is_left_of_the_rate_is_told() {
    let origin = Origin::answering(PROVIDER, json(200, "{}"));
    let population = "public-security/population.yaml";
    let setup = World::setup().origin(PUBLIC_SECURITY, &origin);
    let slow = |files: crate::support::Files| {
        files.edit(population, "rate: 1000/s\n    burst: 2000", "rate: 60/h\n    burst: 5")
    };
    let world = setup.catalog(slow).start();
    for left in [4, 3, 2] {
        let answer = world.call(DESK, &query());
        check(&world, &answer, 200, None);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"system-3600s\";q=60;w=3600"));
        let state = answer.header("ratelimit").unwrap();
        assert!(state.starts_with(&format!("\"system-3600s\";r={left};t=")), "{state}");
    }
    // Each system has its own.
    let answer = world.call("human-resources/probe-00", &query());
    assert!(answer.header("ratelimit").unwrap().starts_with("\"system-3600s\";r=4;t="));
}

#[test]
fn an_answer_without_content_stays_without() {
    let (answer, record) = answered(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), &query());
    assert_eq!((answer.status, answer.text()), (204, ""));
    assert_eq!(answer.header("content-type"), None);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(record["released"]["records"], 0);
    for status in [201, 202, 203] {
        let (answer, _) = answered(json(status, RECORD), &query());
        assert_eq!((answer.status, answer.text()), (status, SHOWN));
    }
}

#[test]
fn only_the_language_of_a_text_passes_with_it() {
    let languages = [
        ("zh", true),
        ("zh-Hans-CN", true),
        ("en-GB", true),
        ("zh, en", false),
        ("zh-330106199003070410", false),
        ("zh\"; x", false),
    ];
    for (language, passed) in languages {
        let header = format!("Content-Language: {language}");
        let (answer, _) = answered(answer_with(200, &[&header], "{}"), &query());
        assert_eq!(answer.header("content-language"), passed.then_some(language));
    }
}

#[test]
fn an_operation_gives_no_more_records_than_it_declares() {
    let items = |count: usize| {
        let records = vec![r#"{"id_number":"330106199003070410","name":"赵晓明"}"#; count];
        json(200, &format!(r#"{{"total":{count},"items":[{}]}}"#, records.join(",")))
    };
    let (answer, record) = answered(items(3), &search());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 3);
    assert_eq!(answer.json()["total"], 3);
    assert_eq!(record["released"]["records"], 3);
    // The same person three times is one subject.
    assert_eq!(record["released"]["subjects"].as_array().unwrap().len(), 1);
    let (answer, record) = answered(items(4), &search());
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("answer-mismatch")));
    assert_eq!(record["detail"], "TooManyRecords");
}

#[test]
fn an_error_goes_through_the_same_view() {
    for status in [400, 404, 409, 500, 503] {
        let (answer, record) = answered(json(status, RECORD), &query());
        assert_eq!((answer.status, answer.text()), (status, SHOWN));
        assert_eq!(record["released"]["records"], 1);
        let told = r#"{"message":"no person 330106199003070410","trace":[1]}"#;
        let (answer, _) = answered(json(status, told), &query());
        assert_eq!((answer.status, answer.text()), (status, "{}"));
        // Of what could be anybody's, and of another's, only the status passes.
        for told in [
            r#"{"message":"see","name":"赵晓明"}"#,
            r#"{"id_number":"33010619870512043X","name":"赵晓明"}"#,
        ] {
            let (answer, record) = answered(json(status, told), &query());
            let expected = (status, Some("upstream-error"));
            assert_eq!((answer.status, answer.code().as_deref()), expected, "{record}");
        }
    }
}

#[test]
fn the_provider_is_told_of_case_consent_and_operator_where_the_term_says_so() {
    // References in the consumer's form; all in the gateway's own.
    let chinese = r#"%"%ef%bc%882026%ef%bc%89%e6%b5%9912%e5%8f%b7""#;
    let asks = [
        ("\"2026-0017\"", "officer-0017", "\"2026-0017\""),
        ("A-17", "\"officer-0017\"", "A-17"),
        ("17", "officer-0018", "\"17\""),
        (chinese, "officer-0018", chinese),
    ];
    for told in ["", "case, operator", "consent", "case, consent, operator"] {
        let origin = Origin::answering(PROVIDER, json(200, "{}"));
        let setup = World::setup().origin(PUBLIC_SECURITY, &origin);
        let tell = |files: crate::support::Files| {
            let retention = "retention: P30D";
            let tells = format!("retention: P30D\n    consent: required\n    tells: [{told}]");
            files.edit("public-security/population.yaml", retention, &tells)
        };
        let world = setup.catalog(tell).start();
        for (reference, operator, as_told) in asks {
            let declared = query().header("Exchange-Case", reference);
            let declared = declared.header("Exchange-Consent", reference);
            let answer = world.call(DESK, &declared.header("Exchange-Operator", operator));
            let record = check(&world, &answer, 200, None);
            let asked = origin.take().remove(0);
            let operator = operator.trim_matches('"');
            for (word, value) in [("case", as_told), ("consent", as_told), ("operator", operator)] {
                let header = asked.head.header(&format!("exchange-{word}"));
                assert_eq!(header, told.contains(word).then_some(value), "{word} of {told}");
            }
            assert_eq!(record["operator"], json!({ "id": operator, "assurance": "asserted" }));
            assert!(record["case"].is_string());
            assert_eq!(record["consent"], record["case"]);
        }
    }
}

#[test]
fn rates_of_operators_and_of_the_provider_hold_beside_the_systems_own() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let rated = |files: crate::support::Files| {
        let (population, rate) =
            ("public-security/population.yaml", "rate: 1000/s\n    burst: 2000");
        let more = format!("{rate}\n    rates: [500/m]\n    operator_rates: [2/h]");
        let allowed = "    upstream_addresses: [\"records.public-security.internal:9443\"]\n";
        files.edit(population, rate, &more).edit(
            "departments.yaml",
            allowed,
            &format!("{allowed}    rates: [6/h]\n"),
        )
    };
    let world = World::setup().catalog(rated).origin(PUBLIC_SECURITY, &origin).start();
    let on_behalf = |who: &str, officer: &str| {
        let ask = query().header("Exchange-Operator", &format!("\"{officer}\""));
        world.call(who, &ask)
    };
    let first = on_behalf(DESK, "officer-0017");
    let policy = "\"system-1s\";q=1000;w=1, \"system-60s\";q=500;w=60, \
                  \"operator-3600s\";q=2;w=3600, \"provider-3600s\";q=6;w=3600";
    check(&world, &first, 200, None);
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    assert!(first.header("ratelimit").unwrap().starts_with("\"operator-3600s\";r=1;t="));
    // An operator's requests count through whatever system, others' don't.
    check(&world, &on_behalf("human-resources/probe-00", "officer-0017"), 200, None);
    let refused = on_behalf("human-resources/probe-01", "officer-0017");
    let record = check(&world, &refused, 429, Some("rate-limited"));
    assert_eq!(record["detail"], "operator: 2 in 3600 s");
    check(&world, &on_behalf(DESK, "officer-0018"), 200, None);
    // All together reach the provider's.
    for probe in 2..5 {
        let who = format!("human-resources/probe-{probe:02}");
        check(&world, &world.call(&who, &query()), 200, None);
    }
    let refused = world.call("human-resources/probe-05", &query());
    let record = check(&world, &refused, 429, Some("rate-limited"));
    assert_eq!(record["detail"], "provider: 6 in 3600 s");
    assert!(refused.text().contains("by all departments"), "{refused:?}");
}
