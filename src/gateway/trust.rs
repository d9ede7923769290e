//! The authorities that the gateway trusts, its own certificate, and its secrets.

use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

use sluice_core::ledger::digest::ExchangeKeys;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::redaction::pseudonym::PseudonymKeys;

use super::{StartError, failed};
use crate::settings::{Settings, current_subject_secret, secret};
use crate::snapshot::{self, SubjectSecret};
use crate::tls::{
    self, Alpn, Authorities, Departments, OwnCertificate, Pem, ServerTls, TrustedAuthority,
};

/// The authorities that the gateway trusts, and its own certificate.
pub(super) struct Trust {
    pub(super) authorities: Arc<Authorities>,
    pub(super) own: Arc<OwnCertificate>,
    pub(super) server: Arc<ServerTls>,
}

impl Trust {
    pub(super) fn load(settings: &Settings) -> Result<Trust, StartError> {
        let listed = settings.authorities.iter().map(|authority| TrustedAuthority {
            name: authority.name.clone(),
            certificates: vec![Pem::File(authority.certificates.clone())],
            departments: match &authority.departments {
                None => Departments::All,
                Some(listed) => Departments::Listed(listed.clone()),
            },
            kinds: authority.kinds.clone(),
            revocations: authority.revocation_list.clone().map(Pem::File),
        });
        let listed: Vec<_> = listed.collect();
        let domain = &settings.trust_domain;
        let authorities = Authorities::load(domain, &listed).map_err(failed("authority"))?;
        let authorities = Arc::new(authorities);
        let chain = Pem::File(settings.tls.certificate.clone());
        let key = Pem::File(settings.tls.key.clone());
        let own = OwnCertificate::load(domain, &chain, &key).map_err(failed("tls"))?;
        let config = tls::server_config(authorities.clone(), &own, Alpn::Http2AndHttp1)
            .map_err(failed("tls"))?;
        let server = Arc::new(ServerTls::new(config));
        Ok(Trust { authorities, own: Arc::new(own), server })
    }
}

/// The secrets from which the keys of digests in the log and of pseudonyms are derived, and the key
/// that checkpoints are signed with.
pub(super) struct GatewaySecrets {
    pub(super) exchanges: ExchangeKeys,
    pub(super) release: snapshot::ReleaseSecrets,
    pub(super) signer: NoteSigner,
}

/// The secret that keys of exchanges are derived from, read or made at the first start.
///
/// # Errors
/// The secret can't be read or made.
pub fn exchange_secret(settings: &Settings) -> Result<[u8; 32], StartError> {
    kept(settings, "exchange.key")
}

fn kept(settings: &Settings, name: &str) -> Result<[u8; 32], StartError> {
    let dir = &settings.log.secrets;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| StartError(format!("log.secrets: {}: {error}", dir.display())))?;
    secret(&dir.join(name)).map_err(|why| StartError(format!("log.secrets: {why}")))
}

impl GatewaySecrets {
    /// Reads them, or makes them at the first start.
    pub(super) fn load(settings: &Settings) -> Result<GatewaySecrets, StartError> {
        let kept = |name: &str| kept(settings, name);
        // The log's origin names the gateway and the node.
        let origin = format!("{}/{}", settings.trust_domain, settings.node);
        let seed = kept("signing.key")?;
        let signer = NoteSigner::from_seed(&origin, KeyKind::Log, &seed).map_err(failed("log"))?;
        let subjects = current_subject_secret(&settings.log.secrets);
        let (epoch, subjects) =
            subjects.map_err(|why| StartError(format!("log.secrets: {why}")))?;
        Ok(GatewaySecrets {
            signer,
            exchanges: ExchangeKeys::derive(&exchange_secret(settings)?),
            release: snapshot::ReleaseSecrets {
                subjects: SubjectSecret { epoch, secret: subjects },
                pseudonyms: PseudonymKeys::derive(&kept("pseudonym.key")?, settings.pseudonyms),
            },
        })
    }
}
