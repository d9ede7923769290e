//! An entry of the consumers' catalog in full: how it can be asked for, the asker's own terms and
//! nobody else's, and what the asker would see, which is what it then sees.

use serde_json::{Value, json};

use crate::support::check::check_headers;
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{Ask, Files, Origin, World, check, json as answer_json};

const DESK: &str = "human-resources/pension-desk";
const MARRIAGE_DESK: &str = "civil-affairs/marriage-desk";
const CLINIC: &str = "health/clinic-desk";
const POPULATION: &str = "public-security/population";

/// An entry that says most of what an entry can say. Its first term is for two departments.
const CASES: &str = r#"
title: 案卷
standard: 案卷数据元
related: [3301/0101]
responsible: public-security
contact: 公安局法制支队
class: restricted
category: business
level: 3
personal: false
origin: copy
upstream:
  addresses: ["records.public-security.internal:9443"]
  base_path: /internal/v2
operations:
  - id: read
    method: GET
    path: /files/{number}
    mode: query
    record: intent
    parameters:
      - { name: number, in: path, pattern: '[0-9]{4}', max_chars: 4, searches: $.number }
      - { name: region, in: query, pattern: '[0-9]{6}', max_chars: 6 }
      - { name: year, in: query, type: integer, min: 1990, max: 2100, required: false }
      - { name: closed, in: query, type: boolean, required: false }
      - { name: owner, in: query, pattern: '[a-z]{1,9}', required: false, searches: $.owner }
  - { id: all, method: GET, path: /all, mode: search, approval: true }
fields:
  - { path: $.number, title: 编号, level: 1 }
  - { path: $.owner, title: 经办科室, level: 3, mask: { keep: { front: 1, end: 0 } } }
  - { path: $.pages, title: 页数, type: number, level: 3 }
conditions:
  - { field: $.number, one_of: ['0001', '0002'], withhold: true }
  - { field: $.number, one_of: ['0003'], level: 3, fields: [$.number] }
terms:
  - id: inspection
    consumers: [human-resources, civil-affairs]
    systems: [pension-desk, marriage-desk]
    modes: [query]
    purposes: [case-investigation]
    case: { pattern: 'C-[0-9]{4}' }
    consent: required
    operators: [officer-0017, officer-0201]
    bindings: [{ parameter: region, to: own-region }]
    clearance: 2
    rate: 6/m
    burst: 3
    from: 2020-01-01
    until: 2199-01-01
    tells: [case, consent, operator]
    agreement: 数协2026-021
    legal_basis: 行政处罚法
    retention: P180D
  - id: screening
    consumers: [health]
    purposes: [social-assistance]
    clearance: 3
"#;

fn files(files: Files) -> Files {
    let people =
        "      - id: marriage-desk\n    people:\n      - { id: officer-0201, roles: [] }\n";
    files.with("public-security/cases.yaml", CASES).edit(
        "departments.yaml",
        "      - id: marriage-desk\n",
        people,
    )
}

fn world() -> World {
    World::setup().catalog(files).start()
}

/// Asks for an entry, and checks what every answer of the gateway's own must keep.
fn entry(world: &World, system: &str, id: &str) -> Value {
    let answer = world.call(system, &Ask::get(&format!("/-/catalog/{id}")));
    let records = world.log().of(answer.exchange());
    assert_eq!((answer.status, records.len()), (200, 1), "{answer:?}");
    check_headers(&answer, None);
    let said = ["operation", "decision", "entry"].map(|member| &records[0][member]);
    assert_eq!(said, ["-/catalog/entry", "permit", id]);
    assert!(records[0].get("released").is_none());
    answer.json()
}

