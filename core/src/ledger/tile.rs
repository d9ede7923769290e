//! Tiles (C2SP tlog-tiles): the tree and its entries as files that never change, and their paths.

use std::fmt;
use std::ops::Range;

use super::line::MAX_LINE_BYTES;
use super::tree::{HASH_BYTES, LEVELS, TILE_HEIGHT, TILE_WIDTH};

/// Bytes of a full tile of hashes.
pub const FULL_TILE_BYTES: usize = TILE_WIDTH as usize * HASH_BYTES;

/// A file of a tiled log, as its path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The latest checkpoint.
    Checkpoint,
    /// A tile of hashes.
    Hashes {
        /// Its level: 0 has the leaves' hashes.
        level: u8,
        /// The tile within the level.
        tile: Tile,
    },
    /// A bundle of entries.
    Entries(Tile),
}

/// A tile of some level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Its place in the level, from 0.
    pub index: u64,
    /// The number of its hashes or entries: 1 to 256.
    pub width: u16,
}

impl Tile {
    /// The places within the level that it covers.
    pub fn range(&self) -> Range<u64> {
        let start = self.index * TILE_WIDTH;
        start..start + u64::from(self.width)
    }

    /// Tells whether it has its full width.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }
}

/// The number of hashes that a level has in a tree of that size.
pub fn level_length(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// The tiles of a level in a tree of that size; the last may be partial.
pub fn tiles(level: u8, size: u64) -> impl Iterator<Item = Tile> {
    let length = level_length(level, size);
    (0..length.div_ceil(TILE_WIDTH)).map(move |index| {
        let width = (length - index * TILE_WIDTH).min(TILE_WIDTH);
        Tile { index, width: width as u16 }
    })
}

impl Resource {
    /// Reads a path without its leading slash. Each resource has only the one path that C2SP gives
    /// it, and only resources that a tree can have are read.
    pub fn parse(path: &str) -> Option<Resource> {
        if path == "checkpoint" {
            return Some(Resource::Checkpoint);
        }
        let (level, tile) = path.strip_prefix("tile/")?.split_once('/')?;
        let tile = parse_tile(tile)?;
        if level == "entries" {
            return Some(Resource::Entries(tile));
        }
        let plain = level.bytes().all(|byte| byte.is_ascii_digit())
            && (level == "0" || !level.starts_with('0'));
        let level = level.parse().ok().filter(|level| plain && *level < LEVELS)?;
        Some(Resource::Hashes { level, tile })
    }
}

fn parse_tile(path: &str) -> Option<Tile> {
    let (index, width) = match path.split_once(".p/") {
        Some((index, width)) => (index, Some(width)),
        None => (path, None),
    };
    let mut number = 0u64;
    let mut parts = index.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    }
    // The comparison with the path written again refuses leading groups of zeros.
    let width = match width {
        None => TILE_WIDTH as u16,
        Some(width) => {
            let partial: u16 = width.parse().ok()?;
            (1..TILE_WIDTH as u16).contains(&partial).then_some(partial)?
        }
    };
    number.checked_add(1)?.checked_mul(TILE_WIDTH)?;
    let tile = Tile { index: number, width };
    (tile.to_string() == path).then_some(tile)
}

/// Written as `x001/x234/067`, with `.p/<width>` behind it if it is partial.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.index % 1_000];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        while let Some(group) = groups.pop() {
            if groups.is_empty() { write!(f, "{group:03}")? } else { write!(f, "x{group:03}/")? }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// Written as the path, without a leading slash.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Checkpoint => f.write_str("checkpoint"),
            Resource::Hashes { level, tile } => write!(f, "tile/{level}/{tile}"),
            Resource::Entries(tile) => write!(f, "tile/entries/{tile}"),
        }
    }
}

