use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::ledger::tree::{Frontier, LEVELS, root};

/// The root as RFC 6962, section 2.1, defines it, implemented without any shortcut.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [leaf] => *leaf,
        _ => {
            let k = (1..).map(|bit| 1 << bit).take_while(|k| *k < leaves.len()).last().unwrap_or(1);
            Hash::node(&defined_root(&leaves[..k]), &defined_root(&leaves[k..]))
        }
    }
}

fn leaf(index: u64) -> Hash {
    Hash::leaf(&index.to_be_bytes())
}

#[derive(Default)]
struct Tree {
    levels: [Vec<Hash>; LEVELS as usize],
    frontier: Frontier,
}

impl Tree {
    fn of(size: u64) -> Tree {
        let mut tree = Tree::default();
        for index in 0..size {
            let levels = &mut tree.levels;
            tree.frontier.push(leaf(index), |level, hash| levels[usize::from(level)].push(hash));
        }
        tree
    }
}

impl Stored for Tree {
    type Error = Infallible;

    fn read(&self, level: u8, start: u64, out: &mut [Hash]) -> Result<(), Infallible> {
        let start = start as usize;
        out.copy_from_slice(&self.levels[usize::from(level)][start..start + out.len()]);
        Ok(())
    }
}

fn inclusion(tree: &Tree, index: u64, size: u64) -> Vec<Hash> {
    let Ok(proof) = prove_inclusion(tree, index, size);
    proof
}

fn consistency(tree: &Tree, old: u64, new: u64) -> Vec<Hash> {
    let Ok(proof) = prove_consistency(tree, old, new);
    proof
}

fn root_of(tree: &Tree, size: u64) -> Hash {
    let Ok(root) = root(tree, size);
    root
}

#[test]
fn the_tree_is_that_of_rfc_6962() {
    let tree = Tree::of(600);
    let leaves: Vec<_> = (0..600).map(leaf).collect();
    let mut growing = Frontier::default();
    for size in 0..=600u64 {
        if size < 70 || (250..262).contains(&size) || size > 510 && size < 515 {
            let defined = defined_root(&leaves[..size as usize]);
            assert_eq!(root_of(&tree, size), defined, "size {size}");
            assert_eq!(growing.root(), defined);
        }
        let Ok(read) = Frontier::read(&tree, size);
        assert_eq!(read, growing);
        growing.push(leaf(size), |_, _| ());
    }
    assert_eq!(tree.levels[0].len(), 600);
    assert_eq!(tree.levels[1], [defined_root(&leaves[..256]), defined_root(&leaves[256..512])]);
}

