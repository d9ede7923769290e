//! Towards providers: the other end must be a system of the entry's own department. Whether its
//! host name fits its certificate is not asked; the identity takes the name's place.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;

use super::authorities::Authorities;
use super::chain::Usage;
use super::distrust::{Distrust, Refusal};
use super::handshake::tls_error;
use super::own::OwnCertificate;
use super::pem::SetupError;
use super::provider;

/// The requirements on a connection to a provider.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The department the provider must belong to.
    pub department: Name,
    /// True if TLS 1.2 is allowed, for providers that have nothing newer.
    pub allow_tls12: bool,
}

/// The configuration for connections to one department's providers: the gateway's certificate is
/// shown, HTTP/1.1 is spoken, nothing is resumed.
///
/// # Errors
/// [`SetupError`] when certificate and key don't belong together.
pub fn client_config(
    authorities: Arc<Authorities>,
    own: &OwnCertificate,
    settings: ClientSettings,
) -> Result<Arc<ClientConfig>, SetupError> {
    let provider = provider();
    let versions: &[_] = if settings.allow_tls12 {
        &[&rustls::version::TLS13, &rustls::version::TLS12]
    } else {
        &[&rustls::version::TLS13]
    };
    let verifier = Arc::new(ProviderVerifier {
        authorities,
        department: settings.department,
        own: own.certificate().identity.clone(),
        algorithms: provider.signature_verification_algorithms,
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .and_then(|builder| {
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier)
                .with_client_auth_cert(own.chain(), own.key())
        })
        .map_err(|error| own.unusable(error))?;
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Returns the refusal of the provider's certificate if that made the connection fail; nothing if
/// the network or the provider failed otherwise.
pub fn untrusted(error: &io::Error) -> Option<Refusal> {
    Refusal::of(tls_error(error)?)
}

#[derive(Debug)]
struct ProviderVerifier {
    authorities: Arc<Authorities>,
    department: Name,
    own: Identity,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ProviderVerifier {
    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let peer = self.authorities.check(certificate, intermediates, Usage::Server, now)?;
        let distrust = if peer.identity == self.own {
            Distrust::OwnIdentity
        } else if peer.identity.department != self.department {
            Distrust::OtherDepartment
        } else if peer.identity.kind != Kind::System {
            Distrust::NotASystem
        } else {
            return Ok(());
        };
        Err(Refusal { distrust, claimed: Some(peer) })
    }
}

impl ServerCertVerifier for ProviderVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.check(end_entity, intermediates, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(refusal) => Err(refusal.into_rustls()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
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
