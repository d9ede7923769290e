//! Any text, as one file of a catalog: its registry, its procedure, or an entry.
//!
//! Whatever it is: no panic; the order of the files makes no difference; a catalog that reads is
//! compiled to one that loads as the same; and a problem stands where its file has something, and
//! shows nothing on a terminal but text.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluice::catalog::{
    Catalog, CatalogProblems, Checked, PROCEDURE_FILE, REGISTRY_FILE, SourceFile, check, compiled,
    report,
};

const REGISTRY: &str = include_str!("../corpus/catalog/departments.yaml");
const ENTRY: &str = include_str!("../corpus/catalog/health/beds.yaml");
const ENTRY_FILE: &str = "health/beds.yaml";

static COUNT: LazyLock<usize> = LazyLock::new(|| {
    let sound = check(&files(ENTRY_FILE, ENTRY), None);
    assert!(sound.problems.is_empty(), "{}", sound.problems);
    sound.catalog.map_or(0, |catalog| catalog.entries.len())
});

/// A small catalog of which one file is another.
fn files(path: &str, text: &str) -> Vec<SourceFile> {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let mut files: Vec<_> = [(REGISTRY_FILE, REGISTRY), (ENTRY_FILE, ENTRY)]
        .into_iter()
        .filter(|(other, _)| *other != path)
        .map(|(path, text)| file(path, text))
        .collect();
    files.push(file(path, text));
    files
}

/// Which file a text is: one of the office's begins with one of its own keys.
fn path_of(text: &str) -> &'static str {
    let begins = |keys: &[&str]| keys.iter().any(|key| text.starts_with(key));
    if begins(&["purposes", "groups", "departments"]) {
        REGISTRY_FILE
    } else if begins(&["chains", "calendar", "reviews"]) {
        PROCEDURE_FILE
    } else {
        ENTRY_FILE
    }
}

fuzz_target!(|text: &str| {
    assert_eq!(*COUNT, 1);
    let mut files = files(path_of(text), text);
    let now = Some(1_772_323_200_000);
    let Checked { catalog, problems } = check(&files, now);
    assert_eq!(catalog.is_none(), problems.has_errors());
    for file in &files {
        placed(&problems, file);
    }
    // Two checks take twice as long; some of them show it.
    if text.len().is_multiple_of(4) {
        files.reverse();
        let again = check(&files, now);
        assert_eq!(again.problems, problems);
        assert_eq!(again.catalog.as_ref().map(meaning), catalog.as_ref().map(meaning));
    }
    if let Some(catalog) = catalog {
        let bytes = compiled::compile(&catalog).expect("a catalog has a compiled form");
        let loaded = compiled::load(&bytes).expect("what is compiled loads");
        assert_eq!(meaning(&loaded), meaning(&catalog));
        let _ = catalog.into_policy();
    }
});

/// Every part of a catalog shows in this form.
fn meaning(catalog: &Catalog) -> String {
    let Catalog { registry, procedure, entries, version } = catalog;
    let (departments, purposes) = (registry.departments(), registry.purposes());
    format!("{version} {departments:?} {purposes:?} {procedure:?} {entries:?}")
}

fn placed(problems: &CatalogProblems, file: &SourceFile) {
    let lines: Vec<&str> = file.text.lines().collect();
    for problem in problems.iter().filter(|problem| problem.file == file.path) {
        // What is missing at the end stands behind the last line.
        let line = lines.get(problem.line.saturating_sub(1) as usize).copied().unwrap_or_default();
        assert!(problem.line >= 1 && problem.line as usize <= lines.len() + 1, "{problem:?}");
        assert!(problem.column >= 1 && problem.column as usize <= line.chars().count() + 1);
        let shown = problem.to_string();
        let deceives = |c: char| c.is_control() && c != '\n';
        assert!(!shown.contains(deceives), "{shown:?}");
    }
    let _ = report::sarif(problems).to_string();
}
