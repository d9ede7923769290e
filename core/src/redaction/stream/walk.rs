//! The state machine: the meaning of each structural byte where it stands.

use std::sync::Arc;

use crate::domain::view::{Counts, Shown};
use crate::redaction::node_index::{NOWHERE, NodeIx, ROOT};
use crate::redaction::persons::Named;
use crate::redaction::plan::{Plan, Sequence};
use crate::redaction::scalar::ScalarState;
use crate::redaction::scan::Events;
use crate::redaction::{AnswerContext, BadAnswer, MAX_HELD_BYTES, Tally, Why};

use super::held::HeldRecord;
use super::pending::Pending;
use super::seen::Seen;

/// The next thing that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A value: the outermost, or one behind a colon, or one behind a comma in an array.
    Value,
    /// A value, or the end of the array that has just begun.
    FirstElement,
    /// A name, or the end of the object that has just begun.
    FirstName,
    /// A name, behind a comma.
    Name,
    /// The end of a name.
    InName,
    /// The colon behind a name.
    Colon,
    /// The end of a text.
    InText,
    /// More of a number or literal.
    InScalar,
    /// A comma or closing bracket.
    After,
    /// Nothing but white space.
    Done,
}

/// A depth that is never reached.
pub(super) const NEVER: usize = usize::MAX;

/// Levels of objects and arrays that most answers have: those around a record's members, and those
/// within.
const USUAL_DEPTH_LEVELS: usize = 4;

/// A piece up to the end of a window that has been indexed.
pub(super) struct IndexedText<'a> {
    pub(super) text: &'a [u8],
    /// The place in the piece at which the window begins.
    pub(super) from: usize,
}

/// An open object or array that is walked along with the plan.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    pub(super) node: NodeIx,
    /// True if a member or element was kept.
    pub(super) any_kept: bool,
    /// The object's place in the [`Sequence`].
    pub(super) place: u32,
}

/// The state machine's state between two events.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) state: State,
    /// The number of open objects and arrays, and which of them are objects: the last one's bit is
    /// the lowest.
    pub(super) depth: usize,
    pub(super) objects: u64,
    /// The depth around the part that is being skipped, or [`NEVER`].
    pub(super) skips_above: usize,
    /// The depth around the part that is walked but leaves no trace, or [`NEVER`].
    pub(super) muted_above: usize,
    /// The open objects and arrays that are walked along with the plan, by depth; no more than
    /// [`MAX_DEPTH_LEVELS`](crate::redaction::MAX_DEPTH_LEVELS).
    pub(super) frames: Vec<Frame>,
    pub(super) sequence: Sequence,
    /// The node of the value that comes next or has begun.
    pub(super) node: NodeIx,
    pub(super) last_kept: bool,
    pub(super) pending: Pending,
    /// The place at which a name begins: within the held bytes, if it was begun in an earlier
    /// piece.
    name_from: usize,
    name_held: bool,
    /// The place in the answer at which the stretch begins that is held back.
    pub(super) stretch_from: u64,

    // The scalar that has begun; its parts are in `value`.
    pub(super) fate: Shown,
    pub(super) scalar: ScalarState,
    pub(super) value_from: usize,
    pub(super) value_at: u64,
    pub(super) gathered: Vec<u8>,

    /// A record that is held until its end, if one is.
    pub(super) held: Option<HeldRecord>,
    /// True if a condition withholds the outermost value.
    withheld: bool,

    /// Bytes of the answer in earlier pieces.
    pub(super) before: u64,
    pub(super) occasion: Arc<AnswerContext>,
    pub(super) named: Named,
    /// The number of values shown in earlier records, if it must be known.
    pub(super) shown_before: u64,
    pub(super) in_record: bool,
    /// The place in the output up to which every record's persons are known.
    pub(super) settled: usize,
    pub(super) seen: Seen,
    /// Counts by field; the last is for values beside the records. They become the tally's.
    pub(super) counts: Vec<Counts>,
    pub(super) tally: Tally,
}

