//! The state that workers, the writer thread and the checkpointer share.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, Weak};

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::record::Record;
use sluice_core::ledger::tree::{Hash, Stored};
use tokio::sync::watch;

use super::checkpoints::CheckpointFile;
use super::durability::{Committed, LogUnavailable};
use super::hashes::{HashFiles, Mark};
use super::queue::{Queue, WriterState, locked};
use super::waiting::LaneState;

/// Leaf hashes that are kept in memory at least, for the receipts of their exchanges.
const RECENT_LEAVES: usize = 16_384;

/// Tells the time.
pub(super) type Clock = Box<dyn Fn() -> UnixMillis + Send + Sync>;

pub(super) struct LogShared {
    pub(super) queue: Mutex<Queue>,
    /// Wakes the writer.
    pub(super) work: Condvar,
    pub(super) clock: Clock,
    /// Exchanges that have still to append.
    pub(super) open: AtomicUsize,
    /// Records that are durable; the watermark.
    pub(super) committed: AtomicU64,
    pub(super) commits: AtomicU64,
    /// Jumps of the system's clock in this run.
    pub(super) clock_jumps: AtomicU64,
    pub(super) written_bytes: AtomicU64,
    pub(super) failure: OnceLock<String>,
    /// The writer is gone: nothing that isn't durable will be.
    pub(super) ended: AtomicBool,
    /// Held while a segment is begun and while the log is closed, so that the first record of a
    /// segment is never after the record of closing.
    pub(super) rolling: Mutex<()>,
    /// First indices of all segments, in order.
    pub(super) segments: Mutex<Vec<u64>>,
    pub(super) recent: Mutex<Recent>,
    pub(super) files: HashFiles,
    pub(super) notes: Mutex<CheckpointFile>,
    /// The last durable checkpoint.
    pub(super) signed: watch::Sender<Option<Arc<SignedCheckpoint>>>,
    pub(super) desk: CheckpointDesk,
    /// Exchange ids of the intents without an outcome, by index.
    intents: Mutex<BTreeMap<u64, Box<str>>>,
    lanes: Mutex<Vec<Weak<LaneState>>>,
}

/// The desk at which the checkpointer is asked for something.
#[derive(Default)]
pub(super) struct CheckpointDesk {
    /// The size that a checkpoint is wanted for at once.
    pub(super) wanted: Mutex<u64>,
    pub(super) bell: Condvar,
    /// True while the checkpointer sleeps because there is nothing to sign.
    pub(super) idle: AtomicBool,
}

/// Leaf hashes that are durable as lines but may not be in the files of the tree yet, and some more.
#[derive(Default)]
pub(super) struct Recent {
    /// Index of the first leaf.
    first: u64,
    leaves: VecDeque<Hash>,
    /// Marks that are not in the files yet.
    marks: VecDeque<Mark>,
}

impl Recent {
    /// Begins behind the last record that there is.
    pub(super) fn from(first: u64) -> Recent {
        Recent { first, ..Recent::default() }
    }

    pub(super) fn extend(&mut self, leaves: &[Hash], marks: impl Iterator<Item = Mark>) {
        self.leaves.extend(leaves);
        self.marks.extend(marks);
    }

    /// Copies the leaves from an index on, and takes the marks.
    pub(super) fn after(&mut self, index: u64) -> (Vec<Hash>, Vec<Mark>) {
        let known = index.saturating_sub(self.first) as usize;
        let known = known.min(self.leaves.len());
        (self.leaves.range(known..).copied().collect(), self.marks.drain(..).collect())
    }

    /// Forgets old leaves, but none whose hash is not in the files.
    pub(super) fn forget_before(&mut self, written: u64) {
        let old = self.leaves.len().saturating_sub(RECENT_LEAVES);
        let old = old.min(written.saturating_sub(self.first) as usize);
        self.leaves.drain(..old);
        self.first += old as u64;
    }

    fn leaf(&self, index: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(index.checked_sub(self.first)?).ok()?).copied()
    }
}

/// The state that [`LogShared`] begins with.
pub(super) struct LogStart {
    pub(super) queue: Queue,
    pub(super) clock: Clock,
    pub(super) segments: Vec<u64>,
    pub(super) files: HashFiles,
    pub(super) notes: CheckpointFile,
    pub(super) checkpoint: Option<SignedCheckpoint>,
}

impl LogShared {
    pub(super) fn new(beginning: LogStart) -> LogShared {
        let LogStart { queue, clock, segments, files, notes, checkpoint } = beginning;
        let next_index = queue.next_index;
        LogShared {
            queue: Mutex::new(queue),
            work: Condvar::new(),
            clock,
            open: AtomicUsize::new(0),
            committed: AtomicU64::new(next_index),
            commits: AtomicU64::new(0),
            clock_jumps: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            failure: OnceLock::new(),
            ended: AtomicBool::new(false),
            rolling: Mutex::new(()),
            segments: Mutex::new(segments),
            recent: Mutex::new(Recent::from(next_index)),
            files,
            notes: Mutex::new(notes),
            signed: watch::Sender::new(checkpoint.map(Arc::new)),
            desk: CheckpointDesk::default(),
            intents: Mutex::default(),
            lanes: Mutex::default(),
        }
    }

