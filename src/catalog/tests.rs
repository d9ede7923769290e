//! The sample catalog under `tests/cases/catalog-rules` is right; each case changes one thing in it and
//! says which problem that must give, where, and which other change gives none.

use std::path::Path;

use super::*;

mod cases;
mod difference;
mod files;
mod listing;
mod meaning;
mod schema;
mod whole;

const MARRIAGE: &str = "civil-affairs/marriage.yaml";
const DIVISIONS: &str = "civil-affairs/divisions.yaml";

fn samples() -> Vec<SourceFile> {
    let (sources, problems) = folder::sources(Path::new("tests/cases/catalog-rules"));
    assert_eq!(problems, []);
    assert_eq!(sources.len(), 5);
    sources
}

/// The samples with one text in one file replaced by another.
fn changed(path: &str, from: &str, to: &str) -> Vec<SourceFile> {
    edited(&[(path, from, to)])
}

/// Returns the samples with several texts replaced, each at its first occurrence.
fn edited(edits: &[(&str, &str, &str)]) -> Vec<SourceFile> {
    let mut sources = samples();
    for (path, from, to) in edits {
        let source = sources.iter_mut().find(|source| source.path == *path).expect(path);
        assert!(source.text.contains(from), "{path} does not hold {from:?}");
        source.text = source.text.replacen(from, to, 1);
    }
    sources
}

fn problems(sources: &[SourceFile]) -> Vec<CatalogProblem> {
    check(sources, None).problems.iter().cloned().collect()
}

fn rules(sources: &[SourceFile]) -> Vec<Rule> {
    problems(sources).iter().map(|problem| problem.rule).collect()
}

#[test]
fn each_rule_finds_its_mistake_alone_and_where_it_stands() {
    let mut failures = String::new();
    for case in cases::CASES {
        let found = problems(&changed(case.file, case.from, case.wrong));
        let right = problems(&changed(case.file, case.from, case.right));
        let as_expected = found.len() == 1
            && found.iter().all(|problem| {
                let said = format!("{} {}", problem.message, problem.advice);
                (problem.rule, &*problem.file) == (case.rule, case.file)
                    && (problem.line, problem.column) == case.at
                    && said.contains(case.says)
            });
        if !as_expected || !right.is_empty() {
            failures
                .push_str(&format!("\n=== {} at {:?} by {:?}\n", case.rule, case.at, case.wrong));
            found.iter().for_each(|problem| failures.push_str(&format!("{problem}\n")));
            right.iter().for_each(|problem| failures.push_str(&format!("not right: {problem}\n")));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_rule_has_a_case() {
    let elsewhere = [
        Rule::FileUnreadable,
        Rule::FilePlace,
        Rule::RegistryMissing,
        Rule::TooManyFields,
        Rule::BulkCopy,
        Rule::PurposeScope,
        Rule::ToxicCombination,
        Rule::ExpiredTerm,
        Rule::BadMediaType,
        Rule::OpaqueWhole,
    ];
    for rule in Rule::ALL {
        let has_case = cases::CASES.iter().any(|case| case.rule == *rule);
        assert!(has_case || elsewhere.contains(rule), "{rule} has no case");
    }
}

#[test]
fn ids_and_explanations_of_rules_are_distinct() {
    for rule in Rule::ALL {
        assert_eq!(Rule::parse(rule.id()), Some(*rule));
        assert!(rule.explanation().ends_with('.'), "{rule}");
    }
}

#[test]
fn the_version_is_that_of_the_files_and_not_of_their_order() {
    let mut sources = samples();
    let version = read(&sources).unwrap().version;
    assert_eq!(version.len(), "dev-".len() + 12);
    sources.reverse();
    assert_eq!(read(&sources).unwrap().version, version);
    sources[0].text.push('\n');
    assert_ne!(read(&sources).unwrap().version, version);
}

#[test]
fn all_problems_of_all_files_come_at_once_and_in_order() {
    let sources = edited(&[
        (MARRIAGE, "title_en:", "tilte_en:"),
        (MARRIAGE, "category: business", "category: busness"),
        (MARRIAGE, "clearance: 2", "clearance: 7"),
        (DIVISIONS, "rate: 50/s", "rate: often"),
        (REGISTRY_FILE, "region: \"330102\"", "region: west"),
    ]);
    let found: Vec<_> = problems(&sources).iter().map(|p| (p.rule, p.line)).collect();
    let expected = [
        (Rule::BadRate, 8),
        (Rule::UnknownKey, 2),
        (Rule::UnknownWord, 13),
        (Rule::BadLevel, 97),
        (Rule::BadRegion, 33),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_mistake_in_the_registry_does_not_make_every_entry_wrong() {
    let found = problems(&changed("departments.yaml", "purposes:", "purposes: ]"));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::Syntax]);
    let found = problems(&changed("departments.yaml", "title: 公安局", "titel: 公安局"));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::UnknownKey]);
    let found = problems(&changed("departments.yaml", "title: 公安局", "active: true"));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::MissingKey]);
}

#[test]
fn files_out_of_place_are_refused() {
    for (path, says) in [
        ("civil-affairs/Marriage.yaml", "<department>/<entry>.yaml"),
        ("civil-affairs/marriage.yml", "<department>/<entry>.yaml"),
        ("marriage.yaml", "<department>/<entry>.yaml"),
        ("a/b/c.yaml", "<department>/<entry>.yaml"),
        ("civil-afairs/marriage.yaml", "did you mean the folder `civil-affairs`?"),
        ("elsewhere/marriage.yaml", "declare it in departments.yaml"),
    ] {
        let mut sources = samples();
        let ix = sources.iter().position(|s| s.path == "civil-affairs/divisions.yaml").unwrap();
        sources[ix].path = path.into();
        let found = problems(&sources);
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        assert_eq!(found[0].rule, Rule::FilePlace, "{path}");
        assert!(found[0].advice.contains(says), "{path}: {}", found[0].advice);
    }
}

