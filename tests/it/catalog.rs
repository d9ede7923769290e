//! The consumers' catalog: which entries there are, which of them this very system may call now, and
//! why not the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use sluice::exchange::context::Peer;
use sluice::exchange::routes::catalog::CatalogReader;
use sluice::exchange::routes::catalog::filter::CatalogFilter;
use sluice::exchange::routes::catalog::search::{LOOKED_AT_ENTRIES, PAGE_BYTES, Search};
use sluice::problem::Language;
use sluice::snapshot::{Release, ReleaseSecrets, SubjectSecret};
use sluice_core::domain::entry::{Entry, EntryId};
use sluice_core::domain::facts::NothingUsed;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::matching::identify;
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::stops::Stops;
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};

use crate::support::check::check_headers;
use crate::support::world::probe;
use crate::support::{Answer, Ask, Files, World, check, eventually, http2, system};

const DESK: &str = "human-resources/pension-desk";
const MARRIAGE_DESK: &str = "civil-affairs/marriage-desk";
const CLINIC: &str = "health/clinic-desk";

/// Words and figures for the search, and an operation that no term reaches.
const EXPORTS: &str = r#"
title: 人口统计数据集
title_en: Population STATISTICS
code: 3301/0199
classification: 公安/统计
summary: 按年度汇总的常住人口数据。
update_cycle: P1Y
published: 2026-02-03
contact: 公安局科技信息化处
open: restricted
class: restricted
category: business
level: 2
personal: false
upstream:
  addresses: ["records.public-security.internal:9443"]
operations:
  - { id: all, method: GET, path: /, mode: bulk }
fields:
  - { path: $.year, title: 年度, type: number, level: 1 }
terms:
  - id: own
    consumers: [human-resources]
    modes: [bulk]
    purposes: [social-assistance]
    clearance: 1
"#;

/// An entry whose one term has ended.
const PASSES: &str = r#"
title: 临时通行证
contact: 公安局交通警察支队
class: restricted
category: trace
level: 2
personal: false
upstream:
  addresses: ["records.public-security.internal:9443"]
operations:
  - { id: list, method: GET, path: /, mode: search }
fields:
  - { path: $.number, title: 编号, level: 1 }
terms:
  - id: ended
    consumers: [human-resources]
    purposes: [social-assistance]
    operators: required
    clearance: 1
    until: 2020-01-01
"#;

const DIVISIONS: &str = "civil-affairs/divisions";
const MARRIAGE: &str = "civil-affairs/marriage";
const LICENCES: &str = "market-regulation/licences";
const ENTRIES: [&str; 7] = [
    DIVISIONS,
    MARRIAGE,
    LICENCES,
    "public-security/exports",
    "public-security/open-cases",
    "public-security/passes",
    "public-security/population",
];

fn files(files: Files) -> Files {
    files.with("public-security/exports.yaml", EXPORTS).with("public-security/passes.yaml", PASSES)
}

fn world() -> World {
    World::setup().catalog(files).start()
}

/// Asks for a page, and checks what every answer of the gateway's own must keep.
fn page(world: &World, system: &str, query: &str) -> Value {
    let answer = world.call(system, &Ask::get(&format!("/-/catalog{query}")));
    recorded(world, &answer, "-/catalog");
    let page = answer.json();
    assert_eq!(page["catalog_version"], files(Files::default()).policy().version());
    page
}

fn recorded(world: &World, answer: &Answer, operation: &str) -> Value {
    let records = world.log().of(answer.exchange());
    assert_eq!((answer.status, records.len()), (200, 1), "{answer:?}");
    check_headers(answer, None);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("exchange-receipt").is_some());
    let record = records.into_iter().next().unwrap();
    assert_eq!((&record["operation"], &record["decision"]), (&json!(operation), &json!("permit")));
    assert!(record.get("released").is_none());
    record
}

fn ids(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

fn listed<'a>(page: &'a Value, id: &str) -> &'a Value {
    page["entries"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap()
}

#[test]
fn a_page_says_of_each_entry_what_readers_may_know() {
    let world = world();
    let all = page(&world, DESK, "");
    assert_eq!(ids(&all), ENTRIES);
    assert_eq!(all["next"], Value::Null);
    let divisions = json!({
        "id": DIVISIONS, "title": "行政区划代码",
        "provider": { "id": "civil-affairs", "title": "民政局" },
        "class": "unconditional", "category": "base", "level": 1, "open": "unconditional",
        "modes": ["query", "search"], "contact": "民政局区划地名科", "callable": true,
    });
    assert_eq!(*listed(&all, DIVISIONS), divisions);
    let mut exports = listed(&all, "public-security/exports").clone();
    assert_eq!(
        exports.as_object_mut().unwrap().remove("why").unwrap()["code"],
        "approval-required"
    );
    let expected = json!({
        "id": "public-security/exports", "title": "人口统计数据集",
        "title_en": "Population STATISTICS", "code": "3301/0199",
        "classification": "公安/统计", "summary": "按年度汇总的常住人口数据。",
        "provider": { "id": "public-security", "title": "公安局" },
        "class": "restricted", "category": "business", "level": 2, "open": "restricted",
        "update_cycle": "P1Y", "published": "2026-02-03", "modes": ["bulk"],
        "contact": "公安局科技信息化处", "callable": false,
    });
    assert_eq!(exports, expected);
}

