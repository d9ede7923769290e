//! What a grant says, and a small reference model of its life: whatever anybody tries in whatever order,
//! no grant is open without its full chain, and nobody has two parts in one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

mod uses;

use super::document::{MAX_TEXT_BYTES, Volume};
use super::life::{self, fulfils, object_of};
use super::*;
use crate::domain::classification::{Class, Mode, Withholding};
use crate::domain::entry::Entry;
use crate::domain::identity::{Identity, Kind};
use crate::domain::name::Name;
use crate::domain::registry::{Department, Registry, Role};
use crate::release::life::{Person, Refusal};
use crate::release::statement::StepName;
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

/// An entry of nothing but its class.
fn entry(class: Class) -> Entry {
    use crate::domain::first_term::tests::entry;
    Entry { class, ..entry("persons", crate::domain::classification::Category::Base, Vec::new()) }
}

/// A tree: a city over health, police and its office; a province over it and over rail, with its office.
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
    // One person under two ids has one key.
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
    // Who opens it is nobody of the provider.
    let opens = statement(GrantStep::Open, Role::Approver, &taken);
    let not_now = Err(Refusal::NotNow { step: "open", stage: "requested" });
    assert_eq!(admits(&opens, &taken, &head), not_now);
}

/// What somebody tries.
#[derive(Clone, Debug)]
struct Try {
    step: GrantStep,
    role: Role,
    who: usize,
    /// Whether it is the step that would carry the grant on, in the role that it is for.
    aims: bool,
}

/// People of all sides, some with every role, one under two ids.
fn people() -> Vec<Person> {
    let every = Role::ALL;
    let mut people: Vec<Person> = ["health", "police", "office", "city", "others"]
        .iter()
        .flat_map(|department| {
            let id = |nth: usize| format!("{department}-{nth}");
            let one = [Role::Applicant, Role::Approver];
            vec![
                person(&id(0), department, &every),
                person(&id(1), department, &every),
                person(&id(2), department, &one),
                person(&id(3), department, &[Role::Leader]),
            ]
        })
        .collect();
    let twin = people[0].key;
    people.push(Person { key: twin, ..person("twin", "police", &every) });
    let gone = Person { roles: None, ..person("gone", "police", &every) };
    people.push(gone);
    people
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let aims = prop_oneof![3 => Just(true), 1 => Just(false)];
    let one = (select(GrantStep::ALL.to_vec()), select(Role::ALL.to_vec()), 0usize..22, aims);
    let one = one.prop_map(|(step, role, who, aims)| Try { step, role, who, aims });
    proptest::collection::vec(one, 1..60)
}

/// Of what kind a grant is, and how it stands with time.
#[derive(Clone, Debug)]
struct Case {
    class: Class,
    level: u8,
    overdue: bool,
    by_itself: bool,
    reviewable: bool,
}

