//! The streaming redaction of JSON: a state machine that can pause behind any byte and resume.
//!
//! | file | what it holds |
//! |------|---------------|
//! | `walk` | the state machine: the meaning of each structural byte where it stands |
//! | `nest` | objects and arrays: their beginnings and ends |
//! | `value` | scalars: judging, masking, digesting, counting |
//! | `held` | the bytes of a record that is held until its end |
//! | `lane` | the fast path through members that are complete within a window |
//! | `pending` | bytes that may still be written or dropped |
//! | `seen` | the persons found so far, each once |
//!
//! A piece is cut into windows, `super::scan` makes the index of each, and the machine goes from
//! event to event. Bytes between events that pass are never read; they are copied in runs, when a
//! part has to be cut out or the piece ends. Memory holds only the open objects and arrays, a name
//! with the bytes before it, and the value that is being masked or digested.

mod held;
mod lane;
mod nest;
mod pending;
pub(super) mod seen;
mod value;
mod walk;

use std::cell::RefCell;
use std::sync::Arc;

use crate::ledger::digest::SubjectDigest;

use self::walk::{IndexedText, Walk};
use super::plan::Plan;
use super::scan::{Events, Kernel, Scanner, WINDOW_BYTES};
use super::{AnswerContext, BadAnswer, Tally, Why};

/// Longest part of a piece that is worked on at once: positions in it have 32 bits.
const MAX_PART_BYTES: usize = 1 << 30;

/// The redaction of one JSON answer.
#[derive(Debug)]
pub struct Stream {
    plan: Arc<Plan>,
    scanner: Scanner,
    walk: Walk,
    /// Bytes at the end of the output that belong to a record whose persons are not all known.
    unsettled: usize,
    failed: Option<BadAnswer>,
}

impl Stream {
    /// Starts an answer.
    #[inline]
    pub fn new(plan: Arc<Plan>, occasion: Arc<AnswerContext>) -> Stream {
        Stream::with_kernel(plan, occasion, Kernel::best())
    }

    #[inline]
    pub(super) fn with_kernel(
        plan: Arc<Plan>,
        occasion: Arc<AnswerContext>,
        kernel: Kernel,
    ) -> Stream {
        let walk = Walk::new(&plan, occasion);
        Stream { plan, scanner: Scanner::new(kernel), walk, unsettled: 0, failed: None }
    }

    /// Takes the next piece and appends to `out` the part that may be seen so far.
    ///
    /// # Errors
    /// The first byte at which the answer can't be judged. All later calls give the same error.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        if let Some(bad) = self.failed {
            return Err(bad);
        }
        self.walk.settled_up_to(out.len().saturating_sub(self.unsettled));
        let taken = self.take(piece, out);
        self.unsettled = out.len() - self.walk.settled();
        self.failed = taken.err();
        taken
    }

    /// Ends the answer and appends the rest.
    ///
    /// # Errors
    /// When the answer is incomplete.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Tally, BadAnswer> {
        match self.failed {
            Some(bad) => Err(bad),
            None => {
                self.walk.end(&self.plan, out)?;
                Ok(self.walk.into_tally())
            }
        }
    }

    /// Ends one of several texts; another follows. Returns whether anything of it is shown.
    ///
    /// # Errors
    /// When the text is incomplete.
    pub(super) fn end_text(&mut self, out: &mut Vec<u8>) -> Result<bool, BadAnswer> {
        if let Some(bad) = self.failed {
            return Err(bad);
        }
        let ended = match self.walk.end(&self.plan, out) {
            Err(BadAnswer { why: Why::Withheld, .. }) => Ok(false),
            ended => ended.map(|()| true),
        };
        self.failed = ended.as_ref().err().copied();
        self.unsettled = 0;
        self.scanner.restart();
        self.walk.next_text();
        ended
    }

    /// Skips bytes that stand between texts.
    ///
    /// # Errors
    /// When these bytes make the answer longer than its bound.
    pub(super) fn pass_over(&mut self, bytes: u64) -> Result<(), BadAnswer> {
        let limit_bytes = self.walk.occasion.limits.max_bytes;
        if bytes > limit_bytes.saturating_sub(self.walk.before) {
            return Err(BadAnswer { at: limit_bytes, why: Why::TooLong { limit_bytes } });
        }
        self.walk.before += bytes;
        Ok(())
    }

    /// Ends the last of several texts.
    pub(super) fn finish_texts(self) -> Result<Tally, BadAnswer> {
        match self.failed {
            Some(bad) => Err(bad),
            None => Ok(self.walk.into_tally()),
        }
    }

    /// Tells whether the text so far is white space only.
    pub(super) fn is_before_text(&self) -> bool {
        self.walk.is_before_text()
    }

    /// Bytes of the answer taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.walk.taken()
    }

    /// The persons found since the last call, each once; the final tally has only those not taken.
    /// For answers that leave in windows.
    pub fn take_subjects(&mut self) -> Vec<SubjectDigest> {
        self.walk.take_subjects()
    }

    /// The number of bytes at the end of the output that belong to a record whose persons are not
    /// all known. They must stay at the end of `out` until they are.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Records begun so far.
    pub fn records(&self) -> u64 {
        self.walk.records()
    }

    /// Records so far that name no person.
    pub fn unnamed_records(&self) -> u64 {
        self.walk.unnamed_records()
    }

    fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        let max_bytes = self.walk.occasion.limits.max_bytes;
        let room = max_bytes.saturating_sub(self.walk.taken());
        let allowed = &piece[..room.min(piece.len() as u64) as usize];
        for part in allowed.chunks(MAX_PART_BYTES) {
            self.take_part(part, out)?;
        }
        if allowed.len() < piece.len() {
            let why = Why::TooLong { limit_bytes: max_bytes };
            return Err(BadAnswer { at: max_bytes, why });
        }
        Ok(())
    }

    fn take_part(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        thread_local! {
            /// Memory for the events of a window, reused from window to window.
            static EVENTS: RefCell<Events> = RefCell::default();
        }
        // It is taken and not borrowed, because a record that was held is redacted by another
        // stream within this one.
        let mut events = EVENTS.take();
        let taken = self.take_part_by(&mut events, part, out);
        EVENTS.set(events);
        taken
    }

    fn take_part_by(
        &mut self,
        events: &mut Events,
        part: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        // Room for the part, and for the surplus that the fast path writes and cuts off again.
        out.reserve(part.len() + 64);
        let mut from = 0;
        while from < part.len() {
            let to = part.len().min(from + WINDOW_BYTES);
            let fault = self.scanner.index(&part[from..to], from as u32, events);
            let end = fault.map_or(to, |fault| from.saturating_add_signed(fault.at).max(from));
            let window = IndexedText { text: &part[..end], from };
            self.walk.take(&self.plan, &window, events, out)?;
            if let Some(fault) = fault {
                let why = if fault.encoding { Why::NotUtf8 } else { Why::NotJson };
                let at = self.walk.taken() + from as u64;
                let at = at.saturating_add_signed(fault.at as i64);
                return Err(self.walk.or_held_too_long(BadAnswer { at, why }));
            }
            from = to;
        }
        self.walk.end_part(&self.plan, part, out)
    }
}