#[test]
fn an_entry_says_how_it_can_be_asked_for() {
    let told = entry(&world(), DESK, "public-security/cases");
    let parameter = |name: &str, place: &str, kind: &str, required: bool| {
        json!({
            "name": name, "in": place, "type": kind, "required": required, "subject": false,
        })
    };
    let with = |mut parameter: Value, more: Value| {
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameter
    };
    let mut operations = told["operations"].clone();
    let all = operations[1].as_object_mut().unwrap().remove("why").unwrap();
    assert_eq!(all["code"], "approval-required");
    let expected = json!([
        {
            "id": "read", "method": "GET", "path": "/public-security/cases/files/{number}",
            "mode": "query", "callable": true, "records": "$", "max_records": 1,
            "approval": false, "record_first": true,
            "parameters": [
                with(
                    parameter("number", "path", "text", true),
                    json!({ "pattern": "[0-9]{4}", "max_chars": 4, "searches": "$.number" }),
                ),
                with(
                    parameter("region", "query", "text", true),
                    json!({ "pattern": "[0-9]{6}", "max_chars": 6 }),
                ),
                with(
                    parameter("year", "query", "integer", false),
                    json!({ "min": 1990, "max": 2100 }),
                ),
                parameter("closed", "query", "boolean", false),
                with(
                    parameter("owner", "query", "text", false),
                    json!({ "pattern": "[a-z]{1,9}", "max_chars": 128, "searches": "$.owner" }),
                ),
            ],
        },
        {
            "id": "all", "method": "GET", "path": "/public-security/cases/all", "mode": "search",
            "callable": false, "records": "$", "max_records": 100, "approval": true,
            "record_first": false, "parameters": [],
        },
    ]);
    assert_eq!(operations, expected);
    let about = ["standard", "origin", "personal", "callable", "class"].map(|name| &told[name]);
    let expected =
        [json!("案卷数据元"), json!("copy"), json!(false), json!(true), json!("restricted")];
    assert_eq!(about.map(Clone::clone), expected);
    assert_eq!(told["related"], json!(["3301/0101"]));
    assert_eq!(told["responsible"], json!({ "id": "public-security", "title": "公安局" }));
    // Where the provider stands is nobody's business.
    assert!(!told.to_string().contains("internal"), "{told}");
}

#[test]
fn a_term_says_what_it_asks_and_what_it_shows() {
    let told = entry(&world(), DESK, "public-security/cases");
    let number = json!({ "path": "$.number", "title": "编号", "type": "text", "level": 1 });
    let shown = |mut field: Value, shown: &str| {
        field["shown"] = shown.into();
        field
    };
    let expected = json!([{
        "basis": "term/inspection", "holds": true, "lacking": [], "modes": ["query"],
        "operations": [{ "id": "read", "without": ["owner"] }],
        "purpose": {
            "rule": "listed", "allowed": [{ "code": "case-investigation", "title": "案件查办" }],
        },
        "case": { "rule": "required", "pattern": "C-[0-9]{4}" },
        "consent": { "rule": "required" },
        "operator": { "rule": "listed", "people": ["officer-0017"] },
        "bindings": [{ "parameter": "region", "within": "330106" }],
        "lookups": [],
        "rates": [{ "of": "system", "requests": 6, "window_seconds": 60, "burst": 3 }],
        "budget": [],
        "from": "2019-12-31T16:00:00.000Z", "until": "2198-12-31T16:00:00.000Z",
        "tells": ["case", "consent", "operator"],
        "obligations": {
            "legal_basis": "行政处罚法", "agreement": "数协2026-021", "retention": "P180D",
            "onward_transfer": false,
        },
        "fields": [
            shown(number.clone(), "passed"),
            {
                "path": "$.owner", "title": "经办科室", "type": "text", "level": 3,
                "shown": "masked", "mask": "keep(1, 0, *)",
            },
            {
                "path": "$.pages", "title": "页数", "type": "number", "level": 3,
                "shown": "dropped",
            },
        ],
        "under_conditions": [
            { "condition": 0, "withheld": true, "fields": [] },
            { "condition": 1, "withheld": false, "fields": [shown(number, "dropped")] },
        ],
    }]);
    assert_eq!(told["terms"], expected);
    let conditions = json!([
        {
            "field": "$.number", "one_of": ["0001", "0002"], "withhold": true,
            "words": "Where $.number is one of 0001, 0002, or can't be read, nothing of the record \
                      is shown.",
        },
        {
            "field": "$.number", "one_of": ["0003"], "withhold": false, "level": 3,
            "fields": ["$.number"],
            "words": "Where $.number is one of 0003, or can't be read, at least of level 3 are: \
                      $.number.",
        },
    ]);
    assert_eq!(told["conditions"], conditions);
}