    /// Queues a record, or refuses; either way `closes` exchanges are no longer open. Wakes the
    /// writer if nobody else will.
    pub(super) fn push(
        &self,
        body: Result<&[u8], LogUnavailable>,
        closes: usize,
    ) -> Result<u64, LogUnavailable> {
        let mut queue = locked(&self.queue);
        // The clock is read under the lock, so that times don't run backwards along the log.
        let pushed = body.and_then(|body| queue.push(body, (self.clock)()));
        let open = self.open.fetch_sub(closes, Ordering::Relaxed) - closes;
        queue.complete |= open == 0 && queue.batch.records() > 0;
        let wake = match queue.writer {
            WriterState::Idle => pushed.is_ok(),
            WriterState::Collecting => queue.complete,
            WriterState::Busy => false,
        };
        if wake {
            // It is awake from here on; a second wake-up would be a system call for nothing.
            queue.writer = WriterState::Busy;
        }
        drop(queue);
        if wake {
            self.work.notify_one();
        }
        pushed
    }

    /// Ends an announcement without a record.
    pub(super) fn close_exchange(&self) {
        if self.open.fetch_sub(1, Ordering::Relaxed) != 1 {
            return;
        }
        // The writer reads the count under this lock before it sleeps: it saw zero, or it sleeps
        // now and is woken.
        let mut queue = locked(&self.queue);
        queue.complete |= queue.batch.records() > 0;
        if queue.writer == WriterState::Collecting && queue.complete {
            queue.writer = WriterState::Busy;
            drop(queue);
            self.work.notify_one();
        }
    }

    /// Keeps the list of open intents.
    pub(super) fn follow(&self, record: &Record<'_>, index: u64) {
        match record {
            Record::Intent(intent) => {
                locked(&self.intents).insert(index, intent.exchange.exchange.into());
            }
            Record::Outcome(ended) => {
                locked(&self.intents).remove(&ended.thread.intent);
            }
            Record::Single(_)
            | Record::Continuation(_)
            | Record::Refusals(_)
            | Record::Control(_) => {}
        }
    }

    /// The intents before an index that have no outcome yet.
    pub(super) fn open_intents(&self, before: u64) -> Vec<(u64, Box<str>)> {
        let intents = locked(&self.intents);
        intents.range(..before).map(|(index, exchange)| (*index, exchange.clone())).collect()
    }

    /// Makes the log fail for good: later appends are refused, and the writer ends.
    pub(super) fn fail(&self, why: String) {
        let _ = self.failure.set(why);
        let mut queue = locked(&self.queue);
        queue.refusing = Some(LogUnavailable::Failed);
        queue.writer = WriterState::Busy;
        drop(queue);
        self.work.notify_one();
    }

    pub(super) fn is_healthy(&self) -> bool {
        !self.ended.load(Ordering::Acquire) && self.failure.get().is_none()
    }

    /// Says whether the fate of the record with that index is known.
    pub(super) fn is_settled(&self, index: u64) -> bool {
        let ended = self.ended.load(Ordering::Acquire);
        ended || index < self.committed.load(Ordering::Acquire)
    }

    /// The fate of the record with that index, once it is settled.
    pub(super) fn fate(&self, index: u64) -> Option<Result<Committed, LogUnavailable>> {
        // In this order: the watermark never moves after the end.
        let ended = self.ended.load(Ordering::Acquire);
        if index < self.committed.load(Ordering::Acquire) {
            Some(self.leaf(index).map(|leaf| Committed { index, leaf }))
        } else if ended {
            Some(Err(LogUnavailable::Failed))
        } else {
            None
        }
    }

    /// The leaf hash of a durable record.
    fn leaf(&self, index: u64) -> Result<Hash, LogUnavailable> {
        if let Some(leaf) = locked(&self.recent).leaf(index) {
            return Ok(leaf);
        }
        // Whoever waits so long for a look at its record reads it from the file.
        let mut leaf = [Hash::empty()];
        self.files.read(0, index, &mut leaf).map_err(|_| LogUnavailable::Failed)?;
        Ok(leaf[0])
    }

    pub(super) fn enlist(&self, lane: &Arc<LaneState>) {
        let mut lanes = locked(&self.lanes);
        lanes.retain(|lane| lane.strong_count() > 0);
        lanes.push(Arc::downgrade(lane));
    }

    /// Wakes each lane that has something to learn, once.
    pub(super) fn rouse_lanes(&self) {
        // The list is short and changes at start only, so holding its lock disturbs nobody.
        let lanes = locked(&self.lanes);
        let has_ended = self.ended.load(Ordering::Acquire);
        for lane in lanes.iter().filter_map(Weak::upgrade) {
            lane.rouse(|index| self.is_settled(index), has_ended);
        }
    }

    /// Tells the checkpointer that there is something to sign, if it sleeps because there was nothing.
    pub(super) fn notice(&self) {
        if self.desk.idle.swap(false, Ordering::SeqCst) {
            // It holds this lock from looking to sleeping.
            drop(locked(&self.desk.wanted));
            self.desk.bell.notify_one();
        }
    }

    /// Asks for a checkpoint of at least that size without delay.
    pub(super) fn want_checkpoint(&self, size: u64) {
        let mut wanted = locked(&self.desk.wanted);
        if *wanted < size {
            *wanted = size;
            drop(wanted);
            self.desk.bell.notify_one();
        }
    }
}
