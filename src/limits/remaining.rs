//! The rest of the rates and of a budget, in the terms of draft-ietf-httpapi-ratelimit-headers-10.

use arrayvec::ArrayVec;
use sluice_core::domain::budget::{BudgetWindow, Exhausted, Unit};
use sluice_core::domain::rate::Rate;
use sluice_core::domain::rejection::{RateLimited, RateScope};
use sluice_core::message::fields::Section;
use sluice_core::usage;

use super::MAX_RATES_A_REQUEST;

/// The rest of the rates after a request was admitted, and of the budget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remaining {
    rates: ArrayVec<Left, MAX_RATES_A_REQUEST>,
    budget: Vec<usage::Left>,
    /// Seconds until the day's limit of the budget is full again.
    midnight_in_seconds: u64,
}

/// The rest of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The party that the rate limits.
    pub of: RateScope,
    /// The rate.
    pub rate: Rate,
    /// Requests that could still come at once.
    pub requests: u32,
}

impl Remaining {
    pub(super) fn push(&mut self, left: Left) {
        self.rates.push(left);
    }

    /// Sets the rest of the budget, whose day ends after this many seconds.
    pub fn note_budget(&mut self, left: Vec<usage::Left>, midnight_in_seconds: u64) {
        self.budget = left;
        self.midnight_in_seconds = midnight_in_seconds;
    }

    /// Each of the rates, in the order in which they were taken.
    pub fn all(&self) -> &[Left] {
        &self.rates
    }

    /// Writes `RateLimit-Policy`: the quota and window of each rate and of each limit of the
    /// budget, by name; and `RateLimit`: of the rate that is nearest to its end, and of the budget,
    /// the rest and the seconds until the quota is full again.
    pub fn write_headers(&self, section: &mut Section) {
        let strictest = self.rates.iter().min_by_key(|left| left.requests);
        let Some(strictest) = strictest else { return };
        let mut policy = String::with_capacity(48 * (self.rates.len() + self.budget.len()));
        for Left { of, rate, .. } in &self.rates {
            let between = if policy.is_empty() { "" } else { ", " };
            policy.push_str(&format!("{between}{}", Policy(*of, *rate)));
        }
        for usage::Left { unit, window, limit, .. } in &self.budget {
            policy.push_str(&format!(", {}", Portion(*unit, *window, *limit)));
        }
        section.add("ratelimit-policy", policy);
        let Left { of, rate: Rate { requests, window_seconds, burst }, requests: left } = strictest;
        let used = burst.unwrap_or(*requests).get().saturating_sub(*left);
        let refill =
            (u64::from(used) * u64::from(*window_seconds)).div_ceil(u64::from(requests.get()));
        let name = Name(*of, *window_seconds);
        if self.budget.is_empty() {
            section.add_args("ratelimit", format_args!("{name};r={left};t={refill}"));
            return;
        }
        let mut limit = format!("{name};r={left};t={refill}");
        for left in &self.budget {
            let name = PortionName(left.unit, left.window);
            limit.push_str(&format!(", {name};r={}", left.left()));
            if left.window == BudgetWindow::Day {
                limit.push_str(&format!(";t={}", self.midnight_in_seconds));
            }
        }
        section.add("ratelimit", limit);
    }
}

/// Writes the headers of a request that a budget refuses; the budget refills in this many seconds,
/// if ever.
pub fn write_exhausted(limit: &Exhausted, refills_in_seconds: Option<u64>, section: &mut Section) {
    let Exhausted { unit, window, limit, left, .. } = *limit;
    section.add_args("ratelimit-policy", format_args!("{}", Portion(unit, window, limit)));
    let name = PortionName(unit, window);
    match refills_in_seconds {
        Some(seconds) => {
            section.add_args("ratelimit", format_args!("{name};r={left};t={seconds}"));
            section.add_args("retry-after", format_args!("{seconds}"));
        }
        None => section.add_args("ratelimit", format_args!("{name};r={left}")),
    }
}

/// The headers of a request that a rate refuses.
pub fn write_refusal(limit: &RateLimited, section: &mut Section) {
    let RateLimited { of, requests, window_seconds, retry_after_ms } = *limit;
    let seconds = retry_after_ms.div_ceil(1000).max(1);
    let name = Name(of, window_seconds);
    section.add_args("ratelimit-policy", format_args!("{name};q={requests};w={window_seconds}"));
    section.add_args("ratelimit", format_args!("{name};r=0;t={seconds}"));
    section.add_args("retry-after", format_args!("{seconds}"));
}

/// A rate's name, a string: whose it is, and its window in seconds.
struct Name(RateScope, u32);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}-{}s\"", self.0.as_str(), self.1)
    }
}

/// The name of a budget's limit, a string: its unit and its window.
struct PortionName(Unit, BudgetWindow);

impl std::fmt::Display for PortionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}-{}\"", self.0.as_str(), self.1.as_str())
    }
}

/// A budget's limit. Its unit is named: the draft's registry knows requests and bytes of content.
struct Portion(Unit, BudgetWindow, u64);

impl std::fmt::Display for Portion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Portion(unit, window, limit) = self;
        write!(f, "{};q={limit}", PortionName(*unit, *window))?;
        if *window == BudgetWindow::Day {
            write!(f, ";w=86400")?;
        }
        match unit {
            Unit::Requests => Ok(()),
            Unit::Bytes => write!(f, ";qu=\"content-bytes\""),
            Unit::Records | Unit::Persons => write!(f, ";qu=\"{}\"", unit.as_str()),
        }
    }
}

struct Policy(RateScope, Rate);

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Policy(of, Rate { requests, window_seconds, .. }) = self;
        write!(f, "{};q={requests};w={window_seconds}", Name(*of, *window_seconds))
    }
}
