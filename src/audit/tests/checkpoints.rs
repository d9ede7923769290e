use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::proof::check_consistency;
use sluice_core::ledger::tree::{Frontier, Hash};
use tokio::runtime::Builder;

use super::*;
use crate::audit::checkpoints;

fn block_on<F: std::future::Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, future).await.expect("it ends") })
}

/// The root over the first `size` lines of a folder.
fn root(dir: &Path, size: u64) -> Hash {
    let mut tree = Frontier::default();
    let lines = lines(dir);
    lines[..size as usize]
        .iter()
        .for_each(|line| tree.push(Hash::leaf(line.as_bytes()), |_, _| ()));
    tree.root()
}

/// Returns all checkpoints of a folder, in order, with the segments whose files hold them.
fn signed(dir: &Path) -> Vec<(u64, SignedCheckpoint)> {
    let mut found = Vec::new();
    for name in segments(dir) {
        let first = segment::first_index(&name).unwrap();
        let Ok(bytes) = fs::read(dir.join(checkpoints::file_name(first))) else { continue };
        let (notes, whole) = checkpoints::notes(&bytes);
        assert_eq!(whole, bytes.len());
        let open = |note| SignedCheckpoint::open(note, signer().verifier()).unwrap();
        found.extend(notes.iter().map(|found| (first, open(found.note))));
    }
    found
}

#[test]
fn a_checkpoint_follows_a_record() {
    let dir = temporary();
    let settings = LogConfig { checkpoint_delay: Duration::ZERO, ..settings(dir.path()) };
    let (log, _) = open(settings);
    assert_eq!(log.checkpoint(), None);
    for id in ["a", "b", "c"] {
        let index = log.append(&record(id)).unwrap().wait().unwrap().index;
        until("it is signed", || log.status().signed > index);
    }
    let checkpoint = log.checkpoint().unwrap();
    assert_eq!((checkpoint.size(), checkpoint.root()), (3, root(dir.path(), 3)));
    log.close().unwrap();
    let sizes: Vec<_> = signed(dir.path()).iter().map(|(_, signed)| signed.size()).collect();
    assert!(sizes.is_sorted_by(|a, b| a < b) && sizes.ends_with(&[4]), "{sizes:?}");
    for (_, checkpoint) in signed(dir.path()) {
        assert_eq!(checkpoint.root(), root(dir.path(), checkpoint.size()));
    }
    let key = fs::read_to_string(dir.path().join("log.vkey")).unwrap();
    assert_eq!(key, format!("{}\n", signer().verifier()));
}

#[test]
fn a_checkpoint_comes_when_it_is_asked_for() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    for id in ["a", "b"] {
        let index = log.append(&record(id)).unwrap().wait().unwrap().index;
        let checkpoint = block_on(log.checkpoint_over(index)).unwrap();
        assert_eq!(checkpoint.size(), index + 1);
        assert_eq!(checkpoint.root(), root(dir.path(), index + 1));
        // What is covered already is answered at once.
        assert_eq!(block_on(log.checkpoint_over(0)).unwrap(), checkpoint);
    }
    log.close().unwrap();
    assert_eq!(block_on(log.checkpoint_over(2)).unwrap().size(), 3, "the last one covers all");
    assert_eq!(block_on(log.checkpoint_over(3)), Err(LogUnavailable::Closed));
}

#[test]
fn a_jump_of_the_clock_is_recorded_and_counted() {
    const DAY_MS: i64 = 86_400_000;
    let dir = temporary();
    let wall = Arc::new(AtomicI64::new(MARCH));
    let clock = wall.clone();
    let now = move || clock.load(Ordering::SeqCst);
    let (log, _) = Log::open(settings(dir.path()), now, |_| ()).unwrap();
    let look = |id: &str| {
        let index = log.append(&record(id)).unwrap().wait().unwrap().index;
        block_on(log.checkpoint_over(index)).unwrap();
    };
    look("before");
    wall.fetch_sub(DAY_MS, Ordering::SeqCst);
    look("after");
    // The clocks are looked at after the checkpoint.
    let deadline = Instant::now() + DEADLINE;
    while log.status().clock_jumps == 0 {
        assert!(Instant::now() < deadline, "the jump was not seen");
        std::thread::yield_now();
    }
    log.close().unwrap();
    assert_eq!(log.status().clock_jumps, 1);
    let lines = lines(dir.path());
    let jump = lines.iter().find(|line| line.contains("clock-jumped")).expect("a record of it");
    let by = Line::parse(jump.as_bytes()).unwrap().members["by_ms"].as_i64().unwrap();
    assert!((-DAY_MS - 60_000..-DAY_MS + 2_000).contains(&by), "{by}");
    let times = lines.iter().map(|line| Line::parse(line.as_bytes()).unwrap().time);
    assert!(times.is_sorted(), "no record is behind the one before it");
}

