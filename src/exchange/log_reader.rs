//! A log, and its files to be read.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::audit::archive::Archive;
use crate::audit::log::Log;
use crate::witness::witnesses::Witnesses;

/// A log, and its files to be read.
pub struct LogReader {
    /// The log.
    pub log: Arc<Log>,
    /// Its files.
    pub archive: Arc<Archive>,
    /// Its witnesses.
    pub witnesses: Arc<Witnesses>,
    /// The turns of those who read its files, so many at once as `routes::log` lets.
    pub turns: Semaphore,
}
