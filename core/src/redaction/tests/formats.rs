//! Laws and cases of line-separated JSON, JSON sequences and tables.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::documents::{Cut, MARKER, cut, document};
use super::laws::{cases, conditions};
use super::sample::{Places, Sample, key, occasion, person, person_under, plan, plan_under};
use crate::domain::condition::{Condition, ConditionEffect, Test};
use crate::domain::field::FieldKind::{Boolean, Number, Text};
use crate::domain::mask::Mask;
use crate::domain::view::{Counts, Shown};
use crate::redaction::buffered::Buffered;
use crate::redaction::format::{Charset, Format};
use crate::redaction::plan::Plan;
use crate::redaction::{AnswerContext, BadAnswer, Limits, Redactor, Tally, Why};

fn redact<'a>(
    plan: &Arc<Plan>,
    format: Format,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Result<(String, Tally), BadAnswer> {
    let mut out = Vec::new();
    let mut redactor = Redactor::new(plan, None, occasion(), format, Charset::Utf8);
    for piece in pieces {
        redactor.push(piece, &mut out)?;
    }
    let tally = redactor.finish(&mut out)?;
    Ok((String::from_utf8(out).unwrap(), tally))
}

fn whole(plan: &Arc<Plan>, format: Format, text: &str) -> Result<(String, Tally), Why> {
    let bytes = text.as_bytes();
    let one = redact(plan, format, std::iter::once(bytes)).map_err(|bad| bad.why);
    let many = redact(plan, format, bytes.chunks(1)).map_err(|bad| bad.why);
    assert_eq!(one, many, "{text}");
    one
}

/// The oracle's output for each of several texts, joined.
fn expected(
    plan: &Arc<Plan>,
    texts: &[Vec<u8>],
    before: &str,
    after: &str,
) -> Option<(String, Tally)> {
    let (mut all, mut sum) = (String::new(), Tally::of(plan));
    for text in texts {
        let mut out = Vec::new();
        let mut buffered = Buffered::new(plan.row().clone(), Arc::new(occasion()));
        buffered.push(text.trim_ascii_start(), &mut out).ok()?;
        let tally = match buffered.finish(&mut out) {
            Ok(tally) => tally,
            Err(BadAnswer { why: Why::Withheld, .. }) => {
                sum.withheld += 1;
                continue;
            }
            Err(_) => return None,
        };
        all = all + before + std::str::from_utf8(&out).unwrap() + after;
        for (sum, count) in sum.counts.iter_mut().zip(tally.counts) {
            sum.add_all(count);
        }
        sum.records += tally.records;
        sum.unnamed_records += tally.unnamed_records;
        sum.undeclared += tally.undeclared;
        sum.mismatched += tally.mismatched;
        sum.oversized_masks += tally.oversized_masks;
        for subject in tally.subjects {
            if !sum.subjects.contains(&subject) {
                sum.subjects.push(subject);
            }
        }
    }
    Some((all, sum))
}

/// Documents without line feeds and record separators.
fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one_line = |mut text: Vec<u8>| {
        text.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        text
    };
    vec(document().prop_map(one_line), 0..5)
}

/// Several texts, joined, and the places at which they are cut.
fn together(
    before: &'static [u8],
    after: &'static [u8],
) -> impl Strategy<Value = (Vec<Vec<u8>>, Cut)> {
    texts().prop_flat_map(move |texts| {
        let all: Vec<u8> = texts.iter().flat_map(|text| [before, text, after].concat()).collect();
        (Just(texts), cut(Just(all)))
    })
}

fn plans() -> [Arc<Plan>; 5] {
    let places = Places { records: "$[*]", envelope: &[], subjects: &["$"] };
    [
        plan(
            &places,
            &[("$", Text, Shown::Masked, Some(Mask::Name)), ("$.age", Number, Shown::Passed, None)],
        ),
        person("$"),
        person("$.items[*]"),
        person_under("$", conditions()),
        person_under("$[*]", conditions()),
    ]
}

