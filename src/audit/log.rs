//! The log itself: opening, asking how it is, closing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::line::MAX_LINE_BYTES;
use sluice_core::ledger::record::{Control, Event, Record};

use super::lane::{Committed, Lane, LaneState, LogUnavailable, Pending};
use super::queue::{Queue, WriterState, locked};
use super::recovery::{self, OpenError, Opened};
use super::segment::{Disk, Folder, Segments};
use super::writer::Writer;

/// What the log is to be like.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// Its folder; made with mode 0700 if it isn't there.
    pub dir: PathBuf,
    /// The node named in every line.
    pub node: Name,
    /// Size at which a segment is followed by the next, in bytes.
    pub segment_bytes: u64,
    /// How long a record waits for company while other exchanges are open.
    pub commit_window: Duration,
    /// Most records that may wait for the next commit.
    pub queue_records: usize,
    /// Most bytes that may wait for the next commit; as much again may be on its way to the disk.
    pub queue_bytes: usize,
}

/// Size of a segment unless the settings say otherwise.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Commit window unless the settings say otherwise.
pub const COMMIT_WINDOW: Duration = Duration::from_micros(150);

/// Bound of the queue in records unless the settings say otherwise.
pub const QUEUE_RECORDS: usize = 65_536;

/// Bound of the queue in bytes unless the settings say otherwise.
pub const QUEUE_BYTES: usize = 32 << 20;

impl LogSettings {
    /// The usual settings for a folder and a node.
    pub fn new(dir: impl Into<PathBuf>, node: Name) -> LogSettings {
        LogSettings {
            dir: dir.into(),
            node,
            segment_bytes: SEGMENT_BYTES,
            commit_window: COMMIT_WINDOW,
            queue_records: QUEUE_RECORDS,
            queue_bytes: QUEUE_BYTES,
        }
    }
}

/// What one commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Records it made durable.
    pub records: u64,
    /// Bytes it wrote.
    pub bytes: u64,
    /// How long writing and syncing took.
    pub took: Duration,
}

/// How the log is at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStatus {
    /// Records that are durable, those of former runs included: the index of the next one.
    pub committed: u64,
    /// Records that have an index, durable or not.
    pub appended: u64,
    /// Records that wait for the next commit.
    pub queued_records: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// Commits of this run.
    pub commits: u64,
    /// Bytes written in this run.
    pub written_bytes: u64,
    /// Exchanges that have still to append.
    pub open: usize,
    /// Why the log can't be written any more, for the operator.
    pub failure: Option<String>,
}

/// The log. Closed by [`Log::close`]; dropping it commits what is queued but leaves no record of
/// a stop in good order.
pub struct Log {
    own_lane: Lane,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Tells the time.
pub(super) type Clock = Box<dyn Fn() -> UnixMillis + Send + Sync>;

/// What workers and the writer thread share.
pub(super) struct Shared {
    pub(super) queue: Mutex<Queue>,
    /// Wakes the writer.
    pub(super) work: Condvar,
    pub(super) clock: Clock,
    /// Exchanges that have still to append.
    pub(super) open: AtomicUsize,
    /// Records that are durable; the watermark.
    pub(super) committed: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) written_bytes: AtomicU64,
    pub(super) failure: OnceLock<String>,
    /// The writer is gone: nothing that isn't durable will be.
    pub(super) ended: AtomicBool,
    lanes: Mutex<Vec<Weak<LaneState>>>,
}

impl Log {
    /// Opens the log of a folder, or begins one. `clock` tells the time; `on_commit` is called by
    /// the writer thread after each commit, so it must be quick.
    ///
    /// # Errors
    /// [`OpenError`], whose text tells an operator what to do.
    pub fn open(
        settings: LogSettings,
        clock: impl Fn() -> UnixMillis + Send + Sync + 'static,
        on_commit: impl FnMut(Commit) + Send + 'static,
    ) -> Result<(Log, Opened), OpenError> {
        let disk = Box::new(Folder { path: settings.dir.clone() });
        Log::open_on(disk, settings, Box::new(clock), Box::new(on_commit))
    }