#[test]
fn nothing_is_told_of_other_consumers_terms() {
    let world = world();
    let cases = "public-security/cases";
    let (desk, foreign) = (DESK, ["screening", "0201", "marriage-desk", "civil-affairs"]);
    let marriage = (MARRIAGE_DESK, ["screening", "0017", "pension-desk", "human-resources"]);
    let clinic = (CLINIC, ["inspection", "officer", "数协", "civil-affairs"]);
    for (asker, foreign) in [(desk, foreign), marriage, clinic] {
        let told = entry(&world, asker, cases);
        assert_eq!(told["terms"].as_array().unwrap().len(), 1, "{told}");
        for text in foreign {
            assert!(!told.to_string().contains(text), "{asker} is told of {text}: {told}");
        }
    }
    // Another system's term of the own department is told, but not what it would show.
    let told = entry(&world, "civil-affairs/records", POPULATION);
    let term = &told["terms"][0];
    assert_eq!(term["basis"], "term/marriage-registration");
    assert_eq!(term["lacking"], json!([{ "code": "not-authorised", "lacks": "system" }]));
    assert_eq!((&term["holds"], term.get("fields")), (&json!(false), None));
    assert_eq!(told["terms"].as_array().unwrap().len(), 1);
}

#[test]
fn of_what_may_not_be_called_fields_are_named_and_no_view_is_told() {
    let world = world();
    for (asker, id, code) in [
        (CLINIC, POPULATION, "not-authorised"),
        (DESK, "public-security/open-cases", "non-shared"),
        (DESK, "civil-affairs/marriage", "entry-suspended"),
        (DESK, "market-regulation/licences", "provider-suspended"),
    ] {
        let told = entry(&world, asker, id);
        assert_eq!((&told["callable"], &told["why"]["code"]), (&json!(false), &json!(code)));
        assert!(told["why"]["contact"].is_string() && told["why"]["remedy"].is_string());
        assert_eq!(told["conditions"], json!([]));
        let fields = told["fields"].as_array().unwrap();
        let known = |field: &Value| field.as_object().unwrap().keys().eq(["path", "title"]);
        assert!(!fields.is_empty() && fields.iter().all(known), "{told}");
        for term in told["terms"].as_array().unwrap() {
            assert_eq!((&term["holds"], term.get("fields")), (&json!(false), None), "{told}");
        }
        for operation in told["operations"].as_array().unwrap() {
            assert_eq!(operation["callable"], false, "{told}");
        }
    }
    let why = &entry(&world, DESK, "public-security/open-cases")["why"]["withholding"];
    assert_eq!(why["reason"], "涉及在办案件");
    assert_eq!(why["legal_basis"], "刑事诉讼法");
    assert_eq!(why["approver"], "市政务数据主管部门");
}

#[test]
fn what_is_no_entry_is_not_in_the_catalog() {
    let world = world();
    for (path, status, code) in [
        ("/-/catalog/public-security/nothing", 404, "not-in-catalog"),
        ("/-/catalog/nobody/population", 404, "not-in-catalog"),
        ("/-/catalog/Public-Security/population", 404, "not-in-catalog"),
        ("/-/catalog/public-security/population?x=1", 400, "parameter-not-allowed"),
    ] {
        check(&world, &world.call(DESK, &Ask::get(path)), status, Some(code));
    }
    let posted = world.call(DESK, &Ask::post(&format!("/-/catalog/{POPULATION}"), "{}"));
    check(&world, &posted, 405, Some("method-not-allowed"));
    assert_eq!(posted.header("allow"), Some("GET"));
}

#[test]
fn an_entry_is_told_in_the_asker_s_language() {
    let world = world();
    let ask = Ask::get("/-/catalog/public-security/cases").header("Accept-Language", "zh");
    let told = world.call(DESK, &ask).json();
    let words = told["conditions"][1]["words"].as_str().unwrap();
    assert_eq!(words, "$.number 为下列之一(0003)或无法读取时，下列字段至少为 3 级：$.number。");
    assert_eq!(told["operations"][1]["why"]["title"], "须经批准");
}

