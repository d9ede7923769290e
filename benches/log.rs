//! What recording costs: rendering a line, the writer at full load, and the wait of exchanges that
//! share commits. The last group prints how many records shared a commit, which decides the cost.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sluice::audit::verify::{Vouchers, verify};
use sluice::audit::{Archive, Lane, Log, LogConfig, LogUnavailable};
use sluice_core::domain::name::Name;
use sluice_core::ledger::line::Head;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::task::JoinSet;

#[path = "load/usual.rs"]
mod usual;

use usual::{NOW, record};

/// Commits so far and records they held.
#[derive(Default)]
struct Commits {
    commits: AtomicU64,
    records: AtomicU64,
}

fn open() -> (tempfile::TempDir, Log, Arc<Commits>) {
    open_with(|_| ())
}

fn open_with(change: impl FnOnce(&mut LogConfig)) -> (tempfile::TempDir, Log, Arc<Commits>) {
    // Beside the build, not in the system's temporary folder: that may be memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the log");
    let node = Name::parse("bench").expect("a name");
    let seen = Arc::new(Commits::default());
    let sink = seen.clone();
    let signer = NoteSigner::from_seed("bench.example/log", KeyKind::Log, &[1; 32]).expect("a key");
    let mut settings = LogConfig::new(dir.path(), node, signer);
    change(&mut settings);
    let (log, _) = Log::open(settings, now, move |commit| {
        sink.commits.fetch_add(1, Ordering::Relaxed);
        sink.records.fetch_add(commit.records, Ordering::Relaxed);
    })
    .expect("the log opens");
    (dir, log, seen)
}

fn now() -> i64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_millis() as i64)
}

fn render(criterion: &mut Criterion) {
    let record = record();
    let node = Name::parse("bench").expect("a name");
    let mut line = Vec::new();
    criterion.bench_function("log/render", |bencher| {
        bencher.iter(|| {
            line.clear();
            let head = Head { index: 123_456, time: NOW, node: &node };
            black_box(&record).write_line(&head, &mut line)
        });
    });
    println!("log/render: a line of {} bytes", line.len());
}

/// Appends without waiting, as fast as the queue takes them, and waits for the last.
fn sustained(criterion: &mut Criterion) {
    const RECORDS: u64 = 20_000;
    let record = record();
    let (_dir, log, seen) = open();
    let lane = log.lane();
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(20);
    group.bench_function("sustained", |bencher| {
        bencher.iter(|| {
            for _ in 1..RECORDS {
                drop(lane.append(&record).expect("the queue holds them"));
            }
            lane.append(&record).and_then(|last| last.wait()).expect("it is durable")
        });
    });
    group.finish();
    report("sustained", &seen);
}

/// The same records in SQLite, each transaction durable: one record each, and 32 each.
fn sqlite(criterion: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let options = SqliteConnectOptions::new()
        .filename(dir.path().join("log.sqlite"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut db = runtime.block_on(async {
        let mut db = options.connect().await.expect("it opens");
        let table = "CREATE TABLE log (idx INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&mut db).await.expect("a table");
        db
    });
    let node = Name::parse("bench").expect("a name");
    let mut line = Vec::new();
    let head = Head { index: 123_456, time: NOW, node: &node };
    record().write_line(&head, &mut line).expect("it fits");
    let line = String::from_utf8(line).expect("it is text");
    let mut group = criterion.benchmark_group("log/sqlite");
    group.sample_size(10);
    for count in [1u64, 32] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let mut batch = db.begin().await.expect("it begins");
                    for _ in 0..count {
                        let insert = sqlx::query("INSERT INTO log (line) VALUES ($1)");
                        insert.bind(&line).execute(&mut *batch).await.expect("it is taken");
                    }
                    batch.commit().await.expect("it is durable");
                });
            });
        });
    }
    group.finish();
}

