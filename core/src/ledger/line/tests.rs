use super::*;
use crate::domain::rejection::{Detail, DetailMember, DetailValue};
use crate::domain::view::Counts as Count;
use crate::ledger::digest::BodyDigest;
use crate::ledger::record::{Consumer, Effect, Fate, Outcome};
use proptest::prelude::*;

static NO_ENTRY: Detail<'static> = Detail { reason: "entry", members: Vec::new() };
static NO_ANSWER: Detail<'static> = Detail { reason: "answer", members: Vec::new() };

/// 2026-03-01T00:00:00.000Z.
const MARCH: UnixMillis = 1_772_323_200_000;

fn line_of(record: &Record<'_>) -> Result<String, TooLong> {
    let node = Name::parse("gw-1").unwrap();
    let head = Head { index: 7, time: MARCH + 250, node: &node };
    let mut out = b"before".to_vec();
    let result = record.write_line(&head, &mut out);
    assert!(out.starts_with(b"before"));
    if result.is_err() {
        assert_eq!(out, b"before", "a refused record leaves nothing behind");
    }
    result.map(|()| String::from_utf8(out[6..].to_vec()).unwrap())
}

fn consumer() -> &'static Consumer {
    Box::leak(Box::new(Consumer {
        department: Some("civil-affairs".into()),
        system: Some("marriage-desk".into()),
        certificate: Some("0a1b2c".into()),
        address: Some("10.1.2.3".into()),
    }))
}

/// Makes counts from paths with how often each was masked and dropped. The memory is leaked, which
/// tests may do.
fn counted(paths: &[(&str, u64, u64)]) -> FieldCounts<'static> {
    let (paths, counts): (Vec<Box<str>>, Vec<Count>) = paths
        .iter()
        .map(|(path, masked, dropped)| (Box::from(*path), Count::new(9, *masked, *dropped)))
        .unzip();
    FieldCounts { paths: paths.leak(), counts: counts.leak() }
}

fn released() -> Released<'static> {
    Released {
        bytes: 312,
        digest: BodyDigest([0xbb; 32]),
        records: 1,
        fields: counted(&[("$.name", 1, 0), ("$['登记 号']", 2, 0), ("$.address", 0, 1)]),
        undeclared: 3,
        mismatched: 0,
        withheld: 0,
        unnamed: 0,
        subjects: &[SubjectDigest([0xcc; 16]), SubjectDigest([0x0d; 16])],
    }
}

fn permitted() -> Exchange<'static> {
    Exchange {
        exchange: "01953a2e-7d00-7000-8000-000000000001",
        time: MARCH,
        consumer: consumer(),
        operator: Some("zhang-wei"),
        purpose: Some("marriage-registration"),
        case: Some("京民〔2026〕12号"),
        consent: Some("C-2026-7"),
        entry: Some("public-security/persons"),
        operation: Some("query"),
        mode: Some("query"),
        catalog_version: "2026-02-27.1",
        outcome: Outcome {
            permitted: true,
            basis: Some(BasisName::Term("marriage")),
            status: Some(200),
            ..Outcome::default()
        },
        request_digest: Some(BodyDigest([0xa0; 32])),
        released: Some(released()),
        debit: None,
        gateway_us: 840,
        upstream_us: Some(610),
    }
}

fn refused() -> Exchange<'static> {
    Exchange {
        exchange: "01953a2e-7d00-7000-8000-000000000002",
        time: MARCH,
        catalog_version: "2026-02-27.1",
        outcome: Outcome {
            code: Some("not-in-catalog"),
            detail: Some(&NO_ENTRY),
            status: Some(404),
            ..Outcome::default()
        },
        gateway_us: 12,
        ..Exchange::default()
    }
}

fn control(event: Event) -> Record<'static> {
    Record::Control(Control { time: MARCH, event })
}

fn thread() -> &'static Thread {
    Box::leak(Box::new(Thread {
        exchange: "01953a2e-7d00-7000-8000-000000000001".into(),
        intent: 5,
        department: Some("civil-affairs".into()),
        system: Some("marriage-desk".into()),
        entry: Some("public-security/persons".into()),
    }))
}