#[test]
fn filters_leave_the_entries_that_all_of_them_admit() {
    let world = world();
    const EXPORTS: &str = "public-security/exports";
    const OPEN_CASES: &str = "public-security/open-cases";
    const PASSES: &str = "public-security/passes";
    const POPULATION: &str = "public-security/population";
    let table: [(&str, &[&str]); 24] = [
        ("q=人口", &[EXPORTS, POPULATION]),
        ("q=Statistics", &[EXPORTS]),
        ("q=population+sTATISTICS", &[EXPORTS]),
        ("q=人口+基本", &[POPULATION]),
        ("q=3301/01", &[EXPORTS]),
        ("q=公安/统计", &[EXPORTS]),
        ("q=常住", &[EXPORTS]),
        ("q=public-security/P", &[PASSES, POPULATION]),
        ("q=公民身份号码", &[]),
        ("q=基本信息人口", &[]),
        ("class=unconditional", &[DIVISIONS, LICENCES]),
        ("class=non-shared", &[OPEN_CASES]),
        ("department=civil-affairs", &[DIVISIONS, MARRIAGE]),
        ("department=nobody", &[]),
        ("mode=bulk", &[EXPORTS]),
        ("mode=submit", &[POPULATION]),
        ("category=trace", &[PASSES]),
        ("open=unconditional", &[DIVISIONS]),
        ("callable=true", &[DIVISIONS, POPULATION]),
        ("callable=false", &[MARRIAGE, LICENCES, EXPORTS, OPEN_CASES, PASSES]),
        ("callable=true&mode=submit", &[POPULATION]),
        ("callable=false&mode=search", &[PASSES]),
        ("class=restricted&category=base", &[POPULATION]),
        ("q=人口&callable=false&department=public-security", &[EXPORTS]),
    ];
    for (number, (query, expected)) in table.into_iter().enumerate() {
        let found = page(&world, &probe(number), &format!("?{}", escaped(query)));
        assert_eq!(ids(&found), expected, "{query}");
        assert_eq!(found["next"], Value::Null, "{query}");
    }
}

/// A query with its Chinese percent-encoded, as a client sends it.
fn escaped(query: &str) -> String {
    let escape = |byte: u8| match byte {
        0x80.. => format!("%{byte:02X}"),
        plain => char::from(plain).to_string(),
    };
    query.bytes().map(escape).collect()
}

#[test]
fn pages_follow_one_another_until_there_is_nothing_left() {
    let world = world();
    for limit in [1, 2, 3, 7, 200] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        for number in 0.. {
            let query = format!("?limit={limit}{after}");
            let page = page(&world, &probe(number), &query);
            assert!(ids(&page).len() <= limit);
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={}", next.replace('/', "%2F"));
        }
        assert_eq!(seen, ENTRIES);
    }
    // An entry may have been taken out since.
    let behind = page(&world, DESK, "?after=market-regulation/gone&limit=1");
    assert_eq!((ids(&behind), &behind["next"]), (vec![LICENCES], &json!(LICENCES)));
}

#[test]
fn every_system_is_told_what_it_may_call_itself() {
    let world = world();
    let population = "public-security/population";
    let table: [(&str, &[&str]); 5] = [
        (DESK, &[DIVISIONS, population]),
        (MARRIAGE_DESK, &[DIVISIONS, population]),
        // The department's term is for another of its systems.
        ("civil-affairs/records", &[DIVISIONS]),
        (CLINIC, &[DIVISIONS]),
        ("public-security/patrol-desk", &[DIVISIONS]),
    ];
    for (system, callable) in table {
        assert_eq!(ids(&page(&world, system, "?callable=true")), callable, "{system}");
        let all = page(&world, system, "");
        for entry in all["entries"].as_array().unwrap() {
            let may = callable.contains(&entry["id"].as_str().unwrap());
            assert_eq!(entry["callable"], may, "{system}: {entry}");
            assert_eq!(entry.get("why").is_none(), may, "{system}: {entry}");
        }
    }
    // Of a search alone, the marriage desk has none.
    let searches = page(&world, MARRIAGE_DESK, "?callable=true&mode=search");
    assert_eq!(ids(&searches), [DIVISIONS]);
}

