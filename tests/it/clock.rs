//! A clock that leaps: what has ended stays so, whatever the clock says later, and after a restart too.

use sluice::audit::{Log, LogConfig, PendingRecord};
use sluice::settings::read_secret;
use sluice_core::domain::name::Name;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::ledger::record::{Control, Event, Record};

use crate::grants::{CLINIC, asked, but, in_millis, opened, people, population, query};
use crate::support::certificates::{DOMAIN, now_millis};
use crate::support::office::*;
use crate::support::{Ask, World, check};

const HOUR_MS: i64 = 3_600_000;

/// A stopped gateway's log, as it is after a run whose clock was so much ahead.
fn ran_ahead(world: &World, by_ms: i64) {
    let seed = read_secret(&world.dir().join("log-secrets/signing.key")).unwrap();
    let origin = format!("{DOMAIN}/test");
    let signer = NoteSigner::from_seed(&origin, KeyKind::Log, &seed).unwrap();
    let settings = LogConfig::new(world.dir().join("log"), Name::parse("test").unwrap(), signer);
    let clock = move || now_millis() + by_ms;
    let (log, _) = Log::open(settings, clock, |_| ()).unwrap();
    let event = Event::Started { program: "test".into(), catalog_version: "test".into() };
    let record = Record::Control(Control { time: clock(), event });
    log.append(&record).and_then(PendingRecord::wait).unwrap();
    log.close().unwrap();
}

#[test]
fn a_clock_that_is_set_back_opens_nothing_again_and_neither_does_a_restart() {
    let origin = population();
    let mut world = governed(&origin, people);
    let staff = Staff::of(&world);
    let short = opened(&world, &staff, &but(&asked(""), "until", &in_millis(HOUR_MS)));
    let named = |id: &str| query().header("Exchange-Grant", id);
    check(&world, &world.call(CLINIC, &named(&short)), 200, None);
    let long = opened(&world, &staff, &but(&asked(""), "until", &in_millis(3 * HOUR_MS)));
    // In that run both were over, or the one; then the clock is put back.
    assert!(world.stop());
    ran_ahead(&world, 2 * HOUR_MS);
    for _ in 0..2 {
        world.reopen();
        check(&world, &world.call(CLINIC, &named(&short)), 403, Some("grant-not-active"));
        check(&world, &world.call(CLINIC, &named(&long)), 200, None);
        let told = world.call(CLINIC, &Ask::get("/-/grants")).json();
        let state = |id: &str| {
            let all = told.as_array().unwrap();
            all.iter().find(|grant| grant["id"] == id).unwrap()["state"].clone()
        };
        assert_eq!((state(&short), state(&long)), ("expired".into(), "active".into()));
        assert!(world.stop());
    }
    world.reopen();
}
