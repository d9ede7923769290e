//! The index over a log: SQLite beside it or anywhere, built by a process of its own from the log or
//! a copy of it, thrown away and built anew at will. It tells where records stand; what they say is
//! read from the log.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::tree::Hash;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Row, Sqlite};

use crate::audit::Archive;
use crate::audit::find::Question;

/// Records that are taken in one transaction.
const BATCH: usize = 10_000;

/// How long another process that writes the index is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Raised when the tables change: an index of another version is built anew.
const VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS log (
        version INTEGER NOT NULL, key TEXT NOT NULL, next INTEGER NOT NULL, leaf BLOB
    ) STRICT;
    CREATE TABLE IF NOT EXISTS record (
        idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, exchange TEXT,
        consumer TEXT, system TEXT, provider TEXT, entry TEXT, operation TEXT, operator TEXT,
        purpose TEXT, casus TEXT, basis TEXT, decision TEXT, code TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS subject (
        digest TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (digest, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_time ON record (time);
    CREATE INDEX IF NOT EXISTS by_exchange ON record (exchange);
    CREATE INDEX IF NOT EXISTS by_consumer ON record (consumer, time);
    CREATE INDEX IF NOT EXISTS by_provider ON record (provider, time);
    CREATE INDEX IF NOT EXISTS by_entry ON record (entry, time);
    CREATE INDEX IF NOT EXISTS by_operator ON record (operator, time);
    CREATE INDEX IF NOT EXISTS by_purpose ON record (purpose, time);
    CREATE INDEX IF NOT EXISTS by_case ON record (casus);
    CREATE INDEX IF NOT EXISTS by_code ON record (code, time);
";

/// Columns that say what a member of a record says, in the order of the table.
const COLUMNS: [(&str, &str); 11] = [
    ("exchange", "exchange"),
    ("consumer", "consumer.department"),
    ("system", "consumer.system"),
    ("entry", "entry"),
    ("operation", "operation"),
    ("operator", "operator.id"),
    ("purpose", "purpose"),
    ("casus", "case"),
    ("basis", "basis"),
    ("decision", "decision"),
    ("code", "code"),
];

/// An open index.
pub struct Index {
    db: SqliteConnection,
}

/// Why an index can't be used.
#[derive(Debug)]
pub enum NoIndex {
    /// SQLite says so.
    Sqlite(sqlx::Error),
    /// The log can't be read.
    Log(std::io::Error),
    /// It is of another log, or of another history of this one.
    Other(&'static str),
}

impl Index {
    /// Opens an index, or begins one.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn open(file: &Path, archive: &Archive) -> Result<Index, NoIndex> {
        let options = SqliteConnectOptions::from_str("sqlite://")?
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It can be built anew: what a crash loses of it is taken again.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT);
        let mut db = options.connect().await?;
        sqlx::raw_sql(SCHEMA).execute(&mut db).await?;
        let key = archive.key().map_err(NoIndex::Log)?.to_string();
        let known = sqlx::query("SELECT version, key, next, leaf FROM log").fetch_optional(&mut db);
        match known.await? {
            None => {
                let begin = "INSERT INTO log (version, key, next) VALUES ($1, $2, 0)";
                sqlx::query(begin).bind(VERSION).bind(&key).execute(&mut db).await?;
            }
            Some(known) => check(&known, &key, archive)?,
        }
        Ok(Index { db })
    }

    /// Takes up what was recorded since; says how many records that were.
    ///
    /// # Errors
    /// [`NoIndex`].
    pub async fn take(&mut self, archive: &Archive) -> Result<u64, NoIndex> {
        let next: i64 = sqlx::query("SELECT next FROM log").fetch_one(&mut self.db).await?.get(0);
        let (first, end) = archive.extent().map_err(NoIndex::Log)?;
        let mut next = (next as u64).max(first);
        if next >= end {
            return Ok(0);
        }
        let mut records = archive.records(next).map_err(NoIndex::Log)?;
        let began = next;
        loop {
            let mut batch = self.db.begin().await?;
            let mut last = None;
            for _ in 0..BATCH {
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
    pub async fn find(&mut self, question: &Question) -> Result<Vec<u64>, NoIndex> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT idx FROM record WHERE TRUE");
        let bounds = [(" AND time >= ", question.since), (" AND time < ", question.until)];
        for (text, bound) in bounds {
            if let Some(time) = bound {
                query.push(text).push_bind::<UnixMillis>(time);
            }
        }
        for (path, wanted) in &question.says {
            if let Some((column, _)) = COLUMNS.iter().find(|(_, known)| known == path) {
                query.push(" AND ").push(*column).push(" = ").push_bind(wanted.clone());
            }
        }
        if let Some(begins) = &question.entry_begins {
            let provider = begins.trim_end_matches('/').to_owned();
            query.push(" AND provider = ").push_bind(provider);
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

/// Checks that an index is of this log, and of this history of it.
fn check(known: &SqliteRow, key: &str, archive: &Archive) -> Result<(), NoIndex> {
    if known.get::<i64, _>(0) != VERSION {
        return Err(NoIndex::Other("it is of another version of the program"));
    }
    if known.get::<String, _>(1) != key {
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

async fn insert(db: &mut SqliteConnection, line: &Line) -> Result<(), sqlx::Error> {
    let text = |path: &str| -> Option<String> {
        let mut names = path.split('.');
        let first = line.members.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))?.as_str().map(str::to_owned)
    };
    let entry = text("entry");
    let provider =
        entry.as_ref().and_then(|entry| entry.split_once('/')).map(|(it, _)| it.to_owned());
    let mut query =
        QueryBuilder::<Sqlite>::new("INSERT OR REPLACE INTO record (idx, time, kind, provider");
    for (column, _) in COLUMNS {
        query.push(", ").push(column);
    }
    query.push(") VALUES (").push_bind(line.index as i64);
    query.push(", ").push_bind(line.time).push(", ").push_bind(line.kind.to_string());
    query.push(", ").push_bind(provider);
    for (_, path) in COLUMNS {
        query.push(", ").push_bind(text(path));
    }
    query.push(")").build().execute(&mut *db).await?;
    // What a part of an exchange does not say itself stands in its intent.
    if let Some(intent) = line.members.get("intent").and_then(Value::as_i64) {
        let mut query = QueryBuilder::<Sqlite>::new("UPDATE record SET (");
        let filled = COLUMNS.map(|(column, _)| column);
        query.push(filled.join(", ")).push(") = (SELECT ");
        let either = filled.map(|column| format!("coalesce(record.{column}, i.{column})"));
        query.push(either.join(", ")).push(" FROM record i WHERE i.idx = ").push_bind(intent);
        query.push(") WHERE idx = ").push_bind(line.index as i64);
        query
            .push(" AND EXISTS (SELECT 1 FROM record i WHERE i.idx = ")
            .push_bind(intent)
            .push(")");
        query.build().execute(&mut *db).await?;
    }
    let own = line.members.get("subjects");
    let released = line.members.get("released").and_then(|released| released.get("subjects"));
    for digest in [own, released].into_iter().flatten().filter_map(Value::as_array).flatten() {
        let Some(digest) = digest.as_str() else { continue };
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
            NoIndex::Other(what) => write!(f, "{what}; or remove the index and build it anew"),
        }
    }
}

impl std::error::Error for NoIndex {}
