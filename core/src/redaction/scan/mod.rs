//! The structural index: the positions, outside of strings, of brackets, commas, colons and first
//! bytes of scalars, and of the beginnings and ends of strings. It is made for 64 bytes at a time,
//! with AVX2 if the processor has it. State carries over from one window to the next, so that
//! windows can be of any size.
//!
//! Everything that can be judged without the grammar is judged here: UTF-8, escapes, and control
//! characters in strings.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`bits`] | the meaning of a block's bitmaps, and the walk from block to block |
//! | [`portable`] | the bitmaps on any processor |
//! | `avx2` | the bitmaps on processors with AVX2; the one place with `unsafe` |
//! | [`utf8`] | validates UTF-8 |
//! | [`escape`] | validates escapes |

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bits;
mod escape;
mod portable;
#[cfg(test)]
mod tests;
mod utf8;

use self::bits::Carry;
use self::utf8::Utf8;

/// Most bytes that one call of [`Scanner::index`] should get: their index then stays in the nearest
/// cache.
pub(super) const WINDOW_BYTES: usize = 16 * 1024;

/// A fault that does not depend on the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanFault {
    /// The position, from the window's start; negative if the character began in an earlier window.
    pub(super) at: isize,
    /// True if the encoding is wrong, and not the JSON.
    pub(super) encoding: bool,
}

/// The events of one window: positions of structural bytes.
#[derive(Debug, Default)]
pub(super) struct Events {
    positions: Vec<u32>,
    len: usize,
    /// True if the window has an escape.
    pub(super) escapes: bool,
}

/// Makes the index of a text that comes in windows.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    kernel: Kernel,
    carry: Carry,
    utf8: Utf8,
}

/// The instructions by which the bitmaps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Instructions of any processor.
    Portable,
    /// AVX2, which this processor was found to have.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Found),
}

impl Kernel {
    /// The fastest kernel for this processor.
    pub(super) fn best() -> Kernel {
        #[cfg(target_arch = "x86_64")]
        if let Some(found) = avx2::Found::look() {
            return Kernel::Avx2(found);
        }
        Kernel::Portable
    }
}

impl Scanner {
    pub(super) fn new(kernel: Kernel) -> Scanner {
        Scanner { kernel, carry: Carry::default(), utf8: Utf8::default() }
    }

    /// Begins with another text.
    pub(super) fn restart(&mut self) {
        *self = Scanner::new(self.kernel);
    }

    /// Indexes the next window. Positions in `events` count from the window's start plus `base`.
    /// After a fault they end before it, and the bytes behind it must not be read.
    pub(super) fn index(
        &mut self,
        window: &[u8],
        base: u32,
        events: &mut Events,
    ) -> Option<ScanFault> {
        events.clear_for(window.len());
        let carry = &mut self.carry;
        let (syntax, encoding) = match self.kernel {
            Kernel::Portable => {
                (portable::index(carry, window, base, events), self.utf8.portable(window))
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(found) => (
                avx2::index(found, carry, window, base, events),
                avx2::utf8(found, &mut self.utf8, window),
            ),
        };
        let fault = first(syntax, encoding)?;
        events.cut(base, fault.at);
        Some(fault)
    }
}

/// The first of two faults. Bytes that are not UTF-8 count as faults of the JSON outside of
/// strings, so that the result does not depend on where a window ends.
fn first(syntax: Option<isize>, encoding: Option<isize>) -> Option<ScanFault> {
    match (syntax, encoding) {
        (None, None) => None,
        (Some(at), None) => Some(ScanFault { at, encoding: false }),
        (None, Some(at)) => Some(ScanFault { at, encoding: true }),
        (Some(syntax), Some(encoding)) => {
            Some(ScanFault { at: syntax.min(encoding), encoding: encoding < syntax })
        }
    }
}

impl Events {
    /// The positions, in order.
    pub(super) fn positions(&self) -> &[u32] {
        &self.positions[..self.len]
    }

    /// Makes room for one event a byte, and for the block's worth that each block writes at once.
    fn clear_for(&mut self, bytes: usize) {
        self.len = 0;
        self.escapes = false;
        let room = bytes + 2 * bits::BLOCK;
        if self.positions.len() < room {
            self.positions.resize(room, 0);
        }
    }

    fn cut(&mut self, base: u32, fault: isize) {
        let end = base as isize + fault;
        while self.len > 0 && self.positions[self.len - 1] as isize >= end {
            self.len -= 1;
        }
    }
}
