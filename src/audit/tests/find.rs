use super::*;
use crate::audit::find::{FoundRecord, RecordFilter};

fn asks(name: &'static str, says: &str) -> RecordFilter {
    RecordFilter { says: vec![(name, says.into())], ..RecordFilter::default() }
}

fn all(archive: &Archive, question: RecordFilter) -> Vec<FoundRecord> {
    let mut answers = archive.find(question).unwrap();
    std::iter::from_fn(|| answers.next_found().unwrap()).collect()
}

#[test]
fn a_part_is_found_by_what_its_intent_says_wherever_one_begins_to_look() {
    let dir = temporary();
    // The intent is in another segment.
    let (log, _) = open(LogConfig { segment_bytes: 1, ..settings(dir.path()) });
    let of = log.append(&intent("a")).unwrap().wait().unwrap().index;
    log.append(&record("b")).unwrap().wait().unwrap();
    let ended = log.append(&outcome("a", of)).unwrap().wait().unwrap().index;
    log.close().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    for from in [None, Some(0), Some(of + 1), Some(ended)] {
        let found = all(&archive, RecordFilter { from, ..asks("purpose", "care") });
        let expected: Vec<u64> =
            [of, ended].into_iter().filter(|index| *index >= from.unwrap_or(0)).collect();
        assert!(found.iter().map(|one| one.line.index).eq(expected), "{from:?}");
    }
    // Where it is pruned, what it said is not known any more.
    std::fs::remove_file(dir.path().join(segment::file_name(of))).unwrap();
    assert!(all(&archive, asks("purpose", "care")).is_empty());
    assert_eq!(all(&archive, asks("exchange", "a")).len(), 1);
}

#[test]
fn a_question_is_answered_in_as_many_steps_as_one_likes() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let ids: Vec<String> = (0..30).map(|nth| format!("x{}", nth % 10)).collect();
    for id in &ids {
        drop(log.append(&record(id)).unwrap());
    }
    log.close().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let whole: Vec<u64> =
        all(&archive, asks("exchange", "x3")).into_iter().map(|one| one.line.index).collect();
    assert_eq!(whole.len(), 3);
    for looks in [1, 4, 31, 1_000] {
        let (mut from, mut found, mut steps) = (Some(0), Vec::new(), 0);
        while from.is_some() {
            let question = RecordFilter { from, ..asks("exchange", "x3") };
            let mut answers = archive.find(question).unwrap().look_at_most(looks);
            while let Some(one) = answers.next_found().unwrap() {
                found.push(one.line.index);
            }
            (from, steps) = (answers.rest(), steps + 1);
        }
        assert_eq!(found, whole, "{looks}");
        // The record of the stop is looked at too, and after it the end.
        assert_eq!(steps, 31 / looks + 1, "{looks}");
    }
}
