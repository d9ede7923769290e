//! What is made of a folder at start. A normal start and one after a crash are the same code.
//!
//! A crash can only leave an incomplete last line: lines are appended, and nothing is appended
//! after a write or sync has failed. That line was never durable, so nobody was answered on the
//! strength of it; it is cut, and a record of the cut takes its place in the same write. Anything
//! else that is wrong was not a crash of ours, and the gateway does not start on it.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::line::{Head, Line, MAX_LINE_BYTES};
use sluice_core::ledger::record::{Control, Event, Record};

use super::segment::{self, LastSegment};

/// Held locked by the gateway that writes the folder. Its content means nothing.
const LOCK_FILE: &str = "lock";

const READ_BYTES: usize = 1 << 20;

/// What recovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The index that the next record gets.
    pub next_index: u64,
    /// Segment files there are.
    pub segments: usize,
    /// Time of the last record.
    pub last_time: Option<UnixMillis>,
    /// Whether the log is new or the last run closed it in good order.
    pub closed_in_order: bool,
    /// The incomplete line that was cut, and recorded as cut.
    pub cut: Option<Cut>,
}

/// An incomplete line that was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment file's name.
    pub segment: String,
    /// Bytes that were cut.
    pub bytes: u64,
}

/// Why a log does not open.
#[derive(Debug)]
pub enum OpenError {
    /// The file system refused something.
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// How it refused.
        error: io::Error,
    },
    /// Another process writes this folder.
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The files are not as any crash would leave them.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The offset in bytes of the first line that is wrong.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

/// What the log goes on with.
pub(super) struct Recovered {
    pub(super) opened: Opened,
    pub(super) last_segment: Option<LastSegment>,
    pub(super) lock: File,
}

/// Locks the folder, making it if needed, and looks at its last segments.
pub(super) fn recover(dir: &Path, node: &Name, now: UnixMillis) -> Result<Recovered, OpenError> {
    let exists = dir.is_dir();
    if !exists {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| OpenError::io(dir, "making the log folder", error))?;
    }
    let lock = lock(dir)?;
    let firsts = list(dir)?;
    let Some(&last) = firsts.last() else {
        let opened = Opened {
            next_index: 0,
            segments: 0,
            last_time: None,
            closed_in_order: true,
            cut: None,
        };
        return Ok(Recovered { opened, last_segment: None, lock });
    };
    if let [.., before, _] = firsts[..] {
        check_joint(dir, before, last)?;
    }
    let path = dir.join(segment::file_name(last));
    let mut end = scan(&path, last)?;
    let cut = match end.partial_bytes {
        0 => None,
        _ => Some(cut(&path, &mut end, node, now)?),
    };
    let opened = Opened {
        next_index: end.next_index,
        segments: firsts.len(),
        last_time: end.last.as_ref().map(|line| line.time),
        closed_in_order: end
            .last
            .is_some_and(|line| line.members.get("event") == Some(&"stopped".into())),
        cut,
    };
    let last_segment = Some(LastSegment { first_index: last, bytes: end.whole_bytes });
    Ok(Recovered { opened, last_segment, lock })
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

