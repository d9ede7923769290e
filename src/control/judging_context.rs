//! The context in which the rows of the journal are judged.

use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::release::ContentDigest;

/// Returns the identity of a certificate chain at a moment, if an authority vouches for it.
pub type CertificateVerifier = Arc<
    dyn Fn(&[rustls_pki_types::CertificateDer<'static>], UnixMillis) -> Option<Identity>
        + Send
        + Sync,
>;

/// The inputs that the check of a row needs besides the journal.
#[derive(Clone)]
pub struct JudgingContext {
    /// The manifest of the first release.
    pub genesis: ContentDigest,
    /// The exchange office.
    pub office: Name,
    /// Verifies the certificate chains of signers.
    pub verify_certificate: CertificateVerifier,
    /// The wall clock.
    pub clock: fn() -> UnixMillis,
}
