//! The authority: one self-signed ECDSA P-256 certificate and what it signs.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, RevokedCertParams, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sluice_core::domain::UnixMillis;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::subject::Subject;
use super::{PkiError, Validity, second_of, serial};

/// The organisation field of every authority made here, so that nobody mistakes one for an
/// authority that checks the identities it vouches for.
const ORGANISATION: &str = "Sluice development authority";

/// A development authority with its key in memory.
pub struct Authority {
    pub(super) cert_pem: String,
    certificate: CertificateDer<'static>,
    not_after: UnixMillis,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, PEM.
    pub cert_pem: String,
    /// Its private key, PKCS #8 in PEM.
    pub key_pem: String,
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
}

/// An entry of the revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The serial number, lower-case hexadecimal.
    pub serial: String,
    /// Since when it is revoked.
    pub at: UnixMillis,
}

impl Authority {
    /// Makes a new authority. It may sign certificates and revocation lists, but no authorities
    /// beneath it.
    ///
    /// # Errors
    /// The validity is outside the range of a certificate, or the system gives no randomness.
    pub fn create(name: &str, validity: Validity) -> Result<Authority, PkiError> {
        let mut params = params_of(validity)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, ORGANISATION);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        Ok(Authority {
            cert_pem: certificate.pem(),
            certificate: certificate.der().clone(),
            not_after: validity.not_after,
            issuer: Issuer::new(params, key),
        })
    }

    /// Takes up an authority again.
    ///
    /// # Errors
    /// A text is not PEM, the certificate is not an authority's, or the key is another one's.
    pub fn from_pem(cert_pem: &str, key_pem: &str) -> Result<Authority, PkiError> {
        let certificate = CertificateDer::from_pem_slice(cert_pem.as_bytes())
            .map_err(|error| unreadable("the authority's certificate", error))?;
        let key =
            KeyPair::from_pem(key_pem).map_err(|error| unreadable("the authority's key", error))?;
        let (_, parsed) = X509Certificate::from_der(&certificate)
            .map_err(|error| unreadable("the authority's certificate", error))?;
        if !parsed.is_ca() {
            return Err(unreadable(
                "the authority's certificate",
                "it may not sign other certificates",
            ));
        }
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(PkiError::KeyMismatch);
        }
        let not_after = parsed.validity().not_after.timestamp() * 1000;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Authority { cert_pem: cert_pem.to_owned(), certificate, not_after, issuer })
    }

    /// Issues a certificate with a fresh key.
    ///
    /// # Errors
    /// A name in the subject is ill-formed, the validity is outside the range of a certificate, or
    /// the system gives no randomness.
    pub fn issue(&self, subject: &Subject, validity: Validity) -> Result<Issued, PkiError> {
        let serial = serial::random()?;
        let mut params = params_of(validity)?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.distinguished_name = subject.distinguished_name();
        params.subject_alt_names = subject.alternative_names()?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = subject.usages();
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            cert_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            serial: serial::spell(&serial),
        })
    }

    /// A signed revocation list in PEM, which may be relied on from `this_update` to
    /// `next_update`. Its number is the time it was made, so that a later list has a higher one.
    ///
    /// # Errors
    /// A time is outside the range of a list, or a serial number is not well-formed.
    pub fn revocation_list(
        &self,
        revoked: &[Revoked],
        this_update: UnixMillis,
        next_update: UnixMillis,
    ) -> Result<String, PkiError> {
        let revoked_certs = revoked.iter().map(revoked_params).collect::<Result<_, _>>()?;
        let params = CertificateRevocationListParams {
            this_update: second_of(this_update)?,
            next_update: second_of(next_update)?,
            crl_number: SerialNumber::from(u64::try_from(this_update).unwrap_or(0)),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.pem()?)
    }

    /// The serial number of a certificate that this authority issued.
    ///
    /// # Errors
    /// [`PkiError::NotOurs`] when its signature isn't this authority's, and when it can't be read.
    pub fn serial_of(&self, cert_pem: &str) -> Result<String, PkiError> {
        let der = CertificateDer::from_pem_slice(cert_pem.as_bytes())
            .map_err(|error| unreadable("the certificate", error))?;
        let (_, theirs) = X509Certificate::from_der(&der)
            .map_err(|error| unreadable("the certificate", error))?;
        let (_, ours) = X509Certificate::from_der(&self.certificate)
            .map_err(|error| unreadable("the authority's certificate", error))?;
        if theirs.verify_signature(Some(ours.public_key())).is_err() {
            return Err(PkiError::NotOurs);
        }
        Ok(serial::spell(theirs.raw_serial()))
    }

    /// The authority's certificate, PEM: what others need to trust it.
    pub fn cert_pem(&self) -> &str {
        &self.cert_pem
    }

    /// The authority's private key, PKCS #8 in PEM. Its holder can impersonate anybody.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Returns the end of the authority's own certificate.
    pub fn not_after(&self) -> UnixMillis {
        self.not_after
    }
}

/// Leaves the key out.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("cert_pem", &self.cert_pem).finish_non_exhaustive()
    }
}

/// Leaves the key out.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("serial", &self.serial).finish_non_exhaustive()
    }
}

fn params_of(validity: Validity) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.not_before = second_of(validity.not_before)?;
    params.not_after = second_of(validity.not_after)?;
    params.serial_number = Some(SerialNumber::from(serial::random()?));
    Ok(params)
}

fn revoked_params(revoked: &Revoked) -> Result<RevokedCertParams, PkiError> {
    Ok(RevokedCertParams {
        serial_number: SerialNumber::from(serial::parse(&revoked.serial)?),
        revocation_time: second_of(revoked.at)?,
        reason_code: None,
        invalidity_date: None,
    })
}

pub(super) fn unreadable(source: &str, cause: impl fmt::Display) -> PkiError {
    PkiError::Unreadable { source: source.to_owned(), cause: cause.to_string() }
}
