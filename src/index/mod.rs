//! The index of a log: an SQLite file, beside the log or elsewhere. A separate process builds it
//! from the log or a copy, and it can be deleted and rebuilt at any time. It has the places of
//! records; their contents are read from the log.

use std::path::Path;
use std::time::Duration;

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::tree::Hash;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Row, Sqlite};

use crate::audit::Archive;
use crate::audit::find::{MEMBERS, RecordFilter};

/// Records that are taken in one transaction.
const BATCH_RECORDS: usize = 10_000;

/// Longest wait for another process that writes the index.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Raised when the tables change: an index of another version must be built anew.
const VERSION: i64 = 4;

const SCHEMA: &str = r#"
    CREATE TABLE log (
        version INTEGER NOT NULL, key TEXT NOT NULL, next INTEGER NOT NULL, leaf BLOB
    ) STRICT;
    CREATE TABLE record (
        idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, exchange TEXT,
        consumer TEXT, system TEXT, provider TEXT, entry TEXT, operation TEXT, operator TEXT,
        purpose TEXT, "case" TEXT, consent TEXT, basis TEXT, decision TEXT, code TEXT,
        reason TEXT
    ) STRICT;
    CREATE TABLE subject (
        digest TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (digest, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX by_time ON record (time);
    CREATE INDEX by_exchange ON record (exchange);
    CREATE INDEX by_consumer ON record (consumer, time);
    CREATE INDEX by_provider ON record (provider, time);
    CREATE INDEX by_entry ON record (entry, time);
    CREATE INDEX by_operator ON record (operator, time);
    CREATE INDEX by_purpose ON record (purpose, time);
    CREATE INDEX by_case ON record ("case");
    CREATE INDEX by_consent ON record (consent);
    CREATE INDEX by_code ON record (code, time);
"#;

/// An open index.
pub struct Index {
    db: SqliteConnection,
}

/// The reason why an index can't be used.
#[derive(Debug)]
pub enum NoIndex {
    /// SQLite fails.
    Sqlite(sqlx::Error),
    /// The log can't be read.
    Log(std::io::Error),
    /// The index does not exist.
    Missing,
    /// The index belongs to another log, or to another history of this log.
    Other(&'static str),
}

impl Index {
    /// Opens an index, or begins one.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn open(file: &Path, archive: &Archive) -> Result<Index, NoIndex> {
        let mut db = connect(file, true).await?;
        let begun = "SELECT 1 FROM sqlite_schema WHERE name = 'log'";
        if sqlx::query(begun).fetch_optional(&mut db).await?.is_none() {
            let key = archive.key().map_err(NoIndex::Log)?.to_string();
            let mut begin = db.begin().await?;
            sqlx::raw_sql(SCHEMA).execute(&mut *begin).await?;
            let log = "INSERT INTO log (version, key, next) VALUES ($1, $2, 0)";
            sqlx::query(log).bind(VERSION).bind(&key).execute(&mut *begin).await?;
            begin.commit().await?;
        }
        Index::of(db, archive).await
    }

    /// Opens an index that was begun.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn existing(file: &Path, archive: &Archive) -> Result<Index, NoIndex> {
        if !file.is_file() {
            return Err(NoIndex::Missing);
        }
        Index::of(connect(file, false).await?, archive).await
    }

    async fn of(mut db: SqliteConnection, archive: &Archive) -> Result<Index, NoIndex> {
        let known = sqlx::query("SELECT version, key, next, leaf FROM log");
        check(&known.fetch_one(&mut db).await?, archive)?;
        Ok(Index { db })
    }

    /// The index of the record that it takes next.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn next(&mut self) -> Result<u64, NoIndex> {
        let next: i64 = sqlx::query("SELECT next FROM log").fetch_one(&mut self.db).await?.get(0);
        Ok(next as u64)
    }

    /// Adds the records since the last call; returns their number.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn take(&mut self, archive: &Archive) -> Result<u64, NoIndex> {
        let (first, end) = archive.extent().map_err(NoIndex::Log)?;
        let mut next = self.next().await?.max(first);
        if next >= end {
            return Ok(0);
        }
        let mut records = archive.records(next).map_err(NoIndex::Log)?;
        let began = next;
        loop {
            let mut batch = self.db.begin().await?;
            let mut last = None;
            for _ in 0..BATCH_RECORDS {
                let Some((index, bytes)) = records.next_line().map_err(NoIndex::Log)? else {
                    break;
                };
                let line = Line::parse(&bytes).map_err(|_| NoIndex::Other("a line is none"))?;
                insert(&mut batch, &line).await?;
                last = Some(Hash::leaf(&bytes));
                next = index + 1;
            }
            let Some(leaf) = last else { return Ok(next - began) };
            let moved = sqlx::query("UPDATE log SET next = $1, leaf = $2");
            moved.bind(next as i64).bind(&leaf.0[..]).execute(&mut *batch).await?;
            batch.commit().await?;
        }
    }

    /// The indices of the records that may fit a question, in order.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn find(&mut self, question: &RecordFilter) -> Result<Vec<u64>, NoIndex> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT idx FROM record WHERE TRUE");
        let bounds = [(" AND time >= ", question.since), (" AND time < ", question.until)];
        for (text, bound) in bounds {
            if let Some(time) = bound {
                query.push(text).push_bind::<UnixMillis>(time);
            }
        }
        for (name, wanted) in &question.says {
            query.push(" AND ").push(column(name)).push(" = ").push_bind(wanted.clone());
        }
        if let Some(provider) = &question.provider {
            query.push(" AND provider = ").push_bind(provider.clone());
        }
        if !question.subjects.is_empty() {
            query.push(" AND idx IN (SELECT idx FROM subject WHERE digest IN (");
            let mut listed = query.separated(", ");
            for digest in &question.subjects {
                listed.push_bind(digest.clone());
            }
            query.push("))");
        }
        query.push(" ORDER BY idx");
        let rows = query.build().fetch_all(&mut self.db).await?;
        Ok(rows.iter().map(|row| row.get::<i64, _>(0) as u64).collect())
    }
}

