use std::sync::Arc;

use super::sample::{LIMITS, Outcome, Places, key, occasion, person, plan};
use crate::domain::field::FieldKind;
use crate::domain::mask::Mask;
use crate::domain::view::{Counts, FieldSet, Shown};
use crate::redaction::buffered::Buffered;
use crate::redaction::format::{Charset, Format};
use crate::redaction::plan::Plan;
use crate::redaction::{AnswerContext, Limits, MAX_DEPTH_LEVELS, MAX_HELD_BYTES, Redactor, Why};

fn redactor(plan: &Arc<Plan>, narrowed: Option<&FieldSet>, occasion: AnswerContext) -> Redactor {
    Redactor::new(plan, narrowed, occasion, Format::Json, Charset::Utf8)
}

/// Redacts an answer in one piece, byte by byte, and by the oracle, which must all give the same.
fn redact(plan: &Arc<Plan>, answer: &[u8]) -> Outcome {
    let mut out = Vec::new();
    let mut buffered = Buffered::new(Arc::clone(plan), Arc::new(occasion()));
    buffered.push(answer, &mut out).map_err(|bad| bad.why)?;
    let expected = buffered.finish(&mut out).map(|tally| (out, tally)).map_err(|bad| bad.why);
    for step in [1, 7, answer.len().max(1)] {
        let mut out = Vec::new();
        let mut redactor = redactor(plan, None, occasion());
        let pushed = answer.chunks(step).try_for_each(|piece| redactor.push(piece, &mut out));
        let tally = pushed.and_then(|()| redactor.finish(&mut out));
        let seen = tally.map(|tally| (out, tally)).map_err(|bad| bad.why);
        assert_eq!(seen, expected, "in pieces of {step}");
    }
    expected.map(|(out, tally)| (String::from_utf8(out).unwrap(), tally))
}

#[track_caller]
fn check(records: &str, table: &[(&str, &str)]) {
    let plan = person(records);
    for (answer, seen) in table {
        let (out, _) = redact(&plan, answer.as_bytes()).expect(answer);
        assert_eq!(out, *seen, "{answer}");
    }
}

