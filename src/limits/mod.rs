//! Request rates: GCRA (governor), one state for each consumer system, entry and rate.
//!
//! The states live here, outside the snapshot, keyed by stable ids, so that a new catalog version
//! does not refill them. Their number is bounded by the registry and the catalog: a key exists
//! only for a registered system with a permit.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use governor::clock::{Clock, QuantaClock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use sluice_core::domain::identity::Identity;
use sluice_core::domain::rejection::RateLimited;
use sluice_core::domain::terms::Rate;
use sluice_core::message::fields::Section;

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>;

/// Consumer, entry and rate. Bytes, as formatting numbers costs more than all else here.
type Key = Box<[u8]>;

/// The rate states of all consumers. Shared by all workers and exact across them.
#[derive(Debug)]
pub struct Limiters<C: Clock = QuantaClock> {
    clock: C,
    states: RwLock<HashMap<Key, Arc<Limiter<C>>, RandomState>>,
}

/// What is left of a rate after a request was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The rate.
    pub rate: Rate,
    /// Requests that could still come at once.
    pub requests: u32,
}

impl Default for Limiters {
    fn default() -> Limiters {
        Limiters::with_clock(QuantaClock::default())
    }
}

impl<C: Clock + Clone> Limiters<C> {
    /// No state yet, all quotas full.
    pub fn with_clock(clock: C) -> Limiters<C> {
        Limiters { clock, states: RwLock::default() }
    }

    /// Takes one request from a quota.
    ///
    /// # Errors
    /// When nothing is left of it: how much there was, and when there is more.
    pub fn admit(
        &self,
        consumer: &Identity,
        entry: &str,
        rate: Rate,
    ) -> Result<Remaining, RateLimited> {
        let limiter = self.state(consumer, entry, rate);
        match limiter.check() {
            Ok(state) => Ok(Remaining { rate, requests: state.remaining_burst_capacity() }),
            Err(not_until) => Err(RateLimited {
                requests: rate.requests.get(),
                window_seconds: rate.window_seconds,
                retry_after_ms: self.wait_ms(&not_until),
            }),
        }
    }

    fn wait_ms(&self, not_until: &NotUntil<C::Instant>) -> u64 {
        let wait = not_until.earliest_possible().duration_since(self.clock.now());
        Duration::from(wait).as_millis().try_into().unwrap_or(u64::MAX)
    }

    fn state(&self, consumer: &Identity, entry: &str, rate: Rate) -> Arc<Limiter<C>> {
        let Rate { requests, window_seconds, burst } = rate;
        let burst = burst.unwrap_or(requests);
        let key = [
            consumer.department.as_str().as_bytes(),
            b" ",
            consumer.id.as_str().as_bytes(),
            b" ",
            entry.as_bytes(),
            // All of one length, so that no two keys can be one.
            &requests.get().to_le_bytes(),
            &window_seconds.to_le_bytes(),
            &burst.get().to_le_bytes(),
        ]
        .concat();
        if let Some(state) = self.states.read().unwrap_or_else(PoisonError::into_inner).get(&*key) {
            return state.clone();
        }
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(self.limiter(requests, window_seconds, burst));
        states.entry(key.into()).or_insert_with(fresh).clone()
    }

    fn limiter(&self, requests: NonZeroU32, window_seconds: u32, burst: NonZeroU32) -> Limiter<C> {
        let window = Duration::from_secs(u64::from(window_seconds.max(1)));
        // A rate above one a nanosecond has no period; it is no limit in practice.
        let period = (window / requests.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(requests));
        RateLimiter::direct_with_clock(quota.allow_burst(burst), self.clock.clone())
            .with_middleware::<StateInformationMiddleware>()
    }
}

impl Remaining {
    /// `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10, quota and window, and
    /// `RateLimit` of the same: what is left, and seconds until the quota is full again.
    pub fn write_headers(&self, section: &mut Section) {
        let Rate { requests, window_seconds, burst } = self.rate;
        let policy = format_args!("\"request\";q={requests};w={window_seconds}");
        section.add_args("ratelimit-policy", policy);
        let used = burst.unwrap_or(requests).get().saturating_sub(self.requests);
        let refill =
            (u64::from(used) * u64::from(window_seconds)).div_ceil(u64::from(requests.get()));
        let left = self.requests;
        section.add_args("ratelimit", format_args!("\"request\";r={left};t={refill}"));
    }
}
