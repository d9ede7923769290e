//! The rate limit that a request reached, and the party it limits.

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited {
    /// The party that it limits.
    pub of: RateScope,
    /// The number of requests that the limit allows in its window.
    pub requests: u32,
    /// The window in seconds.
    pub window_seconds: u32,
    /// Time until the next request would pass, in milliseconds from now.
    pub retry_after_ms: u64,
}

/// The party that a rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateScope {
    /// The calling system, at one entry.
    System,
    /// The operator on whose behalf it calls, at one entry.
    Operator,
    /// The provider, by all consumers together.
    Provider,
    /// The calling system, by its refused requests, so that nobody finds out by trying.
    Refusals,
}

impl RateScope {
    /// The word in headers, records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            RateScope::System => "system",
            RateScope::Operator => "operator",
            RateScope::Provider => "provider",
            RateScope::Refusals => "refusals",
        }
    }
}
