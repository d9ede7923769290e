//! The laws of budgets: no window is used beyond its limit, a refused request takes nothing, and
//! the usage does not depend on how an account was stored.

use std::collections::HashSet;
use std::num::NonZeroU64;

use proptest::prelude::*;

use super::persons::EXACT_PERSONS;
use super::*;
use crate::domain::budget::{Allowance, Budget, BudgetWindow, Unit};
use crate::ledger::digest::SubjectDigest;

const CHINA: Days = Days::CHINA;

/// A digest that is spread over all 64 bits that are used.
fn person(number: u64) -> SubjectDigest {
    let hash = blake3::hash(&number.to_le_bytes());
    SubjectDigest(*hash.as_bytes().first_chunk().unwrap())
}

fn people(numbers: impl IntoIterator<Item = u64>) -> Vec<SubjectDigest> {
    numbers.into_iter().map(person).collect()
}

fn day(number: i64) -> (Days, Day) {
    (CHINA, Day(number))
}

fn limits(requests: u64, records: u64, bytes: u64, persons: u64) -> Allowance {
    Allowance {
        requests: NonZeroU64::new(requests),
        records: NonZeroU64::new(records),
        bytes: NonZeroU64::new(bytes),
        persons: NonZeroU64::new(persons),
    }
}

fn a_day(daily: Allowance) -> Budget {
    Budget { daily, total: Allowance::default() }
}

fn records(records: u64) -> Usage<'static> {
    Usage { requests: 1, records, bytes: 10 * records, ..Usage::default() }
}

#[test]
fn the_last_record_passes_and_the_next_does_not() {
    let (mut account, budget) = (Account::default(), a_day(limits(0, 100, 0, 0)));
    account.take(&budget, day(1), &records(99)).unwrap();
    let refused = account.take(&budget, day(1), &records(2)).unwrap_err();
    assert_eq!((refused.unit, refused.window), (Unit::Records, BudgetWindow::Day));
    assert_eq!((refused.limit, refused.left), (100, 1));
    assert_eq!(refused.refills, Some(CHINA.end_of(Day(1))));
    // The refused take has used nothing.
    account.take(&budget, day(1), &records(1)).unwrap();
    assert!(account.exhausted(&budget, day(1), &[]).is_some());
    account.take(&budget, day(1), &records(0)).unwrap();
    assert!(account.take(&budget, day(1), &records(1)).is_err());
}

#[test]
fn midnight_refills_the_day_and_a_clock_set_back_does_not() {
    let budget = Budget { daily: limits(0, 10, 0, 0), total: limits(0, 25, 0, 0) };
    let mut account = Account::default();
    account.take(&budget, day(1), &records(10)).unwrap();
    account.take(&budget, day(2), &records(10)).unwrap();
    for back in [1, 0, -5] {
        assert!(account.take(&budget, day(back), &records(1)).is_err());
    }
    // The limit in all does not refill.
    let refused = account.take(&budget, day(3), &records(6)).unwrap_err();
    assert_eq!((refused.window, refused.left, refused.refills), (BudgetWindow::Total, 5, None));
    account.take(&budget, day(3), &records(5)).unwrap();
    assert_eq!(account.exhausted(&budget, day(4), &[]).unwrap().window, BudgetWindow::Total);
}

#[test]
fn requests_under_way_count_and_those_that_came_to_nothing_do_not() {
    let (mut account, budget) = (Account::default(), a_day(limits(2, 0, 0, 0)));
    account.begin(&budget, day(1), &[]).unwrap();
    account.begin(&budget, day(1), &[]).unwrap();
    assert_eq!(account.begin(&budget, day(1), &[]).unwrap_err().unit, Unit::Requests);
    account.end();
    account.begin(&budget, day(1), &[]).unwrap();
    for _ in 0..2 {
        account.end();
        account.take(&budget, day(1), &records(1)).unwrap();
    }
    assert!(account.begin(&budget, day(1), &[]).is_err());
    account.begin(&budget, day(2), &[]).unwrap();
}

#[test]
fn a_person_counts_once() {
    let (mut account, budget) = (Account::default(), a_day(limits(0, 0, 0, 3)));
    let take = |account: &mut Account, numbers: &[u64], unnamed| {
        let persons = people(numbers.iter().copied());
        let wanted = Usage { requests: 1, unnamed, persons: &persons, ..Usage::default() };
        account.take(&budget, day(1), &wanted)
    };
    take(&mut account, &[1, 2], 0).unwrap();
    take(&mut account, &[2, 1, 2], 0).unwrap();
    assert_eq!(take(&mut account, &[3, 4], 0).unwrap_err().left, 1);
    // A record that names no person may be about another one each time.
    take(&mut account, &[], 1).unwrap();
    assert!(take(&mut account, &[], 1).is_err());
    take(&mut account, &[1], 0).unwrap();
    // Persons who are counted already may still be asked about; new ones, or no one in particular,
    // may not.
    let asks = |account: &mut Account, numbers: &[u64]| {
        account.exhausted(&budget, day(1), &people(numbers.iter().copied())).is_none()
    };
    assert!(asks(&mut account, &[1]) && asks(&mut account, &[2, 1]));
    assert!(!asks(&mut account, &[5]) && !asks(&mut account, &[1, 5]) && !asks(&mut account, &[]));
}