#[test]
fn the_tree_goes_on_over_runs_and_segments() {
    let dir = temporary();
    for run in 0..4 {
        let (log, _) = open(LogConfig { segment_bytes: 30_000, ..settings(dir.path()) });
        let pending: Vec<_> =
            (0..150).map(|id| log.append(&record(&format!("{run}-{id}"))).unwrap()).collect();
        for pending in pending {
            let committed = pending.wait().unwrap();
            let line = &lines(dir.path())[committed.index as usize];
            assert_eq!(committed.leaf, Hash::leaf(line.as_bytes()));
        }
        log.close().unwrap();
        let total = lines(dir.path()).len() as u64;
        let checkpoint = log.checkpoint().unwrap();
        assert_eq!((checkpoint.size(), checkpoint.root()), (total, root(dir.path(), total)));
    }
    assert!(segments(dir.path()).len() > 3);
    // Each checkpoint stands beside the segment in which it ends.
    for (segment, checkpoint) in signed(dir.path()) {
        let firsts: Vec<_> =
            segments(dir.path()).iter().map(|name| segment::first_index(name).unwrap()).collect();
        let last = firsts.iter().filter(|first| **first < checkpoint.size()).max();
        assert_eq!(last, Some(&segment));
    }
}

/// The files of the tree are made again from the segments, whatever a crash left of them.
#[test]
fn a_lost_tree_is_made_again() {
    let dir = temporary();
    let settings = LogConfig { segment_bytes: 20_000, ..settings(dir.path()) };
    let (log, _) = open(settings.clone());
    for id in 0..600 {
        drop(log.append(&record(&id.to_string())).unwrap());
        if id % 50 == 0 {
            until("it is committed", || log.status().queued_records == 0);
        }
    }
    log.close().unwrap();
    let tree = dir.path().join("tree");
    let whole: Vec<_> = ["0", "1", "marks"].map(|name| fs::read(tree.join(name)).unwrap()).into();
    assert_eq!(whole[0].len(), lines(dir.path()).len() * 32);
    let check = |what: &str| {
        let (log, opened) = open(settings.clone());
        assert!(opened.cut.is_none(), "{what}");
        drop(log);
        for (name, whole) in ["0", "1", "marks"].iter().zip(&whole) {
            assert_eq!(fs::read(tree.join(name)).unwrap(), *whole, "{what}: {name}");
        }
    };
    fs::remove_dir_all(&tree).unwrap();
    check("all removed");
    fs::OpenOptions::new().write(true).open(tree.join("0")).unwrap().set_len(1_000).unwrap();
    check("leaves cut");
    fs::OpenOptions::new().write(true).open(tree.join("marks")).unwrap().set_len(16).unwrap();
    check("marks cut");
    fs::write(tree.join("1"), b"").unwrap();
    check("a level cut");
    // Zeros behind the end, as some file systems leave them.
    fs::OpenOptions::new().write(true).open(tree.join("0")).unwrap().set_len(40_000).unwrap();
    check("leaves extended");
}

#[test]
fn wrong_hashes_are_found_by_the_checkpoint_and_made_again() {
    let dir = temporary();
    let settings = LogConfig { segment_bytes: 20_000, ..settings(dir.path()) };
    let (log, _) = open(settings.clone());
    for id in 0..200 {
        drop(log.append(&record(&id.to_string())).unwrap());
        if id % 50 == 0 {
            until("it is committed", || log.status().queued_records == 0);
        }
    }
    log.close().unwrap();
    let leaves = dir.path().join("tree/0");
    let good = fs::read(&leaves).unwrap();
    let mut bad = good.clone();
    bad[0] ^= 1;
    bad[300] ^= 1;
    fs::write(&leaves, &bad).unwrap();
    drop(open(settings));
    assert_eq!(fs::read(&leaves).unwrap(), good);
}

