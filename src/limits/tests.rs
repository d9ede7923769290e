use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::rate::{Rate, in_order};
use sluice_core::domain::rejection::{RateLimited, RateScope};
use sluice_core::message::fields::Section;

use super::{Limiters, Parties, Rates};

type Clocked = Limiters<FakeRelativeClock>;

fn system(id: &str) -> Identity {
    let name = |text: &str| Name::parse(text).unwrap();
    Identity { department: name("health"), kind: Kind::System, id: name(id) }
}

fn rate(requests: u32, window_seconds: u32) -> Rate {
    Rate { requests: NonZeroU32::new(requests).unwrap(), window_seconds, burst: None }
}

/// A request at `a/b` of provider `a`.
fn parties<'a>(system: &'a Identity, operator: Option<&'a str>) -> Parties<'a> {
    Parties { system, entry: "a/b", operator, provider: "a" }
}

fn left(limiters: &Clocked, desk: &Identity, system: &[Rate]) -> Result<u32, RateLimited> {
    let rates = Rates { system, ..Rates::default() };
    limiters.admit(&parties(desk, None), &rates).map(|left| left.all()[0].requests)
}

#[test]
fn a_quota_is_exact_and_refills_by_the_clock() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let (desk, ten) = (system("desk"), [rate(10, 60)]);
    for now_left in (0..10).rev() {
        assert_eq!(left(&limiters, &desk, &ten), Ok(now_left));
    }
    let refused = left(&limiters, &desk, &ten).unwrap_err();
    assert_eq!((refused.requests, refused.window_seconds), (10, 60));
    assert_eq!((refused.retry_after_ms, refused.of), (6_000, RateScope::System));
    clock.advance(Duration::from_millis(5_999));
    assert!(left(&limiters, &desk, &ten).is_err());
    clock.advance(Duration::from_millis(1));
    assert!(left(&limiters, &desk, &ten).is_ok());
    assert!(left(&limiters, &desk, &ten).is_err());
}

#[test]
fn systems_and_entries_have_quotas_of_their_own() {
    let limiters = Limiters::with_clock(FakeRelativeClock::default());
    let one = Rates { system: &[rate(1, 1)], ..Rates::default() };
    for (who, entry) in [("desk", "a/b"), ("desk", "a/c"), ("other", "a/b")] {
        let who = system(who);
        let asked = Parties { entry, ..parties(&who, None) };
        assert!(limiters.admit(&asked, &one).is_ok(), "{who} {entry}");
        assert!(limiters.admit(&asked, &one).is_err(), "{who} {entry}");
    }
}

#[test]
fn several_rates_hold_together_and_the_strictest_answers() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let desk = system("desk");
    // Stated the other way round: the shortest window is taken first.
    let declared = in_order(vec![rate(3, 3_600), rate(2, 1)]);
    assert!(left(&limiters, &desk, &declared).is_ok() && left(&limiters, &desk, &declared).is_ok());
    let refused = left(&limiters, &desk, &declared).unwrap_err();
    assert_eq!((refused.requests, refused.window_seconds), (2, 1));
    // What the second refused was not taken from the hour.
    clock.advance(Duration::from_secs(1));
    let rates = Rates { system: &declared, ..Rates::default() };
    let remaining = limiters.admit(&parties(&desk, None), &rates).unwrap();
    let mut section = Section::default();
    remaining.write_headers(&mut section);
    let expected = "ratelimit-policy: \"system-1s\";q=2;w=1, \"system-3600s\";q=3;w=3600\r\n\
                    ratelimit: \"system-3600s\";r=0;t=3600\r\n";
    assert_eq!(std::str::from_utf8(section.as_bytes()), Ok(expected));
    assert_eq!(left(&limiters, &desk, &declared).unwrap_err().window_seconds, 3_600);
}

#[test]
fn an_operator_has_one_quota_through_all_systems_and_a_provider_one_by_all() {
    let limiters = Limiters::with_clock(FakeRelativeClock::default());
    let (one, other) = (system("desk"), system("other"));
    let (systems, operators, providers) = ([rate(100, 1)], [rate(2, 60)], [rate(3, 1)]);
    let rates = Rates { system: &systems, operator: &operators, provider: &providers };
    let ask = |who, operator| limiters.admit(&parties(who, operator), &rates).map_err(|it| it.of);
    assert!(ask(&one, Some("officer-1")).is_ok() && ask(&other, Some("officer-1")).is_ok());
    assert_eq!(ask(&one, Some("officer-1")), Err(RateScope::Operator));
    // What the operator's rate refused was not taken from the provider's.
    assert!(ask(&one, Some("officer-2")).is_ok());
    assert_eq!(ask(&other, None), Err(RateScope::Provider));
}