/// Whoever tries what in whatever order: what the model of a grant's life lets pass, and nothing else.
fn live(case: Case, tries: Vec<Try>) -> Result<(), TestCaseError> {
    let Case { class, level, overdue, by_itself, reviewable } = case;
    let grant = &Grant { fields: BTreeMap::from([("$.name".into(), level)]), ..grant() };
    let parties = parties(grant);
    let usual = chain_of(grant, class.clone(), &parties).demand();
    let escalates = if by_itself { Escalates::WhenOverdue } else { Escalates::OnRequest };
    let demand = Demand { escalates, ..usual };
    let (classes, modes) = (Vec::new(), Vec::new());
    let row = ProcedureRow { classes, modes, level: None, demand, longest_days: None };
    let chain = Chain::of(grant, &entry(class), &parties, &ProcedureTable(vec![row]));
    let due = overdue.then_some(BEGIN);
    let ground = GrantContext { chain, parties: &parties, due, reviewable };
    let people = people();
    let mut taken: Vec<SignedStep<GrantStep>> = Vec::new();
    // The model: who must agree, how many have, and how it stands.
    let (mut links, mut done) = (chain.usual(), 0);
    let escalated_links = chain.escalated().to_vec();
    let (mut over, mut declined, mut escalated) = (false, false, false);
    for Try { step, role, who, aims } in tries {
        let by = &people[who];
        let waits = !over && !declined && done < links.len() && !taken.is_empty();
        let provider = links.get(done).is_some_and(|link| link.side == Side::Provider);
        if waits && overdue && by_itself && !escalated && provider && links != escalated_links {
            (links, done) = (escalated_links.clone(), 0);
        }
        let aim = links.get(done).filter(|_| aims && !over && !declined);
        let (step, role) = aim.map_or((step, role), |link| (link.step, link.role));
        let said = Statement { digest: grant.digest(), ..statement(step, role, &taken) };
        let of = |side| match side {
            Side::Consumer => "health",
            Side::Provider => "police",
            Side::Office | Side::OfficeAboveBoth => "office",
            Side::AboveConsumer | Side::AboveBoth => "city",
        };
        let mine = |side, roles: &[Role]| {
            let known = by.roles.as_ref().is_some_and(|own| own.contains(&role));
            by.identity.department == *of(side) && roles.contains(&role) && known
        };
        let new = !taken.iter().any(|one| one.by == by.identity || one.key == by.key);
        let (ended, open) = (over || declined, done == links.len());
        let pending = !ended && !open && !taken.is_empty();
        let ending = [Role::Approver, Role::SectionHead, Role::Leader];
        let applies = mine(Side::Consumer, &[Role::Applicant]);
        let expected = match step {
            GrantStep::Request
            | GrantStep::Agree
            | GrantStep::Approve
            | GrantStep::Open
            | GrantStep::Endorse
            | GrantStep::Review => {
                let next = links.get(done).filter(|link| link.step == step);
                !ended && new && next.is_some_and(|link| mine(link.side, &[link.role]))
            }
            GrantStep::Escalate => {
                // Those above have said their last word, also if they were asked by the clock.
                let above = links == escalated_links && (done > 0 || declined);
                (declined || pending && overdue) && !escalated && !above && !over && applies
            }
            GrantStep::Decline => pending && mine(links[done].side, &[links[done].role]),
            GrantStep::Withdraw => !ended && !open && applies,
            GrantStep::Return => !ended && open && applies,
            GrantStep::Confirm => {
                let above = links == escalated_links && mine(Side::AboveBoth, &ending);
                let one = mine(Side::Provider, &ending) || above;
                !ended && open && reviewable && one
            }
            GrantStep::Revoke => {
                let sides = [Side::Provider, Side::Office, Side::AboveBoth];
                !ended && open && sides.iter().any(|side| mine(*side, &ending))
            }
        };
        let admitted = admit(grant, ground, &taken, &said, by);
        prop_assert_eq!(admitted.is_ok(), expected, "{:?} by {:?}: {:?}", step, by, admitted);
        if expected {
            taken.push(took(said, by));
            match step {
                GrantStep::Escalate => {
                    (links, done) = (escalated_links.clone(), 0);
                    (declined, escalated) = (false, true);
                }
                GrantStep::Decline => declined = true,
                GrantStep::Withdraw | GrantStep::Revoke | GrantStep::Return => over = true,
                GrantStep::Confirm => {}
                _ => done += 1,
            }
        }
        let active = done == links.len() && !over && !declined;
        prop_assert_eq!(stage(&taken) == GrantStage::Active, active);
        prop_assert!(!active || fulfils(&chain, &taken));
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_grant_is_open_without_its_full_chain(
        tries in tries(),
        class in select(vec![Class::Restricted, withheld()]),
        level in 3u8..5,
        [overdue, by_itself, reviewable] in any::<[bool; 3]>(),
    ) {
        live(Case { class, level, overdue, by_itself, reviewable }, tries)?;
    }
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
    // Within one city its exchange office reviews, and the city's leader approves.
    let within =
        [(GrantStep::Review, "office"), (GrantStep::Approve, "city"), (GrantStep::Open, "office")];
    assert_eq!(of("health"), told(&within));
    // Across branches the consumer's own board endorses; then it is the province's.
    let across = [
        (GrantStep::Endorse, "rail-board"),
        (GrantStep::Review, "province-office"),
        (GrantStep::Approve, "province"),
        (GrantStep::Open, "office"),
    ];
    assert_eq!(of("rail"), told(&across));
    // Nobody stands above both.
    assert_eq!(of("others"), told(&[]));
    // Whoever decides in the end does not endorse before: the provider stands deeper than the consumer.
    let to = |consumer: &str, entry: &str| {
        let grant = Grant { consumer: name(consumer), entry: entry.into(), ..grant() };
        let parties = parties(&grant);
        let links = chain_of(&grant, Class::Restricted, &parties).escalated().into_iter();
        links.map(|link| (link.step, parties.department(link.side).unwrap().to_string())).collect()
    };
    let deeper: Vec<(GrantStep, String)> = to("city", "rail/timetable");
    assert_eq!(deeper[0], (GrantStep::Review, "province-office".to_owned()));
    // Nor does the provider, where the consumer stands right below it.
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
    // Fewer must agree by now, or one more.
    assert_eq!(next(&less, &taken, false), Some(GrantStep::Open));
    assert_eq!(next(&more, &taken[..2], false), Some(GrantStep::Approve));
    // The clock passes over the provider, and nobody else.
    let clock = by(None, Escalates::WhenOverdue);
    assert_eq!(next(&clock, &taken[..1], true), Some(GrantStep::Review));
    assert_eq!(next(&clock, &taken[..2], true), Some(GrantStep::Open));
    // What is not shared is opened by the office's leader, whoever has agreed in the provider's place.
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
    // Whoever has looked at it has done so for one date.
    assert_eq!(until(&confirmed(date - DAY_MS)), grant().until);
    assert_eq!(reviews.next(&grant(), &confirmed(date)), None);
    let twice = Grant { reviews: vec![date, date + 5 * DAY_MS], ..grant() };
    assert_eq!(reviews.next(&twice, &confirmed(date)), Some(date + 5 * DAY_MS));
    assert!(!reviews.is_due(date, date - 5 * DAY_MS - 1));
    assert!(reviews.is_due(date, date - 5 * DAY_MS));
    assert!(reviews.are_enough(&grant()));
    assert!(!reviews.are_enough(&Grant { reviews: Vec::new(), ..grant() }));
}
