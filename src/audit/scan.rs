//! Reading segments from some record to the end: every line must be the record with the next index;
//! each becomes a leaf of the tree, and intents are matched with their outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::{Line, MAX_LINE_BYTES};
use sluice_core::ledger::record::Thread;
use sluice_core::ledger::tree::Hash;

use super::hashes::{Growth, MARK_EVERY_RECORDS, Mark};
use super::open_error::OpenError;
use super::segment;

const READ_BYTES: usize = 1 << 20;

/// The reading of segments, one after the other.
pub(super) struct Scan<'a> {
    dir: &'a Path,
    growth: Growth,
    /// The size at which the root is wanted, and the root once it is known.
    checkpoint_size: Option<u64>,
    root_at_checkpoint: Option<Hash>,
    /// Intents without an outcome so far, by index.
    open: BTreeMap<u64, Thread>,
    /// The first index that is read.
    first: u64,
    /// Intents before that which have an outcome behind it.
    closed_before: BTreeSet<u64>,
    /// Intents that a list of open ones has named, of which it is not known yet whether all came.
    listed: Vec<(u64, Thread)>,
    intents_are_complete: bool,
}

/// The result of a scan.
pub(super) struct Scanned {
    pub(super) growth: Growth,
    /// The root of the tree that the last checkpoint counts; none if there are fewer records.
    pub(super) root_at_checkpoint: Option<Hash>,
    pub(super) end: End,
    /// Intents without an outcome.
    pub(super) intents: Vec<Thread>,
    /// True if no open intent can be before the records that were read.
    pub(super) intents_are_complete: bool,
}

/// The end of a segment.
#[derive(Default)]
pub(super) struct End {
    pub(super) whole_bytes: u64,
    /// Bytes behind the last newline.
    pub(super) partial_bytes: u64,
    pub(super) last: Option<Line>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        dir: &'a Path,
        growth: Growth,
        checkpoint: Option<&SignedCheckpoint>,
    ) -> Scan<'a> {
        let mut scan = Scan {
            dir,
            first: growth.size(),
            growth,
            checkpoint_size: checkpoint.map(SignedCheckpoint::size),
            root_at_checkpoint: None,
            open: BTreeMap::new(),
            closed_before: BTreeSet::new(),
            listed: Vec::new(),
            intents_are_complete: false,
        };
        scan.compare_with_checkpoint();
        scan
    }

    /// Reads the segments with these first indices, which are all from some one to the last.
    pub(super) fn read(mut self, segments: &[u64]) -> Result<Scanned, OpenError> {
        let mut end = End::default();
        for (nth, first_index) in segments.iter().enumerate() {
            let last = end.last.take();
            end = self.segment(*first_index)?;
            end.last = end.last.or(last);
            if nth + 1 < segments.len() && end.partial_bytes > 0 {
                let path = self.dir.join(segment::file_name(*first_index));
                let what = "it ends in the middle of a line, but is not the last".into();
                return Err(OpenError::Damaged { path, offset: end.whole_bytes, what });
            }
        }
        Ok(Scanned {
            growth: self.growth,
            root_at_checkpoint: self.root_at_checkpoint,
            end,
            intents: self.open.into_values().collect(),
            intents_are_complete: self.intents_are_complete,
        })
    }

    fn segment(&mut self, first_index: u64) -> Result<End, OpenError> {
        let path = self.dir.join(segment::file_name(first_index));
        let io = |error| OpenError::io(&path, "reading", error);
        let damaged = |offset, what| OpenError::Damaged { path: path.clone(), offset, what };
        if self.growth.size() != first_index {
            let what = format!(
                "it begins at index {first_index}, but the segment before it ends before index {}",
                self.growth.size()
            );
            return Err(damaged(0, what));
        }
        let mut reader = BufReader::with_capacity(READ_BYTES, File::open(&path).map_err(io)?);
        let mut end = End::default();
        let (mut line, mut last) = (Vec::new(), Vec::new());
        let mut last_at = 0;
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(io)? as u64;
            if line.pop_if(|byte| *byte == b'\n').is_none() {
                end.partial_bytes = read;
                break;
            }
            self.line(&line, end.whole_bytes).map_err(|what| damaged(end.whole_bytes, what))?;
            last_at = end.whole_bytes;
            end.whole_bytes += read;
            std::mem::swap(&mut line, &mut last);
        }
        if self.growth.size() > first_index {
            let wrong = |error| damaged(last_at, format!("the last line is no record: {error}"));
            end.last = Some(Line::parse(&last).map_err(wrong)?);
        }
        Ok(end)
    }

    fn line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        let index = self.growth.size();
        if line.len() > MAX_LINE_BYTES || Line::index_of(line) != Some(index) {
            return Err(format!("the line is not the record with index {index}"));
        }
        let parsed = || Line::parse(line).map_err(|error| format!("it is no record: {error}"));
        match Line::kind_of(line) {
            Some("intent") => {
                let thread = thread(index, &Value::Object(parsed()?.members));
                self.open.insert(index, thread);
            }
            Some("outcome") => self.close(&parsed()?),
            Some("control") => self.list(&parsed()?),
            Some(_) | None => {}
        }
        let time = if index.is_multiple_of(MARK_EVERY_RECORDS) { parsed()?.time } else { 0 };
        note(&mut self.growth, line, offset, time);
        self.compare_with_checkpoint();
        Ok(())
    }

    fn compare_with_checkpoint(&mut self) {
        if self.checkpoint_size == Some(self.growth.size()) {
            self.root_at_checkpoint = Some(self.growth.root());
        }
    }

    fn close(&mut self, outcome: &Line) {
        let Some(intent) = outcome.members.get("intent").and_then(Value::as_u64) else { return };
        self.open.remove(&intent);
        if intent < self.first {
            self.closed_before.insert(intent);
        }
    }

    /// Adds the list of intents that were open when a segment began. Records that were read
    /// themselves take precedence: an outcome may be recorded between the making of the list and
    /// its record.
    fn list(&mut self, control: &Line) {
        if control.members.get("event").and_then(Value::as_str) != Some("open-intents") {
            return;
        }
        let intents = control.members.get("intents").and_then(Value::as_array);
        for intent in intents.into_iter().flatten() {
            let index = intent.get("index").and_then(Value::as_u64);
            if let Some(index) = index.filter(|index| *index < self.first) {
                self.listed.push((index, thread(index, intent)));
            }
        }
        if control.members.get("remaining").and_then(Value::as_u64) == Some(0) {
            self.listed.retain(|(index, _)| !self.closed_before.contains(index));
            self.open.extend(self.listed.drain(..));
            self.intents_are_complete = true;
        }
    }
}

/// Adds a line to a tree, and its mark if it gets one.
pub(super) fn note(growth: &mut Growth, line: &[u8], offset: u64, time: UnixMillis) {
    if growth.size().is_multiple_of(MARK_EVERY_RECORDS) {
        growth.mark(Mark { offset, time });
    }
    growth.push(Hash::leaf(line));
}

fn thread(index: u64, intent: &Value) -> Thread {
    let text = |value: &Value| value.as_str().map(Box::from);
    let consumer = |key| intent.get("consumer").and_then(|c| c.get(key)).and_then(text);
    Thread {
        exchange: intent.get("exchange").and_then(text).unwrap_or_default(),
        intent: index,
        department: consumer("department"),
        system: consumer("system"),
        entry: intent.get("entry").and_then(text),
    }
}
