//! The bitmaps of the structural index with AVX2, 32 bytes an instruction.
//!
//! This is the one file with `unsafe`, for two things only. Loads take a reference to an array of
//! just the bytes they read, so the pointer is valid and needs no alignment. Functions compiled for
//! AVX2 are called only with a [`Found`], which exists only if the processor was found to have the
//! features that they are compiled for.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::Events;
use super::bits::{self, BLOCK, Bits, Carry, Classify};
use super::utf8::Utf8;

/// Evidence that this processor has AVX2, carry-less multiplication and the first set of bit
/// instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redaction) struct Found(());

impl Found {
    pub(super) fn look() -> Option<Found> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("pclmulqdq")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Found(()))
    }
}

/// Indexes a window.
pub(super) fn index(
    found: Found,
    carry: &mut Carry,
    window: &[u8],
    base: u32,
    events: &mut Events,
) -> Option<isize> {
    // SAFETY: `found` says that the processor has these features.
    unsafe { index_here(found, carry, window, base, events) }
}

/// Checks the next window. Gives the beginning of the first invalid character.
pub(super) fn utf8(found: Found, utf8: &mut Utf8, window: &[u8]) -> Option<isize> {
    let Found(()) = found;
    // SAFETY: `found` says that the processor has these features.
    let good = unsafe { is_utf8(utf8.tail(), window) };
    // The check judges pairs of bytes. These bytes are wrong by themselves, but as the window's
    // last they are not part of a pair yet.
    let no_lead = matches!(window.last(), Some(0xc0 | 0xc1 | 0xf5..));
    let fault = if good && !no_lead { None } else { utf8.locate(window) };
    utf8.advance(window);
    fault
}

#[target_feature(enable = "avx2,pclmulqdq,bmi1,popcnt")]
fn index_here(
    found: Found,
    carry: &mut Carry,
    window: &[u8],
    base: u32,
    events: &mut Events,
) -> Option<isize> {
    bits::index(found, carry, window, base, events)
}

impl Classify for Found {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Bits {
        // SAFETY: `self` says that the processor has these features.
        unsafe { classify(block) }
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: `self` says that the processor has these features.
        unsafe { parity(bits) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference is good for reading 32 bytes, and this load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let (halves, _) = block.as_chunks::<32>();
    [load(&halves[0]), load(&halves[1])]
}

/// The top bits of all bytes, one bit a byte.
#[inline]
#[target_feature(enable = "avx2")]
fn tops(halves: [__m256i; 2]) -> u64 {
    let [low, high] = halves.map(|half| u64::from(_mm256_movemask_epi8(half) as u32));
    low | high << 32
}

#[inline]
#[target_feature(enable = "avx2")]
fn classify(block: &[u8; BLOCK]) -> Bits {
    let halves = halves(block);
    let equal = |byte: u8| {
        let byte = _mm256_set1_epi8(byte as i8);
        tops(halves.map(|half| _mm256_cmpeq_epi8(half, byte)))
    };
    // A byte's lower four bits choose an entry of the table, and the byte is an operator if it
    // equals that entry. Bytes from 0x80 get zero.
    const NO: u8 = 0xff;
    let spaces = table([b' ', NO, NO, NO, NO, NO, NO, NO, NO, b'\t', b'\n', NO, NO, b'\r', NO, NO]);
    // The bit 0x20 tells square brackets from braces, and is ignored. So U+000C and U+001A look
    // like a comma and a colon; they are removed as control characters.
    let operators = table([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0]);
    let fold = _mm256_set1_epi8(0x20);
    let last_control = _mm256_set1_epi8(0x1f);
    let controls =
        tops(halves.map(|half| _mm256_cmpeq_epi8(_mm256_min_epu8(half, last_control), half)));
    let operators = tops(halves.map(|half| {
        _mm256_cmpeq_epi8(_mm256_or_si256(half, fold), _mm256_shuffle_epi8(operators, half))
    }));
    Bits {
        quotes: equal(b'"'),
        backslashes: equal(b'\\'),
        controls,
        operators: operators & !controls,
        spaces: tops(halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_shuffle_epi8(spaces, half)))),
        high: tops(halves),
    }
}

/// A carry-less product with all ones gives, for each bit, the parity of all bits up to it.
#[inline]
#[target_feature(enable = "pclmulqdq")]
fn parity(bits: u64) -> u64 {
    let product = _mm_clmulepi64_si128(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1), 0);
    _mm_cvtsi128_si64(product) as u64
}

#[inline]
#[target_feature(enable = "avx2")]
fn table(of: [u8; 16]) -> __m256i {
    let [low, high] = [0, 8].map(|at: usize| {
        let mut half = [0; 8];
        half.copy_from_slice(&of[at..at + 8]);
        i64::from_le_bytes(half)
    });
    _mm256_set_epi64x(high, low, high, low)
}

