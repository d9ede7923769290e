//! Applying a mask to a value. What the masks are is [`crate::domain::mask`]'s.
//!
//! The rules, so that a mask never lets through more than it says:
//!
//! * A character is a Unicode scalar value of the decoded string: an emoji outside the basic
//!   plane is one, a combining mark is one of its own.
//! * A value with no more characters than a mask keeps is hidden whole.
//! * The presets for numbers, plates, cards, e-mails and dates ask for the form they are made
//!   for; a value of another form becomes `***`, since what its characters tell is unknown.
//!   Separators that the form knows stay where they are and are not counted.
//! * An empty value stays empty and `null` stays `null`: a mask hides and never invents.
//! * A whole number without sign is masked as its digits and becomes a string; other numbers and
//!   booleans become `***`.

use crate::domain::mask::{Mask, OPAQUE};

/// Longest value that a mask looks at, in bytes as it stands in the answer, without quotes. A
/// longer one becomes [`OPAQUE`].
pub const MAX_MASKED_BYTES: usize = 4096;

/// Longest value in characters that can have one of the forms the presets know; longer ones are
/// not looked through.
const MAX_FORM_CHARS: usize = 320;

/// Writes the JSON value that stands for a text.
pub fn write_text(mask: &Mask, text: &str, out: &mut Vec<u8>) {
    if text.is_empty() && !matches!(mask, Mask::Constant(_) | Mask::Null) {
        return out.extend_from_slice(b"\"\"");
    }
    let start = out.len();
    out.push(b'"');
    if veil(mask, text, out).is_none() {
        out.truncate(start);
        return write_opaque(mask, out);
    }
    out.push(b'"');
}

/// Writes the JSON value that stands for a value which the mask can't look at.
pub fn write_opaque(mask: &Mask, out: &mut Vec<u8>) {
    let text = match mask {
        Mask::Null => return out.extend_from_slice(b"null"),
        Mask::Constant(text) => text,
        _ => OPAQUE,
    };
    out.push(b'"');
    text.chars().for_each(|c| push_escaped(c, out));
    out.push(b'"');
}

/// Whether the mask looks at the value at all.
pub fn reads_value(mask: &Mask) -> bool {
    !matches!(mask, Mask::Constant(_) | Mask::Null)
}

/// Whether a number's spelling is one that masks look at: digits alone.
pub fn is_plain_number(spelling: &[u8]) -> bool {
    spelling.iter().all(u8::is_ascii_digit)
}

/// Writes what is shown of a text, between the quotes; none when it hasn't the mask's form.
fn veil(mask: &Mask, text: &str, out: &mut Vec<u8>) -> Option<()> {
    let veil = match mask {
        Mask::Keep { front, end, with } => {
            Veil { front: usize::from(*front), end: usize::from(*end), with: *with }
        }
        Mask::Name => Veil::stars(1, 0),
        Mask::Address => Veil::stars(7, 0),
        Mask::IdNumber => is_id_number(text).then(|| Veil::stars(1, 2))?,
        Mask::Mobile => {
            mobile(text)?.draw(text, is_number_separator, out);
            return Some(());
        }
        Mask::Landline => {
            landline(text)?.draw(text, is_number_separator, out);
            return Some(());
        }
        Mask::Plate => {
            is_plate(text).then(|| Veil::stars(3, 1))?.draw(text, is_plate_separator, out);
            return Some(());
        }
        Mask::Email => return email(text, out),
        Mask::BankCard => return bank_card(text, out),
        Mask::Year => return date(text).map(|date| out.extend_from_slice(date.year.as_bytes())),
        Mask::Month => {
            let Date { year, month } = date(text)?;
            out.extend_from_slice(year.as_bytes());
            out.push(b'-');
            out.extend_from_slice(month?.as_bytes());
            return Some(());
        }
        Mask::Constant(_) | Mask::Null => return None,
    };
    veil.draw(text, |_| false, out);
    Some(())
}

/// How many characters are shown at both ends, and what stands for the others.
struct Veil {
    front: usize,
    end: usize,
    with: char,
}

impl Veil {
    fn stars(front: usize, end: usize) -> Veil {
        Veil { front, end, with: '*' }
    }

    /// Draws the veil over a text; separators stay and are not counted.
    fn draw(self, text: &str, separator: fn(char) -> bool, out: &mut Vec<u8>) {
        let count = text.chars().filter(|c| !separator(*c)).count();
        let hides_some = self.front.saturating_add(self.end) < count;
        let mut seen = 0;
        for c in text.chars() {
            if separator(c) {
                push_escaped(c, out);
                continue;
            }
            let shown = hides_some && (seen < self.front || seen >= count - self.end);
            push_escaped(if shown { c } else { self.with }, out);
            seen += 1;
        }
    }
}

/// 15 digits, or 17 digits and a check digit, which may be X.
fn is_id_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match bytes.len() {
        15 => digits(bytes),
        18 => digits(&bytes[..17]) && (digits(&bytes[17..]) || matches!(bytes[17], b'X' | b'x')),
        _ => false,
    }
}

