//! The records that wait for the next commit. An index is assigned here, under the queue's lock, so that the
//! order of indices is the order of lines.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::line::{Head, MAX_LINE_BYTES};

use super::durability::LogUnavailable;
use super::hashes::MARK_EVERY_RECORDS;

/// Lines that go to disk together.
#[derive(Default)]
pub(super) struct Batch {
    /// Whole lines, each with its newline.
    pub(super) lines: Vec<u8>,
    /// The end of each line, behind its newline.
    pub(super) ends: Vec<usize>,
    /// The beginnings of lines that get a mark, and their times.
    pub(super) marks: Vec<(usize, UnixMillis)>,
}

impl Batch {
    /// The number of records.
    pub(super) fn records(&self) -> usize {
        self.ends.len()
    }

    /// Empties it, keeping its memory.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.ends.clear();
        self.marks.clear();
    }
}

/// The state of the writer thread, which determines who must wake it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WriterState {
    /// The writer sleeps until it is woken: the first record must wake it.
    Idle,
    /// The writer sleeps until the commit window ends; only the record that completes the batch
    /// wakes it earlier.
    Collecting,
    /// The writer is at work and will look at the queue by itself.
    Busy,
}

/// The contents of the queue's lock.
pub(super) struct Queue {
    pub(super) batch: Batch,
    /// The time at which the oldest record of the batch was queued.
    pub(super) oldest: Option<Instant>,
    /// The time at which the latest one was.
    pub(super) latest: Instant,
    pub(super) next_index: u64,
    pub(super) writer: WriterState,
    /// True if no other exchange could add to the batch when it was completed; later ones do not
    /// matter.
    pub(super) complete: bool,
    /// The reason why nothing is taken any more.
    pub(super) refusing: Option<LogUnavailable>,
    pub(super) limit_records: usize,
    pub(super) limit_bytes: usize,
    last_time: UnixMillis,
    node: Name,
}

impl Queue {
    pub(super) fn new(node: Name, next_index: u64, last_time: UnixMillis) -> Queue {
        Queue {
            batch: Batch::default(),
            oldest: None,
            latest: Instant::now(),
            next_index,
            writer: WriterState::Busy,
            complete: false,
            refusing: None,
            limit_records: usize::MAX,
            limit_bytes: usize::MAX,
            last_time,
            node,
        }
    }

    /// Queues a record's body and gives its index. The record's time is the clock's, but never
    /// earlier than the time of the record before it.
    pub(super) fn push(&mut self, body: &[u8], now: UnixMillis) -> Result<u64, LogUnavailable> {
        if let Some(why) = self.refusing {
            return Err(why);
        }
        // Counting every line at its longest keeps the check ahead of the head's rendering.
        if self.batch.records() >= self.limit_records
            || self.batch.lines.len() + MAX_LINE_BYTES + 1 > self.limit_bytes
        {
            return Err(LogUnavailable::Full);
        }
        let index = self.next_index;
        self.next_index += 1;
        self.last_time = self.last_time.max(now);
        self.latest = Instant::now();
        self.oldest.get_or_insert(self.latest);
        if index.is_multiple_of(MARK_EVERY_RECORDS) {
            self.batch.marks.push((self.batch.lines.len(), self.last_time));
        }
        Head { index, time: self.last_time, node: &self.node }.write(&mut self.batch.lines);
        self.batch.lines.extend_from_slice(body);
        self.batch.lines.push(b'\n');
        self.batch.ends.push(self.batch.lines.len());
        Ok(index)
    }
}

/// Locks. A panic under one of the log's locks can't leave it half changed in a way that matters:
/// a batch is either taken or not, a waiter is either listed or not.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
