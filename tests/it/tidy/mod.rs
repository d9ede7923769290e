//! The rules of the house, read off the source.
//!
//! | file | what it keeps |
//! |------|---------------|
//! | this | reading sources |
//! | [`arrows`] | which room may use which, as ARCHITECTURE.md says |
//! | [`circles`] | no circles between files |
//! | [`names`] | words that are not used, names with one meaning |
//! | [`lengths`] | how long files and lines get |
//! | [`purity`] | who knows the HTTP engine, what pure code may name |
//! | [`graph`], [`paths`], [`tokens`] | from source text to which file names which |

mod arrows;
mod circles;
mod evidence;
mod functions;
mod graph;
mod lengths;
mod names;
mod paths;
mod prose;
mod purity;
mod tokens;
mod units;

use std::fs;
use std::path::{Path, PathBuf};

/// A source file, its path from the root of the repository.
struct Source {
    path: PathBuf,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

fn everything() -> Vec<Source> {
    [
        "src",
        "core/src",
        "core/fuzz/fuzz_targets",
        "fuzz/fuzz_targets",
        "core/benches",
        "tests",
        "benches",
    ]
    .iter()
    .flat_map(|folder| sources(folder))
    .collect()
}

/// The lines that are code, with their numbers: no comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(ix, line)| (ix + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The room a source of the root package belongs to.
fn room(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
