//! Pending bytes, which may still be written or dropped: from a comma or bracket on, until it is
//! known whether the member or element behind it is kept.

/// Bytes that were read and are neither written nor dropped: first those held from earlier pieces,
/// then the run in this piece. If any are held, the cut is at the beginning of the run.
#[derive(Debug, Default)]
pub(super) struct Pending {
    held: Vec<u8>,
    /// The place in this piece at which the bytes begin that are not written yet.
    pub(super) run: usize,
    /// The place in this piece at which the run ends if the item that has begun is dropped.
    pub(super) cut: usize,
    /// True within an object or array that leaves no trace.
    pub(super) muted: bool,
}

impl Pending {
    /// Keeps the item that has begun: the bytes held for it are written.
    #[inline]
    pub(super) fn keep(&mut self, out: &mut Vec<u8>) {
        if self.held.is_empty() {
            return;
        }
        if !self.muted {
            out.extend_from_slice(&self.held);
        }
        self.held.clear();
    }

    /// Drops the item that has begun, with the bytes held for it.
    #[inline]
    pub(super) fn drop_item(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.held.clear();
        if !self.muted && self.run < self.cut {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
    }

    /// Writes everything up to a place. The caller replaces the bytes behind it.
    #[inline]
    pub(super) fn write_up_to(&mut self, at: usize, text: &[u8], out: &mut Vec<u8>) {
        self.keep(out);
        if !self.muted {
            out.extend_from_slice(&text[self.run..at]);
        }
        self.run = at;
    }

    /// Begins a run here, with the cut at the same place.
    #[inline]
    pub(super) fn restart(&mut self, at: usize) {
        self.held.clear();
        self.run = at;
        self.cut = at;
    }

    /// Holds the bytes that may still be dropped, at the end of a piece.
    pub(super) fn hold(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if !self.muted {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
        self.held.extend_from_slice(&text[self.cut..]);
        (self.run, self.cut) = (0, 0);
    }

    /// Holds the bytes before an item that may still be dropped, while the item itself is held
    /// elsewhere.
    pub(super) fn hold_up_to(&mut self, at: usize, text: &[u8], out: &mut Vec<u8>) {
        if !self.muted && self.run < self.cut {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
        self.held.extend_from_slice(&text[self.cut..at]);
        (self.run, self.cut) = (at, at);
    }

    /// Begins a piece within an item that is held elsewhere.
    pub(super) fn restart_behind_held(&mut self) {
        (self.run, self.cut) = (0, 0);
    }

    /// Holds the whole run, within a piece, so that it is contiguous with the bytes held before.
    pub(super) fn join(&mut self, at: usize, text: &[u8]) {
        self.held.extend_from_slice(&text[self.run..at]);
        (self.run, self.cut) = (at, at);
    }

    /// The bytes that are held.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }
}
