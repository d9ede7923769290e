//! The step that is recorded in the log but perhaps not committed to the store. It is kept in a
//! file from before its record until its commit, so that the next start knows which step to void.
//! There is at most one such step at a time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::durable;

const FILE: &str = "intended";
const MODE: u32 = 0o600;

pub(super) struct IntendedStep {
    file: PathBuf,
}

impl IntendedStep {
    /// Names the file in a gateway's state folder.
    pub(super) fn of(state: &Path) -> IntendedStep {
        IntendedStep { file: state.join(FILE) }
    }

    /// Stores a step; it is durable when this returns.
    pub(super) fn keep(&self, object: &str, digest: &str) -> io::Result<()> {
        durable::replace(&self.file, format!("{object}\n{digest}\n").as_bytes(), MODE)
    }

    /// Returns the object and the digest of the step that the last run has left.
    pub(super) fn left_over(&self) -> Option<(String, String)> {
        let text = fs::read_to_string(&self.file).ok()?;
        let (object, digest) = text.trim_end().split_once('\n')?;
        Some((object.to_owned(), digest.to_owned()))
    }

    /// Forgets the step: it is committed, or voided.
    pub(super) fn forget(&self) {
        // If the file can't be removed, the next start finds the step in the journal.
        let _ = fs::remove_file(&self.file);
    }
}