#[test]
fn a_quota_is_exact_across_threads() {
    let limiters = Arc::new(Limiters::with_clock(FakeRelativeClock::default()));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let limiters = limiters.clone();
            std::thread::spawn(move || {
                let (desk, hundred) = (system("desk"), [rate(100, 1)]);
                (0..50).filter(|_| left(&limiters, &desk, &hundred).is_ok()).count()
            })
        })
        .collect();
    let admitted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(admitted, 100);
}

#[test]
fn idle_states_go_and_give_nothing_back() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let (desk, ten) = (system("desk"), [rate(10, 10)]);
    for _ in 0..10 {
        left(&limiters, &desk, &ten).unwrap();
    }
    limiters.forget_idle();
    assert_eq!(limiters.states(), 1);
    assert!(left(&limiters, &desk, &ten).is_err());
    // Half of it is back: dropping the state would give the rest, too.
    clock.advance(Duration::from_secs(5));
    limiters.forget_idle();
    for _ in 0..5 {
        left(&limiters, &desk, &ten).unwrap();
    }
    assert!(left(&limiters, &desk, &ten).is_err());
    clock.advance(Duration::from_secs(11));
    limiters.forget_idle();
    assert_eq!(limiters.states(), 0);
}

#[test]
fn what_is_left_is_told_without_taking_anything() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let (desk, of) = (system("desk"), [rate(10, 60)]);
    let rates = Rates { system: &of, operator: &of, provider: &of };
    let told = |operator| -> Vec<(RateScope, u32)> {
        let left = limiters.left(&parties(&desk, operator), &rates);
        left.iter().map(|left| (left.of, left.requests)).collect()
    };
    let all = |left| vec![(RateScope::System, left), (RateScope::Provider, left)];
    assert_eq!(told(None), all(10));
    assert_eq!(limiters.states(), 0);
    for left in (0..10).rev() {
        limiters.admit(&parties(&desk, None), &rates).unwrap();
        assert_eq!((told(None), told(None)), (all(left), all(left)));
    }
    assert_eq!(told(Some("wang"))[1], (RateScope::Operator, 10));
    for (after_ms, left) in [(5_999, 0), (1, 1), (6_000, 2), (600_000, 10)] {
        clock.advance(Duration::from_millis(after_ms));
        assert_eq!(told(None), all(left), "{after_ms}");
    }
}

#[test]
fn who_is_refused_too_often_is_not_listened_to_for_a_while() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let (desk, rates) = (system("desk"), [rate(2, 10), rate(4, 3_600)]);
    let refused = || {
        limiters.listen(&parties(&desk, None))?;
        limiters.refused(&parties(&desk, None), &rates);
        Ok::<(), RateLimited>(())
    };
    assert_eq!((refused(), refused(), refused()), (Ok(()), Ok(()), Ok(())));
    let barred = refused().unwrap_err();
    assert_eq!((barred.of, barred.requests, barred.window_seconds), (RateScope::Refusals, 2, 10));
    assert_eq!(barred.retry_after_ms, 5_000);
    // Elsewhere it is listened to, and so are others here.
    let (other, elsewhere) = (system("other"), Parties { entry: "a/c", ..parties(&desk, None) });
    assert!(limiters.listen(&parties(&other, None)).is_ok());
    assert!(limiters.listen(&elsewhere).is_ok());
    clock.advance(Duration::from_millis(5_000));
    // What was tried while it was barred has taken nothing.
    assert_eq!(refused(), Ok(()));
    clock.advance(Duration::from_millis(5_000));
    assert_eq!(refused(), Ok(()));
    // The hour's part is used up now.
    assert_eq!(refused().unwrap_err().window_seconds, 3_600);
    clock.advance(Duration::from_secs(3_600));
    limiters.forget_idle();
    assert_eq!(refused(), Ok(()));
}
