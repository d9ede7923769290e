//! The store in a database. Two tables; the same statements for both kinds of database.

use std::time::Duration;

use sluice_core::release::ContentDigest;
use sqlx::QueryBuilder;
use sqlx::Row as _;

use super::{NewRow, ROWS_AT_ONCE, Store, StoreError, StoreFuture, StoredRow};

/// Longest wait for another writer, or for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to the database at once.
const CONNECTIONS: u32 = 4;

/// Digests in one query, below the number of parameters that either database allows.
const DIGESTS_AT_ONCE: usize = 500;

/// Longest time for reading or appending rows: a server that hangs counts as away.
const LONGEST: Duration = Duration::from_secs(10);

/// Longest time for reading contents, perhaps of a whole catalog.
const LONGEST_CONTENTS: Duration = Duration::from_secs(60);

async fn in_time<T>(
    longest: Duration,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let late = || StoreError::Unavailable(format!("no answer in {} s", longest.as_secs()));
    tokio::time::timeout(longest, asked).await.unwrap_or_else(|_| Err(late()))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let duplicate = |error: &dyn sqlx::error::DatabaseError| error.is_unique_violation();
        match &error {
            // Two writers appended the same number at once.
            sqlx::Error::Database(inner) if duplicate(&**inner) => StoreError::Moved,
            _ => StoreError::Unavailable(error.to_string()),
        }
    }
}

/// The store in one kind of database.
macro_rules! database_store {
    ($(#[doc = $doc:literal])* $store:ident, $database:ty, $tables:literal, $begin:literal, $lock:expr) => {
        $(#[doc = $doc])*
        pub(super) struct $store {
            pool: sqlx::Pool<$database>,
            /// Set once the tables exist. That is checked at the first use, so that a gateway
            /// starts while its store is away.
            tables: tokio::sync::OnceCell<()>,
        }

        impl $store {
            async fn pool(&self) -> Result<&sqlx::Pool<$database>, StoreError> {
                let make = || async { sqlx::raw_sql($tables).execute(&self.pool).await.map(drop) };
                self.tables.get_or_try_init(make).await?;
                Ok(&self.pool)
            }

            async fn append_all(
                &self,
                last: u64,
                rows: Vec<NewRow>,
                contents: Vec<Vec<u8>>,
            ) -> Result<u64, StoreError> {
                let mut change = self.pool().await?.begin_with($begin).await?;
                let lock: Option<&'static str> = $lock;
                if let Some(lock) = lock {
                    sqlx::query(lock).execute(&mut *change).await?;
                }
                let end = "SELECT COALESCE(MAX(number), 0) FROM journal";
                let end: i64 = sqlx::query(end).fetch_one(&mut *change).await?.try_get(0)?;
                if end != last as i64 {
                    return Err(StoreError::Moved);
                }
                for content in contents {
                    let keep = "INSERT INTO content (digest, bytes) VALUES ($1, $2) \
                                ON CONFLICT (digest) DO NOTHING";
                    let digest = ContentDigest::of(&content).0.to_vec();
                    sqlx::query(keep).bind(digest).bind(content).execute(&mut *change).await?;
                }
                let mut number = end;
                for row in rows {
                    number += 1;
                    let write = "INSERT INTO journal (number, kind, body) VALUES ($1, $2, $3)";
                    let write = sqlx::query(write).bind(number).bind(row.kind).bind(row.body);
                    write.execute(&mut *change).await?;
                }
                change.commit().await?;
                Ok(number as u64)
            }

            async fn read_rows(&self, after: u64) -> Result<Vec<StoredRow>, StoreError> {
                let read = "SELECT number, kind, body FROM journal WHERE number > $1 \
                            ORDER BY number LIMIT $2";
                let read = sqlx::query(read).bind(after as i64).bind(ROWS_AT_ONCE as i64);
                let rows = read.fetch_all(self.pool().await?).await?;
                let mut found = Vec::with_capacity(rows.len());
                for (row, number) in rows.into_iter().zip(after + 1..) {
                    if row.try_get::<i64, _>(0)? != number as i64 {
                        return Err(StoreError::Damaged(format!("row {number} is missing")));
                    }
                    found.push(StoredRow { number, kind: row.try_get(1)?, body: row.try_get(2)? });
                }
                Ok(found)
            }

            async fn read_contents(
                &self,
                digests: &[ContentDigest],
            ) -> Result<Vec<(ContentDigest, Vec<u8>)>, StoreError> {
                let mut found = Vec::with_capacity(digests.len());
                for some in digests.chunks(DIGESTS_AT_ONCE) {
                    let mut read = QueryBuilder::<$database>::new(
                        "SELECT bytes FROM content WHERE digest IN (",
                    );
                    let mut list = read.separated(", ");
                    for digest in some {
                        list.push_bind(digest.0.to_vec());
                    }
                    read.push(")");
                    for row in read.build().fetch_all(self.pool().await?).await? {
                        let bytes: Vec<u8> = row.try_get(0)?;
                        let digest = ContentDigest::of(&bytes);
                        if !some.contains(&digest) {
                            let what = "contents are not what their digest says".to_owned();
                            return Err(StoreError::Damaged(what));
                        }
                        found.push((digest, bytes));
                    }
                }
                Ok(found)
            }
        }

        impl Store for $store {
            fn rows(&self, after: u64) -> StoreFuture<'_, Vec<StoredRow>> {
                Box::pin(in_time(LONGEST, self.read_rows(after)))
            }

            fn append(
                &self,
                last: u64,
                rows: Vec<NewRow>,
                contents: Vec<Vec<u8>>,
            ) -> StoreFuture<'_, u64> {
                Box::pin(in_time(LONGEST, self.append_all(last, rows, contents)))
            }

            fn contents(
                &self,
                digests: Vec<ContentDigest>,
            ) -> StoreFuture<'_, Vec<(ContentDigest, Vec<u8>)>> {
                Box::pin(async move {
                    in_time(LONGEST_CONTENTS, self.read_contents(&digests)).await
                })
            }
        }
    };
}

