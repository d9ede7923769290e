//! Real handshakes, over a pipe in memory, with certificates made on the spot.

use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::*;
use crate::pki::{self, Issued, Subject, Validity};

mod consumers;
mod providers;
mod setup;

const DOMAIN: &str = "exchange.internal";
const PIPE_BYTES: usize = 64 * 1024;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

type Pipe = tokio::io::DuplexStream;

fn now() -> UnixMillis {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as UnixMillis
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn system(department: &str, id: &str) -> Identity {
    Identity { department: name(department), kind: Kind::System, id: name(id) }
}

fn person(department: &str, id: &str) -> Identity {
    Identity { department: name(department), kind: Kind::Person, id: name(id) }
}

fn new_authority() -> pki::Authority {
    pki::Authority::create("Trial", Validity::days(now(), 100)).unwrap()
}

fn issue(authority: &pki::Authority, identity: &Identity) -> Issued {
    issue_subject(authority, &Subject::of(DOMAIN, identity, &[]))
}

fn issue_subject(authority: &pki::Authority, subject: &Subject) -> Issued {
    authority.issue(subject, Validity::days(now(), 10)).unwrap()
}

/// An authority that may vouch for all systems and people, to be narrowed by the test.
fn listed(name: &str, authority: &pki::Authority) -> TrustedAuthority {
    TrustedAuthority {
        name: name.to_owned(),
        certificates: vec![Pem::Text(authority.cert_pem().to_owned())],
        departments: Departments::All,
        kinds: vec![Kind::System, Kind::Person],
        revocations: None,
    }
}

fn authorities(settings: &[TrustedAuthority]) -> Arc<Authorities> {
    Arc::new(Authorities::load(DOMAIN, settings).unwrap())
}

fn own(issued: &Issued) -> OwnCertificate {
    let text = |pem: &str| Pem::Text(pem.to_owned());
    OwnCertificate::load(DOMAIN, &text(&issued.cert_pem), &text(&issued.key_pem)).unwrap()
}

fn chain_of(issued: &Issued) -> Vec<CertificateDer<'static>> {
    vec![CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).unwrap()]
}

fn key_of(issued: &Issued) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap()
}

/// A client as any program may be: it trusts one authority and checks the gateway's host name.
fn plain_client(
    trusted: &pki::Authority,
    shown: Option<&Issued>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.cert_pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shown {
        Some(issued) => builder.with_client_auth_cert(chain_of(issued), key_of(issued)).unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Both ends of one handshake.
async fn shake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
) -> (io::Result<server::TlsStream<Pipe>>, io::Result<client::TlsStream<Pipe>>) {
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let host = ServerName::try_from("gateway.test").unwrap();
    tokio::join!(
        TlsAcceptor::from(server).accept(near),
        TlsConnector::from(client).connect(host, far),
    )
}
