//! Tests of conditions: records whose values decide what is shown of them.

use super::sample::{Outcome, occasion, person_under};
use crate::domain::classification::Level;
use crate::domain::condition::{Condition, ConditionEffect, Test};
use crate::redaction::format::{Charset, Format};
use crate::redaction::{MAX_RECORD_BYTES, Redactor, Why};

const AGE: u16 = 2;
const CITY: u16 = 4;

/// Conditions by which a sealed record is withheld, and a child's name and city take a higher
/// level.
fn conditions() -> Vec<Condition> {
    let raise = ConditionEffect::Raise { fields: vec![0, CITY], level: Level::new(4).unwrap() };
    vec![
        Condition {
            field: CITY,
            test: Test::OneOf(vec!["sealed".into()]),
            effect: ConditionEffect::Withhold,
        },
        Condition { field: AGE, test: Test::OneOf(vec!["7".into(), "8".into()]), effect: raise },
    ]
}

fn redact(records: &str, conditions: Vec<Condition>, answer: &str) -> Outcome {
    let mut outcomes = [1, 5, answer.len()].map(|step| {
        let mut out = Vec::new();
        let plan = person_under(records, conditions.clone());
        let mut redactor = Redactor::new(&plan, None, occasion(), Format::Json, Charset::Utf8);
        let pushed =
            answer.as_bytes().chunks(step).try_for_each(|piece| redactor.push(piece, &mut out));
        let tally = pushed.and_then(|()| redactor.finish(&mut out)).map_err(|bad| bad.why)?;
        Ok((String::from_utf8(out).unwrap(), tally))
    });
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    std::mem::replace(&mut outcomes[0], Err(Why::Shape))
}

#[test]
fn what_a_record_says_changes_what_is_seen_of_it_alone() {
    let answer = r#"[ {"name":"段誉","age":30,"address":{"city":"大理"}},
      {"name":"段誉","address":{"city":"大理"},"tags":["x"],"age":7} , {"age":9,"address":{"city":"a"}}]"#;
    let (out, tally) = redact("$[*]", conditions(), answer).unwrap();
    let expected = r#"[ {"name":"段*","age":30,"address":{"city":"大理"}},
      {"name":"段*","tags":["x"],"age":7} , {"age":9,"address":{"city":"a"}}]"#;
    assert_eq!(out, expected);
    assert_eq!((tally.records, tally.withheld), (3, 0));
}

#[test]
fn a_record_that_is_withheld_leaves_no_trace() {
    let open = r#"{"age":1,"address":{"city":"a"}}"#;
    let sealed = r#"{"id_number":"110105491231002","x":1,"address":{"city":"sealed"}}"#;
    let table = [
        (format!("[{sealed}]"), "[]".to_owned(), 0, 1),
        (format!("[ {sealed} , {open} ]"), format!("[ {open} ]"), 1, 1),
        (format!("[{open},\n{sealed}\n]"), format!("[{open}\n]"), 1, 1),
        (format!("[{open}, {sealed},{sealed} , {open}]"), format!("[{open}, {open}]"), 2, 2),
    ];
    for (answer, seen, records, withheld) in table {
        let (out, tally) = redact("$[*]", conditions(), &answer).unwrap();
        assert_eq!(out, seen, "{answer}");
        assert_eq!((tally.records, tally.withheld), (records, withheld), "{answer}");
        assert_eq!((tally.subjects.len(), tally.undeclared), (0, 0), "{answer}");
    }
    assert_eq!(redact("$", conditions(), sealed), Err(Why::Withheld));
    assert_eq!(redact("$", conditions(), open).unwrap().0, open);
}

#[test]
fn what_is_missing_repeated_or_unreadable_counts_as_fulfilled() {
    let withheld = [
        "{}",
        r#"{"age":1}"#,
        r#"{"age":1,"address":null}"#,
        r#"{"age":1,"address":{}}"#,
        r#"{"age":1,"address":[{"city":"a"}]}"#,
        r#"{"age":1,"address":{"city":["a"]}}"#,
        r#"{"age":1,"address":{"city":null}}"#,
        r#"{"age":1,"address":{"city":"\ud800"}}"#,
        r#"{"age":1,"address":{"city":"a","c\u0069ty":"a"}}"#,
        r#"{"age":1,"address":{"city":"a"},"address":{"city":"a"}}"#,
        r#"{"age":1,"address":{"city":"\u0073ealed"}}"#,
    ];
    for record in withheld {
        assert_eq!(redact("$", conditions(), record), Err(Why::Withheld), "{record}");
    }
    let raised = ["7", "7.0", "8", "null", "[1]", r#""7""#, "1,\"age\":1", "1,\"\\u0061ge\":2"];
    for age in raised {
        let record = format!(r#"{{"address":{{"city":"a"}},"age":{age}}}"#);
        let (out, _) = redact("$", conditions(), &record).unwrap();
        assert!(!out.contains("city"), "{record}: {out}");
    }
    let (out, _) = redact("$", conditions(), r#"{"address":{"city":"a"},"age":7.1}"#).unwrap();
    assert!(out.contains("city"), "{out}");
}

#[test]
fn ages_are_told_from_dates() {
    let child = |birth: &str| {
        let condition = Condition {
            field: 0,
            test: Test::YoungerThan { years: 14 },
            effect: ConditionEffect::Withhold,
        };
        match redact("$", vec![condition], &format!(r#"{{"name":{birth}}}"#)) {
            Err(Why::Withheld) => true,
            Ok(_) => false,
            other => panic!("{other:?}"),
        }
    };
    // The day of the request is 1 March 2026.
    for birth in
        [r#""2012-03-01""#, r#""20120301""#, r#""1949-12-31""#, r#""2012-02-28T23:59:59Z""#]
    {
        assert!(!child(birth), "{birth}");
    }
    let children = [
        r#""2012-03-02""#,
        r#""2012-03-01T16:00:00Z""#,
        r#""2026-03-01""#,
        r#""2030-01-01""#,
        r#""2012""#,
        r#""2012-02""#,
        r#""""#,
    ];
    for birth in children.into_iter().chain(["null", "20120301", "19491231", r#""03/01/2012""#]) {
        assert!(child(birth), "{birth}");
    }
}

#[test]
fn records_too_long_to_be_held_withhold_the_answer() {
    let record = |length: usize| {
        let frame = r#"{"address":{"city":"a"},"age":1,"x":""}"#;
        frame.replace(r#""x":"""#, &format!(r#""x":"{}""#, "x".repeat(length - frame.len())))
    };
    assert!(redact("$[*]", conditions(), &format!("[{}]", record(MAX_RECORD_BYTES))).is_ok());
    let long = format!("[{}]", record(MAX_RECORD_BYTES + 1));
    assert_eq!(redact("$[*]", conditions(), &long), Err(Why::RecordTooLong));
    // Only records of entries with conditions are held.
    assert!(redact("$[*]", Vec::new(), &long).is_ok());
}
