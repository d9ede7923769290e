//! Any bytes at all, as a line of the log, and any text, as what a record tells.
//!
//! Whatever it is: no panic; a line that reads is written in one way only, so that it says the same
//! to who reads all of it and to who looks at its first bytes; and what a record tells is what its
//! line says.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::domain::rejection::{Detail, DetailMember, DetailValue};
use sluice_core::ledger::digest::{BodyDigest, SubjectDigest};
use sluice_core::ledger::line::{Head, Line, MAX_LINE_BYTES, MAX_TEXT_BYTES};
use sluice_core::ledger::record::{
    BasisName, Consumer, Control, Debit, Event, Exchange, FieldCounts, Outcome, Record,
    RefusalGroup, Refusals, Released,
};

const TIME: UnixMillis = 1_772_323_200_000;

static NODE: LazyLock<Name> = LazyLock::new(|| Name::parse("gw-1").expect("a name"));

fuzz_target!(|data: &[u8]| {
    if let Ok(line) = Line::parse(data) {
        read(data, &line);
    }
    let texts: Vec<String> = data
        .split(|byte| *byte == b'\n')
        .map(|text| String::from_utf8_lossy(text).into())
        .collect();
    told(&texts, data.len() as u64);
});

fn read(data: &[u8], line: &Line) {
    assert!(data.len() <= MAX_LINE_BYTES);
    let mut head = Vec::new();
    Head { index: line.index, time: line.time, node: &line.node }.write(&mut head);
    // It begins as every line does; the last byte of the head belongs to the next member's name.
    assert!(data.starts_with(&head), "another head");
    assert_eq!(Line::index_of(data), Some(line.index));
    assert_eq!(Line::time_of(data), Some(line.time));
    assert_eq!(Line::kind_of(data), Some(&*line.kind));
    let debit = line.members.get("debit").is_some_and(Value::is_object);
    assert!(!debit || Line::has_debit(data), "a debit that is not seen");
    let members: Map<String, Value> = serde_json::from_slice(data).expect("JSON");
    assert_eq!(members, line.members);
    let _ = line.debit();
    let _ = (line.provider(), line.intent(), line.subjects().count());
    let _ = Line::exchange_of(data);
}

/// Writes records that tell these texts, and reads them back.
fn told(texts: &[String], number: u64) {
    let text = |ix: usize| texts.get(ix).map(String::as_str);
    let boxed = |ix: usize| text(ix).map(Box::from);
    let consumer =
        Consumer { department: boxed(1), system: boxed(2), certificate: boxed(3), address: None };
    let released = Released {
        bytes: number,
        digest: BodyDigest([0xbb; 32]),
        records: 1,
        fields: FieldCounts::default(),
        undeclared: 0,
        mismatched: 0,
        withheld: number % 2,
        unnamed: 0,
        subjects: &[SubjectDigest([0xcc; 16])],
    };
    let debit = text(8).map(|id| Debit {
        basis: BasisName::Grant(id),
        requests: 1,
        records: number,
        bytes: u64::MAX,
        unnamed: 0,
        persons: number.is_multiple_of(3),
    });
    let detail = text(0).map(|text| Detail {
        reason: "example",
        members: vec![DetailMember { name: "name", value: DetailValue::Text(text) }],
    });
    let exchange = Exchange {
        exchange: "01953a2e-7d00-7000-8000-000000000001",
        time: TIME,
        consumer: &consumer,
        purpose: text(4),
        case: text(5),
        operator: text(6),
        catalog_version: text(7).unwrap_or_default(),
        outcome: Outcome { permitted: true, detail: detail.as_ref(), ..Outcome::default() },
        released: Some(released),
        debit,
        ..Exchange::default()
    };
    let line = written(&Record::Single(exchange), number);
    let detail = text(0).unwrap_or_default();
    if !detail.is_empty() && detail.len() <= MAX_TEXT_BYTES {
        assert_eq!(line.text("detail.name"), Some(detail));
    }
    for (member, ix) in [
        ("consumer.department", 1),
        ("consumer.system", 2),
        ("consumer.certificate", 3),
        ("purpose", 4),
        ("case", 5),
        ("operator.id", 6),
    ] {
        assert_eq!(line.text(member), text(ix), "{member}");
    }
    let texts = texts.iter().map(|text| RefusalGroup {
        peer: text.as_str().into(),
        cause: "handshake".into(),
        count: number,
    });
    let refusals = Refusals { since: TIME, until: TIME, groups: texts.collect() };
    written(&Record::Refusals(refusals), number);
    let event = Event::Continues { checkpoint: boxed(0).unwrap_or_default() };
    written(&Record::Control(Control { time: TIME, event }), number);
}

fn written(record: &Record<'_>, index: u64) -> Line {
    let mut out = Vec::new();
    let head = Head { index, time: TIME + 1, node: &NODE };
    record.write_line(&head, &mut out).expect("few and short texts fit a line");
    let line = Line::parse(&out).expect("what is written reads");
    assert_eq!((line.index, line.time, &line.node), (index, TIME + 1, &*NODE));
    assert_eq!(Line::kind_of(&out), Some(&*line.kind));
    assert_eq!(Line::exchange_of(&out), line.text("exchange"));
    assert_eq!(Line::has_debit(&out), line.members.contains_key("debit"));
    read(&out, &line);
    line
}
