//! The catalog on disk: its files, their checks and their meaning.
//!
//! [`read`] turns texts into policy. It never stops at the first mistake: all problems of all files
//! come back at once, each with its place and a remedy, and a catalog with a problem is not used.
//! The format is documented in `catalog/README.md`.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`compiled`] | the form that loads fast |
//! | [`folder`] | from a folder to its source files |
//! | [`difference`] | what changes for whom between two versions |
//! | [`listing`] | entries as a list, and what a superior's list asks |
//! | [`problem`] | what is wrong, and how it is shown |
//! | [`report`] | problems for tools: JSON, SARIF |
//! | [`rule`] | the rules, with ids and reasons |
//! | [`schema`] | the JSON Schema of the files |
//! | `yaml` | from text to nodes that know their place |
//! | `shape` | from nodes to the shapes of the files, collecting mistakes |
//! | `keywords` | the parts that the JSON Schema is put together from |
//! | `files`, `choices` | those shapes, and the words in them: what was said |
//! | `scalar` | ids, levels, dates, rates, paths |
//! | `reference` | ids that are declared twice, or not at all |
//! | `checks` | rules about what entries and the whole amount to |
//! | `registry`, `procedure` | the two files of the exchange office |
//! | `entry`, `field`, `opaque`, `condition`, `operation`, `term`, `consumer` | what it means |

use std::thread;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::entry::{Entry, EntryId};
use sluice_core::domain::name::Name;
use sluice_core::domain::nearest;
use sluice_core::domain::parameter::Patterns;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::registry::Registry;
use sluice_core::grant::Procedure;

mod checks;
mod choices;
pub mod compiled;
mod condition;
mod consumer;
pub mod difference;
mod entry;
mod field;
mod files;
pub mod folder;
mod keywords;
pub mod listing;
mod opaque;
mod operation;
pub mod problem;
mod procedure;
mod reference;
mod registry;
pub mod report;
pub mod rule;
mod scalar;
pub mod schema;
mod shape;
mod term;
mod yaml;

#[cfg(test)]
mod tests;

pub use folder::{check_dir, read_dir};
pub use problem::{CatalogProblem, CatalogProblems};
pub use rule::{Rule, Severity};

use checks::Sound;
use files::{EntryFile, ProcedureFile, RegistryFile};
use registry::Names;
use shape::{Report, Shape};
use yaml::Position;

/// The name of the registry's file.
pub const REGISTRY_FILE: &str = "departments.yaml";

/// The name of the procedure's file.
pub const PROCEDURE_FILE: &str = "procedure.yaml";

/// Largest catalog file in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The number of files below which another thread costs more than it saves.
const FILES_A_THREAD: usize = 64;

/// A file of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the catalog's folder, parts divided by `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A catalog that was read without a problem.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Departments, people, purposes.
    pub registry: Registry,
    /// The exchange office's procedure for grants and suspensions.
    pub procedure: Procedure,
    /// The entries, in the order of their files.
    pub entries: Vec<Entry>,
    /// `dev-` and twelve digits of the digest of all files. Decisions cite it.
    pub version: String,
}

impl Catalog {
    /// The entry `department/entry`.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        // They stand in the order of their files.
        fn path(id: &str) -> impl Iterator<Item = u8> + '_ {
            id.bytes().chain(*b".yaml")
        }
        let by_path = |entry: &Entry| path(entry.id.as_str()).cmp(path(id));
        self.entries.binary_search_by(by_path).ok().map(|ix| &self.entries[ix])
    }

    /// The policy that requests are decided by.
    pub fn into_policy(self) -> Policy {
        match Policy::new(self.version, self.registry, self.entries) {
            Ok(policy) => policy,
            // An id is a file's path, and `read` refuses two files of one path.
            Err(duplicate) => unreachable!("two entries {}", duplicate.0),
        }
    }
}

/// The result of checking files.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The catalog; none if there is an error among the problems.
    pub catalog: Option<Catalog>,
    /// Everything that is wrong, warnings included.
    pub problems: CatalogProblems,
}

