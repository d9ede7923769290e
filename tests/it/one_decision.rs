//! The law on decisions: whatever is asked, a call and `POST /-/decide` say the same, code by code. The
//! provider is reached exactly when the decision is a permit.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use sluice_core::domain::rate::Rate;
use sluice_core::redaction::pseudonym::Rotation;

use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{Ask, Origin, World, item, json as whole};

/// Requests that are made up.
const CASES: usize = 400;

const POPULATION: &str = "public-security/population.yaml";
const RECORD: &str = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女"}"#;

/// Identifiers of persons as nobody should write them, and as somebody will: with nothing that could
/// identify anybody, of 15 digits, in blanks.
const SUBJECTS: [&str; 12] = [
    "330106199003070410",
    "330106900307041",
    "330106901399041",
    "３３０１０６１９９００３０７０４１０",
    "+86 138-0000-1999",
    "0086-13800001999",
    "---",
    "\u{3000}\u{3000}",
    "- \u{200b} -",
    "",
    " ",
    "无",
];

const TEXTS: [&str; 17] = [
    "social-assistance",
    "marriage-registration",
    "case-investigation",
    "no-such-purpose",
    "SA-2026-00017",
    "（2026）浙01刑初12号",
    "officer-0017",
    "officer-0018",
    "g-1",
    "p2_41d7",
    "",
    " ",
    "<>",
    "\"\\%",
    "\u{7}\n",
    "同意-2026-0007",
    "0012",
];

/// A request: as a call, and as a question.
#[derive(Clone, Debug)]
struct Request {
    system: String,
    method: &'static str,
    path: String,
    body: Option<Value>,
    purpose: Option<String>,
    case: Option<String>,
    consent: Option<String>,
    operator: Option<String>,
    grant: Option<String>,
    fields: Option<Vec<String>>,
    pseudonym_key: Option<String>,
}

impl Request {
    fn call(&self) -> Ask {
        let mut ask = match &self.body {
            Some(body) => Ask::post(&self.path, &body.to_string()),
            None => Ask::new(self.method, &self.path),
        };
        for (name, text) in self.texts() {
            if let Some(text) = text {
                ask = ask.header(&format!("Exchange-{name}"), &item(text));
            }
        }
        if let Some(fields) = &self.fields {
            // A name of a member is a token, a path is a string.
            let is_token = |text: &str| {
                text.starts_with(|first: char| first.is_ascii_alphabetic())
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            };
            let one = |field: &String| if is_token(field) { field.clone() } else { item(field) };
            let list: Vec<String> = fields.iter().map(one).collect();
            ask = ask.header("Exchange-Fields", &list.join(", "));
        }
        ask
    }

