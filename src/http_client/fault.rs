//! Reasons for which a call has no answer, with the place and the remedy.

use std::fmt;
use std::path::PathBuf;

/// A reason for which a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// The text is no address of a server.
    Address {
        /// The address that was given.
        address: String,
        /// The scheme that it begins with.
        scheme: &'static str,
    },
    /// A file of the caller's identity can't be used.
    File {
        /// The file.
        file: PathBuf,
        /// The reason.
        why: String,
    },
    /// A header field, or the target, can't be sent.
    Request {
        /// The server.
        at: String,
        /// The reason.
        why: String,
    },
    /// No connection comes about.
    Unreachable {
        /// The server.
        at: String,
        /// The reason.
        why: String,
    },
    /// The two don't trust each other.
    Handshake {
        /// The server.
        at: String,
        /// The reason.
        why: String,
    },
    /// The call takes too long.
    TooSlow {
        /// The server.
        at: String,
        /// The time that it has.
        limit_ms: u64,
    },
    /// The answer is longer than it may be.
    TooLong {
        /// The server.
        at: String,
        /// The length that it may have.
        limit_bytes: usize,
    },
    /// The connection ends before the answer does, or the answer is not HTTP.
    Broken {
        /// The server.
        at: String,
        /// The reason.
        why: String,
    },
}

impl fmt::Display for HttpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpFault::Address { address, scheme } => {
                write!(f, "{address:?} is no address of a server; write {scheme}://host:port")
            }
            HttpFault::File { file, why } => {
                write!(
                    f,
                    "{}: {why}; give PEM files of a certificate, its key and the authority",
                    file.display()
                )
            }
            HttpFault::Request { at, why } => {
                write!(f, "{at}: the request can't be sent: {why}; correct what it names")
            }
            HttpFault::Unreachable { at, why } => {
                write!(f, "{at} can't be reached: {why}; check the address, and that it runs")
            }
            HttpFault::Handshake { at, why } => write!(
                f,
                "{at}: the TLS handshake failed: {why}; check your certificate, and the authority that \
                 vouches for the server"
            ),
            HttpFault::TooSlow { at, limit_ms } => {
                write!(f, "{at}: nothing came for {limit_ms} ms; try again, and look at its log")
            }
            HttpFault::TooLong { at, limit_bytes } => {
                write!(f, "{at}: the answer is longer than {limit_bytes} bytes; ask for less")
            }
            HttpFault::Broken { at, why } => {
                write!(f, "{at}: the connection broke: {why}; try again, and look at its log")
            }
        }
    }
}

impl std::error::Error for HttpFault {}
