//! Working days: by when somebody must have answered.

use std::collections::BTreeSet;

use crate::domain::UnixMillis;
use crate::spending::{Day, Days};

/// Which days are worked: Monday to Friday, but for holidays, and the weekend days that are worked to make
/// up for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    days: Days,
    holidays: BTreeSet<Day>,
    made_up: BTreeSet<Day>,
}

/// What is wrong with a calendar's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotACalendar {
    /// The line, from 1.
    pub line: usize,
}

impl Calendar {
    /// Weekends alone are free.
    pub fn plain(days: Days) -> Calendar {
        Calendar { days, holidays: BTreeSet::new(), made_up: BTreeSet::new() }
    }

    /// Reads a text of lines `2026-10-01 holiday` and `2026-10-10 workday`; `#` begins a comment.
    ///
    /// # Errors
    /// The line that is neither.
    pub fn parse(text: &str, days: Days) -> Result<Calendar, NotACalendar> {
        let mut calendar = Calendar::plain(days);
        for (ix, line) in text.lines().enumerate() {
            let wrong = || NotACalendar { line: ix + 1 };
            let said = line.split('#').next().unwrap_or_default().trim();
            if said.is_empty() {
                continue;
            }
            let (date, word) = said.split_once(char::is_whitespace).ok_or_else(wrong)?;
            let day = day_of(date).ok_or_else(wrong)?;
            match word.trim() {
                "holiday" => calendar.holidays.insert(day),
                "workday" => calendar.made_up.insert(day),
                _ => return Err(wrong()),
            };
        }
        Ok(calendar)
    }

    /// Whether a day is worked.
    pub fn is_worked(&self, day: Day) -> bool {
        // 1970-01-01 was a Thursday; 0 is Monday.
        let weekend = (day.0 + 3).rem_euclid(7) >= 5;
        self.made_up.contains(&day) || !weekend && !self.holidays.contains(&day)
    }

    /// The end of the nth working day after that of a moment.
    pub fn due(&self, from: UnixMillis, working_days: u32) -> UnixMillis {
        let mut day = self.days.day_of(from);
        let mut left = working_days;
        // A calendar whose every day is free would never come to an end.
        let last = day.0 + i64::from(working_days) * 7 + 366;
        while left > 0 && day.0 < last {
            day = Day(day.0 + 1);
            left -= u32::from(self.is_worked(day));
        }
        self.days.end_of(day)
    }
}

fn day_of(date: &str) -> Option<Day> {
    let midnight = crate::ledger::time::parse_rfc3339(&format!("{date}T00:00:00.000Z"))?;
    Some(Day(midnight.div_euclid(86_400_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> UnixMillis {
        crate::ledger::time::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn holidays_and_made_up_days_move_what_is_due() {
        // 2026-09-30 is a Wednesday; the holidays end with Wednesday, Saturday the 10th is worked.
        let text = "# National Day\n2026-10-01 holiday\n2026-10-02 holiday # Friday\n\
                    2026-10-05 holiday\n2026-10-06 holiday\n2026-10-07 holiday\n\
                    2026-10-10 workday\n\n";
        let calendar = Calendar::parse(text, Days::CHINA).unwrap();
        let from = moment("2026-09-30T10:00:00.000Z");
        let due = |days| calendar.due(from, days);
        // The end of the 8th, 9th, 10th, 12th of October in China.
        for (days, at) in [
            (1, "2026-10-08T16:00:00.000Z"),
            (2, "2026-10-09T16:00:00.000Z"),
            (3, "2026-10-10T16:00:00.000Z"),
            (4, "2026-10-12T16:00:00.000Z"),
        ] {
            assert_eq!(due(days), moment(at), "{days}");
        }
        let plain = Calendar::plain(Days::CHINA);
        assert_eq!(plain.due(from, 3), moment("2026-10-05T16:00:00.000Z"));
        for (wrong, line) in
            [("2026-10-01", 1), ("\n2026-13-01 holiday", 2), ("2026-10-01 feast", 1), ("x y", 1)]
        {
            assert_eq!(Calendar::parse(wrong, Days::CHINA), Err(NotACalendar { line }));
        }
    }
}
