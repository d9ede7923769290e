//! The causes of failed handshakes, a closed list for records and metrics.

use std::io;

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::distrust::{Distrust, Refusal};
use super::peer::PeerCertificate;

/// The cause of a failed handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeCause {
    /// The peer showed no certificate.
    NoCertificate,
    /// The peer's certificate was not accepted.
    Distrusted(Distrust),
    /// The peer has no version of TLS that is allowed.
    ProtocolVersion,
    /// The peer does not speak TLS.
    NotTls,
    /// The peer did not accept our certificate, or gave up for another reason of its own.
    RefusedByPeer,
    /// The handshake took too long. The owner of the deadline reports this, as there is no error.
    Timeout,
    /// The peer closed the connection before the end.
    Closed,
    /// None of these: the peer broke the protocol, or something failed on this side.
    Other,
}

/// A failed handshake: its cause, and the identity that the peer claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// The cause.
    pub cause: HandshakeCause,
    /// The contents of the peer's certificate, if one was read. They are claims only.
    pub claimed: Option<PeerCertificate>,
}

impl HandshakeCause {
    /// The word in records and metrics. It does not change.
    pub fn as_str(self) -> &'static str {
        match self {
            HandshakeCause::NoCertificate => "no-certificate",
            HandshakeCause::Distrusted(distrust) => distrust.as_str(),
            HandshakeCause::ProtocolVersion => "protocol-version",
            HandshakeCause::NotTls => "not-tls",
            HandshakeCause::RefusedByPeer => "refused-by-peer",
            HandshakeCause::Timeout => "timeout",
            HandshakeCause::Closed => "closed",
            HandshakeCause::Other => "other",
        }
    }

    /// Every one of them, for labels of metrics.
    pub fn all() -> impl Iterator<Item = HandshakeCause> {
        let plain = [
            HandshakeCause::NoCertificate,
            HandshakeCause::ProtocolVersion,
            HandshakeCause::NotTls,
            HandshakeCause::RefusedByPeer,
            HandshakeCause::Timeout,
            HandshakeCause::Closed,
            HandshakeCause::Other,
        ];
        plain.into_iter().chain(Distrust::ALL.into_iter().map(HandshakeCause::Distrusted))
    }
}

/// Reads the error that a handshake left, of either side.
pub fn handshake_failure(error: &io::Error) -> HandshakeFailure {
    let Some(tls) = tls_error(error) else {
        return HandshakeFailure { cause: cause_of_io(error.kind()), claimed: None };
    };
    match Refusal::of(tls) {
        Some(refusal) => HandshakeFailure {
            cause: HandshakeCause::Distrusted(refusal.distrust),
            claimed: refusal.claimed,
        },
        None => HandshakeFailure { cause: cause_of_tls(tls), claimed: None },
    }
}

/// The error of rustls inside one of tokio-rustls.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn cause_of_io(kind: io::ErrorKind) -> HandshakeCause {
    match kind {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => HandshakeCause::Closed,
        io::ErrorKind::TimedOut => HandshakeCause::Timeout,
        _ => HandshakeCause::Other,
    }
}

/// rustls may add errors, hence the last arm.
fn cause_of_tls(error: &Error) -> HandshakeCause {
    match error {
        Error::NoCertificatesPresented => HandshakeCause::NoCertificate,
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        )
        | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            HandshakeCause::ProtocolVersion
        }
        Error::InvalidMessage(_) => HandshakeCause::NotTls,
        Error::AlertReceived(_) => HandshakeCause::RefusedByPeer,
        _ => HandshakeCause::Other,
    }
}
