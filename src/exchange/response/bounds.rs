//! Bounds on answers.

/// Bounds on answers.
#[derive(Clone, Copy, Debug)]
pub struct ResponseBounds {
    /// Longest answer that is judged as a whole, in bytes.
    pub buffer_bytes: u64,
    /// Longest answer at all, in bytes.
    pub answer_bytes: u64,
}