impl Walk {
    #[inline]
    pub(super) fn new(plan: &Plan, occasion: Arc<AnswerContext>) -> Walk {
        Walk {
            state: State::Value,
            depth: 0,
            objects: 0,
            skips_above: NEVER,
            muted_above: NEVER,
            frames: Vec::with_capacity(USUAL_DEPTH_LEVELS),
            sequence: plan.sequence(),
            node: ROOT,
            last_kept: true,
            pending: Pending::default(),
            name_from: 0,
            name_held: false,
            stretch_from: 0,
            fate: Shown::Passed,
            scalar: ScalarState::Zero,
            value_from: 0,
            value_at: 0,
            gathered: Vec::new(),
            held: None,
            withheld: false,
            before: 0,
            occasion,
            named: Named::default(),
            shown_before: 0,
            in_record: false,
            settled: 0,
            seen: Seen::default(),
            counts: vec![Counts::default(); plan.fields() + 1],
            tally: Tally::default(),
        }
    }

    /// Bytes of the answer taken before this piece.
    pub(super) fn taken(&self) -> u64 {
        self.before
    }

    /// Works through the events of a window.
    pub(super) fn take(
        &mut self,
        plan: &Plan,
        window: &IndexedText<'_>,
        events: &Events,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        if self.state == State::InScalar {
            self.read_scalar(plan, window.text, window.from, out)?;
        }
        let positions = events.positions();
        let mut next = 0;
        while next < positions.len() {
            if self.is_on_lane() {
                next = self.lane(plan, window.text, events, next, out)?;
            }
            if let Some(at) = positions.get(next) {
                self.event(plan, window.text, *at as usize, out)?;
                next += 1;
            }
        }
        Ok(())
    }

    /// Ends a piece.
    pub(super) fn end_part(
        &mut self,
        plan: &Plan,
        part: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let end = part.len();
        if matches!(self.state, State::InText | State::InScalar) && !self.is_skipping() {
            self.gather(&part[self.value_from..]);
        }
        if self.holds_back() {
            self.check_held(end)?;
            if self.state == State::InName && !self.name_held {
                self.name_from = self.pending.held().len() + self.name_from - self.pending.cut;
                self.name_held = true;
            }
            self.pending.hold(part, out);
        } else if let Some(held) = &mut self.held {
            held.hold(part)?;
            self.pending.restart_behind_held();
        } else {
            if self.is_passing() {
                self.pending.write_up_to(end, part, out);
            }
            self.pending.restart(0);
        }
        self.value_from = 0;
        self.before += end as u64;
        let all_named = !plan.has_subjects() || (self.named.any() && plan.names_one());
        if all_named || !self.in_record {
            self.settled = out.len();
        }
        Ok(())
    }

    /// Sets the place in the output up to which every record's persons are known.
    pub(super) fn settled_up_to(&mut self, at: usize) {
        self.settled = at;
    }

    /// The place in the output up to which every record's persons are known.
    pub(super) fn settled(&self) -> usize {
        self.settled
    }

    /// Records begun so far.
    pub(super) fn records(&self) -> u64 {
        self.tally.records
    }

    pub(super) fn unnamed_records(&self) -> u64 {
        self.tally.unnamed_records
    }

    /// Ends the answer.
    pub(super) fn end(&mut self, plan: &Plan, out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        // Only an outermost number or literal ends with the answer; any other needs a bracket
        // behind it.
        if self.state == State::InScalar && self.depth == 0 && self.scalar.is_whole() {
            self.value_ends(plan, b"", 0, 0, out)?;
        }
        match (self.state, self.withheld) {
            (State::Done, false) => Ok(()),
            (State::Done, true) => Err(BadAnswer { at: self.before, why: Why::Withheld }),
            _ => Err(BadAnswer { at: self.before, why: Why::Truncated }),
        }
    }

