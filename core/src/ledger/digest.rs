//! Keyed digests of persons' identifiers, of requests and of released bodies.
//!
//! A bare digest of an identity number can be reversed by trying all of them, and so can that of a
//! short answer. Therefore every digest in the log is keyed. A subject key belongs to one provider
//! and one epoch, so that the records of two providers don't link. An exchange key belongs to one
//! exchange and is given to its parties with the receipt.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::check_digit::identity_check;

/// Bytes of a subject digest: half of an HMAC-SHA256, as RFC 2104 allows.
pub const SUBJECT_DIGEST_BYTES: usize = 16;

/// The purpose of exchange keys, which is a part of their definition (BLAKE3 `derive_key` context).
const EXCHANGE_CONTEXT: &str = "sluice 2026-11-25 exchange keys v2";

/// The key of subject digests for one provider and one epoch. It is not kept in the log.
#[derive(Clone)]
pub struct SubjectKey {
    id: u32,
    /// HMAC with the key already taken in: a digest then costs two compressions instead of four.
    keyed: Hmac<Sha256>,
}

/// The keyed digest of a person's identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectDigest(pub [u8; SUBJECT_DIGEST_BYTES]);

/// The secret from which the keys of a log's exchanges are derived.
#[derive(Clone)]
pub struct ExchangeKeys([u8; 32]);

/// The key of one exchange's digests.
#[derive(Clone, PartialEq, Eq)]
pub struct ExchangeKey([u8; 32]);

/// The digest of a body: BLAKE3 keyed with the exchange's key, which `b3sum --keyed` computes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyDigest(pub [u8; 32]);

/// The digest of a body that arrives in pieces.
#[derive(Clone, Debug)]
pub struct BodyHasher(blake3::Hasher);

impl SubjectKey {
    /// Makes a key of 32 random bytes. The id is the epoch it is for.
    pub fn new(id: u32, secret: [u8; 32]) -> SubjectKey {
        // HMAC pads a short key with zeros to the hash's block of 64 bytes.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&secret);
        SubjectKey { id, keyed: KeyInit::new(&block.into()) }
    }

    /// The id under which the key is kept.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The digest of an identifier in its canonical form; none if that form is empty.
    pub fn digest(&self, identifier: &str) -> Option<SubjectDigest> {
        let canonical = canonical(identifier);
        if canonical.is_empty() {
            return None;
        }
        let mut mac = self.keyed.clone();
        mac.update(canonical.as_bytes());
        let full = mac.finalize().into_bytes();
        let mut half = [0; SUBJECT_DIGEST_BYTES];
        half.copy_from_slice(&full[..SUBJECT_DIGEST_BYTES]);
        Some(SubjectDigest(half))
    }
}

/// The canonical form of an identifier, the same for all ways to write it: full-width characters
/// become half-width, letters upper case; spaces and dashes go; mobile numbers lose the country
/// code; 15-digit identity numbers become 18-digit ones. So each person has one digest.
pub fn canonical(identifier: &str) -> Cow<'_, str> {
    // Most identifiers are canonical already, and an answer holds thousands of them.
    let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    let folded: Cow<'_, str> =
        if identifier.bytes().all(plain) { identifier.into() } else { fold(identifier).into() };
    if let Some(mobile) = bare_mobile(&folded) {
        return mobile.to_owned().into();
    }
    long_identity_number(&folded).map_or(folded, Cow::Owned)
}

fn fold(identifier: &str) -> String {
    let kept = identifier.chars().map(half_width).filter(|c| !is_gap(*c));
    kept.flat_map(char::to_uppercase).collect()
}

/// The half-width form of a character. Full-width forms (U+FF01 to U+FF5E) stand at a fixed
/// distance from ASCII.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2212}' => '-',
        c => c,
    }
}

fn is_gap(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || invisible || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// A mobile number of mainland China without its `+86`, `0086` or `86`; none for other texts.
fn bare_mobile(text: &str) -> Option<&str> {
    let rest = ["+86", "0086", "86"].iter().find_map(|code| text.strip_prefix(code))?;
    let form = rest.len() == 11 && rest.starts_with('1');
    (form && rest.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
}

/// The 18-digit form of a 15-digit identity number: the century goes before the year of birth, the
/// check digit to the end. Other numbers of 15 digits hold no birth date and give none.
fn long_identity_number(text: &str) -> Option<String> {
    if text.len() != 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| text[at..at + 2].parse::<u8>().unwrap_or(0);
    if !(1..=12).contains(&two(8)) || !(1..=31).contains(&two(10)) {
        return None;
    }
    let mut long = format!("{}19{}", &text[..6], &text[6..]);
    let check = identity_check(long.as_bytes());
    long.push(check);
    Some(long)
}

impl ExchangeKeys {
    /// Derives the keys from the log's secret.
    pub fn derive(log_secret: &[u8; 32]) -> ExchangeKeys {
        ExchangeKeys(blake3::derive_key(EXCHANGE_CONTEXT, log_secret))
    }

    /// Derives the key of one exchange: a keyed hash of its id.
    pub fn of(&self, exchange: &str) -> ExchangeKey {
        ExchangeKey(*blake3::keyed_hash(&self.0, exchange.as_bytes()).as_bytes())
    }
}

impl fmt::Debug for ExchangeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExchangeKeys")
    }
}

