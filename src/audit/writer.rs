//! The thread that writes and syncs, and the rule when it does.
//!
//! It commits at once when every exchange that could still append has done so, since no more
//! company will come; else when the window since the oldest queued record ends. After a commit it
//! lingers for one window before it sleeps for good, so that under load nobody has to wake it.

use std::fs::File;
use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::lane::LogUnavailable;
use super::log::{Commit, Shared};
use super::queue::{Batch, Queue, WriterState, locked};
use super::segment::Segments;

pub(super) struct Writer {
    shared: Arc<Shared>,
    segments: Segments,
    window: Duration,
    on_commit: Box<dyn FnMut(Commit) + Send>,
    /// What is on its way to the disk; changes places with the queue's batch.
    batch: Batch,
    /// Until when it expects more to come.
    linger_until: Instant,
    /// Held for as long as this thread can write: no other gateway may use the folder.
    _lock: File,
}

/// Whatever ends the thread, nobody is left waiting.
struct EndsTheLog(Arc<Shared>);

impl Drop for EndsTheLog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.failure.set("the thread that writes the log panicked".into());
        }
        let failed = self.0.failure.get().is_some();
        let why = if failed { LogUnavailable::Failed } else { LogUnavailable::Closed };
        locked(&self.0.queue).refusing = Some(why);
        self.0.ended.store(true, Ordering::Release);
        self.0.rouse_lanes();
    }
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        segments: Segments,
        lock: File,
        window: Duration,
        on_commit: Box<dyn FnMut(Commit) + Send>,
    ) -> Writer {
        let (batch, linger_until) = (Batch::default(), Instant::now());
        Writer { shared, segments, window, on_commit, batch, linger_until, _lock: lock }
    }

    pub(super) fn run(mut self) {
        let _end = EndsTheLog(self.shared.clone());
        while self.take_batch() {
            if let Err(error) = self.commit() {
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
                Some(oldest) => oldest + self.window,
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
        self.segments
            .commit(&self.batch.lines)
            .map_err(|error| format!("writing a segment failed: {error}"))?;
        let records = self.batch.records as u64;
        let bytes = self.batch.lines.len() as u64;
        let committed = self.shared.committed.load(Ordering::Relaxed) + records;
        let took = started.elapsed();
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.written_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.shared.committed.store(committed, Ordering::Release);
        self.shared.rouse_lanes();
        self.linger_until = Instant::now() + self.window;
        (self.on_commit)(Commit { records, bytes, took });
        self.batch.lines.clear();
        self.batch.records = 0;
        // After the wake-up: beginning a segment syncs the folder, and nobody waits for that now.
        self.segments
            .roll_if_due(committed)
            .map_err(|error| format!("beginning the next segment failed: {error}"))
    }
}