/// Adds an entry to a bundle: its length in two bytes, the highest first, and its bytes.
///
/// # Errors
/// The entry is longer than [`MAX_LINE_BYTES`].
pub fn bundle_entry(entry: &[u8], bundle: &mut Vec<u8>) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong)?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Splits a bundle into its entries; none if it does not end with an entry's end.
pub fn entries_of(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

/// An entry that no bundle can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryTooLong;

impl fmt::Display for EntryTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an entry is longer than {MAX_LINE_BYTES} bytes")
    }
}

impl std::error::Error for EntryTooLong {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes(level: u8, index: u64, width: u16) -> Resource {
        Resource::Hashes { level, tile: Tile { index, width } }
    }

    #[test]
    fn paths_are_those_of_c2sp() {
        for (resource, path) in [
            (Resource::Checkpoint, "checkpoint"),
            (hashes(0, 0, 256), "tile/0/000"),
            (hashes(0, 273, 112), "tile/0/273.p/112"),
            (hashes(1, 1_234_067, 256), "tile/1/x001/x234/067"),
            (hashes(7, 1_000, 1), "tile/7/x001/000.p/1"),
            (Resource::Entries(Tile { index: 999, width: 256 }), "tile/entries/999"),
            (
                Resource::Entries(Tile { index: 1_000_000, width: 255 }),
                "tile/entries/x001/x000/000.p/255",
            ),
        ] {
            assert_eq!(resource.to_string(), path);
            assert_eq!(Resource::parse(path), Some(resource));
        }
    }

    #[test]
    fn other_paths_are_none() {
        for path in [
            "",
            "/checkpoint",
            "Checkpoint",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001",
            "tile/00/000",
            "tile/8/000",
            "tile/63/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/+1",
            "tile/0/000.p/",
            "tile/0/+01",
            "tile/0/000.p/1/",
            "tile/data/000",
            "tile/0/x018/x446/x744/x073/x709/x551/615",
            "tile/0/../000",
            "tile/entries/000/",
            "tile/8/0/000/data",
        ] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }

    /// Computes the examples of C2SP tlog-tiles.
    #[test]
    fn a_tree_has_the_tiles_of_its_size() {
        let widths = |level, size| tiles(level, size).map(|tile| tile.width).collect::<Vec<_>>();
        let level_0 = widths(0, 70_000);
        assert_eq!((level_0.len(), level_0.last()), (274, Some(&112)));
        assert_eq!(widths(1, 70_000), [256, 17]);
        assert_eq!(widths(2, 70_000), [1]);
        assert_eq!(widths(3, 70_000), [0u16; 0]);
        assert_eq!((widths(0, 256), widths(1, 256)), (vec![256], vec![1]));
        assert_eq!(widths(0, 0), [0u16; 0]);
        assert_eq!(widths(7, u64::MAX), [255]);
    }

    proptest! {
        #[test]
        fn paths_are_read_back(level in 0..LEVELS, index in 0..u64::MAX / 256, width in 1..=256u16) {
            let resource = hashes(level, index, width);
            prop_assert_eq!(Resource::parse(&resource.to_string()), Some(resource));
        }

        #[test]
        fn bundles_are_taken_apart(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
        ) {
            let mut bundle = Vec::new();
            entries.iter().try_for_each(|entry| bundle_entry(entry, &mut bundle)).unwrap();
            let taken = entries_of(&bundle).unwrap();
            prop_assert_eq!(&taken, &entries);
            bundle.pop();
            prop_assert!(entries.is_empty() || entries_of(&bundle).is_none());
        }
    }

    #[test]
    fn an_entry_has_a_longest_length() {
        let mut bundle = Vec::new();
        assert_eq!(bundle_entry(&[0; MAX_LINE_BYTES], &mut bundle), Ok(()));
        assert_eq!(bundle_entry(&[0; MAX_LINE_BYTES + 1], &mut bundle), Err(EntryTooLong));
        assert_eq!(bundle.len(), 2 + MAX_LINE_BYTES);
    }
}