async fn connect(file: &Path, create: bool) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        // It can be built anew: what a crash loses of it is taken again.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    options.connect().await
}

/// Checks that an index is of this log, and of this history of it.
fn check(known: &SqliteRow, archive: &Archive) -> Result<(), NoIndex> {
    if known.get::<i64, _>(0) != VERSION {
        return Err(NoIndex::Other("it is of another version of the program"));
    }
    if known.get::<String, _>(1) != archive.key().map_err(NoIndex::Log)?.to_string() {
        return Err(NoIndex::Other("it is of another log"));
    }
    let next = known.get::<i64, _>(2) as u64;
    let Some(leaf) = known.get::<Option<Vec<u8>>, _>(3) else { return Ok(()) };
    let (first, end) = archive.extent().map_err(NoIndex::Log)?;
    if next > end {
        return Err(NoIndex::Other("it has seen more records than the log has: verify the log"));
    }
    if next > first {
        let mut records = archive.records(next - 1).map_err(NoIndex::Log)?;
        let line = records.next_line().map_err(NoIndex::Log)?;
        if line.is_none_or(|(_, line)| Hash::leaf(&line).0[..] != leaf) {
            return Err(NoIndex::Other(
                "it has seen other records than the log has: verify the log",
            ));
        }
    }
    Ok(())
}

/// The column of a name of [`MEMBERS`]; one of them is a word of SQL.
fn column(name: &str) -> String {
    format!("\"{name}\"")
}

async fn insert(db: &mut SqliteConnection, line: &Line) -> Result<(), sqlx::Error> {
    let mut query =
        QueryBuilder::<Sqlite>::new("INSERT OR REPLACE INTO record (idx, time, kind, provider");
    for (name, _) in MEMBERS {
        query.push(", ").push(column(name));
    }
    query.push(") VALUES (").push_bind(line.index as i64);
    query.push(", ").push_bind(line.time).push(", ").push_bind(line.kind.to_string());
    query.push(", ").push_bind(line.provider().map(str::to_owned));
    for (_, path) in MEMBERS {
        query.push(", ").push_bind(line.text(path).map(str::to_owned));
    }
    query.push(")").build().execute(&mut *db).await?;
    // What a part of an exchange does not say itself stands in its intent.
    if let Some(intent) = line.intent().filter(|of| *of < line.index) {
        let filled: Vec<String> =
            MEMBERS.iter().map(|(name, _)| *name).chain(["provider"]).map(column).collect();
        let either: Vec<String> =
            filled.iter().map(|column| format!("coalesce(record.{column}, i.{column})")).collect();
        let mut query = QueryBuilder::<Sqlite>::new("UPDATE record SET ");
        query.push(format!("({}) = ({}) ", filled.join(", "), either.join(", ")));
        query.push("FROM record i WHERE i.idx = ").push_bind(intent as i64);
        query.push(" AND record.idx = ").push_bind(line.index as i64);
        query.build().execute(&mut *db).await?;
    }
    for digest in line.subjects() {
        let query = "INSERT OR IGNORE INTO subject (digest, idx) VALUES ($1, $2)";
        sqlx::query(query).bind(digest).bind(line.index as i64).execute(&mut *db).await?;
    }
    Ok(())
}

impl From<sqlx::Error> for NoIndex {
    fn from(error: sqlx::Error) -> NoIndex {
        NoIndex::Sqlite(error)
    }
}

impl std::fmt::Display for NoIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoIndex::Sqlite(error) => write!(f, "{error}"),
            NoIndex::Log(error) => write!(f, "the log: {error}"),
            NoIndex::Missing => f.write_str("there is no index; build it with sluice audit index"),
            NoIndex::Other(what) => write!(f, "{what}; or remove the index and build it anew"),
        }
    }
}

impl std::error::Error for NoIndex {}
