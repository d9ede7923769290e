//! Hostile answers: attempts to get hidden values out, some of which once succeeded.

use std::sync::Arc;

use super::sample::{Outcome, Places, key, occasion, plan, plan_under};
use crate::domain::condition::{Condition, ConditionEffect, Test};
use crate::domain::field::FieldKind::{Boolean, Number, Text};
use crate::domain::mask::Mask;
use crate::domain::view::Shown;
use crate::ledger::digest::SubjectDigest;
use crate::redaction::format::{Charset, Format};
use crate::redaction::plan::Plan;
use crate::redaction::{AnswerContext, Limits, Redactor, Why};

fn digest(identifier: &str) -> SubjectDigest {
    key().digest(identifier).unwrap()
}

/// Redacts an answer, which must give the same in pieces of any size.
fn redact(plan: &Arc<Plan>, format: Format, asked: &[&str], answer: &str) -> Outcome {
    let asked: Vec<_> = asked.iter().map(|identifier| digest(identifier)).collect();
    let occasion = AnswerContext { asked, ..occasion() };
    let mut outcomes = [1, 3, answer.len().max(1)].map(|step| {
        let mut out = Vec::new();
        let mut redactor = Redactor::new(plan, None, occasion.clone(), format, Charset::Utf8);
        let pushed =
            answer.as_bytes().chunks(step).try_for_each(|piece| redactor.push(piece, &mut out));
        let tally = pushed.and_then(|()| redactor.finish(&mut out)).map_err(|bad| bad.why)?;
        Ok((String::from_utf8(out).unwrap(), tally))
    });
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{answer}: {outcomes:?}");
    std::mem::replace(&mut outcomes[0], Err(Why::Shape))
}

/// A plan whose records are single numbers.
fn numbers() -> Arc<Plan> {
    let places = Places { records: "$", envelope: &[], subjects: &["$"] };
    plan(&places, &[("$", Number, Shown::Masked, Some(Mask::Mobile))])
}

#[test]
fn each_line_that_is_a_mere_value_is_a_record() {
    let (out, tally) =
        redact(&numbers(), Format::JsonLines, &[], "18012341999\n 18012342888\n18012343777")
            .unwrap();
    assert_eq!(out, "\"180****1999\"\n\"180****2888\"\n\"180****3777\"");
    assert_eq!((tally.records, tally.subjects.len()), (3, 3));
    let (out, tally) =
        redact(&numbers(), Format::JsonSequence, &[], "\u{1e}18012341999\u{1e}18012342888")
            .unwrap();
    assert_eq!(out, "\u{1e}\"180****1999\"\u{1e}\"180****2888\"");
    assert_eq!(tally.records, 2);
    for line in
        ["18012341999\nsecret", "1\n1 secret", "1\n\"secret\n1", "1\ntrue 1", "null", "1\nnull"]
    {
        let outcome = redact(&numbers(), Format::JsonLines, &[], line);
        assert!(outcome.is_err(), "{line}: {outcome:?}");
    }
}

