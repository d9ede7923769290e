//! The forms that the presets demand of numbers, plates, cards, e-mails and dates, and the part of
//! each that is shown. Each function writes the visible form, or gives none for a value of another
//! form.

use super::{Veil, is_plain_number};

/// Longest value that can have one of these forms; longer ones are not examined.
const MAX_FORM_CHARS: usize = 320;

/// Tells whether a text is 15 digits, or 17 digits and a check digit, which may be X.
pub(super) fn is_id_number(text: &[u8]) -> bool {
    match text {
        [number @ .., b'X' | b'x'] => number.len() == 17 && is_plain_number(number),
        number => matches!(number.len(), 15 | 18) && is_plain_number(number),
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

/// Shows the first three and last four of a mobile number: 11 digits from 1 on, perhaps behind the
/// country's code.
pub(super) fn mobile(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let digits = dialled(text)?;
    let number = match digits.len() {
        11 if !text.starts_with('+') => &*digits,
        13 => digits.strip_prefix("86")?,
        15 if !text.starts_with('+') => digits.strip_prefix("0086")?,
        _ => return None,
    };
    let code = digits.len() - number.len();
    let veil = number.starts_with('1').then(|| Veil::stars(code + 3, 4))?;
    veil.draw_around(is_number_separator, text, out);
    Some(())
}

/// Shows the area code (three digits from 010 and 02x, else four) and the last two digits of a
/// landline number, which has 7 or 8 digits behind the area code.
pub(super) fn landline(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let digits =
        dialled(text).filter(|digits| digits.starts_with('0') && !text.starts_with('+'))?;
    let short = digits.starts_with("010") || digits.starts_with("02");
    let area = if short { 3 } else { 4 };
    let local = digits.len().checked_sub(area)?;
    let veil = matches!(local, 7 | 8).then(|| Veil::stars(area, 2))?;
    veil.draw_around(is_number_separator, text, out);
    Some(())
}

fn is_plate_separator(c: char) -> bool {
    matches!(c, '·' | '•' | ' ' | '-')
}

/// Shows the first three characters and the last one of a vehicle plate: a province's character, a
/// letter, and five or six letters or digits, the last of which may be a character such as 警.
pub(super) fn plate(text: &str, out: &mut Vec<u8>) -> Option<()> {
    if text.len() > MAX_FORM_CHARS {
        return None;
    }
    let signs: Vec<char> = text.chars().filter(|c| !is_plate_separator(*c)).collect();
    let ideograph = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}');
    let [province, city, middle @ .., last] = &*signs else { return None };
    let form = matches!(middle.len(), 4 | 5)
        && ideograph(*province)
        && city.is_ascii_alphabetic()
        && middle.iter().all(char::is_ascii_alphanumeric)
        && (last.is_ascii_alphanumeric() || ideograph(*last));
    let veil = form.then(|| Veil::stars(3, 1))?;
    veil.draw_around(is_plate_separator, text, out);
    Some(())
}

/// Shows the mailbox's first character and the domain of an e-mail address, which has one `@`. A
/// domain that does not have the form of registered domain names could hold anything, so the
/// address is not shown.
pub(super) fn email(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (mailbox, domain) = text.split_once('@')?;
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain)
    };
    let (front, top) = domain.rsplit_once('.')?;
    let lettered = top.bytes().all(|byte| byte.is_ascii_alphabetic());
    if mailbox.is_empty()
        || text.len() > MAX_FORM_CHARS
        || !front.split('.').all(label)
        || !label(top)
        || !lettered
    {
        return None;
    }
    Veil::stars(1, 0).draw(mailbox.as_bytes(), out);
    out.push(b'@');
    out.extend_from_slice(domain.as_bytes());
    Some(())
}

/// Shows the first and last four of 13 to 20 digits, and between them full groups of four stars, so
/// that a number of 17 digits looks like one of 20.
pub(super) fn bank_card(text: &str, out: &mut Vec<u8>) -> Option<()> {
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

/// Shows the year of a date.
pub(super) fn year(text: &str, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(date(text)?.year.as_bytes());
    Some(())
}

/// Shows year and month of a date.
pub(super) fn month(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let Date { year, month, .. } = date(text)?;
    let month = month?;
    out.extend_from_slice(year.as_bytes());
    out.push(b'-');
    out.extend_from_slice(month.as_bytes());
    Some(())
}

/// A calendar date: year, month, day.
pub(in crate::redaction) type CalendarDate = (i32, u8, u8);

/// Reads the day of a text that is a whole date.
pub(in crate::redaction) fn day(text: &str) -> Option<CalendarDate> {
    let Date { year, month, day } = date(text)?;
    Some((year.parse().ok()?, month?.parse().ok()?, day?.parse().ok()?))
}

/// Tells whether there is a time behind the day.
pub(in crate::redaction) fn has_time(text: &str) -> bool {
    text.contains(['T', ' '])
}

/// The parts of a date.
struct Date<'a> {
    year: &'a str,
    month: Option<&'a str>,
    day: Option<&'a str>,
}

/// Reads an ISO 8601 calendar date, extended or basic, perhaps of reduced precision, perhaps with a
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
    good.then(|| Date { year: &day[..4], month, day: last })
}
