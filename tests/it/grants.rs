//! Temporary grants: agreed by people, used by systems, ended by people or the clock.

use std::fs;

use serde_json::{Value, json as value};

use crate::support::certificates::now_millis;
use crate::support::office::*;
use crate::support::program::{Ended, run};
use crate::support::{Ask, Files, Origin, World, check, detail_of, eventually, json};
use crate::windows::{PROVIDER, answer_of, many, record};

pub(crate) const CLINIC: &str = "health/clinic-desk";
pub(crate) const APPLICANT: &str = "health/officer-0601";
pub(crate) const PROVIDER_APPROVER: &str = "public-security/officer-0301";
const SECTION_HEAD: &str = "public-security/officer-0302";
const LEADER: &str = "public-security/officer-0303";
pub(crate) const CITY_LEADER: &str = "city-government/officer-0001";
pub(crate) const OTHER_OFFICE_APPROVER: &str = "exchange-office/officer-0107";

/// The staffed catalog, with people of the two departments that agree.
pub(crate) fn people(files: Files) -> Files {
    let health = "      - id: clinic-desk\n";
    let police = "      - id: records\n      - id: patrol-desk\n";
    let office = "- { id: officer-0104, roles: [auditor] }\n";
    let city = "departments:\n";
    staffed(files)
        .edit(
            "departments.yaml",
            city,
            &format!(
                "{city}  - id: city-government\n    title: 市政府\n    people:\n      \
                 - {{ id: officer-0001, roles: [leader] }}\n\n"
            ),
        )
        .edit("departments.yaml", "title: 公安局\n", "title: 公安局\n    parent: city-government\n")
        .edit(
            "departments.yaml",
            "title: 卫生健康委员会\n",
            "title: 卫生健康委员会\n    parent: city-government\n",
        )
        .edit(
            "departments.yaml",
            office,
            &format!(
                "{office}      - {{ id: officer-0107, roles: [approver] }}\n      \
                 - {{ id: officer-0108, roles: [leader] }}\n"
            ),
        )
        .edit(
            "departments.yaml",
            health,
            &format!(
                "{health}    people:\n      - {{ id: officer-0601, roles: [applicant] }}\n      \
                 - {{ id: officer-0602, roles: [] }}\n"
            ),
        )
        .edit(
            "departments.yaml",
            police,
            &format!(
                "{police}    people:\n      - {{ id: officer-0301, roles: [approver] }}\n      \
                 - {{ id: officer-0302, roles: [section-head] }}\n      \
                 - {{ id: officer-0303, roles: [leader] }}\n      \
                 - {{ id: officer-0304, roles: [maintainer] }}\n      \
                 - {{ id: officer-0305, roles: [reviewer] }}\n"
            ),
        )
}

pub(crate) fn world(origin: &Origin) -> World {
    governed(origin, people)
}

pub(crate) fn population() -> Origin {
    let body = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女","household":{"number":"H1"}}"#;
    Origin::answering(PROVIDER, json(200, body))
}

/// What is asked for: name and number in clear, for a quarter of a year at most.
pub(crate) fn asked(more: &str) -> String {
    let time = |hours: i64| in_millis(hours * 3_600_000);
    format!(
        "entry = \"public-security/population\"\noperations = [\"query\", \"search\"]\n\
         fields = [\"$.name\", \"$.id_number\", \"$.sex\"]\npurpose = \"case-investigation\"\n\
         legal_basis = \"传染病防治法\"\nresponsible = \"officer-0601\"\n\
         responsible_at_provider = \"officer-0301\"\nfrom = {:?}\nuntil = {:?}\n{more}",
        time(-1),
        time(24 * 30),
    )
}

/// A request with another time in one of its lines.
pub(crate) fn but(text: &str, key: &str, time: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.starts_with(key) { format!("{key} = {time:?}\n") } else { format!("{line}\n") }
    });
    lines.collect()
}

/// The time in so many milliseconds.
pub(crate) fn in_millis(count: i64) -> String {
    jiff::Timestamp::from_millisecond(now_millis() + count).unwrap().to_string()
}

/// The time in so many days.
pub(crate) fn in_days(count: i64) -> String {
    in_millis(count * 86_400_000)
}

