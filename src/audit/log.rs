//! The log itself: opening, asking how it is, closing.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::line::MAX_LINE_BYTES;
use sluice_core::ledger::note::NoteSigner;
use sluice_core::ledger::proof;
use sluice_core::ledger::receipt::LogProof;
use sluice_core::ledger::record::{Control, Ended, Event, Fate, Record, Thread};
use sluice_core::ledger::tree::{Hash, Stored};
use tokio::sync::watch;

use super::checkpointer::{CHECKPOINT_DELAY, Checkpointer};
use super::checkpoints::CheckpointFile;
use super::durability::{Committed, LogUnavailable};
use super::lane::{Lane, PendingRecord};
use super::open_error::OpenError;
use super::queue::{Queue, WriterState, locked};
use super::recovery::{self, Opened};
use super::segment::{Disk, Folder, Segments};
use super::shared::{Clock, LogShared, LogStart};
use super::writer::{Commit, Writer};

/// The settings of a log.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Its folder; made with mode 0700 if it isn't there.
    pub dir: PathBuf,
    /// The node named in every line.
    pub node: Name,
    /// The key that its checkpoints are signed with. The key's name is the log's origin: unique
    /// among all logs.
    pub signer: NoteSigner,
    /// The longest time from a record to the beginning of its checkpoint.
    pub checkpoint_delay: Duration,
    /// The note of the last checkpoint of the former log, if this log is new and continues it.
    pub continues: Option<Box<str>>,
    /// Size at which a segment is followed by the next, in bytes.
    pub segment_bytes: u64,
    /// The time for which a record waits for company while other exchanges are open.
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

impl LogConfig {
    /// The usual settings for a folder, a node and a key.
    pub fn new(dir: impl Into<PathBuf>, node: Name, signer: NoteSigner) -> LogConfig {
        LogConfig {
            dir: dir.into(),
            node,
            signer,
            checkpoint_delay: CHECKPOINT_DELAY,
            continues: None,
            segment_bytes: SEGMENT_BYTES,
            commit_window: COMMIT_WINDOW,
            queue_records: QUEUE_RECORDS,
            queue_bytes: QUEUE_BYTES,
        }
    }
}

/// The reason why there is no proof.
#[derive(Debug)]
pub enum NoProof {
    /// No checkpoint covers the record yet.
    NotCovered,
    /// Hashes can't be read.
    Unreadable(io::Error),
    /// The stored hashes don't lead to the root that was signed.
    Damaged,
}

impl fmt::Display for NoProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoProof::NotCovered => f.write_str("no checkpoint covers it"),
            NoProof::Unreadable(error) => write!(f, "hashes of the tree can't be read: {error}"),
            NoProof::Damaged => f.write_str("the stored hashes don't lead to the signed root"),
        }
    }
}

impl std::error::Error for NoProof {}

/// The state of the log at this moment.
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
    /// Records that the last durable checkpoint covers.
    pub signed: u64,
    /// Jumps of the system's clock against the monotonic one in this run.
    pub clock_jumps: u64,
    /// The reason why the log can't be written any more, for the operator.
    pub failure: Option<String>,
}

/// The log. [`Log::close`] closes it in good order. Dropping it commits the queued records but
/// leaves no record of a clean stop.
pub struct Log {
    own_lane: Lane,
    pub(super) shared: Arc<LogShared>,
    pub(super) dir: PathBuf,
    /// The writer and the checkpointer, in the order in which they end.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Log {
    /// Opens the log of a folder, or begins one. `clock` tells the time; `on_commit` is called by
    /// the writer thread after each commit, so it must be quick.
    ///
    /// # Errors
    /// [`OpenError`]; its text tells the operator the remedy.
    pub fn open(
        settings: LogConfig,
        clock: impl Fn() -> UnixMillis + Send + Sync + 'static,
        on_commit: impl FnMut(Commit) + Send + 'static,
    ) -> Result<(Log, Opened), OpenError> {
        let disk = Box::new(Folder { path: settings.dir.clone() });
        Log::open_on(disk, settings, Box::new(clock), Box::new(on_commit))
    }