proptest! {
    #![proptest_config(cases())]

    /// The law: lines are redacted one by one, as by the oracle, wherever the answer is cut.
    #[test]
    fn lines_are_records_by_themselves((texts, cut) in together(b"", b"\n")) {
        for plan in plans() {
            let ours = redact(&plan, Format::JsonLines, cut.pieces()).ok();
            assert_eq!(ours, expected(&plan, &texts, "", "\n"));
        }
    }

    /// The law: so are the texts of a sequence.
    #[test]
    fn sequences_are_records_by_themselves((texts, cut) in together(b"\x1e", b"\n")) {
        for plan in plans() {
            let ours = redact(&plan, Format::JsonSequence, cut.pieces()).ok();
            assert_eq!(ours, expected(&plan, &texts, "\u{1e}", "\n"));
        }
    }

    /// The law: a table keeps exactly the columns that are shown, wherever the answer is cut.
    #[test]
    fn tables_keep_what_is_shown(rows in vec(row(), 0..6), order in order(), cuts in vec(any::<usize>(), 0..6)) {
        let ending = if rows.len() % 2 == 0 { "\n" } else { "\r\n" };
        let header = order.iter().map(|ix| NAMES[*ix].to_owned()).collect::<Vec<_>>();
        let lines = std::iter::once(header).chain(rows.iter().map(|row| {
            order.iter().map(|ix| row[*ix].clone()).collect()
        }));
        let text: String = lines.map(|cells| cells.join(",") + ending).collect();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (text.len() + 1)).collect();
        cuts.sort_unstable();
        let cut = Cut { text: text.into_bytes(), cuts };
        let (out, tally) = redact(&table(), Format::Csv, cut.pieces()).unwrap();
        let shown: Vec<usize> = order.into_iter().filter(|ix| *ix < 3).collect();
        let header = shown.iter().map(|ix| NAMES[*ix].to_owned()).collect::<Vec<_>>();
        let lines = std::iter::once(header).chain(rows.iter().map(|row| {
            shown.iter().map(|ix| seen(*ix, &row[*ix])).collect()
        }));
        let expected: String = lines.map(|cells| cells.join(",") + ending).collect();
        assert_eq!(out, expected);
        assert_eq!(tally.records, rows.len() as u64);
        assert!(!out.contains(MARKER));
    }
}

/// Columns that pass, pass if a number, are masked, dropped, and undeclared.
const NAMES: [&str; 5] = ["id", "age", "姓名", "health", "other"];

fn table() -> Arc<Plan> {
    let places = Places { records: "$", envelope: &[], subjects: &[] };
    let fields: [Sample<'_>; 4] = [
        ("$.id", Text, Shown::Passed, None),
        ("$.age", Number, Shown::Passed, None),
        ("$.姓名", Text, Shown::Masked, Some(Mask::Keep { front: 1, end: 0, with: '"' })),
        ("$.health", Text, Shown::Dropped, None),
    ];
    plan(&places, &fields)
}

/// The order of the columns; the first three are always there, so that something is shown.
fn order() -> impl Strategy<Value = Vec<usize>> {
    (Just((0..5).collect::<Vec<_>>()).prop_shuffle(), any::<bool>())
        .prop_map(|(order, all)| order.into_iter().filter(|ix| all || *ix < 4).collect())
}

fn row() -> impl Strategy<Value = [String; 5]> {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let text = || prop_oneof!["[a-z段 ;']{0,9}", "[a-z,\"\r\n段]{0,9}".prop_map(quoted)];
    let number =
        prop_oneof!["[1-9][0-9]{0,3}", Just("\"7\"".into()), "[a-z]{0,3}", Just("-0.5e3".into())];
    let hidden = prop_oneof![Just(MARKER.to_owned()), Just(format!("\"{MARKER}\"\",\r\n\""))];
    (text(), number, text(), hidden.clone(), hidden).prop_map(|(a, b, c, d, e)| [a, b, c, d, e])
}

