//! Prunes records past their retention: whole segments, from the first on, never the last one.
//! Their hashes stay, so that every proof made before and after still holds. The removal is itself
//! a record, durable and signed before the first segment goes.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::line::{Line, MAX_LINE_BYTES};
use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::ledger::tree;

use super::durability::LogUnavailable;
use super::durable::sync_folder;
use super::log::Log;
use super::queue::locked;
use super::segment;

/// The files that were removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Index of the first record that was.
    pub from: u64,
    /// Index of the first record that stays.
    pub until: u64,
    /// Segments.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The reason why nothing, or not all, was removed.
#[derive(Debug)]
pub enum NotPruned {
    /// Files can't be read, synced or removed.
    Io(io::Error),
    /// The removal can't be recorded.
    Log(LogUnavailable),
}

impl Log {
    /// Removes the segments whose records are all older than this time; returns none if there are
    /// no such segments.
    ///
    /// # Errors
    /// [`NotPruned`]. Segments that are recorded as removed but still exist are removed the next
    /// time.
    pub async fn prune(&self, before: UnixMillis) -> Result<Option<Pruned>, NotPruned> {
        let Some((pruned, root)) = self.prunable(before).map_err(NotPruned::Io)? else {
            return Ok(None);
        };
        let Pruned { from, until, segments, bytes } = pruned;
        // The hashes alone will tell of those records: they are durable first.
        self.shared.files.sync().map_err(NotPruned::Io)?;
        let event = Event::Pruned { from, until, segments: segments as u64, bytes, root };
        let control = Control { time: (self.shared.clock)(), event };
        let pending = self.append(&Record::Control(control)).map_err(NotPruned::Log)?;
        let index = pending.durable().await.map_err(NotPruned::Log)?.index;
        self.checkpoint_over(index).await.map_err(NotPruned::Log)?;
        for _ in 0..segments {
            let first = locked(&self.shared.segments)[0];
            match std::fs::remove_file(self.dir.join(segment::file_name(first))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(NotPruned::Io(error));
                }
                Ok(()) | Err(_) => drop(locked(&self.shared.segments).remove(0)),
            }
        }
        sync_folder(&self.dir).map_err(NotPruned::Io)?;
        Ok(Some(pruned))
    }

    /// The segments that can be removed, and the root of the tree up to those that stay.
    fn prunable(&self, before: UnixMillis) -> io::Result<Option<(Pruned, Box<str>)>> {
        let segments = locked(&self.shared.segments).clone();
        let signed = self.checkpoint().map_or(0, |checkpoint| checkpoint.size());
        let mut count = 0;
        for next in segments.iter().skip(1) {
            // Times never run backwards along the log.
            let begins = first_time(&self.dir.join(segment::file_name(*next)))?;
            if *next > signed || begins.is_none_or(|begins| begins >= before) {
                break;
            }
            count += 1;
        }
        let (Some(from), Some(until)) = (segments.first(), segments.get(count)) else {
            return Ok(None);
        };
        if count == 0 {
            return Ok(None);
        }
        let mut bytes = 0;
        for first in &segments[..count] {
            bytes += std::fs::metadata(self.dir.join(segment::file_name(*first)))?.len();
        }
        let root = tree::root(&self.shared.files, *until)?.to_string().into();
        Ok(Some((Pruned { from: *from, until: *until, segments: count, bytes }, root)))
    }
}

/// The time of a segment's first record, if it has one.
fn first_time(path: &Path) -> io::Result<Option<UnixMillis>> {
    let mut line = Vec::new();
    let file = io::Read::take(File::open(path)?, MAX_LINE_BYTES as u64 + 1);
    BufReader::new(file).read_until(b'\n', &mut line)?;
    Ok(Line::time_of(&line))
}

impl fmt::Display for NotPruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPruned::Io(error) => write!(f, "{error}"),
            NotPruned::Log(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for NotPruned {}
