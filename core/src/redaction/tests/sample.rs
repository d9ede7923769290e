//! A sample entry, its views, and ways to run an answer through them.

use std::sync::Arc;

use crate::domain::classification::{Category, Class, Level, Mode, Origin};
use crate::domain::condition::{Condition, ConditionEffect};
use crate::domain::entry::{About, Entry, EntryId, Method, Operation, Template};
use crate::domain::field::{Field, FieldKind};
use crate::domain::field_path::FieldPath;
use crate::domain::mask::Mask;
use crate::domain::name::Name;
use crate::domain::view::{Shown, View};
use crate::ledger::digest::SubjectKey;
use crate::redaction::plan::Plan;
use crate::redaction::pseudonym::{PseudonymKeys, Rotation};
use crate::redaction::{AnswerContext, Limits, Tally, Why};

pub(super) const LIMITS: Limits = Limits { max_records: 1000, max_bytes: 1 << 20 };

pub(super) fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

pub(super) fn key() -> SubjectKey {
    SubjectKey::new(1, [7; 32])
}

/// The occasion of all sample answers: 1 March 2026, noon in Greenwich.
pub(in crate::redaction) fn occasion() -> AnswerContext {
    let now = 1_772_366_400_000;
    let keys = PseudonymKeys::derive(&[7; 32], Rotation { period_days: 365, overlap_days: 30 });
    AnswerContext {
        subjects: key(),
        pseudonyms: keys.at(now, "health", "civil-affairs/sample", None).ok(),
        now,
        limits: LIMITS,
        asked: Vec::new(),
    }
}

fn field(at: &str, kind: FieldKind, mask: Option<Mask>) -> Field {
    Field { path: path(at), title: at.into(), kind, level: Level::LEAST, mask, approval: false }
}

/// The paths of records, envelope and persons in the answers of a sample operation.
pub(super) struct Places<'a> {
    pub(super) records: &'a str,
    pub(super) envelope: &'a [&'a str],
    pub(super) subjects: &'a [&'a str],
}

/// A field: path, kind, verdict and mask.
pub(super) type Sample<'a> = (&'a str, FieldKind, Shown, Option<Mask>);

/// A plan of these fields.
pub(super) fn plan(places: &Places<'_>, fields: &[Sample<'_>]) -> Arc<Plan> {
    plan_under(places, fields, Vec::new())
}

/// A plan of these fields under conditions. The levels that conditions raise are above the
/// consumer's clearance.
pub(super) fn plan_under(
    places: &Places<'_>,
    fields: &[Sample<'_>],
    conditions: Vec<Condition>,
) -> Arc<Plan> {
    let name = |text: &str| Name::parse(text).unwrap();
    let paths = |texts: &[&str]| texts.iter().map(|text| path(text)).collect();
    let operation = Operation {
        id: name("query"),
        method: Method::Post,
        template: Template { segments: Vec::new() },
        mode: Mode::Query,
        parameters: Vec::new(),
        records: path(places.records),
        envelope: paths(places.envelope),
        subjects: paths(places.subjects),
        max_records: 1,
        approval: false,
        intent: false,
    };
    let entry = Entry {
        id: EntryId::new(name("civil-affairs"), name("sample")),
        about: About::default(),
        class: Class::Restricted,
        category: Category::Business,
        level: Level::LEAST,
        personal: true,
        origin: Origin::Source,
        active: true,
        operations: Vec::new(),
        fields: fields.iter().map(|(at, kind, _, mask)| field(at, *kind, mask.clone())).collect(),
        opaque: Vec::new(),
        conditions,
        terms: Vec::new(),
        views: Vec::new(),
        upstream: None,
    };
    let raising: Vec<&ConditionEffect> = entry
        .conditions
        .iter()
        .map(|condition| &condition.effect)
        .filter(|effect| **effect != ConditionEffect::Withhold)
        .collect();
    let shown = |fulfilled: usize| {
        let fields = fields.iter().enumerate().map(|(ix, (.., shown, mask))| {
            let raises = |effect: &ConditionEffect| effect.level_of(ix as u16).is_some();
            let hit = |(bit, effect): (usize, &&ConditionEffect)| {
                fulfilled >> bit & 1 == 1 && raises(effect)
            };
            match (raising.iter().enumerate().any(hit), mask) {
                (true, Some(_)) if *shown != Shown::Dropped => Shown::Masked,
                (true, _) => Shown::Dropped,
                (false, _) => *shown,
            }
        });
        fields.collect()
    };
    let view = View { fields: shown(0), raised: (1..1 << raising.len()).map(shown).collect() };
    Arc::new(Plan::compile(&entry, &operation, &view))
}

/// A person's record of nine fields, five of which pass and two are masked, at `records`.
pub(super) fn person(records: &str) -> Arc<Plan> {
    person_under(records, Vec::new())
}

/// The plan of [`person`], under conditions.
pub(super) fn person_under(records: &str, conditions: Vec<Condition>) -> Arc<Plan> {
    use FieldKind::{Boolean, Number, Text};
    use Shown::{Dropped, Masked, Passed};
    let places = Places {
        records,
        envelope: if records == "$" || records == "$[*]" { &[] } else { &["$.total"] },
        subjects: &["$.id_number"],
    };
    plan_under(
        &places,
        &[
            ("$.name", Text, Masked, Some(Mask::Name)),
            ("$.id_number", Text, Masked, Some(Mask::IdNumber)),
            ("$.age", Number, Passed, None),
            ("$.married", Boolean, Passed, None),
            ("$.address.city", Text, Passed, None),
            ("$.address.street", Text, Dropped, None),
            ("$.children[*].name", Text, Passed, None),
            ("$.tags[*]", Text, Passed, None),
            ("$.health.blood", Text, Dropped, None),
        ],
        conditions,
    )
}

/// The result of an answer: the output and the tally, or the error.
pub(super) type Outcome = Result<(String, Tally), Why>;
