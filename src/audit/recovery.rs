//! Recovery of a folder at start. A normal start and one after a crash are the same code.
//!
//! A crash can only leave an incomplete last line: lines are appended, and nothing is appended
//! after a write or sync has failed. That line was never durable, so no answer relied on it. It is
//! cut, and a record of the cut takes its place in the same write. Any other damage was not caused
//! by a crash, and the gateway does not start on it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::{Head, Line};
use sluice_core::ledger::note::NoteVerifier;
use sluice_core::ledger::record::{Control, Event, Record, Thread};

use super::checkpoints::{self, Last};
use super::durable;
use super::hashes::{Growth, HashFiles};
use super::open_error::OpenError;
use super::scan::{Scan, Scanned};
use super::segment::{self, LastSegment};

/// Held locked by the gateway that writes the folder. Its content means nothing.
const LOCK_FILE: &str = "lock";

/// The log's public key, in the form of a signed note's verifier key.
pub(super) const KEY_FILE: &str = "log.vkey";

/// The findings of recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The index that the next record gets.
    pub next_index: u64,
    /// Segment files there are.
    pub segments: usize,
    /// Time of the last record.
    pub last_time: Option<UnixMillis>,
    /// True if the log is new or the last run closed it in good order.
    pub closed_in_order: bool,
    /// The incomplete line that was cut, and recorded as cut.
    pub cut: Option<TruncatedLine>,
    /// Intents without an outcome. Each has been given one: `unknown`.
    pub open_intents: usize,
}

/// An incomplete line that was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruncatedLine {
    /// The segment file's name.
    pub segment: String,
    /// Bytes that were cut.
    pub bytes: u64,
}

/// The state from which the log continues.
pub(super) struct Recovered {
    pub(super) opened: Opened,
    /// First indices of all segments.
    pub(super) segments: Vec<u64>,
    pub(super) last_segment: Option<LastSegment>,
    pub(super) files: HashFiles,
    pub(super) growth: Growth,
    pub(super) checkpoint: Option<SignedCheckpoint>,
    /// Intents without an outcome.
    pub(super) open_intents: Vec<Thread>,
    pub(super) lock: File,
}

/// Locks the folder, making it if needed, reads the records after the last durable checkpoint, and
/// checks that they lead to the signed tree.
pub(super) fn recover(
    dir: &Path,
    node: &Name,
    now: UnixMillis,
    key: &NoteVerifier,
) -> Result<Recovered, OpenError> {
    if !dir.is_dir() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| OpenError::io(dir, "making the log folder", error))?;
    }
    let lock = lock(dir)?;
    keep_key(dir, key)?;
    let firsts = list(dir)?;
    let checkpoint = last_checkpoint(dir, &firsts, key)?;
    let tree = |error| OpenError::io(&super::hashes::folder(dir), "reading the tree in", error);
    let files = HashFiles::open(dir).map_err(tree)?;
    let scanned = scan(dir, &firsts, &files, checkpoint.as_ref())?;
    let Scanned { mut growth, mut end, intents, .. } = scanned;
    let cut = match (firsts.last(), end.partial_bytes) {
        (None, _) | (_, 0) => None,
        (Some(last), _) => {
            let path = dir.join(segment::file_name(*last));
            Some(cut(&path, &mut end, &mut growth, node, now)?)
        }
    };
    growth.write(&files).map_err(tree)?;
    let stopped = |last: &Line| last.members.get("event") == Some(&"stopped".into());
    let opened = Opened {
        next_index: growth.size(),
        segments: firsts.len(),
        last_time: end.last.as_ref().map(|line| line.time),
        closed_in_order: firsts.is_empty() || end.last.as_ref().is_some_and(stopped),
        cut,
        open_intents: intents.len(),
    };
    let last_segment = firsts.last();
    let last_segment =
        last_segment.map(|first| LastSegment { first_index: *first, bytes: end.whole_bytes });
    let open_intents = intents;
    let segments = firsts;
    Ok(Recovered { opened, segments, last_segment, files, growth, checkpoint, open_intents, lock })
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK_FILE);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|error| OpenError::io(&path, "opening", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.into() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(&path, "locking", error)),
    }
}

