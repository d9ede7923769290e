//! The states of one rate: governor's limiter, extended by reading the rest without taking
//! anything.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use governor::clock::{Clock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::{NotUntil, Quota, RateLimiter};
use sluice_core::domain::rate::Rate;

use super::Key;

/// The states of one rate, for all its keys.
pub(super) struct States<C: Clock> {
    limiter: RateLimiter<Key, Shared, C, StateInformationMiddleware>,
    shared: Shared,
    clock: C,
    /// The start of the limiter; its states are times since then.
    start: C::Instant,
    quota: Quota,
}

/// The store of a limiter, which is also read without the limiter.
#[derive(Clone, Default)]
struct Shared(Arc<DashMapStateStore<Key, RandomState>>);

impl<C: Clock + Clone> States<C> {
    pub(super) fn new(rate: Rate, clock: C) -> States<C> {
        let quota = quota(rate);
        let (shared, start) = (Shared::default(), clock.now());
        let limiter = RateLimiter::new(quota, shared.clone(), clock.clone());
        States { limiter, shared, clock, start, quota }
    }

    /// Takes one request; returns the number that could still come at once.
    pub(super) fn take(&self, key: &Key) -> Result<u32, NotUntil<C::Instant>> {
        self.limiter.check_key(key).map(|state| state.remaining_burst_capacity())
    }

    /// Returns the number of requests that could come at once now.
    pub(super) fn left(&self, key: &Key) -> u32 {
        let burst = self.quota.burst_size().get();
        // Looking must not create a state.
        if !self.shared.0.contains_key(key) {
            return burst;
        }
        let looked = self.shared.measure_and_replace(key, Err::<((), Nanos), Option<Nanos>>);
        let Err(Some(arrival)) = looked else { return burst };
        // GCRA: each request that was let through moves the next arrival one period on, and as many
        // periods as the burst has may lie ahead.
        let now = Duration::from(self.clock.now().duration_since(self.start));
        let ahead = Duration::from(arrival).saturating_sub(now);
        let period = self.quota.replenish_interval().max(Duration::from_nanos(1));
        let taken = ahead.as_nanos().div_ceil(period.as_nanos());
        burst.saturating_sub(taken.try_into().unwrap_or(u32::MAX))
    }

    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    pub(super) fn len(&self) -> usize {
        self.shared.0.len()
    }
}

fn quota(Rate { requests, window_seconds, burst }: Rate) -> Quota {
    let window = Duration::from_secs(u64::from(window_seconds.max(1)));
    // A rate above one a nanosecond has no period; it is no limit in practice.
    let period = (window / requests.get()).max(Duration::from_nanos(1));
    let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(requests));
    quota.allow_burst(burst.unwrap_or(requests))
}

impl StateStore for Shared {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, measure)
    }
}

impl ShrinkableKeyedStateStore<Key> for Shared {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        ShrinkableKeyedStateStore::shrink_to_fit(&*self.0);
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
