//! Working days, by which the time to answer is counted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::UnixMillis;
use crate::usage::{Day, Days};

/// The working days: Monday to Friday without holidays, and weekend days that are worked in
/// exchange for holidays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    days: Days,
    holidays: BTreeSet<Day>,
    made_up: BTreeSet<Day>,
}

/// The calendar of China without holidays: Saturdays and Sundays are free.
impl Default for Calendar {
    fn default() -> Calendar {
        Calendar::of(Days::CHINA, [], [])
    }
}

impl Calendar {
    /// Makes a calendar from the days' offset, and the moments at which holidays and worked weekend
    /// days begin.
    pub fn of(
        days: Days,
        holidays: impl IntoIterator<Item = UnixMillis>,
        made_up: impl IntoIterator<Item = UnixMillis>,
    ) -> Calendar {
        let set = |moment| days.day_of(moment);
        Calendar {
            days,
            holidays: holidays.into_iter().map(set).collect(),
            made_up: made_up.into_iter().map(set).collect(),
        }
    }

    /// Tells whether a day is worked.
    pub fn is_worked(&self, day: Day) -> bool {
        // 1970-01-01 was a Thursday; 0 is Monday.
        let weekend = (day.0 + 3).rem_euclid(7) >= 5;
        self.made_up.contains(&day) || !weekend && !self.holidays.contains(&day)
    }

    /// The end of the nth working day after the day of a moment.
    pub fn due(&self, from: UnixMillis, working_days: u32) -> UnixMillis {
        let mut day = self.days.day_of(from);
        let mut left = working_days;
        // The search is bounded, because a calendar could have no working day.
        let last = day.0 + i64::from(working_days) * 7 + 366;
        while left > 0 && day.0 < last {
            day = Day(day.0 + 1);
            left -= u32::from(self.is_worked(day));
        }
        self.days.end_of(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> UnixMillis {
        crate::ledger::time::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn holidays_and_made_up_days_move_what_is_due() {
        // 2026-09-30 is a Wednesday. The holidays end with Wednesday the 7th; Saturday the 10th is
        // worked.
        let october = |day: u32| moment(&format!("2026-10-{day:02}T00:00:00.000Z"));
        let calendar = Calendar::of(Days::CHINA, [1, 2, 5, 6, 7].map(october), [october(10)]);
        let from = moment("2026-09-30T10:00:00.000Z");
        let due = |days| calendar.due(from, days);
        // The due times are the ends of the 8th, 9th, 10th and 12th of October in China.
        for (days, at) in [
            (1, "2026-10-08T16:00:00.000Z"),
            (2, "2026-10-09T16:00:00.000Z"),
            (3, "2026-10-10T16:00:00.000Z"),
            (4, "2026-10-12T16:00:00.000Z"),
        ] {
            assert_eq!(due(days), moment(at), "{days}");
        }
        let plain = Calendar::default();
        assert_eq!(plain.due(from, 3), moment("2026-10-05T16:00:00.000Z"));
    }
}
