//! Adapters over rustls: the identity of the peer, and the authority that vouches for it.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`authorities`] | the authorities of the settings, and the departments each may vouch for |
//! | [`chain`] | certificate paths up to an authority, with revocation |
//! | [`peer`] | the identity, serial number and end of a certificate |
//! | [`distrust`] | reasons for which a certificate is refused |
//! | [`handshake`] | causes of failed handshakes |
//! | [`own`] | the gateway's own certificate and key |
//! | [`server`] | towards consumers: the verifier, the configuration, its replacement |
//! | [`client`] | towards providers: the verifier and the configuration |
//! | [`pem`] | PEM from files and texts, with faults that name the file |
//!
//! Nothing here uses rustls' process-wide provider: it is aws-lc-rs, always.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub mod authorities;
pub mod chain;
pub mod client;
pub mod distrust;
pub mod handshake;
pub mod own;
pub mod peer;
pub mod pem;
pub mod server;

#[cfg(test)]
mod tests;

pub use authorities::{Authorities, Departments, TrustedAuthority};
pub use chain::Usage;
pub use client::{ClientSettings, client_config, untrusted};
pub use distrust::{Distrust, Refusal};
pub use handshake::{HandshakeCause, HandshakeFailure, handshake_failure};
pub use own::OwnCertificate;
pub use peer::{CertificateFault, PeerCertificate, identity_of, peer_of};
pub use pem::{Pem, SetupError};
pub use server::{Alpn, ServerTls, server_config};

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