fn ended() -> Ended<'static> {
    Ended {
        thread: thread(),
        fate: Fate::Cut,
        code: Some("upstream-timeout"),
        detail: Some(&NO_ANSWER),
        status: Some(200),
        released: Some(Released {
            bytes: 65_536,
            records: 190,
            fields: counted(&[("$.name", 190, 0)]),
            undeclared: 0,
            subjects: &[],
            ..released()
        }),
        debit: None,
        gateway_us: 900,
        upstream_us: Some(30_000_000),
    }
}

/// The head of the lines that [`line_of`] writes.
const HEAD: &str = r#"{"v":1,"index":7,"time":"2026-03-01T00:00:00.250Z","node":"gw-1","#;

#[test]
fn every_kind_has_its_line() {
    let cases = [
        (
            Record::Single(permitted()),
            r#""kind":"single","exchange":"01953a2e-7d00-7000-8000-000000000001","began":"2026-03-01T00:00:00.000Z","consumer":{"department":"civil-affairs","system":"marriage-desk","certificate":"0a1b2c","address":"10.1.2.3"},"operator":{"id":"zhang-wei","assurance":"asserted"},"purpose":"marriage-registration","case":"京民〔2026〕12号","consent":"C-2026-7","entry":"public-security/persons","operation":"query","mode":"query","catalog_version":"2026-02-27.1","decision":"permit","basis":"term/marriage","status":200,"request_digest":"a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0","released":{"bytes":312,"digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","records":1,"masked":{"$.name":1,"$['登记 号']":2},"dropped":{"$.address":1},"undeclared":3,"mismatched":0,"subjects":["cccccccccccccccccccccccccccccccc","0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d"]},"gateway_us":840,"upstream_us":610}"#,
        ),
        (
            Record::Single(refused()),
            r#""kind":"single","exchange":"01953a2e-7d00-7000-8000-000000000002","began":"2026-03-01T00:00:00.000Z","consumer":{},"catalog_version":"2026-02-27.1","decision":"denial","code":"not-in-catalog","detail":{"reason":"entry"},"status":404,"gateway_us":12}"#,
        ),
        (
            Record::Intent(Intent { exchange: permitted(), effect: Effect::Release }),
            r#""kind":"intent","effect":"release","exchange":"01953a2e-7d00-7000-8000-000000000001","began":"2026-03-01T00:00:00.000Z","consumer":{"department":"civil-affairs","system":"marriage-desk","certificate":"0a1b2c","address":"10.1.2.3"},"operator":{"id":"zhang-wei","assurance":"asserted"},"purpose":"marriage-registration","case":"京民〔2026〕12号","consent":"C-2026-7","entry":"public-security/persons","operation":"query","mode":"query","catalog_version":"2026-02-27.1","decision":"permit","basis":"term/marriage","status":200,"request_digest":"a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"}"#,
        ),
        (
            Record::Continuation(Continuation {
                thread: thread(),
                window: 2,
                bytes: 65_536,
                records: 190,
                subjects: released().subjects,
                debit: None,
            }),
            r#""kind":"continuation","exchange":"01953a2e-7d00-7000-8000-000000000001","intent":5,"consumer":{"department":"civil-affairs","system":"marriage-desk"},"entry":"public-security/persons","window":2,"bytes":65536,"records":190,"subjects":["cccccccccccccccccccccccccccccccc","0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d"]}"#,
        ),
        (
            Record::Outcome(ended()),
            r#""kind":"outcome","exchange":"01953a2e-7d00-7000-8000-000000000001","intent":5,"consumer":{"department":"civil-affairs","system":"marriage-desk"},"entry":"public-security/persons","fate":"cut","code":"upstream-timeout","detail":{"reason":"answer"},"status":200,"released":{"bytes":65536,"digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","records":190,"masked":{"$.name":190},"dropped":{},"undeclared":0,"mismatched":0,"subjects":[]},"gateway_us":900,"upstream_us":30000000}"#,
        ),
        (
            Record::Outcome(Ended {
                thread: &Thread { exchange: "01953a2e".into(), intent: 5, ..Thread::default() },
                fate: Fate::Unknown,
                code: None,
                detail: None,
                status: None,
                released: None,
                debit: None,
                gateway_us: 0,
                upstream_us: None,
            }),
            r#""kind":"outcome","exchange":"01953a2e","intent":5,"consumer":{},"fate":"unknown","gateway_us":0}"#,
        ),
        (
            Record::Refusals(Refusals {
                since: MARCH,
                until: MARCH + 59_999,
                groups: vec![
                    group("civil-affairs/marriage-desk", "rate-limited", 4_200),
                    group("10.1.2.0/24", "handshake certificate-expired", 9),
                ],
            }),
            r#""kind":"refusals","since":"2026-03-01T00:00:00.000Z","until":"2026-03-01T00:00:59.999Z","groups":[{"peer":"civil-affairs/marriage-desk","cause":"rate-limited","count":4200},{"peer":"10.1.2.0/24","cause":"handshake certificate-expired","count":9}]}"#,
        ),
    ];
    for (record, body) in cases {
        assert_eq!(line_of(&record).unwrap(), format!("{HEAD}{body}"));
    }
}

