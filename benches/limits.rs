//! What holding a request against its rates costs when nothing trips (the goal is under 0.5 µs), and
//! what the states of 10,000 systems take of memory.

#![allow(clippy::print_stdout, reason = "a bench is a program for a terminal")]

#[path = "load/resident.rs"]
mod resident;

use std::hint::black_box;
use std::num::NonZeroU32;

use criterion::Criterion;
use sluice::limits::{Limiters, Parties, Rates};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::rate::Rate;

/// Systems that have states.
const SYSTEMS: usize = 10_000;

fn main() {
    let limiters = Limiters::default();
    let systems: Vec<Identity> = (0..SYSTEMS).filter_map(system).collect();
    let (operator, provider) = ([rate(900_000_000, 60)], [rate(950_000_000, 1)]);
    let of_systems = [rate(1_000_000_000, 1), rate(999_000_000, 3_600)];
    let one = Rates { system: &of_systems[..1], ..Rates::default() };
    let four = Rates { system: &of_systems, operator: &operator, provider: &provider };
    let before = resident::kib();
    systems.iter().for_each(|system| admit(&limiters, system, &one));
    let took = resident::kib().saturating_sub(before);
    println!("{} states in {took} KiB", limiters.states());
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("rates");
    for (name, rates) in [("one", &one), ("four: two of the system, operator, provider", &four)] {
        let mut next = systems.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| next.next().map(|system| admit(&limiters, black_box(system), rates)));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn admit(limiters: &Limiters, system: &Identity, rates: &Rates<'_>) {
    let parties = Parties {
        system,
        entry: "public-security/population",
        operator: Some("officer-0017"),
        provider: "public-security",
    };
    assert!(limiters.admit(&parties, rates).is_ok());
}

fn rate(requests: u32, window_seconds: u32) -> Rate {
    Rate {
        requests: NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN),
        window_seconds,
        burst: None,
    }
}

fn system(ix: usize) -> Option<Identity> {
    let department = Name::parse(&format!("department-{}", ix / 10)).ok()?;
    let id = Name::parse(&format!("desk-{}", ix % 10)).ok()?;
    Some(Identity { department, kind: Kind::System, id })
}
