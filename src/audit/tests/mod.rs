//! Shared by the tests of the log: records to append, a folder to append them to, a reader.

mod archive;
mod checkpoints;
mod faults;
mod find;
mod lanes;
mod log;
mod prune;
mod recovery;
mod refusals;
mod verify;

use std::path::Path;
use std::time::{Duration, Instant};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::ledger::record::{Effect, Ended, Exchange, Fate, Intent, Outcome, Record, Thread};

use super::segment;
use super::*;

/// 2026-03-01T00:00:00.000Z.
const MARCH: UnixMillis = 1_772_323_200_000;

/// Long enough that a test which needs it to pass has failed.
const NEVER: Duration = Duration::from_secs(3_600);

const DEADLINE: Duration = Duration::from_secs(20);

/// Makes a temporary folder, in memory if possible: these tests sync a lot, and can't observe the
/// disk anyway.
fn temporary() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.unwrap()
}

fn node() -> Name {
    Name::parse("gw-1").unwrap()
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[1; 32]).unwrap()
}

/// Settings by which checkpoints are signed at the end or when asked for.
fn settings(dir: &Path) -> LogConfig {
    LogConfig { checkpoint_delay: NEVER, ..LogConfig::new(dir, node(), signer()) }
}

fn open(settings: LogConfig) -> (Log, Opened) {
    Log::open(settings, || MARCH, |_| ()).unwrap()
}

/// Makes a record with this exchange id.
fn record(exchange: &str) -> Record<'_> {
    Record::Single(Exchange {
        exchange,
        time: MARCH,
        catalog_version: "1",
        outcome: Outcome { code: Some("not-in-catalog"), status: Some(404), ..Outcome::default() },
        gateway_us: 5,
        ..Exchange::default()
    })
}

/// The intent to answer a question about an entry.
fn intent(exchange: &str) -> Record<'_> {
    let exchange = Exchange {
        exchange,
        entry: Some("health/records"),
        purpose: Some("care"),
        ..Exchange::default()
    };
    Record::Intent(Intent { exchange, effect: Effect::Release })
}

/// The outcome of the intent of that index.
fn outcome(exchange: &str, intent: u64) -> Record<'static> {
    // A test need not give memory back.
    let thread = Thread { exchange: exchange.into(), intent, ..Thread::default() };
    Record::Outcome(Ended {
        thread: Box::leak(Box::new(thread)),
        fate: Fate::Complete,
        code: None,
        detail: None,
        status: Some(200),
        released: None,
        debit: None,
        gateway_us: 1,
        upstream_us: None,
    })
}

/// The line that [`record`] becomes.
fn line(index: u64, exchange: &str) -> String {
    format!(
        r#"{{"v":1,"index":{index},"time":"2026-03-01T00:00:00.000Z","node":"gw-1","kind":"single","exchange":"{exchange}","began":"2026-03-01T00:00:00.000Z","consumer":{{}},"catalog_version":"1","decision":"denial","code":"not-in-catalog","status":404,"gateway_us":5}}"#
    )
}

/// The line of a record of a stop in good order.
fn stopped(index: u64) -> String {
    format!(
        r#"{{"v":1,"index":{index},"time":"2026-03-01T00:00:00.000Z","node":"gw-1","kind":"control","event":"stopped","at":"2026-03-01T00:00:00.000Z"}}"#
    )
}

/// Names of the segments in a folder, in order.
fn segments(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| segment::looks_like_one(name)).collect();
    names.sort();
    names
}

/// All whole lines of a folder, in order.
fn lines(dir: &Path) -> Vec<String> {
    let read = |name: &String| std::fs::read_to_string(dir.join(name)).unwrap();
    let all: String = segments(dir).iter().map(read).collect();
    let whole = all.rfind('\n').map_or("", |end| &all[..end]);
    whole.lines().map(str::to_owned).collect()
}

/// Polls a condition until it holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come to pass");
        std::thread::sleep(Duration::from_millis(1));
    }
}
