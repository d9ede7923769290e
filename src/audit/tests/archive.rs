use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluice_core::ledger::line::Line;
use sluice_core::ledger::tile::{Resource, entries_of, tiles};
use sluice_core::ledger::tree::Hash;
use uuid::Uuid;

use super::*;

/// Fills a log of several segments, with a clock that advances by a second a record.
fn fill(dir: &Path, records: u64) -> Vec<String> {
    let now = Arc::new(AtomicI64::new(MARCH));
    let clock = now.clone();
    let settings = LogConfig { segment_bytes: 60_000, ..settings(dir) };
    let (log, _) = Log::open(settings, move || clock.load(Ordering::Relaxed), |_| ()).unwrap();
    for nth in 0..records {
        now.fetch_add(1_000, Ordering::Relaxed);
        drop(log.append(&record(&id(nth))).unwrap());
        if nth % 37 == 0 {
            until("it is committed", || log.status().queued_records == 0);
        }
    }
    log.close().unwrap();
    lines(dir)
}

/// A UUIDv7 of the time at which [`fill`] appends its nth record.
fn id(nth: u64) -> String {
    id_at(MARCH as u64 + 1_000 * (nth + 1), nth)
}

fn id_at(millis: u64, nth: u64) -> String {
    let (high, low) = (millis << 16 | 7 << 12, 0b10 << 62 | nth);
    Uuid::from_u64_pair(high, low).hyphenated().to_string()
}

#[test]
fn records_are_read_from_any_index() {
    let dir = temporary();
    let expected = fill(dir.path(), 700);
    assert!(segments(dir.path()).len() > 3);
    let archive = Archive::open(dir.path()).unwrap();
    for from in (0..expected.len()).step_by(41).chain([255, 256, 257, expected.len() - 1]) {
        let mut records = archive.records(from as u64).unwrap();
        for (index, wanted) in expected.iter().enumerate().skip(from) {
            let (at, line) = records.next_line().unwrap().unwrap();
            assert_eq!((at, line), (index as u64, wanted.clone().into_bytes()));
        }
        assert_eq!(records.next_line().unwrap(), None);
    }
    let mut behind = archive.records(expected.len() as u64).unwrap();
    assert_eq!(behind.next_line().unwrap(), None);
}

#[test]
fn records_are_found_without_marks() {
    let dir = temporary();
    let expected = fill(dir.path(), 600);
    let marks = dir.path().join("tree/marks");
    for bad in [vec![], vec![0xff; 16 * 10], fs::read(&marks).unwrap()[16..].to_vec()] {
        fs::write(&marks, bad).unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        for from in [0, 300, 513, 599] {
            let (at, line) = archive.records(from).unwrap().next_line().unwrap().unwrap();
            assert_eq!((at, line), (from, expected[from as usize].clone().into_bytes()));
        }
    }
}

#[test]
fn an_exchange_is_found_by_its_id() {
    let dir = temporary();
    let expected = fill(dir.path(), 600);
    let archive = Archive::open(dir.path()).unwrap();
    for nth in [0, 1, 255, 256, 300, 511, 599] {
        let found = archive.exchange(&id(nth)).unwrap();
        let [(index, line)] = &found[..] else { panic!("{nth}: {found:?}") };
        assert_eq!(*line, expected[*index as usize].clone().into_bytes());
        assert_eq!(Line::exchange_of(line), Some(&*id(nth)));
    }
    for unknown in [
        id_at(MARCH as u64 + 300_500, 9_999),
        id_at(0, 1),
        id_at(MARCH as u64 * 2, 1),
        "rubbish".into(),
        Uuid::nil().to_string(),
    ] {
        assert_eq!(archive.exchange(&unknown).unwrap(), [], "{unknown}");
    }
}

#[test]
fn an_exchange_of_several_records_is_found_as_a_whole() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let exchange: Box<str> = id_at(MARCH as u64, 1).into();
    let of = log.append(&intent(&exchange)).unwrap().index();
    drop(log.append(&record(&id_at(MARCH as u64, 2))).unwrap());
    drop(log.append(&outcome(&exchange, of)).unwrap());
    log.close().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let indices = archive.exchange(&exchange).unwrap().into_iter().map(|(index, _)| index);
    assert!(indices.eq([0, 2]));
}

#[test]
fn tiles_are_rendered_from_the_files() {
    let dir = temporary();
    let expected = fill(dir.path(), 600);
    let size = expected.len() as u64;
    let archive = Archive::open(dir.path()).unwrap();
    let leaves: Vec<_> = expected.iter().map(|line| Hash::leaf(line.as_bytes())).collect();
    for tile in tiles(0, size) {
        let range = tile.range().start as usize..tile.range().end as usize;
        let hashes = archive.resource(Resource::Hashes { level: 0, tile }, size).unwrap().unwrap();
        let own: Vec<u8> = leaves[range.clone()].iter().flat_map(|hash| hash.0).collect();
        assert_eq!(hashes, own);
        let bundle = archive.resource(Resource::Entries(tile), size).unwrap().unwrap();
        let entries = entries_of(&bundle).unwrap();
        assert!(entries.iter().copied().eq(expected[range].iter().map(String::as_bytes)));
    }
    let level_1 = Resource::parse("tile/1/000.p/2").unwrap();
    assert_eq!(archive.resource(level_1, size).unwrap().unwrap().len(), 64);
    for beyond in
        ["tile/0/003", "tile/1/000", "tile/1/000.p/3", "tile/entries/003", "tile/2/000.p/1"]
    {
        let resource = Resource::parse(beyond).unwrap();
        assert_eq!(archive.resource(resource, size).unwrap(), None, "{beyond}");
    }
    // A smaller tree has less.
    let tile = Resource::parse("tile/0/001").unwrap();
    assert!(archive.resource(tile, 512).unwrap().is_some());
    assert_eq!(archive.resource(tile, 511).unwrap(), None);
}

#[test]
fn key_and_checkpoint_are_read() {
    let dir = temporary();
    let size = fill(dir.path(), 10).len() as u64;
    let archive = Archive::open(dir.path()).unwrap();
    let key = archive.key().unwrap();
    assert_eq!(key, *signer().verifier());
    assert_eq!(archive.checkpoint(&key).unwrap().unwrap().size(), size);
    let other = NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[9; 32]).unwrap();
    assert!(archive.checkpoint(other.verifier()).is_err());
    assert!(Archive::open(&dir.path().join("nowhere")).is_err());
}
