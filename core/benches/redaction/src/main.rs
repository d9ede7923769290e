//! Redaction against JSON libraries that do the same job: of nine fields of a person's record five
//! pass, two are masked, two are dropped. One thread, 300 B, 10 KB and 1 MB.
//!
//!     cargo run --release --manifest-path core/benches/redaction/Cargo.toml
//!     cargo run --release --manifest-path core/benches/redaction/Cargo.toml -- sluice
//!
//! Time is the thread's own processor time, so that neighbours on the machine count little, and
//! the contenders take turns round by round, so that a slow minute hits all of them alike. Even so
//! only the ratios within one run hold. Each contender's output is compared with ours before
//! anything is measured.
#![allow(clippy::print_stdout)]

mod contenders;
mod sample;

use std::hint::black_box;

use contenders::Contender;
use rustix::time::{ClockId, clock_gettime};

/// Bytes that a contender redacts in one round.
const ROUND_BYTES: usize = 4_000_000;

const ROUNDS: usize = 41;

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| wanted.as_ref().is_none_or(|wanted| name.contains(&**wanted));
    for (size, records) in [("300 B", 1), ("10 KB", 35), ("1 MB", 3500)] {
        let answer = sample::answer(records);
        let all = contenders::all();
        let expected = contenders::same(&answer, all[0].1);
        for (name, contender) in all {
            assert_eq!(contenders::same(&answer, contender), expected, "{name}");
        }
        let chosen: Vec<_> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
        compare(size, &answer, &chosen);
    }
}

fn compare(size: &str, answer: &[u8], contenders: &[(&str, Contender)]) {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, contender), nanos) in contenders.iter().zip(&mut rounds) {
            nanos.push(nanos_per_answer(answer, *contender));
        }
    }
    println!("\n{size} ({} bytes)", answer.len());
    println!("{:<24}{:>10}{:>12}{:>12}", "", "MB/s", "best MB/s", "ours is ×");
    let ours = median(&mut rounds[0]);
    for ((name, _), nanos) in contenders.iter().zip(&mut rounds) {
        let middle = median(nanos);
        let speed = |nanos: f64| answer.len() as f64 * 1e3 / nanos;
        println!(
            "{name:<24}{:>10.0}{:>12.0}{:>12.2}",
            speed(middle),
            speed(nanos[0]),
            middle / ours
        );
    }
}

fn nanos_per_answer(answer: &[u8], contender: Contender) -> f64 {
    let mut out = Vec::with_capacity(answer.len());
    let times = (ROUND_BYTES / answer.len()).max(1);
    let start = thread_nanos();
    for _ in 0..times {
        out.clear();
        contender(black_box(answer), &mut out);
        black_box(&out);
    }
    (thread_nanos() - start) as f64 / times as f64
}

fn thread_nanos() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The middle one; sorts them.
fn median(nanos: &mut [f64]) -> f64 {
    nanos.sort_by(f64::total_cmp);
    nanos[nanos.len() / 2]
}
