//! Verifying a log: that its lines are the leaves of the tree that was signed, from its first line
//! to its last. Needs the public key alone, and goes through the files once.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::{Line, MAX_LINE_BYTES};
use sluice_core::ledger::note::NoteVerifier;
use sluice_core::ledger::tile::level_length;
use sluice_core::ledger::tree::{Frontier, HASH_BYTES, Hash, LEVELS, Stored, TILE_WIDTH};

use super::checkpoints;
use super::hashes::{self, HashFiles};
use super::recovery::list;
use super::segment;

/// The last checkpoint that witnesses have cosigned.
pub const COSIGNED_FILE: &str = "cosigned";

/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// The result of verifying a log.
#[derive(Clone, Debug)]
pub struct VerifiedLog {
    /// Index of the first record whose bytes were there; those before it are pruned.
    pub first: u64,
    /// Records in all, the pruned ones with them.
    pub records: u64,
    /// Bytes of lines that were hashed.
    pub bytes: u64,
    /// Segments that were read.
    pub segments: usize,
    /// Checkpoints that were checked.
    pub checkpoints: usize,
    /// The last of them.
    pub signed: Option<SignedCheckpoint>,
    /// An incomplete last line: it is being written, or a crash cut it off.
    pub partial_bytes: u64,
    /// The size of the largest tree that each witness has cosigned.
    pub witnessed: Vec<(String, u64)>,
}

/// The reason why a log is not as it was signed.
#[derive(Debug)]
pub enum NotVerified {
    /// The log's files can't be read.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// A part of the log is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The offset in bytes of the first thing that is wrong.
        offset: u64,
        /// The fault in words.
        what: String,
        /// Number of records, from the first on, that are as they were signed.
        good: u64,
    },
}

/// The evidence for a log beside its own.
#[derive(Default)]
pub struct Vouchers {
    /// Witnesses whose cosignatures count.
    pub witnesses: Vec<NoteVerifier>,
    /// Checkpoints that others have kept: the log must have those trees.
    pub kept: Vec<SignedCheckpoint>,
}

