//! The sample catalog under `tests/cases/catalog-rules` is right; each case changes one thing in it and
//! says which problem that must give, where, and which other change gives none.

use std::path::Path;

use sluice_core::domain::entry::{Class, Mode};
use sluice_core::domain::mask::Mask;
use sluice_core::domain::terms::{CaseRule, Consumers, Operators, Purposes};
use sluice_core::domain::view::Shown;

use super::*;

mod cases;

fn samples() -> Vec<SourceFile> {
    let (sources, problems) = folder::sources(Path::new("tests/cases/catalog-rules"));
    assert_eq!(problems, []);
    assert_eq!(sources.len(), 4);
    sources
}

/// The samples with one text in one file replaced by another.
fn changed(path: &str, from: &str, to: &str) -> Vec<SourceFile> {
    let mut sources = samples();
    let source = sources.iter_mut().find(|source| source.path == path).expect(path);
    assert!(source.text.contains(from), "{path} does not hold {from:?}");
    source.text = source.text.replacen(from, to, 1);
    sources
}

fn problems(sources: &[SourceFile]) -> Vec<Problem> {
    read(sources).err().map(|found| found.iter().cloned().collect()).unwrap_or_default()
}

fn entry_of<'a>(catalog: &'a Catalog, id: &str) -> &'a Entry {
    catalog.entries.iter().find(|entry| entry.id.as_str() == id).expect(id)
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
    let elsewhere =
        [Rule::FileUnreadable, Rule::FilePlace, Rule::RegistryMissing, Rule::TooManyFields];
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
fn the_sample_means_what_it_says() {
    let catalog = read(&samples()).unwrap();
    assert_eq!(catalog.registry.departments().len(), 4);
    let marriage = entry_of(&catalog, "civil-affairs/marriage");
    assert_eq!(&*marriage.about.title, "婚姻登记信息");
    assert!(matches!(marriage.class, Class::Restricted));
    assert_eq!(marriage.operations[0].max_records, 1);
    assert_eq!(marriage.operations[1].max_records, 100);
    assert_eq!(marriage.operations[1].parameters.len(), 3);
    assert_eq!(marriage.fields[2].mask, Some(Mask::Null));
    assert_eq!(marriage.fields[1].mask, Some(Mask::Keep { front: 1, end: 0, with: '*' }));
    let [assistance, investigation] = &*marriage.terms else { panic!("two terms") };
    // civil-affairs and human-resources, once each although the group holds both.
    assert!(matches!(&assistance.consumers, Consumers::Departments(d) if *d == [1, 2]));
    assert_eq!(assistance.from, Some(1_767_196_800_000));
    assert_eq!(assistance.rate.burst.map(u32::from), Some(40));
    assert!(matches!(&assistance.case, CaseRule::Required(Some(p)) if p.matches("救2026-7")));
    assert!(matches!(&assistance.operators, Operators::Listed(p) if p.len() == 1));
    assert!(matches!(&assistance.purposes, Purposes::Listed(p) if p[0] == "social-assistance"));
    assert_eq!(assistance.modes, [Mode::Query]);
    assert_eq!(investigation.modes, [Mode::Query, Mode::Search]);
    use Shown::{Dropped, Masked, Passed};
    let view = assistance.view_of(&marriage.views);
    assert_eq!(*view.fields, [Masked, Passed, Dropped, Passed, Dropped, Dropped]);
    assert_eq!(marriage.views.len(), 2);
}

#[test]
fn an_unconditional_entry_ends_with_a_term_for_everyone() {
    let catalog = read(&samples()).unwrap();
    let divisions = entry_of(&catalog, "civil-affairs/divisions");
    let last = divisions.terms.last().unwrap();
    assert_eq!(&*last.id, "unconditional");
    assert!(matches!(last.consumers, Consumers::Everyone));
    assert!(matches!(last.purposes, Purposes::Waived));
    assert!(!last.modes.contains(&Mode::Bulk));
    assert_eq!(last.rate.requests.get(), 50);
    assert_eq!(last.view_of(&divisions.views).shown(2), Shown::Dropped);
    assert!(divisions.operations[0].template.segments.is_empty());
}

#[test]
fn a_withheld_entry_needs_no_upstream() {
    let catalog = read(&samples()).unwrap();
    let withheld = entry_of(&catalog, "public-security/open-cases");
    assert!(matches!(&withheld.class, Class::NonShared(why) if &*why.reason == "涉及在办案件"));
    assert!(withheld.upstream.is_none());
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
    let mut sources = changed("civil-affairs/marriage.yaml", "title_en:", "tilte_en:");
    for (path, from, to) in [
        ("civil-affairs/marriage.yaml", "category: business", "category: busness"),
        ("civil-affairs/marriage.yaml", "clearance: 2", "clearance: 7"),
        ("civil-affairs/divisions.yaml", "rate: 50/s", "rate: often"),
        ("departments.yaml", "region: \"330102\"", "region: west"),
    ] {
        let source = sources.iter_mut().find(|source| source.path == path).unwrap();
        source.text = source.text.replacen(from, to, 1);
    }
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
    let found =
        problems(&changed("civil-affairs/marriage.yaml", "mask: id-number", "mask: id-numbr"));
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
