//! Drafts: proposed changes of the catalog.

use std::fmt;

use super::content::ContentDigest;
use crate::domain::name::Name;

/// The files of registry and procedure, which only the exchange office changes.
pub const OFFICE_FILES: [&str; 2] = ["departments.yaml", "procedure.yaml"];

/// Most files that one draft changes.
pub const MAX_CHANGES: usize = 100_000;

/// A change of files by the department that owns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: Name,
    /// The department that changes its files.
    pub department: Name,
    /// The release that it restores, if it is for that.
    pub restores: Option<u64>,
    /// Its changes, by path.
    pub changes: Vec<Change>,
}

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path in the catalog.
    pub path: Box<str>,
    /// The content before; none if there was no file.
    pub before: Option<ContentDigest>,
    /// The content after; none if the file is removed.
    pub after: Option<ContentDigest>,
}

/// The reason for which a set of changes is no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotADraft {
    /// Nothing changes.
    Empty,
    /// More files than [`MAX_CHANGES`].
    TooMany,
    /// Paths are not sorted, or one stands twice.
    Unsorted,
    /// A file does not change.
    Unchanged(Box<str>),
    /// A path has characters that would break its line.
    Path,
    /// A file belongs to somebody else.
    NotIts(Box<str>),
}

impl Draft {
    /// Checks that these changes are within the department's own files. The exchange office may
    /// change registry and procedure, and any file in a restoration, since a former release was
    /// approved.
    ///
    /// # Errors
    /// [`NotADraft`] gives the reason.
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
            // The draft's text, which is digested, has one line a file.
            if path.contains(char::is_control) {
                return Err(NotADraft::Path);
            }
            let own = match path.split_once('/') {
                Some((department, _)) => self.department == department,
                None => is_office && OFFICE_FILES.contains(&&**path),
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

/// Written as lines: id, department and the restored release, then for each file the digest before,
/// the digest after and the path.
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
