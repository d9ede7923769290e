//! The catalog of the tests: the files of `tests/cases/catalog`, with changes by the test.

use std::fs;
use std::path::{Path, PathBuf};

use sluice::catalog::{self, SourceFile};
use sluice_core::domain::policy::Policy;

/// The files of a catalog.
#[derive(Clone)]
pub struct Files(Vec<SourceFile>);

/// Where the default catalog stands.
pub fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/catalog")
}

impl Default for Files {
    fn default() -> Files {
        let root = default_folder();
        let (mut files, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for found in fs::read_dir(folder).unwrap() {
                let path = found.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = fs::read_to_string(&path).unwrap();
                    let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    files.push(SourceFile { path, text });
                }
            }
        }
        Files(files)
    }
}

impl Files {
    /// With this file, or in place of the one of that path.
    pub fn with(mut self, path: &str, text: &str) -> Files {
        self.0.retain(|file| file.path != path);
        self.0.push(SourceFile { path: path.to_owned(), text: text.to_owned() });
        self
    }

    /// With a part of a file replaced, which must stand there exactly once.
    pub fn edit(mut self, path: &str, from: &str, to: &str) -> Files {
        let file = self.0.iter_mut().find(|file| file.path == path).unwrap();
        assert_eq!(file.text.matches(from).count(), 1, "{from:?} in {path}");
        file.text = file.text.replace(from, to);
        self
    }

    /// The files.
    pub fn sources(&self) -> &[SourceFile] {
        &self.0
    }

    /// What it means.
    pub fn policy(&self) -> Policy {
        catalog::read(&self.0).unwrap_or_else(|problems| panic!("{problems}")).into_policy()
    }

    /// Writes it to a folder, for programs that read it from there.
    pub fn write(&self, folder: &Path) {
        for SourceFile { path, text } in &self.0 {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }
}
