//! Certificate paths: signatures, validity, usage and revocation, up to an authority.
//!
//! webpki is asked directly, since rustls checks a server's revocation only together with its
//! host name, and in this exchange the identity takes the host name's place.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use sluice_core::domain::UnixMillis;
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationOptions,
    RevocationOptionsBuilder, VerifiedPath,
};

use super::distrust::Distrust;
use super::provider;

/// The usage of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A consumer shows it to the gateway.
    Client,
    /// A provider shows it to the gateway.
    Server,
}

/// The trust anchors, with their revocation lists.
#[derive(Debug)]
pub(super) struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    /// The validity of each anchor, as webpki does not check an anchor's dates.
    validities: Vec<(UnixMillis, UnixMillis)>,
    revocations: Vec<CertRevocationList<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Roots {
    pub(super) fn new(revocations: Vec<CertRevocationList<'static>>) -> Roots {
        Roots {
            anchors: Vec::new(),
            validities: Vec::new(),
            revocations,
            algorithms: provider().signature_verification_algorithms,
        }
    }

    pub(super) fn add(
        &mut self,
        anchor: TrustAnchor<'static>,
        not_before: UnixMillis,
        not_after: UnixMillis,
    ) {
        self.anchors.push(anchor);
        self.validities.push((not_before, not_after));
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// Verifies the path from a certificate to one of these authorities.
    pub(super) fn check(
        &self,
        certificate: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<(), Distrust> {
        let lists: Vec<&CertRevocationList<'_>> = self.revocations.iter().collect();
        let at = |time| self.path(certificate, intermediates, usage, time, &lists);
        let Err(error) = at(now) else {
            return Ok(());
        };
        // webpki looks at the dates before the signature. Anybody can write a certificate that
        // ended long ago: whether an authority really signed it shows only within its dates.
        let within = match error {
            Error::CertExpired { not_after, .. } => at(not_after),
            Error::CertNotValidYet { not_before, .. } => at(not_before),
            _ => Ok(()),
        };
        match within.map_err(distrust_of) {
            Err(Distrust::UnknownAuthority) => Err(Distrust::UnknownAuthority),
            _ => Err(distrust_of(error)),
        }
    }

    /// Tells whether a path led from a certificate to one of these authorities at a moment. Later
    /// revocations are ignored: a signature of that time stays valid.
    pub(super) fn vouched_for(
        &self,
        certificate: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        at: UnixMillis,
    ) -> bool {
        self.path(certificate, intermediates, Usage::Client, unix_time(at), &[]).is_ok()
    }

    fn path(
        &self,
        certificate: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
        lists: &[&CertRevocationList<'_>],
    ) -> Result<(), Error> {
        let usage = match usage {
            Usage::Client => KeyUsage::client_auth(),
            Usage::Server => KeyUsage::server_auth(),
        };
        certificate
            .verify_for_usage(
                self.algorithms.all,
                &self.anchors,
                intermediates,
                now,
                usage,
                revocation_options(lists),
                Some(&|path| self.anchor_valid(path, now)),
            )
            .map(|_| ())
    }

    /// Requires that the anchor at the end of a path is within its validity. A renewed authority
    /// may be listed twice with the same name and key; one of the two within its validity is
    /// enough.
    fn anchor_valid(&self, path: &VerifiedPath<'_>, now: UnixTime) -> Result<(), Error> {
        let now_ms = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
        let mut outcome = Err(Error::UnknownIssuer);
        for (anchor, (not_before, not_after)) in self.anchors.iter().zip(&self.validities) {
            if anchor.subject != path.anchor().subject
                || anchor.subject_public_key_info != path.anchor().subject_public_key_info
            {
                continue;
            }
            outcome = if now_ms > *not_after {
                Err(Error::CertExpired { time: now, not_after: unix_time(*not_after) })
            } else if now_ms < *not_before {
                Err(Error::CertNotValidYet { time: now, not_before: unix_time(*not_before) })
            } else {
                return Ok(());
            };
        }
        outcome
    }
}

/// A list that is given must cover every certificate of the chain and must not have run out.
fn revocation_options<'a>(
    lists: &'a [&'a CertRevocationList<'a>],
) -> Option<RevocationOptions<'a>> {
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    Some(builder.with_expiration_policy(ExpirationPolicy::Enforce).build())
}

/// The whole second of a time; what lies before 1970 counts as 1970.
fn unix_time(at: UnixMillis) -> UnixTime {
    let secs = u64::try_from(at.div_euclid(1000)).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(secs))
}

/// webpki may add errors, hence the last arm: whatever it finds wrong and we can't name makes
/// the certificate a bad one.
fn distrust_of(error: Error) -> Distrust {
    match error {
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => Distrust::UnknownAuthority,
        Error::CertExpired { .. } => Distrust::Expired,
        Error::CertNotValidYet { .. } => Distrust::NotYetValid,
        Error::CertRevoked => Distrust::Revoked,
        Error::UnknownRevocationStatus
        | Error::CrlExpired { .. }
        | Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            Distrust::RevocationUnknown
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => Distrust::WrongUsage,
        _ => Distrust::BadCertificate,
    }
}
