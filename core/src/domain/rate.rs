//! Request rates.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// Requests per second for one consumer system and entry where a term states no rate.
pub const DEFAULT_RATE: Rate =
    Rate { requests: NonZeroU32::new(100).unwrap(), window_seconds: 1, burst: None };

/// Rates of one kind that may be stated together in a list.
pub const MAX_RATES: usize = 4;

/// A rate: so many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    /// The number of requests that may come in one window.
    pub requests: NonZeroU32,
    /// The window in seconds.
    pub window_seconds: u32,
    /// Most requests that may come at once; `requests` if not stated.
    pub burst: Option<NonZeroU32>,
}

/// Orders rates that hold together, the shortest window first. Rates are taken in this order, so a
/// request that one of them refuses has used up only shorter windows, which refill sooner.
pub fn in_order(mut rates: Vec<Rate>) -> Vec<Rate> {
    rates.sort_unstable_by_key(|rate| (rate.window_seconds, rate.requests));
    rates
}

impl Rate {
    /// Reads `100/s`, `10/m`, `1000/h` or `5000/d`.
    pub fn parse(text: &str) -> Option<Rate> {
        let (requests, per) = text.split_once('/')?;
        let window_seconds = match per {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        Some(Rate { requests: requests.trim().parse().ok()?, window_seconds, burst: None })
    }
}
