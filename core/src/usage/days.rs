//! The days of budgets: where they begin and end.

use serde::{Deserialize, Serialize};

use crate::domain::UnixMillis;

const DAY_MS: i64 = 86_400_000;

/// A calendar day, by its number since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day(pub i64);

/// Calendar days at one offset from UTC. All have the same length: a budget's day does not follow
/// summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    offset_millis: i64,
}

impl Days {
    /// The days of China.
    pub const CHINA: Days = Days { offset_millis: 8 * 3_600_000 };

    /// Reads an offset: `+08:00`, `-03:30`, `+00:00`.
    pub fn parse(text: &str) -> Option<Days> {
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':')?;
        let two = |part: &str, below: i64| -> Option<i64> {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|number| plain && *number < below)
        };
        let minutes = two(hours, 15)? * 60 + two(minutes, 60)?;
        Some(Days { offset_millis: sign * minutes * 60_000 })
    }

    /// The day of a moment.
    pub fn day_of(self, moment: UnixMillis) -> Day {
        Day(moment.saturating_add(self.offset_millis).div_euclid(DAY_MS))
    }

    /// The moment at which a day is over.
    pub fn end_of(self, day: Day) -> UnixMillis {
        day.0.saturating_add(1).saturating_mul(DAY_MS).saturating_sub(self.offset_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_from_midnight_to_midnight() {
        // 2026-11-26T00:00:00+08:00
        let midnight = 1_795_622_400_000;
        let day = Days::CHINA.day_of(midnight);
        assert_eq!(Days::CHINA.day_of(midnight - 1), Day(day.0 - 1));
        assert_eq!(Days::CHINA.end_of(Day(day.0 - 1)), midnight);
        assert_eq!(Days::CHINA.day_of(Days::CHINA.end_of(day) - 1), day);
        assert_eq!(Days::parse("+00:00").unwrap().day_of(-1), Day(-1));
    }

    #[test]
    fn an_offset_has_one_form() {
        assert_eq!(Days::parse("+08:00"), Some(Days::CHINA));
        assert_eq!(Days::parse("-03:30"), Some(Days { offset_millis: -12_600_000 }));
        for wrong in ["", "08:00", "+8:00", "+08:60", "+15:00", "+08", "+0800", "++1:00", "Z"] {
            assert_eq!(Days::parse(wrong), None, "{wrong}");
        }
    }
}
