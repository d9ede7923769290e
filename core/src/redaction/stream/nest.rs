//! Objects and arrays: their beginnings and ends, and whether their contents are written.

use std::sync::Arc;

use crate::redaction::condition::Today;
use crate::redaction::node_index::NOWHERE;
use crate::redaction::plan::Plan;
use crate::redaction::scan::Kernel;
use crate::redaction::{BadAnswer, MAX_DEPTH_LEVELS, Why};

use super::Stream;
use super::held::HeldRecord;
use super::walk::{Frame, NEVER, State, Walk};

impl Walk {
    /// Begins an object or array.
    pub(super) fn open(
        &mut self,
        plan: &Plan,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let object = text[at] == b'{';
        if self.depth == MAX_DEPTH_LEVELS {
            return Err(self.bad(at, Why::TooDeep));
        }
        if self.is_skipping() || !self.enters(plan, object) {
            if !self.is_skipping() {
                if self.depth == 0 {
                    return Err(self.bad(at, Why::Shape));
                }
                self.pending.drop_item(text, out);
                self.skips_above = self.depth;
            }
            self.push(object);
            return Ok(());
        }
        let (node, verdict) = (plan.node(self.node), plan.verdict(self.node));
        if node.record && plan.conditional().is_some() {
            self.hold_record(text, at, out);
            self.push(object);
            return Ok(());
        }
        if node.record {
            self.begin_record(at)?;
            // The output so far belongs to earlier records.
            self.settled = out.len();
        }
        if verdict.branch {
            self.pending.keep(out);
            self.keeps();
        } else if !self.pending.muted {
            self.pending.drop_item(text, out);
            self.pending.muted = true;
            self.muted_above = self.depth;
        }
        let place = self.sequence.begin(self.node);
        let frame = Frame { node: self.node, any_kept: false, place: place as u32 };
        // Objects that are skipped have no frame, and all within them is skipped too.
        match self.frames.get_mut(self.depth) {
            Some(slot) => *slot = frame,
            None => self.frames.push(frame),
        }
        self.push(object);
        self.node = node.each.unwrap_or(NOWHERE);
        self.pending.cut = at + 1;
        self.stretch_from = self.before + at as u64 + 1;
        Ok(())
    }

    fn push(&mut self, object: bool) {
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(object);
        self.state = if object { State::FirstName } else { State::FirstElement };
    }

    /// Tells whether an object or array is declared here; if not, counts it.
    fn enters(&mut self, plan: &Plan, object: bool) -> bool {
        let declared = (self.node != NOWHERE).then(|| plan.node(self.node));
        let enters = declared
            .is_some_and(|node| if object { node.members.is_some() } else { node.each.is_some() });
        if !enters {
            if declared.is_some_and(|node| node.is_declared()) {
                self.tally.mismatched += 1;
            } else {
                self.tally.undeclared += 1;
            }
        }
        enters
    }

    pub(super) fn close(
        &mut self,
        plan: &Plan,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        self.depth -= 1;
        self.objects >>= 1;
        if self.is_skipping() {
            self.state = State::After;
            if self.depth == self.skips_above {
                self.skips_above = NEVER;
                match self.held.take() {
                    Some(held) => self.release_record(plan, held, text, at, out)?,
                    None => self.item_ends(false, at + 1),
                }
            }
            return Ok(());
        }
        self.pending.keep(out);
        if plan.node(self.frames[self.depth].node).record {
            self.end_record(plan, at)?;
        }
        if self.depth == self.muted_above {
            self.muted_above = NEVER;
            self.pending.muted = false;
            self.item_ends(false, at + 1);
            return Ok(());
        }
        self.item_ends(true, at + 1);
        Ok(())
    }

    /// Holds the record from here on, because conditions on its values decide about it. It is
    /// walked like a skipped one.
    fn hold_record(&mut self, text: &[u8], at: usize, out: &mut Vec<u8>) {
        self.pending.hold_up_to(at, text, out);
        self.held = Some(HeldRecord::from(at, self.before));
        self.skips_above = self.depth;
        self.settled = out.len();
    }

    /// Ends a record that was held. A stream of its own redacts it.
    fn release_record(
        &mut self,
        plan: &Plan,
        held: HeldRecord,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let record = held.up_to(at, text)?;
        let conditional = plan.conditional();
        let today = Today::at(self.occasion.now);
        let Some(variant) = conditional.and_then(|it| it.plan_for(&record, today)) else {
            self.tally.withheld += 1;
            self.pending.restart(at + 1);
            self.withholds_outermost();
            self.item_ends(false, at + 1);
            return Ok(());
        };
        self.pending.keep(out);
        self.keeps();
        let variant = Arc::clone(variant);
        let mut stream = Stream::with_kernel(variant, self.occasion.clone(), Kernel::best());
        let offset = |bad: BadAnswer| BadAnswer { at: held.at() + bad.at, ..bad };
        stream.push(&record, out).map_err(offset)?;
        let tally = stream.finish(out).map_err(offset)?;
        self.add(tally, at)?;
        self.pending.restart(at + 1);
        self.item_ends(true, at + 1);
        Ok(())
    }

    pub(super) fn comma(&mut self, plan: &Plan, at: usize) {
        let object = self.in_object();
        self.state = if object { State::Name } else { State::Value };
        if self.is_skipping() {
            return;
        }
        let frame = self.frames[self.depth - 1];
        if self.last_kept {
            self.pending.cut = at;
        } else {
            self.pending.restart(at + usize::from(!frame.any_kept));
        }
        self.stretch_from = self.before + at as u64 + 1;
        if !object {
            self.node = plan.node(frame.node).each.unwrap_or(NOWHERE);
        }
    }

    /// Ends a member or element, or the outermost value.
    #[inline]
    pub(super) fn item_ends(&mut self, kept: bool, end: usize) {
        self.last_kept = kept;
        self.state = if self.depth == 0 { State::Done } else { State::After };
        if !kept {
            self.pending.restart(end);
            self.stretch_from = self.before + end as u64;
        }
    }

    /// Keeps the member or element that has begun.
    #[inline]
    pub(super) fn keeps(&mut self) {
        if self.depth > 0 {
            self.frames[self.depth - 1].any_kept = true;
        }
    }

    /// The open object's node, and whether a member of it was kept.
    #[inline]
    pub(super) fn frame(&mut self) -> &mut Frame {
        &mut self.frames[self.depth - 1]
    }
}
