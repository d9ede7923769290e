//! The reasons for which a change is not made. The texts that people read are elsewhere, in two
//! languages.

use sluice_core::release::{ContentDigest, Refusal};

use super::fault::RowError;
use super::{JournalFault, Uncommitted, sentence};
use crate::audit::LogUnavailable;
use crate::store::StoreError;

/// The reason for which a change is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// There is no draft of that id.
    NoDraft(String),
    /// There is no release of that number.
    NoRelease(u64),
    /// There is no grant of that id.
    NoGrant(String),
    /// There is no notice of that id.
    NoNotice(String),
    /// There is no entry of that id to ask a grant for.
    NoEntry(String),
    /// There are no contents of that digest.
    NoContents(ContentDigest),
    /// The request or the signed statement is not well-formed; the text says why.
    Malformed(String),
    /// The department of a draft is not a well-formed id.
    DepartmentMalformed(String),
    /// A draft's note is longer than this many bytes.
    NoteTooLong(usize),
    /// A draft restores a release and lists files; it may do only one of them.
    FilesBesidesRestoring,
    /// A draft is rewritten for another department than before.
    OtherDepartment,
    /// A statement names another object than the request does.
    OtherObject {
        /// The object that the signed statement names.
        named: String,
        /// The object that the request names.
        wanted: String,
    },
    /// A statement's time is not now.
    NotSignedNow,
    /// The person who sends a step is not the one who signed it.
    NotTheSigner,
    /// A draft is written by somebody else than a maintainer of that department.
    NotItsMaintainer(String),
    /// A grant is asked for by somebody else than an applicant.
    NotAnApplicant,
    /// The step may not be taken.
    StepRefused(Refusal),
    /// Another release, of this number, was published first.
    Overtaken(u64),
    /// The file of this path was changed since the draft was made.
    FileChanged(String),
    /// The idempotency key was used for another request.
    KeyReused,
    /// A department has too many grants under way.
    TooManyGrants {
        /// The department.
        department: String,
        /// The number of grants that it may have under way.
        limit: usize,
    },
    /// A department has too many drafts under way.
    TooManyDrafts {
        /// The department.
        department: String,
        /// The number of drafts that it may have under way.
        limit: usize,
    },
    /// The draft is at this stage, at which it can't change any more.
    DraftSettled(&'static str),
    /// Other writers committed first at each attempt.
    OthersFaster,
    /// The object has changed since the caller read it (the entity tag differs).
    Changed,
    /// The catalog would have problems; the text lists all of them.
    Unsound(String),
    /// There is no release yet.
    NoFirstRelease,
    /// Store, log or state folder can't be used.
    Unavailable(String),
    /// A stop is in force, but would not outlive a restart.
    StopNotKept(String),
    /// The gateway failed while it computed the result.
    Broken(String),
}

impl From<Uncommitted> for ChangeError {
    fn from(why: Uncommitted) -> ChangeError {
        match why {
            Uncommitted::Log(error) => error.into(),
            Uncommitted::Folder(error) => {
                ChangeError::Unavailable(format!("The state folder: {error}."))
            }
            Uncommitted::Store(error) => error.into(),
        }
    }
}

impl From<RowError> for ChangeError {
    fn from(wrong: RowError) -> ChangeError {
        match wrong {
            RowError::Refused(refusal) => ChangeError::StepRefused(refusal),
            RowError::Overtaken { release } => ChangeError::Overtaken(release),
            RowError::Conflict(conflict) => ChangeError::FileChanged(conflict.path.to_string()),
            RowError::Unsound(problems) => ChangeError::Unsound(problems),
            RowError::Store(error) => error.into(),
            RowError::Broken => ChangeError::Broken(sentence(&wrong.to_string())),
            RowError::Invalid(what) => ChangeError::Malformed(sentence(&what)),
        }
    }
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> ChangeError {
        ChangeError::Unavailable(sentence(&error.to_string()))
    }
}

impl From<JournalFault> for ChangeError {
    fn from(fault: JournalFault) -> ChangeError {
        ChangeError::Unavailable(sentence(&fault.to_string()))
    }
}

impl From<LogUnavailable> for ChangeError {
    fn from(error: LogUnavailable) -> ChangeError {
        ChangeError::Unavailable(sentence(&error.to_string()))
    }
}
