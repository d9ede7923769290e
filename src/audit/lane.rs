//! A worker's way to the log.
//!
//! A lane belongs to one runtime. A task that waits for its record leaves a waker in the lane.
//! After a commit the writer thread wakes the lane's pump, once, and the pump wakes the tasks whose
//! records are durable. So a commit costs each worker one wake-up across threads, however many
//! exchanges it completes. A lane without a pump works too; the writer then wakes each task itself.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use sluice_core::ledger::record::Record;

use super::durability::{Committed, LogUnavailable};
use super::queue::locked;
use super::shared::LogShared;
use super::waiting::LaneState;

/// A runtime's handle to the log. Clones share one lane.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<LogShared>,
    state: Arc<LaneState>,
}

impl Lane {
    pub(super) fn new(shared: Arc<LogShared>) -> Lane {
        let state = Arc::new(LaneState::default());
        shared.enlist(&state);
        Lane { shared, state }
    }

    /// The lane's pump, to be spawned on the lane's runtime. It ends when the log is closed.
    pub fn pump(&self) -> impl Future<Output = ()> + Send + 'static {
        Pump { lane: self.clone(), due: Vec::new() }
    }

    /// Announces an exchange that will append. While any is open the writer waits for it, at most
    /// for the commit window.
    pub fn begin(&self) -> Open {
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        Open { lane: Some(self.clone()) }
    }

    /// Says whether records can still become durable. An exchange that can't be recorded need not begin.
    pub fn is_healthy(&self) -> bool {
        self.shared.is_healthy()
    }

    /// Appends a record. Its index is settled when this returns; it is durable once the pending
    /// has been waited for. Not waiting is allowed.
    ///
    /// # Errors
    /// [`LogUnavailable`]: the record is not in the log and what it records must not happen.
    pub fn append(&self, record: &Record<'_>) -> Result<PendingRecord, LogUnavailable> {
        self.push(record, 0)
    }

    fn push(&self, record: &Record<'_>, closes: usize) -> Result<PendingRecord, LogUnavailable> {
        thread_local! {
            static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        BODY.with_borrow_mut(|body| {
            body.clear();
            let rendered = record.write_body(body).map_err(LogUnavailable::TooLong);
            let index = self.shared.push(rendered.map(|()| body.as_slice()), closes)?;
            self.shared.follow(record, index);
            Ok(PendingRecord { lane: self.clone(), index })
        })
    }
}

/// An exchange that has still to append.
pub struct Open {
    lane: Option<Lane>,
}

impl Open {
    /// Appends the exchange's record and ends the announcement in one step: if this was the last
    /// one open, the writer commits at once.
    ///
    /// # Errors
    /// The same as of [`Lane::append`].
    pub fn append(mut self, record: &Record<'_>) -> Result<PendingRecord, LogUnavailable> {
        match self.lane.take() {
            Some(lane) => lane.push(record, 1),
            None => Err(LogUnavailable::Closed),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            lane.shared.close_exchange();
        }
    }
}

/// A record that has its index but may not be durable yet.
#[must_use = "what is recorded must not happen before the record is durable"]
pub struct PendingRecord {
    lane: Lane,
    index: u64,
}

impl PendingRecord {
    /// The record's leaf index.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Waits until the record is durable.
    ///
    /// # Errors
    /// [`LogUnavailable::Failed`] when it won't be.
    pub fn durable(self) -> Durable {
        Durable { pending: self }
    }

    /// Waits as [`PendingRecord::durable`] does, blocking the thread: for start, stop and tests.
    ///
    /// # Errors
    /// The same as of [`PendingRecord::durable`].
    pub fn wait(self) -> Result<Committed, LogUnavailable> {
        struct Unpark(Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        // The record's own lane may have its pump on the very thread that blocks here.
        let lane = Lane::new(self.lane.shared.clone());
        let mut durable = PendingRecord { lane, index: self.index }.durable();
        loop {
            match Pin::new(&mut durable).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(result) => return result,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// The wait for a record to be durable. May be dropped at any time.
#[must_use = "futures do nothing unless polled"]
pub struct Durable {
    pending: PendingRecord,
}

impl Future for Durable {
    type Output = Result<Committed, LogUnavailable>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let PendingRecord { lane, index } = &self.pending;
        if let Some(fate) = lane.shared.fate(*index) {
            return Poll::Ready(fate);
        }
        let mut waiting = locked(&lane.state.waiting);
        // The writer moves the watermark before it looks into the lane, so either it is seen to
        // have moved here, under the lane's lock, or the writer will find the slot.
        if let Some(fate) = lane.shared.fate(*index) {
            return Poll::Ready(fate);
        }
        waiting.list(*index, cx.waker());
        Poll::Pending
    }
}

struct Pump {
    lane: Lane,
    /// Empty between polls; kept for its memory.
    due: Vec<Waker>,
}

impl Future for Pump {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Pump { lane, due } = self.get_mut();
        let mut waiting = locked(&lane.state.waiting);
        match &mut waiting.pump {
            Some(pump) => pump.clone_from(cx.waker()),
            None => waiting.pump = Some(cx.waker().clone()),
        }
        // Before the slots are looked at: who is listed after the end settles its fate itself.
        let ended = lane.shared.ended.load(Ordering::Acquire);
        waiting.take_due(|index| lane.shared.is_settled(index), due);
        drop(waiting);
        due.drain(..).for_each(Waker::wake);
        if ended { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let Pump { lane, due } = self;
        let mut waiting = locked(&lane.state.waiting);
        waiting.pump = None;
        waiting.take_due(|index| lane.shared.is_settled(index), due);
        drop(waiting);
        due.drain(..).for_each(Waker::wake);
    }
}
