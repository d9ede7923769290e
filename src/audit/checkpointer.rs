//! The thread that grows the tree and signs checkpoints, so that the writer never waits for either.
//!
//! A checkpoint follows a record by at most [`CHECKPOINT_DELAY`] and the time of one sync; sooner
//! if somebody asks. Signing costs microseconds, so the delay only bounds the number of notes.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::checkpoint::Checkpoint;
use sluice_core::ledger::note::NoteSigner;
use sluice_core::ledger::record::{Control, Event, Record};

use super::hashes::Growth;
use super::lane::Lane;
use super::queue::locked;
use super::shared::LogShared;

/// Longest time from a record to the beginning of its checkpoint; with the sync it stays below a second.
pub(super) const CHECKPOINT_DELAY: Duration = Duration::from_millis(500);

/// A difference between the system's clock and the monotonic one, within one look at both, that
/// is recorded as a jump.
pub(super) const CLOCK_JUMP_MS: i64 = 2_000;

/// Time between comparisons of the clocks when there is nothing to sign: seldom, but often enough that
/// a clock being slewed into place does not count as jumping.
const CLOCK_LOOK: Duration = Duration::from_secs(60);

pub(super) struct Checkpointer {
    shared: Arc<LogShared>,
    lane: Lane,
    growth: Growth,
    signer: NoteSigner,
    delay: Duration,
    clocks: Clocks,
    /// The segment in which the last checkpoint ended.
    segment: u64,
    /// The time at which the oldest record without a checkpoint was noticed.
    noticed: Option<Instant>,
    /// Size of the last checkpoint.
    signed: u64,
}

/// The next action of the thread.
enum Task {
    Sign,
    LookAtClocks,
    End,
}

impl Checkpointer {
    pub(super) fn new(
        shared: Arc<LogShared>,
        growth: Growth,
        signer: NoteSigner,
        delay: Duration,
    ) -> Checkpointer {
        let signed = shared.signed.borrow().as_ref().map_or(0, |checkpoint| checkpoint.size());
        let clocks = Clocks { wall: (shared.clock)(), monotonic: Instant::now() };
        let lane = Lane::new(shared.clone());
        let (segment, noticed) = (0, None);
        let mut checkpointer =
            Checkpointer { shared, lane, growth, signer, delay, clocks, segment, noticed, signed };
        checkpointer.segment = checkpointer.segment_of(checkpointer.growth.size());
        checkpointer
    }

    pub(super) fn run(mut self) {
        loop {
            match self.next_task() {
                Task::Sign => {
                    if let Err(error) = self.sign() {
                        self.shared.fail(format!("signing a checkpoint failed: {error}"));
                        break;
                    }
                    self.look_at_clocks();
                }
                Task::LookAtClocks => self.look_at_clocks(),
                Task::End => break,
            }
        }
        // Whoever waits for a checkpoint that won't come looks again and sees the end.
        self.shared.signed.send_modify(|_| ());
    }

    fn next_task(&mut self) -> Task {
        let desk = &self.shared.desk;
        let mut wanted = locked(&desk.wanted);
        loop {
            // In this order: nothing is committed after the end.
            let ended = self.shared.ended.load(Ordering::SeqCst);
            let committed = self.shared.committed.load(Ordering::SeqCst);
            // The leaves of a commit are there a moment before the watermark moves.
            let sleep = if committed <= self.signed {
                if ended {
                    return Task::End;
                }
                self.noticed = None;
                if self.clocks.monotonic.elapsed() >= CLOCK_LOOK {
                    return Task::LookAtClocks;
                }
                if !desk.idle.swap(true, Ordering::SeqCst) {
                    // The writer may have committed before it could see that this sleeps.
                    continue;
                }
                CLOCK_LOOK
            } else {
                let noticed = *self.noticed.get_or_insert_with(Instant::now);
                let left = self.delay.saturating_sub(noticed.elapsed());
                if ended || left.is_zero() || (*wanted > self.signed && *wanted <= committed) {
                    return Task::Sign;
                }
                left
            };
            let woken = desk.bell.wait_timeout(wanted, sleep);
            wanted = woken.unwrap_or_else(PoisonError::into_inner).0;
            desk.idle.store(false, Ordering::SeqCst);
        }
    }

    /// Takes up the leaves that are durable as lines, and signs the tree over them.
    fn sign(&mut self) -> std::io::Result<()> {
        let (leaves, marks) = locked(&self.shared.recent).after(self.growth.size());
        leaves.into_iter().for_each(|leaf| self.growth.push(leaf));
        marks.into_iter().for_each(|mark| self.growth.mark(mark));
        self.growth.write(&self.shared.files)?;
        let size = self.growth.size();
        let segment = self.segment_of(size.saturating_sub(1));
        if segment != self.segment {
            // The segment before is complete: from here on its hashes are only read.
            self.shared.files.sync()?;
            self.segment = segment;
        }
        let signed = Checkpoint::sign(size, self.growth.root(), &self.signer);
        locked(&self.shared.notes).append(segment, &signed)?;
        locked(&self.shared.recent).forget_before(size);
        self.signed = size;
        self.noticed = None;
        self.shared.signed.send_replace(Some(Arc::new(signed)));
        Ok(())
    }

    fn segment_of(&self, index: u64) -> u64 {
        let segments = locked(&self.shared.segments);
        let after = segments.partition_point(|first| *first <= index);
        segments.get(after.saturating_sub(1)).copied().unwrap_or(0)
    }

    fn look_at_clocks(&mut self) {
        let wall = (self.shared.clock)();
        if let Some(by_ms) = self.clocks.jump(wall, Instant::now()) {
            tracing::warn!(by_ms, "the system's clock jumped");
            self.shared.clock_jumps.fetch_add(1, Ordering::Relaxed);
            let event = Event::ClockJumped { by_ms };
            // A log that takes no record any more has worse to tell.
            let _ = self.lane.append(&Record::Control(Control { time: wall, event }));
        }
    }
}

/// Both clocks at one moment.
struct Clocks {
    wall: UnixMillis,
    monotonic: Instant,
}

impl Clocks {
    /// Moves on to another moment; returns the jump of the wall clock in between, if there was one.
    fn jump(&mut self, wall: UnixMillis, monotonic: Instant) -> Option<i64> {
        let passed = monotonic.duration_since(self.monotonic).as_millis() as i64;
        let by_ms = wall - self.wall - passed;
        (self.wall, self.monotonic) = (wall, monotonic);
        (by_ms.abs() >= CLOCK_JUMP_MS).then_some(by_ms)
    }
}
