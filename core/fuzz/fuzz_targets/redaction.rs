//! Any bytes at all, as an answer, through any plan of a sample entry.
//!
//! The first three bytes choose plan, format and pieces; the rest is the answer. Whatever it is: no
//! panic, the same result wherever it is cut, what comes out is well-formed, and for plain JSON it
//! is what the buffered engine says.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use sluice_core::domain::classification::{Category, Class, Level, Mode, Origin};
use sluice_core::domain::condition::{Condition, ConditionEffect, Test};
use sluice_core::domain::entry::{About, Entry, EntryId, Method, Operation, Template};
use sluice_core::domain::field::{Field, FieldKind};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::name::Name;
use sluice_core::domain::view::View;
use sluice_core::domain::view::ViewTerms;
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::buffered::Buffered;
use sluice_core::redaction::format::{Charset, Format};
use sluice_core::redaction::plan::{Plan, Shapes};
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};
use sluice_core::redaction::{AnswerContext, BadAnswer, Limits, Redactor, Tally};

const FORMATS: [(Format, Charset); 8] = [
    (Format::Json, Charset::Utf8),
    (Format::JsonLines, Charset::Utf8),
    (Format::JsonSequence, Charset::Utf8),
    (Format::Csv, Charset::Utf8),
    (Format::Json, Charset::Gbk),
    (Format::Json, Charset::Gb18030),
    (Format::JsonLines, Charset::Gbk),
    (Format::Csv, Charset::Gb18030),
];

fuzz_target!(|data: &[u8]| {
    let [plan, format, step, answer @ ..] = data else { return };
    let plans = plans();
    let plan = &plans[usize::from(*plan) % plans.len()];
    let (format, charset) = FORMATS[usize::from(*format) % FORMATS.len()];
    let occasion = occasion(step % 2 == 1);
    let whole = redact(plan, &occasion, (format, charset), usize::MAX, answer);
    for step in [1, usize::from(*step).max(2)] {
        let pieces = redact(plan, &occasion, (format, charset), step, answer);
        assert_eq!(pieces, whole, "in pieces of {step}");
    }
    if let Ok((shown, _)) = &whole {
        well_formed(format, shown);
    }
    if (format, charset) == (Format::Json, Charset::Utf8) {
        match (buffered(plan, &occasion, answer), whole) {
            (Ok(theirs), Ok(ours)) => assert_eq!(ours, theirs),
            (Err(_), Err(_)) => {}
            (theirs, ours) => panic!("{ours:?} where the buffered engine says {theirs:?}"),
        }
    }
});

type Outcome = Result<(Vec<u8>, Tally), BadAnswer>;

/// The occasion of an answer, which asks about one person if the flag is set.
fn occasion(about_one: bool) -> AnswerContext {
    let subjects = SubjectKey::new(1, [7; 32]);
    let asked = subjects.digest("110105491231002").filter(|_| about_one);
    let now = 1_772_366_400_000;
    let keys = PseudonymKeys::derive(&[7; 32], Rotation::USUAL);
    AnswerContext {
        subjects,
        asked: asked.into_iter().collect(),
        pseudonyms: keys.at(now, "health", "civil-affairs/sample", None).ok(),
        now,
        limits: Limits { max_records: 20, max_bytes: 1 << 20 },
    }
}

fn redact(
    plan: &Arc<Plan>,
    occasion: &AnswerContext,
    (format, charset): (Format, Charset),
    step: usize,
    answer: &[u8],
) -> Outcome {
    let mut redactor = Redactor::new(plan, None, occasion.clone(), format, charset);
    let mut shown = Vec::new();
    for piece in answer.chunks(step) {
        redactor.push(piece, &mut shown)?;
        assert!(redactor.unsettled() <= shown.len());
    }
    redactor.finish(&mut shown).map(|tally| (shown, tally))
}

fn buffered(plan: &Arc<Plan>, occasion: &AnswerContext, answer: &[u8]) -> Outcome {
    let mut shown = Vec::new();
    let mut buffered = Buffered::new(Arc::clone(plan), Arc::new(occasion.clone()));
    buffered.push(answer, &mut shown)?;
    buffered.finish(&mut shown).map(|tally| (shown, tally))
}

