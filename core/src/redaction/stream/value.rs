//! Scalars: judging, masking, digesting, counting.

use crate::domain::view::{Counts, Shown};
use crate::ledger::digest::SubjectDigest;
use crate::redaction::mask::{self, MAX_MASKED_BYTES, Masking};
use crate::redaction::node_index::NOWHERE;
use crate::redaction::persons::Named;
use crate::redaction::plan::{Plan, kinds};
use crate::redaction::scalar::{Read, ScalarState};
use crate::redaction::text;
use crate::redaction::{BadAnswer, MAX_SUBJECT_BYTES, Tally, Why};

use super::walk::{State, Walk};

/// Most bytes of a value that are gathered from several pieces: enough to know that it is too long.
const MAX_GATHERED_BYTES: usize = MAX_MASKED_BYTES + MAX_SUBJECT_BYTES;

/// The spelling of a scalar's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// A number or literal.
    Bare,
    /// Between quotes, perhaps with escapes.
    Quoted,
    /// Between quotes, without escapes.
    Plain,
}

impl Spelling {
    fn of(quoted: bool) -> Spelling {
        if quoted { Spelling::Quoted } else { Spelling::Bare }
    }
}

impl Walk {
    /// Begins a scalar.
    pub(super) fn value(
        &mut self,
        plan: &Plan,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let first = text[at];
        let scalar = match first {
            b'"' => None,
            _ => Some(ScalarState::begin(first).ok_or(self.bad(at, Why::NotJson))?),
        };
        if !self.is_skipping() {
            self.fate = self.judge(plan, first, at)?;
            match self.fate {
                Shown::Passed => self.pending.keep(out),
                Shown::Masked => self.pending.write_up_to(at, text, out),
                Shown::Dropped if self.is_outermost() => return Err(self.bad(at, Why::Shape)),
                Shown::Dropped => self.pending.drop_item(text, out),
            }
            if self.fate != Shown::Dropped {
                self.keeps();
            }
            self.gathered.clear();
            self.value_at = self.before + at as u64;
        }
        match scalar {
            None => {
                self.value_from = at + 1;
                self.state = State::InText;
                Ok(())
            }
            Some(scalar) => {
                self.value_from = at;
                self.scalar = scalar;
                self.read_scalar(plan, text, at + 1, out)
            }
        }
    }

    /// Reads on in a number or literal.
    pub(super) fn read_scalar(
        &mut self,
        plan: &Plan,
        text: &[u8],
        from: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        match self.scalar.read(text, from) {
            Read::Open => {
                self.state = State::InScalar;
                Ok(())
            }
            Read::Wrong(at) => Err(self.bad(at, Why::NotJson)),
            Read::Ended(_) if self.is_skipping() => {
                self.state = State::After;
                Ok(())
            }
            Read::Ended(end) => self.value_ends(plan, text, end, end, out),
        }
    }

    /// Ends a scalar: its content at `content_end`, with its closing quote at `end`.
    pub(super) fn value_ends(
        &mut self,
        plan: &Plan,
        text: &[u8],
        content_end: usize,
        end: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let rest = &text[self.value_from..content_end];
        let quoted = end > content_end;
        let needed = self.needs_content(plan);
        if needed && !self.gathered.is_empty() {
            self.gather(rest);
            let gathered = std::mem::take(&mut self.gathered);
            self.content(plan, &gathered, Spelling::of(quoted), out)?;
            self.gathered = gathered;
        } else if needed {
            self.content(plan, rest, Spelling::of(quoted), out)?;
        }
        if self.fate == Shown::Masked {
            self.pending.run = end;
        }
        self.item_ends(self.fate != Shown::Dropped, end);
        Ok(())
    }

    /// Judges the scalar that begins with this byte, and counts it.
    #[inline]
    pub(super) fn judge(&mut self, plan: &Plan, first: u8, at: usize) -> Result<Shown, BadAnswer> {
        if self.node == NOWHERE {
            self.tally.undeclared += 1;
            return Ok(Shown::Dropped);
        }
        let (verdict, kind) = (plan.verdict(self.node), kinds::of(first));
        let shown = match verdict.scalar {
            Shown::Masked if kind == kinds::NULL => Shown::Passed,
            shown => shown,
        };
        if verdict.accepts & kind == 0 {
            return self.judge_misplaced(plan, kind, at);
        }
        if kind == kinds::NULL && self.is_outermost() {
            return Ok(Shown::Dropped);
        }
        if verdict.noted {
            if plan.looks_into(self.node) && kind != kinds::NULL {
                // A record that is a single value has no fields for conditions.
                self.tally.mismatched += 1;
                return Ok(Shown::Dropped);
            }
            self.note_record(plan, kind, at)?;
        }
        self.counts[usize::from(verdict.count)].add(shown);
        Ok(shown)
    }

    /// Judges a scalar where none, or none of its type, is declared.
    #[cold]
    fn judge_misplaced(&mut self, plan: &Plan, kind: u8, at: usize) -> Result<Shown, BadAnswer> {
        self.note_record(plan, kind, at)?;
        let node = plan.node(self.node);
        if !node.is_declared() {
            self.tally.undeclared += 1;
        } else if kind != kinds::NULL {
            self.tally.mismatched += 1;
        } else if plan.verdict(self.node).branch && !self.is_outermost() {
            return Ok(Shown::Passed);
        }
        Ok(Shown::Dropped)
    }

