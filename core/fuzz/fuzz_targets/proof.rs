//! Any numbers, as the sizes and places that a proof is about, with any changes to it.
//!
//! Whatever they are: no panic; what is proved is found true; and a proof that was changed, or that
//! is shown for something else, shows nothing.
#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluice_core::ledger::proof::{
    check_consistency, check_inclusion, prove_consistency, prove_inclusion,
};
use sluice_core::ledger::tree::{Frontier, Hash, LEVELS, Stored, root};

/// Leaves of the tree that proofs are of: more than two levels of tiles begin with.
const LEAVES: u64 = 600;

#[derive(Default)]
struct Tree([Vec<Hash>; LEVELS as usize]);

impl Stored for Tree {
    type Error = Infallible;

    fn read(&self, level: u8, start: u64, out: &mut [Hash]) -> Result<(), Infallible> {
        let start = start as usize;
        out.copy_from_slice(&self.0[usize::from(level)][start..start + out.len()]);
        Ok(())
    }
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let (mut tree, mut frontier) = (Tree::default(), Frontier::default());
    for index in 0..LEAVES {
        frontier.push(leaf(index), |level, hash| tree.0[usize::from(level)].push(hash));
    }
    tree
});

fn leaf(index: u64) -> Hash {
    Hash::leaf(&index.to_be_bytes())
}

fuzz_target!(|input: (u16, u16, u64, u64, u8, Vec<(u8, u8)>)| {
    let (one, other, place, size, shift, changes) = input;
    let new = u64::from(one) % LEAVES + 1;
    let old = u64::from(other) % new;
    let Ok(new_root) = root(&*TREE, new);
    let Ok(old_root) = root(&*TREE, old);

    let Ok(proof) = prove_inclusion(&*TREE, old, new);
    let included = |leaf: &Hash, index: u64, size: u64, proof: &[Hash]| {
        check_inclusion(leaf, index, size, proof, &new_root).is_ok()
    };
    assert!(included(&leaf(old), old, new, &proof));
    assert!(!included(&leaf(old), place, new, &proof) || place == old);
    assert!(!included(&leaf(old ^ 1), old, new, &proof));
    let changed = change(&proof, shift, &changes);
    assert!(!included(&leaf(old), old, new, &changed) || changed == proof);

    let Ok(proof) = prove_consistency(&*TREE, old, new);
    let (before, after) = ((old, &old_root), (new, &new_root));
    assert!(check_consistency(before, after, &proof).is_ok());
    let changed = change(&proof, shift, &changes);
    assert!(check_consistency(before, after, &changed).is_err() || changed == proof);
    let forked = Hash::node(&new_root, &new_root);
    assert!(check_consistency(before, (new, &forked), &proof).is_err() || old == 0);
    // Of other sizes it may show something: which ones are meant says the checkpoint.
    let _ = included(&leaf(old), place, size, &changed);
    let _ = check_consistency((place, &old_root), (size, &new_root), &changed);
});

/// A proof of which some bytes are others, and that begins later or has more hashes.
fn change(proof: &[Hash], shift: u8, changes: &[(u8, u8)]) -> Vec<Hash> {
    let mut changed: Vec<Hash> = proof.iter().skip(usize::from(shift % 4 / 3)).copied().collect();
    if shift % 8 == 7 {
        changed.push(leaf(u64::from(shift)));
    }
    for (at, byte) in changes {
        if let Some(hash) = changed.get_mut(usize::from(at / 32)) {
            hash.0[usize::from(at % 32)] ^= byte;
        }
    }
    changed
}
