//! The bitmaps of the structural index for any processor: eight bytes at a time in one word.

use super::Events;
use super::bits::{self, BLOCK, Bits, Carry, Classify};

/// Indexes a window.
pub(super) fn index(
    carry: &mut Carry,
    window: &[u8],
    base: u32,
    events: &mut Events,
) -> Option<isize> {
    bits::index(Words, carry, window, base, events)
}

#[derive(Clone, Copy)]
struct Words;

const ONES: u64 = u64::MAX / 255;
const TOPS: u64 = ONES << 7;

impl Classify for Words {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Bits {
        let mut bits =
            Bits { quotes: 0, backslashes: 0, controls: 0, operators: 0, spaces: 0, high: 0 };
        for (ix, bytes) in block.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*bytes);
            let shift = 8 * ix;
            bits.quotes |= gather(equal(word, b'"')) << shift;
            bits.backslashes |= gather(equal(word, b'\\')) << shift;
            // A byte is below 0x20 if its upper three bits are clear.
            bits.controls |= gather(zero(word & (ONES * 0xe0))) << shift;
            // The bit 0x20 tells square brackets from braces.
            let folded = word | (ONES * 0x20);
            let brackets = equal(folded, b'{') | equal(folded, b'}');
            bits.operators |= gather(brackets | equal(word, b':') | equal(word, b',')) << shift;
            let breaks = equal(word, b'\n') | equal(word, b'\r');
            bits.spaces |= gather(breaks | equal(word, b' ') | equal(word, b'\t')) << shift;
            bits.high |= gather(word & TOPS) << shift;
        }
        bits
    }

    #[inline(always)]
    fn parity(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

/// The top bit of each byte that equals `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    zero(word ^ (ONES * u64::from(byte)))
}

/// The top bit of each byte that is zero. It is exact, as no sum carries into the next byte.
#[inline(always)]
fn zero(word: u64) -> u64 {
    !(((word & !TOPS) + !TOPS) | word) & TOPS
}

/// Gathers the top bits of eight bytes as eight bits: the product moves each top bit to a place of
/// its own in the uppermost byte.
#[inline(always)]
fn gather(tops: u64) -> u64 {
    (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
