//! Request rates: GCRA (governor), several at once, and limits on concurrent exchanges.
//!
//! The states live here, outside the snapshot, keyed by stable ids, so that a new catalog version
//! does not refill them. A key exists only after a permitted request; a state that has refilled
//! equals one that was never used, and is dropped by [`Limiters::forget_idle`].
//!
//! Rates are taken in the order of their windows, the shortest first, then the operator's, then the
//! provider's: a request that one of them refuses has taken from the ones before it, which refill
//! sooner, and never from the provider's rate, which others share.
//!
//! | file | what it holds |
//! |------|---------------|
//! | `refusal_limit` | bars of systems that are refused too often |
//! | [`concurrency`] | exchanges that one system has under way |
//! | `states` | the states of one rate |
//! | [`remaining`] | the rest of each rate, and the headers that state it |

#[cfg(test)]
mod tests;

pub mod concurrency;
mod refusal_limit;
pub mod remaining;
mod states;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use governor::NotUntil;
use governor::clock::{Clock, QuantaClock, Reference};
use sluice_core::domain::entry::Entry;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rate::{MAX_RATES, Rate};
use sluice_core::domain::rejection::{RateLimited, RateScope};
use sluice_core::domain::terms::Term;

pub use concurrency::{ConcurrencyLimits, ConcurrencySlot, NoSlot};
pub use remaining::{Left, Remaining};
use states::States;

/// The most rates that apply to one request: the system's own and its list, the operator's, the
/// provider's. The catalog has no more.
const MAX_RATES_A_REQUEST: usize = 1 + 3 * MAX_RATES;

/// The key of a rate's state. It is bytes, as formatting would be the most expensive step here.
type Key = Box<[u8]>;

/// The rate states of everybody. Shared by all workers and exact across them.
pub struct Limiters<C: Clock = QuantaClock> {
    clock: C,
    bars: refusal_limit::RefusalLimits<C::Instant>,
    /// One map of states for each rate there is: the catalog has few.
    by_rate: RwLock<HashMap<Rate, Arc<States<C>>, RandomState>>,
}

/// The parties by which rates are counted.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// The system that calls.
    pub system: &'a Identity,
    /// The target of the request: an entry's id, or a route's name.
    pub entry: &'a str,
    /// The person on whose behalf, if one is named.
    pub operator: Option<&'a str>,
    /// The department that is asked.
    pub provider: &'a str,
}

/// The rates that apply to a request, each kind with the shortest window first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates<'a> {
    /// Rates of a system at an entry.
    pub system: &'a [Rate],
    /// Rates of an operator at an entry.
    pub operator: &'a [Rate],
    /// Rates of a provider, for all consumers together.
    pub provider: &'a [Rate],
}

impl<'a> Rates<'a> {
    /// Returns the rates of calls to an entry by a term.
    pub fn of(policy: &'a Policy, entry: &Entry, term: &'a Term) -> Rates<'a> {
        let provider = policy.provider(entry);
        Rates {
            system: &term.rates,
            operator: &term.operator_rates,
            provider: provider.map(|department| &*department.rates).unwrap_or_default(),
        }
    }

    /// Returns all rates, in the order in which they are taken.
    pub fn all(&self) -> impl Iterator<Item = (RateScope, Rate)> + 'a {
        let Rates { system, operator, provider } = *self;
        let of = |of: RateScope| move |rate: &Rate| (of, *rate);
        let own = system.iter().map(of(RateScope::System));
        let shared = provider.iter().map(of(RateScope::Provider));
        own.chain(operator.iter().map(of(RateScope::Operator))).chain(shared)
    }
}

impl Default for Limiters {
    fn default() -> Limiters {
        Limiters::with_clock(QuantaClock::default())
    }
}

impl<C: Clock + Clone> Limiters<C> {
    /// Starts without states: all quotas are full.
    pub fn with_clock(clock: C) -> Limiters<C> {
        Limiters {
            clock,
            bars: refusal_limit::RefusalLimits::default(),
            by_rate: RwLock::default(),
        }
    }

