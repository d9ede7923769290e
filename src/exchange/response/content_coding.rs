//! Content codings (RFC 9110, 8.4.1): answers that come compressed although they were asked for
//! plain. They are decoded as they come, so much at a time, and no further than an honest answer
//! could expand.

use std::fmt;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use sluice_core::domain::rejection::Unreadable;
use zstd::stream::raw::{DParameter, Decoder as Zstd, Operation};

/// Bytes that are decoded at a time.
pub const DECODED_AT_ONCE_BYTES: usize = 64 * 1024;

/// Most times that a decoded answer may be longer than it came, beyond [`FREE_BYTES`]. Records of persons
/// compress to a tenth, the most repetitive ones to a fiftieth.
pub const MAX_EXPANSION_TIMES: u64 = 200;

/// Most times that a decoded answer may be shorter than it came, beyond [`FREE_BYTES`]: an endless row of
/// empty members costs time and gives nothing.
const MAX_SHRINKAGE_TIMES: u64 = 4;

/// Bytes that any answer may expand to.
pub const FREE_BYTES: u64 = 1024 * 1024;

/// Base-2 logarithm of the largest window of zstd (RFC 9659): 8 MiB.
const ZSTD_WINDOW_BITS: u32 = 23;

/// Base-2 logarithm of the window of gzip and deflate.
const DEFLATE_WINDOW_BITS: u8 = 15;

/// The content coding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ContentCoding {
    Gzip,
    /// The zlib format, as RFC 9110 has it.
    Deflate,
    Brotli,
    Zstd,
}

impl ContentCoding {
    /// The coding of that name; none if it is not one that is read.
    pub fn of(name: &[u8]) -> Option<ContentCoding> {
        match &*name.to_ascii_lowercase() {
            b"gzip" | b"x-gzip" => Some(ContentCoding::Gzip),
            b"deflate" => Some(ContentCoding::Deflate),
            b"br" => Some(ContentCoding::Brotli),
            b"zstd" => Some(ContentCoding::Zstd),
            _ => None,
        }
    }

    /// The memory that decoding it takes, in bytes.
    pub fn memory_bytes(self) -> u64 {
        let window = match self {
            ContentCoding::Gzip | ContentCoding::Deflate => 1 << DEFLATE_WINDOW_BITS,
            // Its largest window, and half as much again while one is made larger.
            ContentCoding::Brotli => 24 << 20,
            ContentCoding::Zstd => 1 << ZSTD_WINDOW_BITS,
        };
        window + DECODED_AT_ONCE_BYTES as u64
    }
}

/// An answer being decoded.
pub struct Decoder {
    coding: ContentCoding,
    codec: Codec,
    /// True once the member or frame that was begun has ended.
    ended: bool,
    /// True if the last step filled its room, so that more may come of what was read.
    full: bool,
    read_bytes: u64,
    given_bytes: u64,
    /// Room for what one step gives.
    room: Box<[u8]>,
}

enum Codec {
    Zlib(Decompress),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Zstd(Box<Zstd<'static>>),
}

/// The result of one step.
struct Step {
    read: usize,
    given: usize,
    ended: bool,
}

impl Decoder {
    /// Starts on an answer.
    pub fn new(coding: ContentCoding) -> Result<Decoder, Unreadable> {
        let codec = Codec::new(coding)?;
        Ok(Decoder {
            coding,
            codec,
            ended: false,
            full: false,
            read_bytes: 0,
            given_bytes: 0,
            room: vec![0; DECODED_AT_ONCE_BYTES].into(),
        })
    }

    /// Decodes some of `input` and appends what comes of it, at most [`DECODED_AT_ONCE_BYTES`].
    /// Says how much was read; as long as it [`owes`](Decoder::owes) something, it can be called
    /// without input.
    ///
    /// # Errors
    /// When it is not coded so, or expands too far.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Unreadable> {
        if input.is_empty() && !self.full {
            return Ok(0);
        }
        if self.ended {
            self.begin_another()?;
        }
        let Step { read, given, ended } = self.codec.step(input, &mut self.room)?;
        out.extend_from_slice(&self.room[..given]);
        if read == 0 && given == 0 && !ended && !self.full {
            return Err(Unreadable::ContentCoding);
        }
        self.ended = ended;
        self.full = given == DECODED_AT_ONCE_BYTES && !ended;
        self.read_bytes += read as u64;
        self.given_bytes += given as u64;
        if self.given_bytes > FREE_BYTES + MAX_EXPANSION_TIMES * self.read_bytes {
            return Err(Unreadable::Expansion);
        }
        if self.read_bytes > FREE_BYTES + MAX_SHRINKAGE_TIMES * self.given_bytes {
            return Err(Unreadable::ContentCoding);
        }
        Ok(read)
    }