/// Verifies the log of a folder. `progress` gets the number of bytes read, and of all bytes.
///
/// # Errors
/// [`NotVerified`] names the place of the first fault.
pub fn verify(
    dir: &Path,
    key: &NoteVerifier,
    vouchers: &Vouchers,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifiedLog, NotVerified> {
    let firsts = list(dir).map_err(|error| NotVerified::io(dir, io::Error::other(error)))?;
    let files = HashFiles::read_only(dir);
    let files = files.map_err(|error| NotVerified::io(&hashes::folder(dir), error))?;
    let promises = promises(dir, &firsts, key, vouchers)?;
    let first = firsts.first().copied().unwrap_or(0);
    let tree = Frontier::read(&files, first);
    let tree = tree.map_err(|error| NotVerified::io(&hashes::folder(dir), error))?;
    let mut pass = Pass {
        dir,
        files: Kept::new(dir, &files, first),
        tree,
        promises,
        next: 0,
        good: 0,
        first,
        odd: None,
        last_time: UnixMillis::MIN,
        bytes: 0,
    };
    pass.keep_promises(dir, 0)?;
    let mut partial_bytes = 0;
    let total = sizes(dir, &firsts)?;
    for (nth, segment) in firsts.iter().enumerate() {
        let last = nth + 1 == firsts.len();
        partial_bytes = pass.segment(*segment, last, total, progress)?;
    }
    pass.end(&firsts, partial_bytes)?;
    let signed = pass.promises.iter().rev().find(|promise| promise.own);
    let witnessed = vouchers.witnesses.iter().map(|witness| {
        let one = std::slice::from_ref(witness);
        let cosigned = |promise: &&Promise| promise.note.cosigned_by(one).next().is_some();
        let size = pass.promises.iter().filter(cosigned).map(|promise| promise.note.size()).max();
        (witness.name().to_owned(), size.unwrap_or(0))
    });
    Ok(VerifiedLog {
        first,
        records: pass.tree.size(),
        bytes: pass.bytes,
        segments: firsts.len(),
        checkpoints: pass.promises.iter().filter(|promise| promise.own).count(),
        signed: signed.map(|promise| promise.note.clone()),
        partial_bytes,
        witnessed: witnessed.collect(),
    })
}

/// A checkpoint that the log must match, and its place.
struct Promise {
    note: SignedCheckpoint,
    path: PathBuf,
    offset: u64,
    /// True if it is in the log's own folder.
    own: bool,
}

/// All of them, in the order of their sizes.
fn promises(
    dir: &Path,
    firsts: &[u64],
    key: &NoteVerifier,
    vouchers: &Vouchers,
) -> Result<Vec<Promise>, NotVerified> {
    let mut all: Vec<Promise> = Vec::new();
    for segment in firsts {
        let path = dir.join(checkpoints::file_name(*segment));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(NotVerified::io(&path, error)),
        };
        let (found, _) = checkpoints::notes(&bytes);
        for found in found {
            let offset = found.offset as u64;
            let damaged = |what: String| {
                let good = all.last().map_or(0, |before| before.note.size());
                NotVerified::Damaged { path: path.clone(), offset, what, good }
            };
            let note = SignedCheckpoint::open(found.note, key);
            let note = note.map_err(|why| damaged(format!("a checkpoint: {why}")))?;
            if all.last().is_some_and(|before| before.note.size() > note.size()) {
                return Err(damaged("a checkpoint of a smaller tree than the one before".into()));
            }
            all.push(Promise { note, path: path.clone(), offset, own: true });
        }
    }
    let path = dir.join(COSIGNED_FILE);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let note = SignedCheckpoint::open(&bytes, key).map_err(|why| {
                let what = format!("the cosigned checkpoint: {why}");
                NotVerified::Damaged { path: path.clone(), offset: 0, what, good: 0 }
            })?;
            all.push(Promise { note, path, offset: 0, own: true });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(NotVerified::io(&path, error)),
    }
    let kept = vouchers.kept.iter();
    all.extend(kept.map(|note| {
        let path = PathBuf::from("the checkpoint that was kept");
        Promise { note: note.clone(), path, offset: 0, own: false }
    }));
    all.sort_by_key(|promise| promise.note.size());
    Ok(all)
}

/// One pass over all lines.
struct Pass<'a> {
    dir: &'a Path,
    files: Kept<'a>,
    tree: Frontier,
    promises: Vec<Promise>,
    /// The promise that is to be kept next.
    next: usize,
    /// Records that a checkpoint was found to be right over.
    good: u64,
    /// Index of the first record that is there.
    first: u64,
    /// The first hash that is not the one that was kept: of which record, and where the line
    /// begins; or a hash further up.
    odd: Option<Odd>,
    last_time: UnixMillis,
    bytes: u64,
}

struct Odd {
    /// The offset of the line.
    line: Option<(PathBuf, u64, u64)>,
    /// The place of the kept hash.
    hash: (PathBuf, u64),
}