#[test]
fn records_that_were_changed_or_lost_are_not_gone_on_from() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    for id in ["a", "b", "c"] {
        log.append(&record(id)).unwrap().wait().unwrap();
    }
    log.close().unwrap();
    let path = dir.path().join(segment::file_name(0));
    let good = fs::read_to_string(&path).unwrap();
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        let error = Log::open(settings(dir.path()), || MARCH, |_| ()).err().unwrap();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "it is left as it is");
        error.to_string()
    };
    let changed = refused(&good.replace(r#""exchange":"b""#, r#""exchange":"x""#));
    assert!(changed.contains("not those over which the last checkpoint was signed"), "{changed}");
    let lines: Vec<_> = good.split_inclusive('\n').collect();
    let lost = refused(&lines[..3].concat());
    assert!(lost.contains("counts 4 records, but only 3 are here"), "{lost}");
    fs::write(&path, &good).unwrap();
    drop(open(settings(dir.path())));
}

#[test]
fn a_log_keeps_its_key() {
    let dir = temporary();
    drop(open(settings(dir.path())));
    for (name, seed) in [("sluice.example/gw-1", 2), ("sluice.example/gw-2", 1)] {
        let signer = NoteSigner::from_seed(name, KeyKind::Log, &[seed; 32]).unwrap();
        let other = LogConfig { signer, ..settings(dir.path()) };
        let error = Log::open(other, || MARCH, |_| ()).err().unwrap();
        assert!(matches!(error, OpenError::OtherKey { .. }), "{error}");
    }
    drop(open(settings(dir.path())));
}

#[test]
fn a_new_log_cites_the_one_it_goes_on_from() {
    let (old, new) = (temporary(), temporary());
    let (log, _) = open(settings(old.path()));
    log.close().unwrap();
    let note = log.checkpoint().unwrap().to_string();
    let settings = LogConfig { continues: Some(note.as_str().into()), ..settings(new.path()) };
    for _run in 0..2 {
        let (log, _) = open(settings.clone());
        log.close().unwrap();
    }
    let lines = lines(new.path());
    assert_eq!(lines.len(), 3, "it is cited once");
    let first = Line::parse(lines[0].as_bytes()).unwrap();
    assert_eq!(first.members["event"], "continues");
    let cited = first.members["checkpoint"].as_str().unwrap();
    let cited = SignedCheckpoint::open(cited.as_bytes(), signer().verifier()).unwrap();
    assert_eq!(cited.size(), 1);
}

/// A process killed while it appended a note leaves a part of it.
#[test]
fn an_incomplete_note_is_cut() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    log.append(&record("a")).unwrap().wait().unwrap();
    block_on(log.checkpoint_over(0)).unwrap();
    log.close().unwrap();
    let path = dir.path().join(checkpoints::file_name(0));
    let whole = fs::read(&path).unwrap();
    let (notes, _) = checkpoints::notes(&whole);
    let (first, last) = (notes[0].note.len(), notes[1].note.len());
    assert_eq!((notes.len(), first + last), (2, whole.len()));
    for torn in 0..last {
        fs::write(&path, &whole[..first + torn]).unwrap();
        let (log, _) = open(settings(dir.path()));
        assert_eq!(log.status().signed, 1, "torn at {torn}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..first], "torn at {torn}");
        // What no checkpoint covers is covered soon.
        drop(log);
        assert_eq!(signed(dir.path()).last().unwrap().1.size(), 2);
    }
}

#[test]
fn a_note_that_is_no_checkpoint_is_damage() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    log.close().unwrap();
    let path = dir.path().join(checkpoints::file_name(0));
    let whole = fs::read_to_string(&path).unwrap();
    for bad in [
        whole.replace("\n1\n", "\n2\n"),
        whole.replace("gw-1", "gw-2"),
        format!("rubbish\n\n\n\n\n\n{whole}"),
        format!("{whole}rubbish\n\n\n\n\n\n"),
    ] {
        fs::write(&path, &bad).unwrap();
        let error = Log::open(settings(dir.path()), || MARCH, |_| ()).err().unwrap();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    }
}

