//! The choice of refusals that get a record of their own, so that no outsider can fill the log.
//!
//! The first refusals of a peer in a second are recorded one by one; the rest is counted by peer
//! and cause, and recorded once a minute. Peers without an accepted certificate are distinguished
//! by address prefix, and all of them together have one allowance, as addresses cost an attacker
//! nothing.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Mutex;

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::record::{Record, RefusalGroup, Refusals};

use super::queue::locked;

/// Refusals of one peer that are recorded one by one, a second.
pub const RECORDED_PER_PEER_PER_SECOND: u32 = 10;

/// Refused handshakes that are recorded one by one, a second, of all peers together.
pub const RECORDED_HANDSHAKES_PER_SECOND: u32 = 10;

/// The most peers that are counted separately within a second; all others share one allowance.
pub const MAX_PEERS: usize = 4_096;

/// Most groups of one record; the rest is summed as [`OTHER`].
pub const MAX_GROUPS: usize = 256;

/// Peer and cause of the refusals beyond [`MAX_GROUPS`], which are summed.
pub const OTHER: &str = "other";

/// Time for which counts are gathered before they are recorded, in milliseconds.
pub const GATHER_MS: i64 = 60_000;

const SECOND_MS: i64 = 1_000;

/// The verdict on a refusal: it gets a record of its own, or is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Record it.
    Record,
    /// The refusal has been counted, and will be recorded with others.
    Counted,
}

/// Decides which refusals are recorded one by one, and counts the rest.
#[derive(Default)]
pub struct RefusalGate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The second for which allowances are counted.
    second: i64,
    peers: HashMap<Box<str>, u32>,
    beyond_peers: u32,
    handshakes: u32,
    gathered: Option<Gathered>,
}

struct Gathered {
    since: UnixMillis,
    until: UnixMillis,
    groups: HashMap<(Box<str>, &'static str), u64>,
    other: u64,
}

impl RefusalGate {
    /// A refused exchange of a peer that came with an accepted certificate. `peer` is
    /// `department/system`, `cause` the rejection's code.
    pub fn exchange(&self, now: UnixMillis, peer: &str, cause: &'static str) -> Verdict {
        let mut state = locked(&self.state);
        state.turn(now);
        let known = state.peers.len() < MAX_PEERS || state.peers.contains_key(peer);
        let used = if known {
            state.peers.entry(peer.into()).or_default()
        } else {
            &mut state.beyond_peers
        };
        *used = used.saturating_add(1);
        if *used <= RECORDED_PER_PEER_PER_SECOND {
            return Verdict::Record;
        }
        state.count(now, peer, cause);
        Verdict::Counted
    }

    /// A refused handshake. `cause` is one of the fixed causes.
    pub fn handshake(&self, now: UnixMillis, address: IpAddr, cause: &'static str) -> Verdict {
        let mut state = locked(&self.state);
        state.turn(now);
        state.handshakes = state.handshakes.saturating_add(1);
        if state.handshakes <= RECORDED_HANDSHAKES_PER_SECOND {
            return Verdict::Record;
        }
        state.count(now, &Prefix(address).to_string(), cause);
        Verdict::Counted
    }

    /// The counts, once they have been gathered for a minute; to be asked for about once a second.
    pub fn due(&self, now: UnixMillis) -> Option<Record<'static>> {
        let mut state = locked(&self.state);
        // A clock that was set back must not hold the counts for longer.
        let due = state
            .gathered
            .as_ref()
            .is_some_and(|gathered| !(0..GATHER_MS).contains(&(now - gathered.since)));
        if due { state.gathered.take().map(Gathered::into_record) } else { None }
    }

    /// The counts, however long they have been gathered; to be asked for before the log closes.
    pub fn rest(&self) -> Option<Record<'static>> {
        locked(&self.state).gathered.take().map(Gathered::into_record)
    }
}

impl State {
    /// Renews the allowances when another second has begun.
    fn turn(&mut self, now: UnixMillis) {
        let second = now.div_euclid(SECOND_MS);
        if second != self.second {
            self.second = second;
            self.peers.clear();
            self.beyond_peers = 0;
            self.handshakes = 0;
        }
    }

    fn count(&mut self, now: UnixMillis, peer: &str, cause: &'static str) {
        let gathered = self.gathered.get_or_insert_with(|| Gathered {
            since: now,
            until: now,
            groups: HashMap::new(),
            other: 0,
        });
        gathered.until = gathered.until.max(now);
        let full = gathered.groups.len() >= MAX_GROUPS;
        // The key is allocated for each count: this path is the refusals beyond ten a second.
        match gathered.groups.get_mut(&(Box::from(peer), cause)) {
            Some(count) => *count += 1,
            None if full => gathered.other += 1,
            None => {
                gathered.groups.insert((peer.into(), cause), 1);
            }
        }
    }
}

impl Gathered {
    fn into_record(self) -> Record<'static> {
        let group = |((peer, cause), count): ((Box<str>, &str), u64)| RefusalGroup {
            peer,
            cause: cause.into(),
            count,
        };
        let mut groups: Vec<_> = self.groups.into_iter().map(group).collect();
        groups.sort_unstable_by(|a, b| (&a.peer, &a.cause).cmp(&(&b.peer, &b.cause)));
        if self.other > 0 {
            groups.push(RefusalGroup {
                peer: OTHER.into(),
                cause: OTHER.into(),
                count: self.other,
            });
        }
        Record::Refusals(Refusals { since: self.since, until: self.until, groups })
    }
}

/// The prefix of an address that identifies a stranger: the usual range of one customer of an
/// internet provider, /24 of IPv4 and /56 of IPv6.
struct Prefix(IpAddr);

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let prefix = u128::from(address) & !(u128::MAX >> 56);
                write!(f, "{}/56", std::net::Ipv6Addr::from(prefix))
            }
        }
    }
}
