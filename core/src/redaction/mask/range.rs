//! Finds the part of a mask's range in which a number lies. Numbers are compared in decimal, to the
//! last digit, whatever their length.

use std::cmp::Ordering;

/// Writes the part between two bounds in which a number lies; none if the text is no JSON number.
pub(super) fn part(bounds: &[i64], spelling: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let number = Number::read(spelling)?;
    let above = bounds.iter().take_while(|bound| number.compare(**bound) != Ordering::Less).count();
    if let Some(lower) = above.checked_sub(1).and_then(|ix| bounds.get(ix)) {
        out.extend_from_slice(lower.to_string().as_bytes());
    }
    out.extend_from_slice(b"..");
    if let Some(upper) = bounds.get(above) {
        out.extend_from_slice(upper.to_string().as_bytes());
    }
    Some(())
}

/// Tells whether two spellings are of the same number.
pub(in crate::redaction) fn same(one: &str, other: &str) -> bool {
    let read = |spelling: &str| Number::read(spelling.as_bytes());
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// A decimal number: `0.digits` times ten to the power of `exponent`. Zero has no digits.
#[derive(PartialEq)]
struct Number {
    negative: bool,
    /// The digits; neither the first nor the last is zero.
    digits: Vec<u8>,
    exponent: i64,
}

impl Number {
    /// Reads a number (RFC 8259, 6).
    fn read(spelling: &[u8]) -> Option<Number> {
        let (negative, rest) = match spelling.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, spelling),
        };
        let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(at) if at + 1 < mantissa.len() => (&mantissa[..at], &mantissa[at + 1..]),
            Some(_) => return None,
            None => (mantissa, &[][..]),
        };
        let numeric = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let leads = whole.len() > 1 && whole[0] == b'0';
        if whole.is_empty() || leads || !numeric(whole) || !numeric(fraction) {
            return None;
        }
        let all = [whole, fraction].concat();
        let zeros = all.iter().take_while(|byte| **byte == b'0').count();
        let mut digits = all[zeros..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let exponent = exponent.saturating_add(whole.len() as i64 - zeros as i64);
        Some(Number { negative: negative && !digits.is_empty(), digits, exponent })
    }

    fn of(number: i64) -> Number {
        let mut digits = number.unsigned_abs().to_string().into_bytes();
        let exponent = digits.len() as i64;
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Number { negative: number < 0, digits, exponent }
    }

    fn compare(&self, bound: i64) -> Ordering {
        let bound = Number::of(bound);
        match (self.negative, bound.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(&bound),
            (true, true) => bound.magnitude(self),
        }
    }

    fn magnitude(&self, other: &Number) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // As neither ends with zeros, the longer of two that begin alike is the greater.
            (false, false) => {
                self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits))
            }
        }
    }
}

/// Reads an exponent. One beyond 64 bits is replaced by the largest supported one, which compares
/// the same.
fn exponent(spelling: &[u8]) -> Option<i64> {
    let (negative, digits) = match spelling {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // The largest exponent, far from overflow when places are added to it.
    const MOST: i64 = i64::MAX / 4;
    let value = digits.iter().fold(0i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(MOST)
    });
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bounds: &[i64], spelling: &str) -> Option<String> {
        let mut out = Vec::new();
        part(bounds, spelling.as_bytes(), &mut out)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_number_lies_in_one_part() {
        let bounds = [-10, 0, 1_000, 5_000];
        let table = [
            ("-1e400", "..-10"),
            ("-10.0000000000000000000001", "..-10"),
            ("-10", "-10..0"),
            ("-0.000000000000000000001", "-10..0"),
            ("-1e-400", "-10..0"),
            ("0", "0..1000"),
            ("-0", "0..1000"),
            ("0.000e99", "0..1000"),
            ("999.99999999999999999999999999", "0..1000"),
            ("1000", "1000..5000"),
            ("1e3", "1000..5000"),
            ("1000000E-3", "1000..5000"),
            ("4999.9e0", "1000..5000"),
            ("5000.0", "5000.."),
            ("123456789012345678901234567890", "5000.."),
            ("1e99999999999999999999", "5000.."),
        ];
        for (spelling, part) in table {
            assert_eq!(of(&bounds, spelling).as_deref(), Some(part), "{spelling}");
        }
        assert_eq!(
            of(&[i64::MIN, i64::MAX], "9223372036854775807").unwrap(),
            format!("{}..", i64::MAX)
        );
        assert_eq!(of(&[], "7").as_deref(), Some(".."));
    }

    #[test]
    fn what_is_no_number_has_no_part() {
        for text in
            ["", "-", "01", "1.", ".1", "1e", "1e+", "+1", "1,000", "0x1", "NaN", " 1", "1 "]
        {
            assert_eq!(of(&[0], text), None, "{text:?}");
        }
    }
}
