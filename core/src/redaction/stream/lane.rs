//! The fast path: a member that is complete within a window is redacted at once, without the states
//! of the state machine. Anything unusual is left to the state machine.

use crate::domain::view::Shown;
use crate::redaction::mask::Masking;
use crate::redaction::names::{LABEL_BYTES, Label};
use crate::redaction::node_index::{NOWHERE, NodeIx};
use crate::redaction::plan::{Plan, Verdict, kinds};
use crate::redaction::scalar::{self, Read, ScalarState};
use crate::redaction::scan::Events;
use crate::redaction::{BadAnswer, MAX_HELD_BYTES};

use super::value::{Spelling, write_masked};
use super::walk::{State, Walk};

/// Events of a member with a text: both quotes of the name, the colon, both quotes of the text, and
/// the byte that follows. A number or literal has one less.
const TEXT_MEMBER: usize = 6;
const BARE_MEMBER: usize = 5;

/// The state of [`super::pending::Pending`] and of the frame, in registers. No bytes are held from
/// earlier pieces here.
#[derive(Clone, Copy)]
struct Run {
    from: usize,
    cut: usize,
    any_kept: bool,
    place: usize,
    stretch_from: usize,
}

/// The point at which the fast path stopped.
enum Done {
    /// Members may follow.
    Some,
    /// The closing bracket comes next. The flag tells whether the last member was kept.
    All { last_kept: bool },
    /// The value of a member comes next: an object or array, which is for the state machine.
    Name,
    /// The next event is for the state machine.
    Odd,
}

/// The scalar of a member, with its quotes if it is a text.
#[derive(Clone, Copy)]
struct Token {
    value: usize,
    /// The end of the scalar.
    end: usize,
    /// The place of the comma or the closing bracket behind it.
    after: usize,
    is_text: bool,
}

impl Token {
    /// Reads a member by its events, if its name is the one that was guessed, nothing in its scalar
    /// needs to be noted, and a comma or the closing bracket follows.
    #[inline(always)]
    fn expect(
        text: &[u8],
        member: &[u32; TEXT_MEMBER],
        label: &Label,
        verdict: &Verdict,
        run: &Run,
    ) -> Option<Token> {
        let [name, _, _, value, text_end, after] = member.map(|at| at as usize);
        let begins = text[name..].first_chunk::<LABEL_BYTES>()?;
        let kind = kinds::of(text[value]);
        if !label.begins(begins)
            || verdict.plainly & kind == 0
            || value - run.stretch_from > MAX_HELD_BYTES
        {
            return None;
        }
        let is_text = kind == kinds::TEXT;
        let (end, after) = if is_text {
            (text_end + 1, after)
        } else if scalar::is_usual(&text[value..text_end]) {
            (text_end, text_end)
        } else {
            return None;
        };
        let follows = text[after];
        (follows == b',' || follows == b'}').then_some(Token { value, end, after, is_text })
    }

    /// The place of the scalar without quotes.
    #[inline(always)]
    fn content(self) -> std::ops::Range<usize> {
        let quote = usize::from(self.is_text);
        self.value + quote..self.end - quote
    }

    /// The number of events that the member has.
    #[inline(always)]
    fn events(self) -> usize {
        if self.is_text { TEXT_MEMBER } else { BARE_MEMBER }
    }
}

/// Appends a stretch of a text. Most are short, and for those a call to a copy function costs more
/// than the copy. So a chunk of fixed length is copied, and the surplus is cut off.
#[inline(always)]
fn append(out: &mut Vec<u8>, text: &[u8], from: usize, to: usize) {
    const CHUNK_BYTES: usize = 64;
    match text.get(from..).and_then(|rest| rest.first_chunk::<CHUNK_BYTES>()) {
        Some(chunk) if to - from <= CHUNK_BYTES => {
            let end = out.len() + (to - from);
            out.extend_from_slice(chunk);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[from..to]),
    }
}

