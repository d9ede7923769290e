//! The tree on disk: one flat file a level, so that a tile is 8 KiB at a known place. Beside them
//! are marks, one every 256 records, with the place and the time of a record.
//!
//! All files can be rebuilt from the segments, so nothing waits for them to be synced. After a
//! crash, they are checked against the last signed checkpoint.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::tile::level_length;
use sluice_core::ledger::tree::{Frontier, HASH_BYTES, Hash, LEVELS, Stored, TILE_WIDTH};

/// Records between two marks: the entries of one tile.
pub(super) const MARK_EVERY_RECORDS: u64 = TILE_WIDTH;

const FOLDER: &str = "tree";
const MARKS_FILE: &str = "marks";
const MARK_BYTES: u64 = 16;

/// The place of a record in its segment, and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Offset of its line in its segment, in bytes.
    pub(super) offset: u64,
    pub(super) time: UnixMillis,
}

/// The files of the tree. Hashes are appended by one thread and read by any.
pub(super) struct HashFiles {
    levels: Vec<File>,
    marks: File,
}

impl HashFiles {
    /// Opens the files of a log folder, making them if needed.
    pub(super) fn open(log: &Path) -> io::Result<HashFiles> {
        let folder = folder(log);
        if !folder.is_dir() {
            DirBuilder::new().mode(0o700).create(&folder)?;
        }
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            options.open(folder.join(name))
        };
        let levels = (0..LEVELS).map(|level| open(&level.to_string())).collect::<Result<_, _>>()?;
        Ok(HashFiles { levels, marks: open(MARKS_FILE)? })
    }

    /// Opens the files of a log folder to read them only.
    pub(super) fn read_only(log: &Path) -> io::Result<HashFiles> {
        let open = |name: &str| File::open(folder(log).join(name));
        let levels = (0..LEVELS).map(|level| open(&level.to_string())).collect::<Result<_, _>>()?;
        Ok(HashFiles { levels, marks: open(MARKS_FILE)? })
    }

    /// The number of records whose hashes and marks are all there, going by the files' lengths.
    pub(super) fn size(&self) -> io::Result<u64> {
        let size = self.levels[0].metadata()?.len() / HASH_BYTES as u64;
        let mut complete =
            self.marks.metadata()?.len() / MARK_BYTES >= size.div_ceil(MARK_EVERY_RECORDS);
        for (level, file) in (0..LEVELS).zip(&self.levels) {
            let length = file.metadata()?.len() / HASH_BYTES as u64;
            complete &= length >= level_length(level, size);
        }
        Ok(if complete { size } else { 0 })
    }

    /// The number of hashes of a level.
    pub(super) fn length(&self, level: u8) -> io::Result<u64> {
        let file = self.levels.get(usize::from(level)).ok_or(io::ErrorKind::NotFound)?;
        Ok(file.metadata()?.len() / HASH_BYTES as u64)
    }

    /// Cuts the files back to a number of records.
    pub(super) fn truncate(&self, size: u64) -> io::Result<()> {
        for (level, file) in (0..LEVELS).zip(&self.levels) {
            file.set_len(level_length(level, size) * HASH_BYTES as u64)?;
        }
        self.marks.set_len(size.div_ceil(MARK_EVERY_RECORDS) * MARK_BYTES)
    }

    /// Reads the mark at or before a record.
    pub(super) fn mark(&self, index: u64) -> io::Result<Mark> {
        let mut bytes = [0; MARK_BYTES as usize];
        self.marks.read_exact_at(&mut bytes, index / MARK_EVERY_RECORDS * MARK_BYTES)?;
        let (offset, time) = bytes.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
        Ok(Mark { offset: number(offset), time: number(time) as UnixMillis })
    }

    /// The number of marks.
    pub(super) fn marks(&self) -> io::Result<u64> {
        Ok(self.marks.metadata()?.len() / MARK_BYTES)
    }

    /// Makes all that was written durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.levels.iter().try_for_each(File::sync_data)?;
        self.marks.sync_data()
    }
}

/// The folder of the tree within that of its log.
pub(super) fn folder(log: &Path) -> PathBuf {
    log.join(FOLDER)
}

impl Stored for HashFiles {
    type Error = io::Error;

    fn read(&self, level: u8, start: u64, out: &mut [Hash]) -> io::Result<()> {
        let file = self.levels.get(usize::from(level)).ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; out.len() * HASH_BYTES];
        file.read_exact_at(&mut bytes, start * HASH_BYTES as u64)?;
        for (hash, bytes) in out.iter_mut().zip(bytes.chunks_exact(HASH_BYTES)) {
            hash.0.copy_from_slice(bytes);
        }
        Ok(())
    }
}

/// A growing tree: its right edge, and the hashes that are not in the files yet.
pub(super) struct Growth {
    frontier: Frontier,
    /// Hashes to be written, by level.
    levels: [Vec<u8>; LEVELS as usize],
    /// Marks to be written.
    marks: Vec<u8>,
    /// Records whose hashes are in the files.
    written: u64,
}

impl Growth {
    /// Goes on from the tree of that size, whose hashes are in the files.
    pub(super) fn resume(files: &HashFiles, size: u64) -> io::Result<Growth> {
        let frontier = Frontier::read(files, size)?;
        Ok(Growth { frontier, levels: Default::default(), marks: Vec::new(), written: size })
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.frontier.root()
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        let levels = &mut self.levels;
        self.frontier.push(leaf, |level, hash| {
            levels[usize::from(level)].extend_from_slice(&hash.0);
        });
    }

    /// Adds the mark of a record that gets one.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.marks.extend_from_slice(&mark.offset.to_le_bytes());
        self.marks.extend_from_slice(&(mark.time as u64).to_le_bytes());
    }

    /// Writes the hashes that are not in the files yet.
    pub(super) fn write(&mut self, files: &HashFiles) -> io::Result<()> {
        for (level, bytes) in (0..LEVELS).zip(&mut self.levels) {
            if !bytes.is_empty() {
                let at = level_length(level, self.written) * HASH_BYTES as u64;
                files.levels[usize::from(level)].write_all_at(bytes, at)?;
                bytes.clear();
            }
        }
        if !self.marks.is_empty() {
            let at = self.written.div_ceil(MARK_EVERY_RECORDS) * MARK_BYTES;
            files.marks.write_all_at(&self.marks, at)?;
            self.marks.clear();
        }
        self.written = self.size();
        Ok(())
    }
}