impl ExchangeKey {
    /// The key's bytes, for the parties of the exchange.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Starts the digest of a body that arrives in pieces.
    pub fn body(&self) -> BodyHasher {
        BodyHasher(blake3::Hasher::new_keyed(&self.0))
    }

    /// The digest of a whole body.
    pub fn digest(&self, body: &[u8]) -> BodyDigest {
        BodyDigest(*blake3::keyed_hash(&self.0, body).as_bytes())
    }
}

impl BodyHasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(&self) -> BodyDigest {
        BodyDigest(*self.0.finalize().as_bytes())
    }
}

/// Written in hexadecimal.
impl SubjectDigest {
    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Option<SubjectDigest> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 2 * SUBJECT_DIGEST_BYTES || !text.bytes().all(plain) {
            return None;
        }
        let mut digest = [0; SUBJECT_DIGEST_BYTES];
        for (byte, at) in digest.iter_mut().zip((0..text.len()).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(SubjectDigest(digest))
    }
}

impl fmt::Display for SubjectDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Written in hexadecimal.
impl fmt::Display for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SubjectDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectDigest({self})")
    }
}

/// Keeps the key out of debug output, so that no program log and no panic shows it.
impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKey {{ id: {} }}", self.id)
    }
}

impl fmt::Debug for ExchangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExchangeKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_one_form() {
        let table = [
            ("11010519491231002X", "11010519491231002X"),
            ("11010519491231002x", "11010519491231002X"),
            (" 110105 1949-1231 002x ", "11010519491231002X"),
            ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
            ("110105491231002", "11010519491231002X"),
            ("440524188001010014", "440524188001010014"),
            ("18012341999", "18012341999"),
            ("+86 180 1234 1999", "18012341999"),
            ("0086-180-1234-1999", "18012341999"),
            ("8618012341999", "18012341999"),
            ("+1 202 555 0100", "+12025550100"),
            // There is no month 99, so this is not an identity number and stays.
            ("622202999912345", "622202999912345"),
            ("e\u{200b}12345678", "E12345678"),
            ("－–—", ""),
        ];
        for (written, form) in table {
            assert_eq!(canonical(written), form, "{written}");
        }
    }

    #[test]
    fn a_subject_digest_is_a_truncated_hmac_sha256() {
        // RFC 4231, test case 1, has a key of 20 bytes. Shorter keys are padded with zeros, so the
        // padded key gives the same. Its data is "Hi There"; since ours is made canonical first,
        // the vector is compared with the HMAC alone.
        let mut secret = [0u8; 32];
        secret[..20].fill(0x0b);
        let mut mac = SubjectKey::new(1, secret).keyed.clone();
        mac.update(b"Hi There");
        let full = mac.finalize().into_bytes();
        assert_eq!(full[..8], [0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53]);
    }

    #[test]
    fn one_person_has_one_digest_and_another_key_another() {
        let key = SubjectKey::new(1, [7; 32]);
        let digest = key.digest("110105491231002");
        assert_eq!(digest, key.digest("11010519491231002x"));
        assert_ne!(digest, key.digest("440524188001010014"));
        assert_ne!(digest, SubjectKey::new(2, [8; 32]).digest("11010519491231002X"));
        assert_eq!(key.digest(" - "), None);
        assert_eq!(digest.unwrap().to_string().len(), 2 * SUBJECT_DIGEST_BYTES);
        let counting = SubjectDigest(std::array::from_fn(|ix| 17 * ix as u8));
        assert_eq!(counting.to_string(), "00112233445566778899aabbccddeeff");
    }

    #[test]
    fn body_digests_are_keyed_blake3() {
        // The published vectors of BLAKE3: this key, no input and one byte of zero.
        let key = ExchangeKey(*b"whats the Elvish word for friend");
        let empty = "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26";
        let zero = "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b";
        assert_eq!(key.digest(b"").to_string(), empty);
        assert_eq!(key.digest(&[0]).to_string(), zero);
        assert_eq!(key.body().finish().to_string(), empty);
    }

    #[test]
    fn a_body_in_pieces_has_the_digest_of_the_whole() {
        let keys = ExchangeKeys::derive(&[1; 32]);
        let key = keys.of("019b2c7e-0000-7000-8000-000000000001");
        let mut pieces = key.body();
        pieces.update(b"{\"a\"");
        pieces.update(b":1}");
        assert_eq!(pieces.finish(), key.digest(b"{\"a\":1}"));
        let other = keys.of("019b2c7e-0000-7000-8000-000000000002");
        assert_ne!(
            other,
            ExchangeKeys::derive(&[2; 32]).of("019b2c7e-0000-7000-8000-000000000002")
        );
        assert_ne!(pieces.finish(), other.digest(b"{\"a\":1}"));
    }

    #[test]
    fn keys_do_not_show_themselves() {
        assert_eq!(format!("{:?}", SubjectKey::new(3, [9; 32])), "SubjectKey { id: 3 }");
        assert_eq!(format!("{:?}", ExchangeKey([9; 32])), "ExchangeKey");
    }
}