#[test]
fn every_event_has_its_line() {
    let cases = [
        (
            control(Event::Started {
                program: "sluice 0.1.0".into(),
                catalog_version: "2026-02-27.1".into(),
            }),
            r#""kind":"control","event":"started","at":"2026-03-01T00:00:00.000Z","program":"sluice 0.1.0","catalog_version":"2026-02-27.1"}"#,
        ),
        (
            control(Event::Stopped),
            r#""kind":"control","event":"stopped","at":"2026-03-01T00:00:00.000Z"}"#,
        ),
        (
            control(Event::LogCut { segment: "00000000000000000000.jsonl".into(), bytes: 17 }),
            r#""kind":"control","event":"log-cut","at":"2026-03-01T00:00:00.000Z","segment":"00000000000000000000.jsonl","bytes":17}"#,
        ),
        (
            control(Event::HandshakeRefused {
                address: "10.1.2.3".into(),
                cause: "certificate-expired".into(),
                claimed: Some("health/clinic".into()),
            }),
            r#""kind":"control","event":"handshake-refused","at":"2026-03-01T00:00:00.000Z","address":"10.1.2.3","cause":"certificate-expired","claimed":"health/clinic"}"#,
        ),
        (
            control(Event::OpenIntents {
                intents: vec![(5, "01953a2e".into()), (9, "x".into())],
                remaining: 3,
            }),
            r#""kind":"control","event":"open-intents","at":"2026-03-01T00:00:00.000Z","intents":[{"index":5,"exchange":"01953a2e"},{"index":9,"exchange":"x"}],"remaining":3}"#,
        ),
        (
            control(Event::ClockJumped { by_ms: -3_600_000 }),
            r#""kind":"control","event":"clock-jumped","at":"2026-03-01T00:00:00.000Z","by_ms":-3600000}"#,
        ),
        (
            control(Event::Pruned {
                from: 0,
                until: 9,
                segments: 2,
                bytes: 4_000,
                root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into(),
            }),
            r#""kind":"control","event":"pruned","at":"2026-03-01T00:00:00.000Z","from":0,"until":9,"segments":2,"bytes":4000,"root":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#,
        ),
        (
            control(Event::Continues { checkpoint: "a\n1\n\n".into() }),
            r#""kind":"control","event":"continues","at":"2026-03-01T00:00:00.000Z","checkpoint":"a\u000a1\u000a\u000a"}"#,
        ),
        (
            control(Event::LogRead {
                by: "exchange-office/wang".into(),
                what: "subject".into(),
                records: 3,
            }),
            r#""kind":"control","event":"log-read","at":"2026-03-01T00:00:00.000Z","by":"exchange-office/wang","what":"subject","records":3}"#,
        ),
    ];
    for (record, body) in cases {
        assert_eq!(line_of(&record).unwrap(), format!("{HEAD}{body}"));
    }
}

