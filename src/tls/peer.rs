//! The identity in a certificate. [`chain`](super::chain) decides whether to trust it.

use std::fmt;

use rustls::CommonState;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::{Identity, NotAnIdentity};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Longest serial number in bytes (RFC 5280, 4.1.2.2).
pub const MAX_SERIAL_BYTES: usize = 20;

/// The parts of a certificate that the gateway reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The holder's identity.
    pub identity: Identity,
    /// Its serial number: lower-case hexadecimal, no separators, no zero byte in front.
    pub serial: String,
    /// The end of its validity.
    pub not_after: UnixMillis,
}

/// The reason why a certificate names no identity of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// The peer showed no certificate.
    Missing,
    /// The certificate can't be read, or has trailing bytes.
    Unreadable,
    /// The serial number is zero, negative, or longer than [`MAX_SERIAL_BYTES`].
    Serial,
    /// The certificate has no URI among its alternative names.
    NoUri,
    /// The certificate has several URIs among its alternative names.
    SeveralUris,
    /// Its URI is no identity.
    NotAnIdentity(NotAnIdentity),
}

/// Reads a certificate: exactly one URI among its alternative names, which must be an identity
/// of the trust domain. Names of other types may stand beside it.
///
/// # Errors
/// [`CertificateFault`] names the missing or surplus part.
pub fn identity_of(
    cert_der: &[u8],
    trust_domain: &str,
) -> Result<PeerCertificate, CertificateFault> {
    let (rest, certificate) =
        X509Certificate::from_der(cert_der).map_err(|_| CertificateFault::Unreadable)?;
    if !rest.is_empty() {
        return Err(CertificateFault::Unreadable);
    }
    let uri = one_uri(&certificate)?;
    let identity =
        Identity::parse_uri(trust_domain, uri).map_err(CertificateFault::NotAnIdentity)?;
    Ok(PeerCertificate {
        identity,
        serial: spell_serial(certificate.raw_serial())?,
        not_after: certificate.validity().not_after.timestamp().saturating_mul(1000),
    })
}

/// The certificate of the other end of an established connection.
///
/// # Errors
/// The same as of [`identity_of`]. After a handshake by this room's verifiers there is none.
pub fn peer_of(
    connection: &CommonState,
    trust_domain: &str,
) -> Result<PeerCertificate, CertificateFault> {
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    identity_of(shown.ok_or(CertificateFault::Missing)?, trust_domain)
}

fn one_uri<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a str, CertificateFault> {
    // The library refuses a repeated extension, and names that it can't read to the end.
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| CertificateFault::Unreadable)?
        .ok_or(CertificateFault::NoUri)?;
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    match (uris.next(), uris.next()) {
        (None, _) => Err(CertificateFault::NoUri),
        (Some(uri), None) => Ok(uri),
        (Some(_), Some(_)) => Err(CertificateFault::SeveralUris),
    }
}

fn spell_serial(bytes: &[u8]) -> Result<String, CertificateFault> {
    let significant = match bytes {
        [0, rest @ ..] => rest,
        // The top bit makes a DER integer negative; spelt without its sign, it would collide
        // with a positive one.
        [first, ..] if *first > 127 => return Err(CertificateFault::Serial),
        _ => bytes,
    };
    if significant.is_empty() || significant[0] == 0 || significant.len() > MAX_SERIAL_BYTES {
        return Err(CertificateFault::Serial);
    }
    Ok(significant.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateFault::Missing => f.write_str("there is no certificate"),
            CertificateFault::Unreadable => f.write_str("the certificate can't be read"),
            CertificateFault::Serial => {
                write!(f, "the serial number is not 1 to {MAX_SERIAL_BYTES} bytes, positive")
            }
            CertificateFault::NoUri => {
                f.write_str("there is no URI among the alternative names; exactly one is needed")
            }
            CertificateFault::SeveralUris => f.write_str(
                "there are several URIs among the alternative names; exactly one may be",
            ),
            CertificateFault::NotAnIdentity(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for CertificateFault {}