/// The visible form of a cell.
fn seen(ix: usize, cell: &str) -> String {
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    let text = inner.map_or(cell.to_owned(), |inner| inner.replace("\"\"", "\""));
    match ix {
        1 if text.parse::<f64>().is_err() => String::new(),
        2 if text.is_empty() => cell.to_owned(),
        2 => {
            let count = text.chars().count();
            let first = if count > 1 { text.chars().next() } else { None };
            let hidden = "\"\"".repeat(count - usize::from(first.is_some()));
            format!(
                "\"{}{hidden}\"",
                first.map_or(String::new(), |c| c.to_string().replace('"', "\"\""))
            )
        }
        _ => cell.to_owned(),
    }
}

#[test]
fn lines_may_be_empty_or_end_with_the_answer() {
    let plan = person("$[*]");
    let table = [
        ("", ""),
        ("\n\n", "\n\n"),
        ("{\"age\":1}", "{\"age\":1}"),
        ("{\"age\":1,\"x\":2}\r\n{\"age\":2}\r\n", "{\"age\":1}\r\n{\"age\":2}\r\n"),
        (" {}\n \n{}", "{}\n\n{}"),
    ];
    for (answer, seen) in table {
        assert_eq!(whole(&plan, Format::JsonLines, answer).expect(answer).0, seen, "{answer:?}");
    }
    let bad = [
        ("{}\n[]\n", Why::Shape),
        ("{}{}\n", Why::NotJson),
        ("{\n}\n", Why::Truncated),
        ("{}\n{\"age\":", Why::Truncated),
        ("{}\nnull\n", Why::Shape),
    ];
    for (answer, why) in bad {
        assert_eq!(whole(&plan, Format::JsonLines, answer), Err(why), "{answer:?}");
    }
}

#[test]
fn sequences_begin_each_text_with_a_separator() {
    let plan = person("$[*]");
    let table = [
        ("", ""),
        (
            "\u{1e}{\"age\":1}\n\u{1e}{\"age\":\n2,\"x\":1}\n",
            "\u{1e}{\"age\":1}\n\u{1e}{\"age\":\n2}\n",
        ),
        ("\u{1e}{}\u{1e}{}", "\u{1e}{}\u{1e}{}"),
    ];
    for (answer, seen) in table {
        assert_eq!(whole(&plan, Format::JsonSequence, answer).expect(answer).0, seen, "{answer:?}");
    }
    let bad = [
        ("{}\n", Why::NotJson),
        ("\u{1e}\u{1e}{}", Why::NotJson),
        ("\u{1e}{}\u{1e}", Why::Truncated),
        // A truncated text makes the whole sequence an error, though RFC 7464 lets readers go on.
        ("\u{1e}{\"age\":\u{1e}{}\n", Why::Truncated),
    ];
    for (answer, why) in bad {
        assert_eq!(whole(&plan, Format::JsonSequence, answer), Err(why), "{answer:?}");
    }
}

#[test]
fn limits_hold_over_all_texts() {
    let limits = Limits { max_records: 2, max_bytes: 100 };
    let run = |format, answer: &str| {
        let occasion = AnswerContext { limits, ..occasion() };
        let mut redactor = Redactor::new(&person("$"), None, occasion, format, Charset::Utf8);
        let pushed = redactor.push(answer.as_bytes(), &mut Vec::new());
        pushed.map_err(|bad| (bad.at, bad.why))
    };
    assert_eq!(run(Format::JsonLines, "{}\n{}\n{}\n"), Err((6, Why::TooManyRecords)));
    assert_eq!(
        run(Format::JsonSequence, "\u{1e}{}\u{1e}{}\u{1e}{}"),
        Err((7, Why::TooManyRecords))
    );
    assert_eq!(run(Format::Csv, "age\n1\n2\n3\n"), Err((8, Why::TooManyRecords)));
    let long = format!("{{}}\n{{\"age\":1}}{}", " ".repeat(100));
    assert_eq!(run(Format::JsonLines, &long), Err((100, Why::TooLong { limit_bytes: 100 })));
    let long = format!("age\n{}", "1".repeat(100));
    assert_eq!(run(Format::Csv, &long), Err((100, Why::TooLong { limit_bytes: 100 })));
}

