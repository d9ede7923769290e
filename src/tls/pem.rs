//! PEM from files and texts, with faults that name the file.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rustls_pki_types::pem::PemObject;

use super::peer::CertificateFault;

/// The source of a PEM text.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file.
    File(PathBuf),
    /// A text in memory, as tests and the demo have it.
    Text(String),
}

/// A fault of a certificate, key or list that the settings name, and its place.
#[derive(Debug)]
pub struct SetupError {
    /// The file, or the name of the authority.
    pub source: String,
    /// The fault.
    pub fault: SetupFault,
}

/// The fault of a certificate, key, list or authority of the settings.
#[derive(Debug)]
pub enum SetupFault {
    /// The file could not be read.
    Unread(io::Error),
    /// A PEM section in it is broken.
    NotPem(rustls_pki_types::pem::Error),
    /// The file has no section of the expected kind.
    Holds {
        /// The expected kind, for people.
        no: &'static str,
    },
    /// A certificate in it can't be read.
    BadCertificate(String),
    /// A certificate in it is no authority's.
    NotAnAuthority,
    /// A revocation list in it can't be used.
    BadRevocationList(String),
    /// The gateway's own certificate names no identity.
    NoIdentity(CertificateFault),
    /// The certificate and the key don't belong together, or rustls does not support them.
    Unusable(rustls::Error),
    /// Two authorities have this name.
    NamedTwice,
    /// The authority is listed for no department, or for no kind.
    VouchesForNobody,
    /// There is no authority at all.
    NoAuthorities,
}

impl Pem {
    /// Returns the name of the source for messages.
    pub fn label(&self) -> String {
        match self {
            Pem::File(path) => path.display().to_string(),
            Pem::Text(_) => "a PEM text in memory".to_owned(),
        }
    }

    /// All PEM sections of one type, at least one.
    pub(super) fn all<T: PemObject>(&self, wanted: &'static str) -> Result<Vec<T>, SetupError> {
        let read;
        let bytes = match self {
            Pem::Text(text) => text.as_bytes(),
            Pem::File(path) => {
                read =
                    std::fs::read(path).map_err(|error| self.wrong(SetupFault::Unread(error)))?;
                &read
            }
        };
        let found = T::pem_slice_iter(bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.wrong(SetupFault::NotPem(error)))?;
        if found.is_empty() {
            return Err(self.wrong(SetupFault::Holds { no: wanted }));
        }
        Ok(found)
    }

    pub(super) fn wrong(&self, fault: SetupFault) -> SetupError {
        SetupError { source: self.label(), fault }
    }
}

/// Leaves the text out: it may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({})", self.label())
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.fault)
    }
}

impl std::error::Error for SetupError {}

impl fmt::Display for SetupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupFault::Unread(error) => write!(f, "it could not be read: {error}"),
            SetupFault::NotPem(error) => write!(f, "a PEM section in it is broken: {error}"),
            SetupFault::Holds { no } => write!(f, "it holds no {no} in PEM"),
            SetupFault::BadCertificate(cause) => {
                write!(f, "a certificate in it can't be read: {cause}")
            }
            SetupFault::NotAnAuthority => {
                f.write_str("a certificate in it may not sign others; give the authority's own")
            }
            SetupFault::BadRevocationList(cause) => {
                write!(f, "a revocation list in it can't be used: {cause}")
            }
            SetupFault::NoIdentity(fault) => {
                write!(f, "the certificate is of no use as the gateway's own: {fault}")
            }
            SetupFault::Unusable(error) => {
                write!(f, "certificate and key can't be used together: {error}")
            }
            SetupFault::NamedTwice => f.write_str("two authorities have this name"),
            SetupFault::VouchesForNobody => f.write_str(
                "the authority is listed for no department or no kind; list at least one of each",
            ),
            SetupFault::NoAuthorities => {
                f.write_str("there is none, so that nobody could ever connect; list at least one")
            }
        }
    }
}
