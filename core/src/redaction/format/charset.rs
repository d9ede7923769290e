//! Legacy encodings, decoded to UTF-8 as the bytes arrive. Older provider systems answer in GBK;
//! consumers always get UTF-8.

use std::fmt;

use encoding_rs::{DecoderResult, Encoding, GB18030, GBK};

use super::Charset;
use crate::redaction::{BadAnswer, Why};

/// Bytes of UTF-8 that are decoded at a time.
const DECODED_AT_ONCE_BYTES: usize = 16 * 1024;

/// The decoder of an answer in a legacy encoding.
pub(in crate::redaction) struct Decoder {
    decoder: encoding_rs::Decoder,
    decoded: Vec<u8>,
    /// Bytes of the answer before this piece.
    before: u64,
}

impl Decoder {
    /// Makes the decoder for a charset; none for UTF-8, which needs none.
    pub(in crate::redaction) fn of(charset: Charset) -> Option<Decoder> {
        let encoding: &'static Encoding = match charset {
            Charset::Utf8 => return None,
            Charset::Gbk => GBK,
            Charset::Gb18030 => GB18030,
        };
        let decoder = encoding.new_decoder_without_bom_handling();
        Some(Decoder { decoder, decoded: vec![0; DECODED_AT_ONCE_BYTES], before: 0 })
    }

    /// Decodes a piece, and passes the result to `take`.
    pub(in crate::redaction) fn push(
        &mut self,
        piece: &[u8],
        take: impl FnMut(&[u8]) -> Result<(), BadAnswer>,
    ) -> Result<(), BadAnswer> {
        let decoded = self.decode(piece, false, take);
        self.before += piece.len() as u64;
        decoded
    }

    /// Ends the answer. It must not end within a character.
    pub(in crate::redaction) fn finish(
        &mut self,
        take: impl FnMut(&[u8]) -> Result<(), BadAnswer>,
    ) -> Result<(), BadAnswer> {
        self.decode(&[], true, take)
    }

    fn decode(
        &mut self,
        mut piece: &[u8],
        last: bool,
        mut take: impl FnMut(&[u8]) -> Result<(), BadAnswer>,
    ) -> Result<(), BadAnswer> {
        let length = piece.len();
        loop {
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(piece, &mut self.decoded, last);
            piece = &piece[read..];
            take(&self.decoded[..written])?;
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    let at = self.before + (length - piece.len()) as u64;
                    return Err(BadAnswer { at, why: Why::NotItsCharset });
                }
            }
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({})", self.decoder.encoding().name())
    }
}
