//! Bytes whose fate is not known yet: from a comma or bracket on, until it is known whether the
//! member or element behind it is kept.

/// Bytes that were read and are neither written nor dropped: first what is held from earlier pieces, then
/// the run in this piece. If anything is held, the cut is where the run begins.
#[derive(Debug, Default)]
pub(super) struct Pending {
    held: Vec<u8>,
    /// The place in this piece where the bytes begin that were not written yet.
    pub(super) run: usize,
    /// The place in this piece where the run ends if the item that has begun goes.
    pub(super) cut: usize,
    /// Within an object or array that leaves no trace.
    pub(super) muted: bool,
}

impl Pending {
    /// The item that has begun is kept: what was held back for it is written.
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

    /// The item that has begun goes: what was held back for it is dropped.
    #[inline]
    pub(super) fn drop_item(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.held.clear();
        if !self.muted && self.run < self.cut {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
    }

    /// All up to here is written; what follows is for the caller to replace.
    #[inline]
    pub(super) fn write_up_to(&mut self, at: usize, text: &[u8], out: &mut Vec<u8>) {
        self.keep(out);
        if !self.muted {
            out.extend_from_slice(&text[self.run..at]);
        }
        self.run = at;
    }

    /// The run begins here, and so would a cut.
    #[inline]
    pub(super) fn restart(&mut self, at: usize) {
        self.held.clear();
        self.run = at;
        self.cut = at;
    }

    /// At the end of a piece: what may still go is held.
    pub(super) fn hold(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if !self.muted {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
        self.held.extend_from_slice(&text[self.cut..]);
        (self.run, self.cut) = (0, 0);
    }

    /// The item that begins here is held elsewhere: what stands before it and may still go is held
    /// here until that is known.
    pub(super) fn hold_up_to(&mut self, at: usize, text: &[u8], out: &mut Vec<u8>) {
        if !self.muted && self.run < self.cut {
            out.extend_from_slice(&text[self.run..self.cut]);
        }
        self.held.extend_from_slice(&text[self.cut..at]);
        (self.run, self.cut) = (at, at);
    }

    /// The next piece begins within an item that is held elsewhere.
    pub(super) fn restart_behind_held(&mut self) {
        (self.run, self.cut) = (0, 0);
    }

    /// Within a piece: all of the run is held, so that it stands in one place with what was held
    /// before.
    pub(super) fn join(&mut self, at: usize, text: &[u8]) {
        self.held.extend_from_slice(&text[self.run..at]);
        (self.run, self.cut) = (at, at);
    }

    /// The bytes that are held.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }
}
