//! Manifests: the files of one release, by digest.

use std::collections::BTreeMap;
use std::fmt;

use super::content::ContentDigest;
use super::draft::Draft;

/// The two characters between digest and path, as `sha256sum` writes them.
const GAP: &str = "  ";

/// The files of one release: path and digest, sorted by path. The text has the form that
/// `sha256sum` prints, so `sha256sum -c` checks a folder against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    files: BTreeMap<Box<str>, ContentDigest>,
}

/// A file does not, or no longer, have the content that a draft states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The file.
    pub path: Box<str>,
    /// The content now; none if there is no file.
    pub is: Option<ContentDigest>,
}

impl Manifest {
    /// Makes the manifest of these files. If two have one path, the last counts.
    pub fn of(files: impl IntoIterator<Item = (Box<str>, ContentDigest)>) -> Manifest {
        Manifest { files: files.into_iter().collect() }
    }

    /// Finds the digest of a file.
    pub fn file(&self, path: &str) -> Option<ContentDigest> {
        self.files.get(path).copied()
    }

    /// All files.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, ContentDigest)> {
        self.files.iter().map(|(path, digest)| (&**path, *digest))
    }

    /// Reads a manifest's text, and nothing else: paths sorted, each once.
    pub fn parse(text: &str) -> Option<Manifest> {
        let mut files = BTreeMap::new();
        let mut last = "";
        for line in text.split_terminator('\n') {
            let (digest, path) = line.split_once(GAP)?;
            if path <= last {
                return None;
            }
            last = path;
            files.insert(path.into(), ContentDigest::parse(digest)?);
        }
        (text.is_empty() || text.ends_with('\n')).then_some(Manifest { files })
    }

    /// The digest of the manifest's text, which names the release.
    pub fn digest(&self) -> ContentDigest {
        ContentDigest::of(self.to_string().as_bytes())
    }

    /// Applies a draft. Returns the manifest of the next release.
    ///
    /// # Errors
    /// The first file whose content is not the one that the draft states: somebody else has changed
    /// it since.
    pub fn apply(&self, draft: &Draft) -> Result<Manifest, Conflict> {
        let mut files = self.files.clone();
        for change in &draft.changes {
            let is = self.file(&change.path);
            if is != change.before {
                return Err(Conflict { path: change.path.clone(), is });
            }
            match change.after {
                Some(digest) => drop(files.insert(change.path.clone(), digest)),
                None => drop(files.remove(&change.path)),
            }
        }
        Ok(Manifest { files })
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.iter().try_for_each(|(path, digest)| writeln!(f, "{digest}{GAP}{path}"))
    }
}
