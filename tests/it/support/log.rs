//! The records on disk, read as anybody with a text tool would.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::eventually;

/// The folder of a log.
pub struct LogReader {
    dir: PathBuf,
}

impl LogReader {
    /// A log in that folder.
    pub fn new(dir: &Path) -> LogReader {
        LogReader { dir: dir.to_owned() }
    }

    /// The lines as they stand, those that are complete.
    pub fn lines(&self) -> Vec<String> {
        let files = fs::read_dir(&self.dir).unwrap().map(|found| found.unwrap().path());
        let segment = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "jsonl");
        let mut files: Vec<PathBuf> = files.filter(segment).collect();
        files.sort();
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let complete = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        complete.map(str::to_owned).collect()
    }

    /// All records, each checked to stand at its place.
    pub fn records(&self) -> Vec<Value> {
        let record = |(place, line): (usize, String)| {
            let record: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(record["index"], place, "{line}");
            record
        };
        self.lines().into_iter().enumerate().map(record).collect()
    }

    /// The records of one exchange.
    pub fn of(&self, exchange: &str) -> Vec<Value> {
        let mut records = self.records();
        records.retain(|record| record["exchange"] == exchange);
        records
    }

    /// The records of one kind: `single`, `refusals`, `control`.
    pub fn kind(&self, kind: &str) -> Vec<Value> {
        let mut records = self.records();
        records.retain(|record| record["kind"] == kind);
        records
    }

    /// Waits for a record that nobody waits for, such as that of a refused handshake.
    pub fn wait_for(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || self.records().into_iter().find(|record| fits(record)))
    }
}
