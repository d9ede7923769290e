//! What holding a request against its budget costs when nothing trips (the goal for all limits together
//! is under 0.5 µs), and what the accounts of 10,000 consumers take of memory and time.

#![allow(clippy::print_stdout, reason = "a bench is a program for a terminal")]

#[path = "load/resident.rs"]
mod resident;

use std::hint::black_box;
use std::num::NonZeroU64;
use std::time::Instant;

use criterion::Criterion;
use sluice::audit::{Archive, Log, LogConfig};
use sluice::budgets::{BudgetFile, Budgets, Holder};
use sluice_core::domain::budget::{Allowance, Budget};
use sluice_core::domain::name::Name;
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::usage::{Day, Days, Usage};

/// Departments that have an account.
const CONSUMERS: usize = 10_000;

/// Distinct persons of each: estimated, and so as large as it gets.
const PERSONS: u64 = 2_100;

const DAY: Day = Day(20_000);

fn main() {
    let departments: Vec<String> = (0..CONSUMERS).map(|ix| format!("department-{ix}")).collect();
    let plenty = NonZeroU64::new(1_000_000_000_000_000);
    let numbers = Allowance { requests: plenty, records: plenty, bytes: plenty, persons: None };
    let persons = Allowance { persons: plenty, ..numbers };
    let of_numbers = Budget { daily: numbers, total: numbers };
    let of_persons = Budget { daily: persons, total: persons };
    let before = resident::kib();
    let budgets = Budgets::new(Days::CHINA, 2 * CONSUMERS);
    departments
        .iter()
        .for_each(|department| exchange(&budgets, department, &of_numbers, digest(0)));
    println!("{CONSUMERS} accounts of numbers in {} KiB", resident::kib().saturating_sub(before));
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("budgets");
    let few: Vec<SubjectDigest> = (0..300).map(digest).collect();
    let many: Vec<SubjectDigest> = (0..1_000_000).map(digest).collect();
    let mut next = departments.iter().cycle();
    group.bench_function("requests, records, bytes, by day and in all", |bencher| {
        bencher
            .iter(|| next.next().map(|it| exchange(black_box(&budgets), it, &of_numbers, few[0])));
    });
    let mut person = few.iter().cycle();
    group.bench_function("and a person, of few hundred", |bencher| {
        bencher.iter(|| {
            person.next().map(|it| exchange(black_box(&budgets), "department-0", &of_persons, *it))
        });
    });
    many[..100_000].iter().for_each(|it| exchange(&budgets, "department-1", &of_persons, *it));
    let mut person = many.iter().cycle();
    group.bench_function("and a person, estimated", |bencher| {
        bencher.iter(|| {
            person.next().map(|it| exchange(black_box(&budgets), "department-1", &of_persons, *it))
        });
    });
    group.finish();
    criterion.final_summary();
    large(&departments, &of_persons);
}

/// What it takes when every account estimates its persons.
fn large(departments: &[String], budget: &Budget) {
    let before = resident::kib();
    let budgets = Budgets::new(Days::CHINA, CONSUMERS);
    let people: Vec<SubjectDigest> = (0..PERSONS).map(digest).collect();
    for department in departments {
        let Ok(mut ticket) = budgets.begin(&holder(department), budget, DAY, &[]) else { return };
        assert!(ticket.take(Usage { persons: &people, ..Usage::default() }).is_ok());
        ticket.settle();
    }
    println!(
        "{} accounts of {PERSONS} persons each, by day and in all, in {} MiB",
        budgets.accounts(),
        resident::kib().saturating_sub(before) / 1024
    );
    let Ok(folder) = tempfile::tempdir() else { return };
    let kept = BudgetFile::beside(folder.path(), &[0; 32]);
    let (Ok(node), Ok(signer)) =
        (Name::parse("gw"), NoteSigner::from_seed("example/gw", KeyKind::Log, &[1; 32]))
    else {
        return;
    };
    let log = Log::open(LogConfig::new(folder.path(), node, signer), || 0, |_| ());
    assert!(log.is_ok_and(|(log, _)| log.close().is_ok()));
    let start = Instant::now();
    assert!(kept.save(&budgets, 0).is_ok());
    let bytes = std::fs::metadata(folder.path().join("budgets.state")).map_or(0, |it| it.len());
    println!("kept in {:?}: {} MiB", start.elapsed(), bytes >> 20);
    let start = Instant::now();
    let archive = Archive::open(folder.path());
    let resumed = Budgets::new(Days::CHINA, CONSUMERS);
    assert!(archive.is_ok_and(|archive| kept.resume(&resumed, &archive).is_ok()));
    println!("back after {:?}: {} accounts", start.elapsed(), resumed.accounts());
}

/// All that the data path does about a budget for one exchange.
fn exchange(budgets: &Budgets, department: &str, budget: &Budget, person: SubjectDigest) {
    let (holder, subjects) = (holder(department), [person]);
    let exhausted = budgets.exhausted(&holder, budget, DAY, &subjects);
    let ticket = budgets.begin(&holder, budget, DAY, &subjects);
    let Ok(mut ticket) = ticket else { return };
    let wanted = Usage { records: 1, bytes: 300, persons: &subjects, ..Usage::default() };
    assert!(exhausted.is_none() && ticket.take(wanted).is_ok());
    black_box(ticket.settle());
}

fn holder(department: &str) -> Holder<'_> {
    Holder { entry: "public-security/population", basis: "term/social-assistance", department }
}

fn digest(person: u64) -> SubjectDigest {
    let hash = blake3::hash(&person.to_le_bytes());
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.as_bytes()[..16]);
    SubjectDigest(digest)
}