#[test]
fn what_passes_passes_byte_for_byte() {
    check(
        "$",
        &[
            ("{}", "{}"),
            (" \t{ \n} \r", " \t{ \n} \r"),
            (r#"{"age":1.0E+2}"#, r#"{"age":1.0E+2}"#),
            (
                r#"{"age":123456789012345678901234567890}"#,
                r#"{"age":123456789012345678901234567890}"#,
            ),
            (
                r#"{"\u0061ge":7 , "tags" :[ "\/\u4e2d", "" ]}"#,
                r#"{"\u0061ge":7 , "tags" :[ "\/\u4e2d", "" ]}"#,
            ),
            (r#"{"age":1,"age":2}"#, r#"{"age":1,"age":2}"#),
            (r#"{"married":true,"age":null}"#, r#"{"married":true,"age":null}"#),
            // An unpaired surrogate is allowed by the grammar, and passes unchanged.
            (r#"{"tags":["\ud800"]}"#, r#"{"tags":["\ud800"]}"#),
        ],
    );
}

#[test]
fn what_goes_takes_one_comma_with_it() {
    check(
        "$",
        &[
            (r#"{ "x": 1, "age": 2 }"#, r#"{ "age": 2 }"#),
            (r#"{ "age": 2, "x": 1 }"#, r#"{ "age": 2 }"#),
            (r#"{ "age": 2 , "x": 1 }"#, r#"{ "age": 2  }"#),
            (r#"{ "x": 1 }"#, "{ }"),
            (
                r#"{"x":1,"y":2,"age":3,"z":4,"married":false,"w":5}"#,
                r#"{"age":3,"married":false}"#,
            ),
            ("{\n  \"age\": 1,\n  \"x\": 2\n}\n", "{\n  \"age\": 1\n}\n"),
            ("{\n  \"x\": 2,\n  \"age\": 1\n}\n", "{\n  \"age\": 1\n}\n"),
            (r#"{"tags":[1,"a", {} ,"b",[]]}"#, r#"{"tags":["a","b"]}"#),
            (r#"{"tags":[1 , "a"]}"#, r#"{"tags":[ "a"]}"#),
        ],
    );
}

#[test]
fn what_is_not_declared_goes() {
    check(
        "$",
        &[
            (r#"{"secret":{"age":1,"deep":[[[]]]},"age":2}"#, r#"{"age":2}"#),
            (r#"{"address":{"city":"杭州","zip":"310000"}}"#, r#"{"address":{"city":"杭州"}}"#),
            (
                r#"{"children":[{"name":"a","age":1},{"age":2}]}"#,
                r#"{"children":[{"name":"a"},{}]}"#,
            ),
            (r#"{"Age":1,"ag\u0065x":2,"age ":3}"#, "{}"),
            (r#"{"\ud800":1,"":2}"#, "{}"),
        ],
    );
}

#[test]
fn what_has_another_shape_goes() {
    let plan = person("$");
    let table = [
        (r#"{"age":"7"}"#, "{}", 1),
        (r#"{"age":{"age":7}}"#, "{}", 1),
        (r#"{"married":0,"tags":"a"}"#, "{}", 2),
        (r#"{"tags":{"0":"a"},"address":[{"city":"x"}]}"#, "{}", 2),
        (r#"{"address":"杭州市西湖区"}"#, "{}", 1),
        (r#"{"children":[[{"name":"a"}],{"name":"b"}]}"#, r#"{"children":[{"name":"b"}]}"#, 1),
        (r#"{"address":null,"children":[null]}"#, r#"{"address":null,"children":[null]}"#, 0),
        (r#"{"name":7}"#, "{}", 1),
    ];
    for (answer, seen, mismatched) in table {
        let (out, tally) = redact(&plan, answer.as_bytes()).expect(answer);
        assert_eq!((&*out, tally.mismatched), (seen, mismatched), "{answer}");
    }
}

#[test]
fn a_branch_that_shows_nothing_goes_but_is_counted() {
    let (out, tally) = redact(&person("$"), br#"{"health":{"blood":"O","x":1},"age":1}"#).unwrap();
    assert_eq!(out, r#"{"age":1}"#);
    assert_eq!((tally.counts[8], tally.undeclared), (Counts::new(0, 0, 1), 1));
    check("$", &[(r#"{"health":null}"#, "{}"), (r#"{"health":{}}"#, "{}")]);
}

#[test]
fn masks_stand_in_place() {
    check(
        "$",
        &[
            (r#"{"name": "段正淳" }"#, r#"{"name": "段**" }"#),
            (r#"{"name":"\u6bb5\u6b63"}"#, r#"{"name":"段*"}"#),
            (r#"{"name":"\ud83d\ude00x"}"#, r#"{"name":"😀*"}"#),
            (r#"{"name":"\"x"}"#, r#"{"name":"\"*"}"#),
            (r#"{"name":"\ud83dx"}"#, r#"{"name":"***"}"#),
            (r#"{"name":null,"id_number":"123"}"#, r#"{"name":null,"id_number":"***"}"#),
        ],
    );
}

#[test]
fn masks_of_numbers_and_booleans() {
    let places = Places { records: "$", envelope: &[], subjects: &[] };
    let masked = |kind, mask, value: &str| {
        let plan = plan(&places, &[("$.v", kind, Shown::Masked, Some(mask))]);
        redact(&plan, format!("{{\"v\":{value}}}").as_bytes()).unwrap().0
    };
    use FieldKind::{Boolean, Number};
    assert_eq!(masked(Number, Mask::Mobile, "18012341999"), r#"{"v":"180****1999"}"#);
    assert_eq!(masked(Number, Mask::Mobile, "1.8012341999e10"), r#"{"v":"***"}"#);
    assert_eq!(masked(Number, Mask::Name, "-7"), r#"{"v":"***"}"#);
    assert_eq!(masked(Number, Mask::Null, "-7"), r#"{"v":null}"#);
    let range = || Mask::Range(vec![0, 5000].into());
    assert_eq!(masked(Number, range(), "-7.5e3"), r#"{"v":"..0"}"#);
    assert_eq!(masked(Number, range(), "4999.99"), r#"{"v":"0..5000"}"#);
    assert_eq!(masked(FieldKind::Text, range(), "\"12e3\""), r#"{"v":"5000.."}"#);
    assert_eq!(masked(FieldKind::Text, range(), "\"much\""), r#"{"v":"***"}"#);
    assert_eq!(masked(Boolean, range(), "true"), r#"{"v":"***"}"#);
    assert_eq!(masked(Boolean, Mask::Name, "true"), r#"{"v":"***"}"#);
    assert_eq!(masked(Boolean, Mask::Constant("-".into()), "false"), r#"{"v":"-"}"#);
}

#[test]
fn a_value_too_long_for_its_mask_is_opaque() {
    let answer = |chars: usize| format!(r#"{{"name":"{}"}}"#, "x".repeat(chars));
    let (out, tally) = redact(&person("$"), answer(4096).as_bytes()).unwrap();
    assert_eq!((out.len(), tally.oversized_masks), (answer(4096).len(), 0));
    let (out, tally) = redact(&person("$"), answer(4097).as_bytes()).unwrap();
    assert_eq!((&*out, tally.oversized_masks), (r#"{"name":"***"}"#, 1));
}

#[test]
fn records_are_counted_where_they_stand() {
    let count =
        |records, answer: &str| redact(&person(records), answer.as_bytes()).unwrap().1.records;
    assert_eq!(count("$", "{}"), 1);
    assert_eq!(count("$[*]", "[]"), 0);
    assert_eq!(count("$[*]", "[{},{},null,1]"), 2);
    assert_eq!(count("$.data.items[*]", r#"{"data":{"items":[{},{}],"items":[{}]}}"#), 3);
    let (out, tally) = redact(
        &person("$.items[*]"),
        br#"{"code":0,"total":2,"items":[{"age":1},{"x":1}],"total":{"age":1}}"#,
    )
    .unwrap();
    assert_eq!(out, r#"{"total":2,"items":[{"age":1},{}]}"#);
    assert_eq!((tally.records, tally.undeclared, tally.mismatched), (2, 2, 1));
}

#[test]
fn more_records_than_allowed_are_withheld() {
    let limits = Limits { max_records: 1, ..LIMITS };
    let mut redactor = redactor(&person("$[*]"), None, AnswerContext { limits, ..occasion() });
    let bad = redactor.push(b"[{},{}]", &mut Vec::new()).unwrap_err();
    assert_eq!((bad.at, bad.why), (4, Why::TooManyRecords));
    // The error stays the same in later calls.
    assert_eq!(redactor.push(b"", &mut Vec::new()), Err(bad));
    assert_eq!(redactor.finish(&mut Vec::new()), Err(bad));
}

#[test]
fn subjects_are_digested_before_masking_and_once_each() {
    let answer = br#"[{"id_number":"11010519491231002X"},{"id_number":"110105491231002"},
        {"id_number":"440524188001010014"},{"id_number":null},{"id_number":""},{}]"#;
    let (out, tally) = redact(&person("$[*]"), answer).unwrap();
    assert!(!out.contains("1949"), "{out}");
    let digest = |id| key().digest(id).unwrap();
    assert_eq!(tally.subjects, [digest("11010519491231002X"), digest("440524188001010014")]);
    assert_eq!((tally.records, tally.unnamed_records), (6, 3));
}

#[test]
fn subjects_are_found_where_nothing_is_declared() {
    let places = Places { records: "$", envelope: &[], subjects: &["$.owner.id", "$.ids[*]"] };
    let plan = plan(&places, &[("$.a", FieldKind::Text, Shown::Passed, None)]);
    let (out, tally) = redact(&plan, br#"{"owner":{"id":123456},"ids":["7"],"a":"x"}"#).unwrap();
    assert_eq!(out, r#"{"a":"x"}"#);
    assert_eq!(tally.subjects, [key().digest("123456").unwrap(), key().digest("7").unwrap()]);
    assert_eq!((tally.undeclared, tally.unnamed_records), (2, 0));
}

#[test]
fn subjects_that_cannot_be_recorded_withhold_the_answer() {
    let long = format!(r#"{{"id_number":"{}"}}"#, "1".repeat(1025));
    assert_eq!(redact(&person("$"), long.as_bytes()).unwrap_err(), Why::Subject);
    assert_eq!(redact(&person("$"), br#"{"id_number":"\ud800"}"#).unwrap_err(), Why::Subject);
}

#[test]
fn a_consumer_can_narrow_its_view() {
    let narrowed = FieldSet::of([0, 5]);
    let mut out = Vec::new();
    let mut redactor = redactor(&person("$.items[*]"), Some(&narrowed), occasion());
    let answer =
        r#"{"total":1,"items":[{"age":1,"name":"段誉","address":{"street":"x","city":"y"}}]}"#;
    redactor.push(answer.as_bytes(), &mut out).unwrap();
    let tally = redactor.finish(&mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), r#"{"total":1,"items":[{"name":"段*"}]}"#);
    let (masked, dropped, none) = (Counts::new(0, 1, 0), Counts::new(0, 0, 1), Counts::default());
    let expected = [masked, none, dropped, none, dropped, dropped, none, none, none];
    assert_eq!(tally.counts, expected);
}

#[test]
fn bad_answers_are_withheld() {
    let deep = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(redact(&person("$"), deep(MAX_DEPTH_LEVELS - 1).as_bytes()).is_ok());
    let held = |bytes: usize| format!("{{\"{}\":1}}", "x".repeat(bytes - 3));
    assert!(redact(&person("$"), held(MAX_HELD_BYTES).as_bytes()).is_ok());
    let table: [(&[u8], Why); 21] = [
        (b"", Why::Truncated),
        (b" ", Why::Truncated),
        (b"{", Why::Truncated),
        (b"{\"age\":", Why::Truncated),
        (b"{\"age\":1", Why::Truncated),
        (b"{\"age\":01}", Why::NotJson),
        (b"{\"x\":01}", Why::NotJson),
        (b"{\"x\":\"\n\"}", Why::NotJson),
        (b"{}x", Why::NotJson),
        (b"{}{}", Why::NotJson),
        (b"{\"age\":1,}", Why::NotJson),
        (b"<html>", Why::NotJson),
        (b"\xef\xbb\xbf{}", Why::NotJson),
        (b"{\"x\":\"\xff\"}", Why::NotUtf8),
        (b"{\0}", Why::NotJson),
        (b"null", Why::Shape),
        (b"[]", Why::Shape),
        (b"\"text\"", Why::Shape),
        (b"7", Why::Shape),
        (deep(MAX_DEPTH_LEVELS).leak().as_bytes(), Why::TooDeep),
        (held(MAX_HELD_BYTES + 1).leak().as_bytes(), Why::HeldTooLong),
    ];
    for (answer, why) in table {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(40)]);
        assert_eq!(redact(&person("$"), answer).unwrap_err(), why, "{shown}");
    }
}

#[test]
fn a_scalar_can_be_a_record() {
    let places = Places { records: "$.names[*]", envelope: &[], subjects: &["$"] };
    let plan = plan(&places, &[("$", FieldKind::Text, Shown::Masked, Some(Mask::Name))]);
    let (out, tally) = redact(&plan, r#"{"names":["段誉",null,7]}"#.as_bytes()).unwrap();
    assert_eq!(out, r#"{"names":["段*",null]}"#);
    assert_eq!((tally.records, tally.subjects.len(), tally.mismatched), (2, 2, 1));
}

#[test]
fn the_envelope_does_not_open_a_field() {
    let places = Places { records: "$", envelope: &["$.a"], subjects: &[] };
    let plan = plan(&places, &[("$.a", FieldKind::Text, Shown::Dropped, None)]);
    assert_eq!(redact(&plan, br#"{"a":"x"}"#).unwrap().0, "{}");
}
