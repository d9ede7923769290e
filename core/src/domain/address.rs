//! Addresses of providers, as entries and the registry write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// A host name in lower case, or an address literal without brackets.
    pub host: Box<str>,
    /// A TCP port.
    pub port: u16,
}

impl Address {
    /// Reads `host:port` or `[v6]:port`.
    pub fn parse(text: &str) -> Option<Address> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let host = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
            None => host.to_ascii_lowercase(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
            return None;
        }
        Some(Address { host: host.into(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