/// Writes the file and requests it.
pub(crate) fn requests(world: &World, staff: &Staff, text: &str) -> Ended {
    let file = world.dir().join("grant.toml");
    fs::write(&file, text).unwrap();
    staff.run_of("grant", APPLICANT, &["request", file.to_str().unwrap()])
}

/// The same, which must be done; gives the grant's id.
pub(crate) fn requested(world: &World, staff: &Staff, text: &str) -> String {
    let ended = requests(world, staff, text);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.split_whitespace().nth(1).unwrap().to_owned()
}

pub(crate) fn does(staff: &Staff, who: &str, arguments: &[&str]) -> String {
    let ended = staff.run_of("grant", who, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.out
}

/// Takes a request to its end.
pub(crate) fn opened(world: &World, staff: &Staff, text: &str) -> String {
    let id = requested(world, staff, text);
    does(staff, PROVIDER_APPROVER, &["agree", &id]);
    does(staff, OFFICE_APPROVER, &["open", &id]);
    id
}

pub(crate) fn query() -> Ask {
    Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070410"}"#)
        .purpose("case-investigation")
        .header("Exchange-Operator", "officer-0602")
}

pub(crate) fn code(world: &World, ask: &Ask) -> Option<String> {
    world.call(CLINIC, ask).code()
}

#[test]
fn a_grant_goes_from_request_to_use_to_its_end() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    assert_eq!(code(&world, &query()).as_deref(), Some("not-authorised"));
    let id = requested(&world, &staff, &asked("[budget.total]\nrecords = 3\n"));
    agreed_by_all(&world, &staff, &id);
    shows_what_was_asked_for(&world, &id);
    tells_what_is_left(&world, &staff, &id);
    let next = comes_in_its_place(&world, &staff, &id);
    // Revoking it acts on the next request.
    let because = ["revoke", &next, "--reason", "the case is closed"];
    assert_eq!(does(&staff, PROVIDER_APPROVER, &because), format!("grant {next} is revoked\n"));
    assert_eq!(code(&world, &query()).as_deref(), Some("not-authorised"));
    let steps: Vec<Value> =
        world.log().kind("control").into_iter().filter(|one| one["event"] == "step").collect();
    let words: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    let life = ["ask", "request", "agree", "open"];
    let early = ["ask", "request", "agree", "withdraw"];
    assert_eq!(words, [&life[..], &early[..], &life[..], &["revoke"]].concat());
}

/// Until everybody has agreed to it, a grant is worth nothing.
fn agreed_by_all(world: &World, staff: &Staff, id: &str) {
    let listed = does(staff, PROVIDER_APPROVER, &["list", "--state", "requested"]);
    assert!(listed.contains(id) && listed.contains("agree is for the approver of public-security"));
    assert_eq!(code(world, &query()).as_deref(), Some("not-authorised"));
    does(staff, PROVIDER_APPROVER, &["agree", id]);
    assert_eq!(code(world, &query()).as_deref(), Some("not-authorised"));
    let out = does(staff, OFFICE_APPROVER, &["open", id]);
    assert_eq!(out, format!("grant {id} is active\n"));
}

/// More is seen than any term shows, and nothing that was not asked for.
fn shows_what_was_asked_for(world: &World, id: &str) {
    let answer = world.call(CLINIC, &query());
    let line = check(world, &answer, 200, None);
    let seen = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女"}"#;
    assert_eq!(answer.text(), seen);
    assert_eq!(line["basis"], format!("grant/{id}"));
    assert_eq!(line["debit"]["basis"], format!("grant/{id}"));
    let named = query().header("Exchange-Grant", id);
    check(world, &world.call(CLINIC, &named), 200, None);
    // It binds purpose and operator.
    let other =
        Ask::post("/public-security/population/query", "{\"id_number\":\"330106199003070410\"}")
            .purpose("social-assistance")
            .header("Exchange-Operator", "officer-0602")
            .header("Exchange-Grant", id);
    let refused = world.call(CLINIC, &other);
    check(world, &refused, 403, Some("grant-not-covering"));
    assert_eq!(refused.json()["nearest"]["lacking"][0]["code"], "purpose-not-allowed");
    let report =
        Ask::post("/public-security/population/reports", "{\"id_number\":\"330106199003070410\"}")
            .purpose("case-investigation")
            .header("Exchange-Operator", "officer-0602")
            .header("Exchange-Grant", id);
    let refused = world.call(CLINIC, &report);
    assert_eq!(refused.json()["nearest"]["lacking"][0]["code"], "operation-not-allowed");
    assert_eq!(
        code(world, &query().header("Exchange-Grant", "g-99")).as_deref(),
        Some("grant-unknown")
    );
}

