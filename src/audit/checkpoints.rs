//! Signed checkpoints on disk: beside each segment a file of the notes that were signed while it
//! grew, one after the other. The last whole note of the last file is the last durable checkpoint.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sluice_core::ledger::checkpoint::{NotACheckpoint, SignedCheckpoint};
use sluice_core::ledger::note::NoteVerifier;

use super::durable::sync_folder;

const SUFFIX: &str = ".checkpoints";
const NAME_DIGITS: usize = 20;

/// The file of the checkpoints that end in the segment with that first index.
pub(super) fn file_name(first_index: u64) -> String {
    format!("{first_index:0NAME_DIGITS$}{SUFFIX}")
}

/// Appends notes, each of them durable before it is published.
pub(super) struct CheckpointFile {
    folder: PathBuf,
    open: Option<(u64, File)>,
}

impl CheckpointFile {
    pub(super) fn new(folder: &Path) -> CheckpointFile {
        CheckpointFile { folder: folder.into(), open: None }
    }

    /// Makes a note durable, in the file of the segment with that first index.
    pub(super) fn append(&mut self, segment: u64, note: &SignedCheckpoint) -> io::Result<()> {
        let file = match self.open.take() {
            Some((open, file)) if open == segment => file,
            _ => self.begin(segment)?,
        };
        let (_, file) = self.open.insert((segment, file));
        file.write_all(note.to_string().as_bytes())?;
        file.sync_data()
    }

    fn begin(&self, segment: u64) -> io::Result<File> {
        let path = self.folder.join(file_name(segment));
        let new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        if new {
            sync_folder(&self.folder)?;
        }
        Ok(file)
    }
}

/// One note of a file of checkpoints.
pub(super) struct CheckpointNote<'a> {
    /// Its offset in the file, in bytes.
    pub(super) offset: usize,
    /// Its bytes.
    pub(super) note: &'a [u8],
}

/// Returns the complete notes of a file, and their length in bytes; the rest of the file is an
/// incomplete note.
pub(super) fn notes(bytes: &[u8]) -> (Vec<CheckpointNote<'_>>, usize) {
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(length) = note_length(&bytes[offset..]) {
        found.push(CheckpointNote { offset, note: &bytes[offset..offset + length] });
        offset += length;
    }
    (found, offset)
}

/// Lines of a checkpoint's note before its signatures: three of text and an empty one.
const TEXT_LINES: usize = 4;

/// Length of the note that the bytes begin with, if it has at least one signature.
fn note_length(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (nth, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_signature = line.starts_with("— ".as_bytes());
        if nth > TEXT_LINES && !is_signature {
            return Some(length);
        }
        if !line.ends_with(b"\n") {
            // A cosignature that was cut off leaves a note that stands without it.
            return (nth > TEXT_LINES).then_some(length);
        }
        length += line.len();
        if nth == TEXT_LINES && !is_signature {
            return None;
        }
    }
    let lines = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
    (lines > TEXT_LINES).then_some(length)
}

/// The end of the files of checkpoints.
pub(super) enum Last {
    /// The file has no checkpoint.
    None,
    /// The last durable checkpoint.
    Signed(Box<SignedCheckpoint>),
    /// A whole note that is no checkpoint of this log: the file, the offset of the note, and why.
    Bad(PathBuf, u64, NotACheckpoint),
}

/// Finds the last durable checkpoint of a log, and cuts an incomplete note behind it.
pub(super) fn last(folder: &Path, segments: &[u64], log: &NoteVerifier) -> io::Result<Last> {
    find(folder, segments, log, |path, whole| {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(whole)?;
        file.sync_all()
    })
}

/// Finds the last durable checkpoint of a log, and leaves all as it is.
pub(super) fn peek(folder: &Path, segments: &[u64], log: &NoteVerifier) -> io::Result<Last> {
    find(folder, segments, log, |_, _| Ok(()))
}

fn find(
    folder: &Path,
    segments: &[u64],
    log: &NoteVerifier,
    cut: impl Fn(&Path, u64) -> io::Result<()>,
) -> io::Result<Last> {
    for segment in segments.iter().rev() {
        let path = folder.join(file_name(*segment));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let (found, whole) = notes(&bytes);
        let rest = &bytes[whole..];
        if rest.iter().filter(|byte| **byte == b'\n').count() > TEXT_LINES {
            return Ok(Last::Bad(path, whole as u64, NotACheckpoint::Text));
        }
        if !rest.is_empty() {
            cut(&path, whole as u64)?;
        }
        if let Some(last) = found.last() {
            return Ok(match SignedCheckpoint::open(last.note, log) {
                Ok(signed) => Last::Signed(Box::new(signed)),
                Err(why) => Last::Bad(path, last.offset as u64, why),
            });
        }
    }
    Ok(Last::None)
}