    /// Tells whether more may come of what was read already.
    pub fn owes(&self) -> bool {
        self.full
    }

    /// Takes the end.
    ///
    /// # Errors
    /// When something was begun and has not ended.
    pub fn finish(&self) -> Result<(), Unreadable> {
        if self.ended { Ok(()) } else { Err(Unreadable::Truncated) }
    }

    /// Members of gzip (RFC 1952) and frames of zstd (RFC 8878) can follow one another.
    fn begin_another(&mut self) -> Result<(), Unreadable> {
        match self.coding {
            ContentCoding::Gzip | ContentCoding::Zstd => self.codec.restart()?,
            ContentCoding::Deflate | ContentCoding::Brotli => {
                return Err(Unreadable::ContentCoding);
            }
        }
        self.ended = false;
        Ok(())
    }
}

impl Codec {
    fn new(coding: ContentCoding) -> Result<Codec, Unreadable> {
        Ok(match coding {
            ContentCoding::Gzip => Codec::Zlib(Decompress::new_gzip(DEFLATE_WINDOW_BITS)),
            ContentCoding::Deflate => Codec::Zlib(Decompress::new(true)),
            ContentCoding::Brotli => {
                let alloc = StandardAlloc::default;
                Codec::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
            }
            ContentCoding::Zstd => {
                let bad = |_| Unreadable::ContentCoding;
                let mut zstd = Zstd::new().map_err(bad)?;
                zstd.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_BITS)).map_err(bad)?;
                Codec::Zstd(Box::new(zstd))
            }
        })
    }

    /// Begins anew, with another member or frame.
    fn restart(&mut self) -> Result<(), Unreadable> {
        match self {
            Codec::Zlib(zlib) => *zlib = Decompress::new_gzip(DEFLATE_WINDOW_BITS),
            Codec::Zstd(zstd) => zstd.reinit().map_err(|_| Unreadable::ContentCoding)?,
            Codec::Brotli(_) => return Err(Unreadable::ContentCoding),
        }
        Ok(())
    }

    fn step(&mut self, input: &[u8], room: &mut [u8]) -> Result<Step, Unreadable> {
        match self {
            Codec::Zlib(zlib) => {
                let (read, given) = (zlib.total_in(), zlib.total_out());
                let status = zlib.decompress(input, room, FlushDecompress::None);
                let status = status.map_err(|_| Unreadable::ContentCoding)?;
                Ok(Step {
                    read: (zlib.total_in() - read) as usize,
                    given: (zlib.total_out() - given) as usize,
                    ended: status == Status::StreamEnd,
                })
            }
            Codec::Brotli(state) => {
                let (mut read, mut given) = (0, 0);
                let result = BrotliDecompressStream(
                    &mut input.len(),
                    &mut read,
                    input,
                    &mut room.len(),
                    &mut given,
                    room,
                    &mut 0,
                    state,
                );
                match result {
                    BrotliResult::ResultFailure => Err(Unreadable::ContentCoding),
                    result => {
                        let ended = matches!(result, BrotliResult::ResultSuccess);
                        Ok(Step { read, given, ended })
                    }
                }
            }
            Codec::Zstd(zstd) => {
                let status = zstd.run_on_buffers(input, room);
                let status = status.map_err(|_| Unreadable::ContentCoding)?;
                Ok(Step {
                    read: status.bytes_read,
                    given: status.bytes_written,
                    ended: status.remaining == 0,
                })
            }
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({:?})", self.coding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 3).unwrap()
    }

    /// A brotli stream of one uncompressed meta-block a 64 KiB (RFC 7932, 9.2).
    fn brotli(text: &[u8]) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let put = |value: u64, count: u32, bits: &mut Vec<bool>| {
            bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
        };
        // WBITS of 16.
        put(0, 1, &mut bits);
        for block in text.chunks(1 << 16) {
            // Not the last; four nibbles of the length less one; uncompressed.
            put(0, 1, &mut bits);
            put(0, 2, &mut bits);
            put(block.len() as u64 - 1, 16, &mut bits);
            put(1, 1, &mut bits);
            bits.resize(bits.len().next_multiple_of(8), false);
            block.iter().for_each(|byte| put(u64::from(*byte), 8, &mut bits));
        }
        // The last, and empty.
        put(3, 2, &mut bits);
        bits.resize(bits.len().next_multiple_of(8), false);
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |byte, (ix, bit)| byte | u8::from(*bit) << ix)
        };
        bits.chunks(8).map(byte).collect()
    }

    fn decoded(coding: ContentCoding, coded: &[u8], step: usize) -> Result<Vec<u8>, Unreadable> {
        let (mut decoder, mut out) = (Decoder::new(coding)?, Vec::new());
        for mut piece in coded.chunks(step) {
            while !piece.is_empty() {
                piece = &piece[decoder.decode(piece, &mut out)?..];
            }
        }
        while decoder.owes() {
            decoder.decode(&[], &mut out)?;
        }
        decoder.finish().map(|()| out)
    }

    /// A text that does not compress to nothing.
    fn text(length: usize) -> Vec<u8> {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (seed >> 24) as u8 % 16
        };
        (0..length).map(|_| next()).collect()
    }

    type Encode = fn(&[u8]) -> Vec<u8>;
    const ALL: [(ContentCoding, Encode); 4] = [
        (ContentCoding::Gzip, gzip),
        (ContentCoding::Deflate, deflate),
        (ContentCoding::Brotli, brotli),
        (ContentCoding::Zstd, zstd),
    ];

    #[test]
    fn what_is_coded_is_decoded_wherever_it_is_cut() {
        for length in [0, 1, 1000, DECODED_AT_ONCE_BYTES, 3 * DECODED_AT_ONCE_BYTES + 17] {
            let text = text(length);
            for (coding, encode) in ALL {
                let coded = encode(&text);
                // Byte by byte is slow, and tells nothing more of a long one.
                let steps = [1, 100, 16 * 1024, usize::MAX];
                for step in steps.into_iter().filter(|step| *step > 1 || length <= 1000) {
                    let out = decoded(coding, &coded, step);
                    assert_eq!(out.as_deref(), Ok(&*text), "{coding:?} {length} {step}");
                }
            }
        }
    }

    #[test]
    fn members_and_frames_follow_one_another() {
        for (coding, encode) in ALL {
            let two = [encode(b"{\"a\":"), encode(b"1}")].concat();
            let expected = match coding {
                ContentCoding::Gzip | ContentCoding::Zstd => Ok(b"{\"a\":1}".to_vec()),
                ContentCoding::Deflate | ContentCoding::Brotli => Err(Unreadable::ContentCoding),
            };
            for step in [1, 1000] {
                assert_eq!(decoded(coding, &two, step), expected, "{coding:?}");
            }
        }
    }

    #[test]
    fn what_is_damaged_or_cut_is_an_error() {
        let text = text(5_000);
        for (coding, encode) in ALL {
            let coded = encode(&text);
            for length in [0, 1, coded.len() / 2, coded.len() - 1] {
                assert!(decoded(coding, &coded[..length], 64).is_err(), "{coding:?} {length}");
            }
            let trailing = [&coded[..], b"x"].concat();
            assert!(decoded(coding, &trailing, 64).is_err(), "{coding:?}");
            assert!(decoded(coding, b"{\"name\":1}", 64).is_err(), "{coding:?}");
            if coding != ContentCoding::Brotli {
                let mut damaged = coded.clone();
                damaged[coded.len() / 2] ^= 0x55;
                assert_ne!(decoded(coding, &damaged, 64).as_ref(), Ok(&text), "{coding:?}");
            }
        }
    }

    #[test]
    fn expansion_has_a_bound() {
        let bomb = vec![b' '; 4 << 20];
        for (coding, encode) in [(ContentCoding::Gzip, gzip as Encode), (ContentCoding::Zstd, zstd)]
        {
            assert_eq!(decoded(coding, &encode(&bomb), 4096), Err(Unreadable::Expansion));
            let honest = &bomb[..FREE_BYTES as usize];
            assert!(decoded(coding, &encode(honest), 4096).is_ok(), "{coding:?}");
        }
    }

    #[test]
    fn what_gives_nothing_has_a_bound() {
        for (coding, encode) in [(ContentCoding::Gzip, gzip as Encode), (ContentCoding::Zstd, zstd)]
        {
            let empty = encode(b"");
            let few = empty.repeat(100);
            assert_eq!(decoded(coding, &few, 64), Ok(Vec::new()), "{coding:?}");
            let many = empty.repeat(2 * FREE_BYTES as usize / empty.len());
            assert_eq!(decoded(coding, &many, 4096), Err(Unreadable::ContentCoding), "{coding:?}");
        }
    }

    #[test]
    fn brotli_has_no_large_windows() {
        // RFC 7932, 9.1: 0x11 announces the large windows that are no part of it.
        let large = [0x11, 0x1e, 0x03];
        assert_eq!(decoded(ContentCoding::Brotli, &large, 64), Err(Unreadable::ContentCoding));
    }

    #[test]
    fn windows_have_a_bound() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(ZSTD_WINDOW_BITS + 1).unwrap();
        encoder.write_all(&text(100_000)).unwrap();
        let coded = encoder.finish().unwrap();
        assert_eq!(decoded(ContentCoding::Zstd, &coded, 4096), Err(Unreadable::ContentCoding));
    }
}
