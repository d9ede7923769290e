//! Records past their retention go, and everything that was proved still holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluice_core::ledger::tree::Hash;

use super::*;
use crate::audit::prune::Pruned;
use crate::audit::verify::{Vouchers, verify};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn block_on<F: std::future::Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// A log with a clock that the test moves, and small segments.
fn open_at(dir: &Path, clock: &Arc<AtomicI64>) -> Log {
    let clock = clock.clone();
    let settings = LogConfig { segment_bytes: 10_000, ..settings(dir) };
    Log::open(settings, move || clock.load(Ordering::SeqCst), |_| ()).unwrap().0
}

fn append(log: &Log, count: usize) {
    for number in 0..count {
        // One commit each, so that segments end where they are full.
        log.append(&record(&format!("e{number}"))).unwrap().wait().unwrap();
    }
    block_on(log.checkpoint_over(log.status().committed - 1)).unwrap();
}

#[test]
fn old_segments_go_and_proofs_stay() {
    let dir = temporary();
    let clock = Arc::new(AtomicI64::new(MARCH));
    let log = open_at(dir.path(), &clock);
    append(&log, 200);
    let leaf = Hash::leaf(lines(dir.path())[7].as_bytes());
    clock.fetch_add(100 * DAY_MS, Ordering::SeqCst);
    append(&log, 100);
    clock.fetch_add(100 * DAY_MS, Ordering::SeqCst);
    append(&log, 50);
    let before = segments(dir.path());
    let old = log.checkpoint().unwrap();
    let now = clock.load(Ordering::SeqCst);
    // Nothing is so old.
    assert_eq!(block_on(log.prune(MARCH)).unwrap(), None);
    let pruned = block_on(log.prune(now - 180 * DAY_MS)).unwrap().unwrap();
    let Pruned { from, until, segments: count, bytes } = pruned;
    assert!(from == 0 && until <= 200 && until > 150 && bytes > 0, "{pruned:?}");
    let left = segments(dir.path());
    assert_eq!(left, before[count..], "whole segments went, and no others");
    assert_eq!(segment::first_index(&left[0]), Some(until));
    // It is told, in a record that a checkpoint covers.
    let told: Vec<String> = lines(dir.path())
        .into_iter()
        .filter(|line| line.contains("\"event\":\"pruned\""))
        .collect();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.contains(&format!("\"until\":{until}")), "{told}");
    assert_eq!(block_on(log.prune(now - 180 * DAY_MS)).unwrap(), None);
    // A record that is gone is still proved to have stood there, and the log to have grown.
    let proof = log.prove_inclusion(7).unwrap();
    proof.check_leaf(&leaf, signer().verifier(), &[], 0).unwrap();
    let new = log.checkpoint().unwrap();
    let hashes = log.prove_consistency(old.size(), new.size()).unwrap();
    let roots = ((old.size(), &old.root()), (new.size(), &new.root()));
    sluice_core::ledger::proof::check_consistency(roots.0, roots.1, &hashes).unwrap();
    log.close().unwrap();
    let verified =
        verify(dir.path(), signer().verifier(), &Vouchers::default(), &mut |_, _| ()).unwrap();
    assert_eq!(verified.first, until);
    let archive = Archive::open(dir.path()).unwrap();
    assert_eq!(archive.records(7).err().unwrap().kind(), std::io::ErrorKind::NotFound);
    assert_eq!(archive.extent().unwrap().0, until);
}

#[test]
fn a_pruned_log_goes_on() {
    let dir = temporary();
    let clock = Arc::new(AtomicI64::new(MARCH));
    let log = open_at(dir.path(), &clock);
    append(&log, 200);
    clock.fetch_add(200 * DAY_MS, Ordering::SeqCst);
    append(&log, 100);
    let pruned = block_on(log.prune(clock.load(Ordering::SeqCst) - DAY_MS)).unwrap().unwrap();
    log.close().unwrap();
    let log = open_at(dir.path(), &clock);
    append(&log, 10);
    log.prove_inclusion(3).unwrap();
    log.close().unwrap();
    let verified =
        verify(dir.path(), signer().verifier(), &Vouchers::default(), &mut |_, _| ()).unwrap();
    assert_eq!(verified.first, pruned.until);
    // The segment that grows stays, however old it is.
    clock.fetch_add(2_000 * DAY_MS, Ordering::SeqCst);
    let log = open_at(dir.path(), &clock);
    let _ = block_on(log.prune(clock.load(Ordering::SeqCst))).unwrap();
    assert!(!segments(dir.path()).is_empty());
    append(&log, 1);
    log.close().unwrap();
}

#[test]
fn what_could_not_be_removed_goes_the_next_time() {
    let dir = temporary();
    let clock = Arc::new(AtomicI64::new(MARCH));
    let log = open_at(dir.path(), &clock);
    append(&log, 200);
    clock.fetch_add(200 * DAY_MS, Ordering::SeqCst);
    append(&log, 10);
    let before = clock.load(Ordering::SeqCst) - DAY_MS;
    // Nobody can unlink a folder.
    let stuck = dir.path().join(&segments(dir.path())[0]);
    let aside = dir.path().join("aside");
    std::fs::rename(&stuck, &aside).unwrap();
    std::fs::create_dir(&stuck).unwrap();
    assert!(block_on(log.prune(before)).is_err());
    std::fs::remove_dir(&stuck).unwrap();
    std::fs::rename(&aside, &stuck).unwrap();
    let pruned = block_on(log.prune(before)).unwrap().unwrap();
    assert!(pruned.from == 0 && pruned.segments > 1, "{pruned:?}");
    let left = segments(dir.path());
    assert_eq!(segment::first_index(&left[0]), Some(pruned.until));
    assert_eq!(block_on(log.prune(before)).unwrap(), None);
    log.close().unwrap();
}
