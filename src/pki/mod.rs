//! The development authority, which makes the certificates that a demo, a test or a first trial of an
//! exchange needs (a real exchange uses the authorities that its departments already have), and the
//! signatures of people.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`authority`] | the authority itself: its key, issuing, revocation lists |
//! | [`subject`] | the holder of a certificate: gateway, system, person |
//! | [`serial`] | serial numbers: random ones, and their one spelling |
//! | [`files`] | keeps everything in a folder; a key is never overwritten |
//! | [`description`] | the contents of a certificate, for people |
//! | [`signature`] | signatures that people make with the keys of their certificates |
//!
//! Nothing here reads the clock: validity and the time of a revocation come in as values.

use std::fmt;
use std::path::PathBuf;

use sluice_core::domain::UnixMillis;
use time::OffsetDateTime;

pub mod authority;
pub mod description;
pub mod files;
pub mod serial;
pub mod signature;
pub mod subject;

#[cfg(test)]
mod tests;

pub use authority::{Authority, Issued, Revoked};
pub use description::{Description, describe};
pub use files::{CA_CERTIFICATE_FILE, CA_KEY_FILE, REVOCATION_LIST_FILE, REVOKED_FILE};
pub use subject::Subject;

/// Default validity of the authority itself.
pub const AUTHORITY_DAYS: u32 = 3650;
/// Default validity of a certificate that it issues.
pub const CERTIFICATE_DAYS: u32 = 365;
/// Default validity of a revocation list.
pub const REVOCATION_LIST_DAYS: u32 = 30;
/// The time by which a validity begins in the past, for peers whose clock is behind.
pub const CLOCK_SKEW_MS: i64 = 5 * 60 * 1000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A period of validity. Certificates have whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Start of the validity.
    pub not_before: UnixMillis,
    /// End of the validity.
    pub not_after: UnixMillis,
}

impl Validity {
    /// Makes a validity of this many days from now; it begins [`CLOCK_SKEW_MS`] earlier.
    pub fn days(now: UnixMillis, days: u32) -> Validity {
        Validity { not_before: now - CLOCK_SKEW_MS, not_after: now + i64::from(days) * DAY_MS }
    }
}

/// The reason why the development authority could not do the task.
#[derive(Debug)]
pub enum PkiError {
    /// The library that builds certificates refused.
    Build(rcgen::Error),
    /// The system gave no random bytes.
    Random,
    /// A time is outside the range of a certificate.
    Time(UnixMillis),
    /// A text is neither a DNS name nor an address.
    Host(String),
    /// A text is no serial number in hexadecimal.
    Serial(String),
    /// A file could not be read.
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the system.
        cause: std::io::Error,
    },
    /// A file could not be written.
    Write {
        /// The file.
        file: PathBuf,
        /// The error of the system.
        cause: std::io::Error,
    },
    /// A file is there already, and is not written over.
    Exists(PathBuf),
    /// A file or text does not have the expected contents.
    Unreadable {
        /// The file, or a word for a text in memory.
        source: String,
        /// The fault.
        cause: String,
    },
    /// The key does not belong to the authority's certificate.
    KeyMismatch,
    /// The certificate was issued by another authority.
    NotOurs,
    /// The serial number is on the revocation list already.
    AlreadyRevoked(String),
    /// The certificate would be valid longer than the authority that vouches for it.
    OutlivesAuthority,
}

impl fmt::Display for PkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PkiError::Build(error) => write!(f, "the certificate could not be built: {error}"),
            PkiError::Random => f.write_str("the system gave no random bytes"),
            PkiError::Time(at) => {
                write!(f, "{at} ms since 1970 is a time that no certificate can say")
            }
            PkiError::Host(host) => write!(f, "{host:?} is neither a DNS name nor an IP address"),
            PkiError::Serial(text) => write!(
                f,
                "{text:?} is no serial number: give 1 to {} bytes in hexadecimal, as `sluice certs \
                 show` prints them",
                serial::MAX_SERIAL_BYTES
            ),
            PkiError::Read { file, cause } => {
                write!(f, "{} could not be read: {cause}", file.display())
            }
            PkiError::Write { file, cause } => {
                write!(f, "{} could not be written: {cause}", file.display())
            }
            PkiError::Exists(file) => write!(
                f,
                "{} is there already and is not written over; move it away or choose another name",
                file.display()
            ),
            PkiError::Unreadable { source, cause } => write!(f, "{source}: {cause}"),
            PkiError::KeyMismatch => {
                f.write_str("the key does not belong to the authority's certificate")
            }
            PkiError::NotOurs => f.write_str(
                "the certificate was issued by another authority; only its issuer can \
                     revoke it",
            ),
            PkiError::AlreadyRevoked(serial) => write!(f, "{serial} is revoked already"),
            PkiError::OutlivesAuthority => f.write_str(
                "the certificate would be valid longer than the authority; ask for fewer days or \
                 make a new authority",
            ),
        }
    }
}

impl std::error::Error for PkiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PkiError::Build(error) => Some(error),
            PkiError::Read { cause, .. } | PkiError::Write { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

impl From<rcgen::Error> for PkiError {
    fn from(error: rcgen::Error) -> PkiError {
        PkiError::Build(error)
    }
}

/// The whole second a time lies in, as the certificate library wants it.
fn second_of(at: UnixMillis) -> Result<OffsetDateTime, PkiError> {
    OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)).map_err(|_| PkiError::Time(at))
}
