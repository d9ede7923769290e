use std::net::IpAddr;

use sluice_core::ledger::record::{RefusalGroup, Refusals};

use super::*;
use crate::audit::refusals::{GATHER_MS, MAX_GROUPS, MAX_PEERS, OTHER};

fn groups(record: Option<Record<'_>>) -> Vec<(String, String, u64)> {
    let Some(Record::Refusals(Refusals { groups, .. })) = record else {
        panic!("no refusals: {record:?}");
    };
    let tuple =
        |RefusalGroup { peer, cause, count }: RefusalGroup| (peer.into(), cause.into(), count);
    groups.into_iter().map(tuple).collect()
}

fn group(peer: &str, cause: &str, count: u64) -> (String, String, u64) {
    (peer.into(), cause.into(), count)
}

#[test]
fn the_first_ten_of_a_second_are_recorded() {
    let gate = RefusalGate::default();
    for second in 0..3 {
        for nth in 0..25 {
            let verdict = gate.exchange(MARCH + second * 1_000 + nth * 40, "a/x", "rate-limited");
            let expected = if nth < 10 { Verdict::Record } else { Verdict::Counted };
            assert_eq!(verdict, expected, "{second} {nth}");
        }
    }
    // Another peer has an allowance of its own.
    assert_eq!(gate.exchange(MARCH + 2_999, "a/y", "rate-limited"), Verdict::Record);
    assert_eq!(groups(gate.rest()), [group("a/x", "rate-limited", 45)]);
    assert_eq!(gate.rest(), None);
}

#[test]
fn counts_are_told_by_peer_and_cause_once_a_minute() {
    let gate = RefusalGate::default();
    for (peer, cause) in [("b/y", "not-in-catalog"), ("a/x", "rate-limited"), ("b/y", "non-shared")]
    {
        for _ in 0..20 {
            gate.exchange(MARCH, peer, cause);
        }
    }
    gate.exchange(MARCH + 500, "a/x", "rate-limited");
    assert_eq!(gate.due(MARCH + GATHER_MS - 1), None);
    let record = gate.due(MARCH + GATHER_MS);
    let Some(Record::Refusals(Refusals { since, until, .. })) = record else { panic!() };
    assert_eq!((since, until), (MARCH, MARCH + 500));
    let expected = [
        group("a/x", "rate-limited", 11),
        group("b/y", "non-shared", 20),
        group("b/y", "not-in-catalog", 10),
    ];
    assert_eq!(groups(record), expected);
    assert_eq!(gate.due(MARCH + 2 * GATHER_MS), None);
}

#[test]
fn handshakes_share_one_allowance() {
    let gate = RefusalGate::default();
    let recorded = (0..500u16).filter(|nth| {
        let address = IpAddr::from([10, 0, (nth % 3) as u8, (nth % 251) as u8]);
        gate.handshake(MARCH, address, "no-certificate") == Verdict::Record
    });
    assert_eq!(recorded.count(), 10);
    let v6 = "2001:db8:1:2ff:3::4".parse().unwrap();
    let mapped = "::ffff:10.0.1.77".parse().unwrap();
    assert_eq!(gate.handshake(MARCH, v6, "no-certificate"), Verdict::Counted);
    assert_eq!(gate.handshake(MARCH, mapped, "no-certificate"), Verdict::Counted);
    let expected = [
        group("10.0.0.0/24", "no-certificate", 163),
        group("10.0.1.0/24", "no-certificate", 165),
        group("10.0.2.0/24", "no-certificate", 163),
        group("2001:db8:1:200::/56", "no-certificate", 1),
    ];
    assert_eq!(groups(gate.rest()), expected);
    assert_eq!(gate.handshake(MARCH + 1_000, v6, "no-certificate"), Verdict::Record);
}

#[test]
fn groups_are_bounded_and_nothing_is_lost() {
    let gate = RefusalGate::default();
    let counted = (0..1_000)
        .flat_map(|peer| (0..12).map(move |_| format!("10.{}.{}", peer / 256, peer % 256)))
        .filter(|peer| gate.exchange(MARCH, peer, "non-shared") == Verdict::Counted)
        .count() as u64;
    assert_eq!(counted, 2_000);
    let groups = groups(gate.rest());
    assert_eq!(groups.len(), MAX_GROUPS + 1);
    assert_eq!(groups.iter().map(|(_, _, count)| count).sum::<u64>(), counted);
    let rest = counted - 2 * MAX_GROUPS as u64;
    assert_eq!(groups.last(), Some(&group(OTHER, OTHER, rest)));
}

#[test]
fn peers_beyond_the_bound_share_one_allowance() {
    let gate = RefusalGate::default();
    let recorded = (0..MAX_PEERS + 100)
        .filter(|peer| gate.exchange(MARCH, &peer.to_string(), "non-shared") == Verdict::Record);
    assert_eq!(recorded.count(), MAX_PEERS + 10);
}

#[test]
fn a_clock_set_back_holds_nothing_up() {
    let gate = RefusalGate::default();
    (0..20).for_each(|_| {
        gate.exchange(MARCH, "a/x", "non-shared");
    });
    assert_eq!(gate.exchange(MARCH - 5_000, "a/x", "non-shared"), Verdict::Record);
    assert!(gate.due(MARCH - 5_000).is_some());
}
