//! The contents of a certificate, for people. The gateway itself reads only the identity.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sluice_core::domain::UnixMillis;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::authority::unreadable;
use super::{PkiError, serial};

/// The contents of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The holder's distinguished name.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The serial number, lower-case hexadecimal.
    pub serial: String,
    /// Start of the validity.
    pub not_before: UnixMillis,
    /// End of the validity.
    pub not_after: UnixMillis,
    /// True if it is the certificate of an authority.
    pub authority: bool,
    /// Its URI names.
    pub uris: Vec<String>,
    /// Its DNS names and addresses, and names of other types as the library prints them.
    pub others: Vec<String>,
}

/// Reads the first certificate of a PEM text.
///
/// # Errors
/// [`PkiError::Unreadable`] when there is none, or it can't be read.
pub fn describe(cert_pem: &str) -> Result<Description, PkiError> {
    let der = CertificateDer::from_pem_slice(cert_pem.as_bytes())
        .map_err(|error| unreadable("the certificate", error))?;
    let (_, certificate) =
        X509Certificate::from_der(&der).map_err(|error| unreadable("the certificate", error))?;
    let names = certificate
        .subject_alternative_name()
        .map_err(|error| unreadable("the certificate's alternative names", error))?;
    let mut described = Description {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: serial::spell(certificate.raw_serial()),
        not_before: certificate.validity().not_before.timestamp() * 1000,
        not_after: certificate.validity().not_after.timestamp() * 1000,
        authority: certificate.is_ca(),
        uris: Vec::new(),
        others: Vec::new(),
    };
    for name in names.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::URI(uri) => described.uris.push((*uri).to_owned()),
            GeneralName::DNSName(host) => described.others.push((*host).to_owned()),
            GeneralName::IPAddress(bytes) => described.others.push(address(bytes)),
            other => described.others.push(other.to_string()),
        }
    }
    Ok(described)
}

fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        IpAddr::from(Ipv4Addr::from(four)).to_string()
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
        IpAddr::from(Ipv6Addr::from(sixteen)).to_string()
    } else {
        format!("an address of {} bytes", bytes.len())
    }
}
