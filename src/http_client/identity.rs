//! The files of the caller's identity: certificate, key, and the authority that vouches for the
//! server.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::HttpFault;

/// The files of the caller's identity, all PEM.
#[derive(Clone, Copy, Debug)]
pub struct IdentityFiles<'a> {
    /// The authority that vouches for the server.
    pub ca: &'a Path,
    /// The caller's certificate, with its intermediates.
    pub cert: &'a Path,
    /// Its key.
    pub key: &'a Path,
}

impl IdentityFiles<'_> {
    /// Reads them: TLS 1.3 with both sides' certificates.
    pub(super) fn config(&self) -> Result<ClientConfig, HttpFault> {
        let mut roots = RootCertStore::empty();
        for certificate in pem::<CertificateDer<'static>>(self.ca)? {
            roots.add(certificate).map_err(|error| fault(self.ca, &error))?;
        }
        let key = pem::<PrivateKeyDer<'static>>(self.key)?.swap_remove(0);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| fault(self.cert, &error))?
            .with_root_certificates(roots)
            .with_client_auth_cert(pem(self.cert)?, key)
            .map_err(|error| fault(self.cert, &error))
    }
}

/// Reads the items of a file; at least one.
fn pem<T: PemObject>(file: &Path) -> Result<Vec<T>, HttpFault> {
    let bytes = std::fs::read(file).map_err(|error| fault(file, &error))?;
    let found = T::pem_slice_iter(&bytes).collect::<Result<Vec<T>, _>>();
    let found = found.map_err(|error| fault(file, &error))?;
    if found.is_empty() { Err(fault(file, &"there is none in it")) } else { Ok(found) }
}

fn fault(file: &Path, why: &dyn fmt::Display) -> HttpFault {
    HttpFault::File { file: file.to_owned(), why: why.to_string() }
}