database_store! {
    /// A store in an SQLite file.
    SqliteStore, sqlx::Sqlite,
    "CREATE TABLE IF NOT EXISTS journal (
        number INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL
     ) STRICT;
     CREATE TABLE IF NOT EXISTS content (
        digest BLOB PRIMARY KEY, bytes BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;",
    "BEGIN IMMEDIATE", None
}

impl SqliteStore {
    /// Opens the file lazily: it is made at the first use.
    pub(super) fn of(file: &str) -> SqliteStore {
        use sqlx::sqlite::{
            SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
        };
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        SqliteStore { pool, tables: Default::default() }
    }
}

#[cfg(feature = "postgres")]
database_store! {
    /// A store on a PostgreSQL server, which several gateways share.
    PostgresStore, sqlx::Postgres,
    // Two gateways that start at once must not both make them.
    "BEGIN;
     SELECT pg_advisory_xact_lock(6010301);
     CREATE TABLE IF NOT EXISTS journal (
        number BIGINT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL
     );
     CREATE TABLE IF NOT EXISTS content (digest BYTEA PRIMARY KEY, bytes BYTEA NOT NULL);
     COMMIT;",
    "BEGIN", Some("LOCK TABLE journal IN EXCLUSIVE MODE")
}

#[cfg(feature = "postgres")]
impl PostgresStore {
    /// Connects lazily to the server of this address.
    ///
    /// # Errors
    /// The address is not well-formed.
    pub(super) fn of(address: &str) -> Result<PostgresStore, StoreError> {
        use sqlx::postgres::PgPoolOptions;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_lazy(address)?;
        Ok(PostgresStore { pool, tables: Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_does_not_answer_is_away() {
        let never = std::future::pending::<Result<(), StoreError>>();
        let found = in_time(Duration::from_millis(1), never).await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
        assert_eq!(in_time(LONGEST, async { Ok(1) }).await, Ok(1));
    }
}