    pub(super) fn open_on(
        disk: Box<dyn Disk>,
        settings: LogConfig,
        clock: Clock,
        on_commit: Box<dyn FnMut(Commit) + Send>,
    ) -> Result<(Log, Opened), OpenError> {
        let LogConfig { dir, node, signer, segment_bytes, commit_window, .. } = settings;
        let recovered = recovery::recover(&dir, &node, clock(), signer.verifier())?;
        let segments = Segments::resume(disk, recovered.last_segment, segment_bytes)
            .map_err(|error| OpenError::io(&dir, "beginning a segment in", error))?;
        let opened = recovered.opened;
        let mut queue = Queue::new(node, opened.next_index, opened.last_time.unwrap_or(0));
        queue.limit_records = settings.queue_records.max(1);
        queue.limit_bytes = settings.queue_bytes.max(2 * MAX_LINE_BYTES);
        let mut firsts = recovered.segments;
        if firsts.is_empty() {
            firsts.push(0);
        }
        let shared = Arc::new(LogShared::new(LogStart {
            queue,
            clock,
            segments: firsts,
            files: recovered.files,
            notes: CheckpointFile::new(&dir),
            checkpoint: recovered.checkpoint,
        }));
        let lock = Arc::new(recovered.lock);
        let writer = Writer::new(shared.clone(), segments, lock.clone(), commit_window, on_commit);
        let checkpointer =
            Checkpointer::new(shared.clone(), recovered.growth, signer, settings.checkpoint_delay);
        let thread = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.into());
            let started = thread.spawn(run);
            started.map_err(|error| OpenError::io(&dir, "starting a thread of the log in", error))
        };
        let writer = thread("log-writer", Box::new(move || writer.run()))?;
        let own_lane = Lane::new(shared.clone());
        let threads = Mutex::new(vec![writer]);
        let mut log = Log { own_lane, shared, dir: dir.clone(), threads };
        let checkpointer = thread(
            "log-checkpoint",
            Box::new(move || {
                checkpointer.run();
                drop(lock);
            }),
        )?;
        locked(&log.threads).push(checkpointer);
        log.begin(settings.continues, &recovered.open_intents);
        Ok((log, opened))
    }

    /// Records the beginning or the continuation of the log.
    fn begin(&mut self, continues: Option<Box<str>>, open_intents: &[Thread]) {
        let cites = continues.filter(|_| self.status().appended == 0).map(|checkpoint| {
            let event = Event::Continues { checkpoint };
            Record::Control(Control { time: (self.shared.clock)(), event })
        });
        let unknown = open_intents.iter().map(|thread| {
            Record::Outcome(Ended {
                thread,
                fate: Fate::Unknown,
                code: None,
                detail: None,
                status: None,
                released: None,
                debit: None,
                gateway_us: 0,
                upstream_us: None,
            })
        });
        for record in cites.into_iter().chain(unknown) {
            // A log that refuses already will refuse every exchange too.
            let _ = self.append(&record);
        }
    }

    /// A new lane, for one runtime, which should spawn [`Lane::pump`].
    pub fn lane(&self) -> Lane {
        Lane::new(self.shared.clone())
    }

    /// Appends from outside the data path.
    ///
    /// # Errors
    /// The same as of [`Lane::append`].
    pub fn append(&self, record: &Record<'_>) -> Result<PendingRecord, LogUnavailable> {
        self.own_lane.append(record)
    }

    /// Says whether records can still become durable.
    pub fn is_healthy(&self) -> bool {
        self.shared.is_healthy()
    }

    /// The last durable checkpoint.
    pub fn checkpoint(&self) -> Option<Arc<SignedCheckpoint>> {
        self.shared.signed.borrow().clone()
    }

    /// Waits for a checkpoint that covers a record, and asks for it at once. The wait has no bound
    /// of its own: an index that no record has yet is covered once one has it.
    ///
    /// # Errors
    /// [`LogUnavailable`] when the log ends before.
    pub async fn checkpoint_over(
        &self,
        index: u64,
    ) -> Result<Arc<SignedCheckpoint>, LogUnavailable> {
        let mut signed = self.shared.signed.subscribe();
        self.shared.want_checkpoint(index + 1);
        loop {
            let latest = signed.borrow_and_update().clone();
            if let Some(checkpoint) = latest.filter(|checkpoint| checkpoint.size() > index) {
                return Ok(checkpoint);
            }
            if !self.shared.is_healthy() {
                return Err(LogUnavailable::Closed);
            }
            signed.changed().await.map_err(|_| LogUnavailable::Closed)?;
        }
    }

    /// Each checkpoint as it is signed.
    pub fn checkpoints(&self) -> watch::Receiver<Option<Arc<SignedCheckpoint>>> {
        self.shared.signed.subscribe()
    }

    /// The proof that a record is in the tree of the last checkpoint.
    ///
    /// # Errors
    /// [`NoProof`]: when no checkpoint covers the record yet, or hashes can't be read.
    pub fn prove_inclusion(&self, index: u64) -> Result<LogProof, NoProof> {
        let latest = self.checkpoint().filter(|checkpoint| checkpoint.size() > index);
        let checkpoint = latest.ok_or(NoProof::NotCovered)?;
        let hashes = proof::prove_inclusion(&self.shared.files, index, checkpoint.size());
        let hashes = hashes.map_err(NoProof::Unreadable)?;
        let mut leaf = [Hash::empty()];
        self.shared.files.read(0, index, &mut leaf).map_err(NoProof::Unreadable)?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        proof::check_inclusion(&leaf[0], index, size, &hashes, &root)
            .map_err(|_| NoProof::Damaged)?;
        Ok(LogProof { extra: None, index, hashes, checkpoint: checkpoint.note().clone() })
    }

    /// The proof that the tree of one size is a prefix of the tree of another.
    ///
    /// # Errors
    /// [`NoProof`]: when no checkpoint covers the larger one yet, or hashes can't be read.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        let covered = self.status().signed;
        if old > new || new > covered {
            return Err(NoProof::NotCovered);
        }
        proof::prove_consistency(&self.shared.files, old, new).map_err(NoProof::Unreadable)
    }

    /// Bytes that can still be written to the log's disk.
    ///
    /// # Errors
    /// The system call fails.
    pub fn disk_free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.dir)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// The state of the log at this moment.
    pub fn status(&self) -> LogStatus {
        let queue = locked(&self.shared.queue);
        LogStatus {
            committed: self.shared.committed.load(Ordering::Acquire),
            appended: queue.next_index,
            queued_records: queue.batch.records(),
            queued_bytes: queue.batch.lines.len(),
            commits: self.shared.commits.load(Ordering::Relaxed),
            written_bytes: self.shared.written_bytes.load(Ordering::Relaxed),
            open: self.shared.open.load(Ordering::Relaxed),
            signed: self.checkpoint().map_or(0, |checkpoint| checkpoint.size()),
            clock_jumps: self.shared.clock_jumps.load(Ordering::Relaxed),
            failure: self.shared.failure.get().cloned(),
        }
    }

    /// Closes the log in good order, with a last record of that. Later appends are refused. Blocks
    /// until all records are durable.
    ///
    /// # Errors
    /// [`LogUnavailable`] when the log had failed or was closed before.
    pub fn close(&self) -> Result<Committed, LogUnavailable> {
        let stopped = Control { time: (self.shared.clock)(), event: Event::Stopped };
        let rolling = locked(&self.shared.rolling);
        let last = self.append(&Record::Control(stopped));
        locked(&self.shared.queue).refusing.get_or_insert(LogUnavailable::Closed);
        drop(rolling);
        self.stop();
        last?.wait()
    }

    /// Ends the writer thread once it has committed the queued records.
    fn stop(&self) {
        let mut queue = locked(&self.shared.queue);
        queue.refusing.get_or_insert(LogUnavailable::Closed);
        queue.writer = WriterState::Busy;
        drop(queue);
        self.shared.work.notify_one();
        for thread in locked(&self.threads).drain(..) {
            // If a thread panicked, the log has failed and whoever waits was told.
            let _ = thread.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.stop();
    }
}
