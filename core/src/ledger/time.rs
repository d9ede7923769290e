//! Times in the form that the log writes: RFC 3339 in UTC with milliseconds, always 24 bytes.
//!
//! Howard Hinnant's `civil_from_days` turns days into a date
//! (<https://howardhinnant.github.io/date_algorithms.html>). It needs no table and no branch on
//! leap years, which matters because each record's line has one or two times.

use std::fmt;

use crate::domain::UnixMillis;

/// Length of a written time in bytes.
pub const TIME_BYTES: usize = 24;

/// The last time that has four digits of year: 9999-12-31T23:59:59.999Z.
const LAST_MILLIS: UnixMillis = 253_402_300_799_999;
const DAY_MS: i64 = 86_400_000;

/// A written time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rfc3339([u8; TIME_BYTES]);

/// Writes a time as `2026-03-01T08:05:09.123Z`. Times outside the years 1970 to 9999 are moved to
/// the nearest one inside, so that the width never changes.
pub fn rfc3339(time: UnixMillis) -> Rfc3339 {
    let time = time.clamp(0, LAST_MILLIS);
    let (year, month, day) = date(time / DAY_MS);
    let millis = time % DAY_MS;
    let mut text = *b"0000-00-00T00:00:00.000Z";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], millis / 3_600_000);
    digits(&mut text[14..16], millis / 60_000 % 60);
    digits(&mut text[17..19], millis / 1_000 % 60);
    digits(&mut text[20..23], millis % 1_000);
    Rfc3339(text)
}

impl Rfc3339 {
    /// Its text.
    pub fn as_str(&self) -> &str {
        // The text is always ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The bytes of its text.
    pub fn as_bytes(&self) -> &[u8; TIME_BYTES] {
        &self.0
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the form that [`rfc3339`] writes, and nothing else.
pub fn parse_rfc3339(text: &str) -> Option<UnixMillis> {
    let bytes = text.as_bytes();
    if bytes.len() != TIME_BYTES {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let days = days(number(0..4)?, number(5..7)?, number(8..10)?);
    let seconds = number(11..13)? * 3_600 + number(14..16)? * 60 + number(17..19)?;
    let time = days * DAY_MS + seconds * 1_000 + number(20..23)?;
    // The comparison with the time written again refuses every other separator and every date that
    // does not exist.
    (rfc3339(time).as_bytes() == bytes).then_some(time)
}

fn digits(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a count of days since 1970-01-01. The count is not negative.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // days since 0000-03-01
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`date`] for dates that exist; some other day for the rest.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(time: UnixMillis) -> String {
        rfc3339(time).to_string()
    }

    #[test]
    fn known_times() {
        for (time, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_210_096_789, "2024-02-29T12:34:56.789Z"),
            (1_772_323_199_999, "2026-02-28T23:59:59.999Z"),
            (1_772_323_200_000, "2026-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (LAST_MILLIS, "9999-12-31T23:59:59.999Z"),
            (LAST_MILLIS + 1, "9999-12-31T23:59:59.999Z"),
            (-1, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(text(time), expected);
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for wrong in [
            "",
            "2026-03-01T00:00:00Z",
            "2026-03-01 00:00:00.000Z",
            "2026-03-01T00:00:00.000z",
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-03-01T24:00:00.000Z",
            "2026-03-01T00:60:00.000Z",
            "+026-03-01T00:00:00.000Z",
            "2026-03-01T00:00:00.00１Z",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(time in 0..=LAST_MILLIS) {
            prop_assert_eq!(parse_rfc3339(&text(time)), Some(time));
        }

        #[test]
        fn later_times_stand_later_in_the_alphabet(a in 0..=LAST_MILLIS, b in 0..=LAST_MILLIS) {
            prop_assert_eq!(a.cmp(&b), text(a).cmp(&text(b)));
        }
    }
}