/// Compares roots with the test data of the certificate-transparency project, which all logs use.
#[test]
fn known_roots() {
    let data: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let mut tree = Frontier::default();
    assert_eq!(tree.root().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    data.iter().for_each(|data| tree.push(Hash::leaf(data), |_, _| ()));
    // 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328 in hexadecimal.
    assert_eq!(tree.root().to_string(), "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
}

#[test]
fn every_inclusion_of_small_trees_is_proved() {
    let tree = Tree::of(300);
    for size in (1..40).chain([255, 256, 257, 300]) {
        let root = root_of(&tree, size);
        for index in 0..size {
            let proof = inclusion(&tree, index, size);
            assert_eq!(check_inclusion(&leaf(index), index, size, &proof, &root), Ok(()));
        }
    }
}

#[test]
fn every_consistency_of_small_trees_is_proved() {
    let tree = Tree::of(300);
    for new in (0..40).chain([255, 256, 257, 300]) {
        let new_root = root_of(&tree, new);
        for old in 0..=new {
            let proof = consistency(&tree, old, new);
            let old_root = root_of(&tree, old);
            let checked = check_consistency((old, &old_root), (new, &new_root), &proof);
            assert_eq!(checked, Ok(()), "{old} {new}");
        }
    }
}

#[test]
fn questions_without_an_answer_are_refused() {
    let tree = Tree::of(8);
    let root = root_of(&tree, 8);
    let proof = inclusion(&tree, 3, 8);
    assert_eq!(check_inclusion(&leaf(8), 8, 8, &proof, &root), Err(Disproved::Question));
    assert_eq!(check_inclusion(&leaf(0), 0, 0, &[], &Hash::empty()), Err(Disproved::Question));
    let sizes = check_consistency((8, &root), (7, &root), &[]);
    assert_eq!(sizes, Err(Disproved::Question));
    let empty = check_consistency((0, &root), (8, &root), &[]);
    assert_eq!(empty, Err(Disproved::Root), "the tree of size zero has one root");
    let padded = check_consistency((8, &root), (8, &root), &proof);
    assert_eq!(padded, Err(Disproved::Length));
}

#[test]
fn a_proof_that_is_too_short_or_too_long_is_refused() {
    let tree = Tree::of(13);
    let root = root_of(&tree, 13);
    for index in 0..13 {
        let mut proof = inclusion(&tree, index, 13);
        proof.push(leaf(0));
        let checked = check_inclusion(&leaf(index), index, 13, &proof, &root);
        assert_eq!(checked, Err(Disproved::Length));
        proof.truncate(proof.len() - 2);
        assert!(check_inclusion(&leaf(index), index, 13, &proof, &root).is_err());
    }
    for old in 1..13 {
        let old_root = root_of(&tree, old);
        let mut proof = consistency(&tree, old, 13);
        proof.push(leaf(0));
        assert!(check_consistency((old, &old_root), (13, &root), &proof).is_err());
        proof.truncate(proof.len() - 2);
        assert!(check_consistency((old, &old_root), (13, &root), &proof).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// The law: a proof holds for its own leaf, index, size and root, and for no other.
    #[test]
    fn a_proof_shows_nothing_else(
        (size, index) in (2u64..700).prop_flat_map(|size| (Just(size), 0..size)),
        flip in any::<(prop::sample::Index, u8)>(),
    ) {
        let tree = Tree::of(size);
        let root = root_of(&tree, size);
        let proof = inclusion(&tree, index, size);
        prop_assert!(proof.len() <= MAX_PROOF_HASHES);
        let check = |leaf: &Hash, index, size, proof: &[Hash]| {
            check_inclusion(leaf, index, size, proof, &root)
        };
        prop_assert_eq!(check(&leaf(index), index, size, &proof), Ok(()));
        prop_assert!(check(&leaf(index + 1), index, size, &proof).is_err());
        prop_assert!(check(&leaf(index), (index + 1) % size, size, &proof).is_err());
        let mut flipped = proof.clone();
        let at = flip.0.index(proof.len());
        flipped[at].0[usize::from(flip.1 % 32)] ^= 1;
        prop_assert_eq!(check(&leaf(index), index, size, &flipped), Err(Disproved::Root));
    }

    /// The law: a history that was rewritten before the old size does not pass as consistent.
    #[test]
    fn a_rewritten_history_is_not_consistent(
        (new, old) in (2u64..700).prop_flat_map(|new| (Just(new), 1..new)),
        changed in any::<prop::sample::Index>(),
    ) {
        let honest = Tree::of(old);
        let changed = changed.index(old as usize) as u64;
        let mut forged = Tree::default();
        for index in 0..new {
            let hash = if index == changed { leaf(u64::MAX) } else { leaf(index) };
            let levels = &mut forged.levels;
            forged.frontier.push(hash, |level, hash| levels[usize::from(level)].push(hash));
        }
        let proof = consistency(&forged, old, new);
        let (old_root, new_root) = (root_of(&honest, old), root_of(&forged, new));
        let checked = check_consistency((old, &old_root), (new, &new_root), &proof);
        prop_assert_eq!(checked, Err(Disproved::Root));
    }
}
