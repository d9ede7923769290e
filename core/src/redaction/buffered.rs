//! The oracle: redacts an answer that is there as a whole, for tests and fuzzing only. It uses
//! serde_json's reading of raw values, which keeps order, duplicates and spelling, and shares no
//! code with the streaming engine. That engine's output is compared with this one's.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::domain::field::FieldKind;
use crate::domain::mask::Mask;
use crate::domain::view::Shown;
use crate::ledger::digest::SubjectDigest;

use super::condition::Today;
use super::mask::{self, MAX_MASKED_BYTES, Masking};
use super::node_index::{NodeIx, ROOT};
use super::plan::{Node, Plan};
use super::raw::{Item, members};
use super::{
    AnswerContext, BadAnswer, MAX_DEPTH_LEVELS, MAX_HELD_BYTES, MAX_SUBJECT_BYTES, Tally, Why,
};

/// An answer that is being collected.
#[derive(Debug)]
pub struct Buffered {
    plan: Arc<Plan>,
    occasion: Arc<AnswerContext>,
    body: Vec<u8>,
}

impl Buffered {
    /// Starts on an answer.
    pub fn new(plan: Arc<Plan>, occasion: Arc<AnswerContext>) -> Buffered {
        Buffered { plan, occasion, body: Vec::new() }
    }

    /// Collects a piece; nothing comes out yet.
    ///
    /// # Errors
    /// When the answer grows over its limit.
    pub fn push(&mut self, piece: &[u8], _out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        let limit_bytes = self.occasion.limits.max_bytes;
        if (self.body.len() + piece.len()) as u64 > limit_bytes {
            return Err(BadAnswer { at: limit_bytes, why: Why::TooLong { limit_bytes } });
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    /// Redacts what was collected; `out` grows only if all of it could be judged.
    ///
    /// # Errors
    /// When the answer can't be judged.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<Tally, BadAnswer> {
        let text = checked(&self.body)?;
        let mut walk = Walk {
            text,
            plan: &self.plan,
            occasion: &self.occasion,
            today: Today::at(self.occasion.now),
            tally: Tally::of(&self.plan),
            seen: HashSet::new(),
            named: Vec::new(),
            shown_before: 0,
            out: Vec::with_capacity(text.len()),
        };
        let root: &RawValue = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        let start = walk.offset(root.get());
        walk.copy(0, start);
        if root.get() == "null" || !walk.value(ROOT, root)? {
            let why = if walk.tally.withheld > 0 { Why::Withheld } else { Why::Shape };
            return Err(BadAnswer { at: start as u64, why });
        }
        walk.copy(start + root.get().len(), text.len());
        out.extend_from_slice(&walk.out);
        Ok(walk.tally)
    }
}

/// Checks that the answer is text and no deeper than the limit. Brackets are told from strings
/// without a parser, so that none has to recurse as deep as a stranger's answer demands.
fn checked(body: &[u8]) -> Result<&str, BadAnswer> {
    let text = std::str::from_utf8(body)
        .map_err(|error| BadAnswer { at: error.valid_up_to() as u64, why: Why::NotUtf8 })?;
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH_LEVELS {
            return Err(BadAnswer { at: at as u64, why: Why::TooDeep });
        }
    }
    Ok(text)
}

fn not_json(text: &str, error: &serde_json::Error) -> BadAnswer {
    let line: usize = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    let at = (line + error.column().saturating_sub(1)).min(text.len());
    let why = if error.is_eof() { Why::Truncated } else { Why::NotJson };
    BadAnswer { at: at as u64, why }
}