#[test]
fn why_not_is_what_a_call_would_be_told() {
    let world = world();
    let number = r#"{"id_number":"330106199003070410"}"#;
    let query = format!(r#""method":"POST","path":"/{MARRIAGE}/query","body":{number}"#);
    let population = query.replace(MARRIAGE, "public-security/population");
    let passes = r#""method":"GET","path":"/public-security/passes""#.to_owned();
    let get = |path: &str| format!(r#""method":"GET","path":"{path}""#);
    let licences = get("/market-regulation/licences/91330106MA00000000");
    let table = [
        (DESK, MARRIAGE, query.clone(), "entry-suspended"),
        (DESK, LICENCES, licences, "provider-suspended"),
        (DESK, "public-security/open-cases", get("/public-security/open-cases"), "non-shared"),
        (DESK, "public-security/exports", get("/public-security/exports"), "approval-required"),
        (DESK, "public-security/passes", passes.clone(), "not-authorised"),
        (CLINIC, "public-security/passes", passes, "not-authorised"),
        (CLINIC, "public-security/population", population.clone(), "not-authorised"),
        ("civil-affairs/records", "public-security/population", population, "not-authorised"),
    ];
    for (asker, entry, call, code) in table {
        for language in ["en", "zh"] {
            let ask = Ask::get("/-/catalog").header("Accept-Language", language);
            let mut why = listed(&world.call(asker, &ask).json(), entry)["why"].clone();
            // A request that states what the term asks.
            let purpose = match asker {
                "civil-affairs/records" => "marriage-registration",
                _ => "social-assistance",
            };
            let operator = if asker == DESK { r#","operator":"officer-0017""# } else { "" };
            let question = format!(r#"{{{call},"purpose":"{purpose}"{operator}}}"#);
            let ask = Ask::post("/-/decide", &question).header("Accept-Language", language);
            let problem = world.call(asker, &ask).json()["problem"].clone();
            assert_eq!(why["code"], code, "{asker} {entry}");
            let withholding = why.as_object_mut().unwrap().remove("withholding");
            for (member, told) in why.as_object().unwrap() {
                assert_eq!(problem[member], *told, "{asker} {entry}: {member}");
            }
            assert_eq!(why.get("nearest"), problem.get("nearest"), "{asker} {entry}");
            assert!(why["remedy"].is_string() && why["contact"].is_string(), "{why}");
            let listed = json!({
                "reason": "涉及在办案件", "legal_basis": "刑事诉讼法",
                "approver": "市政务数据主管部门",
            });
            assert_eq!(withholding, (code == "non-shared").then_some(listed), "{entry}");
        }
    }
}

#[test]
fn a_query_that_says_nothing_here_is_refused() {
    let world = world();
    let long = format!("q={}", "a".repeat(65));
    let table = [
        ("x=1", "parameter-not-allowed"),
        ("limit=1&Q=a", "parameter-not-allowed"),
        ("q=", "parameter-invalid"),
        ("q=+", "parameter-invalid"),
        (&*long, "parameter-invalid"),
        ("q=a&q=b", "parameter-invalid"),
        ("class=public", "parameter-invalid"),
        ("class=", "parameter-invalid"),
        ("department=Civil", "parameter-invalid"),
        ("mode=verify", "parameter-invalid"),
        ("category=none", "parameter-invalid"),
        ("open=yes", "parameter-invalid"),
        ("callable=1", "parameter-invalid"),
        ("after=civil-affairs", "parameter-invalid"),
        ("after=a/b/c", "parameter-invalid"),
        ("limit=0", "parameter-invalid"),
        ("limit=201", "parameter-invalid"),
        ("limit=-1", "parameter-invalid"),
        ("limit=05", "parameter-invalid"),
        ("limit=99999999999999999999", "parameter-invalid"),
        ("q", "request-malformed"),
        ("q=%FF", "request-malformed"),
        ("q=a;b", "request-malformed"),
    ];
    for (number, (query, code)) in table.into_iter().enumerate() {
        let answer = world.probe(number, &Ask::get(&format!("/-/catalog?{query}")));
        check(&world, &answer, 400, Some(code));
    }
    let unknown = world.probe(0, &Ask::get("/-/catalog?limit=1&x=1")).json();
    assert!(unknown["detail"].as_str().unwrap().contains("no. 2"), "{unknown}");
    for (ask, status, code) in [
        (Ask::new("POST", "/-/catalog"), 405, "method-not-allowed"),
        (Ask::get("/-/catalog").body("{}"), 413, "request-too-large"),
        (Ask::get("/-/catalog/civil-affairs"), 404, "not-in-catalog"),
        (Ask::get("/-/catalog/civil-affairs/divisions/x"), 404, "not-in-catalog"),
        (Ask::get("/-/catalogue"), 404, "not-in-catalog"),
    ] {
        check(&world, &world.call(DESK, &ask), status, Some(code));
    }
}

#[test]
fn strangers_and_the_suspended_have_no_catalog() {
    let world = world();
    for (system, code) in [
        ("human-resources/closed-desk", "peer-suspended"),
        ("market-regulation/licence-desk", "peer-suspended"),
        ("human-resources/nobody", "unknown-peer"),
        ("nobody/desk", "unknown-peer"),
    ] {
        for path in ["/-/catalog", "/-/catalog/civil-affairs/divisions"] {
            check(&world, &world.call(system, &Ask::get(path)), 403, Some(code));
        }
    }
}

#[test]
fn searching_has_a_rate_and_what_is_searched_for_is_not_recorded() {
    let world = world();
    let ask = Ask::get("/-/catalog?q=P0017&limit=1");
    page(&world, DESK, "?q=P0017");
    let limited = eventually("the rate's end", || {
        let answers = http2::ask_all(world.address(), &system(CLINIC), vec![ask.clone(); 30]);
        answers.into_iter().find(|answer| answer.status != 200)
    });
    assert_eq!((limited.status, limited.code().as_deref()), (429, Some("rate-limited")));
    let policy = limited.header("ratelimit-policy");
    assert_eq!(policy, Some("\"system-1s\";q=10;w=1"));
    let lines = world.log().lines();
    assert!(!lines.is_empty() && lines.iter().all(|line| !line.contains("P0017")));
}

/// A release with so many entries, all like this one.
fn release(entries: usize, like: impl Fn(&mut Entry)) -> Release {
    let policy = Files::default().policy();
    let mut sample = policy.entries()[0].clone();
    like(&mut sample);
    let name = |text: &str| Name::parse(text).unwrap();
    let entry = |number: usize| {
        let id = EntryId::new(name("civil-affairs"), name(&format!("e-{number:06}")));
        Entry { id, ..sample.clone() }
    };
    let entries = (0..entries).map(entry).collect();
    let policy = Policy::new("1", policy.registry().clone(), entries).unwrap();
    let secrets = ReleaseSecrets {
        subjects: SubjectSecret { epoch: 1, secret: [1; 32] },
        pseudonyms: PseudonymKeys::derive(&[2; 32], Rotation::USUAL),
    };
    Release::build(policy, &secrets)
}

/// The page of a query: its entries, where it goes on, and how many slices it took.
fn searched(release: &Release, query: &[(&str, &str)]) -> (usize, Option<String>, usize) {
    let name = |text: &str| Name::parse(text).unwrap();
    let identity =
        Identity { department: name("health"), kind: Kind::System, id: name("clinic-desk") };
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
    let peer = Peer::new(identity, "1".into(), address);
    let peer = identify(&release.policy, &peer.identity).unwrap();
    let query: Vec<_> =
        query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let wanted = CatalogFilter::read(&query).unwrap();
    let (usage, stops, language) = (&NothingUsed, Stops::default(), Language::English);
    let asker =
        CatalogReader { release, peer, now: 0, stale: false, usage, stops: &stops, language };
    let mut search = Search::begin(asker, &wanted);
    let mut slices = 1;
    while search.look_at(1_000) {
        slices += 1;
    }
    let page = search.page();
    (page.entries.len(), page.next.map(str::to_owned), slices)
}

#[test]
fn a_page_costs_no_more_than_its_bounds_however_large_the_catalog() {
    let many = release(LOOKED_AT_ENTRIES + 100, |_| ());
    let last = format!("civil-affairs/e-{:06}", LOOKED_AT_ENTRIES - 1);
    let nothing = [("q", "nothing like it")];
    assert_eq!(searched(&many, &nothing), (0, Some(last.clone()), LOOKED_AT_ENTRIES / 1_000));
    let nothing = [("callable", "false")];
    assert_eq!(searched(&many, &nothing), (0, Some(last.clone()), LOOKED_AT_ENTRIES / 1_000));
    assert_eq!(searched(&many, &[("callable", "false"), ("after", &*last)]), (0, None, 1));
    assert_eq!(searched(&many, &[("after", &*last)]).0, 50);
    assert_eq!(searched(&many, &[("after", &*last), ("limit", "200")]), (100, None, 1));
    let long = release(200, |entry| entry.about.summary = Some("长".repeat(2_000).into()));
    let (found, next, _) = searched(&long, &[("limit", "200")]);
    // An entry takes its summary, three bytes a character, and a few hundred bytes more.
    assert!((PAGE_BYTES / 6_600..=PAGE_BYTES / 6_000).contains(&found), "{found}");
    assert!(next.is_some());
}
