use std::fs;

use proptest::prelude::*;
use sluice_core::ledger::line::Line;

use super::*;

const FIRST: &str = "00000000000000000000.jsonl";

/// A folder with one segment of these bytes.
fn folder(bytes: &[u8]) -> tempfile::TempDir {
    let dir = temporary();
    fs::write(dir.path().join(FIRST), bytes).unwrap();
    dir
}

fn cut_line(index: u64, bytes: usize) -> String {
    format!(
        r#"{{"v":1,"index":{index},"time":"2026-03-01T00:00:00.000Z","node":"gw-1","kind":"control","event":"log-cut","at":"2026-03-01T00:00:00.000Z","segment":"{FIRST}","bytes":{bytes}}}"#
    )
}

/// A process killed at any moment leaves a prefix of what it would have written.
#[test]
fn any_prefix_of_a_log_opens() {
    let written = [line(0, "段"), stopped(1)].map(|line| line + "\n").concat();
    for length in 0..=written.len() {
        let dir = folder(&written.as_bytes()[..length]);
        let whole: Vec<String> = written.as_bytes()[..length]
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| String::from_utf8(line[..line.len() - 1].to_vec()).unwrap())
            .collect();
        let rest = length - whole.iter().map(|line| line.len() + 1).sum::<usize>();
        let (log, opened) = open(settings(dir.path()));
        let mut expected = whole.clone();
        if rest > 0 {
            expected.push(cut_line(whole.len() as u64, rest));
        }
        let cut = (rest > 0).then(|| TruncatedLine { segment: FIRST.into(), bytes: rest as u64 });
        assert_eq!(opened.cut, cut, "at {length}");
        assert_eq!(opened.next_index, expected.len() as u64);
        assert_eq!(opened.closed_in_order, length == written.len(), "at {length}");
        let next = log.append(&record("next")).unwrap().wait().unwrap().index;
        expected.push(line(next, "next"));
        drop(log);
        assert_eq!(lines(dir.path()), expected, "at {length}");
    }
}

/// The record of a cut overwrites what is cut; a crash in between leaves the longer rest behind it.
#[test]
fn a_crash_while_cutting_loses_no_cut() {
    let rest = &line(1, &"x".repeat(900))[..800];
    let first_cut = cut_line(1, rest.len());
    let left = rest.len() - first_cut.len() - 1;
    let bytes = format!("{}\n{first_cut}\n{}", line(0, "a"), &rest[..left]);
    let dir = folder(bytes.as_bytes());
    drop(open(settings(dir.path())));
    assert_eq!(lines(dir.path()), [line(0, "a"), first_cut, cut_line(2, left)]);
    let (_, opened) = open(settings(dir.path()));
    assert_eq!((opened.next_index, opened.cut), (3, None), "what is cut is cut once");
}

#[test]
fn damage_is_refused_and_left_as_it_is() {
    let (a, b) = (line(0, "a"), line(1, "b"));
    let long = line(1, &"x".repeat(70_000));
    for (segments, at, what) in [
        (vec![(0, format!("{a}\nrubbish\n"))], (0, a.len() + 1), "index 1"),
        (vec![(0, format!("{a}\n{}\n", line(2, "b")))], (0, a.len() + 1), "index 1"),
        (vec![(0, format!("rubbish\n{b}\n"))], (0, 0), "index 0"),
        (vec![(0, format!("{a}\n\n"))], (0, a.len() + 1), "index 1"),
        (vec![(0, format!("{a}\n{}\n", &b[..b.len() - 1]))], (0, a.len() + 1), "no record"),
        (vec![(0, format!("{a}\n{long}\n"))], (0, a.len() + 1), "index 1"),
        (vec![(0, format!("{a}\n")), (2, String::new())], (2, 0), "ends before index 1"),
        (vec![(0, a.clone()), (1, format!("{b}\n"))], (0, 0), "middle of a line"),
        (vec![(0, String::new()), (1, format!("{b}\n"))], (1, 0), "ends before index 0"),
        (vec![(0, format!("{a}\n{{}}\n")), (2, String::new())], (0, a.len() + 1), "index 1"),
    ] {
        let dir = temporary();
        for (first, text) in &segments {
            fs::write(dir.path().join(segment::file_name(*first)), text).unwrap();
        }
        let Err(OpenError::Damaged { path, offset, what: told }) =
            Log::open(settings(dir.path()), || MARCH, |_| ()).map(|_| ())
        else {
            panic!("{segments:?} opened");
        };
        assert!(told.contains(what), "{told}");
        assert_eq!(path, dir.path().join(segment::file_name(at.0)));
        assert_eq!(offset, at.1 as u64, "{told}");
        for (first, text) in &segments {
            let now = fs::read_to_string(dir.path().join(segment::file_name(*first)));
            assert_eq!(now.unwrap(), *text);
        }
    }
}