/// Reads a catalog. The same files give the same catalog and version, in any order and at any time;
/// problems that come with time are left to [`check`].
///
/// # Errors
/// Everything that is wrong with them. Warnings alone are no error.
pub fn read(sources: &[SourceFile]) -> Result<Catalog, CatalogProblems> {
    let Checked { catalog, problems } = check(sources, None);
    catalog.ok_or(problems)
}

/// Checks a catalog; with a time, also for parts that have ended by then.
pub fn check(sources: &[SourceFile], now: Option<UnixMillis>) -> Checked {
    let mut sources: Vec<&SourceFile> = sources.iter().collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let mut problems = Vec::new();
    let names = read_registry(&sources, &mut problems);
    let procedure = read_procedure(&sources, &mut problems);
    let is_entry = |source: &&SourceFile| ![REGISTRY_FILE, PROCEDURE_FILE].contains(&&*source.path);
    let entries: Vec<&SourceFile> = sources.iter().copied().filter(is_entry).collect();
    let mut sound = Vec::with_capacity(entries.len());
    for (read, wrong) in read_entries(&entries, &names, now) {
        sound.extend(read);
        problems.extend(wrong);
    }
    problems.extend(checks::check_whole(&sound, &names));
    let problems = CatalogProblems::sorted(problems);
    let catalog = (!problems.has_errors()).then(|| {
        let mut entries = sound.into_iter().map(|sound| sound.entry).collect::<Vec<_>>();
        compiled::share_patterns(&mut entries);
        Catalog { registry: names.registry, procedure, entries, version: version(&sources) }
    });
    Checked { catalog, problems }
}

/// The meaning of a part of the files, and the problems with it.
type Part<'a> = (Vec<Sound<'a>>, Vec<CatalogProblem>);

/// Reads entries, on as many threads as there are cores where there are many: how soon a release is in
/// force hangs on this.
fn read_entries<'a>(
    sorted: &[&'a SourceFile],
    names: &Names,
    now: Option<UnixMillis>,
) -> Vec<Part<'a>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let each = sorted.len().div_ceil(cores).max(FILES_A_THREAD);
    let read = |start: usize| {
        let end = sorted.len().min(start + each);
        let before = start.checked_sub(1).map(|before| sorted[before]);
        read_part(before, &sorted[start..end], names, now)
    };
    let mut starts = (0..sorted.len()).step_by(each);
    let Some(first) = starts.next() else { return Vec::new() };
    thread::scope(|scope| {
        let rest: Vec<_> = starts.map(|start| scope.spawn(move || read(start))).collect();
        let first = read(first);
        let rest = rest.into_iter().map(|part| match part.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        [first].into_iter().chain(rest).collect()
    })
}

fn read_part<'a>(
    mut before: Option<&'a SourceFile>,
    sorted: &[&'a SourceFile],
    names: &Names,
    now: Option<UnixMillis>,
) -> Part<'a> {
    let mut patterns = Patterns::default();
    let (mut sound, mut problems) = (Vec::with_capacity(sorted.len()), Vec::new());
    for source in sorted.iter().copied() {
        let mut report = Report::new(source);
        if before.is_some_and(|before| before.path == source.path) {
            let message = "two files have this path";
            report.add(Position::START, Rule::DuplicateId, message, "keep one of the two");
        } else if let Some((file, entry)) = read_entry(source, names, &mut patterns, &mut report)
            && report.is_clean()
        {
            checks::check_entry(&file, &entry, names, now, &mut report);
            sound.push(Sound { source, file, entry });
        }
        problems.extend(report.into_problems());
        before = Some(source);
    }
    (sound, problems)
}

fn read_registry(sources: &[&SourceFile], problems: &mut Vec<CatalogProblem>) -> Names {
    let Some(source) = sources.iter().find(|source| source.path == REGISTRY_FILE) else {
        let source = SourceFile { path: REGISTRY_FILE.into(), text: String::new() };
        let mut report = Report::new(&source);
        let below = sources.iter().find_map(|source| source.path.strip_suffix("/departments.yaml"));
        let advice = match below {
            Some(folder) => format!("did you mean the folder `{folder}`?"),
            None => "write it with `purposes:` and `departments:`; see catalog/README.md".into(),
        };
        report.add(Position::START, Rule::RegistryMissing, "the catalog has no registry", advice);
        problems.extend(report.into_problems());
        return Names::default();
    };
    let mut report = Report::new(source);
    let file = read_shape::<RegistryFile>(source, &mut report);
    let names = file.map(|file| registry::registry(&file, &mut report)).unwrap_or_default();
    problems.extend(report.into_problems());
    names
}