/// Errors of two bytes in a row. Each error has a bit, which survives only if both halves of the
/// first byte and the upper half of the second allow it. The method is that of Keiser and Lemire,
/// “Validating UTF-8 in less than one instruction per byte” (2020).
mod wrong {
    /// A lead byte without a continuation.
    pub(super) const SHORT: u8 = 1;
    /// A continuation behind ASCII.
    pub(super) const LONG: u8 = 1 << 1;
    /// Three bytes for a character that fits two.
    pub(super) const OVERLONG_3: u8 = 1 << 2;
    /// Beyond U+10FFFF, second byte 0x90 and up.
    pub(super) const LARGE: u8 = 1 << 3;
    /// U+D800 to U+DFFF.
    pub(super) const SURROGATE: u8 = 1 << 4;
    /// Two bytes for a character that fits one.
    pub(super) const OVERLONG_2: u8 = 1 << 5;
    /// Four bytes for a character that fits three; or a lead beyond 0xf4 with a second byte of 0x8.
    pub(super) const OVERLONG_4: u8 = 1 << 6;
    /// Two continuations, which is wrong unless a longer character began before.
    pub(super) const TWO: u8 = 1 << 7;
    /// Errors that do not depend on the lower half of the first byte.
    pub(super) const ANY: u8 = SHORT | LONG | TWO;
}

/// A table in which each value fills the places from its index up to the next value's.
const fn steps<const N: usize>(values: [(usize, u8); N]) -> [u8; 16] {
    let mut table = [0; 16];
    let mut value = 0;
    while value < N {
        let mut at = values[value].0;
        while at < 16 {
            table[at] = values[value].1;
            at += 1;
        }
        value += 1;
    }
    table
}

#[inline]
#[target_feature(enable = "avx2")]
fn wrong_pairs(first: __m256i, second: __m256i) -> __m256i {
    use wrong::*;
    const FIRST_HIGH: [u8; 16] = steps([
        (0x0, LONG),
        (0x8, TWO),
        (0xc, SHORT | OVERLONG_2),
        (0xd, SHORT),
        (0xe, SHORT | OVERLONG_3 | SURROGATE),
        (0xf, SHORT | LARGE | OVERLONG_4),
    ]);
    const FIRST_LOW: [u8; 16] = steps([
        (0x0, ANY | OVERLONG_2 | OVERLONG_3 | OVERLONG_4),
        (0x1, ANY | OVERLONG_2),
        (0x2, ANY),
        (0x4, ANY | LARGE),
        (0x5, ANY | LARGE | OVERLONG_4),
        (0xd, ANY | LARGE | OVERLONG_4 | SURROGATE),
        (0xe, ANY | LARGE | OVERLONG_4),
    ]);
    const SECOND_HIGH: [u8; 16] = steps([
        (0x0, SHORT),
        (0x8, LONG | TWO | OVERLONG_2 | OVERLONG_3 | OVERLONG_4),
        (0x9, LONG | TWO | OVERLONG_2 | OVERLONG_3 | LARGE),
        (0xa, LONG | TWO | OVERLONG_2 | SURROGATE | LARGE),
        (0xc, SHORT),
    ]);
    let nibble = _mm256_set1_epi8(0x0f);
    let high = |bytes| _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    let by_first = _mm256_and_si256(
        _mm256_shuffle_epi8(table(FIRST_HIGH), high(first)),
        _mm256_shuffle_epi8(table(FIRST_LOW), _mm256_and_si256(first, nibble)),
    );
    _mm256_and_si256(by_first, _mm256_shuffle_epi8(table(SECOND_HIGH), high(second)))
}

/// The errors in a vector, given the vector before. A byte is not zero where an error is.
#[inline]
#[target_feature(enable = "avx2")]
fn wrong_in(before: __m256i, here: __m256i) -> __m256i {
    let across = _mm256_permute2x128_si256(before, here, 0x21);
    let one_back = _mm256_alignr_epi8(here, across, 15);
    let two_back = _mm256_alignr_epi8(here, across, 14);
    let three_back = _mm256_alignr_epi8(here, across, 13);
    // The top bit is set two behind a lead of three bytes, and three behind a lead of four: there,
    // and only there, must be two continuations in a row.
    let third = _mm256_subs_epu8(two_back, _mm256_set1_epi8(0xe0u8.wrapping_sub(0x80) as i8));
    let fourth = _mm256_subs_epu8(three_back, _mm256_set1_epi8(0xf0u8.wrapping_sub(0x80) as i8));
    let top = _mm256_set1_epi8(0x80u8 as i8);
    let must_continue = _mm256_and_si256(_mm256_or_si256(third, fourth), top);
    _mm256_xor_si256(must_continue, wrong_pairs(one_back, here))
}

/// Tells whether a window is UTF-8, given the bytes before it; its last character may be
/// unfinished.
#[target_feature(enable = "avx2")]
fn is_utf8(tail: [u8; 3], window: &[u8]) -> bool {
    let mut head = [0; 32];
    head[29..].copy_from_slice(&tail);
    let mut before = load(&head);
    let mut wrong = _mm256_setzero_si256();
    let (blocks, rest) = window.as_chunks::<BLOCK>();
    for block in blocks {
        let [low, high] = halves(block);
        wrong = _mm256_or_si256(wrong, wrong_in(before, low));
        wrong = _mm256_or_si256(wrong, wrong_in(low, high));
        before = high;
    }
    let mut good = _mm256_testz_si256(wrong, wrong) == 1;
    for part in rest.chunks(32) {
        let mut last = [0; 32];
        last[..part.len()].copy_from_slice(part);
        let here = load(&last);
        // Zeros fill up the last vector. They would be wrong behind a lead, so they do not count.
        let fine = _mm256_cmpeq_epi8(wrong_in(before, here), _mm256_setzero_si256());
        let wrong = !(_mm256_movemask_epi8(fine) as u32);
        let counted = u32::MAX >> (32 - part.len());
        good &= wrong & counted == 0;
        before = here;
    }
    good
}
