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
        let Some(members) = &plan.node(self.frame().node).members else { return Ok(next) };
        let mut stretch_from = self.stretch_from.saturating_sub(self.before) as usize;
        while let Some(member) = events[next..].first_chunk::<LONGEST_MEMBER>() {
            let [quote, name_end, colon, value, text_end, after] = member.map(|at| at as usize);
            if text[quote] != b'"' || text[colon] != b':' || value - stretch_from > MAX_HELD_BYTES {
                break;
            }
            let name = quote + 1..name_end;
            let found = members.find_in(text, name.start, name.end);
            if found.is_none() && text[name].contains(&b'\\') {
                break;
            }
            self.node = found.unwrap_or(NOWHERE);
            let first = text[value];
            let (content_end, end, after, used) = match first {
                b'"' => (text_end, text_end + 1, after, LONGEST_MEMBER),
                b'{' | b'[' => {
                    self.state = State::Value;
                    return Ok(next + 3);
                }
                _ => match Scalar::begin(first).map(|mut scalar| scalar.read(text, value + 1)) {
                    Some(Read::Ended(end)) => (end, end, text_end, LONGEST_MEMBER - 1),
                    _ => break,
                },
            };
            let last = match text[after] {
                b',' => false,
                b'}' => true,
                _ => break,
            };
            self.fate = self.judge(plan, first, value)?;
            let kept = self.fate != Shown::Dropped;
            match self.fate {
                Shown::Passed => {}
                Shown::Masked => self.pending.write_up_to(value, text, out),
                Shown::Dropped => self.pending.drop_item(text, out),
            }
            if self.node != NOWHERE && (self.fate == Shown::Masked || plan.verdict(self.node).noted)
            {
                self.value_at = self.before + value as u64;
                let content = value + (end - content_end)..content_end;
                self.content(plan, &text[content], end > content_end, out)?;
            }
            if self.fate == Shown::Masked {
                self.pending.run = end;
            }
            let frame = self.frame();
            frame.any_kept |= kept;
            let any_kept = frame.any_kept;
            if last {
                self.item_ends(kept, end);
                return Ok(next + used - 1);
            }
            if kept {
                self.pending.cut = after;
            } else {
                self.pending.restart(after + usize::from(!any_kept));
            }
            stretch_from = after + 1;
            self.stretch_from = self.before + stretch_from as u64;
            self.state = State::Name;
            next += used;
        }
        Ok(next)
    }
}
