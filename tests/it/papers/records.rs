//! `docs/log-format.md` has every member of every kind of record, and every fixed word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sluice::tls::HandshakeCause;
use sluice_core::domain::name::Name;
use sluice_core::domain::rejection::Detail;
use sluice_core::domain::view::Counts;
use sluice_core::ledger::digest::{BodyDigest, SubjectDigest};
use sluice_core::ledger::line::{Head, Line};
use sluice_core::ledger::record::*;

static DETAIL: Detail<'static> = Detail { reason: "example", members: Vec::new() };

use super::blocks::blocks;
use super::page;
use super::region::{quoted, rows_below};

const PAGE: &str = "docs/log-format.md";

/// The objects within a record that have a heading of their own.
const OBJECTS: [&str; 4] = ["consumer", "operator", "released", "debit"];

/// Enough to make a record longer than a line may be.
const TOO_MANY: usize = 4_000;

#[test]
fn the_page_has_every_member_of_every_kind() {
    let text = page(PAGE);
    let written = |heading: &str| -> BTreeSet<String> {
        let rows = rows_below(&text, heading);
        rows.iter().flat_map(|row| quoted(&row[0])).collect()
    };
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines() {
        let kind = line["kind"].as_str().unwrap().to_owned();
        let is_control = kind == "control";
        let head = ["v", "index", "time", "node", "kind"];
        told.entry("## Every record".into()).or_default().extend(head.map(str::to_owned));
        let rest = line.iter().filter(|(name, _)| !head.contains(&name.as_str()));
        for (name, value) in rest {
            // What an event carries beside these two stands in the table of events.
            if !is_control || ["event", "at"].contains(&name.as_str()) {
                told.entry(format!("## `{kind}`")).or_default().insert(name.clone());
            }
            if OBJECTS.contains(&name.as_str()) {
                let below = value.as_object().unwrap().keys().cloned();
                told.entry(format!("### `{name}`")).or_default().extend(below);
            }
        }
    }
    for (heading, members) in told {
        assert_eq!(written(&heading), members, "{PAGE}, {heading}");
    }
}

#[test]
fn the_page_has_every_event_with_its_members() {
    let written = rows_below(&page(PAGE), "### Events");
    let written: BTreeMap<String, BTreeSet<String>> = written
        .iter()
        .map(|row| (quoted(&row[0]).remove(0), quoted(&row[1]).into_iter().collect()))
        .collect();
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in events() {
        let line = line_of(&Record::Control(Control { time: 0, event: event.clone() }));
        let shared = ["v", "index", "time", "node", "kind", "event", "at"];
        let own = line.keys().filter(|name| !shared.contains(&name.as_str())).cloned();
        told.entry(event.word().to_owned()).or_default().extend(own);
    }
    assert_eq!(written, told);
}

#[test]
fn the_page_has_every_fixed_word() {
    let known = quoted(&page(PAGE));
    let effects = [Effect::Release, Effect::Write, Effect::Ask].map(Effect::word);
    let fates = [Fate::Complete, Fate::Cut, Fate::Withheld, Fate::Unknown].map(Fate::word);
    let causes = HandshakeCause::all().map(HandshakeCause::as_str);
    for word in effects.into_iter().chain(fates).chain(causes) {
        assert!(known.iter().any(|told| told == word), "{PAGE} lacks `{word}`");
    }
}

#[test]
fn examples_are_lines_of_the_log() {
    let examples: Vec<_> =
        blocks(&page(PAGE)).into_iter().filter(|b| b.language == "json").collect();
    assert!(!examples.is_empty());
    for example in examples {
        // A page folds a line; the line itself has no white space between its members.
        let unfolded: String = example.text.lines().map(str::trim).collect();
        let line = Line::parse(unfolded.as_bytes());
        assert!(line.is_ok(), "{PAGE}:{}: {line:?}", example.line);
        let line = line.unwrap();
        let made = lines().into_iter().filter(|made| made["kind"] == *line.kind);
        let known: BTreeSet<String> = made.flat_map(|made| members(&Value::Object(made))).collect();
        for member in members(&Value::Object(line.members)) {
            assert!(known.contains(&member), "{PAGE}:{}: no member {member}", example.line);
        }
    }
}

/// The names of members, and of those of the objects within.
fn members(value: &Value) -> Vec<String> {
    let Value::Object(object) = value else { return Vec::new() };
    let below = object.iter().flat_map(|(name, value)| {
        let inner = if OBJECTS.contains(&name.as_str()) { members(value) } else { Vec::new() };
        inner.into_iter().map(move |below| format!("{name}.{below}"))
    });
    object.keys().cloned().chain(below).collect()
}

/// A record's line, read as JSON.
fn line_of(record: &Record<'_>) -> Map<String, Value> {
    let node = Name::parse("gw-1").unwrap();
    let mut line = Vec::new();
    record.write_line(&Head { index: 0, time: 0, node: &node }, &mut line).unwrap();
    serde_json::from_slice(&line).unwrap()
}

