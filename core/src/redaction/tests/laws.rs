//! The laws of the streaming engine.

use std::sync::Arc;

use proptest::prelude::*;

use super::documents::{Cut, MARKER, cut, damaged, document};
use super::sample::{Places, key, occasion, person, person_under, plan};
use crate::domain::classification::Level;
use crate::domain::condition::{Condition, ConditionEffect, Test};
use crate::domain::field::FieldKind;
use crate::domain::mask::Mask;
use crate::domain::view::Shown;
use crate::redaction::buffered::Buffered;
use crate::redaction::plan::Plan;
use crate::redaction::scan::Kernel;
use crate::redaction::stream::Stream;
use crate::redaction::{AnswerContext, BadAnswer, Tally};

type Outcome = Result<(String, Tally), BadAnswer>;

fn streamed<'a>(
    plan: &Arc<Plan>,
    occasion: &AnswerContext,
    pieces: impl Iterator<Item = &'a [u8]>,
    kernel: Kernel,
) -> Outcome {
    let mut out = Vec::new();
    let mut stream = Stream::with_kernel(Arc::clone(plan), Arc::new(occasion.clone()), kernel);
    for piece in pieces {
        stream.push(piece, &mut out)?;
    }
    let tally = stream.finish(&mut out)?;
    Ok((String::from_utf8(out).unwrap(), tally))
}

fn buffered(plan: &Arc<Plan>, occasion: &AnswerContext, text: &[u8]) -> Outcome {
    let mut out = Vec::new();
    let mut buffered = Buffered::new(Arc::clone(plan), Arc::new(occasion.clone()));
    buffered.push(text, &mut out)?;
    let tally = buffered.finish(&mut out)?;
    Ok((String::from_utf8(out).unwrap(), tally))
}

/// Plans of several shapes: records at the root, in arrays, deep down; places with two declared
/// types.
fn plans() -> Vec<Arc<Plan>> {
    use FieldKind::{Number, Text};
    let mixed = plan(
        &Places { records: "$", envelope: &["$.total"], subjects: &["$.owner.id", "$.ids[*]"] },
        &[
            ("$.name", Text, Shown::Masked, Some(Mask::Keep { front: 2, end: 1, with: '*' })),
            ("$.tags", Text, Shown::Passed, None),
            ("$.tags[*]", Number, Shown::Passed, None),
            ("$.children[*][*].name", Text, Shown::Passed, None),
            ("$.owner.name", Text, Shown::Dropped, None),
            ("$.address.city", Text, Shown::Masked, Some(Mask::Null)),
            ("$.items[*].items[*].age", Number, Shown::Masked, Some(Mask::Name)),
        ],
    );
    let masks = plan(
        &Places { records: "$.items[*]", envelope: &["$.total"], subjects: &[] },
        &[
            ("$.id_number", Text, Shown::Masked, Some(Mask::Pseudonym)),
            ("$.name", Text, Shown::Masked, Some(Mask::Pseudonym)),
            ("$.age", Number, Shown::Masked, Some(Mask::Range(vec![-1, 0, 7, 100].into()))),
        ],
    );
    let values = plan(
        &Places { records: "$.items[*]", envelope: &["$.total"], subjects: &["$"] },
        &[("$", Text, Shown::Masked, Some(Mask::Mobile)), ("$.name", Text, Shown::Passed, None)],
    );
    let mut plans = vec![mixed, masks, values];
    for records in ["$", "$[*]", "$.items[*]", "$.data.items[*]"] {
        plans.push(person(records));
        plans.push(person_under(records, conditions()));
    }
    plans
}

/// Conditions that about every third sample person fulfils.
pub(super) fn conditions() -> Vec<Condition> {
    let one_of = |field, value: &str, effect| {
        let test = Test::OneOf(vec![value.into()]);
        Condition { field, test, effect }
    };
    let raise = |fields| ConditionEffect::Raise { fields, level: Level::new(4).unwrap() };
    vec![
        one_of(2, "7", raise(vec![1, 2, 4])),
        one_of(3, "true", ConditionEffect::Withhold),
        one_of(4, "", raise(Vec::new())),
    ]
}

fn same_whatever_the_chunking(document: &Cut) {
    let asked = key().digest("110105491231002").into_iter().collect();
    for occasion in [occasion(), AnswerContext { asked, ..occasion() }] {
        for plan in plans() {
            same_by(&plan, &occasion, document);
        }
    }
}

fn same_by(plan: &Arc<Plan>, occasion: &AnswerContext, document: &Cut) {
    let once = std::iter::once(&document.text[..]);
    let whole = streamed(plan, occasion, once, Kernel::best());
    for kernel in [Kernel::Portable, Kernel::best()] {
        let pieces = streamed(plan, occasion, document.pieces(), kernel);
        assert_eq!(pieces, whole, "{kernel:?}");
    }
    match (buffered(plan, occasion, &document.text), whole) {
        (Ok(theirs), Ok(ours)) => assert_eq!(ours, theirs),
        (Err(_), Err(_)) => {}
        (theirs, ours) => assert_eq!(ours, theirs),
    }
}

/// Fewer cases in usual test runs; many when the tests are built for speed.
pub(super) fn cases() -> ProptestConfig {
    let cases = if cfg!(debug_assertions) { 150 } else { 5_000 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    /// The law: any chunking gives the same bytes and the same tally, on any processor, and they
    /// are the oracle's.
    #[test]
    fn any_chunking_gives_what_the_oracle_keeps(document in cut(document())) {
        same_whatever_the_chunking(&document);
    }

    /// The law: the same holds for documents that are nearly JSON; the error is at the same byte,
    /// too.
    #[test]
    fn any_chunking_refuses_what_the_oracle_refuses(document in cut(damaged())) {
        same_whatever_the_chunking(&document);
    }

    /// The law: the output is JSON, and holds nothing of a hidden value.
    #[test]
    fn nothing_hidden_comes_out(document in cut(document())) {
        use FieldKind::Text;
        let places = Places { records: "$", envelope: &[], subjects: &["$.id_number"] };
        let fields = ["$.name", "$.address.city", "$.children[*].name", "$.tags[*]", "$.items[*]"];
        let hidden = fields.map(|field| (field, Text, Shown::Dropped, None));
        let masked = fields.map(|field| (field, Text, Shown::Masked, Some(Mask::Mobile)));
        for fields in [hidden, masked] {
            let plan = plan(&places, &fields);
            let Ok((out, _)) = streamed(&plan, &occasion(), document.pieces(), Kernel::best())
            else { continue };
            assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
            assert!(!out.contains(MARKER), "{out}");
        }
    }
}
