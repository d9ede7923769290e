//! Finding records by what they say. All records from some place on are looked at, so this serves
//! copies and small questions; no gateway waits for it.

use std::collections::HashMap;
use std::io;

use serde_json::Value;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::line::Line;

use super::archive::{Archive, Records};

/// What records are asked for. What is not said may be anything.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Of this index or a later one.
    pub from: Option<u64>,
    /// Recorded at this time or later.
    pub since: Option<UnixMillis>,
    /// Recorded before this time.
    pub until: Option<UnixMillis>,
    /// Members of records and what they say, such as `consumer.department`. What a part of an
    /// exchange does not say itself is looked up in its intent.
    pub says: Vec<(&'static str, String)>,
    /// Ids of entries begin so.
    pub entry_begins: Option<String>,
    /// One of these persons is named, by digest.
    pub subjects: Vec<String>,
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The record.
    pub line: Line,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The intent that it belongs to, if it is a part of an exchange.
    pub intent: Option<Line>,
}

impl Found {
    /// What a member says, with a dot between names: of the record, or else of its intent.
    pub fn says(&self, path: &str) -> Option<&Value> {
        let own = look(&self.line, path);
        own.or_else(|| self.intent.as_ref().and_then(|intent| look(intent, path)))
    }

    /// The same as a text; empty if there is none.
    pub fn text(&self, path: &str) -> String {
        match self.says(path) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// The persons it names, by digest.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        let lists = ["subjects", "released.subjects"].into_iter();
        let lists = lists.filter_map(|path| look(&self.line, path)?.as_array());
        lists.flatten().filter_map(Value::as_str)
    }

    /// Whether it fits a question.
    pub fn fits(&self, question: &Question) -> bool {
        let Question { from: _, since, until, says, entry_begins, subjects } = question;
        since.is_none_or(|since| self.line.time >= since)
            && until.is_none_or(|until| self.line.time < until)
            && says.iter().all(|(path, wanted)| self.text(path) == *wanted)
            && entry_begins.as_ref().is_none_or(|begins| self.text("entry").starts_with(&**begins))
            && (subjects.is_empty()
                || self.subjects().any(|named| subjects.iter().any(|wanted| wanted == named)))
    }
}

fn look<'a>(line: &'a Line, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = line.members.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// The records that fit a question, in order.
pub struct Answers {
    records: Records,
    question: Question,
    /// Intents whose outcome was not seen yet, by index.
    intents: HashMap<u64, Line>,
}

impl Archive {
    /// The records that fit a question.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn find(&self, question: Question) -> io::Result<Option<Answers>> {
        // Parts of an exchange that began before are told without what only its intent says.
        let records = match question.from {
            Some(from) if from >= self.extent()?.1 => None,
            Some(from) => Some(self.records(from.max(self.extent()?.0))?),
            None => self.records_since(question.since.unwrap_or(UnixMillis::MIN))?,
        };
        Ok(records.map(|records| Answers { records, question, intents: HashMap::new() }))
    }
}

impl Archive {
    /// The record of an index, with the intent it belongs to; none if it is pruned or not there.
    ///
    /// # Errors
    /// When files can't be read, or a line is none.
    pub fn found(&self, index: u64) -> io::Result<Option<Found>> {
        let read = |index: u64| match self.records(index) {
            Ok(mut records) => records.next_line(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let parse = |bytes: &[u8]| {
            let wrong = |why| io::Error::new(io::ErrorKind::InvalidData, why);
            Line::parse(bytes).map_err(wrong)
        };
        let Some((at, bytes)) = read(index)?.filter(|(at, _)| *at == index) else {
            return Ok(None);
        };
        debug_assert_eq!(at, index);
        let line = parse(&bytes)?;
        let intent = match line.members.get("intent").and_then(Value::as_u64) {
            Some(of) => read(of)?.map(|(_, bytes)| parse(&bytes)).transpose()?,
            None => None,
        };
        Ok(Some(Found { line, bytes, intent }))
    }
}

impl Answers {
    /// The next record that fits.
    ///
    /// # Errors
    /// When files can't be read, or a line is none.
    pub fn next_found(&mut self) -> io::Result<Option<Found>> {
        while let Some((index, bytes)) = self.records.next_line()? {
            let line = Line::parse(&bytes).map_err(|why| {
                let what = format!("record {index}: {why}; verify the log");
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            if self.question.until.is_some_and(|until| line.time >= until) {
                return Ok(None);
            }
            let of = line.members.get("intent").and_then(Value::as_u64);
            let intent = match &*line.kind {
                "outcome" => of.and_then(|of| self.intents.remove(&of)),
                _ => of.and_then(|of| self.intents.get(&of).cloned()),
            };
            if &*line.kind == "intent" {
                self.intents.insert(index, line.clone());
            }
            let found = Found { line, bytes, intent };
            if found.fits(&self.question) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
