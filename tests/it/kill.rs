//! SIGKILL under load: every exchange whose answer has arrived stands in the log on disk, and the
//! log goes on.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::certificates::system;
use crate::support::office::{APPROVER, MAINTAINER, REVIEWER, Staff, begun, files, renamed};
use crate::support::program::{Program, Site, run};
use crate::support::world::{PUBLIC_SECURITY, probe};
use crate::support::{Ask, Connection, DEADLINE, Origin, eventually, json};

/// Callers at once.
const CALLERS: usize = 6;

/// Calls of one caller in a round, if it is never interrupted.
const MOST_CALLS: usize = 10_000;

/// Answers that must have arrived before the kill, so that there is load.
const LEAST_ANSWERED_CALLS: usize = 20;

/// Longest time from then to the kill.
const LONGEST_LOAD: Duration = Duration::from_millis(400);

#[test]
fn no_answered_exchange_is_lost_by_a_kill() {
    rounds(5, 0x0515_71ce);
}

#[test]
#[ignore = "long: 50 SIGKILL rounds"]
fn no_answered_exchange_is_lost_by_fifty_kills() {
    rounds(50, 0x0bad_cafe);
}

/// All rounds on one log: what a kill left is what the next gateway starts with.
#[allow(clippy::print_stdout, reason = "shown when a round fails")]
fn rounds(count: usize, seed: u64) {
    // An error is answered on the strength of a record as much as a result is.
    let origin = Origin::start("public-security/records", |asked, reply| {
        let fails = asked.head.line.contains("/people/E");
        let body = r#"{"id_number":"330106199003070410","sex":"女"}"#;
        reply.send(&json(if fails { 500 } else { 200 }, body));
    });
    let site = Site::new().origin(PUBLIC_SECURITY, &origin);
    let mut random = Random(seed);
    let mut answered = Vec::new();
    for round in 0..count {
        let mut gateway = site.serve();
        let load = random.below(LONGEST_LOAD);
        let heard = kill_under_load(&mut gateway, load);
        println!("round {round}: {} answers, killed {load:?} after the first", heard.len());
        answered.extend(heard);
        assert_recorded(&recover(&site), &answered);
    }
}

/// Calls until the gateway is gone; gives the exchanges whose answers arrived whole.
fn kill_under_load(gateway: &mut Program, load: Duration) -> Vec<String> {
    let address = gateway.address("exchange");
    let heard = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let heard = &heard;
                scope.spawn(move || {
                    let mut connection =
                        Connection::open(address, Some(&system(&probe(caller)))).unwrap();
                    let mut answered = Vec::new();
                    for call in 0..MOST_CALLS {
                        let kind = if call % 5 == 4 { 'E' } else { 'P' };
                        let target = format!("/public-security/population/people/{kind}{caller}");
                        connection.send(&Ask::get(&target).purpose("social-assistance").bytes());
                        let Ok(answer) = connection.answer() else { break };
                        answered.push(answer.exchange().to_owned());
                        heard.fetch_add(1, Ordering::Relaxed);
                    }
                    answered
                })
            })
            .collect();
        eventually("load", || {
            (heard.load(Ordering::Relaxed) >= LEAST_ANSWERED_CALLS).then_some(())
        });
        // No condition is waited for here: the moment of the kill is what is tried.
        std::thread::sleep(load);
        gateway.kill();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

/// What is on disk, before and after the next gateway has started on it.
fn recover(site: &Site) -> Vec<Value> {
    let left = site.log().lines();
    site.serve().kill();
    let records = site.log().records();
    assert_eq!(site.log().lines()[..left.len()], left, "whole lines stay as they are");
    records
}

fn assert_recorded(records: &[Value], answered: &[String]) {
    let ids: Vec<&str> = records.iter().filter_map(|record| record["exchange"].as_str()).collect();
    let recorded: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(recorded.len(), ids.len(), "an exchange is recorded once");
    let lost: Vec<_> = answered.iter().filter(|id| !recorded.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), answered.len());
}

/// xorshift64*: the same seed gives the same moments, as far as moments repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        limit.min(DEADLINE).mul_f64(drawn as f64 / f64::from(u32::MAX))
    }
}

/// Publishing, too, is whole or not at all, and the log says which.
#[test]
fn a_release_is_published_or_voided_whenever_the_gateway_is_killed() {
    let site = Site::new();
    let dir = site.path("");
    let (store, genesis) = begun(&dir, &files());
    let keys = format!("store = {store:?}\ngenesis = \"{genesis}\"\nstate = \"state\"\n");
    let site = site.catalog(keys);
    let mut random = Random(0x0051_50ff);
    let mut last = 1;
    for round in 0..4 {
        let mut gateway = site.serve();
        let staff = Staff::at(&dir, gateway.address("administration"));
        let id = staff.drafts(MAINTAINER, &renamed(&format!("round {round}")));
        staff.does(MAINTAINER, &["submit", &id]);
        staff.does(REVIEWER, &["review", &id]);
        let approved = std::thread::scope(|scope| {
            let approving = scope.spawn(|| staff.run(APPROVER, &["approve", &id]).code);
            std::thread::sleep(random.below(Duration::from_millis(120)));
            gateway.kill();
            approving.join().unwrap() == Some(0)
        });
        // It goes on, with the release or without, and the log agrees.
        let gateway = site.serve();
        let staff = Staff::at(&dir, gateway.address("administration"));
        let version = staff.status().catalog_version;
        let now = if version.starts_with(&format!("r{last}-")) { last } else { last + 1 };
        assert!(version.starts_with(&format!("r{now}-")), "{version}");
        assert!(now > last || !approved, "an approval that was answered is lost");
        let records = || site.log().records();
        let told = |event: &str| records().iter().filter(|one| one["event"] == event).count();
        let approvals = || records().iter().filter(|one| one["step"] == "approve").count();
        eventually("that what was recorded is there, or voided", || {
            (approvals() == now as usize - 1 + told("step-voided")).then_some(())
        });
        last = now;
        drop(gateway);
    }
    let config = site.config();
    let ended = run(&["catalog", "releases", "verify", "--config", config.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
