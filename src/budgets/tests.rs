//! Budgets across threads, and after a restart.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sluice_core::domain::budget::{Allowance, Unit};
use sluice_core::domain::name::Name;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::ledger::record::{BasisName, Consumer, Exchange, Outcome, Record};
use sluice_core::usage::Usage;

use super::budget_file::NotKept;
use super::*;
use crate::audit::{Archive, Log, LogConfig};

const HOLDER: Holder<'_> =
    Holder { entry: "public-security/persons", basis: "term/desk", department: "civil-affairs" };

/// An exchange in the day of 2026-11-26 in China.
const EXCHANGE: &str = "019abd8e-6800-7000-8000-000000000001";
const SECRET: [u8; 32] = [7; 32];

fn day() -> Day {
    Days::CHINA.day_of(crate::audit::archive::time_of_id(EXCHANGE).unwrap())
}

fn budget(records: u64, persons: u64) -> Budget {
    let total = Allowance {
        records: NonZeroU64::new(records),
        persons: NonZeroU64::new(persons),
        ..Allowance::default()
    };
    Budget { total, ..Budget::default() }
}

fn budgets() -> Budgets {
    Budgets::new(Days::CHINA, 10)
}

fn records(records: u64) -> Usage<'static> {
    Usage { records, ..Usage::default() }
}

fn used(budgets: &Budgets, budget: &Budget) -> Vec<(Unit, u64)> {
    budgets.left(&HOLDER, budget, day()).iter().map(|left| (left.unit, left.used)).collect()
}

#[test]
fn sixty_four_at_once_never_get_the_hundred_and_first() {
    for round in 0..20 {
        let (budgets, budget) = (Arc::new(budgets()), budget(100, 0));
        let released = Arc::new(AtomicU64::new(0));
        std::thread::scope(|scope| {
            for each in 0..64 {
                let (budgets, released) = (budgets.clone(), released.clone());
                scope.spawn(move || {
                    let Ok(mut ticket) = budgets.begin(&HOLDER, &budget, day(), &[]) else {
                        return;
                    };
                    let wanted = 1 + (each + round) % 4;
                    if ticket.take(records(wanted)).is_ok() {
                        assert_eq!(ticket.settle().records, wanted);
                        released.fetch_add(wanted, Ordering::SeqCst);
                    }
                });
            }
        });
        let released = released.load(Ordering::SeqCst);
        // The smallest answers of those that came last still fit.
        assert!((97..=100).contains(&released), "{released}");
        assert_eq!(used(&budgets, &budget), [(Unit::Records, released)]);
    }
}

#[test]
fn a_request_counts_once_and_one_that_is_dropped_not_at_all() {
    let requests = Allowance { requests: NonZeroU64::new(2), ..Allowance::default() };
    let (budgets, budget) = (budgets(), Budget { daily: requests, ..Budget::default() });
    let begin = || budgets.begin(&HOLDER, &budget, day(), &[]);
    let (mut one, two) = (begin().unwrap(), begin().unwrap());
    assert!(matches!(begin(), Err(NoTicket::Exhausted(limit)) if limit.unit == Unit::Requests));
    assert!(budgets.exhausted(&HOLDER, &budget, day(), &[]).is_some());
    drop(two);
    assert_eq!(one.settle(), Taken { requests: 1, ..Taken::default() });
    one.take(records(3)).unwrap();
    assert_eq!(one.settle(), Taken { records: 3, ..Taken::default() });
    drop(one);
    assert_eq!(used(&budgets, &budget), [(Unit::Requests, 1)]);
    assert!(begin().is_ok());
    // Another department has a budget of its own, and accounts have a bound.
    for number in 0..9 {
        let department = format!("department-{number}");
        let other = Holder { department: &department, ..HOLDER };
        assert!(budgets.begin(&other, &budget, day(), &[]).is_ok());
    }
    let one_more = Holder { department: "department-9", ..HOLDER };
    let refused = budgets.begin(&one_more, &budget, day(), &[]);
    assert!(matches!(refused, Err(NoTicket::TooManyAccounts)));
}

