//! Reading a log: a live one beside its gateway, or a copy of its folder. Nothing here writes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::note::NoteVerifier;
use sluice_core::ledger::tile::{self, Resource, Tile, level_length};
use sluice_core::ledger::tree::{HASH_BYTES, Hash, Stored};

use super::checkpoints::{self, Last};
use super::hashes::{HashFiles, MARK_EVERY_RECORDS};
use super::recovery::{KEY_FILE, list};
use super::segment;

/// Longest time from the beginning of an exchange to its first record, in milliseconds:
/// far beyond every deadline that an exchange has before its answer begins.
const FIRST_RECORD_WITHIN_MS: i64 = 15 * 60_000;

/// Longest time by which a clock may have been set back between an exchange's beginning and its record, in
/// milliseconds, for the record still to be found.
const CLOCK_SLACK_MS: i64 = 5_000;

/// Farthest offset that a file can be read from; a mark beyond it is damaged.
const MAX_OFFSET_BYTES: u64 = i64::MAX as u64;

/// A log folder that is read.
pub struct Archive {
    dir: PathBuf,
    files: HashFiles,
}

impl Archive {
    /// Opens the folder of a log.
    ///
    /// # Errors
    /// The folder is no log, or can't be read.
    pub fn open(dir: &Path) -> io::Result<Archive> {
        Ok(Archive { dir: dir.into(), files: HashFiles::read_only(dir)? })
    }

    /// The log's public key, from the file beside the segments. A reader who does not trust the
    /// folder must get the key from elsewhere.
    ///
    /// # Errors
    /// The file is missing or can't be read.
    pub fn key(&self) -> io::Result<NoteVerifier> {
        let text = std::fs::read_to_string(self.dir.join(KEY_FILE))?;
        text.trim_end().parse().map_err(io::Error::other)
    }

