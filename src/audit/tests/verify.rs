//! Everything that could be done to a log, and how it is found.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use sluice_core::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use sluice_core::ledger::tree::{Frontier, Hash};

use super::*;
use crate::audit::verify::{NotVerified, VerifiedLog, Vouchers, verify};

/// Records of the sample log.
const RECORDS: u64 = 1_500;

/// A log of several segments and checkpoints. `step` records lie between two checkpoints.
fn sample(step: u64) -> tempfile::TempDir {
    let dir = temporary();
    let settings = LogConfig { segment_bytes: 100_000, ..settings(dir.path()) };
    let (log, _) = open(settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for number in 0..RECORDS {
        let pending = log.append(&record(&format!("e{number}"))).unwrap();
        if number % step == step - 1 {
            let index = pending.wait().unwrap().index;
            runtime.block_on(log.checkpoint_over(index)).unwrap();
        }
    }
    log.close().unwrap();
    assert!(segments(dir.path()).len() > 2);
    dir
}

fn verified(dir: &Path) -> Result<VerifiedLog, NotVerified> {
    verified_by(dir, Vec::new())
}

fn verified_by(dir: &Path, kept: Vec<SignedCheckpoint>) -> Result<VerifiedLog, NotVerified> {
    let vouchers = Vouchers { witnesses: Vec::new(), kept };
    verify(dir, signer().verifier(), &vouchers, &mut |_, _| ())
}

/// The first fault: file, offset, and words.
fn wrong(dir: &Path) -> (String, u64, String) {
    match verified(dir) {
        Err(NotVerified::Damaged { path, offset, what, .. }) => {
            (path.file_name().unwrap().to_string_lossy().into_owned(), offset, what)
        }
        other => panic!("{other:?}"),
    }
}

fn flip(file: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

#[test]
fn a_log_that_nobody_touched_is_verified() {
    let dir = sample(200);
    let found = verified(dir.path()).unwrap();
    assert_eq!(found.records, lines(dir.path()).len() as u64);
    assert_eq!(found.signed.unwrap().size(), found.records);
    assert!(found.checkpoints >= 8 && found.segments > 2 && found.first == 0);
    assert_eq!(found.partial_bytes, 0);
    let total: u64 = segments(dir.path())
        .iter()
        .map(|name| fs::metadata(dir.path().join(name)).unwrap().len())
        .sum();
    assert_eq!(found.bytes, total);
}

#[test]
fn a_flipped_byte_is_found_wherever_it_is() {
    let dir = sample(500);
    for name in segments(dir.path()) {
        let file = dir.path().join(&name);
        let bytes = fs::read(&file).unwrap();
        for at in (0..bytes.len() as u64).step_by(9_973).chain([bytes.len() as u64 - 1]) {
            flip(&file, at);
            let (found, offset, what) = wrong(dir.path());
            // The line that has the byte is named by where it begins; one that lost its end, or
            // gained one, is the one it runs into or was divided at.
            let begins = bytes[..at as usize].iter().rposition(|byte| *byte == b'\n');
            let begins = begins.map_or(0, |end| end as u64 + 1);
            assert_eq!((&*found, offset), (&*name, begins), "byte {at}: {what}");
            flip(&file, at);
        }
    }
    verified(dir.path()).unwrap();
}

#[test]
fn a_flipped_byte_of_a_checkpoint_or_of_the_tree_is_found() {
    let dir = sample(500);
    let checkpoints = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let checkpoints: Vec<_> = checkpoints
        .filter(|path| path.extension().is_some_and(|ending| ending == "checkpoints"))
        .collect();
    let tree = dir.path().join("tree");
    for file in checkpoints.into_iter().chain([tree.join("0"), tree.join("1")]) {
        let length = fs::metadata(&file).unwrap().len();
        for at in (0..length).step_by(251) {
            flip(&file, at);
            assert!(verified(dir.path()).is_err(), "{} at {at}", file.display());
            flip(&file, at);
        }
    }
}

/// An attacker without the key recomputes every hash: only the signatures show the change.
#[test]
fn a_record_rewritten_with_its_hashes_is_found() {
    let dir = sample(500);
    let name = &segments(dir.path())[1];
    let file = dir.path().join(name);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"status\":404", "\"status\":403", 1)).unwrap();
    fs::remove_dir_all(dir.path().join("tree")).unwrap();
    fs::create_dir(dir.path().join("tree")).unwrap();
    for level in 0..8 {
        fs::write(dir.path().join("tree").join(level.to_string()), "").unwrap();
    }
    fs::write(dir.path().join("tree/marks"), "").unwrap();
    let (_, _, what) = wrong(dir.path());
    assert!(what.contains("are not those that were signed"), "{what}");
}

