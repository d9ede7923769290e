use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::terms::Rate;
use sluice_core::message::fields::Section;

use super::Limiters;

fn system(id: &str) -> Identity {
    let name = |text: &str| Name::parse(text).unwrap();
    Identity { department: name("health"), kind: Kind::System, id: name(id) }
}

fn rate(requests: u32, window_seconds: u32) -> Rate {
    Rate { requests: NonZeroU32::new(requests).unwrap(), window_seconds, burst: None }
}

#[test]
fn a_quota_is_exact_and_refills_by_the_clock() {
    let clock = FakeRelativeClock::default();
    let limiters = Limiters::with_clock(clock.clone());
    let (desk, ten) = (system("desk"), rate(10, 60));
    for left in (0..10).rev() {
        assert_eq!(limiters.admit(&desk, "a/b", ten).unwrap().requests, left);
    }
    let refused = limiters.admit(&desk, "a/b", ten).unwrap_err();
    assert_eq!((refused.requests, refused.window_seconds), (10, 60));
    assert_eq!(refused.retry_after_ms, 6_000);
    clock.advance(Duration::from_millis(5_999));
    assert!(limiters.admit(&desk, "a/b", ten).is_err());
    clock.advance(Duration::from_millis(1));
    assert!(limiters.admit(&desk, "a/b", ten).is_ok());
    assert!(limiters.admit(&desk, "a/b", ten).is_err());
}

#[test]
fn systems_and_entries_have_quotas_of_their_own() {
    let limiters = Limiters::with_clock(FakeRelativeClock::default());
    let one = rate(1, 1);
    for (who, entry) in [("desk", "a/b"), ("desk", "a/c"), ("other", "a/b")] {
        assert!(limiters.admit(&system(who), entry, one).is_ok(), "{who} {entry}");
        assert!(limiters.admit(&system(who), entry, one).is_err(), "{who} {entry}");
    }
}

#[test]
fn a_quota_is_exact_across_threads() {
    let limiters = Arc::new(Limiters::with_clock(FakeRelativeClock::default()));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let limiters = limiters.clone();
            std::thread::spawn(move || {
                let admitted =
                    |_: &u32| limiters.admit(&system("desk"), "a/b", rate(100, 1)).is_ok();
                (0..50).filter(admitted).count()
            })
        })
        .collect();
    let admitted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(admitted, 100);
}

#[test]
fn headers_state_quota_remainder_and_refill() {
    let limiters = Limiters::with_clock(FakeRelativeClock::default());
    let remaining = limiters.admit(&system("desk"), "a/b", rate(10, 60)).unwrap();
    let mut section = Section::default();
    remaining.write_headers(&mut section);
    let expected = "ratelimit-policy: \"request\";q=10;w=60\r\nratelimit: \"request\";r=9;t=6\r\n";
    assert_eq!(std::str::from_utf8(section.as_bytes()), Ok(expected));
}