#[test]
fn tables_are_read_strictly() {
    let table = [
        ("id,x\n1,2\n", "id\n1\n"),
        ("x,id", "id"),
        ("\u{feff}\"id\",x\r\n\"a\"\"b\",\"c\r\nd\"\r\n", "\"id\"\r\n\"a\"\"b\"\r\n"),
        ("\u{feff}id,x\n1,2", "id\n1"),
        ("id,id\n1,2\n", "id,id\n1,2\n"),
        ("id,age\n,\n\n", "id,age\n,\n"),
        ("id\n\n\n", "id\n\n\n"),
        ("id,age,x\n1,many,2\n", "id,age\n1,\n"),
    ];
    for (answer, seen) in table {
        assert_eq!(whole(&self::table(), Format::Csv, answer).expect(answer).0, seen, "{answer:?}");
    }
    let bad = [
        ("", Why::Truncated),
        ("x,y\n1,2\n", Why::Shape),
        ("1,2\n3,4\n", Why::Shape),
        ("health\nO\n", Why::Shape),
        ("id,x\n1\n", Why::Shape),
        ("id,x\n1,2,3\n", Why::Shape),
        ("id\na\"b\n", Why::NotCsv),
        ("id\n\"a\"b\n", Why::NotCsv),
        ("id\n\"a\" \n", Why::NotCsv),
        ("id\na\rb\n", Why::NotCsv),
        ("id\na\r", Why::NotCsv),
        ("id\n\"a\n", Why::Truncated),
    ];
    for (answer, why) in bad {
        assert_eq!(whole(&self::table(), Format::Csv, answer), Err(why), "{answer:?}");
    }
    let not_utf8 = redact(&self::table(), Format::Csv, std::iter::once(&b"id,x\n1,\xff\n"[..]));
    assert_eq!(not_utf8, Err(BadAnswer { at: 7, why: Why::NotUtf8 }));
}

#[test]
fn rows_are_records_with_subjects_and_conditions() {
    let places = Places { records: "$.items[*]", envelope: &["$.total"], subjects: &["$.id"] };
    let fields: [Sample<'_>; 4] = [
        ("$.id", Text, Shown::Masked, Some(Mask::IdNumber)),
        ("$.age", Number, Shown::Passed, None),
        ("$.married", Boolean, Shown::Passed, None),
        ("$.status", Text, Shown::Dropped, None),
    ];
    let sealed = Test::OneOf(vec!["sealed".into()]);
    let old = Test::OneOf(vec!["90".into()]);
    let raise = ConditionEffect::Raise {
        fields: vec![2],
        level: crate::domain::classification::Level::new(4).unwrap(),
    };
    let plan = plan_under(
        &places,
        &fields,
        vec![
            Condition { field: 3, test: sealed, effect: ConditionEffect::Withhold },
            Condition { field: 1, test: old, effect: raise },
        ],
    );
    let answer = "total,status,id,age,married\n\
        1,open,110105491231002,30,true\n\
        2,sealed,440524188001010014,40,true\n\
        3,\"open\",11010519491231002X,90,true\n\
        4,,11010519491231002X,90,true\n\
        5,open,,\"30\",maybe\n";
    let (out, tally) = whole(&plan, Format::Csv, answer).unwrap();
    assert_eq!(out, "id,age,married\n1************02,30,true\n1***************2X,90,\n,\"30\",\n");
    assert_eq!((tally.records, tally.withheld, tally.unnamed_records), (3, 2, 1));
    assert_eq!(tally.subjects, [key().digest("110105491231002").unwrap()]);
    assert_eq!((tally.undeclared, tally.mismatched), (3, 1));
    assert_eq!(tally.counts[2], Counts::new(1, 0, 1));
    let missing = "id,age,married\n1,30,true\n";
    assert_eq!(whole(&plan, Format::Csv, missing).unwrap().1.withheld, 1);
}