/// A log with a record that takes three records of two persons from the budget, `times` times.
fn log(dir: &std::path::Path, times: usize) {
    let signer = NoteSigner::from_seed("example/gw", KeyKind::Log, &[1; 32]).unwrap();
    let settings = LogConfig::new(dir, Name::parse("gw").unwrap(), signer);
    let (log, _) = Log::open(settings, || 1_764_000_000_000, |_| ()).unwrap();
    let consumer = Consumer { department: Some(HOLDER.department.into()), ..Consumer::default() };
    let taken = Taken { requests: 1, records: 3, bytes: 90, unnamed: 1, persons: true };
    let subjects = [SubjectDigest([1; 16]), SubjectDigest([2; 16])];
    let released = sluice_core::ledger::record::Released {
        bytes: 90,
        digest: sluice_core::ledger::digest::BodyDigest([0; 32]),
        records: 3,
        fields: Default::default(),
        undeclared: 0,
        mismatched: 0,
        withheld: 0,
        unnamed: 1,
        subjects: &subjects,
    };
    for _ in 0..times {
        let record = Exchange {
            exchange: EXCHANGE,
            consumer: &consumer,
            entry: Some(HOLDER.entry),
            outcome: Outcome { permitted: true, ..Outcome::default() },
            released: Some(released.clone()),
            debit: Some(taken.debit(BasisName::Term("desk"))),
            ..Exchange::default()
        };
        log.append(&Record::Single(record)).unwrap().wait().unwrap();
    }
    log.close().unwrap();
}

fn resumed(dir: &std::path::Path) -> Result<Budgets, NotKept> {
    let budgets = budgets();
    BudgetFile::beside(dir, &SECRET).resume(&budgets, &Archive::open(dir).unwrap())?;
    Ok(budgets)
}

#[test]
fn a_start_counts_on_from_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, budget) = (folder.path(), budget(100, 100));
    log(dir, 2);
    // Two persons, and one record of nobody in each of the two.
    let twice = [(Unit::Records, 6), (Unit::Persons, 4)];
    let budgets = resumed(dir).unwrap();
    assert_eq!(used(&budgets, &budget), twice);
    let end = Archive::open(dir).unwrap().extent().unwrap().1;
    let kept = BudgetFile::beside(dir, &SECRET);
    kept.save(&budgets, end).unwrap();
    assert_eq!(used(&resumed(dir).unwrap(), &budget), twice);
    log(dir, 1);
    let thrice = [(Unit::Records, 9), (Unit::Persons, 5)];
    assert_eq!(used(&resumed(dir).unwrap(), &budget), thrice);
    // An older file costs nothing but time.
    kept.save(&self::budgets(), 0).unwrap();
    assert_eq!(used(&resumed(dir).unwrap(), &budget), thrice);
    // One of another log, which was longer, stands; what this one gets from now on is counted.
    kept.save(&budgets, 1_000).unwrap();
    assert_eq!(used(&resumed(dir).unwrap(), &budget), twice);
    log(dir, 1);
    assert_eq!(used(&resumed(dir).unwrap(), &budget), thrice);
}

#[test]
fn what_somebody_has_changed_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    log(dir, 1);
    let kept = BudgetFile::beside(dir, &SECRET);
    kept.save(&resumed(dir).unwrap(), 3).unwrap();
    let file = dir.join(budget_file::FILE);
    let bytes = std::fs::read(&file).unwrap();
    for at in [0, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&file, changed).unwrap();
        assert!(matches!(resumed(dir), Err(NotKept::Changed(_))));
    }
    std::fs::write(&file, &bytes[..10]).unwrap();
    assert!(matches!(resumed(dir), Err(NotKept::Changed(_))));
    std::fs::write(&file, &bytes).unwrap();
    let stranger = BudgetFile::beside(dir, &[8; 32]);
    let archive = Archive::open(dir).unwrap();
    assert!(matches!(stranger.resume(&budgets(), &archive), Err(NotKept::Changed(_))));
    // The operator may have the log counted anew.
    let counted = budgets();
    stranger.recount(&counted, &archive).unwrap();
    assert_eq!(used(&counted, &budget(100, 0)), [(Unit::Records, 3)]);
    stranger.resume(&budgets(), &archive).unwrap();
}