impl Walk {
    /// Works through usual members, and from record to record. Gives the first event that is left.
    pub(super) fn lane(
        &mut self,
        plan: &Plan,
        text: &[u8],
        events: &Events,
        mut next: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, BadAnswer> {
        let mut run = Run::enter(self);
        loop {
            let mut done = self.fast_members(plan, text, events, &mut next, &mut run, out);
            if let Done::Odd = done {
                done = self.slow_member(plan, text, events, &mut next, &mut run, out)?;
            }
            match done {
                Done::Some => continue,
                Done::All { last_kept } => {
                    run.leave(self);
                    self.item_ends(last_kept, run.from);
                    next = self.next_record(plan, text, events, next, out)?;
                    if self.state != State::FirstName || self.is_skipping() {
                        return Ok(next);
                    }
                    run = Run::enter(self);
                }
                Done::Name => {
                    run.leave(self);
                    self.state = State::Value;
                    return Ok(next);
                }
                Done::Odd => {
                    run.leave(self);
                    return Ok(next);
                }
            }
        }
    }

    /// Moves from the end of a record to the beginning of the next one in its array, if there is
    /// one.
    fn next_record(
        &mut self,
        plan: &Plan,
        text: &[u8],
        events: &Events,
        next: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, BadAnswer> {
        let positions = &events.positions()[next..];
        let Some([close, comma, open]) = positions.first_chunk::<3>() else { return Ok(next) };
        let [close, comma, open] = [close, comma, open].map(|at| *at as usize);
        // The closing bracket is that of the object whose last member was just read.
        if text[comma] != b',' || text[open] != b'{' {
            return Ok(next);
        }
        self.close(plan, text, close, out)?;
        if self.state != State::After || self.in_object() || !self.last_kept {
            return Ok(next + 1);
        }
        self.comma(plan, comma);
        if open - comma > MAX_HELD_BYTES {
            return Ok(next + 2);
        }
        self.open(plan, text, open, out)?;
        Ok(next + 3)
    }

    /// Works through members that are exactly as the plan and the members before them predict: the
    /// guessed name, a scalar of its type, nothing to note, another member behind.
    fn fast_members(
        &mut self,
        plan: &Plan,
        text: &[u8],
        events: &Events,
        next: &mut usize,
        run: &mut Run,
        out: &mut Vec<u8>,
    ) -> Done {
        let quoted = if events.escapes { Spelling::Quoted } else { Spelling::Plain };
        let (positions, labels, verdicts) = (events.positions(), plan.labels(), plan.verdicts());
        let (sequence, counts) = (&self.sequence, &mut self.counts[..]);
        let muted = self.pending.muted;
        let pseudonyms = self.occasion.pseudonyms.as_ref();
        let mut at = *run;
        let mut done = Done::Odd;
        let start = *next;
        while let Some(member) = positions[*next..].first_chunk::<TEXT_MEMBER>() {
            let guess = sequence.guess(at.place);
            let (Some(label), Some(verdict)) = (labels.get(guess), verdicts.get(guess)) else {
                break;
            };
            let Some(token) = Token::expect(text, member, label, verdict, &at) else { break };
            let Some(count) = counts.get_mut(usize::from(verdict.count)) else { break };
            count.add(verdict.scalar);
            at.place = guess;
            match verdict.scalar {
                Shown::Passed => at.kept(token.after),
                Shown::Masked => {
                    append(out, text, at.from, token.value);
                    if let Some(mask) = plan.mask(guess as NodeIx) {
                        let masking = Masking { mask, pseudonyms };
                        let spelling = if token.is_text { quoted } else { Spelling::Bare };
                        let content = &text[token.content()];
                        let oversized = write_masked(masking, content, spelling, out);
                        self.tally.oversized_masks += u64::from(oversized);
                    }
                    at.from = token.end;
                    at.kept(token.after);
                }
                Shown::Dropped => {
                    if !muted && at.from < at.cut {
                        append(out, text, at.from, at.cut);
                    }
                    at.dropped(token.after);
                }
            }
            *next += token.events();
            if text[token.after] == b'}' {
                *next -= 1;
                done = at.ends(verdict.scalar != Shown::Dropped, token.end);
                break;
            }
        }
        if *next > start {
            self.state = State::Name;
        }
        *run = at;
        done
    }

    /// Works on one member that was not predicted or is unusual.
    fn slow_member(
        &mut self,
        plan: &Plan,
        text: &[u8],
        events: &Events,
        next: &mut usize,
        run: &mut Run,
        out: &mut Vec<u8>,
    ) -> Result<Done, BadAnswer> {
        let Some(member) = events.positions()[*next..].first_chunk::<TEXT_MEMBER>() else {
            return Ok(Done::Odd);
        };
        let [name, name_end, colon, value, text_end, after] = member.map(|at| at as usize);
        if value - run.stretch_from > MAX_HELD_BYTES {
            return Ok(Done::Odd);
        }
        let Some(node) = self.look_up(plan, text, [name, name_end, colon], run.place) else {
            return Ok(Done::Odd);
        };
        let first = text[value];
        let (spelling, end, after, used) = match first {
            b'"' => (Spelling::Quoted, text_end + 1, after, TEXT_MEMBER),
            b'{' | b'[' => {
                run.passed(node);
                self.node = node;
                *next += 3;
                return Ok(Done::Name);
            }
            _ => match ScalarState::begin(first).map(|mut scalar| scalar.read(text, value + 1)) {
                Some(Read::Ended(end)) => (Spelling::Bare, end, text_end, BARE_MEMBER),
                _ => return Ok(Done::Odd),
            },
        };
        let follows = text[after];
        if follows != b',' && follows != b'}' {
            return Ok(Done::Odd);
        }
        self.node = node;
        self.fate = self.judge(plan, first, value)?;
        match self.fate {
            Shown::Passed => {}
            Shown::Masked => self.writes(&text[run.from..value], out),
            Shown::Dropped => self.writes(&text[run.from..run.cut], out),
        }
        if self.needs_content(plan) {
            self.value_at = self.before + value as u64;
            let quote = usize::from(first == b'"');
            self.content(plan, &text[value + quote..end - quote], spelling, out)?;
        }
        run.passed(node);
        if self.fate == Shown::Masked {
            run.from = end;
        }
        match self.fate {
            Shown::Dropped => run.dropped(after),
            Shown::Passed | Shown::Masked => run.kept(after),
        }
        *next += used;
        if follows == b'}' {
            *next -= 1;
            return Ok(run.ends(self.fate != Shown::Dropped, end));
        }
        self.state = State::Name;
        Ok(Done::Some)
    }

    /// The node of a member; none if the state machine has to read its name.
    fn look_up(
        &mut self,
        plan: &Plan,
        text: &[u8],
        [name, name_end, colon]: [usize; 3],
        place: usize,
    ) -> Option<NodeIx> {
        if text[name] != b'"' || text[colon] != b':' {
            return None;
        }
        let members = plan.node(self.frame().node).members.as_ref()?;
        let found = members.find_in(text, name + 1, name_end);
        if let Some(found) = found {
            self.sequence.learn(place, found);
        } else if text[name..name_end].contains(&b'\\') {
            return None;
        }
        Some(found.unwrap_or(NOWHERE))
    }

    fn writes(&self, run: &[u8], out: &mut Vec<u8>) {
        if !self.pending.muted {
            out.extend_from_slice(run);
        }
    }
}

impl Run {
    fn enter(walk: &mut Walk) -> Run {
        let frame = *walk.frame();
        Run {
            from: walk.pending.run,
            cut: walk.pending.cut,
            any_kept: frame.any_kept,
            place: frame.place as usize,
            // Nothing is held, so a stretch that began in an earlier piece began at that piece's
            // very end.
            stretch_from: walk.stretch_from.saturating_sub(walk.before) as usize,
        }
    }

    /// Records that a member was kept, with a comma behind it.
    #[inline]
    fn kept(&mut self, comma: usize) {
        self.any_kept = true;
        self.cut = comma;
        self.stretch_from = comma + 1;
    }

    /// Records that a member was dropped, with a comma behind it.
    #[inline]
    fn dropped(&mut self, comma: usize) {
        self.cut = comma + usize::from(!self.any_kept);
        self.from = self.cut;
        self.stretch_from = comma + 1;
    }

    /// Records that the closing bracket followed instead of a comma.
    #[inline]
    fn ends(&mut self, last_kept: bool, end: usize) -> Done {
        if !last_kept {
            self.from = end;
        }
        Done::All { last_kept }
    }

    fn passed(&mut self, node: NodeIx) {
        if node != NOWHERE {
            self.place = node as usize;
        }
    }

    /// Returns the state to the state machine.
    fn leave(&self, walk: &mut Walk) {
        walk.pending.run = self.from;
        walk.pending.cut = self.cut;
        walk.stretch_from = walk.before + self.stretch_from as u64;
        let frame = walk.frame();
        frame.any_kept = self.any_kept;
        frame.place = self.place as u32;
    }
}
