//! Segment files: JSON Lines, named after the index of their first record.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::durable::sync_folder;

/// Mode of segment files: only the gateway's own account reads them.
const FILE_MODE: u32 = 0o600;

const SUFFIX: &str = ".jsonl";
const NAME_DIGITS: usize = 20;

/// `00000000000000000042.jsonl`: names sort as their indices do.
pub(super) fn file_name(first_index: u64) -> String {
    format!("{first_index:0NAME_DIGITS$}{SUFFIX}")
}

/// The first index of the segment of that name; nothing if it is no segment's name.
pub(super) fn first_index(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(SUFFIX)?;
    let plain = digits.len() == NAME_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Says whether a file looks like a segment, rightly named or not.
pub(super) fn looks_like_one(file_name: &str) -> bool {
    file_name.ends_with(SUFFIX)
}

/// The operations that the writer needs of a disk. After any error the writer never touches it again, so an
/// implementation need not be usable after one.
pub(super) trait Disk: Send {
    /// Creates a new, empty segment for appending. Its name is durable when this returns.
    fn create(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>>;

    /// Opens an existing segment for appending at its end.
    fn open(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>>;
}

/// The operations that the writer needs of a segment file.
pub(super) trait SegmentFile: Send {
    /// Appends all the bytes, in order. They need not be durable yet.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes all that was appended durable, with the file's size.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of a real file system.
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Disk for Folder {
    fn create(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(self.path.join(file_name(first_index)))?;
        sync_folder(&self.path)?;
        Ok(Box::new(file))
    }

    fn open(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new().append(true).open(self.path.join(file_name(first_index)))?;
        Ok(Box::new(file))
    }
}

impl SegmentFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// The segments as the writer sees them: one that grows, and a rule when the next one begins.
pub(super) struct Segments {
    disk: Box<dyn Disk>,
    file: Box<dyn SegmentFile>,
    written_bytes: u64,
    roll_at_bytes: u64,
}

impl Segments {
    /// Goes on in the segment that recovery found last, or begins the first one.
    pub(super) fn resume(
        mut disk: Box<dyn Disk>,
        last: Option<LastSegment>,
        roll_at_bytes: u64,
    ) -> io::Result<Segments> {
        let (file, written_bytes) = match last {
            Some(last) => (disk.open(last.first_index)?, last.bytes),
            None => (disk.create(0)?, 0),
        };
        Ok(Segments { disk, file, written_bytes, roll_at_bytes })
    }

    /// Writes whole lines and makes them durable.
    pub(super) fn commit(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.append(lines)?;
        self.file.sync()?;
        self.written_bytes += lines.len() as u64;
        Ok(())
    }

    /// The offset of the next line in the segment.
    pub(super) fn end(&self) -> u64 {
        self.written_bytes
    }

    /// Begins the next segment once this one has its size; returns true if it did. A segment may
    /// exceed the size by one commit, as splitting a commit would cost a second sync.
    pub(super) fn roll_if_due(&mut self, next_index: u64) -> io::Result<bool> {
        if self.written_bytes < self.roll_at_bytes {
            return Ok(false);
        }
        self.file = self.disk.create(next_index)?;
        self.written_bytes = 0;
        Ok(true)
    }
}

/// The segment that is still growing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LastSegment {
    pub(super) first_index: u64,
    pub(super) bytes: u64,
}
