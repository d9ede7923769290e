//! Tests of grants' texts, of the people who must agree, and that a signature counts for one step
//! of one grant only.

use std::collections::BTreeMap;

mod model;
mod uses;

use super::document::{Amounts, MAX_TEXT_BYTES, Volume};
use super::life::{self, fulfils, object_of};
use super::*;
use crate::domain::classification::{Class, Mode, Withholding};
use crate::domain::entry::Entry;
use crate::domain::identity::{Identity, Kind};
use crate::domain::name::Name;
use crate::domain::registry::{Department, Registry, Role};
use crate::release::life::{Person, Refusal};
use crate::release::statement::MAX_EXACT_INTEGER;
use crate::release::step::StepName;
use crate::release::{ContentDigest, SignedStep, Statement};

const DAY_MS: i64 = 86_400_000;
const BEGIN: i64 = 1_795_622_400_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn digest(text: &str) -> ContentDigest {
    ContentDigest::of(text.as_bytes())
}

fn grant() -> Grant {
    Grant {
        bindings: BTreeMap::from([("region".into(), "330106".into())]),
        budget: Volume::default(),
        case: Some("京民〔2026〕12号".into()),
        catalog: "r2-0123456789ab".into(),
        conditions: None,
        consumer: name("health"),
        entry: "police/persons".into(),
        fields: BTreeMap::from([("$.name".into(), 3), ("$['登记 号']".into(), 2)]),
        from: BEGIN,
        id: name("g-7"),
        legal_basis: "传染病防治法".into(),
        operations: vec![name("query")],
        operators: Vec::new(),
        purpose: name("disease-control"),
        rate: std::num::NonZeroU32::new(5),
        responsible: Responsible { consumer: name("wang"), provider: name("li") },
        retention: None,
        reviews: vec![BEGIN + 20 * DAY_MS],
        subjects: Subjects::of(&[1; 32], ["330106199003070410"]),
        supersedes: None,
        systems: Vec::new(),
        until: BEGIN + 30 * DAY_MS,
    }
}

#[test]
fn another_program_writes_a_grant_as_we_do() {
    // RFC 8785 sorts names by their UTF-16 form: U+20000 (D840 DC00) before U+F900.
    let fields = BTreeMap::from([("$.\u{f900}".into(), 1), ("$.\u{20000}".into(), 2)]);
    let text = Grant { fields, ..grant() }.canonical();
    assert!(text.contains("\"fields\":{\"$.\u{20000}\":2,\"$.\u{f900}\":1}"), "{text}");
    assert!(Grant::parse(&text).is_ok());
    // Numbers are read as floating-point ones.
    let budget = |bytes| {
        let total = Amounts { bytes: std::num::NonZeroU64::new(bytes), ..Amounts::default() };
        Grant { budget: Volume { total, ..Volume::default() }, ..grant() }.check()
    };
    assert_eq!(budget(MAX_EXACT_INTEGER), Ok(()));
    assert_eq!(budget(MAX_EXACT_INTEGER + 1), Err(NotAGrant::Number));
}

