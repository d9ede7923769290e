//! Turns the bitmaps of a block into its events.

use super::Events;
use super::escape::Escape;

/// Bytes in a block: one bit of a word each.
pub(super) const BLOCK: usize = 64;

/// Bitmaps of a block: the bytes of each class.
#[derive(Clone, Copy)]
pub(super) struct Bits {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    /// Control characters below U+0020.
    pub(super) controls: u64,
    /// Brackets, commas, colons.
    pub(super) operators: u64,
    pub(super) spaces: u64,
    /// Bytes that are not ASCII.
    pub(super) high: u64,
}

/// The operations that differ between processors.
pub(super) trait Classify: Copy {
    fn classify(self, block: &[u8; BLOCK]) -> Bits;

    /// Replaces each bit by the parity of it and all lower bits.
    fn parity(self, bits: u64) -> u64;
}

/// The state that is carried from one block to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    /// All ones if the block begins within a string.
    in_string: u64,
    /// One if the last byte was of a scalar.
    in_scalar: u64,
    escape: Escape,
}

/// A window, and the list of its events.
struct Target<'a> {
    window: &'a [u8],
    /// Added to positions in the window.
    base: u32,
    events: &'a mut Events,
}

/// Indexes a window; gives the first fault, if there is one.
#[inline(always)]
pub(super) fn index<C: Classify>(
    by: C,
    carry: &mut Carry,
    window: &[u8],
    base: u32,
    events: &mut Events,
) -> Option<isize> {
    let mut escaped = carry.escape.is_pending_slash().into();
    events.escapes = carry.escape.is_pending();
    if let Err(at) = carry.escape.resume(window) {
        return Some(at as isize);
    }
    let mut target = Target { window, base, events };
    let (blocks, rest) = window.as_chunks::<BLOCK>();
    let mut at = 0;
    for block in blocks {
        let bits = by.classify(block);
        let fault = carry.step(by, bits, &mut target, at, BLOCK, &mut escaped);
        if fault.is_some() {
            return fault;
        }
        at += BLOCK;
    }
    if rest.is_empty() {
        return None;
    }
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    carry.step(by, by.classify(&last), &mut target, at, rest.len(), &mut escaped)
}

impl Carry {
    /// Indexes a block. The first `len` bytes count; the rest is filled with spaces.
    #[inline(always)]
    fn step<C: Classify>(
        &mut self,
        by: C,
        bits: Bits,
        target: &mut Target<'_>,
        at: usize,
        len: usize,
        escaped: &mut u64,
    ) -> Option<isize> {
        let mut quotes = bits.quotes;
        let mut fault = None;
        if bits.backslashes | *escaped != 0 {
            let found = self.escapes(bits.backslashes, target.window, at, escaped);
            quotes &= !found.escaped;
            target.events.escapes = true;
            fault = found.fault;
        }
        let string = by.parity(quotes) ^ self.in_string;
        let wrong = (bits.controls & string) | (bits.high & !string);
        if wrong != 0 {
            let wrong = at + wrong.trailing_zeros() as usize;
            fault = Some(fault.map_or(wrong, |fault: usize| fault.min(wrong)));
        }
        let scalar = !(string | quotes | bits.operators | bits.spaces);
        let starts = scalar & !(scalar << 1 | self.in_scalar);
        let events = (bits.operators & !string) | quotes | starts;
        target.events.flatten(events, target.base + at as u32);
        self.in_string = ((string as i64) >> 63) as u64;
        self.in_scalar = scalar >> (len - 1) & 1;
        fault.map(|fault| fault as isize)
    }

    /// The bytes of a block that stand behind an active backslash. Few texts have many, so a loop
    /// over them is fast enough.
    #[inline(never)]
    fn escapes(&mut self, slashes: u64, window: &[u8], at: usize, carried: &mut u64) -> Escapes {
        let mut escaped = *carried;
        let mut active = slashes & !escaped;
        let mut fault = None;
        *carried = 0;
        while active != 0 && fault.is_none() {
            let slash = active.trailing_zeros();
            *carried = u64::from(slash == 63);
            escaped |= 2u64 << slash;
            active &= !(3u64 << slash);
            fault = self.escape.begin(window, at + slash as usize + 1).err();
        }
        Escapes { escaped, fault }
    }
}

struct Escapes {
    escaped: u64,
    fault: Option<usize>,
}

impl Events {
    /// Appends the positions of the set bits. Eight positions are always written, also if fewer
    /// bits are set: that costs less than a mispredicted branch.
    #[inline(always)]
    fn flatten(&mut self, mut bits: u64, base: u32) {
        let count = bits.count_ones() as usize;
        let Some(room) = self.positions[self.len..].first_chunk_mut::<BLOCK>() else {
            debug_assert!(false, "there is a block of room");
            return;
        };
        let mut next = || {
            let at = base.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
            at
        };
        for slot in &mut room[..8] {
            *slot = next();
        }
        if count > 8 {
            for slot in &mut room[8..16] {
                *slot = next();
            }
        }
        if count > 16 {
            for slot in &mut room[16..count] {
                *slot = next();
            }
        }
        self.len += count;
    }
}