/// What is left is told to the system and to people.
fn tells_what_is_left(world: &World, staff: &Staff, id: &str) {
    let own = world.call(CLINIC, &Ask::get("/-/grants")).json();
    assert_eq!((&own[0]["id"], &own[0]["state"]), (&value!(id), &value!("active")));
    assert_eq!(own[0]["budget"][0]["left"], 1);
    let shown = does(staff, APPLICANT, &["show", id]);
    assert!(shown.contains("3 records in all, 1 left"), "{shown}");
    // And who has used it, which is itself in the log.
    let uses = does(staff, PROVIDER_APPROVER, &["uses", id]);
    assert!(shown.contains(&uses) && uses.lines().count() == 2, "{shown}");
    let used = "query by clinic-desk for officer-0602, 1 record";
    assert!(uses.lines().all(|line| line.ends_with(used)), "{uses}");
    let reads = |line: &Value| line["event"] == "log-read" && line["by"] == PROVIDER_APPROVER;
    assert!(world.log().records().iter().any(reads));
    assert_eq!(staff.run_of("grant", APPROVER, &["uses", id]).code, Some(1));
    check(world, &world.call(CLINIC, &query()), 200, None);
    assert_eq!(code(world, &query()).as_deref(), Some("budget-exhausted"));
    assert!(does(staff, APPLICANT, &["list", "--state", "used-up"]).contains(id));
}

/// More needs another grant, which must not leave a time without either; gives its id.
fn comes_in_its_place(world: &World, staff: &Staff, id: &str) -> String {
    let later = in_millis(3_600_000);
    let early = but(&asked(&format!("supersedes = {id:?}\n")), "from", &later);
    let early = requested(world, staff, &early);
    does(staff, PROVIDER_APPROVER, &["agree", &early]);
    let ended = staff.run_of("grant", OFFICE_APPROVER, &["open", &early]);
    assert!(ended.err.contains("before it begins"), "{ended:?}");
    does(staff, APPLICANT, &["withdraw", &early]);
    let more = asked(&format!("supersedes = {id:?}\n[budget.total]\nrecords = 100\n"));
    let next = opened(world, staff, &more);
    assert_eq!(world.call(CLINIC, &query()).status, 200);
    assert_eq!(
        code(world, &query().header("Exchange-Grant", id)).as_deref(),
        Some("grant-unknown")
    );
    assert!(does(staff, APPLICANT, &["show", id]).contains("is superseded"));
    next
}

#[test]
fn shortcuts_are_refused() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = requested(&world, &staff, &asked(""));
    let refused = |who: &str, arguments: &[&str], why: &str| {
        let ended = staff.run_of("grant", who, arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(why), "{ended:?}");
    };
    refused(OFFICE_APPROVER, &["open", &id], "open can't follow that");
    refused(OFFICE_APPROVER, &["agree", &id], "for a person of public-security");
    refused(LEADER, &["agree", &id], "with the role approver");
    refused(APPLICANT, &["revoke", &id, "--reason", "x"], "revoke can't follow that");
    does(&staff, PROVIDER_APPROVER, &["decline", &id, "--reason", "the catalog has a term for it"]);
    refused(PROVIDER_APPROVER, &["agree", &id], "is declined: agree can't follow that");
    assert!(does(&staff, APPLICANT, &["show", &id]).contains("the catalog has a term for it"));
    // What weighs needs the section's head and the leader.
    let secret = asked("").replace("\"$.sex\"", "\"$.household.number\"");
    let id = requested(&world, &staff, &secret);
    refused(PROVIDER_APPROVER, &["agree", &id], "with the role section-head");
    does(&staff, SECTION_HEAD, &["agree", &id]);
    refused(OFFICE_APPROVER, &["open", &id], "open can't follow that");
    does(&staff, LEADER, &["approve", &id]);
    does(&staff, OFFICE_APPROVER, &["open", &id]);
    assert!(world.call(CLINIC, &query()).text().contains("\"number\":\"H1\""));
    // The consumer gives it back.
    does(&staff, APPLICANT, &["return", &id, "--reason", "done"]);
    assert_eq!(code(&world, &query()).as_deref(), Some("not-authorised"));
    // What can't be a grant is told at once.
    for (from, to, why) in [
        ("\"$.sex\"", "\"$.nothing\"", "has no field"),
        ("officer-0601", "officer-0699", "no active person `officer-0699`"),
        ("case-investigation", "nothing", "the purpose is not registered"),
        ("public-security/population", "public-security/nothing", "there is no entry"),
        ("operations = [\"query\"", "operations = [\"fly\"", "no operation `fly`"),
    ] {
        let ended = requests(&world, &staff, &asked("").replace(from, to));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.to_lowercase().contains(&why.to_lowercase()), "{why}: {ended:?}");
    }
}