/// Verifying a log of some 100 MB, as `sluice audit verify` does.
fn verifying(criterion: &mut Criterion) {
    const RECORDS: u64 = 130_000;
    let record = record();
    let (dir, log, _) = open();
    let lane = log.lane();
    for _ in 0..RECORDS {
        // The queue is bounded: where it is full the writer is waited for.
        while let Err(LogUnavailable::Full) = lane.append(&record) {
            std::thread::yield_now();
        }
    }
    log.close().expect("it closes");
    let key = Archive::open(dir.path()).and_then(|archive| archive.key()).expect("a key");
    let pass = || verify(dir.path(), &key, &Vouchers::default(), &mut |_, _| ());
    let bytes = pass().expect("it holds").bytes;
    let mut group = criterion.benchmark_group("log");
    group.sample_size(10).throughput(Throughput::Bytes(bytes));
    group.bench_function("verify", |bencher| bencher.iter(pass));
    group.finish();
}

/// So many exchanges at once on one worker; each appends, waits, and begins again.
fn waiters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("log/waiters");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    for count in [1u64, 8, 32] {
        let (_dir, log, seen) = open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let lane = log.lane();
        runtime.spawn(lane.pump());
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|iterations| {
                runtime.block_on(exchanges(&lane, count, iterations.div_ceil(count)))
            });
        });
        report(&format!("waiters/{count}"), &seen);
    }
    group.finish();
}

/// How long 32 exchanges wait while segments roll and checkpoints are signed far more often than in
/// use, beside a log that does neither; in turns, so that both meet the same disk.
fn stalls(_: &mut Criterion) {
    const ROUNDS: u64 = 6_000;
    const TURNS: usize = 5;
    let (_calm_dir, calm, _) = open_with(|settings| {
        settings.segment_bytes = 1 << 40;
        settings.checkpoint_delay = Duration::from_secs(3_600);
    });
    let (busy_dir, busy, _) = open_with(|settings| {
        settings.segment_bytes = 4 << 20;
        settings.checkpoint_delay = Duration::from_millis(100);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut kinds = [("calm", calm.lane(), Vec::new()), ("busy", busy.lane(), Vec::new())];
    for (_, lane, _) in &kinds {
        runtime.spawn(lane.pump());
    }
    for _ in 0..TURNS {
        for (_, lane, waits) in &mut kinds {
            waits.extend(runtime.block_on(waits_of(lane, 32, ROUNDS)));
        }
    }
    for (name, _, waits) in &mut kinds {
        waits.sort_unstable();
        let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
        let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
        println!(
            "log/stalls/{name}: p50 {p50:?}, p99 {p99:?}, p99.9 {p999:?}, {:?} at most",
            at(1.0)
        );
    }
    let files = std::fs::read_dir(busy_dir.path()).expect("the log is there");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    println!("log/stalls/busy: {} segments", names.filter(|name| name.ends_with(".jsonl")).count());
}

/// What each append waited for its commit.
async fn waits_of(lane: &Lane, count: u64, rounds: u64) -> Vec<Duration> {
    let record = Arc::new(record());
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (lane, record) = (lane.clone(), record.clone());
        tasks.spawn(async move {
            let mut waits = Vec::new();
            for _ in 0..rounds {
                let open = lane.begin();
                tokio::task::yield_now().await;
                let began = Instant::now();
                let pending = open.append(&record).expect("the log takes it");
                pending.durable().await.expect("it is durable");
                waits.push(began.elapsed());
            }
            waits
        });
    }
    tasks.join_all().await.concat()
}

async fn exchanges(lane: &Lane, count: u64, rounds: u64) -> Duration {
    let record = Arc::new(record());
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (lane, record) = (lane.clone(), record.clone());
        tasks.spawn(async move {
            for _ in 0..rounds {
                let open = lane.begin();
                tokio::task::yield_now().await;
                let pending = open.append(&record).expect("the log takes it");
                pending.durable().await.expect("it is durable");
            }
        });
    }
    tasks.join_all().await;
    started.elapsed()
}

fn report(name: &str, seen: &Commits) {
    let commits = seen.commits.load(Ordering::Relaxed);
    let records = seen.records.load(Ordering::Relaxed);
    let shared = records as f64 / commits.max(1) as f64;
    println!("log/{name}: {shared:.1} records a commit ({records} records, {commits} commits)");
}

criterion_group!(benches, render, sustained, sqlite, verifying, waiters, stalls);
criterion_main!(benches);