/// Reads the procedure; without its file, returns the built-in one.
fn read_procedure(sources: &[&SourceFile], problems: &mut Vec<CatalogProblem>) -> Procedure {
    let mut found = sources.iter().filter(|source| source.path == PROCEDURE_FILE);
    let Some(source) = found.next() else { return Procedure::default() };
    let mut report = Report::new(source);
    let file = read_shape::<ProcedureFile>(source, &mut report);
    let read = file.map(|file| procedure::procedure(&file, &mut report)).unwrap_or_default();
    problems.extend(report.into_problems());
    read
}

fn read_entry(
    source: &SourceFile,
    names: &Names,
    patterns: &mut Patterns,
    report: &mut Report<'_>,
) -> Option<(EntryFile, Entry)> {
    // A file out of place need not be an entry at all, so its contents are not judged as one.
    let id = entry_id(source, names, report)?;
    let file = read_shape::<EntryFile>(source, report)?;
    if report.incomplete {
        return None;
    }
    let entry = entry::entry(id, &file, names, patterns, report)?;
    Some((file, entry))
}

/// Reads a file's text into its shape; every mistake on the way is reported.
fn read_shape<T: Shape>(source: &SourceFile, report: &mut Report<'_>) -> Option<T> {
    if source.text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes", source.text.len());
        let advice = format!("keep a file below {MAX_FILE_BYTES} bytes");
        report.add(Position::START, Rule::FileUnreadable, message, advice);
        return None;
    }
    match yaml::parse(&source.text) {
        Ok(node) => T::read(&node, report),
        Err(bad) => {
            report.add(bad.place, Rule::Syntax, bad.why, syntax_advice(&source.text, bad.place));
            None
        }
    }
}

/// The YAML mistake that catalogs invite is `[$.items[*]]`: within brackets a path with brackets
/// needs quotes.
fn syntax_advice(text: &str, place: Position) -> &'static str {
    let line = text.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or("");
    if line.contains("$[") || line.contains("[*]") {
        "put a path with brackets in quotes when it stands in a list: `[\"$.items[*].name\"]`"
    } else {
        "correct the YAML here; other problems of this file show up after that"
    }
}

/// The id that a file's path gives its entry.
fn entry_id(source: &SourceFile, names: &Names, report: &mut Report<'_>) -> Option<EntryId> {
    let mut refuse = |message: String, advice: String| {
        report.add(Position::START, Rule::FilePlace, message, advice);
    };
    let named = source.path.strip_suffix(".yaml").and_then(|path| path.split_once('/'));
    let parsed = named.and_then(|(department, entry)| {
        Some((Name::parse(department).ok()?, Name::parse(entry).ok()?))
    });
    let Some((department, entry)) = parsed else {
        let message = format!("`{}` is no place for a file of a catalog", source.path);
        let advice = "name it <department>/<entry>.yaml, both of them ids".to_owned();
        refuse(message, advice);
        return None;
    };
    if names.complete && names.registry.department(department.as_str()).is_none() {
        let known = names.registry.departments().iter().map(|department| department.id.as_str());
        let advice = match nearest(department.as_str(), known) {
            Some(meant) => format!("did you mean the folder `{meant}`?"),
            None => format!("declare it in {REGISTRY_FILE}"),
        };
        refuse(format!("there is no department `{department}`"), advice);
    }
    Some(EntryId::new(department, entry))
}

/// A name for exactly these files: lengths are hashed too, so that no two sets look alike.
fn version(sorted: &[&SourceFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    for SourceFile { path, text } in sorted {
        for part in [path, text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    format!("dev-{}", &hasher.finalize().to_hex()[..12])
}
