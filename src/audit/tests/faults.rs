//! Faults in pairs: failed and not persisted, failed but persisted.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use sluice_core::ledger::line::Line;

use super::*;
use crate::audit::segment::{Disk, Folder, SegmentFile};

/// A fault, and the part of the write that reaches the disk all the same.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// A write that fails after this many bytes were written.
    Append { persisted_bytes: usize },
    /// A sync that fails; the written bytes may have reached the disk or not.
    Sync { persisted: bool },
    /// Making the next segment fails; its name may be there or not.
    Create { persisted: bool },
}

/// A folder on which one operation fails.
struct FaultyDisk {
    folder: Folder,
    plan: Arc<Mutex<Plan>>,
}

struct Plan {
    /// Number of operations of the fault's kind that succeed first.
    after: usize,
    fault: Fault,
    failed: bool,
    calls_after_failure: usize,
}

impl Plan {
    /// Says whether this operation is the one to fail.
    fn strikes(&mut self, kind: fn(Fault) -> bool) -> Option<Fault> {
        if self.failed {
            self.calls_after_failure += 1;
            return None;
        }
        if !kind(self.fault) {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.failed = true;
        Some(self.fault)
    }
}

struct FaultyFile {
    file: Box<dyn SegmentFile>,
    path: std::path::PathBuf,
    synced_bytes: u64,
    plan: Arc<Mutex<Plan>>,
}

impl FaultyDisk {
    fn wrap(&self, first_index: u64, file: Box<dyn SegmentFile>) -> Box<dyn SegmentFile> {
        let path = self.folder.path.join(segment::file_name(first_index));
        let synced_bytes = std::fs::metadata(&path).unwrap().len();
        Box::new(FaultyFile { file, path, synced_bytes, plan: self.plan.clone() })
    }
}

impl Disk for FaultyDisk {
    fn create(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        let strike =
            self.plan.lock().unwrap().strikes(|fault| matches!(fault, Fault::Create { .. }));
        match strike {
            Some(Fault::Create { persisted }) => {
                if persisted {
                    self.folder.create(first_index)?;
                }
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => {
                let file = self.folder.create(first_index)?;
                Ok(self.wrap(first_index, file))
            }
        }
    }

    fn open(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        let file = self.folder.open(first_index)?;
        Ok(self.wrap(first_index, file))
    }
}

impl SegmentFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let strike =
            self.plan.lock().unwrap().strikes(|fault| matches!(fault, Fault::Append { .. }));
        let Some(Fault::Append { persisted_bytes }) = strike else {
            return self.file.append(bytes);
        };
        self.file.append(&bytes[..persisted_bytes.min(bytes.len())])?;
        Err(io::ErrorKind::StorageFull.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        let strike = self.plan.lock().unwrap().strikes(|fault| matches!(fault, Fault::Sync { .. }));
        let Some(Fault::Sync { persisted }) = strike else {
            self.synced_bytes = std::fs::metadata(&self.path)?.len();
            return self.file.sync();
        };
        if !persisted {
            // What the kernel does after a failed write-back: the pages are dropped.
            std::fs::OpenOptions::new().write(true).open(&self.path)?.set_len(self.synced_bytes)?;
        }
        Err(io::Error::other("the device is gone"))
    }
}

fn open_faulty(settings: LogConfig, after: usize, fault: Fault) -> (Log, Arc<Mutex<Plan>>) {
    let plan = Plan { after, fault, failed: false, calls_after_failure: 0 };
    let plan = Arc::new(Mutex::new(plan));
    let disk = FaultyDisk { folder: Folder { path: settings.dir.clone() }, plan: plan.clone() };
    let (log, _) =
        Log::open_on(Box::new(disk), settings, Box::new(|| MARCH), Box::new(|_| ())).unwrap();
    (log, plan)
}

#[test]
fn a_fault_fails_the_log_for_good() {
    for (fault, after) in [
        (Fault::Append { persisted_bytes: 0 }, 3),
        (Fault::Append { persisted_bytes: 100 }, 3),
        (Fault::Append { persisted_bytes: usize::MAX }, 3),
        (Fault::Append { persisted_bytes: 0 }, 0),
        (Fault::Sync { persisted: true }, 3),
        (Fault::Sync { persisted: false }, 3),
        (Fault::Sync { persisted: false }, 0),
        (Fault::Create { persisted: true }, 2),
        (Fault::Create { persisted: false }, 2),
    ] {
        let dir = temporary();
        let settings = LogConfig { segment_bytes: 600, ..settings(dir.path()) };
        let (log, plan) = open_faulty(settings.clone(), after, fault);
        let mut durable = Vec::new();
        for id in 0..20 {
            let waited = log.append(&record(&id.to_string())).and_then(PendingRecord::wait);
            match waited {
                Ok(committed) => durable.push(line(committed.index, &id.to_string())),
                Err(error) => assert_eq!(error, LogUnavailable::Failed, "{fault:?}"),
            }
        }
        assert!(durable.len() < 10, "{fault:?} never struck");
        assert!(!log.is_healthy());
        let failure = log.status().failure.unwrap();
        assert!(failure.contains("failed: "), "{failure}");
        assert_eq!(log.append(&record("a")).err(), Some(LogUnavailable::Failed));
        assert_eq!(log.close(), Err(LogUnavailable::Failed));
        assert_eq!(plan.lock().unwrap().calls_after_failure, 0, "{fault:?} was retried");
        drop(log);

        let (log, opened) = open(settings);
        assert!(!opened.closed_in_order);
        log.append(&record("next")).unwrap().wait().unwrap();
        let lines = lines(dir.path());
        let durable_at =
            |line: &String| lines[Line::index_of(line.as_bytes()).unwrap() as usize] == *line;
        assert!(durable.iter().all(durable_at), "{fault:?}: {lines:?}");
        // One record more than was durable may have got there, and one tells of a cut.
        let lists = lines.iter().filter(|line| line.contains("open-intents")).count();
        assert!(lines.len() <= durable.len() + lists + 2, "{fault:?}: {lines:?}");
        assert_eq!(lines[opened.next_index as usize], line(opened.next_index, "next"));
    }
}

#[test]
fn everybody_who_waits_is_told_of_a_fault() {
    let dir = temporary();
    let settings = LogConfig { commit_window: NEVER, ..settings(dir.path()) };
    let (log, _) = open_faulty(settings, 0, Fault::Sync { persisted: true });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (lane, unpumped) = (log.lane(), log.lane());
        tokio::spawn(lane.pump());
        let held = lane.begin();
        let mut waits = tokio::task::JoinSet::new();
        for lane in [&lane, &unpumped, &lane] {
            waits.spawn(lane.append(&record("a")).unwrap().durable());
        }
        tokio::task::yield_now().await;
        drop(held);
        let fates = tokio::time::timeout(DEADLINE, waits.join_all()).await.unwrap();
        assert_eq!(fates, [Err(LogUnavailable::Failed); 3]);
    });
}

