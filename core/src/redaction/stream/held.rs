//! The bytes of a record that is held until its end, because conditions on its values decide about
//! it.

use std::borrow::Cow;

use crate::redaction::{BadAnswer, MAX_RECORD_BYTES, Why};

/// A record being held.
#[derive(Debug)]
pub(super) struct HeldRecord {
    /// The place of its first byte in the answer.
    at: u64,
    /// Its bytes in earlier pieces.
    bytes: Vec<u8>,
    /// The place of its first byte in this piece.
    from: usize,
}

impl HeldRecord {
    pub(super) fn from(at: usize, before: u64) -> HeldRecord {
        HeldRecord { at: before + at as u64, bytes: Vec::new(), from: at }
    }

    /// Keeps the record's bytes of this piece, at the piece's end.
    pub(super) fn hold(&mut self, part: &[u8]) -> Result<(), BadAnswer> {
        let bytes = &part[self.from..];
        self.require_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        self.from = 0;
        Ok(())
    }

    /// The whole record. Its last byte is at `at` in this piece.
    pub(super) fn up_to<'t>(&self, at: usize, text: &'t [u8]) -> Result<Cow<'t, [u8]>, BadAnswer> {
        let rest = &text[self.from..=at];
        self.require_room(rest.len())?;
        if self.bytes.is_empty() {
            return Ok(rest.into());
        }
        Ok([&self.bytes, rest].concat().into())
    }

    /// The place of its first byte in the answer.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    fn require_room(&self, bytes: usize) -> Result<(), BadAnswer> {
        if self.bytes.len() + bytes > MAX_RECORD_BYTES {
            let at = self.at + MAX_RECORD_BYTES as u64;
            return Err(BadAnswer { at, why: Why::RecordTooLong });
        }
        Ok(())
    }
}
