//! Which file of a package names something of which other.

use std::collections::{BTreeMap, HashMap};

use super::paths::{NamedPath, paths};
use super::tokens::tokens;
use super::{Source, is_test, sources};

/// The way of a module from the root of its package; one for each file.
pub type ModulePath = Vec<String>;

/// Most names under which one thing is passed on.
const MAX_REEXPORT_TIMES: usize = 8;

/// An arrow from a file to another one.
#[derive(Clone, Debug)]
pub struct Arrow {
    pub from: ModulePath,
    pub to: ModulePath,
    /// The file it begins at, for messages.
    pub place: String,
}

/// The files of a package with the paths that they name. Tests are left out.
struct Package {
    files: BTreeMap<ModulePath, (Source, Vec<NamedPath>)>,
    /// What a name brought in by `use` stands for, by the module and the name.
    imported: HashMap<(ModulePath, String), Vec<String>>,
}

/// All arrows of a package, those between a module and its descendants left out: a parent
/// declares its children, and what it declares is there for them.
pub fn arrows(folder: &str) -> Vec<Arrow> {
    let package = Package::read(folder);
    let mut arrows = Vec::new();
    for (from, (source, named)) in &package.files {
        for path in named {
            let Some(to) = package.file_of(from, path) else { continue };
            if !from.starts_with(&to) && !to.starts_with(from) {
                let place = format!("{}:{}", source.path.display(), path.line);
                arrows.push(Arrow { from: from.clone(), to, place });
            }
        }
    }
    arrows
}

/// A module as messages write it.
pub fn shown(module: &[String]) -> String {
    module.join("/")
}

impl Package {
    fn read(folder: &str) -> Package {
        let mut package = Package { files: BTreeMap::new(), imported: HashMap::new() };
        for source in sources(folder).into_iter().filter(|source| !is_test(&source.path)) {
            let named = paths(&tokens(&source.text));
            package.files.insert(module_of(folder, &source), (source, named));
        }
        // Children see what their parents bring in, so private imports are followed, too.
        let mut imported = HashMap::new();
        for (module, (_, named)) in &package.files {
            for path in named {
                let absolute = package.absolute(module, path);
                if let (Some(name), Some(absolute)) = (&path.imported_as, absolute) {
                    imported.insert((module.clone(), name.clone()), absolute);
                }
            }
        }
        package.imported = imported;
        package
    }

    /// The file that holds what a path names, if it is of this package.
    fn file_of(&self, from: &ModulePath, path: &NamedPath) -> Option<ModulePath> {
        let mut absolute = self.absolute(from, path)?;
        for _ in 0..MAX_REEXPORT_TIMES {
            let module = self.longest(&absolute);
            let Some(name) = absolute.get(module.len()) else { break };
            let Some(meant) = self.imported.get(&(module.clone(), name.clone())) else { break };
            let rest = &absolute[module.len() + 1..];
            absolute = [meant, rest].concat();
        }
        Some(self.longest(&absolute))
    }

    /// The longest part of a path that is a module with a file.
    fn longest(&self, absolute: &[String]) -> ModulePath {
        let parts = (0..=absolute.len()).rev().map(|length| &absolute[..length]);
        parts.into_iter().find(|part| self.files.contains_key(*part)).unwrap_or(&[]).to_vec()
    }

    /// A path from the root of the package, if it leads into it.
    fn absolute(&self, from: &ModulePath, path: &NamedPath) -> Option<Vec<String>> {
        let mut base = [from.as_slice(), &path.within].concat();
        let mut rest = path.segments.as_slice();
        match rest.first()?.as_str() {
            "crate" => Some(rest[1..].to_vec()),
            "self" | "super" => {
                let is_up = |segment: &String| matches!(segment.as_str(), "self" | "super");
                while rest.first().is_some_and(is_up) {
                    if rest[0] == "super" {
                        base.pop();
                    }
                    rest = &rest[1..];
                }
                Some([base.as_slice(), rest].concat())
            }
            first => {
                let known = self.imported.get(&(from.clone(), first.to_owned()));
                let known = known.filter(|_| path.imported_as.is_none());
                if let Some(meant) = known {
                    return Some([meant, &rest[1..]].concat());
                }
                base.truncate(from.len());
                base.extend_from_slice(rest);
                self.files.contains_key(&base[..=from.len()]).then_some(base)
            }
        }
    }
}

/// The module of a file: `src/a/b.rs` and `src/a/b/mod.rs` are `a`, `b`.
fn module_of(folder: &str, source: &Source) -> ModulePath {
    let path = source.path.strip_prefix(folder).unwrap().with_extension("");
    let mut module: ModulePath =
        path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    module.pop_if(|last| matches!(last.as_str(), "mod" | "lib"));
    module
}
