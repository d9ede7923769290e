use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use sluice_core::ledger::line::{Line, TooLong};

use super::*;

#[test]
fn records_stand_in_order_of_their_index() {
    let dir = temporary();
    let (log, opened) = open(settings(dir.path()));
    assert_eq!((opened.next_index, opened.closed_in_order, opened.cut), (0, true, None));
    let pending: Vec<_> = ["a", "b", "c"].map(|id| log.append(&record(id)).unwrap()).into();
    let indices: Vec<_> = pending.into_iter().map(|p| p.wait().unwrap().index).collect();
    assert_eq!(indices, [0, 1, 2]);
    assert_eq!(log.close().unwrap().index, 3);
    let expected = [line(0, "a"), line(1, "b"), line(2, "c"), stopped(3)];
    assert_eq!(lines(dir.path()), expected);
}

#[test]
fn a_log_goes_on_where_it_stopped() {
    let dir = temporary();
    for run in 0..4u64 {
        let (log, opened) = open(settings(dir.path()));
        assert_eq!((opened.next_index, opened.closed_in_order), (2 * run, true));
        let index = log.append(&record("a")).unwrap().index();
        assert_eq!(index, 2 * run);
        log.close().unwrap();
    }
    assert_eq!(segments(dir.path()), ["00000000000000000000.jsonl"]);
    assert_eq!(lines(dir.path()).len(), 8);
}

#[test]
fn only_a_close_counts_as_good_order() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    drop(log.append(&record("a")).unwrap());
    drop(log);
    let (_, opened) = open(settings(dir.path()));
    assert_eq!((opened.next_index, opened.closed_in_order), (1, false));
    assert_eq!(opened.last_time, Some(MARCH));
}

#[test]
fn times_never_run_backwards() {
    let dir = temporary();
    let now = Arc::new(AtomicI64::new(MARCH));
    for _run in 0..2 {
        let clock = now.clone();
        let clock = move || clock.fetch_sub(1_000, Ordering::Relaxed);
        let (log, _) = Log::open(settings(dir.path()), clock, |_| ()).unwrap();
        drop(log.append(&record("a")).unwrap());
        drop(log.append(&record("b")).unwrap());
        log.close().unwrap();
    }
    let times =
        lines(dir.path()).into_iter().map(|line| Line::parse(line.as_bytes()).unwrap().time);
    let times: Vec<_> = times.collect();
    assert_eq!(times.len(), 6);
    assert!(times.is_sorted() && times[5] < MARCH + 1_000, "{times:?}");
}

#[test]
fn segments_follow_one_another() {
    let dir = temporary();
    let (log, _) = open(LogConfig { segment_bytes: 1_000, ..settings(dir.path()) });
    for id in 0..20 {
        log.append(&record(&id.to_string())).unwrap().wait().unwrap();
    }
    log.close().unwrap();
    let names = segments(dir.path());
    assert!(names.len() >= 5, "{names:?}");
    let lines = lines(dir.path());
    let indices = lines.iter().map(|line| Line::index_of(line.as_bytes()).unwrap());
    assert!(indices.eq(0..lines.len() as u64));
    for name in &names {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        let first = text.lines().next().map(|line| Line::index_of(line.as_bytes()).unwrap());
        assert_eq!(first.unwrap_or(lines.len() as u64), segment::first_index(name).unwrap());
        assert!(text.len() < 1_000 + line(0, "00").len() + 1);
    }
    // Each segment but the first says which intents are open, unless the log was closed before.
    let lists = lines.iter().filter(|line| line.contains("open-intents")).count();
    assert!(lists == names.len() - 1 || lists == names.len() - 2);
    assert_eq!(lines.len(), 20 + lists + 1);
    let (_, opened) = open(settings(dir.path()));
    assert_eq!((opened.next_index, opened.segments), (lines.len() as u64, names.len()));
    assert_eq!((opened.closed_in_order, opened.last_time), (true, Some(MARCH)));
}

