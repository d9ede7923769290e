//! Durable state of the control plane, behind one small trait.
//!
//! It is a journal of rows that are only ever appended, and of contents by their digest. The caller
//! that appends names the last row that it has seen: if another gateway was faster, nothing is
//! written and the caller reads again. So every gateway that reads the rows in order comes to the
//! same state. No row can be changed unnoticed, as signed statements name the digests of earlier
//! ones.
//!
//! | file | what it holds |
//! |------|---------------|
//! | `database` | the store in a database: SQLite, or PostgreSQL for several gateways |

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use sluice_core::release::ContentDigest;

mod database;

#[cfg(test)]
mod tests;

/// Rows that are read at once, at most.
pub const ROWS_AT_ONCE: usize = 1_000;

/// The future of a store's answer.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Durable state. An append is atomic and survives a crash.
pub trait Store: Send + Sync + 'static {
    /// Reads the rows after a number, in order, [`ROWS_AT_ONCE`] at most.
    fn rows(&self, after: u64) -> StoreFuture<'_, Vec<StoredRow>>;

    /// Appends rows and contents, all or nothing; durable when it answers. `last` is the number of
    /// the last row that the caller has seen. Returns the number of the last appended row.
    ///
    /// # Errors
    /// [`StoreError::Moved`] if there are later rows by now; then nothing is written.
    fn append(&self, last: u64, rows: Vec<NewRow>, contents: Vec<Vec<u8>>) -> StoreFuture<'_, u64>;

    /// Reads contents by their digests, in any order; missing ones are left out. The store checks
    /// that contents match their digest.
    fn contents(
        &self,
        digests: Vec<ContentDigest>,
    ) -> StoreFuture<'_, Vec<(ContentDigest, Vec<u8>)>>;
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// The kind of the row.
    pub kind: String,
    /// The contents: a JSON object.
    pub body: String,
}

/// A row that is to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// The kind of the row.
    pub kind: &'static str,
    /// The contents: a JSON object.
    pub body: String,
}

/// The reason why a store can't do a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Another gateway has appended in the meantime; the caller reads again.
    Moved,
    /// The store can't be reached, or does not answer.
    Unavailable(String),
    /// The store has answered with impossible data.
    Damaged(String),
}

/// The store of a settings' address: `sqlite:FILE`, or `postgres://…` where that is built in. It is
/// connected to, and begun where there is none, when it is first asked, on the runtime where this runs.
///
/// # Errors
/// The address is not well-formed, or of a kind that is not built in.
pub async fn at(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(file) = address.strip_prefix("sqlite:") {
        return Ok(Arc::new(database::SqliteStore::of(file)));
    }
    #[cfg(feature = "postgres")]
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Ok(Arc::new(database::PostgresStore::of(address)?));
    }
    let words = if cfg!(feature = "postgres") {
        "write sqlite:FILE or postgres://…"
    } else {
        "write sqlite:FILE; postgres://… needs a program built with --features postgres"
    };
    Err(StoreError::Unavailable(format!("{address:?} is no address of a store: {words}")))
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Moved => f.write_str("the store has moved on in the meantime; look again"),
            StoreError::Unavailable(why) => write!(f, "the store can't be used: {why}"),
            StoreError::Damaged(what) => write!(f, "the store is damaged: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}
