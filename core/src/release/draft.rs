//! Drafts: changes of the catalog that are asked for.

use std::fmt;

use super::content::ContentDigest;
use crate::domain::name::Name;

/// The files of registry and procedure, which only the exchange office changes.
pub const OFFICES: [&str; 2] = ["departments.yaml", "procedure.yaml"];

/// Most files that one draft changes.
pub const MAX_CHANGES: usize = 100_000;

/// A change of some files, by the department whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: Name,
    /// The department that changes its files.
    pub department: Name,
    /// The release that it restores, if that is what it is for.
    pub restores: Option<u64>,
    /// Its changes, by path.
    pub changes: Vec<Change>,
}

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path in the catalog.
    pub path: Box<str>,
    /// The content before; none: there was no file.
    pub before: Option<ContentDigest>,
    /// The content after; none: the file is removed.
    pub after: Option<ContentDigest>,
}

/// The reason why a set of changes is no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotADraft {
    /// Nothing changes.
    Empty,
    /// More files than [`MAX_CHANGES`].
    TooMany,
    /// Paths are not sorted, or one stands twice.
    Unsorted,
    /// A file that stays as it is.
    Unchanged(Box<str>),
    /// A path that would take more than its line.
    Path,
    /// A file of somebody else.
    NotIts(Box<str>),
}

impl Draft {
    /// Checks that these changes may be this department's. The exchange office's are registry and
    /// procedure, and whatever a former release had, since that was approved.
    ///
    /// # Errors
    /// [`NotADraft`] says what may not be.
    pub fn check(&self, office: &Name) -> Result<(), NotADraft> {
        if self.changes.is_empty() {
            return Err(NotADraft::Empty);
        }
        if self.changes.len() > MAX_CHANGES {
            return Err(NotADraft::TooMany);
        }
        if !self.changes.is_sorted_by(|one, next| one.path < next.path) {
            return Err(NotADraft::Unsorted);
        }
        let is_office = self.department == *office;
        for Change { path, before, after } in &self.changes {
            if before == after {
                return Err(NotADraft::Unchanged(path.clone()));
            }
            // Digests are of texts with a line a file.
            if path.contains(char::is_control) {
                return Err(NotADraft::Path);
            }
            let own = match path.split_once('/') {
                Some((department, _)) => self.department == department,
                None => is_office && OFFICES.contains(&&**path),
            };
            let restored = is_office && self.restores.is_some();
            if !own && !restored {
                return Err(NotADraft::NotIts(path.clone()));
            }
        }
        Ok(())
    }

    /// The digest that people sign: of the draft's text.
    pub fn digest(&self) -> ContentDigest {
        ContentDigest::of(self.to_string().as_bytes())
    }
}

/// Id, department and what it restores, then a line a file: digest before, digest after, path.
impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "draft {} of {}", self.id, self.department)?;
        if let Some(release) = self.restores {
            writeln!(f, "restores {release}")?;
        }
        let word =
            |digest: &Option<ContentDigest>| digest.map_or("-".to_owned(), |d| d.to_string());
        self.changes.iter().try_for_each(|change| {
            writeln!(f, "{} {} {}", word(&change.before), word(&change.after), change.path)
        })
    }
}

impl fmt::Display for NotADraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotADraft::Empty => f.write_str("the draft changes nothing"),
            NotADraft::TooMany => write!(f, "the draft changes more than {MAX_CHANGES} files"),
            NotADraft::Unsorted => f.write_str("the draft's paths are not sorted, or one is twice"),
            NotADraft::Unchanged(path) => write!(f, "`{path}` stays as it is"),
            NotADraft::Path => f.write_str("a path of the draft has control characters"),
            NotADraft::NotIts(path) => write!(
                f,
                "`{path}` is not the draft's department's: a department changes its own entries, \
                 the exchange office the registry"
            ),
        }
    }
}

impl std::error::Error for NotADraft {}