    /// Takes one request from every quota that applies to it.
    ///
    /// # Errors
    /// The quota that is used up: its size, and when it has room again.
    pub fn admit(
        &self,
        parties: &Parties<'_>,
        rates: &Rates<'_>,
    ) -> Result<Remaining, RateLimited> {
        let holds =
            |(of, _): &(RateScope, Rate)| *of != RateScope::Operator || parties.operator.is_some();
        let mut remaining = Remaining::default();
        let mut last: Option<(RateScope, Key)> = None;
        for (of, rate) in rates.all().filter(holds).take(MAX_RATES_A_REQUEST) {
            let (_, key) = match last.take().filter(|(kind, _)| *kind == of) {
                Some(same) => last.insert(same),
                None => last.insert((of, key(parties, of))),
            };
            remaining.push(Left { of, rate, requests: self.take(key, of, rate)? });
        }
        Ok(remaining)
    }

    /// Returns the rest of every quota without taking anything. The operator's quotas are included
    /// if an operator is named.
    pub fn left(&self, parties: &Parties<'_>, rates: &Rates<'_>) -> Vec<Left> {
        let holds =
            |(of, _): &(RateScope, Rate)| *of != RateScope::Operator || parties.operator.is_some();
        let left = |(of, rate)| {
            let states = self.by_rate.read().unwrap_or_else(PoisonError::into_inner);
            let requests = match states.get(&rate) {
                Some(states) => states.left(&key(parties, of)),
                None => rate.burst.unwrap_or(rate.requests).get(),
            };
            Left { of, rate, requests }
        };
        rates.all().filter(holds).map(left).collect()
    }

    /// Drops the states whose quota is full again after idle time: they equal states that were
    /// never used.
    pub fn forget_idle(&self) {
        self.forget_bars();
        for keyed in self.by_rate.read().unwrap_or_else(PoisonError::into_inner).values() {
            keyed.forget_idle();
        }
    }

    /// Returns the number of states.
    pub fn states(&self) -> usize {
        let by_rate = self.by_rate.read().unwrap_or_else(PoisonError::into_inner);
        by_rate.values().map(|keyed| keyed.len()).sum()
    }

    fn take(&self, key: &Key, of: RateScope, rate: Rate) -> Result<u32, RateLimited> {
        self.keyed(rate).take(key).map_err(|not_until| RateLimited {
            of,
            requests: rate.requests.get(),
            window_seconds: rate.window_seconds,
            retry_after_ms: self.wait_ms(&not_until),
        })
    }

    fn wait_ms(&self, not_until: &NotUntil<C::Instant>) -> u64 {
        let wait = not_until.earliest_possible().duration_since(self.clock.now());
        Duration::from(wait).as_millis().try_into().unwrap_or(u64::MAX)
    }

    fn keyed(&self, rate: Rate) -> Arc<States<C>> {
        let by_rate = self.by_rate.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keyed) = by_rate.get(&rate) {
            return keyed.clone();
        }
        drop(by_rate);
        let mut by_rate = self.by_rate.write().unwrap_or_else(PoisonError::into_inner);
        by_rate
            .entry(rate)
            .or_insert_with(|| Arc::new(States::new(rate, self.clock.clone())))
            .clone()
    }
}

/// Makes the key. No two parties have the same one: ids contain no space, and the kind stands
/// first.
fn key(parties: &Parties<'_>, of: RateScope) -> Key {
    let Parties { system, entry, operator, provider } = parties;
    let (department, id) = (system.department.as_str(), system.id.as_str());
    let parts: [&str; 4] = match of {
        RateScope::System => ["s", department, id, entry],
        RateScope::Operator => ["o", department, operator.unwrap_or_default(), entry],
        RateScope::Provider => ["p", provider, "", ""],
        RateScope::Refusals => ["r", department, id, entry],
    };
    parts.map(str::as_bytes).join(&b' ').into()
}
