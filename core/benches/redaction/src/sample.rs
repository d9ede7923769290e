//! Synthetic person records, and the plan by which they are redacted.

use std::sync::Arc;

use sluice_core::domain::classification::{Category, Class, Level, Mode, Origin};
use sluice_core::domain::entry::{About, Entry, EntryId, Method, Operation, Template};
use sluice_core::domain::field::{Field, FieldKind};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::name::Name;
use sluice_core::domain::view::{Shown, View};
use sluice_core::redaction::plan::Plan;

/// The nine fields and what is done with each.
pub(crate) const FIELDS: [(&str, FieldKind, Shown); 9] = [
    ("id_number", FieldKind::Text, Shown::Masked),
    ("name", FieldKind::Text, Shown::Masked),
    ("gender", FieldKind::Text, Shown::Passed),
    ("birth_date", FieldKind::Text, Shown::Dropped),
    ("ethnicity", FieldKind::Text, Shown::Passed),
    ("address", FieldKind::Text, Shown::Passed),
    ("mobile", FieldKind::Text, Shown::Dropped),
    ("household", FieldKind::Number, Shown::Passed),
    ("updated_at", FieldKind::Text, Shown::Passed),
];

/// An answer of so many records.
pub(crate) fn answer(records: usize) -> Vec<u8> {
    let surnames = ["赵", "钱", "孙", "李", "欧阳", "段"];
    let given = ["明", "正淳", "语嫣", "伟", "秀英"];
    let streets =
        ["马甸东路十九号院三号楼", "中关村南大街五号", "西湖区文三路三百九十一号四零二室"];
    let records: Vec<String> = (0..records)
        .map(|ix| {
            format!(
                concat!(
                    r#"{{"id_number":"1101051949{:02}{:02}{:03}X","name":"{}{}","gender":"{}","#,
                    r#""birth_date":"1949-{:02}-{:02}","ethnicity":"汉族","address":"北京市海淀区{}","#,
                    r#""mobile":"180{:08}","household":{},"updated_at":"2026-01-15T08:30:{:02}+08:00"}}"#
                ),
                ix % 12 + 1,
                ix % 28 + 1,
                ix % 1000,
                surnames[ix % 6],
                given[ix % 5],
                if ix % 3 == 0 { "女" } else { "男" },
                ix % 12 + 1,
                ix % 28 + 1,
                streets[ix % 3],
                ix * 7919 % 100_000_000,
                110_000_000_000_000_000 + ix * 31,
                ix % 60,
            )
        })
        .collect();
    format!("[{}]", records.join(",")).into_bytes()
}

/// The mask of a field that has one.
pub(crate) fn mask(field: &str) -> Mask {
    if field == "name" { Mask::Name } else { Mask::IdNumber }
}

/// The plan for the fields.
pub(crate) fn plan(subjects: bool) -> Arc<Plan> {
    let name = |text: &str| Name::parse(text).expect("a name");
    let path = |text: &str| FieldPath::parse(text).expect("a path");
    let field = |(at, kind, _): &(&str, FieldKind, Shown)| Field {
        path: path(&format!("$.{at}")),
        title: (*at).into(),
        kind: *kind,
        level: Level::LEAST,
        mask: Some(mask(at)),
        approval: false,
    };
    let operation = Operation {
        id: name("search"),
        method: Method::Post,
        template: Template { segments: Vec::new() },
        mode: Mode::Search,
        parameters: Vec::new(),
        records: path("$[*]"),
        envelope: Vec::new(),
        subjects: if subjects { vec![path("$.id_number")] } else { Vec::new() },
        max_records: 100,
        approval: false,
        intent: false,
    };
    let entry = Entry {
        id: EntryId::new(name("public-security"), name("persons")),
        about: About::default(),
        class: Class::Restricted,
        category: Category::Base,
        level: Level::LEAST,
        personal: true,
        origin: Origin::Source,
        active: true,
        operations: Vec::new(),
        fields: FIELDS.iter().map(field).collect(),
        opaque: Vec::new(),
        conditions: Vec::new(),
        terms: Vec::new(),
        views: Vec::new(),
        upstream: None,
    };
    let fields = FIELDS.iter().map(|(_, _, shown)| *shown).collect();
    let view = View { fields, raised: Vec::new() };
    Arc::new(Plan::compile(&entry, &operation, &view))
}
