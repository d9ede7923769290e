//! The thread that writes and syncs, and the rule when it does.
//!
//! It commits at once when every exchange that could still append has done so, as waiting would
//! gain nothing; else when no record has come for one window (or for as long as a commit takes), or
//! when the oldest record has waited a few times as long as that. So a record waits little under
//! low load, and under high load about as many records share a commit as exchanges are open, which
//! decides the cost of each. After a commit the writer lingers for one window before it sleeps, so
//! that under load nobody has to wake it.

use std::fs::File;
use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::ledger::tree::Hash;

use super::durability::LogUnavailable;
use super::hashes::Mark;
use super::lane::Lane;
use super::queue::{Batch, Queue, WriterState, locked};
use super::segment::Segments;
use super::shared::LogShared;

/// Longest time that a record waits for company, as a multiple of the time that a commit takes.
const PATIENCE_COMMITS: u32 = 3;

/// Open intents that one record names.
const INTENTS_PER_RECORD: usize = 400;

/// A commit that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Records it made durable.
    pub records: u64,
    /// Bytes it wrote.
    pub bytes: u64,
    /// The time that writing and syncing took.
    pub took: Duration,
}

pub(super) struct Writer {
    shared: Arc<LogShared>,
    lane: Lane,
    segments: Segments,
    window: Duration,
    /// The longest time for which a record waits for company.
    patience: Duration,
    on_commit: Box<dyn FnMut(Commit) + Send>,
    /// The batch on its way to the disk; changes places with the queue's.
    batch: Batch,
    /// Leaf hashes of the batch.
    leaves: Vec<Hash>,
    /// The time until which it expects more to come.
    linger_until: Instant,
    /// Held for as long as this thread can write: no other gateway may use the folder.
    _lock: Arc<File>,
}

/// Ends the log when dropped, so that no task is left waiting however the thread ends.
struct EndsTheLog(Arc<LogShared>);

impl Drop for EndsTheLog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.failure.set("the thread that writes the log panicked".into());
        }
        let failed = self.0.failure.get().is_some();
        let why = if failed { LogUnavailable::Failed } else { LogUnavailable::Closed };
        locked(&self.0.queue).refusing = Some(why);
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.rouse_lanes();
        // The checkpointer signs what is left, and ends too.
        drop(locked(&self.0.desk.wanted));
        self.0.desk.bell.notify_one();
    }
}

impl Writer {
    pub(super) fn new(
        shared: Arc<LogShared>,
        segments: Segments,
        lock: Arc<File>,
        window: Duration,
        on_commit: Box<dyn FnMut(Commit) + Send>,
    ) -> Writer {
        Writer {
            lane: Lane::new(shared.clone()),
            shared,
            segments,
            window,
            patience: window,
            on_commit,
            batch: Batch::default(),
            leaves: Vec::new(),
            linger_until: Instant::now(),
            _lock: lock,
        }
    }

    pub(super) fn run(mut self) {
        let _end = EndsTheLog(self.shared.clone());
        while self.take_batch() {
            if let Err(error) = self.commit().and_then(|()| self.roll_if_due()) {
                let _ = self.shared.failure.set(error);
                return;
            }
        }
    }

    /// Sleeps until there is a batch to commit and takes it; false when the log is closed and all
    /// is written.
    fn take_batch(&mut self) -> bool {
        let shared = self.shared.clone();
        let mut queue = locked(&shared.queue);
        loop {
            let closing = queue.refusing.is_some();
            let now = Instant::now();
            let until = match queue.oldest {
                None if closing => return false,
                None => self.linger_until,
                Some(_) if closing || queue.complete => break,
                Some(_) if shared.open.load(Ordering::Relaxed) == 0 => break,
                Some(oldest) => (queue.latest + self.lull()).min(oldest + self.patience),
            };
            if until > now {
                queue = self.sleep(queue, Some(until - now));
            } else if queue.oldest.is_some() {
                break;
            } else {
                queue = self.sleep(queue, None);
            }
        }
        queue.writer = WriterState::Busy;
        queue.oldest = None;
        queue.complete = false;
        std::mem::swap(&mut queue.batch, &mut self.batch);
        true
    }

    /// The time without a record after which no more is expected: the window, or the
    /// time of a commit where that is longer, as each look costs about as much as a record.
    fn lull(&self) -> Duration {
        self.window.max(self.patience / PATIENCE_COMMITS)
    }

    fn sleep<'a>(
        &self,
        mut queue: MutexGuard<'a, Queue>,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, Queue> {
        match limit {
            Some(limit) => {
                queue.writer = WriterState::Collecting;
                let woken = self.shared.work.wait_timeout(queue, limit);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                queue.writer = WriterState::Idle;
                self.shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    /// Makes the batch durable and tells everybody. On an error nothing of the batch counts as
    /// recorded, though it may be on disk.
    fn commit(&mut self) -> Result<(), String> {
        let started = Instant::now();
        let offset = self.segments.end();
        self.segments
            .commit(&self.batch.lines)
            .map_err(|error| format!("writing a segment failed: {error}"))?;
        let took = started.elapsed();
        // Smoothed, as a single commit may meet with a busy disk.
        let patience = (self.patience * 7 + took * PATIENCE_COMMITS) / 8;
        self.patience = patience.max(self.window);
        self.publish_leaves(offset);
        let records = self.batch.records() as u64;
        let bytes = self.batch.lines.len() as u64;
        self.batch.clear();
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.written_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.shared.committed.fetch_add(records, Ordering::SeqCst);
        self.shared.rouse_lanes();
        self.linger_until = Instant::now() + self.window;
        self.shared.notice();
        (self.on_commit)(Commit { records, bytes, took });
        Ok(())
    }

    /// Hashes the batch, for the receipts of waiting tasks and for the checkpointer's tree.
    fn publish_leaves(&mut self, offset: u64) {
        self.leaves.clear();
        let mut start = 0;
        for end in &self.batch.ends {
            self.leaves.push(Hash::leaf(&self.batch.lines[start..end - 1]));
            start = *end;
        }
        let marks = self.batch.marks.iter();
        let marks = marks.map(|(at, time)| Mark { offset: offset + *at as u64, time: *time });
        locked(&self.shared.recent).extend(&self.leaves, marks);
    }

    /// Begins the next segment if this one has its size: after the wake-up, as that syncs the
    /// folder and nobody waits for it now.
    fn roll_if_due(&mut self) -> Result<(), String> {
        let shared = self.shared.clone();
        let _rolling = locked(&shared.rolling);
        let next_index = self.shared.committed.load(Ordering::Relaxed);
        let rolled = self
            .segments
            .roll_if_due(next_index)
            .map_err(|error| format!("beginning the next segment failed: {error}"))?;
        if rolled {
            locked(&self.shared.segments).push(next_index);
            self.list_open_intents(next_index);
        }
        Ok(())
    }

    /// Says in the new segment which intents of the former ones are open, so that the next start
    /// need not read those.
    fn list_open_intents(&self, before: u64) {
        let mut intents = self.shared.open_intents(before);
        loop {
            let rest = intents.split_off(intents.len().min(INTENTS_PER_RECORD));
            let remaining = rest.len() as u64;
            let event = Event::OpenIntents { intents, remaining };
            let control = Control { time: (self.shared.clock)(), event };
            // If it is refused the log is closing, and a start that misses the list reads further.
            let _ = self.lane.append(&Record::Control(control));
            if remaining == 0 {
                break;
            }
            intents = rest;
        }
    }
}