    pub(super) fn open_on(
        disk: Box<dyn Disk>,
        settings: LogSettings,
        clock: Clock,
        on_commit: Box<dyn FnMut(Commit) + Send>,
    ) -> Result<(Log, Opened), OpenError> {
        let LogSettings { dir, node, segment_bytes, commit_window, .. } = settings;
        let recovered = recovery::recover(&dir, &node, clock())?;
        let segments = Segments::resume(disk, recovered.last_segment, segment_bytes)
            .map_err(|error| OpenError::io(&dir, "beginning a segment in", error))?;
        let opened = recovered.opened;
        let mut queue = Queue::new(node, opened.next_index, opened.last_time.unwrap_or(0));
        queue.limit_records = settings.queue_records.max(1);
        queue.limit_bytes = settings.queue_bytes.max(2 * MAX_LINE_BYTES);
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            work: Condvar::new(),
            clock,
            open: AtomicUsize::new(0),
            committed: AtomicU64::new(opened.next_index),
            commits: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            failure: OnceLock::new(),
            ended: AtomicBool::new(false),
            lanes: Mutex::default(),
        });
        let writer =
            Writer::new(shared.clone(), segments, recovered.lock, commit_window, on_commit);
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run())
            .map_err(|error| OpenError::io(&dir, "starting the thread that writes", error))?;
        let own_lane = Lane::new(shared.clone());
        Ok((Log { own_lane, shared, writer: Mutex::new(Some(thread)) }, opened))
    }

    /// A new lane, for one runtime, which should spawn [`Lane::pump`].
    pub fn lane(&self) -> Lane {
        Lane::new(self.shared.clone())
    }

    /// Appends from outside the data path.
    ///
    /// # Errors
    /// As [`Lane::append`].
    pub fn append(&self, record: &Record) -> Result<Pending, LogUnavailable> {
        self.own_lane.append(record)
    }

    /// Whether records can still become durable.
    pub fn is_healthy(&self) -> bool {
        self.shared.is_healthy()
    }

    /// How the log is at this moment.
    pub fn status(&self) -> LogStatus {
        let queue = locked(&self.shared.queue);
        LogStatus {
            committed: self.shared.committed.load(Ordering::Acquire),
            appended: queue.next_index,
            queued_records: queue.batch.records,
            queued_bytes: queue.batch.lines.len(),
            commits: self.shared.commits.load(Ordering::Relaxed),
            written_bytes: self.shared.written_bytes.load(Ordering::Relaxed),
            open: self.shared.open.load(Ordering::Relaxed),
            failure: self.shared.failure.get().cloned(),
        }
    }

    /// Closes the log in good order: a last record says so. Later appends are refused. Blocks
    /// until all is durable.
    ///
    /// # Errors
    /// [`LogUnavailable`] when the log had failed or was closed before.
    pub fn close(&self) -> Result<Committed, LogUnavailable> {
        let stopped = Control { time: (self.shared.clock)(), event: Event::Stopped };
        let last = self.append(&Record::Control(stopped));
        self.stop();
        last?.wait()
    }

    /// Ends the writer thread once it has committed what is queued.
    fn stop(&self) {
        let mut queue = locked(&self.shared.queue);
        queue.refusing.get_or_insert(LogUnavailable::Closed);
        queue.writer = WriterState::Busy;
        drop(queue);
        self.shared.work.notify_one();
        if let Some(thread) = locked(&self.writer).take() {
            // If the thread panicked, the log has failed and whoever waits was told.
            let _ = thread.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    pub(super) fn enlist(&self, lane: &Arc<LaneState>) {
        let mut lanes = locked(&self.lanes);
        lanes.retain(|lane| lane.strong_count() > 0);
        lanes.push(Arc::downgrade(lane));
    }

    pub(super) fn is_healthy(&self) -> bool {
        !self.ended.load(Ordering::Acquire) && self.failure.get().is_none()
    }

    /// What became of the record with that index, once that is settled.
    pub(super) fn fate(&self, index: u64) -> Option<Result<Committed, LogUnavailable>> {
        // In this order: the watermark never moves after the end.
        let ended = self.ended.load(Ordering::Acquire);
        if index < self.committed.load(Ordering::Acquire) {
            Some(Ok(Committed { index }))
        } else if ended {
            Some(Err(LogUnavailable::Failed))
        } else {
            None
        }
    }

    /// Wakes each lane that has something to learn, once.
    pub(super) fn rouse_lanes(&self) {
        // The list is short and changes at start only, so holding its lock disturbs nobody.
        let lanes = locked(&self.lanes);
        lanes.iter().filter_map(Weak::upgrade).for_each(|lane| lane.rouse(self));
    }
}
