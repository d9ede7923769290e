//! The end of a grant that was open: when, why, and what its consumer is then asked to do.

use super::document::Grant;
use super::life::{GrantStage, GrantStep, stage};
use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::notice::{Notice, NoticeDemand};
use crate::release::SignedStep;

/// When and why a grant that was open has ended by a moment, if it has; `superseded` is when another one came
/// in its place.
pub fn ended(
    grant: &Grant,
    taken: &[SignedStep<GrantStep>],
    superseded: Option<UnixMillis>,
    now: UnixMillis,
) -> Option<(UnixMillis, &'static str)> {
    let ended_by = |step: GrantStep| {
        let last = taken.last().filter(|last| last.statement.step == step);
        last.map(|last| last.statement.time)
    };
    let by_people = match stage(taken) {
        GrantStage::Revoked => ended_by(GrantStep::Revoke).map(|at| (at, "revoked")),
        GrantStage::Returned => ended_by(GrantStep::Return).map(|at| (at, "returned")),
        GrantStage::Active => None,
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
        id: Name::parse(&notice_id(&grant.id)).ok()?,
        to: grant.consumer.clone(),
        asks: NoticeDemand::Delete,
        about: format!("grant/{}", grant.id).into(),
        why,
        since,
    })
}

/// The id of the notice about a grant's end.
pub fn notice_id(grant: &Name) -> String {
    format!("{NOTICE_PREFIX}{grant}")
}

/// The grant whose end a notice of that id is about, if it is about one.
pub fn grant_of(notice: &str) -> Option<Name> {
    Name::parse(notice.strip_prefix(NOTICE_PREFIX)?).ok()
}

const NOTICE_PREFIX: &str = "ended-";

/// For how many days data may be kept by an ISO 8601 duration, none of it left out; none if it is not one.
pub fn retention_days(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('P')?;
    let (dates, times) = rest.split_once('T').map_or((rest, None), |(d, t)| (d, Some(t)));
    let days = units(dates, |unit| match unit {
        'Y' => Some(366),
        'M' => Some(31),
        'W' => Some(7),
        'D' => Some(1),
        _ => None,
    })?;
    let seconds = match times {
        None => 0,
        Some("") => return None,
        Some(times) => units(times, |unit| match unit {
            'H' => Some(3_600),
            'M' => Some(60),
            'S' => Some(1),
            _ => None,
        })?,
    };
    let some = times.is_some() || !dates.is_empty();
    some.then(|| days.saturating_add(seconds.div_ceil(86_400)))
}

/// The sum of numbers with their units.
fn units(text: &str, worth: impl Fn(char) -> Option<u32>) -> Option<u32> {
    let (mut sum, mut digits) = (0u32, String::new());
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let count: u32 = digits.parse().ok()?;
        sum = sum.saturating_add(count.saturating_mul(worth(character)?));
        digits.clear();
    }
    digits.is_empty().then_some(sum)
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
            ("PT36H", Some(2)),
            ("PT86400S", Some(1)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("PT5X", None),
            ("PTH", None),
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