/// Pruned records can't be read again, so their hashes must be there.
#[test]
fn a_first_segment_without_the_hashes_before_it_is_refused() {
    let dir = temporary();
    fs::write(dir.path().join(segment::file_name(1)), line(1, "b") + "\n").unwrap();
    let error = Log::open(settings(dir.path()), || MARCH, |_| ()).err().unwrap();
    assert!(error.to_string().contains("lacks hashes of records before 1"), "{error}");
}

#[test]
fn a_strange_file_among_the_segments_is_refused() {
    let dir = folder(b"");
    fs::write(dir.path().join("copy of 00000000000000000000.jsonl"), "").unwrap();
    let error = Log::open(settings(dir.path()), || MARCH, |_| ()).err().unwrap();
    assert!(error.to_string().contains("copy of"), "{error}");
}

/// A crash after a segment was made and before anything was written to it.
#[test]
fn an_empty_last_segment_is_no_damage() {
    let dir = folder(format!("{}\n", line(0, "a")).as_bytes());
    fs::write(dir.path().join(segment::file_name(1)), "").unwrap();
    let (log, opened) = open(settings(dir.path()));
    assert_eq!((opened.next_index, opened.segments), (1, 2));
    log.append(&record("b")).unwrap().wait().unwrap();
    assert_eq!(lines(dir.path()), [line(0, "a"), line(1, "b")]);
}

/// The time of the last record is found before an empty last segment, too.
#[test]
fn times_go_on_behind_an_empty_last_segment() {
    let dir = folder(format!("{}\n", line(0, "a")).as_bytes());
    fs::write(dir.path().join(segment::file_name(1)), "").unwrap();
    let (log, opened) = Log::open(settings(dir.path()), || 0, |_| ()).unwrap();
    assert_eq!(opened.last_time, Some(MARCH));
    log.append(&record("b")).unwrap().wait().unwrap();
    assert_eq!(lines(dir.path())[1], line(1, "b"));
}

#[test]
fn messages_say_what_to_do() {
    let dir = folder(b"rubbish\n");
    let error = Log::open(settings(dir.path()), || MARCH, |_| ()).err().unwrap().to_string();
    for word in [FIRST, "byte 0", "index 0", "copy", "backup"] {
        assert!(error.contains(word), "{error}");
    }
    let file = folder(b"");
    let error = Log::open(settings(&file.path().join(FIRST)), || MARCH, |_| ()).err().unwrap();
    assert!(error.to_string().starts_with("making the log folder"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Runs that end anywhere, with records of any length between them: durable records stay, and
    /// the indices stay dense.
    #[test]
    fn runs_that_are_cut_off_lose_nothing_durable(
        runs in proptest::collection::vec((1usize..9, 0usize..400, 0usize..300), 1..6)
    ) {
        let dir = temporary();
        let mut durable = Vec::new();
        for (records, length, torn) in runs {
            let settings = LogConfig { segment_bytes: 1_500, ..settings(dir.path()) };
            let (log, _) = open(settings);
            for _ in 0..records {
                let id = "x".repeat(length);
                let index = log.append(&record(&id)).unwrap().wait().unwrap().index;
                durable.push(line(index, &id));
            }
            drop(log);
            // As if the kill had come in the middle of a write that nobody was told of.
            let last = dir.path().join(segments(dir.path()).pop().unwrap());
            let mut bytes = fs::read(&last).unwrap();
            bytes.extend_from_slice(&line(0, &"y".repeat(300)).as_bytes()[..torn]);
            fs::write(&last, bytes).unwrap();
        }
        drop(open(settings(dir.path())));
        let lines = lines(dir.path());
        let indices = lines.iter().map(|line| Line::index_of(line.as_bytes()).unwrap());
        prop_assert!(indices.eq(0..lines.len() as u64));
        let single = lines.into_iter().filter(|line| line.contains(r#""kind":"single""#));
        prop_assert!(single.eq(durable));
    }
}
