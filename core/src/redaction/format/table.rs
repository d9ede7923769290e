//! CSV with a header row (RFC 4180): columns by name, rows as records.
//!
//! Cells that pass are copied unchanged, with their quotes. A column that is not shown is cut out
//! of every row and of the header, each cell with one comma. A cell of another type than declared
//! is emptied; a masked cell is written anew, in quotes if it needs them. Rows end in CRLF or LF;
//! each has as many cells as the header. A byte-order mark before the header is cut out.

use std::sync::Arc;

use super::super::condition::{ConditionValue, Today};
use super::super::mask::{self, Bare, MAX_MASKED_BYTES, Masking};
use super::super::node_index::{NOWHERE, NodeIx, ROOT};
use super::super::persons::Named;
use super::super::plan::{Leaf, Plan};
use super::super::scalar::{Read, ScalarState};
use super::super::{AnswerContext, BadAnswer, MAX_RECORD_BYTES, MAX_SUBJECT_BYTES, Tally, Why};
use crate::domain::field::FieldKind;
use crate::domain::field_path::{FieldPath, PathStep};
use crate::domain::view::Shown;
use crate::ledger::digest::SubjectDigest;
use crate::redaction::stream::seen::Seen;

/// Most columns.
const MAX_COLUMNS: usize = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A table on its way through.
#[derive(Debug)]
pub(in crate::redaction) struct CsvTable {
    plan: Arc<Plan>,
    occasion: Arc<AnswerContext>,
    /// The bytes of a row that has begun and not ended.
    row: Vec<u8>,
    state: State,
    /// The end of each cell, counted from the row's beginning.
    ends: Vec<usize>,
    columns: Option<Columns>,
    /// Bytes of the answer before the row that has begun.
    before: u64,
    tally: Tally,
    seen: Seen,
}

/// The state of reading a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before its first byte.
    Begin,
    Bare,
    Quoted,
    /// Behind a quote within quotes: either the closing one, or the first of two.
    Quote,
    /// Behind the CR that ends the row.
    RowEnd,
}

/// The columns of a table, as its header names them.
#[derive(Debug)]
struct Columns {
    names: Vec<Box<str>>,
    /// The node of each column, or none if it is not declared.
    nodes: Vec<NodeIx>,
    /// True for each column that is shown under the view, or under the view of any record that
    /// fulfils conditions: all rows have the same columns.
    shown: Vec<bool>,
}

impl CsvTable {
    pub(in crate::redaction) fn new(plan: Arc<Plan>, occasion: Arc<AnswerContext>) -> CsvTable {
        CsvTable {
            tally: Tally::of(&plan),
            plan,
            occasion,
            row: Vec::new(),
            state: State::Begin,
            ends: Vec::new(),
            columns: None,
            before: 0,
            seen: Seen::default(),
        }
    }

    pub(in crate::redaction) fn take_subjects(&mut self) -> Vec<SubjectDigest> {
        self.seen.forget();
        std::mem::take(&mut self.tally.subjects)
    }

    pub(in crate::redaction) fn records(&self) -> u64 {
        self.tally.records
    }

    pub(in crate::redaction) fn unnamed_records(&self) -> u64 {
        self.tally.unnamed_records
    }

    pub(in crate::redaction) fn push(
        &mut self,
        piece: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        let mut rest = piece;
        while !rest.is_empty() {
            let plain = self.plain(rest);
            self.hold(&rest[..plain])?;
            rest = &rest[plain..];
            if let Some((byte, behind)) = rest.split_first() {
                self.hold(&[*byte])?;
                self.state = self.after(*byte, out)?;
                rest = behind;
            }
        }
        Ok(())
    }

    /// Counts the bytes at the beginning that do not change the state.
    fn plain(&self, piece: &[u8]) -> usize {
        let next = match self.state {
            State::Quoted => memchr::memchr(b'"', piece),
            State::Bare => {
                piece.iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
            }
            State::Begin | State::Quote | State::RowEnd => Some(0),
        };
        next.unwrap_or(piece.len())
    }