#[test]
fn grants_are_verified_offline_and_signed_by_their_digest() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = requested(&world, &staff, &asked(""));
    let shown = does(&staff, APPLICANT, &["show", &id]);
    let digest = shown.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().to_owned();
    let other = "sha256:".to_owned() + &"0".repeat(64);
    let ended = staff.run_of("grant", PROVIDER_APPROVER, &["agree", &id, "--digest", &other]);
    assert!(ended.code == Some(1) && ended.err.contains("not the one"), "{ended:?}");
    does(&staff, PROVIDER_APPROVER, &["agree", &id, "--digest", &digest]);
    let verify = |more: &[&str]| {
        let (config, begin) = (world.config(), ["grant", "verify", "--config"]);
        run(&[&begin[..], &[config.to_str().unwrap()], more].concat())
    };
    let ended = verify(&[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let first = format!("grant {id} is agreed, {digest}\n");
    assert!(ended.out.starts_with(&first) && ended.out.contains(" agree by "), "{ended:?}");
    assert_eq!(verify(&["g-999"]).code, Some(1));
    edit_store(
        &world,
        "UPDATE journal SET body = replace(body, 'grant/g-2', 'grant/g-9') WHERE number = 3",
    );
    let ended = verify(&[]);
    assert!(ended.code == Some(1) && ended.err.contains("row 3 of the store"), "{ended:?}");
}

/// The catalog in which the population is not shared at all.
fn withheld() -> Files {
    const POPULATION: &str = "public-security/population.yaml";
    let files = people(Files::default());
    let text = files.sources().iter().find(|file| file.path == POPULATION).unwrap().text.clone();
    let (_, terms) = text.split_once("terms:\n").unwrap();
    let withholding =
        "withholding:\n  reason: 涉及在办案件\n  legal_basis: 刑事诉讼法\n  approver: 市政府\n";
    files.edit(POPULATION, &format!("terms:\n{terms}"), withholding).edit(
        POPULATION,
        "class: restricted\nexception: 测试目录按条款共享\n",
        "class: non-shared\n",
    )
}

#[test]
fn a_grant_for_what_weighs_more_since_needs_those_who_agree_to_that() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    opened(&world, &staff, &asked(""));
    check(&world, &world.call(CLINIC, &query()), 200, None);
    let agreed = requested(&world, &staff, &asked(""));
    does(&staff, PROVIDER_APPROVER, &["agree", &agreed]);
    let draft = staff.drafts("public-security/officer-0304", &withheld());
    staff.does("public-security/officer-0304", &["submit", &draft]);
    staff.does("public-security/officer-0305", &["review", &draft]);
    staff.does(OFFICE_APPROVER, &["approve", &draft]);
    // What was agreed to for a restricted entry does not hold for one that is not shared.
    assert_eq!(code(&world, &query()).as_deref(), Some("non-shared"));
    // What is under way goes on with those who must agree by now: the head of the section, both leaders.
    let ended = staff.run_of("grant", OFFICE_APPROVER, &["open", &agreed]);
    assert!(ended.code == Some(1) && ended.err.contains("open can't follow"), "{ended:?}");
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &agreed]);
    assert!(shown.contains("agree is for the section-head of public-security"), "{shown}");
    does(&staff, SECTION_HEAD, &["agree", &agreed]);
    does(&staff, LEADER, &["approve", &agreed]);
    does(&staff, "exchange-office/officer-0108", &["open", &agreed]);
    check(&world, &world.call(CLINIC, &query()), 200, None);
}

