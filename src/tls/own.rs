//! The gateway's own certificate, the same for consumers and for providers.

use std::fmt;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::peer::{PeerCertificate, identity_of};
use super::pem::{Pem, SetupError, SetupFault};

/// The gateway's own certificate, with those that lead to its authority, and its key.
pub struct OwnCertificate {
    source: String,
    certificate: PeerCertificate,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl OwnCertificate {
    /// Reads the chain (own certificate first) and the key.
    ///
    /// # Errors
    /// [`SetupError`] names the file and what is wrong with it; also when the certificate names
    /// no identity of the trust domain.
    pub fn load(trust_domain: &str, chain: &Pem, key: &Pem) -> Result<OwnCertificate, SetupError> {
        let certificates = chain.all::<CertificateDer<'static>>("certificate")?;
        let certificate = identity_of(&certificates[0], trust_domain)
            .map_err(|fault| chain.wrong(SetupFault::NoIdentity(fault)))?;
        let mut keys = key.all::<PrivateKeyDer<'static>>("private key")?;
        Ok(OwnCertificate {
            source: chain.label(),
            certificate,
            chain: certificates,
            key: keys.swap_remove(0),
        })
    }

    /// Returns the gateway's own certificate.
    pub fn certificate(&self) -> &PeerCertificate {
        &self.certificate
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    pub(super) fn unusable(&self, error: rustls::Error) -> SetupError {
        SetupError { source: self.source.clone(), fault: SetupFault::Unusable(error) }
    }
}

/// Leaves the key out.
impl fmt::Debug for OwnCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnCertificate")
            .field("source", &self.source)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
