//! Scalars with a syntax of their own: ids, levels, dates, durations, rates, field paths.

use std::num::NonZeroU64;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::classification::Level;
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::name::Name;
use sluice_core::domain::parameter::{Pattern, Patterns};
use sluice_core::domain::rate::{MAX_RATES, Rate, in_order};

use super::choices::Limit;
use super::rule::Rule;
use super::shape::{Report, Spanned};

/// Longest title, contact, summary and the like, in characters.
const MAX_TEXT_CHARS: usize = 2_000;

/// The largest limit of a budget, of any unit: more than a petabyte would limit nothing.
const MAX_BUDGET: u64 = 1_000_000_000_000_000;

/// Dates in catalog files begin at midnight of this offset from UTC: the one of all of China.
const CATALOG_UTC_OFFSET_MS: i64 = 8 * 3_600_000;

impl Report<'_> {
    /// Reads a name for people: not empty, not too long, no controls.
    pub(crate) fn text(&mut self, said: &Spanned<String>) -> Option<Box<str>> {
        let text = said.value.trim();
        let controls = text.chars().any(|c| c.is_control() && c != '\n');
        if text.is_empty() || controls || text.chars().count() > MAX_TEXT_CHARS {
            let message = "this text is empty, too long or holds a control character";
            let advice = format!("write 1 to {MAX_TEXT_CHARS} printable characters");
            self.add(said.place, Rule::BadText, message, advice);
            return None;
        }
        Some(text.into())
    }

    /// Reads an optional name for people.
    pub(crate) fn text_of(&mut self, said: &Option<Spanned<String>>) -> Option<Box<str>> {
        said.as_ref().and_then(|said| self.text(said))
    }

    /// Reads an id.
    pub(crate) fn name(&mut self, said: &Spanned<String>) -> Option<Name> {
        match Name::parse(&said.value) {
            Ok(name) => Some(name),
            Err(why) => {
                let message = format!("`{}` is no id", said.value);
                self.add(said.place, Rule::BadId, message, why.to_string());
                None
            }
        }
    }

    /// Reads a level or clearance.
    pub(crate) fn level(&mut self, said: &Spanned<i64>) -> Option<Level> {
        let level = u8::try_from(said.value).ok().and_then(Level::new);
        if level.is_none() {
            let message = format!("{} is no level", said.value);
            self.add(said.place, Rule::BadLevel, message, "write a number from 1 to 4");
        }
        level
    }

    /// Reads a whole number within bounds.
    pub(crate) fn number(&mut self, said: &Spanned<i64>, least: u32, most: u32) -> Option<u32> {
        let number = u32::try_from(said.value).ok().filter(|n| (least..=most).contains(n));
        if number.is_none() {
            let message = format!("{} is outside {least} to {most}", said.value);
            let advice = format!("write a number from {least} to {most}");
            self.add(said.place, Rule::BadNumber, message, advice);
        }
        number
    }

    /// Reads how much of something a budget allows.
    pub(crate) fn amount(&mut self, said: &Spanned<i64>) -> Option<NonZeroU64> {
        let amount = u64::try_from(said.value).ok().filter(|amount| *amount <= MAX_BUDGET);
        let amount = amount.and_then(NonZeroU64::new);
        if amount.is_none() {
            let message = format!("{} is outside 1 to {MAX_BUDGET}", said.value);
            let advice = format!("write a number from 1 to {MAX_BUDGET}, or nothing for no limit");
            self.add(said.place, Rule::BadNumber, message, advice);
        }
        amount
    }

    /// Reads a field path.
    pub(crate) fn path(&mut self, said: &Spanned<String>) -> Option<FieldPath> {
        match FieldPath::parse(&said.value) {
            Ok(path) => Some(path),
            Err(why) => {
                let message = format!("`{}` is no field path: {}", said.value, why.why);
                let advice = "write `$.name`, `$.children[*].name` or `$['登记 号']`";
                self.add(said.place, Rule::BadFieldPath, message, advice);
                None
            }
        }
    }

    /// Reads a pattern, compiling each text once.
    pub(crate) fn pattern(
        &mut self,
        said: &Spanned<String>,
        patterns: &mut Patterns,
    ) -> Option<Pattern> {
        match patterns.compile(&said.value) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                // The regex crate draws the pattern over several lines; its last one says why.
                let why = why.lines().last().unwrap_or("it does not compile");
                let why = why.trim_start_matches("error: ");
                let message = format!("the pattern does not compile: {why}");
                let advice = "see https://docs.rs/regex/latest/regex/#syntax; quote it in '…'";
                self.add(said.place, Rule::BadPattern, message, advice);
                None
            }
        }
    }

    /// Reads a rate.
    pub(crate) fn rate(&mut self, said: &Spanned<String>) -> Option<Rate> {
        let rate = Rate::parse(&said.value);
        if rate.is_none() {
            let message = format!("`{}` is no rate", said.value);
            let advice = "write requests and unit: `20/s`, `100/m`, `1000/h` or `5000/d`";
            self.add(said.place, Rule::BadRate, message, advice);
        }
        rate
    }

    /// Reads rates that hold together.
    pub(crate) fn rates(&mut self, said: &Limit<Spanned<String>>) -> Vec<Rate> {
        let said = said.0.as_deref().unwrap_or_default();
        if let Some(one) = said.get(MAX_RATES) {
            let message = format!("there are more than {MAX_RATES} rates");
            self.add(one.place, Rule::BadRate, message, "keep those that matter");
        }
        in_order(said.iter().filter_map(|rate| self.rate(rate)).collect())
    }

    /// Reads a date as the moment at which it begins.
    pub(crate) fn date(&mut self, said: &Spanned<String>) -> Option<UnixMillis> {
        let millis = day_start(&said.value);
        if millis.is_none() {
            let message = format!("`{}` is no date", said.value);
            self.add(said.place, Rule::BadDate, message, "write year, month, day: `2026-01-31`");
        }
        millis
    }

    /// Reads an ISO 8601 duration, which is kept as it was written.
    pub(crate) fn duration(&mut self, said: &Option<Spanned<String>>) -> Option<Box<str>> {
        let said = said.as_ref()?;
        if is_duration(&said.value) {
            return Some(said.value.as_str().into());
        }
        let message = format!("`{}` is no duration", said.value);
        let advice = "write an ISO 8601 duration: `P1D`, `P1M`, `PT1H`";
        self.add(said.place, Rule::BadDuration, message, advice);
        None
    }
}

