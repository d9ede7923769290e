//! What is left of the rates, in the words of draft-ietf-httpapi-ratelimit-headers-10.

use arrayvec::ArrayVec;
use sluice_core::domain::rejection::{RateLimited, RateOf};
use sluice_core::domain::terms::Rate;
use sluice_core::message::fields::Section;

use super::MAX_TOGETHER;

/// What is left of the rates after a request was let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remaining(ArrayVec<Left, MAX_TOGETHER>);

/// What is left of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whose it is.
    pub of: RateOf,
    /// The rate.
    pub rate: Rate,
    /// Requests that could still come at once.
    pub requests: u32,
}

impl Remaining {
    pub(super) fn push(&mut self, left: Left) {
        self.0.push(left);
    }

    /// Each of them, in the order in which they were taken.
    pub fn all(&self) -> &[Left] {
        &self.0
    }

    /// `RateLimit-Policy`, the quota and window of each rate by its name, and `RateLimit` of the one
    /// that is nearest to its end: what is left, and seconds until the quota is full again.
    pub fn write_headers(&self, section: &mut Section) {
        let strictest = self.0.iter().min_by_key(|left| left.requests);
        let Some(strictest) = strictest else { return };
        let mut policy = String::with_capacity(48 * self.0.len());
        for Left { of, rate, .. } in &self.0 {
            let between = if policy.is_empty() { "" } else { ", " };
            policy.push_str(&format!("{between}{}", Policy(*of, *rate)));
        }
        section.add("ratelimit-policy", policy);
        let Left { of, rate: Rate { requests, window_seconds, burst }, requests: left } = strictest;
        let used = burst.unwrap_or(*requests).get().saturating_sub(*left);
        let refill =
            (u64::from(used) * u64::from(*window_seconds)).div_ceil(u64::from(requests.get()));
        let name = Name(*of, *window_seconds);
        section.add_args("ratelimit", format_args!("{name};r={left};t={refill}"));
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
struct Name(RateOf, u32);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}-{}s\"", self.0.as_str(), self.1)
    }
}

struct Policy(RateOf, Rate);

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Policy(of, Rate { requests, window_seconds, .. }) = self;
        write!(f, "{};q={requests};w={window_seconds}", Name(*of, *window_seconds))
    }
}
