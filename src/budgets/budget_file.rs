//! The file beside the log, with the counts at a certain number of records.
//!
//! It is sealed (MAC) with a secret that is kept elsewhere, as anybody who could lower a count
//! could obtain more than allowed. If it is missing or old, the counts are taken from the log,
//! which costs time only, as long as the log still has the records from the index that the file
//! names.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sluice_core::usage::Account;

use super::replay::{NotCounted, replay};
use super::{Budgets, locked};
use crate::audit::{Archive, durable};

/// The file, in the folder of the log.
pub const FILE: &str = "budgets.state";

const MODE: u32 = 0o600;
const SEAL_BYTES: usize = 32;

/// The version of the file's format. A file of another version is rebuilt from the log.
const VERSION: u8 = 2;

/// The file beside a log.
pub struct BudgetFile {
    path: PathBuf,
    seal: [u8; 32],
    saving: Mutex<()>,
}

/// The reason why the counts are not known.
#[derive(Debug)]
pub enum NotKept {
    /// The file can't be read or written.
    File(PathBuf, io::Error),
    /// The file is not as the gateway has written it.
    Changed(PathBuf),
    /// The log no longer has the records that would have to be counted.
    Pruned {
        /// The file.
        path: PathBuf,
        /// The first record that would have to be counted.
        from: u64,
        /// The first record that is there.
        first: u64,
    },
    /// The log can't be counted.
    Log(NotCounted),
}

impl BudgetFile {
    /// Names the file of the log in a folder. The key of its seal is derived from a secret.
    pub fn beside(log: &Path, secret: &[u8; 32]) -> BudgetFile {
        let seal = blake3::derive_key("sluice 2026-11 seal of budgets", secret);
        BudgetFile { path: log.join(FILE), seal, saving: Mutex::new(()) }
    }

    /// Restores the counts: the saved ones, and the debits that the log has beyond them.
    ///
    /// # Errors
    /// [`NotKept`].
    pub fn resume(&self, budgets: &Budgets, archive: &Archive) -> Result<(), NotKept> {
        let from = self.load(budgets)?.unwrap_or(0);
        self.count_on(budgets, archive, from)
    }

    /// Counts anew all that the log still has, and keeps that. What was used before its first record is
    /// forgotten.
    ///
    /// # Errors
    /// [`NotKept`].
    pub fn recount(&self, budgets: &Budgets, archive: &Archive) -> Result<u64, NotKept> {
        let (first, _) = archive.extent().map_err(|e| NotKept::Log(NotCounted::Unreadable(e)))?;
        let until = replay(budgets, archive, first).map_err(NotKept::Log)?;
        self.save(budgets, until)?;
        Ok(until)
    }

    fn count_on(&self, budgets: &Budgets, archive: &Archive, from: u64) -> Result<(), NotKept> {
        let extent = archive.extent().map_err(|e| NotKept::Log(NotCounted::Unreadable(e)))?;
        let (first, end) = extent;
        if from < first {
            return Err(NotKept::Pruned { path: self.path.clone(), from, first });
        }
        // Of a log that is another one now, nothing was counted here. That is kept at once: by the next
        // start it may have grown beyond where the former one ended.
        if from > end {
            return self.save(budgets, end);
        }
        replay(budgets, archive, from).map_err(NotKept::Log)?;
        Ok(())
    }

    /// Saves the counts. `from` is the number of durable records; the caller must have read it from
    /// the log before this call, so that no record is missed.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save(&self, budgets: &Budgets, from: u64) -> Result<(), NotKept> {
        // Of two at once the later counts would else perhaps be written over by the earlier.
        let _one = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let accounts = budgets.all();
        let mut bytes = vec![0; SEAL_BYTES];
        let put = |bytes: Vec<u8>, item: &dyn Fn(Vec<u8>) -> postcard::Result<Vec<u8>>| {
            item(bytes).map_err(|error| NotKept::File(self.path.clone(), io::Error::other(error)))
        };
        let head = (VERSION, from, accounts.len() as u64);
        bytes = put(bytes, &|bytes| postcard::to_extend(&head, bytes))?;
        for (key, account) in &accounts {
            let account = locked(account);
            bytes = put(bytes, &|bytes| postcard::to_extend(&(key, &*account), bytes))?;
        }
        let seal = blake3::keyed_hash(&self.seal, &bytes[SEAL_BYTES..]);
        bytes[..SEAL_BYTES].copy_from_slice(seal.as_bytes());
        let failed = |error| NotKept::File(self.path.clone(), error);
        durable::replace(&self.path, &bytes, MODE).map_err(failed)
    }

    /// Reads the file, if there is one; gives how many records the log had then.
    fn load(&self, budgets: &Budgets) -> Result<Option<u64>, NotKept> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(NotKept::File(self.path.clone(), error)),
        };
        let changed = || NotKept::Changed(self.path.clone());
        let (seal, rest) = bytes.split_first_chunk::<SEAL_BYTES>().ok_or_else(changed)?;
        if blake3::keyed_hash(&self.seal, rest) != *seal {
            return Err(changed());
        }
        if rest.first() != Some(&VERSION) {
            return Ok(None);
        }
        let head = postcard::take_from_bytes::<(u8, u64, u64)>(rest);
        let ((_, from, count), mut rest) = head.map_err(|_| changed())?;
        for _ in 0..count {
            let read = postcard::take_from_bytes::<(Box<str>, Account)>(rest);
            let ((key, account), more) = read.map_err(|_| changed())?;
            budgets.restore(key, account);
            rest = more;
        }
        Ok(Some(from))
    }
}

/// Keeps the counts again and again, so that a start need not read far back. No longer than a fiftieth
/// of the time is spent on it.
pub async fn keep(
    kept: Arc<BudgetFile>,
    budgets: Arc<Budgets>,
    records: impl Fn() -> u64,
    mut stopping: tokio::sync::watch::Receiver<bool>,
) {
    use std::time::{Duration, Instant};
    const EVERY: Duration = Duration::from_secs(60);
    let (mut wait, mut last) = (EVERY, None);
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopping.changed() => return,
        }
        let from = records();
        if last == Some(from) {
            continue;
        }
        let (file, counts, began) = (kept.clone(), budgets.clone(), Instant::now());
        let saved = tokio::task::spawn_blocking(move || file.save(&counts, from)).await;
        match saved {
            Ok(Ok(())) => last = Some(from),
            Ok(Err(error)) => tracing::error!(%error, "what was used of budgets is not kept"),
            Err(error) => tracing::error!(%error, "keeping what was used of budgets failed"),
        }
        wait = EVERY.max(began.elapsed() * 50);
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotKept::File(path, error) => write!(f, "{}: {error}", path.display()),
            NotKept::Changed(path) => write!(
                f,
                "{} is not as it was written; put it back from a backup, or have the log counted \
                 anew: `sluice limits recount`",
                path.display()
            ),
            NotKept::Pruned { path, from, first } => write!(
                f,
                "what was used before record {first} can't be counted any more, and {} ends at record \
                 {from}; put it back from a backup, or do without: `sluice limits recount`",
                path.display()
            ),
            NotKept::Log(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for NotKept {}
