//! Budgets: what a department may use under a term, across its systems, streams, stops and kills.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json as value};

use crate::support::office::{MAINTAINER, OFFICE_AUDITOR, Staff, staffed};
use crate::support::program::Site;
use crate::support::world::{PUBLIC_SECURITY, Setup, probe};
use crate::support::{
    Answer, Ask, Connection, Files, Origin, World, check, detail_of, eventually, json, system,
};
use crate::windows::{DESK, PROVIDER, RECORDS, answer_of, read_chunked, record, search, told};

const POPULATION: &str = "public-security/population.yaml";
const PURPOSE: &str = "social-assistance";

/// The term for human resources, with that budget.
fn budgeted(budget: &str) -> impl FnOnce(Files) -> Files {
    let rate = "rate: 1000/s\n    burst: 2000";
    let said = format!("{rate}\n    budget: {budget}");
    move |files: Files| files.edit(POPULATION, rate, &said)
}

fn setup(budget: &str, origin: &Origin) -> Setup {
    World::setup().catalog(budgeted(budget)).origin(PUBLIC_SECURITY, origin)
}

/// A provider that knows one person for each number: `/people/P7` is about the seventh.
fn people() -> Origin {
    Origin::start(PROVIDER, |asked, reply| {
        let digits: String = asked.head.line.chars().filter(char::is_ascii_digit).collect();
        let number: usize = digits[..digits.len() - 2].parse().unwrap_or_default();
        reply.send(&json(200, &format!(r#"{{"id_number":"33010619900307{number:04}"}}"#)));
    })
}

fn person(number: usize) -> Ask {
    Ask::get(&format!("/public-security/population/people/P{number}")).purpose(PURPOSE)
}

/// Three records.
fn three() -> Origin {
    Origin::answering(PROVIDER, json(200, &answer_of(record, 3)))
}

/// What the gateway says of the term's budget to one of the department's systems.
fn budget(world: &World) -> Value {
    let ask = Ask::get("/-/limits?entry=public-security/population");
    let answer = world.call("human-resources/probe-15", &ask);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.log().of(answer.exchange())[0]["operation"], "-/limits");
    answer.json()["entries"][0]["terms"][0]["budget"].clone()
}

fn used(world: &World) -> u64 {
    budget(world)[0]["used"].as_u64().unwrap()
}

#[test]
fn with_sixty_four_at_once_the_hundred_and_first_record_never_leaves() {
    let origin = three();
    let world = setup("{ total: { records: 100 } }", &origin).start();
    let (start, released) = (Barrier::new(64), AtomicU64::new(0));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = |number: usize| {
            let (world, start, released) = (&world, &start, &released);
            move || {
                let mut connection = world.connect(&probe(number));
                start.wait();
                let answer = connection.ask(&search());
                if answer.status == 200 {
                    let items = answer.json()["items"].as_array().unwrap().len() as u64;
                    released.fetch_add(items, Ordering::SeqCst);
                }
                answer
            }
        };
        let callers: Vec<_> = (0..64).map(|number| scope.spawn(ask(number))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(released.load(Ordering::SeqCst), 99);
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!(refused.len(), 64 - 33);
    for answer in refused {
        // What does not refill is forbidden, not to be waited for.
        assert_eq!((answer.status, answer.code().as_deref()), (403, Some("budget-exhausted")));
        assert_eq!(answer.header("retry-after"), None);
    }
    // The log says the same.
    let records = world.log().kind("single");
    let debits = records.iter().map(|record| record["debit"]["records"].as_u64().unwrap_or(0));
    assert_eq!(debits.sum::<u64>(), 99);
    assert_eq!(used(&world), 99);
}

#[test]
fn an_answer_that_does_not_fit_is_withheld_and_one_that_is_used_up_is_not_asked_for() {
    let origin = three();
    let world = setup("{ daily: { records: 5, requests: 4 } }", &origin).start();
    let first = world.call(DESK, &search());
    let record = check(&world, &first, 200, None);
    let basis = "term/social-assistance";
    let bytes = first.body.len();
    assert_eq!(
        record["debit"],
        value!({"basis": basis, "requests": 1, "records": 3, "bytes": bytes})
    );
    let policy = "\"system-1s\";q=1000;w=1, \"requests-day\";q=4;w=86400, \
                  \"records-day\";q=5;w=86400;qu=\"records\"";
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    let left = first.header("ratelimit").unwrap();
    assert!(left.contains("\"requests-day\";r=3;t=") && left.contains("\"records-day\";r=2;t="));
    // Two are left, three would come: the provider was asked, and the request counts.
    let second = world.call(DESK, &search());
    let record = check(&world, &second, 429, Some("budget-exhausted"));
    assert_eq!(
        detail_of(&record),
        "daily-limit basis=term/social-assistance unit=records limit=5 left=2 refills_at=?"
    );
    assert_eq!(record["debit"], value!({"basis": basis, "requests": 1, "records": 0, "bytes": 0}));
    let limit = &second.json()["limit"];
    assert_eq!((&limit["unit"], &limit["left"]), (&value!("records"), &value!(2)));
    let wait: u64 = second.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait));
    for _ in 0..2 {
        check(&world, &world.call(DESK, &search()), 429, Some("budget-exhausted"));
    }
    assert_eq!(origin.seen().len(), 4);
    // Now the requests are used up: nobody is asked, by whatever system, and the decision says so.
    let refused = world.probe(3, &search());
    let record = check(&world, &refused, 429, Some("budget-exhausted"));
    assert_eq!((&record["debit"], &record["decision"]), (&Value::Null, &value!("denial")));
    assert_eq!(refused.json()["nearest"]["lacking"][0]["limit"]["unit"], "requests");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"requests-day\";q=4;w=86400"));
    assert_eq!(origin.seen().len(), 4);
    let question = value!({"method": "POST", "path": "/public-security/population/search",
        "body": {"name": "赵晓明"}, "purpose": PURPOSE});
    let decided = world.call(DESK, &Ask::post("/-/decide", &question.to_string())).json();
    assert_eq!(decided["problem"]["code"], "budget-exhausted", "{decided}");
    let offered = world.call(DESK, &Ask::get("/-/catalog?callable=true")).text().to_owned();
    assert!(!offered.contains("public-security/population"), "{offered}");
    let portion = |unit: &str, limit: u64, used: u64| {
        let refills = &budget(&world)[0]["refills"];
        value!({"unit": unit, "window": "day", "limit": limit, "used": used,
            "left": limit - used, "refills": refills})
    };
    assert_eq!(budget(&world), value!([portion("requests", 4, 4), portion("records", 5, 3)]));
}