    fn event(
        &mut self,
        plan: &Plan,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        if self.holds_back() {
            self.check_held(at)?;
        }
        match (self.state, text[at]) {
            (State::FirstElement, b']') | (State::FirstName, b'}') => {
                self.close(plan, text, at, out)?;
            }
            (State::After, b']') if !self.in_object() => self.close(plan, text, at, out)?,
            (State::After, b'}') if self.in_object() => self.close(plan, text, at, out)?,
            (State::After, b',') => self.comma(plan, at),
            (State::FirstName | State::Name, b'"') => {
                self.name_from = at + 1;
                self.name_held = false;
                self.state = State::InName;
            }
            (State::InName, b'"') => self.name_ends(plan, text, at),
            (State::Colon, b':') => self.state = State::Value,
            (State::Value | State::FirstElement, b'{' | b'[') => self.open(plan, text, at, out)?,
            (State::Value | State::FirstElement, _) => self.value(plan, text, at, out)?,
            (State::InText, b'"') if self.is_skipping() => self.state = State::After,
            (State::InText, b'"') => self.value_ends(plan, text, at, at + 1, out)?,
            _ => return Err(self.bad(at, Why::NotJson)),
        }
        Ok(())
    }

    /// Withholds the answer if its outermost value is a record of which nothing is shown.
    pub(super) fn withholds_outermost(&mut self) {
        self.withheld = self.depth == 0;
    }

    /// Begins the next of several texts; the counts continue.
    pub(super) fn next_text(&mut self) {
        self.state = State::Value;
        self.node = ROOT;
        self.last_kept = true;
        self.withheld = false;
        self.stretch_from = self.before;
        self.pending.restart(0);
    }

    /// Tells whether the text so far is white space only.
    pub(super) fn is_before_text(&self) -> bool {
        self.state == State::Value && self.depth == 0
    }

    fn name_ends(&mut self, plan: &Plan, text: &[u8], at: usize) {
        self.state = State::Colon;
        if self.is_skipping() {
            return;
        }
        if self.name_held {
            self.pending.join(at, text);
        }
        let name = if self.name_held {
            &self.pending.held()[self.name_from..]
        } else {
            &text[self.name_from..at]
        };
        let name = crate::redaction::text::decode(name);
        let members = plan.node(self.frames[self.depth - 1].node).members.as_ref();
        let found = name.and_then(|name| members.and_then(|members| members.find(name.as_bytes())));
        self.node = found.unwrap_or(NOWHERE);
        if let Some(found) = found {
            self.frame().place = found;
        }
    }

    pub(super) fn is_outermost(&self) -> bool {
        self.depth == 0
    }

    #[inline]
    pub(super) fn is_skipping(&self) -> bool {
        self.skips_above != NEVER
    }

    /// Tells whether the next thing is a member that begins within this piece.
    #[inline]
    fn is_on_lane(&self) -> bool {
        matches!(self.state, State::FirstName | State::Name)
            && !self.is_skipping()
            && self.pending.held().is_empty()
    }

    pub(super) fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// Tells whether the bytes being read may still be dropped or written.
    fn holds_back(&self) -> bool {
        if self.is_skipping() {
            return false;
        }
        match self.state {
            State::FirstElement | State::FirstName => true,
            State::Name | State::InName | State::Colon => true,
            State::Value => self.depth > 0,
            State::After => !self.last_kept,
            State::InText | State::InScalar | State::Done => false,
        }
    }

    /// Tells whether the bytes being read are written as they are.
    fn is_passing(&self) -> bool {
        let scalar = matches!(self.state, State::InText | State::InScalar);
        !self.is_skipping() && !self.withheld && (!scalar || self.fate == Shown::Passed)
    }

    fn check_held(&self, at: usize) -> Result<(), BadAnswer> {
        let most = self.stretch_from + MAX_HELD_BYTES as u64;
        if self.before + at as u64 > most {
            return Err(BadAnswer { at: most, why: Why::HeldTooLong });
        }
        Ok(())
    }

    /// Gives this error, unless the bytes held back reached their bound before it. So the error
    /// does not depend on where a piece ended.
    pub(super) fn or_held_too_long(&self, bad: BadAnswer) -> BadAnswer {
        let at = bad.at.saturating_sub(self.before) as usize;
        match self.check_held(at) {
            Err(held) if self.holds_back() => held,
            _ => bad,
        }
    }

    pub(super) fn bad(&self, at: usize, why: Why) -> BadAnswer {
        BadAnswer { at: self.before + at as u64, why }
    }
}
