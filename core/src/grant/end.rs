//! The end of a grant that was open: when, why, and what its consumer is then asked to do.

use super::document::Grant;
use super::life::{Stage, Step, stage};
use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::notice::{Asks, Notice};
use crate::release::Taken;

/// When and why a grant that was open has ended by a moment, if it has; `superseded` is when another one came
/// in its place.
pub fn ended(
    grant: &Grant,
    taken: &[Taken<Step>],
    superseded: Option<UnixMillis>,
    now: UnixMillis,
) -> Option<(UnixMillis, &'static str)> {
    let ended_by = |step: Step| {
        let last = taken.last().filter(|last| last.statement.step == step);
        last.map(|last| last.statement.time)
    };
    let by_people = match stage(taken) {
        Stage::Revoked => ended_by(Step::Revoke).map(|at| (at, "revoked")),
        Stage::Returned => ended_by(Step::Return).map(|at| (at, "returned")),
        Stage::Active => None,
        _ => return None,
    };
    let by_another = superseded.map(|at| (at, "superseded"));
    // What came first has ended it: nobody ends later what is over already.
    let all = [Some((grant.until, "expired")), by_another, by_people];
    all.into_iter().flatten().min_by_key(|(at, _)| *at).filter(|(at, _)| *at <= now)
}

/// What the consumer is asked to do at the end: of a grant that had begun, as nothing was to be had before.
pub fn notice(grant: &Grant, since: UnixMillis, why: &'static str) -> Option<Notice> {
    if since <= grant.from {
        return None;
    }
    Some(Notice {
        id: Name::parse(&format!("ended-{}", grant.id)).ok()?,
        to: grant.consumer.clone(),
        asks: Asks::Delete,
        about: format!("grant/{}", grant.id).into(),
        why,
        since,
    })
}

/// For how many days data may be kept by an ISO 8601 duration, none of it left out; none if it is not one.
pub fn retention_days(text: &str) -> Option<u32> {
    let (dates, times) = text.strip_prefix('P')?.split_once('T').map_or_else(
        || (text.get(1..).unwrap_or_default(), None),
        |(dates, times)| (dates, Some(times)),
    );
    let (mut days, mut digits) = (0u32, String::new());
    for character in dates.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let each = match character {
            'Y' => 366,
            'M' => 31,
            'W' => 7,
            'D' => 1,
            _ => return None,
        };
        let count: u32 = digits.parse().ok()?;
        days = days.saturating_add(count.saturating_mul(each));
        digits.clear();
    }
    digits.is_empty().then(|| days.saturating_add(times.map_or(0, |_| 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_may_be_kept_for_as_long_as_the_duration_can_be() {
        for (text, days) in [
            ("P30D", Some(30)),
            ("P1Y2M3W4D", Some(366 + 62 + 21 + 4)),
            ("PT12H", Some(1)),
            ("P1DT1S", Some(2)),
            ("P9999999999D", None),
            ("P4294967295Y", Some(u32::MAX)),
            ("30D", None),
            ("P30", None),
            ("P30X", None),
            ("a month", None),
        ] {
            assert_eq!(retention_days(text), days, "{text}");
        }
    }
}