/// Records of every kind that, taken together, have every member there is.
fn lines() -> Vec<Map<String, Value>> {
    let consumer = Consumer {
        department: Some("health".into()),
        system: Some("clinic-desk".into()),
        certificate: Some("0a1b2c".into()),
        address: Some("10.1.2.3".into()),
    };
    let thread = Thread {
        exchange: "01a20056-2f7b-7007-87d1-7b104c73eb23".into(),
        intent: 7,
        department: Some("health".into()),
        system: Some("clinic-desk".into()),
        entry: Some("public-security/population".into()),
    };
    let paths: Vec<Box<str>> = (0..TOO_MANY).map(|n| format!("$.field_{n}").into()).collect();
    let counts = vec![Counts::new(0, 1, 1); TOO_MANY];
    let (short, long) = (released(&paths[..1], &counts[..1]), released(&paths, &counts));
    let exchange = exchange(&consumer, short.clone());
    let ended = Ended {
        thread: &thread,
        fate: Fate::Cut,
        code: Some("policy-changed"),
        detail: Some(&DETAIL),
        status: Some(200),
        released: Some(short.clone()),
        debit: Some(debit()),
        gateway_us: 1,
        upstream_us: Some(1),
    };
    let group =
        RefusalGroup { peer: "health/clinic-desk".into(), cause: "closed".into(), count: 9 };
    let refusals = Refusals { since: 0, until: 0, groups: vec![group; TOO_MANY] };
    let part = Continuation {
        thread: &thread,
        window: 1,
        bytes: 1,
        records: 1,
        subjects: &[SubjectDigest([0; 16])],
        debit: Some(debit()),
    };
    let totals = Exchange { released: Some(long.clone()), ..exchange.clone() };
    let records = [
        Record::Single(exchange.clone()),
        Record::Single(totals),
        Record::Intent(Intent { exchange, effect: Effect::Release }),
        Record::Continuation(part),
        Record::Outcome(ended.clone()),
        Record::Outcome(Ended { released: Some(long), ..ended }),
        Record::Refusals(refusals),
        Record::Control(Control { time: 0, event: Event::Stopped }),
    ];
    records.iter().map(line_of).collect()
}

fn exchange<'a>(consumer: &'a Consumer, released: Released<'a>) -> Exchange<'a> {
    Exchange {
        exchange: "01a20056-2f7b-7007-87d1-7b104c73eb23",
        time: 0,
        consumer,
        operator: Some("officer-0641"),
        purpose: Some("disease-control"),
        case: Some("SA-2026-00017"),
        consent: Some("C-17"),
        entry: Some("public-security/population"),
        operation: Some("query"),
        mode: Some("query"),
        catalog_version: "r1-a36ff5bc39ef",
        outcome: Outcome {
            permitted: true,
            basis: Some(BasisName::Term("example")),
            confidential: true,
            code: Some("upstream-timeout"),
            detail: Some(&DETAIL),
            status: Some(504),
        },
        request_digest: Some(BodyDigest([0; 32])),
        released: Some(released),
        debit: Some(debit()),
        gateway_us: 1,
        upstream_us: Some(1),
    }
}

fn released<'a>(paths: &'a [Box<str>], counts: &'a [Counts]) -> Released<'a> {
    Released {
        bytes: 1,
        digest: BodyDigest([0; 32]),
        records: 1,
        fields: FieldCounts { paths, counts },
        undeclared: 1,
        mismatched: 1,
        withheld: 1,
        unnamed: 1,
        subjects: &[SubjectDigest([0; 16])],
    }
}

fn debit() -> Debit<'static> {
    let basis = BasisName::Term("example");
    Debit { basis, requests: 1, records: 1, bytes: 1, unnamed: 1, persons: true }
}

/// Every event. An event that is added must be added to the match, and so be seen here.
fn events() -> Vec<Event> {
    let text = || Box::<str>::from("example");
    let all = vec![
        Event::Started { program: text(), catalog_version: text() },
        Event::Stopped,
        Event::LogCut { segment: text(), bytes: 1 },
        Event::OpenIntents { intents: vec![(7, text())], remaining: 1 },
        Event::ClockJumped { by_ms: -1 },
        Event::Pruned { from: 0, until: 1, segments: 1, bytes: 1, root: text() },
        Event::Continues { checkpoint: text() },
        Event::LogRead { by: text(), what: text(), records: 1 },
        Event::Disclosed { by: text(), exchange: text() },
        Event::Step { by: text(), step: text(), object: text(), digest: text(), release: Some(1) },
        Event::StepVoided { object: text(), digest: text() },
        Event::PolicyChanged { catalog_version: text() },
        Event::HandshakeRefused { address: text(), cause: text(), claimed: Some(text()) },
    ];
    let number = |event: &Event| match event {
        Event::Started { .. } => 0,
        Event::Stopped => 1,
        Event::LogCut { .. } => 2,
        Event::OpenIntents { .. } => 3,
        Event::ClockJumped { .. } => 4,
        Event::Pruned { .. } => 5,
        Event::Continues { .. } => 6,
        Event::LogRead { .. } => 7,
        Event::Disclosed { .. } => 8,
        Event::Step { .. } => 9,
        Event::StepVoided { .. } => 10,
        Event::PolicyChanged { .. } => 11,
        Event::HandshakeRefused { .. } => 12,
    };
    assert!(all.iter().map(number).eq(0..all.len()), "an event is missing");
    all
}