    fn note_record(&mut self, plan: &Plan, kind: u8, at: usize) -> Result<(), BadAnswer> {
        let node = plan.node(self.node);
        if node.record && node.leaf.is_some() && kind != kinds::NULL {
            self.begin_record(at)?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn needs_content(&self, plan: &Plan) -> bool {
        let noted = self.node != NOWHERE && plan.verdict(self.node).noted;
        self.fate == Shown::Masked || noted
    }

    /// Digests and masks a scalar by its content.
    pub(super) fn content(
        &mut self,
        plan: &Plan,
        content: &[u8],
        spelling: Spelling,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let node = plan.node(self.node);
        let null = spelling == Spelling::Bare && content == b"null";
        if node.subject {
            self.note_subject(plan, content, spelling)?;
        }
        if node.record && node.leaf.is_some() && !null && self.in_record {
            self.end_record_at(plan, self.value_at)?;
        }
        if let (Shown::Masked, Some(mask)) = (self.fate, plan.mask(self.node)) {
            let masking = Masking { mask, pseudonyms: self.occasion.pseudonyms.as_ref() };
            self.tally.oversized_masks += u64::from(write_masked(masking, content, spelling, out));
        }
        Ok(())
    }

    fn note_subject(
        &mut self,
        plan: &Plan,
        content: &[u8],
        spelling: Spelling,
    ) -> Result<(), BadAnswer> {
        if spelling == Spelling::Bare && matches!(content.first(), Some(b't' | b'f' | b'n')) {
            return Ok(());
        }
        let bad = BadAnswer { at: self.value_at, why: Why::Subject };
        if content.len() > MAX_SUBJECT_BYTES {
            return Err(bad);
        }
        if let Some(digest) = self.occasion.subjects.digest(&text::decode(content).ok_or(bad)?) {
            let named = self.named.note(digest, plan.names_one(), &self.occasion);
            named.map_err(|why| BadAnswer { why, ..bad })?;
            self.seen.note(digest, &mut self.tally.subjects);
        }
        Ok(())
    }

    /// Keeps content of a value that continues in the next piece.
    pub(super) fn gather(&mut self, content: &[u8]) {
        let room = MAX_GATHERED_BYTES.saturating_sub(self.gathered.len());
        self.gathered.extend_from_slice(&content[..room.min(content.len())]);
    }

    pub(super) fn begin_record(&mut self, at: usize) -> Result<(), BadAnswer> {
        self.named = Named::default();
        self.in_record = true;
        if !self.occasion.asked.is_empty() {
            self.shown_before = self.shown();
        }
        self.tally.records += 1;
        if self.tally.records > self.occasion.limits.max_records {
            return Err(self.bad(at, Why::TooManyRecords));
        }
        Ok(())
    }

    pub(super) fn end_record(&mut self, plan: &Plan, at: usize) -> Result<(), BadAnswer> {
        self.end_record_at(plan, self.before + at as u64)
    }

    fn end_record_at(&mut self, plan: &Plan, at: u64) -> Result<(), BadAnswer> {
        self.in_record = false;
        if plan.has_subjects() && !self.named.any() {
            self.tally.unnamed_records += 1;
        }
        if self.occasion.asked.is_empty() {
            return Ok(());
        }
        let shows = self.shown() > self.shown_before;
        self.named.check(&self.occasion, shows).map_err(|why| BadAnswer { at, why })
    }

    /// Counts the values of fields that were shown so far, in clear or masked.
    fn shown(&self) -> u64 {
        let (_, fields) = self.counts.split_last().unwrap_or((&Counts::default(), &[]));
        fields.iter().map(|count| count.of(Shown::Passed) + count.of(Shown::Masked)).sum()
    }

    pub(super) fn take_subjects(&mut self) -> Vec<SubjectDigest> {
        self.seen.forget();
        std::mem::take(&mut self.tally.subjects)
    }

    /// Adds the tally of a record that was held.
    pub(super) fn add(&mut self, record: Tally, at: usize) -> Result<(), BadAnswer> {
        self.begin_record(at)?;
        for (sum, count) in self.counts.iter_mut().zip(record.counts) {
            sum.add_all(count);
        }
        self.tally.undeclared += record.undeclared;
        self.tally.mismatched += record.mismatched;
        self.tally.oversized_masks += record.oversized_masks;
        self.tally.unnamed_records += record.unnamed_records;
        for subject in record.subjects {
            self.seen.note(subject, &mut self.tally.subjects);
        }
        self.in_record = false;
        Ok(())
    }

    pub(super) fn into_tally(mut self) -> Tally {
        self.counts.pop();
        Tally { counts: self.counts, ..self.tally }
    }
}

/// Writes the masked form of a scalar. Returns whether it was too long to be read.
pub(super) fn write_masked(
    masking: Masking<'_>,
    content: &[u8],
    spelling: Spelling,
    out: &mut Vec<u8>,
) -> bool {
    if content.len() > MAX_MASKED_BYTES && mask::reads_value(masking.mask) {
        mask::write_opaque(masking.mask, out);
        return true;
    }
    match spelling {
        Spelling::Plain => mask::write_plain(masking, content, out),
        Spelling::Quoted => mask::write_spelled(masking, content, out),
        Spelling::Bare => mask::write_number(masking, content, out),
    }
    false
}
