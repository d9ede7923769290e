//! Reasons for which a certificate is refused, in either direction.

use std::fmt;
use std::sync::Arc;

use rustls::{CertificateError, OtherError};

use super::peer::PeerCertificate;

/// The reason for which a certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distrust {
    /// No authority of the settings signed it.
    UnknownAuthority,
    /// The certificate, or an authority above it, has expired.
    Expired,
    /// The certificate, or an authority above it, is not valid yet.
    NotYetValid,
    /// The certificate is on its authority's revocation list.
    Revoked,
    /// The authority's revocation list has run out or does not cover it.
    RevocationUnknown,
    /// The certificate was issued for another usage.
    WrongUsage,
    /// No authority that signed it may vouch for this department and kind.
    NotVouched,
    /// The certificate names no identity of this trust domain, or more than one.
    NotAnIdentity,
    /// The certificate can't be read, or its holder did not prove possession of the key.
    BadCertificate,
    /// A provider's: it belongs to another department than the entry.
    OtherDepartment,
    /// A provider's: it belongs to a person.
    NotASystem,
    /// A provider's: it is this gateway's own identity.
    OwnIdentity,
}

/// A refused certificate, with its claims. rustls carries it as an error through the handshake; the
/// peer is only told that its certificate was not acceptable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub distrust: Distrust,
    /// The contents of the certificate, if it could be read. No authority need have vouched for
    /// them.
    pub claimed: Option<PeerCertificate>,
}

impl Distrust {
    /// Every reason, for labels of metrics.
    pub const ALL: [Distrust; 12] = [
        Distrust::UnknownAuthority,
        Distrust::Expired,
        Distrust::NotYetValid,
        Distrust::Revoked,
        Distrust::RevocationUnknown,
        Distrust::WrongUsage,
        Distrust::NotVouched,
        Distrust::NotAnIdentity,
        Distrust::BadCertificate,
        Distrust::OtherDepartment,
        Distrust::NotASystem,
        Distrust::OwnIdentity,
    ];

    /// The word in records, metrics and messages. It does not change.
    pub fn as_str(self) -> &'static str {
        match self {
            Distrust::UnknownAuthority => "unknown-authority",
            Distrust::Expired => "expired",
            Distrust::NotYetValid => "not-yet-valid",
            Distrust::Revoked => "revoked",
            Distrust::RevocationUnknown => "revocation-unknown",
            Distrust::WrongUsage => "wrong-usage",
            Distrust::NotVouched => "not-vouched",
            Distrust::NotAnIdentity => "not-an-identity",
            Distrust::BadCertificate => "bad-certificate",
            Distrust::OtherDepartment => "other-department",
            Distrust::NotASystem => "not-a-system",
            Distrust::OwnIdentity => "own-identity",
        }
    }
}

impl Refusal {
    pub(super) fn into_rustls(self) -> rustls::Error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }

    /// The refusal that a handshake's error carries, if a certificate was at fault.
    pub fn of(error: &rustls::Error) -> Option<Refusal> {
        let rustls::Error::InvalidCertificate(fault) = error else {
            return None;
        };
        if let CertificateError::Other(OtherError(inner)) = fault
            && let Some(refusal) = inner.downcast_ref::<Refusal>()
        {
            return Some(refusal.clone());
        }
        // What our verifiers don't decide: the signature that proves possession of the key.
        Some(Refusal { distrust: Distrust::BadCertificate, claimed: None })
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Distrust::UnknownAuthority => "no authority of the settings signed the certificate",
            Distrust::Expired => "the certificate or its authority has ended",
            Distrust::NotYetValid => "the certificate or its authority has not begun",
            Distrust::Revoked => "the certificate is revoked",
            Distrust::RevocationUnknown => {
                "the authority's revocation list has run out or does not cover the certificate"
            }
            Distrust::WrongUsage => "the certificate was issued for another use",
            Distrust::NotVouched => "the authority may not vouch for this department and kind",
            Distrust::NotAnIdentity => {
                "the certificate does not name exactly one identity of this trust domain"
            }
            Distrust::BadCertificate => {
                "the certificate can't be read, or its holder did not prove to have the key"
            }
            Distrust::OtherDepartment => "the certificate belongs to another department",
            Distrust::NotASystem => "the certificate belongs to a person",
            Distrust::OwnIdentity => "the certificate is this gateway's own",
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.distrust.fmt(f)?;
        match &self.claimed {
            Some(claimed) => write!(f, " (claims {}, {})", claimed.identity, claimed.serial),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Distrust {}

impl std::error::Error for Refusal {}
