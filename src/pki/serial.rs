//! Serial numbers of certificates: random ones, and the one spelling in which records, lists and
//! messages give them (lower-case hexadecimal, no separators, no zero byte in front).

use super::PkiError;

/// Longest serial number in bytes (RFC 5280, 4.1.2.2).
pub const MAX_SERIAL_BYTES: usize = 20;

const RANDOM_BYTES: usize = 16;

/// A fresh serial number, far from any other.
///
/// # Errors
/// [`PkiError::Random`] when the system gives no random bytes.
pub fn random() -> Result<Vec<u8>, PkiError> {
    let mut bytes = [0u8; RANDOM_BYTES];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| PkiError::Random)?;
    // Neither negative nor with a zero in front: its spelling is then as long as every other's.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(bytes.to_vec())
}

/// The one spelling of a serial number.
pub fn spell(bytes: &[u8]) -> String {
    let significant = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes[significant..].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a serial number as tools print it: in either case, with or without colons.
///
/// # Errors
/// [`PkiError::Serial`] when it is anything else, zero, or longer than [`MAX_SERIAL_BYTES`].
pub fn parse(text: &str) -> Result<Vec<u8>, PkiError> {
    let refused = || PkiError::Serial(text.to_owned());
    let digits: Vec<u8> = text.trim().bytes().filter(|byte| *byte != b':').collect();
    if digits.len() > 2 * (MAX_SERIAL_BYTES + 1) {
        return Err(refused());
    }
    let mut bytes = Vec::with_capacity(MAX_SERIAL_BYTES);
    for pair in digits.rchunks(2).rev() {
        let mut value = 0;
        for digit in pair {
            value = value * 16 + char::from(*digit).to_digit(16).ok_or_else(refused)?;
        }
        bytes.push(value as u8);
    }
    let significant = bytes.iter().position(|byte| *byte != 0).ok_or_else(refused)?;
    bytes.drain(..significant);
    if bytes.len() > MAX_SERIAL_BYTES { Err(refused()) } else { Ok(bytes) }
}
