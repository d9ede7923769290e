//! Opaque files, which are shown whole or not at all.

use crate::domain::view::Shown;
use crate::ledger::digest::SubjectDigest;
use crate::redaction::node_index::ROOT;
use crate::redaction::plan::Plan;
use crate::redaction::{BadAnswer, Limits, Tally, Why};

/// A file on its way through. It is one record, about the persons whom the request names.
#[derive(Debug)]
pub(in crate::redaction) struct Opaque {
    shown: bool,
    max_bytes: u64,
    taken: u64,
    tally: Tally,
}

impl Opaque {
    pub(in crate::redaction) fn new(
        plan: &Plan,
        asked: Vec<SubjectDigest>,
        limits: Limits,
    ) -> Opaque {
        let shown = plan.verdict(ROOT).scalar == Shown::Passed;
        let mut tally = Tally { records: 1, subjects: asked, ..Tally::of(plan) };
        if let (true, Some(count)) = (shown, tally.counts.first_mut()) {
            count.add(Shown::Passed);
        }
        Opaque { shown, max_bytes: limits.max_bytes, taken: 0, tally }
    }

    pub(in crate::redaction) fn push(
        &mut self,
        piece: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        self.require_shown()?;
        let limit_bytes = self.max_bytes;
        if piece.len() as u64 > limit_bytes - self.taken {
            return Err(BadAnswer { at: limit_bytes, why: Why::TooLong { limit_bytes } });
        }
        self.taken += piece.len() as u64;
        out.extend_from_slice(piece);
        Ok(())
    }

    pub(in crate::redaction) fn finish(self) -> Result<Tally, BadAnswer> {
        self.require_shown()?;
        Ok(self.tally)
    }

    pub(in crate::redaction) fn take_subjects(&mut self) -> Vec<SubjectDigest> {
        std::mem::take(&mut self.tally.subjects)
    }

    fn require_shown(&self) -> Result<(), BadAnswer> {
        if self.shown { Ok(()) } else { Err(BadAnswer { at: 0, why: Why::Shape }) }
    }
}