#[test]
fn persons_are_estimated_on_the_safe_side_and_never_fewer_than_before() {
    let (mut persons, mut before) = (Persons::default(), 0);
    let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
    let steps = (0..400_000u64).step_by(1_000);
    for from in steps {
        let more = people(from..from + 1_000);
        let foreseen = persons.count_with(&more);
        persons.add(&more);
        let (count, true_count) = (persons.count(), from + 1_000);
        assert_eq!(count, foreseen);
        assert!(count >= before);
        before = count;
        if true_count <= EXACT_PERSONS as u64 {
            assert_eq!(count, true_count);
        }
        let off = count as f64 / true_count as f64 - 1.0;
        (lowest, highest) = (lowest.min(off), highest.max(off));
        // Persons stay in the set; an estimated set knows none of them.
        let known = more.iter().all(|person| persons.includes(person));
        assert_eq!(known, !persons.is_estimated());
        assert_eq!(persons.count_with(&more), count);
    }
    assert!(lowest >= 0.0 && highest < 0.06, "{lowest} to {highest}");
    assert!(persons.memory_bytes() < 17_000, "{}", persons.memory_bytes());
}

#[test]
fn a_sketch_that_is_none_is_not_read() {
    let written = |registers: &[u8]| {
        let text = serde_json::to_string(&serde_json::json!({"Estimated": registers})).unwrap();
        serde_json::from_str::<Persons>(&text)
    };
    let mut registers = vec![3; 1 << 14];
    assert!(written(&registers).is_ok());
    registers[7] = 52;
    assert!(written(&registers).is_err());
    assert!(written(&[0; 5]).is_err());
}

/// An operation on an account.
#[derive(Clone, Debug)]
enum Step {
    Take { day: i64, records: u64, bytes: u64, persons: Vec<u64>, unnamed: u64 },
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    let persons = proptest::collection::vec(0u64..12, 0..4);
    prop_oneof![
        8 => (0i64..4, 0u64..4, 0u64..40, persons, 0u64..2).prop_map(
            |(day, records, bytes, persons, unnamed)| {
                Step::Take { day, records, bytes, persons, unnamed }
            }
        ),
        1 => Just(Step::Keep),
    ]
}

/// A plain count of the same usage.
#[derive(Default)]
struct Model {
    records: u64,
    bytes: u64,
    unnamed: u64,
    persons: HashSet<u64>,
}

impl Model {
    fn fits(&self, allowance: &Allowance) -> bool {
        let persons = self.persons.len() as u64 + self.unnamed;
        [(Unit::Records, self.records), (Unit::Bytes, self.bytes), (Unit::Persons, persons)]
            .iter()
            .all(|(unit, used)| allowance.of(*unit).is_none_or(|limit| *used <= limit))
    }
}

proptest! {
    #[test]
    fn no_window_is_used_beyond_its_limit(
        daily in (0u64..1, 0u64..8, 0u64..80, 0u64..6),
        total in (0u64..1, 0u64..14, 0u64..150, 0u64..10),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let of = |(requests, records, bytes, persons)| limits(requests, records, bytes, persons);
        let budget = Budget { daily: of(daily), total: of(total) };
        let mut account = Account::default();
        let (mut today, mut model, mut ever) = (0, Model::default(), Model::default());
        for step in steps {
            let Step::Take { day: number, records, bytes, persons, unnamed } = step else {
                let kept = serde_json::to_string(&account).unwrap();
                account = serde_json::from_str(&kept).unwrap();
                continue;
            };
            if number > today {
                (today, model) = (number, Model::default());
            }
            let digests = people(persons.iter().copied());
            let wanted = Usage { requests: 1, records, bytes, unnamed, persons: &digests };
            if account.take(&budget, day(number), &wanted).is_err() {
                continue;
            }
            for window in [&mut model, &mut ever] {
                window.records += records;
                window.bytes += bytes;
                window.unnamed += unnamed;
                window.persons.extend(&persons);
            }
            prop_assert!(model.fits(&budget.daily) && ever.fits(&budget.total));
        }
        for left in account.left(&budget, Day(today)) {
            let counted = if left.window == BudgetWindow::Day { &model } else { &ever };
            let expected = match left.unit {
                Unit::Requests => continue,
                Unit::Records => counted.records,
                Unit::Bytes => counted.bytes,
                Unit::Persons => counted.persons.len() as u64 + counted.unnamed,
            };
            prop_assert_eq!(left.used, expected);
        }
    }
}

/// Checks that, once an estimated count has refused a person, persons who don't change the estimate
/// do not pass the limit either.
#[test]
fn nobody_passes_unseen_once_a_person_was_refused() {
    let (mut account, budget) = (Account::default(), a_day(limits(0, 0, 0, 10_000)));
    let (mut passed, mut refused) = (0u64, 0u64);
    for number in 0..60_000 {
        let persons = [person(number)];
        let asked = account.exhausted(&budget, day(1), &persons).is_none();
        let wanted = Usage { requests: 1, persons: &persons, ..Usage::default() };
        if asked && account.take(&budget, day(1), &wanted).is_ok() {
            passed += 1;
        } else {
            refused += 1;
        }
    }
    assert!((9_400..=10_000).contains(&passed), "{passed} passed, {refused} were refused");
    assert_eq!(account.left(&budget, Day(1))[0].left(), 0);
    account.take(&budget, day(2), &Usage { persons: &[person(1)], ..Usage::default() }).unwrap();
}