#[test]
fn nobody_else_may_read_the_log() {
    let dir = temporary();
    let path = dir.path().join("state/log");
    let (log, _) = open(settings(&path));
    log.append(&record("a")).unwrap().wait().unwrap();
    log.close().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut folders = vec![path];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                // The public key is for everybody.
                let expected = if path.ends_with("log.vkey") { 0o644 } else { 0o600 };
                assert_eq!(mode(&path), expected, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 8);
}

#[test]
fn two_gateways_never_write_one_folder() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let second = Log::open(settings(dir.path()), || MARCH, |_| ());
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    log.close().unwrap();
    let (_, opened) = open(settings(dir.path()));
    assert_eq!(opened.next_index, 1);
}

#[test]
fn a_closed_log_takes_nothing() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let before = log.append(&record("a")).unwrap();
    log.close().unwrap();
    assert_eq!(before.wait().unwrap().index, 0);
    assert_eq!(log.append(&record("b")).err(), Some(LogUnavailable::Closed));
    assert_eq!(log.close(), Err(LogUnavailable::Closed));
    assert!(!log.is_healthy());
    assert_eq!(lines(dir.path()), [line(0, "a"), stopped(1)]);
}

#[test]
fn a_record_that_is_no_line_takes_no_index() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let too_long = log.append(&record(&"x".repeat(70_000))).err();
    assert_eq!(too_long, Some(LogUnavailable::TooLong(TooLong::Texts)));
    assert_eq!(log.append(&record("a")).unwrap().wait().unwrap().index, 0);
    assert!(log.is_healthy());
}

#[test]
fn the_last_open_exchange_ends_the_wait() {
    let dir = temporary();
    let (log, _) = open(LogConfig { commit_window: NEVER, ..settings(dir.path()) });
    let lane = log.lane();
    // Alone: nobody else could come, so the commit is at once.
    lane.begin().append(&record("a")).unwrap().wait().unwrap();
    // In company: the first waits until the second has appended too, or has gone.
    for second_appends in [true, false] {
        let (first, second) = (lane.begin(), lane.begin());
        let committed = log.status().committed;
        let waiting = first.append(&record("b")).unwrap();
        assert_eq!(log.status().committed, committed);
        if second_appends {
            second.append(&record("c")).unwrap().wait().unwrap();
        } else {
            drop(second);
        }
        waiting.wait().unwrap();
    }
    assert_eq!(log.status().open, 0);
    let status = log.status();
    assert_eq!((status.committed, status.commits, status.queued_records), (4, 3, 0));
}

#[test]
fn the_window_ends_the_wait() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let lane = log.lane();
    let _slow = lane.begin();
    lane.begin().append(&record("a")).unwrap().wait().unwrap();
    assert_eq!(log.status().committed, 1);
}

#[test]
fn an_exchange_that_cannot_append_is_open_no_more() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    let lane = log.lane();
    assert!(lane.begin().append(&record(&"x".repeat(70_000))).is_err());
    assert_eq!(log.status().open, 0);
    let open = lane.begin();
    log.close().unwrap();
    assert!(open.append(&record("a")).is_err());
    assert_eq!(log.status().open, 0);
}

#[test]
fn commits_are_counted() {
    let dir = temporary();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let on_commit = move |commit: Commit| sink.lock().unwrap().push((commit.records, commit.bytes));
    let (log, _) = Log::open(settings(dir.path()), || MARCH, on_commit).unwrap();
    for id in ["a", "b"] {
        log.append(&record(id)).unwrap().wait().unwrap();
    }
    log.close().unwrap();
    let bytes = line(0, "a").len() as u64 + 1;
    let stop_bytes = stopped(2).len() as u64 + 1;
    assert_eq!(*seen.lock().unwrap(), [(1, bytes), (1, bytes), (1, stop_bytes)]);
    let status = log.status();
    assert_eq!((status.commits, status.written_bytes), (3, 2 * bytes + stop_bytes));
}