#[test]
fn mere_values_say_nothing_of_themselves() {
    let places = Places { records: "$.items[*]", envelope: &[], subjects: &[] };
    let condition = Condition {
        field: 0,
        test: Test::OneOf(vec!["sealed".into()]),
        effect: ConditionEffect::Withhold,
    };
    let plan = plan_under(&places, &[("$", Text, Shown::Passed, None)], vec![condition]);
    let (out, tally) =
        redact(&plan, Format::Json, &[], r#"{"items":["sealed","open",null]}"#).unwrap();
    assert_eq!((&*out, tally.records, tally.mismatched), (r#"{"items":[null]}"#, 0, 2));
    assert_eq!(redact(&plan, Format::JsonLines, &[], "\"sealed\"\n"), Err(Why::Shape));
}

#[test]
fn blank_lines_count_towards_the_length() {
    let limits = Limits { max_records: 10, max_bytes: 100 };
    let occasion = AnswerContext { limits, ..occasion() };
    for step in [1, 30, 101] {
        let mut redactor =
            Redactor::new(&numbers(), None, occasion.clone(), Format::JsonLines, Charset::Utf8);
        let mut out = Vec::new();
        let blank = " \n".repeat(51);
        let pushed =
            blank.as_bytes().chunks(step).try_for_each(|piece| redactor.push(piece, &mut out));
        let bad = pushed.unwrap_err();
        assert_eq!((bad.at, bad.why), (100, Why::TooLong { limit_bytes: 100 }), "{step}");
    }
}

/// A plan for records that name the persons at these paths: one or two parties.
fn parties(subjects: &[&str]) -> Arc<Plan> {
    let places = Places { records: "$[*]", envelope: &[], subjects };
    let text = |path| (path, Text, Shown::Passed, None);
    plan(&places, &[text("$.a"), text("$.b"), text("$.x"), text("$.c[*]")])
}

/// A plan, the persons asked for, an answer, and the error that it must give.
type Row<'a> = (&'a Arc<Plan>, &'a [&'a str], &'a str, Option<Why>);

#[test]
fn every_record_is_about_whom_was_asked_for() {
    use Why::{OtherSubject, SecondSubject};
    let (one, two, each) = (parties(&["$.a"]), parties(&["$.a", "$.b"]), parties(&["$.c[*]"]));
    let rows: [Row<'_>; 15] = [
        (&one, &["A1"], r#"[{"a":"A1","x":"1"},{"a":"a1"}]"#, None),
        (&one, &["A1"], r#"[{"a":"A1"},{"a":"B2"}]"#, Some(OtherSubject)),
        (&one, &["A1"], r#"[{"a":"A1"},{"x":"secret"}]"#, Some(OtherSubject)),
        (&one, &["A1"], r#"[{"a":"A1"},{"u":1},{}]"#, None),
        (&one, &["A1"], r#"[{"a":"A1","x":"1","a":"B2"}]"#, Some(OtherSubject)),
        (&one, &[], r#"[{"a":"A1","x":"1","a":"B2"}]"#, Some(SecondSubject)),
        (&one, &[], r#"[{"a":"A1","a":"A1"},{"a":"B2"},{"x":"1"}]"#, None),
        (&one, &["A1", "B2"], r#"[{"a":"A1"}]"#, Some(OtherSubject)),
        (&two, &["A1"], r#"[{"a":"A1","b":"C3"},{"a":"D4","b":"A1"}]"#, None),
        (&two, &["A1"], r#"[{"a":"A1"},{"a":"C3","b":"D4","x":"1"}]"#, Some(OtherSubject)),
        (&two, &["A1", "B2"], r#"[{"a":"B2","b":"A1"}]"#, None),
        (&two, &["A1", "B2"], r#"[{"a":"C3","b":"B2"}]"#, Some(OtherSubject)),
        (&each, &["A1"], r#"[{"c":["C3","A1"]}]"#, None),
        (&each, &["A1"], r#"[{"c":["C3","D4"]}]"#, Some(OtherSubject)),
        (&each, &["A1"], r#"[{"c":[]}]"#, None),
    ];
    for (plan, asked, answer, why) in rows {
        let outcome = redact(plan, Format::Json, asked, answer);
        assert_eq!(outcome.as_ref().err(), why.as_ref(), "{answer} asked for {asked:?}");
        let lines = answer.trim_matches(['[', ']']).replace("},{", "}\n{");
        if !answer.contains('c') {
            let outcome = redact(plan, Format::JsonLines, asked, &lines);
            assert_eq!(outcome.as_ref().err(), why.as_ref(), "{lines:?} asked for {asked:?}");
        }
    }
    for (asked, table, why) in [
        (&["A1"][..], "a,x\nA1,1\na1,2\n", None),
        (&["A1"], "a,x\nA1,1\nB2,2\n", Some(OtherSubject)),
        (&["A1"], "a,x\nA1,1\n\"\",2\n", Some(OtherSubject)),
        (&["A1"], "x\n1\n", Some(OtherSubject)),
        (&[], "a,a\nA1,B2\n", Some(SecondSubject)),
    ] {
        let outcome = redact(&one, Format::Csv, asked, table);
        assert_eq!(outcome.as_ref().err(), why.as_ref(), "{table:?} asked for {asked:?}");
    }
}

/// A plan with a text, a number and a boolean that a condition can test, and a field that is shown.
fn sealed(field: u16, one_of: &str) -> Arc<Plan> {
    let places = Places { records: "$", envelope: &[], subjects: &[] };
    let test = Test::OneOf(vec![one_of.into()]);
    let condition = Condition { field, test, effect: ConditionEffect::Withhold };
    let fields = [
        ("$.t", Text, Shown::Passed, None),
        ("$.n", Number, Shown::Passed, None),
        ("$.b", Boolean, Shown::Passed, None),
        ("$.x", Text, Shown::Passed, None),
    ];
    plan_under(&places, &fields, vec![condition])
}

#[test]
fn what_is_no_value_of_its_kind_fulfils_a_condition() {
    let withheld = |plan: &Arc<Plan>, format, answer: &str| {
        let (_, tally) = redact(plan, format, &[], answer).unwrap();
        (tally.withheld, tally.records)
    };
    let text = |field, one_of, values: &[&str]| {
        let plan = sealed(field, one_of);
        let name = ["t", "n", "b"][usize::from(field)];
        let line = |value: &&str| format!("{{\"{name}\":{value},\"x\":\"1\"}}\n");
        withheld(&plan, Format::JsonLines, &values.iter().map(line).collect::<String>())
    };
    let fulfil = ["\"sealed\"", "\"\"", "5", "true", "null", "[]", "{\"t\":1}", "\"\\ud800\""];
    assert_eq!(text(0, "sealed", &fulfil), (8, 0));
    assert_eq!(text(0, "sealed", &["\"open\"", "\"Sealed\"", "\" \""]), (0, 3));
    assert_eq!(text(1, "3", &["3", "3.0", "0.3e1", "30E-1", "\"4\"", "true", "null"]), (7, 0));
    assert_eq!(text(1, "3", &["4", "-3", "3.01"]), (0, 3));
    assert_eq!(text(2, "true", &["true", "1", "\"no\"", "\"false\"", "null"]), (5, 0));
    assert_eq!(text(2, "true", &["false"]), (0, 1));

    let table = |field, one_of, name: &str, cells: &[&str]| {
        let rows: String = cells.iter().map(|cell| format!("{cell},1\n")).collect();
        withheld(&sealed(field, one_of), Format::Csv, &format!("{name},x\n{rows}"))
    };
    assert_eq!(table(0, "sealed", "t", &["sealed", "\"sealed\"", "", "\"\""]), (4, 0));
    assert_eq!(table(0, "sealed", "t", &["open", "\"sealed\"\"\""]), (0, 2));
    assert_eq!(table(1, "3", "n", &["3", "\"3.0\"", "three", "\"\""]), (4, 0));
    assert_eq!(table(2, "true", "b", &["TRUE", "True", "\"true\"", "1", "yes", "\"\""]), (6, 0));
    assert_eq!(table(2, "true", "b", &["false", "FALSE"]), (0, 2));
}

#[test]
fn masks_show_of_a_cell_no_more_than_of_a_value() {
    let places = Places { records: "$", envelope: &[], subjects: &[] };
    let keep = Mask::Keep { front: 2, end: 2, with: '*' };
    let plan = plan(
        &places,
        &[
            ("$.b", Boolean, Shown::Masked, Some(Mask::Name)),
            ("$.n", Number, Shown::Masked, Some(keep.clone())),
            ("$.m", Number, Shown::Masked, Some(Mask::Range(vec![0].into()))),
            ("$.t", Text, Shown::Masked, Some(keep)),
        ],
    );
    let table = "b,n,m,t\ntrue,-123456.78,-0.5,-123456.78\nFALSE,1234567,1e3,1\n";
    let (out, _) = redact(&plan, Format::Csv, &[], table).unwrap();
    assert_eq!(out, "b,n,m,t\n***,***,..0,-1******78\n***,12***67,0..,*\n");
    let json = r#"{"b":true,"n":-123456.78,"m":-0.5,"t":"-123456.78"}"#;
    let (out, _) = redact(&plan, Format::Json, &[], json).unwrap();
    assert_eq!(out, r#"{"b":"***","n":"***","m":"..0","t":"-1******78"}"#);
}

#[test]
fn a_name_with_a_quote_is_read_as_it_is_spelled() {
    let places = Places { records: "$[*]", envelope: &[], subjects: &[] };
    let plan = plan(&places, &[("$['a\"b']", Text, Shown::Passed, None)]);
    for answer in [r#"[{"a"b":"x"}]"#, r#"[{"a"b":","c":"x","padding":"0123456789"}]"#] {
        assert_eq!(redact(&plan, Format::Json, &[], answer), Err(Why::NotJson), "{answer}");
    }
    let answer = r#"[{"a\"b":"x","c":"y","padding":"0123456789"}]"#;
    let (out, _) = redact(&plan, Format::Json, &[], answer).unwrap();
    assert_eq!(out, r#"[{"a\"b":"x"}]"#);
}