fn well_formed(format: Format, shown: &[u8]) {
    let text = std::str::from_utf8(shown).expect("UTF-8 comes out");
    let is_json = |text: &str| serde_json::from_str::<&RawValue>(text).is_ok();
    let well = match format {
        Format::Json => is_json(text),
        Format::JsonLines => text.lines().all(|line| line.trim().is_empty() || is_json(line)),
        Format::JsonSequence => {
            text.split('\u{1e}').all(|text| text.trim().is_empty() || is_json(text))
        }
        // Quotes come in pairs.
        Format::Csv => text.matches('"').count() % 2 == 0,
    };
    assert!(well, "{format}: {text:?}");
}

/// Every view of every operation of the sample entry, with and without its conditions.
fn plans() -> &'static [Arc<Plan>] {
    static PLANS: OnceLock<Vec<Arc<Plan>>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let mut plans = Vec::new();
        let values = Entry { fields: values(), ..entry(Vec::new()) };
        for entry in [entry(Vec::new()), entry(conditions()), values] {
            for operation in &entry.operations {
                for clearance in 1..=4 {
                    let clearance = Level::new(clearance).expect("a level");
                    let sight = ViewTerms { clearance, fields: None };
                    let view = View::at(&entry.fields, &entry.conditions, &sight);
                    plans.push(Arc::new(Shapes::of(&entry, operation).plan(&entry, &view)));
                }
            }
        }
        plans
    })
}

fn conditions() -> Vec<Condition> {
    let one_of = |field, value: &str, effect| Condition {
        field,
        test: Test::OneOf(vec![value.into()]),
        effect,
    };
    let raise = |fields| ConditionEffect::Raise { fields, level: Level::new(4).expect("a level") };
    vec![
        one_of(5, "sealed", ConditionEffect::Withhold),
        Condition { field: 3, test: Test::YoungerThan { years: 14 }, effect: raise(vec![]) },
        one_of(2, "7", raise(vec![0, 4])),
    ]
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).expect("a path")
}

/// Fields of which one is the record itself.
fn values() -> Vec<Field> {
    let field = |at, mask| Field {
        path: path(at),
        title: at.into(),
        kind: FieldKind::Text,
        level: Level::new(2).expect("a level"),
        mask,
        approval: false,
    };
    vec![field("$", Some(Mask::Name)), field("$.s", None), field("$[*]", Some(Mask::IdNumber))]
}

fn entry(conditions: Vec<Condition>) -> Entry {
    use FieldKind::{Boolean, Number, Text};
    let field = |(at, kind, level, mask): (&str, FieldKind, u8, Option<Mask>)| Field {
        path: path(at),
        title: at.into(),
        kind,
        level: Level::new(level).expect("a level"),
        mask,
        approval: false,
    };
    let keep = Mask::Keep { front: 1, end: 1, with: '*' };
    let fields = [
        ("$.id", Text, 3, Some(Mask::IdNumber)),
        ("$.name", Text, 2, Some(Mask::Name)),
        ("$.n", Number, 2, Some(Mask::Range(vec![-1, 0, 100].into()))),
        ("$.born", Text, 2, Some(Mask::Year)),
        ("$.p", Text, 4, Some(Mask::Pseudonym)),
        ("$.s", Text, 1, None),
        ("$.b", Boolean, 2, Some(Mask::Null)),
        ("$.a[*]", Text, 2, Some(keep)),
        ("$.o.x", Text, 2, Some(Mask::Constant("已隐藏".into()))),
        ("$.o.y[*][*].z", Number, 3, None),
        ("$.m", Text, 2, Some(Mask::Mobile)),
        ("$.e", Text, 2, Some(Mask::Email)),
        ("$.c", Text, 2, Some(Mask::BankCard)),
    ];
    let operation = |records: &str, envelope: &[&str], subjects: &[&str]| Operation {
        id: name("query"),
        method: Method::Post,
        template: Template { segments: Vec::new() },
        mode: Mode::Query,
        parameters: Vec::new(),
        records: path(records),
        envelope: envelope.iter().map(|at| path(at)).collect(),
        subjects: subjects.iter().map(|at| path(at)).collect(),
        max_records: 20,
        approval: false,
        intent: false,
    };
    Entry {
        id: EntryId::new(name("civil-affairs"), name("sample")),
        about: About::default(),
        class: Class::Restricted,
        category: Category::Business,
        level: Level::LEAST,
        personal: true,
        origin: Origin::Source,
        active: true,
        operations: vec![
            operation("$", &[], &["$.id", "$.o.x"]),
            operation("$[*]", &[], &["$.id"]),
            operation("$.i[*]", &["$.t"], &["$"]),
        ],
        fields: fields.map(field).into(),
        opaque: Vec::new(),
        conditions,
        terms: Vec::new(),
        views: Vec::new(),
        upstream: None,
    }
}
