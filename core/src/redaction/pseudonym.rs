//! Pseudonyms: what stands for a person in the answers of one entry to one department.
//!
//! The same person has the same pseudonym there, so that records can be put together, and an
//! unrelated one everywhere else, so that two departments can't. A key belongs to one period; each
//! pseudonym begins with the id of its key, so that those of two periods are not taken for those of
//! two persons.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ledger::digest::canonical;

/// Bytes of a pseudonym, behind its key's id.
pub const PSEUDONYM_BYTES: usize = 16;

/// What keys are derived for; a part of their definition (BLAKE3 `derive_key` context).
const CONTEXT: &str = "sluice 2026-11-26 pseudonym keys v1";

/// The secret from which all keys of pseudonyms are derived. It has nothing to do with those of the
/// log: who can read the log can't tell whose pseudonym one is.
#[derive(Clone)]
pub struct PseudonymKeys([u8; 32]);

/// The key of pseudonyms for one department, one entry and one period.
#[derive(Clone)]
pub struct PseudonymKey {
    id: Box<str>,
    keyed: Hmac<Sha256>,
}

impl PseudonymKeys {
    /// From 32 random bytes.
    pub fn derive(secret: &[u8; 32]) -> PseudonymKeys {
        PseudonymKeys(blake3::derive_key(CONTEXT, secret))
    }

    /// The key of a period for a department and an entry (`department/entry`).
    pub fn of(&self, period: u32, department: &str, entry: &str) -> PseudonymKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // Neither a department nor an entry has a line feed in its id.
        for part in [&*period.to_string(), department, entry] {
            hasher.update(part.as_bytes());
            hasher.update(b"\n");
        }
        let mut block = [0; 64];
        block[..32].copy_from_slice(hasher.finalize().as_bytes());
        PseudonymKey { id: format!("p{period}").into(), keyed: KeyInit::new(&block.into()) }
    }
}

impl PseudonymKey {
    /// The id of the key, with which its pseudonyms begin.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Writes the pseudonym of an identifier, in whatever form that is written; nothing if nothing
    /// is left of it in its canonical form.
    pub fn write(&self, identifier: &str, out: &mut Vec<u8>) -> Option<()> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let canonical = canonical(identifier);
        if canonical.is_empty() {
            return None;
        }
        let mut mac = self.keyed.clone();
        mac.update(canonical.as_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.push(b'-');
        for byte in &mac.finalize().into_bytes()[..PSEUDONYM_BYTES] {
            out.extend_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        Some(())
    }
}

/// Keys don't show themselves.
impl fmt::Debug for PseudonymKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKeys")
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PseudonymKey {{ id: {:?} }}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonym(key: &PseudonymKey, identifier: &str) -> String {
        let mut out = Vec::new();
        key.write(identifier, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_person_has_one_pseudonym_in_one_place_and_others_elsewhere() {
        let keys = PseudonymKeys::derive(&[7; 32]);
        let key = keys.of(3, "health", "civil-affairs/marriage");
        let own = pseudonym(&key, "110105491231002");
        assert_eq!(own.len(), "p3-".len() + 2 * PSEUDONYM_BYTES);
        assert!(own.starts_with("p3-"), "{own}");
        assert_eq!(own, pseudonym(&key, " 11010519491231002x "));
        assert_ne!(own, pseudonym(&key, "440524188001010014"));
        let elsewhere = [
            keys.of(4, "health", "civil-affairs/marriage"),
            keys.of(3, "statistics", "civil-affairs/marriage"),
            keys.of(3, "health", "civil-affairs/adoption"),
            PseudonymKeys::derive(&[8; 32]).of(3, "health", "civil-affairs/marriage"),
        ];
        for key in elsewhere {
            let other = pseudonym(&key, "110105491231002");
            assert_ne!(own.split_once('-').unwrap().1, other.split_once('-').unwrap().1);
        }
        assert_eq!(key.write(" - ", &mut Vec::new()), None);
        assert_eq!(format!("{key:?} {keys:?}"), "PseudonymKey { id: \"p3\" } PseudonymKeys");
    }
}
