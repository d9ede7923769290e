//! Bars systems that are refused too often for a while, so that nobody finds out by trial and error
//! which values a term binds or which case numbers exist.
//!
//! Refusals have rates of their own. A refusal beyond them bars its system from that entry until
//! the rate has room for another. Requests that are not refused do not count.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use governor::clock::{Clock, Reference};
use sluice_core::domain::rate::Rate;
use sluice_core::domain::rejection::{RateLimited, RateScope};

use super::{Key, Limiters, Parties, key};

/// The bars: each is of one system at one entry.
pub(super) struct RefusalLimits<I> {
    /// The number of bars. It is nearly always 0, and then the map is not read.
    count: AtomicUsize,
    until: RwLock<HashMap<Key, (I, RateLimited), RandomState>>,
}

impl<I> Default for RefusalLimits<I> {
    fn default() -> RefusalLimits<I> {
        RefusalLimits { count: AtomicUsize::new(0), until: RwLock::default() }
    }
}

impl<C: Clock + Clone> Limiters<C> {
    /// Requires that a system is not barred from an entry.
    ///
    /// # Errors
    /// The rate of refusals, and when it has room again.
    pub fn listen(&self, parties: &Parties<'_>) -> Result<(), RateLimited> {
        if self.bars.count.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let bars = self.bars.until.read().unwrap_or_else(PoisonError::into_inner);
        let Some((until, limit)) = bars.get(&key(parties, RateScope::Refusals)) else {
            return Ok(());
        };
        let left = Duration::from(until.duration_since(self.clock.now()));
        if left.is_zero() {
            return Ok(());
        }
        Err(RateLimited { retry_after_ms: left.as_millis() as u64, ..*limit })
    }

    /// Counts a refusal, by the rates of refusals.
    pub fn refused(&self, parties: &Parties<'_>, rates: &[Rate]) {
        let key = key(parties, RateScope::Refusals);
        // Every rate counts the refusal, even if another one is used up: attempts beyond a second's
        // rate use up an hour's rate as well.
        let taken =
            rates.iter().filter_map(|rate| self.take(&key, RateScope::Refusals, *rate).err());
        let Some(limit) = taken.max_by_key(|limit| limit.retry_after_ms) else { return };
        let until = self.clock.now() + Duration::from_millis(limit.retry_after_ms).into();
        let mut bars = self.bars.until.write().unwrap_or_else(PoisonError::into_inner);
        bars.insert(key, (until, limit));
        self.bars.count.store(bars.len(), Ordering::Relaxed);
    }

    /// Drops the bars that are over.
    pub(super) fn forget_bars(&self) {
        let now = self.clock.now();
        let mut bars = self.bars.until.write().unwrap_or_else(PoisonError::into_inner);
        bars.retain(|_, (until, _)| *until > now);
        self.bars.count.store(bars.len(), Ordering::Relaxed);
    }
}