    /// Adds bytes to the row, up to the bound.
    fn hold(&mut self, bytes: &[u8]) -> Result<(), BadAnswer> {
        let limit_bytes = self.occasion.limits.max_bytes;
        let allowed = limit_bytes.saturating_sub(self.before + self.row.len() as u64);
        let room = MAX_RECORD_BYTES - self.row.len();
        let taken = &bytes[..bytes.len().min(room).min(allowed as usize)];
        self.row.extend_from_slice(taken);
        if taken.len() < bytes.len() {
            let row_ends = self.row.len() == MAX_RECORD_BYTES;
            let why = if row_ends { Why::RecordTooLong } else { Why::TooLong { limit_bytes } };
            return Err(BadAnswer { at: self.before + self.row.len() as u64, why });
        }
        Ok(())
    }

    /// The state after a byte, the row's last so far.
    fn after(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<State, BadAnswer> {
        let at = self.row.len() - 1;
        Ok(match (self.state, byte) {
            (State::Begin, b'"') => State::Quoted,
            // Spreadsheets write a byte-order mark first, and a quoted name may follow.
            (State::Bare, b'"') if self.columns.is_none() && self.row[..at] == *BYTE_ORDER_MARK => {
                State::Quoted
            }
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) => State::Quoted,
            (State::Quote, b'"') => State::Quoted,
            (State::RowEnd, b'\n') => self.row_ends(at - 1, out)?,
            (State::RowEnd, _) => return Err(self.bad(Why::NotCsv)),
            (_, b'\n') => self.row_ends(at, out)?,
            (_, b'\r') => State::RowEnd,
            (_, b',') => {
                self.ends.push(at);
                if self.ends.len() == MAX_COLUMNS {
                    return Err(self.bad(Why::Shape));
                }
                State::Begin
            }
            (State::Begin | State::Bare, byte) if byte != b'"' => State::Bare,
            _ => return Err(self.bad(Why::NotCsv)),
        })
    }

    pub(in crate::redaction) fn finish(mut self, out: &mut Vec<u8>) -> Result<Tally, BadAnswer> {
        match self.state {
            State::Quoted => return Err(self.bad(Why::Truncated)),
            State::RowEnd => return Err(self.bad(Why::NotCsv)),
            State::Begin if self.row.is_empty() => {}
            State::Begin | State::Bare | State::Quote => {
                let end = self.row.len();
                self.row_ends(end, out)?;
            }
        }
        match self.columns {
            Some(_) => Ok(self.tally),
            None => Err(BadAnswer { at: self.before, why: Why::Truncated }),
        }
    }

    /// Ends a row. Its cells end at `end`; the rest is the line's end.
    fn row_ends(&mut self, end: usize, out: &mut Vec<u8>) -> Result<State, BadAnswer> {
        self.ends.push(end);
        let (row, ends) = (std::mem::take(&mut self.row), std::mem::take(&mut self.ends));
        if let Err(error) = std::str::from_utf8(&row) {
            let at = self.before + error.valid_up_to() as u64;
            return Err(BadAnswer { at, why: Why::NotUtf8 });
        }
        match self.columns.take() {
            None => self.header(&row, &ends, out)?,
            Some(columns) => {
                let done = self.record(&columns, &row, &ends, out);
                self.columns = Some(columns);
                done?;
            }
        }
        self.before += row.len() as u64;
        // The memory of both is kept for the next row.
        (self.row, self.ends) = (row, ends);
        self.row.clear();
        self.ends.clear();
        Ok(State::Begin)
    }