    fn texts(&self) -> [(&'static str, &Option<String>); 6] {
        [
            ("Purpose", &self.purpose),
            ("Case", &self.case),
            ("Consent", &self.consent),
            ("Operator", &self.operator),
            ("Grant", &self.grant),
            ("Pseudonym-Key", &self.pseudonym_key),
        ]
    }

    fn question(&self) -> Ask {
        let method = if self.body.is_some() { "POST" } else { self.method };
        let mut members = Map::new();
        members.insert("method".into(), json!(method));
        members.insert("path".into(), json!(self.path));
        members.extend(self.body.clone().map(|body| ("body".to_owned(), body)));
        for (name, text) in self.texts() {
            let name = name.to_lowercase().replace('-', "_");
            members.extend(text.as_ref().map(|text| (name, json!(text))));
        }
        members.extend(self.fields.as_ref().map(|fields| ("fields".to_owned(), json!(fields))));
        Ask::post("/-/decide", &Value::Object(members).to_string())
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => "[a-z]{2100}",
    ]
}

/// Mostly the one that helps, so that many requests get far.
fn usually(likely: &'static str) -> impl Strategy<Value = Option<String>> {
    prop_oneof![6 => Just(Some(likely.to_owned())), 2 => Just(None), 2 => text().prop_map(Some)]
}

fn rarely() -> impl Strategy<Value = Option<String>> {
    prop_oneof![9 => Just(None), 1 => text().prop_map(Some)]
}

fn target() -> impl Strategy<Value = (&'static str, String, Option<Value>)> {
    let subject = || select(&SUBJECTS[..]);
    let query = subject().prop_map(|who| {
        ("POST", "/public-security/population/query".to_owned(), Some(json!({ "id_number": who })))
    });
    let odd = (subject(), text()).prop_map(|(who, more)| {
        let body = json!({ "id_number": who, "more": more });
        ("POST", "/public-security/population/query".to_owned(), Some(body))
    });
    let others = select(vec![
        ("GET", "/civil-affairs/divisions/330100"),
        ("GET", "/civil-affairs/divisions"),
        ("GET", "/civil-affairs/divisions/abc"),
        ("GET", "/public-security/population/people/P1?year=1990"),
        ("GET", "/public-security/population/people/P1?year=1990&year=1991"),
        ("GET", "/public-security/population/people/%2e%2e"),
        ("GET", "/public-security/open-cases"),
        ("GET", "/public-security/nothing"),
        ("DELETE", "/civil-affairs/divisions/330100"),
        ("GET", "/"),
    ]);
    prop_oneof![
        6 => query,
        1 => odd,
        3 => others.prop_map(|(method, path)| (method, path.to_owned(), None)),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let fields = prop_oneof![
        8 => Just(None),
        1 => Just(Some(vec!["$.name".to_owned(), "$.sex".to_owned()])),
        1 => proptest::collection::vec(text(), 0..3).prop_map(Some),
        1 => Just(Some(vec!["name".to_owned(), "sex".to_owned()])),
        1 => Just(Some(vec!["$.a".to_owned(); 400])),
    ];
    let declared = (usually("social-assistance"), rarely(), rarely(), rarely(), rarely());
    (0usize..20, target(), declared, fields, rarely()).prop_map(
        |(system, (method, path, body), declared, fields, pseudonym_key)| {
            let (purpose, case, consent, operator, grant) = declared;
            let system = if system == 0 { "civil-affairs/records".into() } else { probe(system) };
            Request {
                system,
                method,
                path,
                body,
                purpose,
                case,
                consent,
                operator,
                grant,
                fields,
                pseudonym_key,
            }
        },
    )
}

#[test]
fn a_call_and_a_question_get_the_same_decision() {
    let origins = ["public-security/records", "civil-affairs/records"]
        .map(|system| Origin::start(system, |_, reply| reply.send(&whole(200, RECORD))));
    let world = World::setup()
        .catalog(|files| {
            let any = "- { name: id_number, in: body, pattern: '(.|\\s){0,40}', max_chars: 40,";
            let numbers =
                "- { name: id_number, in: body, pattern: '[1-9][0-9]{16}[0-9X]', max_chars: 18,";
            // The first of two: that of the query.
            let query = |given: &str| format!("{given}\n          searches: $.id_number }}");
            files.edit(POPULATION, &query(numbers), &query(any)).edit(
                POPULATION,
                "mask: id-number",
                "mask: pseudonym",
            )
        })
        .settings(|settings| {
            settings.limits.refusals = vec![Rate::parse("100000/s").unwrap()];
            settings.pseudonyms = Rotation { period_days: 365, overlap_days: 30 };
        })
        .origin(PUBLIC_SECURITY, &origins[0])
        .origin(CIVIL_AFFAIRS, &origins[1])
        .start();
    let mut runner = TestRunner::deterministic();
    let (mut permits, mut codes) = (0, BTreeSet::new());
    for _ in 0..CASES {
        let request = request().new_tree(&mut runner).unwrap().current();
        let reasoning = world.call(&request.system, &request.question());
        assert_eq!(reasoning.status, 200, "{reasoning:?} {request:?}");
        let reasoning = reasoning.json();
        assert!(origins.iter().all(|origin| origin.take().is_empty()), "{request:?}");
        let answer = world.call(&request.system, &request.call());
        let reached = origins.iter().map(|origin| origin.take().len()).sum::<usize>();
        if reasoning["decision"] == "permit" {
            permits += 1;
            assert_eq!(reached, 1, "{request:?} {answer:?}");
        } else {
            let code = reasoning["problem"]["code"].as_str().unwrap().to_owned();
            assert_eq!(reached, 0, "{request:?}");
            assert_eq!(answer.json()["code"], code, "{request:?}");
            codes.insert(code);
        }
    }
    assert!(permits > 50, "{permits}");
    assert!(codes.len() > 12, "{codes:?}");
    for needed in ["request-malformed", "parameter-invalid", "grant-unknown", "field-unknown"] {
        assert!(codes.contains(needed), "{needed} is not among {codes:?}");
    }
}