/// A walk over the answer and the plan side by side.
struct Walk<'a> {
    text: &'a str,
    plan: &'a Plan,
    occasion: &'a AnswerContext,
    today: Today,
    tally: Tally,
    seen: HashSet<SubjectDigest>,
    /// The persons that the current record has named, and the values that were shown before it.
    named: Vec<SubjectDigest>,
    shown_before: u64,
    out: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Writes the visible part of a value. Returns whether the value is kept; if not, the caller
    /// removes the bytes written.
    fn value(&mut self, ix: NodeIx, raw: &'a RawValue) -> Result<bool, BadAnswer> {
        let plan = self.plan;
        let node = plan.node(ix);
        let first = raw.get().as_bytes()[0];
        let enters = match first {
            b'{' => node.members.is_some(),
            b'[' => node.each.is_some(),
            _ => false,
        };
        if let (true, true, Some(conditional)) = (node.record, enters, plan.conditional()) {
            let Some(variant) = conditional.plan_for(raw.get().as_bytes(), self.today) else {
                self.tally.withheld += 1;
                return Ok(false);
            };
            // The record is redacted by itself, under the plan that its conditions give it.
            self.plan = variant;
            let kept = self.value(ROOT, raw);
            self.plan = plan;
            return kept;
        }
        let looked_at = node.record && plan.conditional().is_some();
        if looked_at && node.leaf.is_some() && !matches!(first, b'{' | b'[' | b'n') {
            return Ok(self.mismatched());
        }
        match first {
            b'{' if enters => self.branch(ix, raw, members(raw)),
            b'[' if enters => self.branch(ix, raw, elements(raw)),
            b'{' | b'[' if node.is_declared() => Ok(self.mismatched()),
            b'{' | b'[' => Ok(self.undeclared()),
            _ => self.scalar(ix, raw),
        }
    }

    fn branch(
        &mut self,
        ix: NodeIx,
        raw: &'a RawValue,
        items: serde_json::Result<Vec<Item<'a>>>,
    ) -> Result<bool, BadAnswer> {
        let plan = self.plan;
        let (record, verdict) = (plan.node(ix).record, plan.verdict(ix));
        let start = self.offset(raw.get());
        if record {
            self.begin_record(start)?;
        }
        let items = items.map_err(|error| not_json(self.text, &error))?;
        self.copy(start, start + 1);
        let (mut at, mut any_kept, mut last_kept) = (start + 1, false, false);
        for (number, (name, value)) in items.into_iter().enumerate() {
            let value_start = self.offset(value.get());
            let item_start = name.map_or(value_start, |name| self.offset(name.get()));
            let lead = if number == 0 { at } else { self.after_comma(at, item_start, last_kept)? };
            self.check_held(lead, value_start)?;
            let mark = self.out.len();
            if any_kept {
                self.out.push(b',');
            }
            self.copy(lead, value_start);
            last_kept = self.item(ix, name, value)?;
            any_kept |= last_kept;
            if !last_kept {
                self.out.truncate(mark);
            }
            at = value_start + value.get().len();
        }
        let end = start + raw.get().len();
        if !last_kept {
            self.check_held(at, end - 1)?;
        }
        self.copy(at, end);
        if record {
            self.end_record(end - 1)?;
        }
        Ok(verdict.branch)
    }

    fn item(
        &mut self,
        ix: NodeIx,
        name: Option<&'a RawValue>,
        value: &'a RawValue,
    ) -> Result<bool, BadAnswer> {
        let plan = self.plan;
        let child = match name {
            None => plan.node(ix).each,
            // A name with an unpaired surrogate is no text, so it is not a declared name.
            Some(name) => serde_json::from_str::<String>(name.get()).ok().and_then(|name| {
                plan.node(ix).members.as_ref().and_then(|members| members.find(name.as_bytes()))
            }),
        };
        match child {
            Some(child) => self.value(child, value),
            None => Ok(self.undeclared()),
        }
    }

    /// The place behind the comma between two items. White space before the comma belongs to the
    /// item before, and is kept or dropped with it.
    fn after_comma(&mut self, at: usize, next: usize, kept: bool) -> Result<usize, BadAnswer> {
        let comma = at + self.text[at..next].find(',').unwrap_or(0);
        if kept {
            self.copy(at, comma);
        } else {
            self.check_held(at, comma)?;
        }
        Ok(comma + 1)
    }

    fn scalar(&mut self, ix: NodeIx, raw: &'a RawValue) -> Result<bool, BadAnswer> {
        let plan = self.plan;
        let (node, spelling) = (plan.node(ix), raw.get());
        let null = spelling == "null";
        if node.record && node.leaf.is_some() && !null {
            self.begin_record(self.offset(spelling))?;
        }
        self.subject(node, spelling)?;
        let shown = self.scalar_shown(ix, raw)?;
        if node.record && node.leaf.is_some() && !null {
            self.end_record(self.offset(spelling))?;
        }
        Ok(shown)
    }

    fn scalar_shown(&mut self, ix: NodeIx, raw: &'a RawValue) -> Result<bool, BadAnswer> {
        let plan = self.plan;
        let (node, verdict, spelling) = (plan.node(ix), plan.verdict(ix), raw.get());
        let null = spelling == "null";
        let Some(leaf) = &node.leaf else {
            if !node.is_declared() {
                return Ok(self.undeclared());
            }
            if !null {
                return Ok(self.mismatched());
            }
            self.out.extend_from_slice(spelling.as_bytes());
            return Ok(verdict.branch);
        };
        if !null && leaf.kind.is_some_and(|kind| kind != kind_of(spelling)) {
            return Ok(self.mismatched());
        }
        let shown =
            if null && verdict.scalar == Shown::Masked { Shown::Passed } else { verdict.scalar };
        if let Some(field) = leaf.field {
            self.tally.counts[usize::from(field)].add(shown);
        }
        match (shown, &leaf.mask) {
            (Shown::Passed, _) => self.out.extend_from_slice(spelling.as_bytes()),
            (Shown::Masked, Some(mask)) => self.masked(mask, raw),
            (Shown::Masked, None) | (Shown::Dropped, _) => return Ok(false),
        }
        Ok(true)
    }

    fn masked(&mut self, mask: &Mask, raw: &RawValue) {
        let spelling = raw.get();
        let quoted = spelling.starts_with('"');
        let length = if quoted { spelling.len() - 2 } else { spelling.len() };
        if mask::reads_value(mask) && length > MAX_MASKED_BYTES {
            self.tally.oversized_masks += 1;
            return mask::write_opaque(mask, &mut self.out);
        }
        let masking = Masking { mask, pseudonyms: self.occasion.pseudonyms.as_ref() };
        let digits = spelling.bytes().all(|byte| byte.is_ascii_digit());
        let ranged = matches!(mask, Mask::Range(_)) && kind_of(spelling) == FieldKind::Number;
        match serde_json::from_str::<String>(spelling) {
            Ok(text) => mask::write_text(masking, &text, &mut self.out),
            Err(_) if digits || ranged => mask::write_text(masking, spelling, &mut self.out),
            Err(_) => mask::write_opaque(mask, &mut self.out),
        }
    }

    fn subject(&mut self, node: &Node, spelling: &str) -> Result<(), BadAnswer> {
        if !node.subject || !matches!(kind_of(spelling), FieldKind::Text | FieldKind::Number) {
            return Ok(());
        }
        let bad = BadAnswer { at: self.offset(spelling) as u64, why: Why::Subject };
        let quotes = if spelling.starts_with('"') { 2 } else { 0 };
        if spelling.len() - quotes > MAX_SUBJECT_BYTES {
            return Err(bad);
        }
        let digest = match quotes {
            0 => self.occasion.subjects.digest(spelling),
            _ => {
                let text = serde_json::from_str::<String>(spelling).map_err(|_| bad)?;
                self.occasion.subjects.digest(&text)
            }
        };
        if let Some(digest) = digest {
            self.name(digest, bad)?;
            if self.seen.insert(digest) {
                self.tally.subjects.push(digest);
            }
        }
        Ok(())
    }

    fn begin_record(&mut self, at: usize) -> Result<(), BadAnswer> {
        self.named.clear();
        self.shown_before = self.shown();
        self.tally.records += 1;
        if self.tally.records > self.occasion.limits.max_records {
            return Err(BadAnswer { at: at as u64, why: Why::TooManyRecords });
        }
        Ok(())
    }

    fn end_record(&mut self, at: usize) -> Result<(), BadAnswer> {
        if self.plan.has_subjects() && self.named.is_empty() {
            self.tally.unnamed_records += 1;
        }
        let asked = &self.occasion.asked;
        let all = asked.iter().all(|person| self.named.contains(person));
        let nobodys = self.named.is_empty() && self.shown() == self.shown_before;
        if all || nobodys {
            return Ok(());
        }
        Err(BadAnswer { at: at as u64, why: Why::OtherSubject })
    }

    /// Adds a person to those that the record names.
    fn name(&mut self, person: SubjectDigest, bad: BadAnswer) -> Result<(), BadAnswer> {
        self.named.push(person);
        let asked = &self.occasion.asked;
        let one = self.plan.names_one();
        if one && !asked.is_empty() && !asked.contains(&person) {
            return Err(BadAnswer { why: Why::OtherSubject, ..bad });
        }
        if one && self.named.iter().any(|named| *named != person) {
            return Err(BadAnswer { why: Why::SecondSubject, ..bad });
        }
        Ok(())
    }

    fn shown(&self) -> u64 {
        let counts = self.tally.counts.iter();
        counts.map(|count| count.of(Shown::Passed) + count.of(Shown::Masked)).sum()
    }

    fn undeclared(&mut self) -> bool {
        self.tally.undeclared += 1;
        false
    }

    fn mismatched(&mut self) -> bool {
        self.tally.mismatched += 1;
        false
    }

    fn check_held(&self, from: usize, to: usize) -> Result<(), BadAnswer> {
        if to - from > MAX_HELD_BYTES {
            return Err(BadAnswer { at: (from + MAX_HELD_BYTES) as u64, why: Why::HeldTooLong });
        }
        Ok(())
    }

    /// The offset at which a part of the text starts within the text.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }

    fn copy(&mut self, from: usize, to: usize) {
        self.out.extend_from_slice(&self.text.as_bytes()[from..to]);
    }
}

/// The kind of a scalar other than `null`.
fn kind_of(spelling: &str) -> FieldKind {
    match spelling.as_bytes()[0] {
        b'"' => FieldKind::Text,
        b't' | b'f' | b'n' => FieldKind::Boolean,
        _ => FieldKind::Number,
    }
}

fn elements(raw: &RawValue) -> serde_json::Result<Vec<Item<'_>>> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw.get())?;
    Ok(elements.into_iter().map(|element| (None, element)).collect())
}