#[test]
fn legacy_encodings_become_utf_8() {
    let answer = "{\"name\":\"段正淳\",\"address\":{\"city\":\"深圳·〇\"}}";
    let seen = "{\"name\":\"段**\",\"address\":{\"city\":\"深圳·〇\"}}";
    let (gbk, _, _) = encoding_rs::GBK.encode(answer);
    let (gb18030, _, _) = encoding_rs::GB18030.encode("{\"name\":\"😀𠮷\"}");
    let table = [(Charset::Gbk, gbk, seen), (Charset::Gb18030, gb18030, "{\"name\":\"😀*\"}")];
    for (charset, answer, seen) in table {
        for step in [1, 3, 1000] {
            let mut out = Vec::new();
            let mut redactor = Redactor::new(&person("$"), None, occasion(), Format::Json, charset);
            answer.chunks(step).for_each(|piece| redactor.push(piece, &mut out).unwrap());
            redactor.finish(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), seen);
        }
    }
    for answer in [&b"{\"name\":\"\xb6"[..], b"{\"name\":\"\xb6\"}", b"\xff{}"] {
        let mut out = Vec::new();
        let mut redactor =
            Redactor::new(&person("$"), None, occasion(), Format::Json, Charset::Gbk);
        let pushed = redactor.push(answer, &mut out);
        let bad = pushed.and_then(|()| redactor.finish(&mut out)).unwrap_err();
        assert_eq!(bad.why, Why::NotItsCharset, "{answer:?}");
    }
}

#[test]
fn formats_and_charsets_have_their_names() {
    let table = [
        ("application/json", Some(Format::Json)),
        ("application/geo+json", Some(Format::Json)),
        ("application/problem+json", Some(Format::Json)),
        ("application/x-ndjson", Some(Format::JsonLines)),
        ("application/jsonl", Some(Format::JsonLines)),
        ("application/json-seq", Some(Format::JsonSequence)),
        ("application/geo+json-seq", Some(Format::JsonSequence)),
        ("text/csv", Some(Format::Csv)),
        ("application/+json", None),
        ("text/json", None),
        ("text/html", None),
        ("application/xml", None),
        ("multipart/form-data", None),
        ("", None),
    ];
    for (name, format) in table {
        assert_eq!(Format::of(name), format, "{name}");
    }
    assert_eq!(Charset::of("UTF-8"), Some(Charset::Utf8));
    assert_eq!(Charset::of("GB2312"), Some(Charset::Gbk));
    assert_eq!(Charset::of("gb18030"), Some(Charset::Gb18030));
    assert_eq!(Charset::of("utf-16"), None);
    assert_eq!(Charset::of("latin1"), None);
}

#[test]
fn files_are_shown_whole_or_not_at_all() {
    let places = Places { records: "$", envelope: &[], subjects: &[] };
    let file = |shown| plan(&places, &[("$", Text, shown, None)]);
    let subject = vec![key().digest("110105491231002").unwrap()];
    let limits = Limits { max_records: 1, max_bytes: 10 };
    let mut out = Vec::new();
    let mut redactor = Redactor::opaque(&file(Shown::Passed), subject.clone(), limits);
    redactor.push(b"%PDF\xff", &mut out).unwrap();
    redactor.push(b"-1.7\n", &mut out).unwrap();
    assert_eq!(redactor.take_subjects(), subject);
    let tally = redactor.finish(&mut out).unwrap();
    assert_eq!(out, b"%PDF\xff-1.7\n");
    assert_eq!((tally.records, &*tally.counts), (1, &[Counts::new(1, 0, 0)][..]));
    assert!(tally.subjects.is_empty());

    let mut redactor = Redactor::opaque(&file(Shown::Passed), subject.clone(), limits);
    let bad = redactor.push(b"%PDF-1.7\n12", &mut out).unwrap_err();
    assert_eq!(bad.why, Why::TooLong { limit_bytes: 10 });
    let mut redactor = Redactor::opaque(&file(Shown::Dropped), subject.clone(), limits);
    assert_eq!(redactor.push(b"%PDF", &mut out).unwrap_err().why, Why::Shape);
    let redactor = Redactor::opaque(&file(Shown::Dropped), subject.clone(), limits);
    assert_eq!(redactor.finish(&mut out).unwrap_err().why, Why::Shape);
}
