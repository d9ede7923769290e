//! TLS and bounds of connections of the exchange listener.

use std::sync::Arc;
use std::time::Duration;

use crate::tls::ServerTls;

/// The TLS and the bounds of a new connection.
pub struct Doorway {
    /// The present TLS configuration.
    pub tls: Arc<ServerTls>,
    /// The trust domain of identities.
    pub trust_domain: String,
    /// Time from accept to the end of the handshake.
    pub handshake_timeout: Duration,
    /// Time from the first byte of a request's head to its last; also the longest idle time.
    pub head_timeout: Duration,
    /// Concurrent streams of one HTTP/2 connection.
    pub http2_streams: u32,
}
