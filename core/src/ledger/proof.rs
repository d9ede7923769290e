//! Inclusion and consistency proofs. They are made as RFC 6962, section 2.1, defines them, and
//! checked by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which share no code with
//! the making.

use std::fmt;
use std::ops::Range;

use super::tree::{Hash, Stored, subtree};

/// Most hashes of a proof: a tree has at most 63 heights above its leaves.
pub const MAX_PROOF_HASHES: usize = 63;

/// The reason for which a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disproved {
    /// No proof is possible for this index and these sizes.
    Question,
    /// The number of hashes is wrong for this index and these sizes.
    Length,
    /// The hashes lead to another root.
    Root,
}

/// Makes the proof that the leaf with that index is in the tree of that size: hashes from the
/// leaf's sibling up. The index must be below the size.
///
/// # Errors
/// The errors of reading.
pub fn prove_inclusion<S: Stored>(
    stored: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let mut siblings = Vec::new();
    let mut tree = 0..size;
    while tree.end - tree.start > 1 {
        let (left, right) = split(&tree);
        let (with, without) = if index < left.end { (left, right) } else { (right, left) };
        siblings.push(without);
        tree = with;
    }
    siblings.into_iter().rev().map(|range| subtree(stored, range)).collect()
}

/// Makes the proof that the tree of size `old` is a prefix of the tree of size `new`. It is empty
/// if the sizes are the same or the old one is zero. The old size must not be above the new one.
///
/// # Errors
/// The errors of reading.
pub fn prove_consistency<S: Stored>(stored: &S, old: u64, new: u64) -> Result<Vec<Hash>, S::Error> {
    let mut parts = Vec::new();
    let mut tree = 0..new;
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    while tree.end != old {
        let (left, right) = split(&tree);
        let (with, without) = if old <= left.end { (left, right) } else { (right, left) };
        parts.push(without);
        tree = with;
    }
    // The rest is a subtree of both trees. If it is the whole old tree, its hash is the old root,
    // which the checker has already.
    if tree.start > 0 {
        parts.push(tree);
    }
    parts.into_iter().rev().map(|range| subtree(stored, range)).collect()
}

/// The two subtrees of a tree with at least two leaves. The left one is perfect, and the largest
/// that is smaller than the tree.
fn split(tree: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let length = tree.end - tree.start;
    let middle = tree.start + (1 << (length - 1).ilog2());
    (tree.start..middle, middle..tree.end)
}

/// Checks that a leaf stands at an index in the tree of that size and root.
///
/// # Errors
/// [`Disproved`] if the proof does not show it.
pub fn check_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Disproved> {
    if index >= size {
        return Err(Disproved::Question);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(Disproved::Length);
        }
        if node & 1 == 1 || node == last {
            hash = Hash::node(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    conclude(last == 0, hash == *root)
}

/// Checks that the tree of size `old` is a prefix of the tree of size `new`.
///
/// # Errors
/// [`Disproved`] if the proof does not show it.
pub fn check_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), Disproved> {
    if old > new {
        return Err(Disproved::Question);
    }
    if old == 0 || old == new {
        let expected = if old == 0 { Hash::empty() } else { *new_root };
        return conclude(proof.is_empty(), *old_root == expected);
    }
    let mut rest = proof.iter();
    // A perfect old tree is a subtree of the new one, so the proof leaves its hash out.
    let first = if old.is_power_of_two() { Some(old_root) } else { rest.next() };
    let first = *first.ok_or(Disproved::Length)?;
    let steps = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> steps, (new - 1) >> steps);
    let (mut old_hash, mut new_hash) = (first, first);
    for hash in rest {
        if last == 0 {
            return Err(Disproved::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = Hash::node(hash, &old_hash);
            new_hash = Hash::node(hash, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = Hash::node(&new_hash, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    conclude(last == 0, old_hash == *old_root && new_hash == *new_root)
}

fn conclude(length_fits: bool, roots_agree: bool) -> Result<(), Disproved> {
    match (length_fits, roots_agree) {
        (true, true) => Ok(()),
        (true, false) => Err(Disproved::Root),
        (false, _) => Err(Disproved::Length),
    }
}

impl fmt::Display for Disproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disproved::Question => "no proof could show this of trees of these sizes",
            Disproved::Length => "the proof has the wrong number of hashes",
            Disproved::Root => "the proof leads to another root",
        })
    }
}

impl std::error::Error for Disproved {}

#[cfg(test)]
mod tests;