/// A disk on which every sync waits for leave.
struct SlowDisk {
    folder: Folder,
    leave: Arc<Mutex<Receiver<()>>>,
}

struct SlowFile {
    file: Box<dyn SegmentFile>,
    leave: Arc<Mutex<Receiver<()>>>,
}

impl Disk for SlowDisk {
    fn create(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        let file = self.folder.create(first_index)?;
        Ok(Box::new(SlowFile { file, leave: self.leave.clone() }))
    }

    fn open(&mut self, first_index: u64) -> io::Result<Box<dyn SegmentFile>> {
        self.folder.open(first_index)
    }
}

impl SegmentFile for SlowFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        // Without anybody to give leave any more, there is nothing to wait for.
        let _ = self.leave.lock().unwrap().recv();
        self.file.sync()
    }
}

fn open_slow(settings: LogConfig) -> (Log, Sender<()>) {
    let (give_leave, leave) = channel();
    let disk = SlowDisk {
        folder: Folder { path: settings.dir.clone() },
        leave: Arc::new(Mutex::new(leave)),
    };
    let (log, _) =
        Log::open_on(Box::new(disk), settings, Box::new(|| MARCH), Box::new(|_| ())).unwrap();
    (log, give_leave)
}

/// While the disk hangs, workers are refused at the bound and never blocked.
#[test]
fn the_queue_is_bounded() {
    let by_count = |dir: &Path| LogConfig { queue_records: 10, ..settings(dir) };
    let by_bytes = |dir: &Path| LogConfig { queue_bytes: 0, ..settings(dir) };
    for (make, at_most) in [(&by_count as &dyn Fn(&Path) -> LogConfig, 10), (&by_bytes, 300)] {
        let dir = temporary();
        let (log, give_leave) = open_slow(make(dir.path()));
        let first = log.append(&record("first")).unwrap();
        until("the writer is at the disk", || log.status().queued_records == 0);
        let mut taken = Vec::new();
        let refused = loop {
            match log.append(&record("more")) {
                Ok(pending) => taken.push(pending),
                Err(refused) => break refused,
            }
            assert!(taken.len() <= at_most, "no bound");
        };
        assert_eq!(refused, LogUnavailable::Full);
        assert!(log.is_healthy(), "a full queue passes");
        assert_eq!(log.status().committed, 0);
        give_leave.send(()).unwrap();
        first.wait().unwrap();
        give_leave.send(()).unwrap();
        taken.into_iter().for_each(|pending| assert!(pending.wait().is_ok()));
        drop(give_leave);
        log.append(&record("again")).unwrap().wait().unwrap();
    }
}

/// Nothing counts as durable before its sync has returned.
#[test]
fn the_watermark_follows_the_sync() {
    let dir = temporary();
    let (log, give_leave) = open_slow(settings(dir.path()));
    let pending = log.append(&record("a")).unwrap();
    until("it is written", || lines(dir.path()).len() == 1);
    assert_eq!(log.status().committed, 0);
    give_leave.send(()).unwrap();
    pending.wait().unwrap();
    assert_eq!(log.status().committed, 1);
    drop(give_leave);
}
