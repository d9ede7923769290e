//! Reasons why a log does not open, with remedies.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The reason why a log does not open.
#[derive(Debug)]
pub enum OpenError {
    /// The file system refused something.
    Io {
        /// The operation.
        doing: &'static str,
        /// Its file or folder.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// Another process writes this folder.
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The log of this folder is signed with another key, or under another name.
    OtherKey {
        /// The file of its public key.
        path: PathBuf,
        /// The public key that would sign now.
        ours: String,
    },
    /// The files are not as any crash would leave them.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The offset in bytes of the first thing that is wrong.
        offset: u64,
        /// The fault in words.
        what: String,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, doing: &'static str, error: io::Error) -> OpenError {
        OpenError::Io { doing, path: path.into(), error }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Io { doing, path, error } => {
                write!(f, "{doing} {} failed: {error}", path.display())
            }
            OpenError::InUse { dir } => write!(
                f,
                "another process writes the log in {}: stop it first, or give this gateway a log \
                 folder of its own",
                dir.display()
            ),
            OpenError::OtherKey { path, ours } => write!(
                f,
                "the log of {} has another key or name than {ours}: put back the signing key it \
                 was begun with, or begin a new folder, which will cite the last checkpoint of \
                 this one",
                path.display()
            ),
            OpenError::Damaged { path, offset, what } => write!(
                f,
                "the log is damaged in {} at byte {offset}: {what}. No crash leaves this; a disk or \
                 somebody did it. No record was changed. Keep a copy of the whole folder as \
                 evidence, then restore it from a backup, or start with a new folder and keep this \
                 one for the auditors",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { error, .. } => Some(error),
            OpenError::InUse { .. } | OpenError::OtherKey { .. } | OpenError::Damaged { .. } => {
                None
            }
        }
    }
}