#[test]
fn a_catalog_without_registry_is_refused_once() {
    let sources: Vec<_> = samples().into_iter().filter(|s| s.path != REGISTRY_FILE).collect();
    let found = problems(&sources);
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::RegistryMissing]);
}

#[test]
fn a_folder_is_read_and_what_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for SourceFile { path, text } in samples() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.path().join("README.md"), "not of the catalog").unwrap();
    let catalog = read_dir(folder.path()).unwrap();
    assert_eq!(catalog.version, read(&samples()).unwrap().version);
    assert_eq!(catalog.into_policy().entries().len(), 3);

    std::fs::write(folder.path().join("civil-affairs/gbk.yaml"), b"title: \xBB\xE9").unwrap();
    let found = read_dir(folder.path()).unwrap_err();
    let only = found.iter().next().unwrap();
    assert_eq!((found.len(), only.rule), (1, Rule::FileUnreadable));
    assert_eq!(only.file, folder.path().join("civil-affairs/gbk.yaml").display().to_string());

    let found = read_dir(&folder.path().join("nowhere")).unwrap_err();
    let rules: Vec<_> = found.iter().map(|problem| problem.rule).collect();
    assert_eq!(rules, [Rule::FileUnreadable, Rule::RegistryMissing]);
}

#[test]
fn a_problem_is_shown_with_its_line() {
    let found = problems(&changed(MARRIAGE, "mask: id-number", "mask: id-numbr"));
    let expected = "\
error[unknown-mask]: there is no mask `id-numbr`
  --> civil-affairs/marriage.yaml:64:11
   |
64 |     mask: id-numbr
   |           ^^^^^^^^
   = help: did you mean `id-number`?";
    assert_eq!(found[0].to_string(), expected);
}

#[test]
fn carets_stand_below_wide_characters() {
    let found = problems(&changed(
        "civil-affairs/divisions.yaml",
        "{ path: $.name, title: 名称, level: 1 }",
        "{ path: $.name, title: 名称, level: 一 }",
    ));
    let expected = "\
error[wrong-type]: a whole number belongs here, not `一`
  --> civil-affairs/divisions.yaml:26:39
   |
26 |   - { path: $.name, title: 名称, level: 一 }
   |                                         ^^
   = help: write it in digits, unquoted";
    assert_eq!(found[0].to_string(), expected);
}

#[test]
fn an_entry_has_a_bounded_number_of_fields() {
    let field = |ix: usize| format!("  - {{ path: $.f{ix}, title: 项, level: 1 }}\n");
    let many = |count: usize| format!("fields:\n{}", (0..count).map(field).collect::<String>());
    let path = "civil-affairs/divisions.yaml";
    let found = problems(&changed(path, "fields:\n", &many(1021)));
    assert_eq!(found, []);
    let found = problems(&changed(path, "fields:\n", &many(1022)));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::TooManyFields]);
}

#[test]
fn tools_get_all_that_people_get() {
    let checked = check(&changed(MARRIAGE, "mask: id-number", "mask: id-numbr"), None);
    let told = report::of(&checked);
    assert_eq!(told.catalog_version, None);
    let expected = serde_json::json!([{
        "file": "civil-affairs/marriage.yaml",
        "line": 64,
        "column": 11,
        "width": 8,
        "severity": "error",
        "rule": "unknown-mask",
        "message": "there is no mask `id-numbr`",
        "advice": "did you mean `id-number`?",
        "excerpt": "    mask: id-numbr",
    }]);
    assert_eq!(serde_json::to_value(&told.problems).unwrap(), expected);
    let sarif = report::sarif(&checked.problems);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(result["ruleId"], "unknown-mask");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "civil-affairs/marriage.yaml");
    assert_eq!(place["region"]["startLine"], 64);
    assert_eq!(place["region"]["startColumn"], 11);
    assert_eq!(place["region"]["endColumn"], 19);
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"].as_array().map(Vec::len),
        Some(Rule::ALL.len())
    );

    let right = check(&samples(), None);
    let told = report::of(&right);
    assert_eq!((told.entries, told.departments), (Some(3), Some(4)));
    assert!(told.problems.is_empty());
}

/// Cut anywhere, or with any byte replaced, a file gives a catalog or problems, never a panic.
#[test]
fn no_damaged_file_breaks_the_reader() {
    let whole = samples();
    let registry = whole.iter().find(|source| source.path == REGISTRY_FILE).unwrap().clone();
    for source in &whole {
        let text = &source.text;
        for (at, c) in text.char_indices().step_by(7) {
            let rest = &text[at + c.len_utf8()..];
            let with = ["\0", "\t", "*", "[", "{", "'", "-", ":\n"][at % 8];
            let damaged = [text[..at].to_owned(), format!("{}{with}{rest}", &text[..at])];
            for text in damaged {
                let changed = SourceFile { path: source.path.clone(), text };
                let files = if changed.path == REGISTRY_FILE {
                    vec![changed]
                } else {
                    vec![registry.clone(), changed]
                };
                if let Err(problems) = read(&files) {
                    assert!(!problems.is_empty());
                    let _ = problems.to_string();
                }
            }
        }
    }
}
