//! Retention: ISO 8601 durations, in days.

/// The days for which an ISO 8601 duration lets data be kept, rounded up; none if the text is no
/// duration.
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

/// The sum of numbers, each multiplied by the days of its unit.
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
