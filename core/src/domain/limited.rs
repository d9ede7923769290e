//! A rate that was reached, and whose it is.

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited {
    /// Whose it is.
    pub of: RateOf,
    /// So many requests,
    pub requests: u32,
    /// in so many seconds.
    pub window_seconds: u32,
    /// When the next request would pass, in milliseconds from now.
    pub retry_after_ms: u64,
}

/// Whose a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateOf {
    /// The calling system's, at one entry.
    System,
    /// The operator's on whose behalf it calls, at one entry.
    Operator,
    /// The provider's, by all consumers together.
    Provider,
    /// The calling system's, of requests that are refused: so that nobody finds out by trying.
    Refusals,
}

impl RateOf {
    /// The word in headers, records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            RateOf::System => "system",
            RateOf::Operator => "operator",
            RateOf::Provider => "provider",
            RateOf::Refusals => "refusals",
        }
    }
}
