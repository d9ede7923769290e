//! Finds records by their contents. It reads all records from some place on, so it serves copies
//! and small queries; no exchange waits for it.

use std::collections::HashMap;
use std::io;

use serde_json::Value;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::time::parse_rfc3339;

use super::archive::{Archive, Records};

/// The names that records can be asked by, each with the member that answers it.
pub const MEMBERS: [(&str, &str); 13] = [
    ("exchange", "exchange"),
    ("consumer", "consumer.department"),
    ("system", "consumer.system"),
    ("entry", "entry"),
    ("operation", "operation"),
    ("operator", "operator.id"),
    ("purpose", "purpose"),
    ("case", "case"),
    ("consent", "consent"),
    ("basis", "basis"),
    ("decision", "decision"),
    ("code", "code"),
    ("reason", "detail.reason"),
];

/// A filter for records. A part that is not set fits any record.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Lowest index of the records.
    pub from: Option<u64>,
    /// Earliest time of the records, inclusive.
    pub since: Option<UnixMillis>,
    /// Latest time of the records, exclusive.
    pub until: Option<UnixMillis>,
    /// Names of [`MEMBERS`] with the values that they must have. A member that a part of an
    /// exchange lacks is looked up in its intent.
    pub says: Vec<(&'static str, String)>,
    /// The department whose entry is asked.
    pub provider: Option<String>,
    /// One of these persons is named, by digest.
    pub subjects: Vec<String>,
}

/// Reads a time, or a date at 00:00 UTC.
///
/// # Errors
/// The forms that are accepted.
pub fn time(text: &str) -> Result<UnixMillis, &'static str> {
    let whole = [format!("{text}T00:00:00.000Z"), text.replace('Z', ".000Z"), text.to_owned()];
    let found = whole.iter().find_map(|text| parse_rfc3339(text));
    found.ok_or("write 2026-11-26, 2026-11-26T08:30:00Z or 2026-11-26T08:30:00.000Z")
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct FoundRecord {
    /// The record.
    pub line: Line,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The intent that it belongs to, if it is a part of an exchange.
    pub intent: Option<Line>,
}

impl FoundRecord {
    /// The text of a member, as in [`Line::member`]: of the record, or else of its intent.
    pub fn says(&self, path: &str) -> Option<&Value> {
        let own = self.line.member(path);
        own.or_else(|| self.intent.as_ref()?.member(path))
    }

    /// Returns the member as a text; empty if it is missing.
    pub fn text(&self, path: &str) -> String {
        match self.says(path) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// The department whose entry is asked.
    pub fn provider(&self) -> Option<&str> {
        self.line.provider().or_else(|| self.intent.as_ref()?.provider())
    }

    /// Says whether it fits a question.
    pub fn fits(&self, question: &RecordFilter) -> bool {
        let RecordFilter { from, since, until, says, provider, subjects } = question;
        let said = |(name, wanted): &(&str, String)| {
            let known = MEMBERS.iter().find(|(known, _)| known == name);
            known.is_some_and(|(_, path)| self.text(path) == *wanted)
        };
        from.is_none_or(|from| self.line.index >= from)
            && since.is_none_or(|since| self.line.time >= since)
            && until.is_none_or(|until| self.line.time < until)
            && says.iter().all(said)
            && provider.as_deref().is_none_or(|wanted| self.provider() == Some(wanted))
            && (subjects.is_empty()
                || self.line.subjects().any(|named| subjects.iter().any(|one| one == named)))
    }
}

/// The records that fit a question, in order.
pub struct FoundRecords<'a> {
    archive: &'a Archive,
    /// None once the end is reached.
    records: Option<Records>,
    question: RecordFilter,
    /// Intents whose outcome was not seen yet, by index.
    intents: HashMap<u64, Line>,
    /// The index of the record that is looked at next.
    next: u64,
    /// The number of records that may still be looked at.
    looks: u64,
}

impl Archive {
    /// The records that fit a question.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn find(&self, question: RecordFilter) -> io::Result<FoundRecords<'_>> {
        let (first, end) = self.extent()?;
        let records = match question.from.map(|from| from.max(first)) {
            Some(from) if from >= end => None,
            Some(from) => Some(self.records(from)?),
            None => self.records_since(question.since.unwrap_or(UnixMillis::MIN))?,
        };
        let next = records.as_ref().map_or(end, Records::index);
        let (intents, looks) = (HashMap::new(), u64::MAX);
        Ok(FoundRecords { archive: self, records, question, intents, next, looks })
    }

    /// Returns the record of an index, with the intent it belongs to; none if it is pruned or does
    /// not exist.
    ///
    /// # Errors
    /// A file can't be read, or a line is damaged.
    pub fn found(&self, index: u64) -> io::Result<Option<FoundRecord>> {
        let Some((bytes, line)) = self.line_at(index)? else { return Ok(None) };
        let intent = self.intent_of(&line)?;
        Ok(Some(FoundRecord { line, bytes, intent }))
    }

    /// The intent that a record is a part of, if it is one and that is still there.
    fn intent_of(&self, line: &Line) -> io::Result<Option<Line>> {
        let Some(of) = line.intent().filter(|of| *of < line.index) else { return Ok(None) };
        Ok(self.line_at(of)?.map(|(_, intent)| intent))
    }

    fn line_at(&self, index: u64) -> io::Result<Option<(Vec<u8>, Line)>> {
        let mut records = match self.records(index) {
            Ok(records) => records,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((at, bytes)) = records.next_line()?.filter(|(at, _)| *at == index) else {
            return Ok(None);
        };
        let line = parse(at, &bytes)?;
        Ok(Some((bytes, line)))
    }
}

fn parse(index: u64, bytes: &[u8]) -> io::Result<Line> {
    Line::parse(bytes).map_err(|why| {
        let what = format!("record {index}: {why}; verify the log");
        io::Error::new(io::ErrorKind::InvalidData, what)
    })
}

impl FoundRecords<'_> {
    /// Limits the number of records that are read; [`FoundRecords::rest`] returns the place to go
    /// on from.
    pub fn look_at_most(mut self, records: u64) -> Self {
        self.looks = records;
        self
    }

    /// Returns the index to go on from; none at the end.
    pub fn rest(&self) -> Option<u64> {
        self.records.as_ref().map(|_| self.next)
    }

    /// Returns the next record that fits; none at the end, or at the limit.
    ///
    /// # Errors
    /// A file can't be read, or a line is damaged.
    pub fn next_found(&mut self) -> io::Result<Option<FoundRecord>> {
        while self.looks > 0 {
            let Some(records) = &mut self.records else { break };
            let Some((index, bytes)) = records.next_line()? else {
                self.records = None;
                break;
            };
            (self.next, self.looks) = (index + 1, self.looks - 1);
            let line = parse(index, &bytes)?;
            if self.question.until.is_some_and(|until| line.time >= until) {
                self.records = None;
                break;
            }
            let known = line.intent().and_then(|of| match &*line.kind {
                "outcome" => self.intents.remove(&of),
                _ => self.intents.get(&of).cloned(),
            });
            let intent = match known {
                // An exchange may have begun before the first record that is looked at.
                None => self.archive.intent_of(&line)?,
                known => known,
            };
            match (&*line.kind, &intent) {
                ("intent", _) => drop(self.intents.insert(index, line.clone())),
                ("continuation", Some(intent)) => {
                    self.intents.entry(intent.index).or_insert_with(|| intent.clone());
                }
                _ => {}
            }
            let found = FoundRecord { line, bytes, intent };
            if found.fits(&self.question) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