    fn header(&mut self, row: &[u8], ends: &[usize], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        let mark = if row.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let names: Vec<Box<str>> = cells(row, ends, mark).map(|cell| said(cell).into()).collect();
        let members = self.plan.node(ROOT).members.as_ref();
        let find = |name: &str| members.and_then(|members| members.find(name.as_bytes()));
        let nodes: Vec<NodeIx> = names.iter().map(|name| find(name).unwrap_or(NOWHERE)).collect();
        let shown: Vec<bool> = nodes.iter().map(|node| self.is_shown(*node)).collect();
        let kept = cells(row, ends, mark).zip(&shown).filter(|(_, shown)| **shown);
        for (ix, (cell, _)) in kept.enumerate() {
            if ix > 0 {
                out.push(b',');
            }
            out.extend_from_slice(cell);
        }
        if !shown.contains(&true) {
            return Err(self.bad(Why::Shape));
        }
        out.extend_from_slice(&row[ends[ends.len() - 1]..]);
        self.columns = Some(Columns { names, nodes, shown });
        Ok(())
    }

    fn is_shown(&self, node: NodeIx) -> bool {
        let shown = |plan: &Plan| {
            node != NOWHERE
                && plan.node(node).leaf.is_some()
                && plan.verdict(node).scalar != Shown::Dropped
        };
        shown(&self.plan) || self.plan.conditional().is_some_and(|it| it.any(shown))
    }

    fn record(
        &mut self,
        columns: &Columns,
        row: &[u8],
        ends: &[usize],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        // An empty line at the end is not a row of one empty cell.
        if ends == [0] && columns.names.len() > 1 {
            return Ok(());
        }
        if ends.len() != columns.names.len() {
            return Err(self.bad(Why::Shape));
        }
        let plan = match self.plan_for(columns, row, ends) {
            Some(plan) => plan,
            None => {
                self.tally.withheld += 1;
                return Ok(());
            }
        };
        self.tally.records += 1;
        if self.tally.records > self.occasion.limits.max_records {
            return Err(self.bad(Why::TooManyRecords));
        }
        let (mut first, mut named, shown_before) = (true, Named::default(), self.shown());
        let marked = columns.nodes.iter().zip(&columns.shown);
        for (cell, (node, shown)) in cells(row, ends, 0).zip(marked) {
            if *shown {
                if !first {
                    out.push(b',');
                }
                first = false;
            }
            if *node == NOWHERE {
                self.tally.undeclared += 1;
                continue;
            }
            if plan.node(*node).subject && !cell.is_empty() {
                self.note_subject(&plan, &said(cell), &mut named)?;
            }
            self.cell(&plan, *node, cell, out);
        }
        if plan.has_subjects() && !named.any() {
            self.tally.unnamed_records += 1;
        }
        let shows = self.shown() > shown_before;
        if !self.occasion.asked.is_empty() {
            named.check(&self.occasion, shows).map_err(|why| self.bad(why))?;
        }
        out.extend_from_slice(&row[ends[ends.len() - 1]..]);
        Ok(())
    }

    /// The plan for a row; none if the row is withheld.
    fn plan_for(&self, columns: &Columns, row: &[u8], ends: &[usize]) -> Option<Arc<Plan>> {
        let Some(conditional) = self.plan.conditional() else { return Some(self.plan.clone()) };
        let value = |path: &FieldPath| {
            let [PathStep::Member(name)] = path.0.as_slice() else { return None };
            let mut found = columns.names.iter().enumerate().filter(|(_, known)| *known == name);
            match (found.next(), found.next()) {
                (Some((ix, _)), None) => {
                    let cell = cells(row, ends, 0).nth(ix)?;
                    Some(ConditionValue::Cell(said(cell).into_owned().into()))
                }
                _ => None,
            }
        };
        conditional.plan_by(value, Today::at(self.occasion.now)).cloned()
    }