#[test]
fn of_very_many_own_terms_the_first_are_told() {
    let terms: String = (0..20)
        .map(|number| {
            format!(
                "  - id: own-{number}\n    consumers: [human-resources]\n    \
                 purposes: [social-assistance]\n    clearance: 1\n"
            )
        })
        .collect();
    let text = CASES.replace("terms:\n", &format!("terms:\n{terms}"));
    let world =
        World::setup().catalog(|it| files(it).with("public-security/cases.yaml", &text)).start();
    let told = entry(&world, DESK, "public-security/cases");
    assert_eq!((told["terms"].as_array().unwrap().len(), &told["more_terms"]), (16, &json!(5)));
    assert_eq!(told["terms"][15]["basis"], "term/own-15");
    assert_eq!(entry(&world, CLINIC, "public-security/cases").get("more_terms"), None);
}

/// A record with every field of the entry.
fn record(birth_date: &str) -> String {
    let person = r#""record_number":7,"id_number":"330106199003070410","name":"赵晓明","sex":"女""#;
    let home = r#""household":{"members":[{"name":"钱多多","relation":"子"}],"number":"H-1"}"#;
    format!(
        r#"{{{person},"birth_date":"{birth_date}","address":"杭州市西湖区文三路9号","mobile":"13800001999","deceased":false,"note":"x",{home},"portrait":"AAAA"}}"#
    )
}

/// What stands in a record at a path of names and `[*]`.
fn values<'a>(record: &'a Value, path: &str) -> Vec<&'a Value> {
    path.trim_start_matches("$.").split('.').fold(vec![record], |found, step| {
        let (name, each) = match step.strip_suffix("[*]") {
            Some(name) => (name, true),
            None => (step, false),
        };
        let below = found.into_iter().filter_map(|value| value.get(name));
        if each {
            below.flat_map(|list| list.as_array().unwrap()).collect()
        } else {
            below.collect()
        }
    })
}

/// Less is seen of a child's record, nothing of a sealed one.
fn conditional() -> Setup {
    let conditions = "
conditions:
  - { field: $.note, one_of: [sealed], withhold: true }
  - { field: $.birth_date, younger_than_years: 14, level: 4, fields: [$.sex, $.address] }

terms:
";
    World::setup()
        .catalog(|files| files.edit("public-security/population.yaml", "\nterms:\n", conditions))
}

#[test]
fn what_is_told_to_be_shown_is_what_a_call_shows() {
    for (system, purpose) in [(DESK, "social-assistance"), (MARRIAGE_DESK, "marriage-registration")]
    {
        for (birth_date, child) in [("1990-03-07", false), ("2199-03-07", true)] {
            let sent = record(birth_date);
            let origin = Origin::answering("public-security/records", answer_json(200, &sent));
            let world = conditional().origin(PUBLIC_SECURITY, &origin).start();
            let told = entry(&world, system, POPULATION);
            let query = Ask::post(
                "/public-security/population/query",
                r#"{"id_number":"330106199003070410"}"#,
            );
            let answer = world.call(system, &query.purpose(purpose));
            check(&world, &answer, 200, None);
            let term = &told["terms"][0];
            assert_eq!(term["under_conditions"][0]["withheld"], true);
            let sent: Value = serde_json::from_str(&sent).unwrap();
            compare(&sent, &answer.json(), term, child);
        }
    }
}

fn compare(sent: &Value, shown: &Value, term: &Value, child: bool) {
    let raised = term["under_conditions"][1]["fields"].as_array().unwrap();
    assert!(!raised.is_empty());
    let mut compared = [0; 3];
    for field in term["fields"].as_array().unwrap() {
        let path = &field["path"];
        let raised = raised.iter().find(|raised| raised["path"] == *path && child);
        let field = raised.unwrap_or(field);
        let path = path.as_str().unwrap();
        let (clear, seen) = (values(sent, path), values(shown, path));
        assert!(!clear.is_empty(), "{path}");
        match field["shown"].as_str().unwrap() {
            "passed" => {
                assert_eq!(seen, clear, "{path}");
                compared[0] += 1;
            }
            "masked" => {
                assert_eq!(seen.len(), clear.len(), "{path}");
                assert!(seen.iter().zip(&clear).all(|(seen, clear)| seen != clear), "{path}");
                assert!(field["mask"].is_string(), "{path}");
                compared[1] += 1;
            }
            "dropped" => {
                assert!(seen.is_empty(), "{path}");
                compared[2] += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(compared.iter().sum::<usize>(), 13, "{compared:?}");
    assert!(compared[0] > 0 && compared[2] > 0, "{compared:?}");
}