fn group(peer: &str, cause: &str, count: u64) -> RefusalGroup {
    RefusalGroup { peer: peer.into(), cause: cause.into(), count }
}

#[test]
fn the_longest_head_is_counted_right() {
    let node = Name::parse(&"a".repeat(MAX_NAME_BYTES)).unwrap();
    let mut out = Vec::new();
    Head { index: u64::MAX, time: MARCH, node: &node }.write(&mut out);
    assert_eq!(out.len(), MAX_HEAD_BYTES);
}

#[test]
fn counts_fold_before_a_line_grows_too_long() {
    let paths: Vec<String> = (0..4_000).map(|ix| format!("$.field-{ix}")).collect();
    let masked: Vec<_> = paths.iter().map(|path| (path.as_str(), 2, 0)).collect();
    let fields = counted(&[&masked[..], &[("$.a", 0, 1)]].concat());
    let exchange = Exchange { released: Some(Released { fields, ..released() }), ..permitted() };
    let line = line_of(&Record::Single(exchange)).unwrap();
    let expected = r#""records":1,"masked_total":8000,"dropped_total":1,"undeclared":3,"#;
    assert!(line.contains(expected), "{line}");
}

#[test]
fn subjects_are_never_left_out() {
    let digest = |ix: usize| SubjectDigest((ix as u128).to_be_bytes());
    let many: Vec<_> = (0..2_000).map(digest).collect();
    let with = |count: usize| {
        let released = Released { subjects: &many[..count], ..released() };
        line_of(&Record::Single(Exchange { released: Some(released), ..permitted() }))
    };
    let line = with(1_800).unwrap();
    assert!(line.contains(&digest(0).to_string()) && line.contains(&digest(1_799).to_string()));
    assert_eq!(with(1_900), Err(TooLong::Subjects { count: 1_900 }));
    let part = |count: usize| {
        let (thread, subjects) = (thread(), &many[..count]);
        let part = Continuation { thread, window: 1, bytes: 1, records: 1, subjects, debit: None };
        line_of(&Record::Continuation(part))
    };
    assert!(part(1_800).unwrap().contains(&digest(1_799).to_string()));
    assert_eq!(part(1_900), Err(TooLong::Subjects { count: 1_900 }));
    let released = Some(Released { subjects: &many[..1_900], ..released() });
    let outcome = line_of(&Record::Outcome(Ended { released, ..ended() }));
    assert_eq!(outcome, Err(TooLong::Subjects { count: 1_900 }));
    let intents = (0..2_000).map(|ix| (ix, "0".repeat(36).into())).collect();
    assert_eq!(
        line_of(&control(Event::OpenIntents { intents, remaining: 0 })),
        Err(TooLong::Texts)
    );
}

#[test]
fn texts_that_are_not_cut_refuse() {
    let purpose = "x".repeat(70_000);
    let exchange = Exchange { purpose: Some(&purpose), ..refused() };
    assert_eq!(line_of(&Record::Single(exchange)), Err(TooLong::Texts));
}

#[test]
fn refusals_beyond_a_line_are_summed() {
    let groups = (0..5_000).map(|ix| group(&format!("10.0.{ix}.0/24"), "handshake", 3)).collect();
    let record = Record::Refusals(Refusals { since: MARCH, until: MARCH, groups });
    let line = line_of(&record).unwrap();
    assert!(line.len() <= MAX_LINE_BYTES && line.len() > MAX_LINE_BYTES - 256);
    let members = Line::parse(line.as_bytes()).unwrap().members;
    let told = members["groups"].as_array().unwrap().len() as u64;
    assert_eq!(told * 3 + members["other"].as_u64().unwrap(), 15_000);
}

