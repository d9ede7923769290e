use serde_json::Value;

use crate::domain::name::Name;
use crate::domain::rejection::{Detail, DetailMember, DetailValue, Rejection};
use crate::ledger::line::{Head, Line, MAX_TEXT_BYTES, NotALine};
use crate::ledger::record::{Exchange, Outcome, Record};
use crate::ledger::time::rfc3339;

fn recorded(detail: &Detail<'_>) -> Line {
    let node = Name::parse("gw-1").unwrap();
    let outcome = Outcome { detail: Some(detail), ..Outcome::default() };
    let record = Record::Single(Exchange { exchange: "x", outcome, ..Exchange::default() });
    let mut line = Vec::new();
    record.write_line(&Head { index: 7, time: 1, node: &node }, &mut line).unwrap();
    Line::parse(&line).unwrap()
}

fn with<'a>(name: &'static str, value: DetailValue<'a>) -> Detail<'a> {
    Detail { reason: "pattern", members: vec![DetailMember { name, value }] }
}

#[test]
fn every_detail_is_read_back_as_it_was_written() {
    let mut seen = 0;
    for rejection in Rejection::examples() {
        let Some(detail) = rejection.detail() else { continue };
        let line = recorded(&detail);
        let read = line.detail().unwrap().unwrap();
        assert_eq!(read.reason, detail.reason);
        assert_eq!(read.members.len(), 1 + detail.members.len(), "{line:?}");
        for DetailMember { name, value } in &detail.members {
            let expected = match value {
                DetailValue::Text(text) => Value::from(*text),
                DetailValue::Texts(texts) => Value::from(texts.clone()),
                DetailValue::Number(number) => Value::from(*number),
                DetailValue::Time(time) => Value::from(rfc3339(*time).as_str()),
            };
            assert_eq!(read.members[*name], expected, "{rejection:?}");
        }
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn texts_are_cut_on_a_character() {
    let text = "段".repeat(2_000);
    let line = recorded(&with("parameter", DetailValue::Text(&text)));
    let text = line.text("detail.parameter").unwrap();
    assert_eq!(text, format!("{}…", "段".repeat(340)));
    assert!(text.len() <= MAX_TEXT_BYTES);
}

#[test]
fn a_list_that_is_cut_says_how_much_is_left_out() {
    let texts = vec!["0123456789abcdef"; 100];
    let line = recorded(&with("grants", DetailValue::Texts(texts.clone())));
    let told = line.member("detail.grants").unwrap().as_array().unwrap();
    assert_eq!((told.len(), &line.members["detail"]["omitted"]), (64, &36.into()));
    let line = recorded(&with("grants", DetailValue::Texts(texts[..64].to_vec())));
    assert_eq!(line.member("detail.omitted"), None);
}

#[test]
fn a_detail_without_a_reason_is_none() {
    let mut line = recorded(&Detail::plain("entry"));
    for wrong in [Value::from("entry"), serde_json::json!({ "position": 1 })] {
        line.members.insert("detail".into(), wrong);
        assert_eq!(line.detail(), Err(NotALine::Member("detail")));
    }
    line.members.remove("detail");
    assert_eq!(line.detail(), Ok(None));
}
