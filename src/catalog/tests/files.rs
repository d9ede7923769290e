//! Entries of files.

use sluice_core::domain::view::Shown;

use super::{problems, samples};
use crate::catalog::{CatalogProblem, Rule, SourceFile, read};

const FILES: &str = "public-security/open-cases.yaml";

/// An entry of scanned certificates.
const SCANS: &str = "title: 户口簿影像
contact: 公安局
class: restricted
category: business
level: 3
personal: true
opaque: [application/pdf, image/tiff]
upstream: {addresses: [\"records.public-security.internal:9443\"]}
operations:
  - id: one
    method: POST
    path: /scan
    mode: query
    parameters:
      - { name: id_number, in: body, pattern: '[0-9]{17}[0-9X]', subject: true }
terms:
  - id: assistance
    consumers: [civil-affairs]
    purposes: [social-assistance]
    clearance: 3
";

/// The samples with the withheld entry made one of files, and a text of it replaced.
fn scans(from: &str, to: &str) -> Vec<SourceFile> {
    let mut sources = samples();
    let source = sources.iter_mut().find(|source| source.path == FILES).unwrap();
    assert!(SCANS.contains(from), "{from}");
    source.text = SCANS.replacen(from, to, 1);
    sources
}

fn only(from: &str, to: &str) -> CatalogProblem {
    let found = problems(&scans(from, to));
    let [problem] = &*found else { panic!("{from} to {to}: {found:?}") };
    assert_eq!(&*problem.file, FILES);
    problem.clone()
}

#[test]
fn an_entry_of_files_shows_the_whole() {
    let catalog = read(&scans("", "")).unwrap();
    let entry = catalog.entries.iter().find(|e| e.id.as_str() == "public-security/open-cases");
    let entry = entry.unwrap();
    assert!(entry.is_opaque());
    assert_eq!(entry.opaque.len(), 2);
    assert_eq!(entry.terms[0].view_of(&entry.views).shown(0), Shown::Passed);
    assert!(entry.operations[0].parameters[0].subject);
}

#[test]
fn nobody_gets_a_part_of_a_file() {
    let problem = only("clearance: 3", "clearance: 2");
    assert_eq!((problem.rule, problem.line, problem.column), (Rule::OpaqueWhole, 20, 16));
    let problem = only("mode: query", "mode: submit");
    assert_eq!(problem.rule, Rule::OpaqueWhole);
    let everyone = "class: unconditional\nexception: x";
    let found = problems(&scans("class: restricted", everyone));
    assert!(found.iter().any(|problem| problem.rule == Rule::OpaqueWhole), "{found:?}");
}

#[test]
fn what_can_be_judged_is_not_declared_a_file() {
    for (media_type, says) in [
        ("application/json", "declare `fields`"),
        ("application/geo+json", "declare `fields`"),
        ("text/csv", "declare `fields`"),
        ("pdf", "application/pdf"),
        ("Application/pdf", "lower case"),
        ("'application/pdf; version=1'", "without parameters"),
        ("'*/*'", "application/pdf"),
    ] {
        let problem = only("application/pdf", media_type);
        assert_eq!((problem.rule, problem.line), (Rule::BadMediaType, 7), "{media_type}");
        assert!(problem.advice.contains(says), "{problem}");
    }
}

#[test]
fn files_have_no_records() {
    for (from, to) in [
        ("    mode: query\n", "    mode: query\n    records: $.items[*]\n"),
        ("    mode: query\n", "    mode: query\n    max_records: 5\n"),
        ("terms:\n", "fields:\n  - { path: $.name, title: 姓名, level: 1 }\nterms:\n"),
    ] {
        assert_eq!(only(from, to).rule, Rule::MisplacedKey, "{to}");
    }
}

#[test]
fn a_person_s_file_is_asked_for_by_the_person() {
    let problem = only(", subject: true", "");
    assert_eq!((problem.rule, problem.line), (Rule::SubjectsMissing, 10));
    let problem = only("subject: true", "subject: true, required: false");
    assert_eq!(problem.rule, Rule::SubjectsMissing);
}
