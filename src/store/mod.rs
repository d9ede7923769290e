//! Durable state of the control plane, behind one small trait.
//!
//! It is a journal of rows that are only ever appended, and of contents by their digest. Whoever
//! appends says which row he has seen last: if another gateway was faster, nothing is written and he
//! looks again. So every gateway that reads the rows in order comes to the same state, and a row
//! can't be changed without those after it being about something else: what people sign names what
//! was before.
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

/// What a store comes to say.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Durable state: what is appended is there after a crash, as a whole or not at all.
pub trait Store: Send + Sync + 'static {
    /// The rows after that one, in order, [`ROWS_AT_ONCE`] at most.
    fn rows(&self, after: u64) -> StoreFuture<'_, Vec<StoredRow>>;

    /// Appends rows and keeps contents, all or nothing, durable when it answers. `last` is the number
    /// of the last row there is. Gives the number of the last one appended.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when there are others by now; then nothing is written.
    fn append(&self, last: u64, rows: Vec<NewRow>, contents: Vec<Vec<u8>>) -> StoreFuture<'_, u64>;

    /// Contents by their digests, in any order; what isn't there is left out. What is there is what
    /// the digest says.
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
    /// What kind of thing it tells.
    pub kind: String,
    /// What it tells: a JSON object.
    pub body: String,
}

/// A row that is to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// What kind of thing it tells.
    pub kind: &'static str,
    /// What it tells: a JSON object.
    pub body: String,
}

/// Why a store does not do what is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Somebody else has appended in the meantime; look again.
    Moved,
    /// It can't be reached, or does not answer.
    Unavailable(String),
    /// It answers what can't be.
    Damaged(String),
}

/// The store of a settings' address: `sqlite:FILE`, or `postgres://…` where that is built in. It is
/// connected to, and begun where there is none, when it is first asked, on the runtime where this runs.
///
/// # Errors
/// When it is no address, or of a kind that is not built in.
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
