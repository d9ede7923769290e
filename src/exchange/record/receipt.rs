//! The receipt of an exchange: where in the log its record stands, so that its consumer can have
//! that proved, and the key with which what was released can be compared with the record.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sluice_core::ledger::digest::ExchangeKey;
use sluice_core::ledger::tree::Hash;

use crate::audit::Committed;

/// The receipt of an exchange whose record is durable.
#[derive(Clone)]
pub struct Receipt {
    committed: Committed,
    key: ExchangeKey,
}

impl Receipt {
    /// The receipt of the record there, with the key of its digests.
    pub fn new(committed: Committed, key: &ExchangeKey) -> Receipt {
        Receipt { committed, key: key.clone() }
    }

    /// The value of `Exchange-Receipt`, an item of RFC 9651, in the log of that origin.
    pub fn at<'a>(&'a self, origin: &'a str) -> impl fmt::Display + 'a {
        let Committed { index, leaf: Hash(leaf), .. } = &self.committed;
        fmt::from_fn(move |f| {
            write!(f, "\"{origin}\";index={index}")?;
            for (name, bytes) in [("leaf", leaf), ("key", self.key.bytes())] {
                write!(f, ";{name}=:{}:", Base64::of(bytes).as_str())?;
            }
            Ok(())
        })
    }
}

/// 32 bytes in base64, without an allocation.
struct Base64([u8; 44]);

impl Base64 {
    fn of(bytes: &[u8; 32]) -> Base64 {
        let mut text = [b'='; 44];
        // It has just the length that they take.
        let _ = STANDARD.encode_slice(bytes, &mut text);
        Base64(text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Keys don't show themselves.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({})", self.committed.index)
    }
}
