//! Memory for answers: each has a bound of its own, and all together have one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Answers up to this size are not counted: the number of connections bounds them.
const UNCOUNTED_BYTES: u64 = 16 * 1024;

/// Memory is reserved in steps of this size.
const STEP_BYTES: u64 = 64 * 1024;

/// The memory that all answers on their way may take together.
#[derive(Debug)]
pub struct Buffers {
    used_bytes: AtomicU64,
    most_bytes: u64,
}

/// One answer's part of it, given back when dropped.
#[derive(Debug)]
pub struct MemoryReservation {
    buffers: Arc<Buffers>,
    bytes: u64,
}

/// All of it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryExhausted;

impl Buffers {
    /// Bytes for all answers together.
    pub fn new(most_bytes: u64) -> Buffers {
        Buffers { used_bytes: AtomicU64::new(0), most_bytes }
    }

    /// An answer that holds nothing yet.
    pub fn hold(self: &Arc<Buffers>) -> MemoryReservation {
        MemoryReservation { buffers: self.clone(), bytes: 0 }
    }

    /// Bytes in use.
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }
}

impl MemoryReservation {
    /// Sees to it that so many bytes may be held.
    ///
    /// # Errors
    /// When other answers hold too much; what was held before still is.
    pub fn grow_to(&mut self, bytes: u64) -> Result<(), MemoryExhausted> {
        if bytes <= self.bytes.max(UNCOUNTED_BYTES) {
            return Ok(());
        }
        let wanted = bytes.next_multiple_of(STEP_BYTES);
        let more = wanted - self.bytes;
        let Buffers { used_bytes, most_bytes } = &*self.buffers;
        let before = used_bytes.fetch_add(more, Ordering::Relaxed);
        if before + more > *most_bytes {
            used_bytes.fetch_sub(more, Ordering::Relaxed);
            return Err(MemoryExhausted);
        }
        self.bytes = wanted;
        Ok(())
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.buffers.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_together_have_a_bound_and_give_back_what_they_held() {
        let buffers = Arc::new(Buffers::new(4 * STEP_BYTES));
        let (mut one, mut other) = (buffers.hold(), buffers.hold());
        assert_eq!(one.grow_to(UNCOUNTED_BYTES), Ok(()));
        assert_eq!(buffers.used_bytes(), 0);
        assert_eq!(one.grow_to(2 * STEP_BYTES + 1), Ok(()));
        assert_eq!(other.grow_to(STEP_BYTES), Ok(()));
        assert_eq!(buffers.used_bytes(), 4 * STEP_BYTES);
        assert_eq!(other.grow_to(STEP_BYTES + 1), Err(MemoryExhausted));
        assert_eq!(buffers.used_bytes(), 4 * STEP_BYTES);
        drop(one);
        assert_eq!(other.grow_to(STEP_BYTES + 1), Ok(()));
        drop(other);
        assert_eq!(buffers.used_bytes(), 0);
    }
}