#[test]
fn two_grants_that_hold_are_told_apart_by_name() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let (one, two) = (opened(&world, &staff, &asked("")), opened(&world, &staff, &asked("")));
    let refused = world.call(CLINIC, &query());
    let line = check(&world, &refused, 403, Some("grant-ambiguous"));
    assert_eq!(detail_of(&line), format!("grant-ambiguous grants={one},{two}"));
    for id in [&one, &two] {
        let line =
            check(&world, &world.call(CLINIC, &query().header("Exchange-Grant", id)), 200, None);
        assert_eq!(line["basis"], format!("grant/{id}"));
    }
}

#[test]
fn a_grant_that_is_not_begun_or_over_does_not_hold() {
    let origin = population();
    let world = world(&origin);
    let staff = Staff::of(&world);
    let shifted = |text: &str| {
        // It begins when the usual one ends.
        let at = |key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap();
            line.split('"').nth(1).unwrap().to_owned()
        };
        let (from, until) = (at("from"), at("until"));
        let end: jiff::Timestamp = until.parse().unwrap();
        let end = end + jiff::SignedDuration::from_hours(24);
        text.replace(&until, &end.to_string()).replace(&from, &until)
    };
    let id = opened(&world, &staff, &shifted(&asked("")));
    assert_eq!(
        code(&world, &query().header("Exchange-Grant", &id)).as_deref(),
        Some("grant-not-active")
    );
    let own = world.call(CLINIC, &Ask::get("/-/grants")).json();
    assert_eq!(own[0]["state"], "not-begun");
}

#[test]
fn grants_are_not_relied_on_for_long_without_word_from_the_store() {
    let origin = population();
    let mut world = world(&origin);
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked(""));
    assert_eq!(world.call(CLINIC, &query()).status, 200);
    // After a restart it holds as before.
    assert!(world.stop());
    world.reopen();
    assert_eq!(world.call(CLINIC, &query().header("Exchange-Grant", &id)).status, 200);
    // The store is damaged: nothing later is believed, and soon no grant.
    crate::support::office::edit_store(
        &world,
        "INSERT INTO journal (number, kind, body) SELECT MAX(number) + 1, 'grant', '{}' FROM journal",
    );
    eventually("that the grant is not relied on", || {
        (code(&world, &query()).as_deref() == Some("policy-stale")).then_some(())
    });
}

#[test]
fn an_answer_is_withheld_if_its_grant_was_revoked_while_the_provider_worked() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let body = r#"{"name":"赵晓明","id_number":"330106199003070410","sex":"女"}"#;
    let origin = Origin::start(PROVIDER, move |_, reply| {
        // A sender that is gone is a test that has failed.
        let _ = wait.lock().unwrap().recv();
        reply.send(&json(200, body));
    });
    let world = world(&origin);
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked(""));
    let mut connection = world.connect(CLINIC);
    connection.send(&query().header("Connection", "close").bytes());
    origin.wait_for(1);
    does(&staff, PROVIDER_APPROVER, &["revoke", &id, "--reason", "stop"]);
    go_on.send(()).unwrap();
    let answer = connection.answer().unwrap();
    assert!(!answer.text().contains("330106199003070410"), "{answer:?}");
    check(&world, &answer, 403, Some("grant-not-active"));
}

#[test]
fn a_long_answer_under_a_grant_that_is_revoked_is_cut() {
    use std::io::Read as _;
    const RECORDS: usize = 20_000;
    let origin = Origin::answering(PROVIDER, json(200, &answer_of(record, RECORDS)));
    let world = governed(&origin, |files| many(people(files)));
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked(""));
    let mut connection = world.connect(CLINIC);
    let search = Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("case-investigation")
        .header("Exchange-Operator", "officer-0602");
    connection.send(&search.header("Connection", "close").bytes());
    let head = connection.interim().unwrap();
    assert!(head.line.contains("200"), "{head:?}");
    // It stands while nobody reads: what fits the sockets is gone, the rest waits.
    does(&staff, PROVIDER_APPROVER, &["revoke", &id, "--reason", "stop"]);
    let mut rest = Vec::new();
    let _ = connection.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it is complete");
    let outcome = world.log().wait_for("the outcome", |one| one["kind"] == "outcome");
    assert_eq!((&outcome["fate"], &outcome["code"]), (&value!("cut"), &value!("grant-not-active")));
    assert!(outcome["released"]["records"].as_u64().unwrap() < RECORDS as u64);
}
