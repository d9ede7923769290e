//! Pseudonyms, which replace persons' identifiers in the answers of one entry to one department.
//!
//! The same person has the same pseudonym there, so that the department can join records. The
//! pseudonym is unrelated everywhere else, so that two departments can't join theirs. A key belongs
//! to one period, and each pseudonym begins with the id of its key, so that two pseudonyms of one
//! person from two periods are not taken for two persons.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::UnixMillis;
use crate::ledger::digest::canonical;

/// Bytes of a pseudonym, behind its key's id.
pub const PSEUDONYM_BYTES: usize = 16;

/// The purpose of derived keys, which is a part of their definition (BLAKE3 `derive_key` context).
const CONTEXT: &str = "sluice 2026-11-26 pseudonym keys v1";

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The times for which a key is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Days after which another key takes its place.
    pub period_days: u32,
    /// Days after that for which the old key can still be asked for, so that a consumer finds the
    /// new pseudonyms of the persons it knows.
    pub overlap_days: u32,
}

impl Rotation {
    /// One key a year, and a month to change over.
    pub const USUAL: Rotation = Rotation { period_days: 365, overlap_days: 30 };
}

/// The secret from which all keys of pseudonyms are derived. It is unrelated to the log's secrets:
/// readers of the log can't tell whose pseudonym one is.
#[derive(Clone)]
pub struct PseudonymKeys {
    secret: [u8; 32],
    rotation: Rotation,
}

/// The key of pseudonyms for one department, one entry and one period.
#[derive(Clone)]
pub struct PseudonymKey {
    id: Box<str>,
    keyed: Hmac<Sha256>,
}

/// The key that was asked for is not yet, or no longer, in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownKey;

impl PseudonymKeys {
    /// Derives the secret from 32 random bytes.
    pub fn derive(secret: &[u8; 32], rotation: Rotation) -> PseudonymKeys {
        PseudonymKeys { secret: blake3::derive_key(CONTEXT, secret), rotation }
    }

    /// The key for a department and an entry (`department/entry`) now, or the one whose id is
    /// `wanted`.
    ///
    /// # Errors
    /// The wanted key is not in use.
    pub fn at(
        &self,
        now: UnixMillis,
        department: &str,
        entry: &str,
        wanted: Option<&str>,
    ) -> Result<PseudonymKey, UnknownKey> {
        let day = now.div_euclid(DAY_MS).max(0);
        let length = i64::from(self.rotation.period_days.max(1));
        let (period, since) = (day / length, day % length);
        let current = self.of(period, department, entry);
        let Some(wanted) = wanted.filter(|wanted| *wanted != &*current.id) else {
            return Ok(current);
        };
        let overlaps = period > 0 && since < i64::from(self.rotation.overlap_days);
        let earlier = overlaps.then(|| self.of(period - 1, department, entry));
        earlier.filter(|key| *wanted == *key.id).ok_or(UnknownKey)
    }

    fn of(&self, period: i64, department: &str, entry: &str) -> PseudonymKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        let length = self.rotation.period_days;
        // Neither a department's nor an entry's id contains a line feed.
        for part in [&*format!("{period}/{length}"), department, entry] {
            hasher.update(part.as_bytes());
            hasher.update(b"\n");
        }
        let mut derived = [0; 34];
        hasher.finalize_xof().fill(&mut derived);
        let [key @ .., first, second] = derived;
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key);
        // The period is for people; the other part tells keys apart if another secret takes over.
        let id = format!("p{period}_{first:02x}{second:02x}").into();
        PseudonymKey { id, keyed: KeyInit::new(&block.into()) }
    }
}

impl PseudonymKey {
    /// The id of the key, with which its pseudonyms begin.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Writes the pseudonym of an identifier, in any of its forms; none if the canonical form is
    /// empty.
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

/// Keeps the keys out of debug output.
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

    const ROTATION: Rotation = Rotation { period_days: 100, overlap_days: 10 };

    fn key(secret: u8, day: i64, department: &str, entry: &str) -> PseudonymKey {
        let keys = PseudonymKeys::derive(&[secret; 32], ROTATION);
        keys.at(day * DAY_MS, department, entry, None).unwrap()
    }

    #[test]
    fn a_person_has_one_pseudonym_in_one_place_and_others_elsewhere() {
        let own_key = key(7, 350, "health", "civil-affairs/marriage");
        let own = pseudonym(&own_key, "110105491231002");
        let (id, rest) = own.split_once('-').unwrap();
        assert!(id.starts_with("p3_") && id == own_key.id(), "{own}");
        assert_eq!(rest.len(), 2 * PSEUDONYM_BYTES);
        assert_eq!(own, pseudonym(&own_key, " 11010519491231002x "));
        assert_ne!(own, pseudonym(&own_key, "440524188001010014"));
        let same = key(7, 399, "health", "civil-affairs/marriage");
        assert_eq!(own, pseudonym(&same, "110105491231002"));
        let elsewhere = [
            key(7, 400, "health", "civil-affairs/marriage"),
            key(7, 350, "statistics", "civil-affairs/marriage"),
            key(7, 350, "health", "civil-affairs/adoption"),
            key(8, 350, "health", "civil-affairs/marriage"),
        ];
        for key in elsewhere {
            let other = pseudonym(&key, "110105491231002");
            assert_ne!(own.split_once('-').unwrap().1, other.split_once('-').unwrap().1);
        }
        assert_eq!(own_key.write(" - ", &mut Vec::new()), None);
        assert_eq!(format!("{own_key:?}"), format!("PseudonymKey {{ id: {id:?} }}"));
    }

    #[test]
    fn a_key_can_be_asked_for_as_long_as_it_overlaps() {
        let keys = PseudonymKeys::derive(&[7; 32], ROTATION);
        let at = |day: i64, wanted: Option<&str>| {
            keys.at(day * DAY_MS, "health", "a/b", wanted).map(|key| key.id().to_owned())
        };
        let (third, fourth) = (at(399, None).unwrap(), at(400, None).unwrap());
        assert_ne!(third, fourth);
        assert_eq!(at(399, Some(&third)), Ok(third.clone()));
        assert_eq!(at(409, Some(&third)), Ok(third.clone()));
        assert_eq!(at(409, Some(&fourth)), Ok(fourth.clone()));
        assert_eq!(at(410, Some(&third)), Err(UnknownKey));
        assert_eq!(at(399, Some(&fourth)), Err(UnknownKey));
        assert_eq!(at(409, Some("p3_0000")), Err(UnknownKey));
        assert_eq!(at(5, Some(&third)), Err(UnknownKey));
        assert_eq!(at(-5, None), at(0, None));
    }
}
