//! The short way: a member that stands whole in a window is worked on at once, without going
//! through the machine's states. Whatever is out of the ordinary is left to the machine.

use crate::domain::view::Shown;
use crate::redaction::plan::Plan;
use crate::redaction::scalar::{Read, Scalar};
use crate::redaction::{BadAnswer, MAX_HELD_BYTES};

use super::walk::{NOWHERE, State, Walk};

/// Events of a member with a text: both quotes of the name, the colon, both quotes of the text,
/// and what follows.
const LONGEST_MEMBER: usize = 6;

/// What [`super::pending::Pending`] and the frame say, in registers: nothing is held here.
struct Run {
    from: usize,
    cut: usize,
    any_kept: bool,
}

impl Walk {
    /// Works through members as long as they are ordinary; gives the first event that is left.
    pub(super) fn lane(
        &mut self,
        plan: &Plan,
        text: &[u8],
        events: &[u32],
        mut next: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, BadAnswer> {
        let frame = *self.frame();
        let Some(members) = &plan.node(frame.node).members else { return Ok(next) };
        let writes = !self.pending.muted;
        let (from, cut) = (self.pending.run, self.pending.cut);
        let mut run = Run { from, cut, any_kept: frame.any_kept };
        let mut stretch_from = self.stretch_from.saturating_sub(self.before) as usize;
        while let Some(member) = events[next..].first_chunk::<LONGEST_MEMBER>() {
            let [quote, name_end, colon, value, text_end, after] = member.map(|at| at as usize);
            if text[quote] != b'"' || text[colon] != b':' || value - stretch_from > MAX_HELD_BYTES {
                break;
            }
            let found = members.find_in(text, quote + 1, name_end);
            if found.is_none() && text[quote..name_end].contains(&b'\\') {
                break;
            }
            let first = text[value];
            let (quoted, end, after, used) = match first {
                b'"' => (1, text_end + 1, after, LONGEST_MEMBER),
                b'{' | b'[' => {
                    self.node = found.unwrap_or(NOWHERE);
                    self.state = State::Value;
                    next += 3;
                    break;
                }
                _ => match Scalar::begin(first).map(|mut scalar| scalar.read(text, value + 1)) {
                    Some(Read::Ended(end)) => (0, end, text_end, LONGEST_MEMBER - 1),
                    _ => break,
                },
            };
            let follows = text[after];
            if follows != b',' && follows != b'}' {
                break;
            }
            self.node = found.unwrap_or(NOWHERE);
            self.fate = self.judge(plan, first, value)?;
            match self.fate {
                Shown::Passed => {}
                Shown::Masked if writes => out.extend_from_slice(&text[run.from..value]),
                Shown::Dropped if writes && run.from < run.cut => {
                    out.extend_from_slice(&text[run.from..run.cut]);
                }
                Shown::Masked | Shown::Dropped => {}
            }
            if self.needs_content(plan) {
                self.value_at = self.before + value as u64;
                self.content(plan, &text[value + quoted..end - quoted], quoted == 1, out)?;
            }
            let kept = self.fate != Shown::Dropped;
            if self.fate == Shown::Masked {
                run.from = end;
            }
            run.any_kept |= kept;
            if follows == b'}' {
                run.leave(self, stretch_from);
                self.item_ends(kept, end);
                return Ok(next + used - 1);
            }
            run.cut = after + usize::from(!run.any_kept);
            if !kept {
                run.from = run.cut;
            }
            stretch_from = after + 1;
            next += used;
            self.state = State::Name;
        }
        run.leave(self, stretch_from);
        Ok(next)
    }
}

impl Run {
    /// Gives the machine back what it goes on with.
    fn leave(self, walk: &mut Walk, stretch_from: usize) {
        walk.pending.run = self.from;
        walk.pending.cut = self.cut;
        walk.frame().any_kept = self.any_kept;
        // A stretch that began in an earlier piece began at its very end, as nothing is held.
        walk.stretch_from = walk.before + stretch_from as u64;
    }
}
