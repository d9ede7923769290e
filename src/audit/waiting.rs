//! The exchanges of one lane that wait for their records to be durable.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::Waker;

use super::queue::locked;

/// The waiters of a lane.
#[derive(Default)]
pub(super) struct LaneState {
    pub(super) waiting: Mutex<Waiting>,
}

#[derive(Default)]
pub(super) struct Waiting {
    /// Sorted by index.
    slots: VecDeque<Slot>,
    pub(super) pump: Option<Waker>,
}

struct Slot {
    index: u64,
    waker: Waker,
}

impl Waiting {
    /// Keeps a waker for an index. The slot of a wait that was dropped stays until its commit and
    /// causes one wake-up too many, which costs less than looking for it.
    pub(super) fn list(&mut self, index: u64, waker: &Waker) {
        // Indices mostly come in order, so the search from the back mostly ends at once.
        let after = self.slots.iter().rposition(|slot| slot.index <= index);
        match after {
            Some(at) if self.slots[at].index == index => self.slots[at].waker.clone_from(waker),
            Some(at) => self.slots.insert(at + 1, Slot { index, waker: waker.clone() }),
            None => self.slots.push_front(Slot { index, waker: waker.clone() }),
        }
    }

    /// Moves those whose fate is settled out of the lane.
    pub(super) fn take_due(&mut self, is_settled: impl Fn(u64) -> bool, due: &mut Vec<Waker>) {
        while let Some(slot) = self.slots.pop_front_if(|slot| is_settled(slot.index)) {
            due.push(slot.waker);
        }
    }
}

impl LaneState {
    /// The writer calls this when the watermark has moved, or when nothing will be durable any
    /// more. The wakers are called without the lane's lock, as they may run any code.
    pub(super) fn rouse(&self, is_settled: impl Fn(u64) -> bool, has_ended: bool) {
        let mut due = Vec::new();
        let mut waiting = locked(&self.waiting);
        let settled = waiting.slots.front().is_some_and(|slot| is_settled(slot.index));
        match &waiting.pump {
            Some(pump) if settled || has_ended => due.push(pump.clone()),
            Some(_) => {}
            None => waiting.take_due(is_settled, &mut due),
        }
        drop(waiting);
        due.into_iter().for_each(Waker::wake);
    }
}