#[test]
fn what_is_dropped_is_found() {
    // A record in the middle.
    let dir = sample(500);
    let file = dir.path().join(&segments(dir.path())[1]);
    let text = fs::read_to_string(&file).unwrap();
    let line = text.lines().nth(5).unwrap();
    fs::write(&file, text.replacen(&format!("{line}\n"), "", 1)).unwrap();
    assert!(wrong(dir.path()).2.starts_with("this is not record"));
    // A segment in the middle.
    let dir = sample(500);
    fs::remove_file(dir.path().join(&segments(dir.path())[1])).unwrap();
    assert!(wrong(dir.path()).2.contains("records are missing"));
    // Acknowledged records at the end, with the checkpoints over them or without.
    let dir = sample(500);
    let last = dir.path().join(segments(dir.path()).last().unwrap());
    let text = fs::read_to_string(&last).unwrap();
    let cut: String = text.split_inclusive('\n').take(1).collect();
    fs::write(&last, &cut).unwrap();
    assert!(wrong(dir.path()).2.contains("records are cut off"));
}

/// An attacker with the key signs a shorter tree: a party that has seen the longer one notices.
#[test]
fn a_shorter_log_is_told_by_what_others_have_kept() {
    let dir = sample(500);
    let whole = verified(dir.path()).unwrap().signed.unwrap();
    let names = segments(dir.path());
    let last = names.last().unwrap();
    let first = segment::first_index(last).unwrap();
    fs::remove_file(dir.path().join(last)).unwrap();
    let mut tree = Frontier::default();
    for line in lines(dir.path()) {
        tree.push(Hash::leaf(line.as_bytes()), |_, _| ());
    }
    assert_eq!(tree.size(), first);
    let forged = Checkpoint::sign(tree.size(), tree.root(), &signer());
    for name in &names {
        let file = crate::audit::checkpoints::file_name(segment::first_index(name).unwrap());
        let _ = fs::remove_file(dir.path().join(file));
    }
    let file = crate::audit::checkpoints::file_name(0);
    fs::write(dir.path().join(file), forged.to_string()).unwrap();
    // By itself it is a log like any other.
    verified(dir.path()).unwrap();
    let Err(NotVerified::Damaged { what, .. }) = verified_by(dir.path(), vec![whole]) else {
        panic!("a rolled-back log is verified");
    };
    assert!(what.contains("a kept checkpoint is over"), "{what}");
    // The same length, and another tree.
    let other = Checkpoint::sign(500, Hash::leaf(b"x"), &signer());
    let Err(NotVerified::Damaged { what, .. }) = verified_by(dir.path(), vec![other]) else {
        panic!("a forked log is verified");
    };
    assert!(what.contains("kept elsewhere"), "{what}");
}

#[test]
fn a_line_that_is_being_written_is_no_damage() {
    let dir = sample(500);
    let last = dir.path().join(segments(dir.path()).last().unwrap());
    let text = fs::read_to_string(&last).unwrap();
    fs::write(&last, format!("{text}{{\"v\":1,\"ind")).unwrap();
    assert_eq!(verified(dir.path()).unwrap().partial_bytes, 11);
    // In the middle it is.
    let first = dir.path().join(&segments(dir.path())[0]);
    let text = fs::read_to_string(&first).unwrap();
    fs::write(&first, text.trim_end()).unwrap();
    assert!(wrong(dir.path()).2.contains("no end"));
}