impl Pass<'_> {
    /// Reads a segment; gives the bytes of an incomplete last line.
    fn segment(
        &mut self,
        first: u64,
        last: bool,
        total: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, NotVerified> {
        let path = self.dir.join(segment::file_name(first));
        if first != self.tree.size() {
            let what = format!(
                "it begins with record {first}, and the one before it ends with {}: records are \
                 missing",
                self.tree.size().wrapping_sub(1)
            );
            return Err(self.damaged(&path, 0, what));
        }
        let io = |error| NotVerified::io(&path, error);
        let mut file = File::open(&path).map_err(io)?;
        let (mut buffer, mut filled, mut offset) = (vec![0; CHUNK_BYTES], 0, 0);
        loop {
            let read = file.read(&mut buffer[filled..]).map_err(io)?;
            filled += read;
            let mut from = 0;
            while let Some(length) = memchr::memchr(b'\n', &buffer[from..filled]) {
                self.line(&path, offset + from as u64, &buffer[from..from + length])?;
                from += length + 1;
            }
            self.bytes += from as u64;
            progress(self.bytes, total);
            buffer.copy_within(from..filled, 0);
            (filled, offset) = (filled - from, offset + from as u64);
            if filled > MAX_LINE_BYTES {
                return Err(self.damaged(&path, offset, "a line is longer than any may be".into()));
            }
            if read == 0 {
                break;
            }
        }
        if filled > 0 && !last {
            return Err(self.damaged(&path, offset, "the last line has no end".into()));
        }
        Ok(filled as u64)
    }

    fn line(&mut self, path: &Path, offset: u64, line: &[u8]) -> Result<(), NotVerified> {
        let index = self.tree.size();
        if Line::index_of(line) != Some(index) {
            let what = format!("this is not record {index}");
            return Err(self.first_odd(path, offset, what));
        }
        let time = Line::time_of(line).unwrap_or(UnixMillis::MIN);
        if time < self.last_time {
            let what = format!("record {index} is older than the one before it");
            return Err(self.first_odd(path, offset, what));
        }
        self.last_time = time;
        let leaf = Hash::leaf(line);
        let Pass { tree, files, odd, .. } = self;
        tree.push(leaf, |level, hash| {
            if let (Some(at), None) = (files.differs(level, hash), &odd) {
                let line = (level == 0).then(|| (path.to_owned(), offset, index));
                *odd = Some(Odd { line, hash: at });
            }
        });
        self.keep_promises(path, offset)
    }

    /// The fault here, unless a record before it is not the one whose hash was kept.
    fn first_odd(&self, path: &Path, offset: u64, what: String) -> NotVerified {
        match &self.odd {
            Some(Odd { line: Some((path, offset, index)), .. }) => {
                let what = format!("record {index} is not the one whose hash was kept");
                self.damaged(path, *offset, what)
            }
            _ => self.damaged(path, offset, what),
        }
    }

    /// Checks the promises over the tree as it is now.
    fn keep_promises(&mut self, path: &Path, offset: u64) -> Result<(), NotVerified> {
        while let Some(promise) = self.promises.get(self.next) {
            let size = promise.note.size();
            if size > self.tree.size() {
                break;
            }
            // Of trees before the first record there is no more than the stored hashes.
            let root = if size == self.tree.size() {
                self.tree.root()
            } else {
                sluice_core::ledger::tree::root(self.files.files, size)
                    .map_err(|error| NotVerified::io(&hashes::folder(self.dir), error))?
            };
            if root != promise.note.root() {
                return Err(self.broken(self.next, path, offset));
            }
            self.good = self.good.max(size);
            self.next += 1;
            // The lines lead to what was signed, so it is the kept hash that is wrong.
            if let Some(Odd { hash: (path, offset), .. }) = &self.odd {
                let what = "a stored hash is not that of the records below it".to_owned();
                let (path, offset) = (path.clone(), *offset);
                return Err(self.damaged(&path, offset, what));
            }
        }
        Ok(())
    }

    /// Returns the fault for a checkpoint that the log does not match: its first wrong place, if
    /// that can be found.
    fn broken(&self, nth: usize, path: &Path, offset: u64) -> NotVerified {
        let promise = &self.promises[nth];
        if let Some(Odd { line: Some((path, offset, index)), .. }) = &self.odd {
            let what = format!("record {index} is not the one that was signed");
            return self.damaged(path, *offset, what);
        }
        if !promise.own {
            let what = format!(
                "the log's first {} records are not those of a checkpoint that was kept elsewhere",
                promise.note.size()
            );
            return self.damaged(path, offset, what);
        }
        let what = format!(
            "its records {} to {} are not those that were signed",
            self.good,
            promise.note.size() - 1
        );
        match self.odd {
            None => self.damaged(&promise.path, promise.offset, what),
            Some(_) => self.damaged(path, offset, what),
        }
    }

    /// Checks that nothing was promised beyond the last line.
    fn end(&mut self, firsts: &[u64], partial_bytes: u64) -> Result<(), NotVerified> {
        let last = firsts.last().map(|first| self.dir.join(segment::file_name(*first)));
        let path = last.unwrap_or_else(|| self.dir.to_owned());
        if let Some(promise) = self.promises.get(self.next) {
            let whose = if promise.own { "the log's own" } else { "a kept" };
            let what = format!(
                "it ends with {} records, and {whose} checkpoint is over {}: records are cut off",
                self.tree.size(),
                promise.note.size()
            );
            let length = std::fs::metadata(&path).map_or(0, |file| file.len());
            let offset = length.saturating_sub(partial_bytes);
            return Err(self.damaged(&path, offset, what));
        }
        if let Some(Odd { line: Some((path, offset, index)), .. }) = &self.odd {
            let what = format!("record {index} is not the one whose hash was kept");
            return Err(self.damaged(path, *offset, what));
        }
        Ok(())
    }

    fn damaged(&self, path: &Path, offset: u64, what: String) -> NotVerified {
        let good = self.good.max(self.first);
        NotVerified::Damaged { path: path.to_owned(), offset, what, good }
    }
}

