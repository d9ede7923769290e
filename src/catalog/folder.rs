//! The source files of a catalog, read from a folder.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;

use super::problem::{CatalogProblem, CatalogProblems};
use super::rule::Rule;
use super::{Catalog, Checked, MAX_FILE_BYTES, SourceFile, check};

/// Most files of a catalog.
pub const MAX_FILES: usize = 200_000;

/// Deepest folders that are looked into. Files below the first level are out of place, and shall
/// be reported rather than overlooked.
const MAX_DEPTH_FOLDERS: usize = 4;

/// Reads the catalog in a folder: every `.yaml` and `.yml` file of it, without hidden ones.
/// Problems name files as a person would open them from here.
///
/// # Errors
/// Everything that is wrong with it, files that can't be read included. Warnings alone are no
/// error.
pub fn read_dir(folder: &Path) -> Result<Catalog, CatalogProblems> {
    let Checked { catalog, problems } = check_dir(folder, None);
    catalog.ok_or(problems)
}

/// Checks the catalog in a folder; with a time, also for parts that have ended by then.
pub fn check_dir(folder: &Path, now: Option<UnixMillis>) -> Checked {
    let (sources, unreadable) = sources(folder);
    let Checked { catalog, problems } = check(&sources, now);
    let catalog = catalog.filter(|_| unreadable.is_empty());
    let problems = problems.iter().cloned().chain(unreadable).collect();
    Checked { catalog, problems: CatalogProblems::sorted(problems).below(folder) }
}

/// Returns the files of a catalog's folder, and the problems of those that can't be read.
pub fn sources(folder: &Path) -> (Vec<SourceFile>, Vec<CatalogProblem>) {
    let mut found = Found { root: folder, sources: Vec::new(), problems: Vec::new() };
    found.look_into(folder, MAX_DEPTH_FOLDERS);
    found.sources.sort_by(|a, b| a.path.cmp(&b.path));
    (found.sources, found.problems)
}

struct Found<'a> {
    root: &'a Path,
    sources: Vec<SourceFile>,
    problems: Vec<CatalogProblem>,
}

impl Found<'_> {
    fn look_into(&mut self, folder: &Path, depth: usize) {
        let listed = fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        });
        let paths = match listed {
            Ok(paths) => paths,
            Err(error) => return self.refuse(folder, format!("the folder can't be read: {error}")),
        };
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if depth > 0 {
                    self.look_into(&path, depth - 1);
                }
            } else if name.ends_with(".yaml") || name.ends_with(".yml") {
                self.take(path);
            }
        }
    }

    fn take(&mut self, path: PathBuf) {
        if self.sources.len() == MAX_FILES {
            return self.refuse(&path, format!("a catalog has at most {MAX_FILES} files"));
        }
        let size = fs::metadata(&path).map(|metadata| metadata.len());
        if size.is_ok_and(|bytes| bytes > MAX_FILE_BYTES as u64) {
            return self.refuse(&path, format!("the file has more than {MAX_FILE_BYTES} bytes"));
        }
        match fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => {
                let path = self.relative(&path);
                self.sources.push(SourceFile { path, text });
            }
            Ok(Err(_)) => self.refuse(&path, "the file is not UTF-8".into()),
            Err(error) => self.refuse(&path, format!("the file can't be read: {error}")),
        }
    }

    fn refuse(&mut self, path: &Path, message: String) {
        self.problems.push(CatalogProblem {
            file: self.relative(path),
            line: 1,
            column: 1,
            width: 1,
            rule: Rule::FileUnreadable,
            message,
            advice: "a catalog is a folder of readable UTF-8 files of moderate size".into(),
            excerpt: String::new(),
        });
    }

    fn relative(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.root).unwrap_or(path);
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }
}
