//! Why a change is not made. The words for it stand where they are told to people, in two languages.

use sluice_core::release::{ContentDigest, Refusal};

use super::fault::RowError;
use super::{JournalFault, Uncommitted, sentence};
use crate::audit::LogUnavailable;
use crate::store::StoreError;

/// Why a change is not made.
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
    /// A check says what is wrong with what is asked for, or signed.
    Malformed(String),
    /// The id of a draft's department is none.
    DepartmentMalformed(String),
    /// A draft's note is longer than this many bytes.
    NoteTooLong(usize),
    /// A draft that restores a release says files, too.
    FilesBesidesRestoring,
    /// A draft is written anew for another department.
    OtherDepartment,
    /// A statement is about another object than it is sent to.
    OtherObject {
        /// What the statement is about.
        named: String,
        /// What it is sent to.
        wanted: String,
    },
    /// A statement's time is not now.
    NotSignedNow,
    /// Who sends a step has not signed it.
    NotTheSigner,
    /// A draft is written by somebody else than a maintainer of that department.
    NotItsMaintainer(String),
    /// A grant is asked for by somebody else than an applicant.
    NotAnApplicant,
    /// The step may not be taken.
    StepRefused(Refusal),
    /// Another release has come first: that one.
    Overtaken(u64),
    /// A file was changed since the draft was made: that one.
    FileChanged(String),
    /// The name of a request was used for another one.
    KeyReused,
    /// A department has too many grants under way.
    TooManyGrants {
        /// The department.
        department: String,
        /// So many it may have.
        limit: usize,
    },
    /// A department has too many drafts under way.
    TooManyDrafts {
        /// The department.
        department: String,
        /// So many it may have.
        limit: usize,
    },
    /// The draft is at a stage at which it does not change any more: that one.
    DraftSettled(&'static str),
    /// Others were faster each time.
    OthersFaster,
    /// It is not what it was when it was looked at.
    Changed,
    /// The catalog would have problems: all of them.
    Unsound(String),
    /// There is no release yet.
    NoFirstRelease,
    /// Store, log or state folder can't be used.
    Unavailable(String),
    /// A stop is in force, but would not outlive a restart.
    StopNotKept(String),
    /// The program failed at it.
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
            RowError::What(what) => ChangeError::Malformed(sentence(&what)),
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