/// The stored hashes, read along.
struct Kept<'a> {
    folder: PathBuf,
    files: &'a HashFiles,
    rows: Vec<Row>,
}

/// A stretch of a level.
struct Row {
    /// The place of its first hash in the level, and of the next to be compared.
    start: u64,
    next: u64,
    hashes: Vec<Hash>,
}

impl<'a> Kept<'a> {
    /// Starts from the tree of this size.
    fn new(dir: &Path, files: &'a HashFiles, size: u64) -> Kept<'a> {
        let row = |level| {
            let start = level_length(level, size);
            Row { start, next: start, hashes: Vec::new() }
        };
        Kept { folder: hashes::folder(dir), files, rows: (0..LEVELS).map(row).collect() }
    }

    /// The place of the first hash that differs from the one that is kept in its place. One that isn't kept yet, or
    /// can't be read, is made again at the next start, and no matter here.
    fn differs(&mut self, level: u8, hash: Hash) -> Option<(PathBuf, u64)> {
        let row = self.rows.get_mut(usize::from(level))?;
        let place = row.next;
        row.next += 1;
        if place >= row.start + row.hashes.len() as u64 {
            let there = self.files.length(level).unwrap_or(0).saturating_sub(place);
            row.start = place;
            row.hashes = vec![Hash::empty(); there.min(TILE_WIDTH) as usize];
            if self.files.read(level, place, &mut row.hashes).is_err() {
                row.hashes.clear();
            }
        }
        let kept = row.hashes.get((place - row.start) as usize)?;
        let file = || self.folder.join(level.to_string());
        (*kept != hash).then(|| (file(), place * HASH_BYTES as u64))
    }
}

fn sizes(dir: &Path, firsts: &[u64]) -> Result<u64, NotVerified> {
    let mut total = 0;
    for first in firsts {
        let path = dir.join(segment::file_name(*first));
        total += std::fs::metadata(&path).map_err(|error| NotVerified::io(&path, error))?.len();
    }
    Ok(total)
}

impl NotVerified {
    fn io(path: &Path, error: io::Error) -> NotVerified {
        NotVerified::Io { path: path.to_owned(), error }
    }
}

impl fmt::Display for NotVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotVerified::Io { path, error } => write!(f, "{}: {error}", path.display()),
            NotVerified::Damaged { path, offset, what, good } => {
                write!(f, "{} at byte {offset}: {what}; ", path.display())?;
                match good {
                    0 => f.write_str("no record before it is vouched for"),
                    good => write!(f, "the {good} records before that are as they were signed"),
                }
            }
        }
    }
}

impl std::error::Error for NotVerified {}