#[test]
fn checkpoints_of_one_log_are_consistent() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let mut checkpoints = Vec::new();
    for id in 0..20 {
        let index = log.append(&record(&id.to_string())).unwrap().wait().unwrap().index;
        checkpoints.push(block_on(log.checkpoint_over(index)).unwrap());
    }
    for pair in checkpoints.windows(2) {
        let (old, new) = (&pair[0], &pair[1]);
        let proof = log.prove_consistency(old.size(), new.size()).unwrap();
        let checked =
            check_consistency((old.size(), &old.root()), (new.size(), &new.root()), &proof);
        assert_eq!(checked, Ok(()));
    }
    let proof = log.prove_inclusion(7).unwrap();
    let line = &lines(dir.path())[7];
    let checked = proof.check(line.as_bytes(), signer().verifier(), &[], 0).unwrap();
    assert_eq!(checked.size(), 20);
    assert!(log.prove_inclusion(20).is_err(), "no checkpoint covers it");
    // A proof that would not hold is not given.
    let leaves = dir.path().join("tree/0");
    let mut bytes = fs::read(&leaves).unwrap();
    bytes[0] ^= 1;
    fs::write(&leaves, bytes).unwrap();
    assert!(matches!(log.prove_inclusion(7), Err(NoProof::Damaged)));
    assert!(log.prove_consistency(5, 21).is_err());
}

/// The exchanges of the outcomes of a folder that say `unknown`.
fn unknown(dir: &Path) -> Vec<String> {
    let parsed = lines(dir).into_iter().map(|line| Line::parse(line.as_bytes()).unwrap().members);
    let unknown = parsed.filter(|members| members.get("fate") == Some(&"unknown".into()));
    unknown.map(|members| members["exchange"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn open_intents_are_closed_at_start() {
    let dir = temporary();
    // Each commit is followed by a new segment.
    let settings = LogConfig { segment_bytes: 1, ..settings(dir.path()) };
    let (log, _) = open(settings.clone());
    let append = |log: &Log, record: &Record| {
        let index = log.append(record).unwrap().wait().unwrap().index;
        until("the list of the next segment", || log.status().committed > index + 1);
        index
    };
    let a = append(&log, &intent("a"));
    let _b = append(&log, &intent("b"));
    append(&log, &record("between"));
    append(&log, &outcome("a", a));
    let _c = append(&log, &intent("c"));
    drop(log);
    let (log, opened) = open(settings.clone());
    assert_eq!(opened.open_intents, 2);
    drop(log);
    assert_eq!(unknown(dir.path()), ["b", "c"]);
    let (log, opened) = open(settings);
    assert_eq!(opened.open_intents, 0, "each is closed once");
    drop(log);
    assert_eq!(unknown(dir.path()), ["b", "c"]);
}

/// Wherever the log ends, each intent before that has one outcome after the next start.
#[test]
fn open_intents_are_found_wherever_a_log_ends() {
    let dir = temporary();
    let (log, _) = open(LogConfig { segment_bytes: 700, ..settings(dir.path()) });
    let mut intents = Vec::new();
    for id in 0..12 {
        let exchange = format!("e{id}");
        intents.push((log.append(&intent(&exchange)).unwrap().wait().unwrap().index, exchange));
        if id % 3 == 2 {
            let (index, exchange) = intents.remove(id / 3);
            log.append(&outcome(&exchange, index)).unwrap().wait().unwrap();
        }
    }
    drop(log);
    let files: Vec<_> = segments(dir.path())
        .into_iter()
        .map(|name| (name.clone(), fs::read(dir.path().join(name)).unwrap()))
        .collect();
    assert!(files.len() > 4);
    for (nth, (name, bytes)) in files.iter().enumerate() {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        for end in ends.map(|(at, _)| at + 1).chain([0]) {
            let copy = temporary();
            for (name, bytes) in &files[..nth] {
                fs::write(copy.path().join(name), bytes).unwrap();
            }
            fs::write(copy.path().join(name), &bytes[..end]).unwrap();
            drop(open(settings(copy.path())));
            let mut open: std::collections::BTreeMap<u64, u32> = Default::default();
            for line in lines(copy.path()) {
                let line = Line::parse(line.as_bytes()).unwrap();
                match &*line.kind {
                    "intent" => drop(open.insert(line.index, 0)),
                    "outcome" => {
                        let intent = line.members["intent"].as_u64().unwrap();
                        *open.get_mut(&intent).unwrap() += 1;
                    }
                    _ => {}
                }
            }
            assert!(open.values().all(|outcomes| *outcomes == 1), "{name} {end}: {open:?}");
        }
    }
}