/// The first indices of all segments, in order.
fn list(dir: &Path) -> Result<Vec<u64>, OpenError> {
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

/// The last segment but one must end where the last one begins. Whether all the older ones do is
/// for the verification of the whole log to say; here it would hold up the start.
fn check_joint(dir: &Path, before: u64, last: u64) -> Result<(), OpenError> {
    let path = dir.join(segment::file_name(before));
    let io = |error| OpenError::io(&path, "reading", error);
    let mut file = File::open(&path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let tail_at = length.saturating_sub(MAX_LINE_BYTES as u64 + 2);
    file.seek(SeekFrom::Start(tail_at)).map_err(io)?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).map_err(io)?;
    let whole = tail.strip_suffix(b"\n").unwrap_or_default();
    let start = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let end = Line::index_of(&whole[start..]).map(|index| index + 1);
    if end == Some(last) {
        return Ok(());
    }
    let what = match end {
        Some(end) => format!("it ends before index {end}, but the next segment begins at {last}"),
        None => "its last line is not a line of the log".into(),
    };
    Err(OpenError::Damaged { path, offset: tail_at + start as u64, what })
}

/// The end of the last segment.
struct End {
    whole_bytes: u64,
    partial_bytes: u64,
    next_index: u64,
    last: Option<Line>,
}

/// Reads a segment: every line must have its index, and the last whole one must be a whole record.
fn scan(path: &Path, first_index: u64) -> Result<End, OpenError> {
    let io = |error| OpenError::io(path, "reading", error);
    let damaged = |offset, what| Err(OpenError::Damaged { path: path.into(), offset, what });
    let mut reader = BufReader::with_capacity(READ_BYTES, File::open(path).map_err(io)?);
    let mut end = End { whole_bytes: 0, partial_bytes: 0, next_index: first_index, last: None };
    let (mut line, mut last) = (Vec::new(), Vec::new());
    let mut last_at = 0;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(io)? as u64;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            end.partial_bytes = read;
            break;
        }
        if line.len() > MAX_LINE_BYTES || Line::index_of(&line) != Some(end.next_index) {
            let what = format!("the line is not the record with index {}", end.next_index);
            return damaged(end.whole_bytes, what);
        }
        last_at = end.whole_bytes;
        end.whole_bytes += read;
        end.next_index += 1;
        std::mem::swap(&mut line, &mut last);
    }
    if end.next_index > first_index {
        match Line::parse(&last) {
            Ok(line) => end.last = Some(line),
            Err(error) => return damaged(last_at, format!("the last line is no record: {error}")),
        }
    }
    Ok(end)
}

/// Replaces an incomplete last line by a record of the cut. The record overwrites the line before
/// the file is shortened, so that no crash in between leaves a cut without its record.
fn cut(path: &Path, end: &mut End, node: &Name, now: UnixMillis) -> Result<Cut, OpenError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let cut = Cut { segment: name, bytes: end.partial_bytes };
    let event = Event::LogCut { segment: cut.segment.as_str().into(), bytes: cut.bytes };
    let record = Record::Control(Control { time: now, event });
    let time = end.last.as_ref().map_or(now, |last| last.time.max(now));
    let mut line = Vec::new();
    let io = |error| OpenError::io(path, "cutting an incomplete line from", error);
    record
        .write_line(&Head { index: end.next_index, time, node }, &mut line)
        .map_err(|error| io(io::Error::other(error)))?;
    line.push(b'\n');
    let file = OpenOptions::new().write(true).open(path).map_err(io)?;
    file.write_all_at(&line, end.whole_bytes).map_err(io)?;
    file.sync_data().map_err(io)?;
    end.whole_bytes += line.len() as u64;
    file.set_len(end.whole_bytes).map_err(io)?;
    file.sync_all().map_err(io)?;
    line.pop();
    end.last = Line::parse(&line).ok();
    end.next_index += 1;
    end.partial_bytes = 0;
    Ok(cut)
}

impl OpenError {
    pub(super) fn io(path: &Path, doing: &'static str, error: io::Error) -> OpenError {
        OpenError::Io { doing, path: path.into(), error }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Io { doing, path, error } => {
                write!(f, "{doing} {} failed: {error}", path.display())
            }
            OpenError::InUse { dir } => write!(
                f,
                "another process writes the log in {}: stop it first, or give this gateway a log \
                 folder of its own",
                dir.display()
            ),
            OpenError::Damaged { path, offset, what } => write!(
                f,
                "the log is damaged in {} at byte {offset}: {what}. No crash leaves this; a disk or \
                 somebody did it. Nothing was changed. Keep a copy of the whole folder as evidence, \
                 then restore it from a backup, or start with a new folder and keep this one for \
                 the auditors",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { error, .. } => Some(error),
            OpenError::InUse { .. } | OpenError::Damaged { .. } => None,
        }
    }
}