#[test]
fn a_grant_reads_back_and_nothing_else_does() {
    let text = grant().canonical();
    assert!(text.starts_with(r#"{"bindings":{"region":"330106"},"case":"#), "{text}");
    assert_eq!(Grant::parse(&text), Ok(grant()));
    let begun = "\"from\":\"2026-11-26T16:00:00.000Z\"";
    assert!(text.contains(&begun.replace("16", "00").replace("26T00", "25T16")), "{text}");
    for (from, to, wrong) in [
        ("{\"bindings", "{ \"bindings", NotAGrant::NotCanonical),
        ("\"id\":\"g-7\"", "\"id\":\"g-7\",\"rate\":5", NotAGrant::Json(String::new())),
        ("京民", "\\u4eac民", NotAGrant::NotCanonical),
        ("[\"query\"]", "[]", NotAGrant::List("operations")),
        ("[\"query\"]", "[\"query\",\"query\"]", NotAGrant::List("operations")),
        ("传染病防治法", " ", NotAGrant::Text("legal_basis")),
        ("传染病防治法", &"x".repeat(MAX_TEXT_BYTES + 1), NotAGrant::Text("legal_basis")),
        ("京民〔2026〕12号", "a;b", NotAGrant::Case),
        ("传染病防治法", "law \u{202e}wal", NotAGrant::Text("legal_basis")),
        ("\"reviews\"", "\"retention\":\"a month\",\"reviews\"", NotAGrant::Retention),
        ("\"330106\"", "\"330106\\nregion: 11\"", NotAGrant::Text("bindings")),
        (":5,", ":0,", NotAGrant::Json(String::new())),
        ("2026-12-25T", "2026-11-25T", NotAGrant::Reviews),
        ("2026-12-15T", "2027-12-15T", NotAGrant::Reviews),
        ("[\"2026-12-15T16:00:00.000Z\"]", "[]", NotAGrant::NotCanonical),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let found = Grant::parse(&text.replacen(from, to, 1)).unwrap_err();
        let same = match (&found, &wrong) {
            (NotAGrant::Json(_), NotAGrant::Json(_)) => true,
            _ => found == wrong,
        };
        assert!(same, "{to}: {found:?}");
    }
}

/// Makes an entry of which only the class matters.
fn entry(class: Class) -> Entry {
    use crate::domain::first_term::tests::entry;
    Entry { class, ..entry("persons", crate::domain::classification::Category::Base, Vec::new()) }
}

/// Makes a registry with a tree: a city over health, police and its office; a province over the
/// city and over rail, with its own office.
fn registry() -> Registry {
    let department = |id: &str, parent: Option<&str>, tags: &[&str]| Department {
        id: name(id),
        title: id.into(),
        title_en: None,
        code: None,
        parent: parent.map(name),
        tags: tags.iter().map(|tag| name(tag)).collect(),
        region: None,
        active: true,
        upstream_addresses: Vec::new(),
        rates: Vec::new(),
        systems: Vec::new(),
        people: Vec::new(),
    };
    let departments = vec![
        department("province", None, &[]),
        department("province-office", Some("province"), &["exchange-office"]),
        department("rail-board", Some("province"), &[]),
        department("rail", Some("rail-board"), &[]),
        department("rail-other", Some("rail-board"), &[]),
        department("city", Some("province"), &[]),
        department("office", Some("city"), &[]),
        department("health", Some("city"), &[]),
        department("police", Some("city"), &[]),
        department("others", None, &[]),
    ];
    Registry::new(departments, Vec::new())
}

fn parties(grant: &Grant) -> Parties {
    Parties::of(grant, &registry(), &name("office")).unwrap()
}

fn withheld() -> Class {
    let said = |text: &str| text.into();
    Class::NonShared(Withholding {
        reason: said("secret"),
        legal_basis: said("law"),
        approver: said("office"),
    })
}

fn chain_of(grant: &Grant, class: Class, parties: &Parties) -> Chain {
    Chain::of(grant, &entry(class), parties, &ProcedureTable::default())
}

#[test]
fn what_weighs_more_needs_more_people() {
    let steps = |grant: &Grant, class: Class| -> Vec<(GrantStep, Side, Role)> {
        let links = chain_of(grant, class, &parties(grant)).usual();
        links.iter().map(|link| (link.step, link.side, link.role)).collect()
    };
    let plain = steps(&grant(), Class::Restricted);
    assert_eq!(plain.len(), 3);
    assert_eq!(plain[1], (GrantStep::Agree, Side::Provider, Role::Approver));
    let secret = Grant { fields: BTreeMap::from([("$.name".into(), 4)]), ..grant() };
    let weighty = steps(&secret, Class::Restricted);
    assert_eq!(weighty[1], (GrantStep::Agree, Side::Provider, Role::SectionHead));
    assert_eq!(weighty[2], (GrantStep::Approve, Side::Provider, Role::Leader));
    assert_eq!(weighty[3], (GrantStep::Open, Side::Office, Role::Approver));
    let bulk = Grant { operations: vec![name("bulk")], ..grant() };
    let modes: Vec<Mode> = entry(Class::Restricted).operations.iter().map(|o| o.mode).collect();
    assert!(modes.contains(&Mode::Bulk));
    assert_eq!(steps(&bulk, Class::Restricted), weighty);
    let last = |class| *steps(&grant(), class).last().unwrap();
    assert_eq!(last(withheld()), (GrantStep::Open, Side::Office, Role::Leader));
}

fn person(id: &str, department: &str, roles: &[Role]) -> Person {
    let identity = Identity { department: name(department), kind: Kind::Person, id: name(id) };
    Person { key: digest(id), identity, roles: Some(roles.to_vec()) }
}

fn statement(step: GrantStep, role: Role, taken: &[SignedStep<GrantStep>]) -> Statement<GrantStep> {
    Statement {
        step,
        object: object_of(&grant()).into(),
        digest: grant().digest(),
        previous: taken.last().map(|last| last.digest),
        role,
        time: BEGIN,
        approval: None,
        reason: step.needs_reason().then(|| "why".into()),
    }
}

fn took(statement: Statement<GrantStep>, by: &Person) -> SignedStep<GrantStep> {
    let digest = digest(&statement.canonical());
    SignedStep { statement, by: by.identity.clone(), key: by.key, digest }
}

#[test]
fn signatures_are_of_one_step_of_one_grant() {
    let parties = parties(&grant());
    let chain = chain_of(&grant(), Class::Restricted, &parties);
    let ground = GrantContext { chain, parties: &parties, due: None, reviewable: false };
    let asks = person("a", "health", &[Role::Applicant]);
    let request = statement(GrantStep::Request, Role::Applicant, &[]);
    let admits = |statement: &Statement<GrantStep>,
                  taken: &[SignedStep<GrantStep>],
                  by: &Person| { admit(&grant(), ground, taken, statement, by) };
    assert_eq!(admits(&request, &[], &asks), Ok(GrantStage::Requested));
    let other = Statement { object: "grant/g-8".into(), ..request.clone() };
    assert_eq!(admits(&other, &[], &asks), Err(Refusal::OtherObject));
    let other = Statement { digest: digest("another"), ..request.clone() };
    assert_eq!(admits(&other, &[], &asks), Err(Refusal::OtherObject));
    let taken = [took(request.clone(), &asks)];
    let head = person("b", "police", &[Role::Approver]);
    let early = Statement { previous: None, ..statement(GrantStep::Agree, Role::Approver, &taken) };
    assert_eq!(admits(&early, &taken, &head), Err(Refusal::OtherPrevious));
    // Two ids of one person share a key.
    let twin = Person { key: asks.key, ..head.clone() };
    let agree = statement(GrantStep::Agree, Role::Approver, &taken);
    let twice = Err(Refusal::SamePerson { step: "request" });
    assert_eq!(admits(&agree, &taken, &twin), twice);
    assert_eq!(admits(&agree, &taken, &head), Ok(GrantStage::Agreed));
    let silent =
        Statement { reason: None, ..statement(GrantStep::Decline, Role::Approver, &taken) };
    assert_eq!(admits(&silent, &taken, &head), Err(Refusal::ReasonMissing));
    let decline = statement(GrantStep::Decline, Role::Approver, &taken);
    assert_eq!(admits(&decline, &taken, &head), Ok(GrantStage::Declined));
    // The person who opens it must not be the provider's.
    let opens = statement(GrantStep::Open, Role::Approver, &taken);
    let not_now = Err(Refusal::NotNow { step: "open", stage: "requested" });
    assert_eq!(admits(&opens, &taken, &head), not_now);
}

#[test]
fn who_stands_above_decides_what_was_declined() {
    let of = |consumer: &str| {
        let grant = Grant { consumer: name(consumer), ..grant() };
        let parties = parties(&grant);
        let chain = chain_of(&grant, Class::Restricted, &parties);
        let links = chain.escalated().into_iter();
        let told = |link: Link| (link.step, parties.department(link.side).unwrap().to_string());
        links.map(told).collect::<Vec<_>>()
    };
    let told = |links: &[(GrantStep, &str)]| -> Vec<(GrantStep, String)> {
        links.iter().map(|(step, of)| (*step, (*of).to_owned())).collect()
    };
    // Within one city, its exchange office reviews and the city's leader approves.
    let within =
        [(GrantStep::Review, "office"), (GrantStep::Approve, "city"), (GrantStep::Open, "office")];
    assert_eq!(of("health"), told(&within));
    // Across branches, the consumer's own board endorses first; then the province's people decide.
    let across = [
        (GrantStep::Endorse, "rail-board"),
        (GrantStep::Review, "province-office"),
        (GrantStep::Approve, "province"),
        (GrantStep::Open, "office"),
    ];
    assert_eq!(of("rail"), told(&across));
    // No office stands above both.
    assert_eq!(of("others"), told(&[]));
    // An office that decides in the end does not endorse before: the provider stands deeper than
    // the consumer.
    let to = |consumer: &str, entry: &str| {
        let grant = Grant { consumer: name(consumer), entry: entry.into(), ..grant() };
        let parties = parties(&grant);
        let links = chain_of(&grant, Class::Restricted, &parties).escalated().into_iter();
        links.map(|link| (link.step, parties.department(link.side).unwrap().to_string())).collect()
    };
    let deeper: Vec<(GrantStep, String)> = to("city", "rail/timetable");
    assert_eq!(deeper[0], (GrantStep::Review, "province-office".to_owned()));
    // The provider does not endorse, if the consumer stands directly below it.
    let below: Vec<(GrantStep, String)> = to("rail", "rail-board/timetable");
    assert_eq!(below[0], (GrantStep::Review, "province-office".to_owned()));
}

#[test]
fn a_request_under_way_goes_on_by_what_is_demanded_now() {
    let parties = parties(&grant());
    let by = |approve: Option<Role>, escalates: Escalates| {
        let plain = chain_of(&grant(), Class::Restricted, &parties).demand();
        let demand = Demand { approve, escalates, ..plain };
        let (classes, modes) = (Vec::new(), Vec::new());
        let row = ProcedureRow { classes, modes, level: None, demand, longest_days: None };
        Chain::of(&grant(), &entry(Class::Restricted), &parties, &ProcedureTable(vec![row]))
    };
    let (more, less) =
        (by(Some(Role::Leader), Escalates::OnRequest), by(None, Escalates::OnRequest));
    let mut taken = Vec::new();
    for (step, role, who) in [
        (GrantStep::Request, Role::Applicant, "health"),
        (GrantStep::Agree, Role::Approver, "police"),
        (GrantStep::Approve, Role::Leader, "police"),
    ] {
        let by = person(&format!("{who}-{}", step.as_str()), who, &[role]);
        taken.push(took(statement(step, role, &taken), &by));
    }
    let next = |chain: &Chain, taken: &[SignedStep<GrantStep>], overdue: bool| {
        life::next(chain, taken, overdue).map(|link| link.step)
    };
    // The chain may have become shorter or longer since.
    assert_eq!(next(&less, &taken, false), Some(GrantStep::Open));
    assert_eq!(next(&more, &taken[..2], false), Some(GrantStep::Approve));
    // A silent provider is passed over by the clock alone; nobody else is.
    let clock = by(None, Escalates::WhenOverdue);
    assert_eq!(next(&clock, &taken[..1], true), Some(GrantStep::Review));
    assert_eq!(next(&clock, &taken[..2], true), Some(GrantStep::Open));
    // The office's leader opens a grant for an entry that is not shared, even if others agreed in
    // the provider's place.
    let escalated = chain_of(&grant(), withheld(), &parties).escalated();
    assert_eq!(escalated.last().map(|link| link.role), Some(Role::Leader));
}

#[test]
fn a_grant_that_nobody_looks_at_again_holds_no_longer() {
    let reviews = Reviews { every_days: 20, notice_days: 5, grace_days: 3 };
    let date = BEGIN + 20 * DAY_MS;
    let until = |taken: &[SignedStep<GrantStep>]| reviews.holds_until(&grant(), taken);
    assert_eq!(until(&[]), date + 3 * DAY_MS);
    let confirmed = |time: i64| {
        let statement = Statement { time, ..statement(GrantStep::Confirm, Role::Approver, &[]) };
        [took(statement, &person("b", "police", &[Role::Approver]))]
    };
    // One confirmation counts for one date.
    assert_eq!(until(&confirmed(date - DAY_MS)), grant().until);
    assert_eq!(reviews.next(&grant(), &confirmed(date)), None);
    let twice = Grant { reviews: vec![date, date + 5 * DAY_MS], ..grant() };
    assert_eq!(reviews.next(&twice, &confirmed(date)), Some(date + 5 * DAY_MS));
    assert!(!reviews.is_due(date, date - 5 * DAY_MS - 1));
    assert!(reviews.is_due(date, date - 5 * DAY_MS));
    assert!(reviews.are_enough(&grant()));
    assert!(!reviews.are_enough(&Grant { reviews: Vec::new(), ..grant() }));
}
