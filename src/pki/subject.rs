//! The holder of a certificate.

use rcgen::{DistinguishedName, DnType, ExtendedKeyUsagePurpose, SanType};
use rustls_pki_types::ServerName;
use sluice_core::domain::identity::{Identity, Kind};

use super::PkiError;

/// The holder that a certificate is to name. The constructors make the three kinds that the
/// exchange knows. The fields are public so that tests can make certificates that it refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The common name: for people to read, never for deciding.
    pub common_name: String,
    /// URI names. The exchange accepts exactly one, an identity.
    pub uris: Vec<String>,
    /// DNS names and IP addresses.
    pub hosts: Vec<String>,
    /// True if the certificate may be used by a TLS server.
    pub server: bool,
    /// True if the certificate may be used by a TLS client.
    pub client: bool,
}

impl Subject {
    /// Makes the gateway's subject: the identity of a system, and the host names of the gateway.
    pub fn gateway(trust_domain: &str, identity: &Identity, hosts: &[String]) -> Subject {
        Subject::system(trust_domain, identity, hosts)
    }

    /// A program, which may both call and be called.
    pub fn system(trust_domain: &str, identity: &Identity, hosts: &[String]) -> Subject {
        Subject {
            common_name: identity.to_string(),
            uris: vec![identity.to_uri(trust_domain)],
            hosts: hosts.to_vec(),
            server: true,
            client: true,
        }
    }

    /// A human being, who only calls.
    pub fn person(trust_domain: &str, identity: &Identity) -> Subject {
        Subject { server: false, ..Subject::system(trust_domain, identity, &[]) }
    }

    /// The one of the three constructors that fits the identity's kind.
    pub fn of(trust_domain: &str, identity: &Identity, hosts: &[String]) -> Subject {
        match identity.kind {
            Kind::System => Subject::system(trust_domain, identity, hosts),
            Kind::Person => Subject::person(trust_domain, identity),
        }
    }

    pub(super) fn distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, self.common_name.as_str());
        name
    }

    pub(super) fn alternative_names(&self) -> Result<Vec<SanType>, PkiError> {
        let uris = self.uris.iter().map(|uri| Ok(SanType::URI(uri.as_str().try_into()?)));
        let hosts = self.hosts.iter().map(|host| alternative_name_of(host));
        uris.chain(hosts).collect()
    }

    pub(super) fn usages(&self) -> Vec<ExtendedKeyUsagePurpose> {
        let server = self.server.then_some(ExtendedKeyUsagePurpose::ServerAuth);
        let client = self.client.then_some(ExtendedKeyUsagePurpose::ClientAuth);
        server.into_iter().chain(client).collect()
    }
}

fn alternative_name_of(host: &str) -> Result<SanType, PkiError> {
    match ServerName::try_from(host) {
        Ok(ServerName::DnsName(name)) => Ok(SanType::DnsName(name.as_ref().try_into()?)),
        Ok(ServerName::IpAddress(address)) => {
            Ok(SanType::IpAddress(std::net::IpAddr::from(address)))
        }
        _ => Err(PkiError::Host(host.to_owned())),
    }
}
