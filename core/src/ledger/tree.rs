//! The Merkle tree over the log's lines, hashed as RFC 6962, section 2.1, defines.
//!
//! The tree is never held as a whole. [`Frontier`] adds one leaf at a time and keeps at most 64
//! hashes. Proofs and tiles read hashes that are stored at every eighth height, which C2SP
//! tlog-tiles calls levels ([`Stored`]).

use std::fmt;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Length of a hash in bytes.
pub const HASH_BYTES: usize = 32;

/// Height of a tile: hashes are stored at every height that is a multiple of it.
pub const TILE_HEIGHT: u8 = 8;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Levels of tiles that a log of at most 2^64 records can have.
pub const LEVELS: u8 = 64 / TILE_HEIGHT;

/// A SHA-256 hash: of a leaf, of a node or of the whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; HASH_BYTES]);

impl Hash {
    /// The hash of a leaf.
    pub fn leaf(data: &[u8]) -> Hash {
        Hash(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// The hash of a node over two others.
    pub fn node(left: &Hash, right: &Hash) -> Hash {
        let mut block = [1; 1 + 2 * HASH_BYTES];
        block[1..=HASH_BYTES].copy_from_slice(&left.0);
        block[1 + HASH_BYTES..].copy_from_slice(&right.0);
        Hash(Sha256::digest(block).into())
    }

    /// The root of a tree without leaves.
    pub fn empty() -> Hash {
        Hash(Sha256::digest([]).into())
    }

    /// Reads the base64 form, and nothing else.
    pub fn from_base64(text: &str) -> Option<Hash> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Hash)
    }
}

/// Written in base64, as in checkpoints and proofs.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The right edge of a growing tree: the roots of the perfect trees whose sizes add up to its size.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The root of one perfect tree for each bit that is set in the size, from the highest to the
    /// lowest.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Reads the frontier of a tree of that size from its stored hashes.
    ///
    /// # Errors
    /// The errors of reading.
    pub fn read<S: Stored>(stored: &S, size: u64) -> Result<Frontier, S::Error> {
        let mut peaks = Vec::new();
        let mut start = 0;
        for height in (0..64).rev() {
            if size >> height & 1 == 1 {
                peaks.push(perfect(stored, height, start >> height)?);
                start += 1 << height;
            }
        }
        Ok(Frontier { size, peaks })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. `stored` is called with every hash that is to be stored: its level, counted in
    /// tiles, and the hash. Within a level the hashes come in order.
    pub fn push(&mut self, leaf: Hash, mut stored: impl FnMut(u8, Hash)) {
        stored(0, leaf);
        let mut node = leaf;
        for height in 1..=self.size.trailing_ones() as u8 {
            if let Some(left) = self.peaks.pop() {
                node = Hash::node(&left, &node);
            }
            if height.is_multiple_of(TILE_HEIGHT) {
                stored(height / TILE_HEIGHT, node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        join(&self.peaks).unwrap_or_else(Hash::empty)
    }
}

/// The stored hashes of a tree, by level: level `l` has the roots of all perfect trees of 256^l
/// leaves, from left to right.
pub trait Stored {
    /// The error of reading a hash.
    type Error;

    /// Reads `out.len()` hashes of a level, beginning with the one at `start`. Callers ask only for
    /// hashes that a tree of their size has.
    ///
    /// # Errors
    /// The hashes can't be read.
    fn read(&self, level: u8, start: u64, out: &mut [Hash]) -> Result<(), Self::Error>;
}

/// Computes the root of the tree over the first `size` leaves.
///
/// # Errors
/// The errors of reading.
pub fn root<S: Stored>(stored: &S, size: u64) -> Result<Hash, S::Error> {
    Ok(Frontier::read(stored, size)?.root())
}

/// Computes the root over a range of leaves which is a subtree of some tree: it starts at a
/// multiple of a power of two that is not less than its length.
///
/// # Errors
/// The errors of reading.
pub(super) fn subtree<S: Stored>(stored: &S, range: Range<u64>) -> Result<Hash, S::Error> {
    let length = range.end - range.start;
    let mut peaks = Vec::new();
    let mut start = range.start;
    for height in (0..64).rev() {
        if length >> height & 1 == 1 {
            peaks.push(perfect(stored, height, start >> height)?);
            start += 1 << height;
        }
    }
    Ok(join(&peaks).unwrap_or_else(Hash::empty))
}

/// Most hashes that a perfect tree between two levels is computed from.
const MAX_ROW_HASHES: usize = 1 << (TILE_HEIGHT - 1);

/// Computes the root of a perfect tree of height `height`, the one at `index` from the left, from
/// the next stored level at or below that height.
fn perfect<S: Stored>(stored: &S, height: u8, index: u64) -> Result<Hash, S::Error> {
    let above = height % TILE_HEIGHT;
    let mut row = [Hash([0; HASH_BYTES]); MAX_ROW_HASHES];
    let mut width = 1 << above;
    stored.read(height / TILE_HEIGHT, index << above, &mut row[..width])?;
    while width > 1 {
        width /= 2;
        for ix in 0..width {
            row[ix] = Hash::node(&row[2 * ix], &row[2 * ix + 1]);
        }
    }
    Ok(row[0])
}

/// Computes the root over perfect trees side by side, the largest first.
fn join(peaks: &[Hash]) -> Option<Hash> {
    let (last, rest) = peaks.split_last()?;
    Some(rest.iter().rfold(*last, |right, left| Hash::node(left, &right)))
}
