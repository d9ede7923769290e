//! TLS and bounds of connections of the exchange listener.

use std::sync::Arc;
use std::time::Duration;

use crate::tls::ServerTls;

/// The TLS and the bounds that a connection is let in by.
pub struct Doorway {
    /// The TLS configuration of the moment.
    pub tls: Arc<ServerTls>,
    /// The trust domain of identities.
    pub trust_domain: String,
    /// From accept to the end of the handshake.
    pub handshake_timeout: Duration,
    /// From the first byte of a request's head to its last; also the longest idle time.
    pub head_timeout: Duration,
    /// Concurrent streams of one HTTP/2 connection.
    pub http2_streams: u32,
}