#[test]
fn lines_are_read_back() {
    let line = line_of(&Record::Single(permitted())).unwrap();
    let read = Line::parse(line.as_bytes()).unwrap();
    assert_eq!((read.index, read.time, read.node.as_str()), (7, MARCH + 250, "gw-1"));
    assert_eq!(&*read.kind, "single");
    assert_eq!(read.members["released"]["masked"]["$['登记 号']"], 2);
    assert_eq!(Line::index_of(line.as_bytes()), Some(7));
    assert_eq!(Line::kind_of(line.as_bytes()), Some("single"));
    assert_eq!(Line::exchange_of(line.as_bytes()), Some("01953a2e-7d00-7000-8000-000000000001"));
    assert_eq!(Line::time_of(line.as_bytes()), Some(MARCH + 250));
    assert_eq!(Line::exchange_of(line_of(&control(Event::Stopped)).unwrap().as_bytes()), None);
    for record in [
        Record::Intent(Intent { exchange: permitted(), effect: Effect::Release }),
        Record::Outcome(ended()),
    ] {
        let line = line_of(&record).unwrap();
        let exchange = Line::exchange_of(line.as_bytes());
        assert_eq!(exchange, Some("01953a2e-7d00-7000-8000-000000000001"));
    }
    assert_eq!(Line::kind_of(b"{\"v\":1}"), None);
    let node = Name::parse(&"a".repeat(MAX_NAME_BYTES)).unwrap();
    let mut longest = Vec::new();
    Head { index: u64::MAX, time: MARCH, node: &node }.write(&mut longest);
    longest.extend_from_slice(br#""kind":"control","event":"stopped"}"#);
    assert_eq!(Line::kind_of(&longest), Some("control"));
}

#[test]
fn what_is_no_line_is_refused() {
    let head = r#"{"v":1,"index":7,"time":"2026-03-01T00:00:00.250Z","node":"gw-1""#;
    let long = format!("{head},\"kind\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
    for (text, why) in [
        (long.as_str(), NotALine::TooLong),
        ("", NotALine::NotJson),
        ("[]", NotALine::NotJson),
        (head, NotALine::NotJson),
        (r#"{"v":2}"#, NotALine::Version),
        (r#"{"v":1}"#, NotALine::Member("index")),
        (r#"{"v":1,"index":-1}"#, NotALine::Member("index")),
        (r#"{"v":1,"index":1,"time":"now"}"#, NotALine::Member("time")),
        (&format!("{head}}}"), NotALine::Member("kind")),
    ] {
        assert_eq!(Line::parse(text.as_bytes()), Err(why), "{text}");
    }
}

#[test]
fn indices_are_read_strictly() {
    for (text, expected) in [
        (r#"{"v":1,"index":0,"time""#, Some(0)),
        (r#"{"v":1,"index":18446744073709551615,"#, Some(u64::MAX)),
        (r#"{"v":1,"index":18446744073709551616,"#, None),
        (r#"{"v":1,"index":07,"#, None),
        (r#"{"v":1,"index":,"#, None),
        (r#"{"v":1,"index":7"#, None),
        (r#"{"index":7,"#, None),
    ] {
        assert_eq!(Line::index_of(text.as_bytes()), expected, "{text}");
    }
}

proptest! {
    /// The law: whatever the texts are, a line is one line of JSON within the bound, and holds the
    /// texts that were put in.
    #[test]
    fn any_text_makes_a_line(
        texts in proptest::array::uniform6(".{0,300}"),
        paths in proptest::collection::btree_map("\\$\\.\\PC{1,20}", 0u64..9, 0..5),
        counts in any::<(u64, u64)>(),
    ) {
        let [exchange, purpose, case, entry, detail, address] = &texts;
        let consumer = Consumer { address: Some(address.as_str().into()), ..Consumer::default() };
        let paths: Vec<_> = paths.iter().map(|(path, count)| (path.as_str(), *count, 0)).collect();
        let members = vec![DetailMember { name: "parameter", value: DetailValue::Text(detail) }];
        let detail = Detail { reason: "pattern", members };
        let outcome = Outcome { detail: Some(&detail), ..permitted().outcome };
        let released = Released { bytes: counts.1, fields: counted(&paths), ..released() };
        let record = Exchange {
            exchange,
            consumer: &consumer,
            purpose: Some(purpose),
            case: Some(case),
            consent: Some(case),
            entry: Some(entry),
            outcome,
            released: Some(released),
            gateway_us: counts.0,
            ..permitted()
        };
        let line = line_of(&Record::Single(record)).unwrap();
        prop_assert!(line.len() <= MAX_LINE_BYTES);
        let breaks = line.contains(['\n', '\r', '\u{2028}']);
        prop_assert!(!breaks);
        let members = Line::parse(line.as_bytes()).unwrap().members;
        prop_assert_eq!(members["exchange"].as_str().unwrap(), exchange);
        prop_assert_eq!(members["purpose"].as_str().unwrap(), purpose);
        prop_assert_eq!(members["gateway_us"].as_u64(), Some(counts.0));
        prop_assert_eq!(members["released"]["bytes"].as_u64(), Some(counts.1));
    }
}

#[test]
fn what_is_confidential_says_so_and_nothing_else_does() {
    assert!(!line_of(&Record::Single(permitted())).unwrap().contains("confidential"));
    let outcome = Outcome { confidential: true, ..permitted().outcome };
    let exchange = Exchange { outcome, ..permitted() };
    let intent = Intent { exchange: exchange.clone(), effect: Effect::Release };
    for record in [Record::Single(exchange), Record::Intent(intent)] {
        let line = line_of(&record).unwrap();
        assert!(line.contains(r#""basis":"term/marriage","confidential":true,"#), "{line}");
    }
    let event = Event::Disclosed { by: "office/a".into(), exchange: "01953a2e".into() };
    let line = line_of(&control(event)).unwrap();
    // Only records of an exchange have an `exchange` member.
    assert!(line.ends_with(r#""by":"office/a","disclosed":"01953a2e"}"#), "{line}");
    assert_eq!(Line::exchange_of(line.as_bytes()), None);
}

#[test]
fn what_is_taken_from_a_budget_is_read_back() {
    let debit = Debit {
        basis: BasisName::Term("marriage"),
        requests: 1,
        records: 3,
        bytes: 312,
        unnamed: 1,
        persons: true,
    };
    let told = r#","debit":{"basis":"term/marriage","requests":1,"records":3,"bytes":312,"unnamed":1,"persons":true}"#;
    let exchange = Exchange { debit: Some(debit), ..permitted() };
    let intent = Intent { exchange: exchange.clone(), effect: Effect::Release };
    let (thread, subjects) = (thread(), released().subjects);
    let part =
        Continuation { thread, window: 1, bytes: 312, records: 3, subjects, debit: Some(debit) };
    let outcome = Ended { debit: Some(debit), released: Some(released()), ..ended() };
    for (record, named) in [
        (Record::Single(exchange), 2),
        (Record::Intent(intent), 0),
        (Record::Continuation(part), 2),
        (Record::Outcome(outcome), 2),
    ] {
        let line = line_of(&record).unwrap();
        assert!(line.contains(told) && Line::has_debit(line.as_bytes()), "{line}");
        let line = Line::parse(line.as_bytes()).unwrap();
        let debited = line.debit().unwrap().unwrap();
        assert_eq!(debited.entry, "public-security/persons");
        assert_eq!((debited.basis, debited.department), ("term/marriage", "civil-affairs"));
        let Debited { requests, records, bytes, unnamed, .. } = debited;
        assert_eq!((requests, records, bytes, unnamed), (1, 3, 312, 1));
        assert_eq!(debited.persons.unwrap(), &subjects[..named]);
    }
    let without = line_of(&Record::Single(permitted())).unwrap();
    assert!(!Line::has_debit(without.as_bytes()));
    let damaged = without.replace(r#""gateway_us""#, r#""debit":{"requests":-1},"gateway_us""#);
    assert!(Line::parse(damaged.as_bytes()).unwrap().debit().is_err());
    // A text in a record can't be taken for a debit.
    let text = Exchange { case: Some(r#"","debit":{"requests":1}"#), ..permitted() };
    assert!(!Line::has_debit(line_of(&Record::Single(text)).unwrap().as_bytes()));
}