/// Keeps the public key beside the segments. A log has one key from its first record to its last;
/// a new key is a new log.
fn keep_key(dir: &Path, key: &NoteVerifier) -> Result<(), OpenError> {
    let path = dir.join(KEY_FILE);
    let io = |error| OpenError::io(&path, "keeping the log's public key in", error);
    match std::fs::read_to_string(&path) {
        Ok(kept) if kept.trim_end() == key.to_string() => Ok(()),
        Ok(_) => Err(OpenError::OtherKey { path, ours: key.to_string() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            durable::replace(&path, format!("{key}\n").as_bytes(), 0o644).map_err(io)
        }
        Err(error) => Err(io(error)),
    }
}

/// The first indices of all segments, in order.
pub(super) fn list(dir: &Path) -> Result<Vec<u64>, OpenError> {
    let io = |error| OpenError::io(dir, "listing", error);
    let mut firsts = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let name = name.to_string_lossy();
        match segment::first_index(&name) {
            Some(first) => firsts.push(first),
            None if segment::looks_like_one(&name) => {
                let what = "its name is not that of a segment".into();
                return Err(OpenError::Damaged { path: dir.join(&*name), offset: 0, what });
            }
            None => {}
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}

fn last_checkpoint(
    dir: &Path,
    firsts: &[u64],
    key: &NoteVerifier,
) -> Result<Option<SignedCheckpoint>, OpenError> {
    let last = checkpoints::last(dir, firsts, key);
    match last.map_err(|error| OpenError::io(dir, "reading the checkpoints in", error))? {
        Last::None => Ok(None),
        Last::Signed(signed) => Ok(Some(*signed)),
        Last::Bad(path, offset, why) => {
            let what = format!("the last checkpoint is none of this log: {why}");
            Err(OpenError::Damaged { path, offset, what })
        }
    }
}

/// Reads from the last segment's beginning, or from further back if the last checkpoint, the stored
/// hashes or the list of open intents make that necessary.
fn scan(
    dir: &Path,
    firsts: &[u64],
    files: &HashFiles,
    checkpoint: Option<&SignedCheckpoint>,
) -> Result<Scanned, OpenError> {
    let tree = |error| OpenError::io(&super::hashes::folder(dir), "reading the tree in", error);
    let known = files.size().map_err(tree)?;
    let signed = checkpoint.map_or(u64::MAX, |checkpoint| checkpoint.size().saturating_sub(1));
    let behind = |first: &&u64| **first <= known.min(signed);
    let mut from = firsts.iter().take_while(behind).count().saturating_sub(1);
    loop {
        let start = firsts.get(from).copied().unwrap_or(0);
        if start > known {
            let path = super::hashes::folder(dir);
            let what = format!("it lacks hashes of records before {start}, which are pruned");
            return Err(OpenError::Damaged { path, offset: 0, what });
        }
        files.truncate(start).map_err(tree)?;
        let growth = Growth::resume(files, start).map_err(tree)?;
        let scanned = Scan::new(dir, growth, checkpoint).read(&firsts[from..])?;
        let agrees = checkpoint.is_none_or(|c| scanned.root_at_checkpoint == Some(c.root()));
        if from == 0 || (agrees && scanned.intents_are_complete) {
            return conclude(dir, firsts, scanned, checkpoint);
        }
        // Where the stored hashes are wrong, the records themselves may still be right.
        from = if agrees { from - 1 } else { 0 };
    }
}

/// Compares the records with the signed checkpoint.
fn conclude(
    dir: &Path,
    firsts: &[u64],
    scanned: Scanned,
    checkpoint: Option<&SignedCheckpoint>,
) -> Result<Scanned, OpenError> {
    let Some(checkpoint) = checkpoint else { return Ok(scanned) };
    let last = firsts.last().copied().unwrap_or(0);
    let path = dir.join(segment::file_name(last));
    let size = checkpoint.size();
    let what = match scanned.root_at_checkpoint {
        Some(root) if root == checkpoint.root() => return Ok(scanned),
        Some(_) => format!(
            "the first {size} records are not those over which the last checkpoint was signed"
        ),
        None => format!(
            "the last checkpoint counts {size} records, but only {} are here: whole lines are \
             missing at the end",
            scanned.growth.size()
        ),
    };
    Err(OpenError::Damaged { path, offset: scanned.end.whole_bytes, what })
}

/// Replaces an incomplete last line by a record of the cut. The record overwrites the line before
/// the file is shortened, so that no crash in between leaves a cut without its record.
fn cut(
    path: &Path,
    end: &mut super::scan::End,
    growth: &mut Growth,
    node: &Name,
    now: UnixMillis,
) -> Result<TruncatedLine, OpenError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let cut = TruncatedLine { segment: name, bytes: end.partial_bytes };
    let event = Event::LogCut { segment: cut.segment.as_str().into(), bytes: cut.bytes };
    let record = Record::Control(Control { time: now, event });
    let time = end.last.as_ref().map_or(now, |last| last.time.max(now));
    let mut line = Vec::new();
    let io = |error| OpenError::io(path, "cutting an incomplete line from", error);
    record
        .write_line(&Head { index: growth.size(), time, node }, &mut line)
        .map_err(|error| io(io::Error::other(error)))?;
    super::scan::note(growth, &line, end.whole_bytes, time);
    end.last = Line::parse(&line).ok();
    line.push(b'\n');
    let file = OpenOptions::new().write(true).open(path).map_err(io)?;
    file.write_all_at(&line, end.whole_bytes).map_err(io)?;
    file.sync_data().map_err(io)?;
    end.whole_bytes += line.len() as u64;
    file.set_len(end.whole_bytes).map_err(io)?;
    file.sync_all().map_err(io)?;
    end.partial_bytes = 0;
    Ok(cut)
}