#[test]
fn whom_one_knows_already_costs_nothing() {
    let origin = Origin::start(PROVIDER, |asked, reply| {
        // It answers about whoever is asked about.
        let body = String::from_utf8(asked.body.clone()).unwrap();
        reply.send(&json(200, &body));
    });
    let world = setup("{ daily: { persons: 2 } }", &origin).start();
    let about = |number: &str| {
        let body = format!(r#"{{"id_number":"{number}"}}"#);
        world.call(DESK, &Ask::post("/public-security/population/query", &body).purpose(PURPOSE))
    };
    let people = ["330106199003070410", "33010619870512043X", "330106198801019999"];
    for number in [0, 1, 0, 0, 1] {
        assert_eq!(about(people[number]).status, 200);
    }
    // Of a third nothing is found out: the provider is not asked whether there is one.
    let asked = origin.seen().len();
    let refused = about(people[2]);
    check(&world, &refused, 429, Some("budget-exhausted"));
    assert_eq!(refused.json()["limit"]["unit"], "persons");
    assert_eq!(origin.seen().len(), asked);
    assert_eq!(about(people[1]).status, 200);
}

#[test]
fn a_long_answer_is_cut_where_its_budget_ends() {
    let origin = Origin::answering(PROVIDER, json(200, &answer_of(record, RECORDS)));
    let budget = "{ total: { records: 5000, persons: 8000 } }";
    let mut world = crate::windows::setup(&origin).catalog(budgeted(budget)).start_serving();
    let mut connection = world.connect(DESK);
    connection.send(&search().header("Connection", "close").bytes());
    let (answer, complete) = read_chunked(&mut connection);
    assert!(!complete);
    let (intent, parts, outcome) = told(&world, answer.exchange());
    assert_eq!((&outcome["fate"], &outcome["code"]), (&value!("cut"), &value!("budget-exhausted")));
    let released = outcome["released"]["records"].as_u64().unwrap();
    assert!((2_000..=5_000).contains(&released), "{released}");
    // Nothing has left that was not counted before, and the debits add up to what is told.
    let shown = answer.text().matches("record_number").count() as u64;
    assert!(shown <= released, "{shown} of {released}");
    let sum = |key: &str| {
        let lines = [&intent, &outcome].into_iter().chain(&parts);
        lines.map(|line| line["debit"][key].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((sum("requests"), sum("records")), (1, released));
    assert_eq!(sum("bytes"), outcome["released"]["bytes"]);
    assert_eq!(used(&world), released);
    // A stop changes nothing, nor does the loss of what is kept beside the log.
    assert!(world.stop());
    world.reopen();
    let after = self::budget(&world);
    assert_eq!(after[0]["used"], released);
    assert!(world.stop());
    std::fs::remove_file(world.dir().join("log/budgets.state")).unwrap();
    world.reopen();
    assert_eq!(self::budget(&world), after);
}

#[test]
fn what_is_kept_is_not_believed_when_it_was_changed() {
    let origin = three();
    let mut world = setup("{ total: { records: 9 } }", &origin).start_serving();
    check(&world, &world.call(DESK, &search()), 200, None);
    assert!(world.stop());
    let file = world.dir().join("log/budgets.state");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let why = world.refuses_to_reopen();
    assert!(why.contains("budgets.state is not as it was written"), "{why}");
    assert!(why.contains("sluice limits recount"), "{why}");
}

#[test]
fn people_see_the_limits_that_concern_them() {
    let origin = people();
    let world = World::setup()
        .catalog(staffed)
        .catalog(budgeted("{ daily: { persons: 20 } }"))
        .origin(PUBLIC_SECURITY, &origin)
        .start();
    for number in [1, 2, 2] {
        check(&world, &world.call(DESK, &person(number)), 200, None);
    }
    let staff = Staff::of(&world);
    let show = |who: &str| {
        let ended = staff.run_of("limits", who, &["show", "--consumer", DESK]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    };
    let out = show(OFFICE_AUDITOR);
    assert!(out.contains("human-resources/pension-desk by catalog"), "{out}");
    assert!(out.contains("  term/social-assistance  (社会救助暂行办法)"), "{out}");
    assert!(out.contains("persons   20 a day"), "{out}");
    assert!(out.contains("18 left, whole again at 20"), "{out}");
    assert!(out.contains("1000 in 1 s"), "{out}");
    // A person of another department sees what concerns that department's entries.
    let other = staff.asks(MAINTAINER, &Ask::get(&format!("/api/v1/limits?consumer={DESK}")));
    assert_eq!(other.status, 200, "{other:?}");
    assert!(!other.text().contains("public-security"), "{other:?}");
    let wrong = staff.asks(OFFICE_AUDITOR, &Ask::get("/api/v1/limits?consumer=nobody"));
    assert_eq!((wrong.status, wrong.code().as_deref()), (400, Some("request-malformed")));
    let ended = staff.run_of("limits", OFFICE_AUDITOR, &["show", "--consumer", "a b"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn a_kill_forgets_nothing_that_was_released() {
    kills(4);
}

#[test]
#[ignore = "long: 50 SIGKILL rounds"]
fn fifty_kills_forget_nothing_that_was_released() {
    kills(50);
}

/// After each kill, at least what arrived is counted, and exactly what the log says.
fn kills(rounds: u64) {
    let origin = three();
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let budget = budgeted("{ total: { records: 1000000000 } }");
    budget(Files::default()).write(&site.path("catalog"));
    let mut arrived = 0;
    for round in 0..rounds {
        let mut gateway = site.serve();
        let address = gateway.address("exchange");
        let heard = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for caller in 0..4 {
                let heard = &heard;
                scope.spawn(move || {
                    let desk = system(&probe(caller));
                    let mut connection = Connection::open(address, Some(&desk)).unwrap();
                    for _ in 0..10_000 {
                        connection.send(&search().bytes());
                        let Ok(answer) = connection.answer() else { break };
                        assert_eq!(answer.status, 200, "{answer:?}");
                        heard.fetch_add(3, Ordering::SeqCst);
                    }
                });
            }
            let least = 60 * (1 + round % 5);
            eventually("load", || (heard.load(Ordering::SeqCst) >= least).then_some(()));
            gateway.kill();
        });
        arrived += heard.load(Ordering::SeqCst);
        let gateway = site.serve();
        let ask = Ask::get("/-/limits?entry=public-security/population");
        let desk = system("human-resources/pension-desk");
        let mut connection = Connection::open(gateway.address("exchange"), Some(&desk)).unwrap();
        let told = connection.ask(&ask).json();
        let used = told["entries"][0]["terms"][0]["budget"][0]["used"].as_u64().unwrap();
        let records = site.log().records();
        let debits = records.iter().map(|record| record["debit"]["records"].as_u64().unwrap_or(0));
        assert_eq!(used, debits.sum::<u64>());
        assert!(used >= arrived, "{used} counted, {arrived} arrived");
        drop(gateway);
    }
}
