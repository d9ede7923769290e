//! Towards consumers: every connection shows a certificate that an authority vouches for.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, PeerIncompatible, ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::authorities::Authorities;
use super::chain::Usage;
use super::own::OwnCertificate;
use super::pem::SetupError;
use super::provider;

/// The HTTP versions a listener offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/2, or else HTTP/1.1.
    Http2AndHttp1,
    /// HTTP/1.1 alone.
    Http1,
}

impl Alpn {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Alpn::Http2AndHttp1 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Alpn::Http1 => vec![b"http/1.1".to_vec()],
        }
    }
}

/// The configuration of a listener: TLS 1.3 alone, a certificate demanded of everybody, and no
/// resumption of any kind, since a resumed session would skip the check of the certificate.
///
/// # Errors
/// [`SetupError`] when certificate and key don't belong together.
pub fn server_config(
    authorities: Arc<Authorities>,
    own: &OwnCertificate,
    alpn: Alpn,
) -> Result<Arc<ServerConfig>, SetupError> {
    let provider = provider();
    let verifier = Arc::new(ConsumerVerifier {
        authorities,
        algorithms: provider.signature_verification_algorithms,
    });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| {
            builder.with_client_cert_verifier(verifier).with_single_cert(own.chain(), own.key())
        })
        .map_err(|error| own.unusable(error))?;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols = alpn.protocols();
    Ok(Arc::new(config))
}

/// The configuration in force, replaceable while listeners use it: connections that are being
/// made keep the one they began with.
#[derive(Debug)]
pub struct ServerTls(ArcSwap<ServerConfig>);

impl ServerTls {
    /// Begins with this configuration.
    pub fn new(config: Arc<ServerConfig>) -> ServerTls {
        ServerTls(ArcSwap::new(config))
    }

    /// The one in force now.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.0.load_full()
    }

    /// Puts another in force for every handshake that begins from now on.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.0.store(config);
    }
}

#[derive(Debug)]
struct ConsumerVerifier {
    authorities: Arc<Authorities>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for ConsumerVerifier {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.authorities.subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.authorities.check(end_entity, intermediates, Usage::Client, now) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(refusal) => Err(refusal.into_rustls()),
        }
    }

    /// Never asked: the configuration has TLS 1.3 alone.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::PeerIncompatible(PeerIncompatible::SupportedVersionsExtensionRequired))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
