//! The answer that leaves in windows, and the size of those.

use sluice_core::redaction::Redactor;

use super::media_type::MediaType;
use super::memory::MemoryReservation;
use super::upstream_body::UpstreamBody;

/// Bytes that leave at a time.
pub const WINDOW_BYTES: usize = 256 * 1024;

/// Windows that one answer holds in memory: one filling, one on its way, one being sent.
pub const WINDOWS_HELD: u64 = 3;

/// A long answer, of which the first bytes were read and judged.
pub struct StreamedAnswer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub media_type: MediaType,
    /// The language of the text, if the provider said so.
    pub language: Option<Box<str>>,
    pub(in crate::exchange) redactor: Redactor,
    pub(in crate::exchange) window: Vec<u8>,
    pub(in crate::exchange) upstream_body: UpstreamBody,
    /// Memory for its windows.
    pub(in crate::exchange) memory: MemoryReservation,
}
