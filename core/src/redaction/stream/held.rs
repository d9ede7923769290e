//! Records that are held until their end, since what is done with them depends on what they say of
//! themselves. Each is then redacted by a walk of its own.

use std::sync::Arc;

use super::Stream;
use super::walk::Walk;
use crate::redaction::condition::Today;
use crate::redaction::plan::Plan;
use crate::redaction::scan::Kernel;
use crate::redaction::{BadAnswer, MAX_RECORD_BYTES, Why};

/// A record being held.
#[derive(Debug)]
pub(super) struct Held {
    /// Where in the answer it begins.
    at: u64,
    /// Its bytes in the pieces before this one.
    bytes: Vec<u8>,
    /// Where its bytes begin in this piece.
    from: usize,
}

impl Held {
    pub(super) fn from(at: usize, before: u64) -> Held {
        Held { at: before + at as u64, bytes: Vec::new(), from: at }
    }

    /// At the end of a piece.
    pub(super) fn hold(&mut self, part: &[u8]) -> Result<(), BadAnswer> {
        let bytes = &part[self.from..];
        self.require_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        self.from = 0;
        Ok(())
    }

    fn require_room(&self, bytes: usize) -> Result<(), BadAnswer> {
        if self.bytes.len() + bytes > MAX_RECORD_BYTES {
            let at = self.at + MAX_RECORD_BYTES as u64;
            return Err(BadAnswer { at, why: Why::RecordTooLong });
        }
        Ok(())
    }
}

impl Walk {
    /// The record that was held ends here.
    pub(super) fn release_record(
        &mut self,
        plan: &Plan,
        held: Held,
        text: &[u8],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let rest = &text[held.from..=at];
        held.require_room(rest.len())?;
        let joined: Vec<u8>;
        let record = match held.bytes.is_empty() {
            true => rest,
            false => {
                joined = [&held.bytes, rest].concat();
                &joined
            }
        };
        let conditional = plan.conditional();
        let today = Today::at(self.occasion.now);
        let Some(variant) = conditional.and_then(|it| it.plan_for(record, today)) else {
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
        let offset = |bad: BadAnswer| BadAnswer { at: held.at + bad.at, ..bad };
        stream.push(record, out).map_err(offset)?;
        let tally = stream.finish(out).map_err(offset)?;
        self.add(tally, at)?;
        self.pending.restart(at + 1);
        self.item_ends(true, at + 1);
        Ok(())
    }
}
