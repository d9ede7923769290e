//! What every subject is tested with. Everything blocks: a test reads from top to bottom, and the
//! gateway under test is alone in having an event loop.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`certificates`] | the authority of this run, and what it issues |
//! | [`catalog`] | the test catalog, from `tests/cases/catalog`, with changes by the test |
//! | [`world`] | a running gateway with its origins and its log |
//! | [`origin`] | a provider that answers what a test tells it to, and keeps what it was sent |
//! | [`client`] | HTTP/1.1 byte by byte, as any peer |
//! | [`http2`] | HTTP/2, several streams at once |
//! | [`answer`] | an answer, taken apart |
//! | [`log`] | the records on disk |
//! | [`operations`] | metrics and health |
//! | [`office`] | people who change the catalog |
//! | [`program`] | the program as a process of its own |
//! | [`check`] | what every answer must keep, whatever it says |

pub mod answer;
pub mod catalog;
pub mod certificates;
pub mod check;
pub mod client;
pub mod http2;
pub mod log;
pub mod office;
pub mod operations;
pub mod origin;
pub mod program;
pub mod world;

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub use answer::Answer;
pub use catalog::Files;
pub use certificates::{Subject, Validity, issue, new_authority, person, system};
pub use check::{check, detail_of};
pub use client::{Ask, Connection, item};
pub use log::LogReader;
pub use origin::{Asked, Origin, Reply, json};
pub use world::World;

/// Longest wait for anything. Nothing takes so long unless something is wrong.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks again and again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A port that nobody has and nobody gets by chance: systems give those above to whoever does not care.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const PORTS: u16 = 10_000;
    static TRIED: AtomicU16 = AtomicU16::new(0);
    eventually("a free port", || {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let begin = std::process::id().wrapping_mul(97) % u32::from(PORTS);
        let port = FIRST + (begin as u16 + tried) % PORTS;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    })
}