fn is_number_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '+')
}

/// The digits of a telephone number, if it is made of digits and separators only.
fn dialled(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(16);
    for (at, c) in text.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at > 0 => return None,
            c if is_number_separator(c) => {}
            _ => return None,
        }
        if at == MAX_FORM_CHARS {
            return None;
        }
    }
    Some(digits)
}

/// 11 digits from 1 on, perhaps behind the country's code: the first three and last four shown.
fn mobile(text: &str) -> Option<Veil> {
    let digits = dialled(text)?;
    let number = match digits.len() {
        11 if !text.starts_with('+') => &*digits,
        13 => digits.strip_prefix("86")?,
        15 if !text.starts_with('+') => digits.strip_prefix("0086")?,
        _ => return None,
    };
    let code = digits.len() - number.len();
    number.starts_with('1').then(|| Veil::stars(code + 3, 4))
}

/// An area code (three digits from 010 and 02x, four else) and 7 or 8 more digits: the area code
/// and the last two shown.
fn landline(text: &str) -> Option<Veil> {
    let digits =
        dialled(text).filter(|digits| digits.starts_with('0') && !text.starts_with('+'))?;
    let short = digits.starts_with("010") || digits.starts_with("02");
    let area = if short { 3 } else { 4 };
    let local = digits.len().checked_sub(area)?;
    matches!(local, 7 | 8).then(|| Veil::stars(area, 2))
}

fn is_plate_separator(c: char) -> bool {
    matches!(c, '·' | '•' | ' ' | '-')
}

/// A province's character, a letter, and five or six letters or digits, the last of which may be
/// a character such as 警.
fn is_plate(text: &str) -> bool {
    if text.len() > MAX_FORM_CHARS {
        return false;
    }
    let signs: Vec<char> = text.chars().filter(|c| !is_plate_separator(*c)).collect();
    let ideograph = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}');
    let [province, city, middle @ .., last] = &*signs else { return false };
    matches!(middle.len(), 4 | 5)
        && ideograph(*province)
        && city.is_ascii_alphabetic()
        && middle.iter().all(char::is_ascii_alphanumeric)
        && (last.is_ascii_alphanumeric() || ideograph(*last))
}

/// One `@` between a mailbox and a domain: the mailbox's first character and the domain shown.
fn email(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (mailbox, domain) = text.split_once('@')?;
    let plain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    if mailbox.is_empty()
        || domain.is_empty()
        || text.len() > MAX_FORM_CHARS
        || !domain.chars().all(plain)
    {
        return None;
    }
    Veil::stars(1, 0).draw(mailbox, |_| false, out);
    out.push(b'@');
    domain.chars().for_each(|c| push_escaped(c, out));
    Some(())
}

/// 13 to 20 digits: the first and last four shown, between them full groups of four stars, so
/// that a number of 17 looks like one of 20.
fn bank_card(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let digits = dialled(text).filter(|_| !text.contains(['+', '(', ')']))?;
    if !(13..=20).contains(&digits.len()) {
        return None;
    }
    out.extend_from_slice(&digits.as_bytes()[..4]);
    for _ in 0..(digits.len() - 8).div_ceil(4) {
        out.extend_from_slice(b" ****");
    }
    out.push(b' ');
    out.extend_from_slice(&digits.as_bytes()[digits.len() - 4..]);
    Some(())
}

/// The parts of a date that masks show.
struct Date<'a> {
    year: &'a str,
    month: Option<&'a str>,
}

/// An ISO 8601 calendar date, extended or basic, perhaps of reduced precision, perhaps with a
/// time behind it.
fn date(text: &str) -> Option<Date<'_>> {
    let (day, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let timelike = |time: &str| {
        let plain = |byte: u8| byte.is_ascii_digit() || b":.,+-Z".contains(&byte);
        !time.is_empty() && time.bytes().all(plain)
    };
    let dashed = |at: usize| day.as_bytes()[at] == b'-';
    let (month, last) = match day.len() {
        _ if !day.is_ascii() => return None,
        4 => (None, None),
        7 if dashed(4) => (Some(&day[5..7]), None),
        8 => (Some(&day[4..6]), Some(&day[6..8])),
        10 if dashed(4) && dashed(7) => (Some(&day[5..7]), Some(&day[8..10])),
        _ => return None,
    };
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let within = |part: Option<&str>, most: u8| {
        part.is_none_or(|p| numeric(p) && p.parse().is_ok_and(|n| (1..=most).contains(&n)))
    };
    let timed = time.is_none_or(|time| last.is_some() && timelike(time));
    let good = numeric(&day[..4]) && within(month, 12) && within(last, 31) && timed;
    good.then(|| Date { year: &day[..4], month })
}

/// Writes a character as it may stand between the quotes of a JSON string.
fn push_escaped(c: char, out: &mut Vec<u8>) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\0'..='\u{1f}' => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let low = c as usize;
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[low >> 4], HEX[low & 15]]);
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}
