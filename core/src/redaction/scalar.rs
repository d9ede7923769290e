//! Numbers and literals, which the end of a piece may cut anywhere.

/// The state of reading a scalar: its last part so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarState {
    /// `-`
    Minus,
    /// `0`: no digit may follow.
    Zero,
    /// The digits before the point.
    Whole,
    /// `.`
    Point,
    /// The digits behind the point.
    Fraction,
    /// `e` or `E`
    Exponent,
    /// The sign of the exponent.
    Sign,
    /// The digits of the exponent.
    Power,
    /// `true`, `false` or `null`, of which this many letters were read.
    Literal(&'static [u8; 5], u8),
}

/// The result of reading on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The scalar ended before this byte.
    Ended(usize),
    /// The scalar may continue behind the last byte.
    Open,
    /// This byte is wrong.
    Wrong(usize),
}

/// Literals are padded with zeros to one length, so that one type holds them.
const TRUE: &[u8; 5] = b"true\0";
const FALSE: &[u8; 5] = b"false";
const NULL: &[u8; 5] = b"null\0";

impl ScalarState {
    /// Starts the scalar that begins with this byte.
    pub(super) fn begin(first: u8) -> Option<ScalarState> {
        Some(match first {
            b'-' => ScalarState::Minus,
            b'0' => ScalarState::Zero,
            b'1'..=b'9' => ScalarState::Whole,
            b't' => ScalarState::Literal(TRUE, 1),
            b'f' => ScalarState::Literal(FALSE, 1),
            b'n' => ScalarState::Literal(NULL, 1),
            _ => return None,
        })
    }

    /// Reads on in `text` from `at`.
    pub(super) fn read(&mut self, text: &[u8], mut at: usize) -> Read {
        if matches!(self, ScalarState::Whole | ScalarState::Fraction | ScalarState::Power) {
            at += digits(&text[at..]);
        }
        while let Some(byte) = text.get(at) {
            match self.after(*byte) {
                Some(next) => *self = next,
                None if ends_scalar(*byte) && self.is_whole() => return Read::Ended(at),
                None => return Read::Wrong(at),
            }
            at += 1;
        }
        Read::Open
    }

    /// Tells whether the scalar can end here.
    pub(super) fn is_whole(self) -> bool {
        match self {
            ScalarState::Zero | ScalarState::Whole | ScalarState::Fraction | ScalarState::Power => {
                true
            }
            ScalarState::Minus | ScalarState::Point | ScalarState::Exponent | ScalarState::Sign => {
                false
            }
            ScalarState::Literal(word, seen) => {
                matches!(word.get(usize::from(seen)), None | Some(0))
            }
        }
    }

    #[inline]
    fn after(self, byte: u8) -> Option<ScalarState> {
        let digit = byte.is_ascii_digit();
        match self {
            ScalarState::Whole | ScalarState::Fraction | ScalarState::Power if digit => Some(self),
            ScalarState::Minus if byte == b'0' => Some(ScalarState::Zero),
            ScalarState::Minus if digit => Some(ScalarState::Whole),
            ScalarState::Zero | ScalarState::Whole if byte == b'.' => Some(ScalarState::Point),
            ScalarState::Point if digit => Some(ScalarState::Fraction),
            ScalarState::Zero | ScalarState::Whole | ScalarState::Fraction
                if matches!(byte, b'e' | b'E') =>
            {
                Some(ScalarState::Exponent)
            }
            ScalarState::Exponent if matches!(byte, b'+' | b'-') => Some(ScalarState::Sign),
            ScalarState::Exponent | ScalarState::Sign if digit => Some(ScalarState::Power),
            ScalarState::Literal(word, seen) => {
                let expected = word.get(usize::from(seen)).filter(|letter| **letter != 0);
                (expected == Some(&byte)).then(|| ScalarState::Literal(word, seen + 1))
            }
            _ => None,
        }
    }
}

/// Tells whether a token is a usual scalar: a whole number without exponent, or a literal.
#[inline]
pub(super) fn is_usual(token: &[u8]) -> bool {
    match token {
        [b'1'..=b'9', rest @ ..] => digits(rest) == rest.len(),
        [b'-', b'1'..=b'9', rest @ ..] => digits(rest) == rest.len(),
        token => matches!(token, b"true" | b"false" | b"null" | b"0"),
    }
}

/// Counts the digits at the beginning.
#[inline]
fn digits(text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let whole = words.iter().take_while(|word| are_digits(u64::from_le_bytes(**word))).count();
    let rest = text[8 * whole..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    8 * whole + rest
}

/// Tells whether eight bytes are digits: the upper half of each is 3, and still is after six is
/// added, which carries into no other byte.
fn are_digits(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = 0xf0 * ONES;
    let threes = 0x30 * ONES;
    word & HIGH == threes && word.wrapping_add(6 * ONES) & HIGH == threes
}

/// Tells whether a byte may follow a scalar directly.
fn ends_scalar(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Read> {
        let mut scalar = ScalarState::begin(text.as_bytes()[0])?;
        Some(match scalar.read(text.as_bytes(), 1) {
            Read::Open if !scalar.is_whole() => Read::Wrong(text.len()),
            read => read,
        })
    }

    #[test]
    fn numbers_and_literals() {
        let whole = [
            "0",
            "-0",
            "7",
            "10",
            "-10",
            "1234567890123456789",
            "-12345678",
            "123456789",
            "0.0",
            "1.50",
            "0e1",
            "1E+2",
            "1e-2",
            "-1.5e10",
            "true",
            "false",
            "null",
        ];
        for text in whole {
            assert_eq!(read(text), Some(Read::Open), "{text}");
            assert_eq!(read(&format!("{text},")), Some(Read::Ended(text.len())), "{text}");
        }
        let wrong = [
            ("00", 1),
            ("1234567;", 7),
            ("12345678/1", 8),
            ("1234567?8", 7),
            ("01", 1),
            ("-", 1),
            ("-a", 1),
            ("--1", 1),
            ("1.", 2),
            ("1.e1", 2),
            (".", 0),
            ("1e", 2),
            ("1e+", 3),
            ("1.5.5", 3),
            ("0x1", 1),
            ("1_0", 1),
            ("+1", 0),
            ("tru", 3),
            ("truE", 3),
            ("trues", 4),
            ("nul,", 3),
            ("NaN", 0),
            ("1\u{7f}", 1),
            ("null\0", 4),
            ("true\0", 4),
            ("Infinity", 0),
        ];
        for (text, at) in wrong {
            assert_eq!(read(text).unwrap_or(Read::Wrong(0)), Read::Wrong(at), "{text}");
        }
    }
}
