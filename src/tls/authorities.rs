//! The authorities of the settings, and the departments and kinds that each may vouch for.

use std::collections::{BTreeSet, HashSet};

use rustls::DistinguishedName;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use webpki::{CertRevocationList, EndEntityCert, OwnedCertRevocationList};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::chain::{Roots, Usage};
use super::distrust::{Distrust, Refusal};
use super::peer::{PeerCertificate, identity_of};
use super::pem::{Pem, SetupError, SetupFault};

/// One authority as the settings list it.
#[derive(Clone, Debug)]
pub struct TrustedAuthority {
    /// The name of the authority in messages.
    pub name: String,
    /// Its certificates. Two with the same subject but different keys, as in a change of key,
    /// are better listed as two authorities, each with its own revocation list.
    pub certificates: Vec<Pem>,
    /// The departments it may vouch for.
    pub departments: Departments,
    /// The kinds it may vouch for.
    pub kinds: Vec<Kind>,
    /// Its revocation lists. Once given they must cover every certificate of a chain, and must
    /// not have run out: otherwise the peer is refused.
    pub revocations: Option<Pem>,
}

/// The departments an authority may vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departments {
    /// Every department.
    All,
    /// These alone.
    Listed(Vec<Name>),
}

/// All authorities of a gateway under its trust domain.
#[derive(Debug)]
pub struct Authorities {
    trust_domain: String,
    authorities: Vec<Authority>,
    subjects: Vec<DistinguishedName>,
}

#[derive(Debug)]
struct Authority {
    departments: Departments,
    kinds: Vec<Kind>,
    roots: Roots,
}

impl Authorities {
    /// Loads the authorities that the settings list.
    ///
    /// # Errors
    /// [`SetupError`] names the file or the authority, and its fault.
    pub fn load(
        trust_domain: &str,
        settings: &[TrustedAuthority],
    ) -> Result<Authorities, SetupError> {
        if settings.is_empty() {
            return Err(wrong("authorities", SetupFault::NoAuthorities));
        }
        let mut names = HashSet::new();
        let mut authorities = Vec::with_capacity(settings.len());
        for one in settings {
            if !names.insert(one.name.as_str()) {
                return Err(wrong(&one.name, SetupFault::NamedTwice));
            }
            authorities.push(Authority::load(one)?);
        }
        let anchors = authorities.iter().flat_map(|authority| authority.roots.anchors());
        let distinct: BTreeSet<&[u8]> = anchors.map(|anchor| anchor.subject.as_ref()).collect();
        // webpki keeps the content of the name; on the wire it has its outer sequence.
        let subjects = distinct.into_iter().map(DistinguishedName::in_sequence).collect();
        Ok(Authorities { trust_domain: trust_domain.to_owned(), authorities, subjects })
    }

    /// The trust domain that identities must belong to.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// Accepts a certificate if it chains to an authority that may vouch for the one identity it
    /// names. The same question can be asked again of a live connection when the lists change.
    ///
    /// # Errors
    /// [`Refusal`], with what the certificate claims if it could be read.
    pub fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<PeerCertificate, Refusal> {
        let claim = identity_of(certificate, &self.trust_domain);
        let refused = |distrust| Refusal { distrust, claimed: claim.clone().ok() };
        let parsed =
            EndEntityCert::try_from(certificate).map_err(|_| refused(Distrust::BadCertificate))?;
        let mut worst = Distrust::UnknownAuthority;
        for authority in &self.authorities {
            match (authority.roots.check(&parsed, intermediates, usage, now), &claim) {
                (Ok(()), Ok(peer)) if authority.may_vouch_for(&peer.identity) => {
                    return Ok(peer.clone());
                }
                (Ok(()), Ok(_)) => worst = Distrust::NotVouched,
                (Ok(()), Err(_)) => worst = Distrust::NotAnIdentity,
                // The finding of the authority that signed it matters more than those of the
                // others.
                (Err(distrust), _) if worst == Distrust::UnknownAuthority => worst = distrust,
                (Err(_), _) => {}
            }
        }
        Err(refused(worst))
    }

    /// Returns the identity of a certificate chain (the signer's first) at a moment, if an
    /// authority that may vouch for it did so then. Later revocations are ignored: the statement
    /// was signed before them, and was checked when it came.
    pub fn signer(&self, chain: &[CertificateDer<'_>], at: UnixMillis) -> Option<Identity> {
        let (first, intermediates) = chain.split_first()?;
        let peer = identity_of(first, &self.trust_domain).ok()?;
        let parsed = EndEntityCert::try_from(first).ok()?;
        let vouched = self.authorities.iter().any(|authority| {
            authority.may_vouch_for(&peer.identity)
                && authority.roots.vouched_for(&parsed, intermediates, at)
        });
        vouched.then_some(peer.identity)
    }

    /// Returns the authorities' names, by which a client may choose its certificate.
    pub(super) fn subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }
}

impl Authority {
    fn load(settings: &TrustedAuthority) -> Result<Authority, SetupError> {
        let nobody = match &settings.departments {
            Departments::All => false,
            Departments::Listed(departments) => departments.is_empty(),
        };
        if nobody || settings.kinds.is_empty() {
            return Err(wrong(&settings.name, SetupFault::VouchesForNobody));
        }
        if settings.certificates.is_empty() {
            return Err(wrong(&settings.name, SetupFault::Holds { no: "certificate" }));
        }
        let revocations = match &settings.revocations {
            Some(pem) => revocation_lists(pem)?,
            None => Vec::new(),
        };
        let mut roots = Roots::new(revocations);
        for pem in &settings.certificates {
            for certificate in pem.all::<CertificateDer<'static>>("certificate")? {
                add_root(&mut roots, pem, &certificate)?;
            }
        }
        Ok(Authority {
            departments: settings.departments.clone(),
            kinds: settings.kinds.clone(),
            roots,
        })
    }

    fn may_vouch_for(&self, identity: &Identity) -> bool {
        let department = match &self.departments {
            Departments::All => true,
            Departments::Listed(departments) => departments.contains(&identity.department),
        };
        department && self.kinds.contains(&identity.kind)
    }
}

fn add_root(
    roots: &mut Roots,
    pem: &Pem,
    certificate: &CertificateDer<'_>,
) -> Result<(), SetupError> {
    let unreadable = |cause: String| pem.wrong(SetupFault::BadCertificate(cause));
    let anchor: TrustAnchor<'static> = webpki::anchor_from_trusted_cert(certificate)
        .map_err(|error| unreadable(error.to_string()))?
        .to_owned();
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|error| unreadable(error.to_string()))?;
    if !parsed.is_ca() {
        return Err(pem.wrong(SetupFault::NotAnAuthority));
    }
    let validity = parsed.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    roots.add(anchor, from.saturating_mul(1000), to.saturating_mul(1000));
    Ok(())
}

fn revocation_lists(pem: &Pem) -> Result<Vec<CertRevocationList<'static>>, SetupError> {
    let lists = pem.all::<CertificateRevocationListDer<'static>>("revocation list")?;
    let parsed = lists.iter().map(|list| OwnedCertRevocationList::from_der(list));
    let bad = |error: webpki::Error| pem.wrong(SetupFault::BadRevocationList(error.to_string()));
    parsed.map(|list| Ok(list.map_err(bad)?.into())).collect()
}

fn wrong(source: &str, fault: SetupFault) -> SetupError {
    SetupError { source: source.to_owned(), fault }
}