    /// First indices of all segments, in order.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn segments(&self) -> io::Result<Vec<u64>> {
        list(&self.dir).map_err(io::Error::other)
    }

    /// The stored hashes, for proofs.
    pub fn tree(&self) -> &impl Stored<Error = io::Error> {
        &self.files
    }

    /// The index of the first record whose bytes are there, and the one behind the last.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn extent(&self) -> io::Result<(u64, u64)> {
        let segments = self.segments()?;
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return Ok((0, 0));
        };
        let marked = self.files.marks()?.saturating_sub(1) * MARK_EVERY_RECORDS;
        let mut records = self.records(marked.max(*last))?;
        while records.next_line()?.is_some() {}
        Ok((*first, records.index))
    }

    /// The last checkpoint that the log signed.
    ///
    /// # Errors
    /// The checkpoint can't be read, or is of another log.
    pub fn checkpoint(&self, key: &NoteVerifier) -> io::Result<Option<SignedCheckpoint>> {
        match checkpoints::peek(&self.dir, &self.segments()?, key)? {
            Last::None => Ok(None),
            Last::Signed(signed) => Ok(Some(*signed)),
            Last::Bad(path, offset, why) => {
                let what = format!("{} at byte {offset}: {why}", path.display());
                Err(io::Error::other(what))
            }
        }
    }

    /// The records from an index on, to the end of what is written. An incomplete last line is
    /// none yet.
    ///
    /// # Errors
    /// When the segment that has the record can't be read; if it is pruned,
    /// [`io::ErrorKind::NotFound`].
    pub fn records(&self, from: u64) -> io::Result<Records> {
        let segments = self.segments()?;
        let nth = segments.partition_point(|first| *first <= from).checked_sub(1);
        let nth = nth.ok_or(io::ErrorKind::NotFound)?;
        let (index, offset) = self.near(segments[nth], from);
        let mut records = Records {
            dir: self.dir.clone(),
            segments: segments[nth + 1..].to_vec(),
            reader: open_at(&self.dir, segments[nth], offset)?,
            index,
        };
        if records.peek_index()? != Some(index) {
            // A mark that leads elsewhere is left to the log's verification.
            records.reader = open_at(&self.dir, segments[nth], 0)?;
            records.index = segments[nth];
        }
        while records.index < from && records.next_line()?.is_some() {}
        Ok(records)
    }

    /// A record of a segment at or before an index, and the offset of its line.
    fn near(&self, segment: u64, index: u64) -> (u64, u64) {
        let marked = index / MARK_EVERY_RECORDS * MARK_EVERY_RECORDS;
        match self.files.mark(index) {
            Ok(mark) if marked >= segment && mark.offset <= MAX_OFFSET_BYTES => {
                (marked, mark.offset)
            }
            Ok(_) | Err(_) => (segment, 0),
        }
    }

    /// The content of a path of the tiled log for a tree of that size, which a checkpoint must cover.
    /// Nothing if such a tree has no such resource, or its entries are pruned. The checkpoint
    /// itself is not here.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn resource(&self, resource: Resource, size: u64) -> io::Result<Option<Vec<u8>>> {
        let (level, tile) = match resource {
            Resource::Checkpoint => return Ok(None),
            Resource::Hashes { level, tile } => (level, tile),
            Resource::Entries(tile) => (0, tile),
        };
        if tile.range().end > level_length(level, size) {
            return Ok(None);
        }
        match resource {
            Resource::Entries(tile) => self.entries(tile),
            Resource::Hashes { .. } | Resource::Checkpoint => self.hashes(level, tile).map(Some),
        }
    }

    fn hashes(&self, level: u8, tile: Tile) -> io::Result<Vec<u8>> {
        let mut hashes = vec![Hash([0; HASH_BYTES]); tile.width.into()];
        self.files.read(level, tile.range().start, &mut hashes)?;
        Ok(hashes.iter().flat_map(|hash| hash.0).collect())
    }

    fn entries(&self, tile: Tile) -> io::Result<Option<Vec<u8>>> {
        let Range { start, end } = tile.range();
        let mut records = match self.records(start) {
            Ok(records) => records,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bundle = Vec::new();
        for _ in start..end {
            let Some((_, line)) = records.next_line()? else { return Ok(None) };
            tile::bundle_entry(&line, &mut bundle).map_err(io::Error::other)?;
        }
        Ok(Some(bundle))
    }

    /// Finds the records of an exchange by the time in its id, which is a UUIDv7: the one record,
    /// or the intent with what follows it.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn exchange(&self, exchange: &str) -> io::Result<Vec<(u64, Vec<u8>)>> {
        let Some(began) = time_of_id(exchange) else { return Ok(Vec::new()) };
        let Some(mut records) = self.records_since(began - CLOCK_SLACK_MS)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        while let Some((index, line)) = records.next_line()? {
            if Line::exchange_of(&line) == Some(exchange) {
                let is_last = matches!(Line::kind_of(&line), Some("single" | "outcome"));
                found.push((index, line));
                if is_last {
                    break;
                }
            } else if found.is_empty() {
                let late = |time| time > began + FIRST_RECORD_WITHIN_MS;
                if Line::time_of(&line).is_some_and(late) {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns the records from a place on; all records before it are earlier than this time.
    ///
    /// # Errors
    /// When files can't be read.
    pub fn records_since(&self, time: UnixMillis) -> io::Result<Option<Records>> {
        let segments = self.segments()?;
        let Some(first) = segments.first() else { return Ok(None) };
        let (mut low, mut high) = (first.div_ceil(MARK_EVERY_RECORDS), self.files.marks()?);
        let first_mark = low;
        // Times never run backwards along the log.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.files.mark(middle * MARK_EVERY_RECORDS)?.time < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let from = if low == first_mark { *first } else { (low - 1) * MARK_EVERY_RECORDS };
        self.records(from).map(Some)
    }
}

/// Records one after the other, over the ends of segments.
pub struct Records {
    dir: PathBuf,
    /// First indices of the segments that follow.
    segments: Vec<u64>,
    reader: BufReader<File>,
    index: u64,
}

impl Records {
    /// The index of the next record.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The next record: its index and its line, without the newline.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        loop {
            let mut line = Vec::new();
            self.reader.read_until(b'\n', &mut line)?;
            if line.pop_if(|byte| *byte == b'\n').is_some() {
                self.index += 1;
                return Ok(Some((self.index - 1, line)));
            }
            if self.segments.is_empty() || !line.is_empty() {
                return Ok(None);
            }
            let next = self.segments.remove(0);
            self.reader = open_at(&self.dir, next, 0)?;
            self.index = next;
        }
    }

    /// Returns the index in the next line, without consuming it.
    fn peek_index(&mut self) -> io::Result<Option<u64>> {
        Ok(Line::index_of(self.reader.fill_buf()?))
    }
}

fn open_at(dir: &Path, segment: u64, offset: u64) -> io::Result<BufReader<File>> {
    let mut file = File::open(dir.join(segment::file_name(segment)))?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(BufReader::new(file))
}

/// The time in a UUIDv7: its first 48 bits.
pub(crate) fn time_of_id(exchange: &str) -> Option<UnixMillis> {
    let id: uuid::Uuid = exchange.parse().ok()?;
    let [a, b, c, d, e, f, ..] = *id.as_bytes();
    let time = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    (id.get_version_num() == 7).then_some(time)
}