/// The moment at which a calendar date begins where the catalog is written.
fn day_start(text: &str) -> Option<UnixMillis> {
    let shape = |(ix, byte): (usize, u8)| match ix {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(shape) {
        return None;
    }
    let (year, month, day) =
        (text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let midnight = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(midnight.as_millisecond() - CATALOG_UTC_OFFSET_MS)
}

/// Says whether a text is an ISO 8601 duration of whole units that is not zero.
fn is_duration(text: &str) -> bool {
    // jiff reads friendlier forms as well, which other readers of a catalog don't.
    let plain = |byte: u8| byte.is_ascii_digit() || b"PYMWDTHS".contains(&byte);
    text.starts_with('P')
        && text.bytes().all(plain)
        && text.parse::<jiff::Span>().is_ok_and(|span| span.is_positive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_begin_at_midnight_in_china() {
        assert_eq!(day_start("1970-01-01"), Some(-8 * 3_600_000));
        assert_eq!(day_start("2026-01-01"), Some(1_767_196_800_000));
        for wrong in ["2026-02-30", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01T", "", "二"]
        {
            assert_eq!(day_start(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_iso_8601_and_not_zero() {
        for right in ["P1D", "P1Y2M", "PT1H", "P2W", "P30D"] {
            assert!(is_duration(right), "{right}");
        }
        for wrong in ["", "P", "1 day", "P0D", "-P1D", "p1d", "P1.5D", "daily"] {
            assert!(!is_duration(wrong), "{wrong}");
        }
    }
}