    fn cell(&mut self, plan: &Plan, node: NodeIx, cell: &[u8], out: &mut Vec<u8>) {
        let Some(leaf) = &plan.node(node).leaf else {
            self.tally.undeclared += 1;
            return;
        };
        let verdict = plan.verdict(node);
        let text = said(cell);
        if !text.is_empty() && !is_of(leaf, &text) {
            self.tally.mismatched += 1;
            return;
        }
        let shown = match verdict.scalar {
            Shown::Masked if text.is_empty() => Shown::Passed,
            shown => shown,
        };
        if let Some(count) = self.tally.counts.get_mut(usize::from(verdict.count)) {
            count.add(shown);
        }
        match (shown, &leaf.mask) {
            (Shown::Passed, _) => out.extend_from_slice(cell),
            (Shown::Masked, Some(mask)) => {
                let oversized = text.len() > MAX_MASKED_BYTES && mask::reads_value(mask);
                self.tally.oversized_masks += u64::from(oversized);
                let masking = Masking { mask, pseudonyms: self.occasion.pseudonyms.as_ref() };
                let mut masked = Vec::new();
                mask::write_bare(masking, &text, bare(leaf), &mut masked);
                write_cell(&masked, out);
            }
            (Shown::Masked | Shown::Dropped, _) => {}
        }
    }

    /// Notes a person's identifier.
    fn note_subject(
        &mut self,
        plan: &Plan,
        text: &str,
        named: &mut Named,
    ) -> Result<(), BadAnswer> {
        if text.len() > MAX_SUBJECT_BYTES {
            return Err(self.bad(Why::Subject));
        }
        if let Some(digest) = self.occasion.subjects.digest(text) {
            let noted = named.note(digest, plan.names_one(), &self.occasion);
            noted.map_err(|why| self.bad(why))?;
            self.seen.note(digest, &mut self.tally.subjects);
        }
        Ok(())
    }

    /// Counts the cells that were shown so far, in clear or masked.
    fn shown(&self) -> u64 {
        let counts = self.tally.counts.iter();
        counts.map(|count| count.of(Shown::Passed) + count.of(Shown::Masked)).sum()
    }

    fn bad(&self, why: Why) -> BadAnswer {
        BadAnswer { at: self.before + self.row.len().saturating_sub(1) as u64, why }
    }
}

/// The cells of a row, unchanged.
fn cells<'a>(row: &'a [u8], ends: &'a [usize], from: usize) -> impl Iterator<Item = &'a [u8]> {
    let starts = std::iter::once(from).chain(ends.iter().map(|end| end + 1));
    starts.zip(ends).map(|(start, end)| &row[start..*end])
}

/// The content of a cell, without its quotes.
fn said(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    let inner = cell.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    match inner {
        // The row was checked to be UTF-8.
        None => String::from_utf8_lossy(cell),
        Some(inner) if !inner.contains(&b'"') => String::from_utf8_lossy(inner),
        Some(inner) => String::from_utf8_lossy(inner).replace("\"\"", "\"").into(),
    }
}

/// The type of a cell, for its mask.
fn bare(leaf: &Leaf) -> Bare {
    match leaf.kind {
        None | Some(FieldKind::Text) => Bare::Text,
        Some(FieldKind::Number) => Bare::Number,
        Some(FieldKind::Boolean) => Bare::Boolean,
    }
}

/// Tells whether a cell is of a field's type.
fn is_of(leaf: &Leaf, text: &str) -> bool {
    match leaf.kind {
        None | Some(FieldKind::Text) => true,
        Some(FieldKind::Boolean) => {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        Some(FieldKind::Number) => {
            let bytes = text.as_bytes();
            let number =
                bytes.first().is_some_and(|first| *first == b'-' || first.is_ascii_digit());
            number
                && ScalarState::begin(bytes[0]).is_some_and(|mut scalar| {
                    matches!(scalar.read(bytes, 1), Read::Open) && scalar.is_whole()
                })
        }
    }
}

/// Writes a cell, in quotes where it needs them.
fn write_cell(text: &[u8], out: &mut Vec<u8>) {
    if !text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}
