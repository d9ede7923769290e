//! Applies masks to values. [`crate::domain::mask`] defines the masks.
//!
//! The rules, by which a mask never shows more than it states:
//!
//! * A character is a Unicode scalar value of the decoded string: an emoji outside the basic
//!   plane is one, a combining mark is one of its own.
//! * A value with no more characters than a mask keeps is hidden whole.
//! * The presets for numbers, plates, cards, e-mails and dates demand a value of their form; a
//!   value of another form becomes `***`, since nobody knows what its characters tell. Separators
//!   that the form allows stay in place and are not counted.
//! * An empty value stays empty and `null` stays `null`: a mask hides and never invents.
//! * A whole number without sign is masked as its digits and becomes a string; other numbers and
//!   booleans become `***`. The mask `range` takes any number.

mod forms;
pub(super) mod range;

pub(super) use forms::{CalendarDate, day, has_time};

use super::pseudonym::PseudonymKey;
use crate::domain::mask::{Mask, OPAQUE};

use super::text;

/// Longest value that a mask reads, in bytes as in the answer, without quotes. A longer one becomes
/// [`OPAQUE`].
pub const MAX_MASKED_BYTES: usize = 4096;

/// A mask with its key.
#[derive(Clone, Copy, Debug)]
pub struct Masking<'a> {
    /// The mask.
    pub mask: &'a Mask,
    /// The key of pseudonyms; without one they become [`OPAQUE`].
    pub pseudonyms: Option<&'a PseudonymKey>,
}

/// Writes the masked form of a text as a JSON value.
pub fn write_text(masking: Masking<'_>, text: &str, out: &mut Vec<u8>) {
    if text.is_empty() && reads_value(masking.mask) {
        return out.extend_from_slice(b"\"\"");
    }
    let start = out.len();
    out.push(b'"');
    if veil(masking, text, out).is_none() {
        out.truncate(start);
        return write_opaque(masking.mask, out);
    }
    if out[start + 1..].iter().any(|byte| needs_escape(*byte)) {
        let plain = out.split_off(start + 1);
        escape(&plain, out);
    }
    out.push(b'"');
}

/// Writes the masked form of a string as a JSON value. `spelling` is the part between the quotes:
/// UTF-8 with well-formed escapes.
pub(super) fn write_spelled(masking: Masking<'_>, spelling: &[u8], out: &mut Vec<u8>) {
    if !spelling.contains(&b'\\') {
        return write_plain(masking, spelling, out);
    }
    match text::decode(spelling) {
        Some(text) => write_text(masking, &text, out),
        None => write_opaque(masking.mask, out),
    }
}

/// Writes the masked form of a number as a JSON value.
pub(super) fn write_number(masking: Masking<'_>, spelling: &[u8], out: &mut Vec<u8>) {
    let looked_at = matches!(masking.mask, Mask::Range(_)) || is_plain_number(spelling);
    if looked_at { write_plain(masking, spelling, out) } else { write_opaque(masking.mask, out) }
}

/// Writes the masked form of a value without JSON's quotes and escapes, for cells of tables.
pub(super) fn write_bare(masking: Masking<'_>, text: &str, kind: Bare, out: &mut Vec<u8>) {
    if text.is_empty() && reads_value(masking.mask) {
        return;
    }
    let start = out.len();
    let looked_at = match (kind, masking.mask) {
        (Bare::Text, _) | (Bare::Number, Mask::Range(_)) => true,
        (Bare::Number, _) => is_plain_number(text.as_bytes()),
        (Bare::Boolean, _) => false,
    };
    if looked_at && text.len() <= MAX_MASKED_BYTES && veil(masking, text, out).is_some() {
        return;
    }
    out.truncate(start);
    out.extend_from_slice(match masking.mask {
        Mask::Null => b"",
        Mask::Constant(text) => text.as_bytes(),
        _ => OPAQUE.as_bytes(),
    });
}

/// The type of a value that is written without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    Text,
    Number,
    Boolean,
}

/// Does what [`write_spelled`] does, for a string without escapes. Most values are masked by their
/// length and ends alone, and the characters kept need no decoding.
pub(super) fn write_plain(masking: Masking<'_>, spelling: &[u8], out: &mut Vec<u8>) {
    if let Some(veil) = whole(masking.mask, spelling).filter(|veil| veil.is_plain()) {
        if veil.draw_short(spelling, out) {
            return;
        }
        out.push(b'"');
        veil.draw(spelling, out);
        return out.push(b'"');
    }
    match std::str::from_utf8(spelling) {
        Ok(text) => write_text(masking, text, out),
        Err(_) => write_opaque(masking.mask, out),
    }
}

/// Writes the JSON value for a value that the mask can't read.
pub fn write_opaque(mask: &Mask, out: &mut Vec<u8>) {
    let text = match mask {
        Mask::Null => return out.extend_from_slice(b"null"),
        Mask::Constant(text) => text,
        _ => OPAQUE,
    };
    out.push(b'"');
    escape(text.as_bytes(), out);
    out.push(b'"');
}

/// Tells whether the mask reads the value at all.
pub fn reads_value(mask: &Mask) -> bool {
    !matches!(mask, Mask::Constant(_) | Mask::Null)
}

/// Tells whether a number is one that masks read: digits alone.
pub fn is_plain_number(spelling: &[u8]) -> bool {
    // Without an early exit, sixteen bytes are compared at once.
    spelling.iter().fold(true, |digits, byte| digits & byte.is_ascii_digit())
}

/// Writes the visible form of a text, not escaped; none if the text does not have the mask's form.
fn veil(masking: Masking<'_>, text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mask = masking.mask;
    if let Some(veil) = whole(mask, text.as_bytes()) {
        veil.draw(text.as_bytes(), out);
        return Some(());
    }
    match mask {
        Mask::Mobile => forms::mobile(text, out),
        Mask::Landline => forms::landline(text, out),
        Mask::Plate => forms::plate(text, out),
        Mask::Email => forms::email(text, out),
        Mask::BankCard => forms::bank_card(text, out),
        Mask::Year => forms::year(text, out),
        Mask::Month => forms::month(text, out),
        Mask::Range(bounds) => range::part(bounds, text.as_bytes(), out),
        Mask::Pseudonym => masking.pseudonyms?.write(text, out),
        Mask::Keep { .. } | Mask::Name | Mask::Address => None,
        Mask::IdNumber | Mask::Constant(_) | Mask::Null => None,
    }
}

/// The veil over a text in which no separators are left out of the count.
fn whole(mask: &Mask, text: &[u8]) -> Option<Veil> {
    Some(match mask {
        Mask::Keep { front, end, with } => {
            Veil { front: usize::from(*front), end: usize::from(*end), with: *with }
        }
        Mask::Name => Veil::stars(1, 0),
        Mask::Address => Veil::stars(7, 0),
        Mask::IdNumber if forms::is_id_number(text) => Veil::stars(1, 2),
        Mask::Mobile if text.len() == 11 && text[0] == b'1' && is_plain_number(text) => {
            Veil::stars(3, 4)
        }
        _ => return None,
    })
}

/// The number of characters shown at both ends, and the character that replaces each hidden one.
#[derive(Clone, Copy)]
struct Veil {
    front: usize,
    end: usize,
    with: char,
}

impl Veil {
    fn stars(front: usize, end: usize) -> Veil {
        Veil { front, end, with: '*' }
    }

    /// Tells whether the replacing character needs no escape in a JSON string.
    fn is_plain(self) -> bool {
        !u8::try_from(self.with).is_ok_and(needs_escape)
    }

    /// Writes a text in UTF-8 under the veil.
    fn draw(self, text: &[u8], out: &mut Vec<u8>) {
        let count = characters(text);
        let hidden = count.saturating_sub(self.front.saturating_add(self.end));
        if hidden == 0 {
            return self.hide(count, out);
        }
        if count == text.len() && self.with.is_ascii() {
            let from = out.len() + self.front;
            out.extend_from_slice(text);
            return out[from..from + hidden].fill(self.with as u8);
        }
        out.extend_from_slice(&text[..first(text, self.front)]);
        self.hide(hidden, out);
        out.extend_from_slice(&text[text.len() - last(text, self.end)..]);
    }

    /// Writes a short text, between quotes, with one copy. False if the text is not short, or all
    /// of it has to be hidden.
    fn draw_short(self, text: &[u8], out: &mut Vec<u8>) -> bool {
        const SHORT_BYTES: usize = 62;
        const WORD_BYTES: usize = 8;
        let Ok(with @ 0..0x80) = u8::try_from(self.with) else { return false };
        let count = characters(text);
        let hidden = count.saturating_sub(self.front.saturating_add(self.end));
        if hidden == 0 || text.len() > SHORT_BYTES {
            return false;
        }
        let (front, back) = if count == text.len() {
            (self.front, self.end)
        } else {
            (first(text, self.front), last(text, self.end))
        };
        // It is written directly into the output: a copy right after writing elsewhere would wait
        // for those writes.
        let start = out.len();
        out.extend_from_slice(&[with; SHORT_BYTES + 2]);
        let drawn = &mut out[start..];
        drawn[0] = b'"';
        let end = 1 + front + hidden;
        // Both ends are a few bytes, for which a call to a copy function costs more than the copy.
        let veil = u64::from_ne_bytes([with; WORD_BYTES]);
        match (text.first_chunk::<WORD_BYTES>(), drawn[1..].first_chunk_mut::<WORD_BYTES>()) {
            (Some(head), Some(to)) if front < WORD_BYTES => {
                let kept = (1 << (8 * front)) - 1;
                *to = (u64::from_le_bytes(*head) & kept | veil & !kept).to_le_bytes();
            }
            _ => drawn[1..][..front].copy_from_slice(&text[..front]),
        }
        let tail = text.last_chunk::<WORD_BYTES>();
        match (tail, drawn[..end + back].last_chunk_mut::<WORD_BYTES>()) {
            _ if back == 0 => {}
            (Some(tail), Some(to)) if back < WORD_BYTES && hidden + back >= WORD_BYTES => {
                let veiled = u64::MAX >> (8 * back);
                *to = (u64::from_le_bytes(*tail) & !veiled | veil & veiled).to_le_bytes();
            }
            _ => drawn[end..][..back].copy_from_slice(&text[text.len() - back..]),
        }
        drawn[end + back] = b'"';
        out.truncate(start + end + back + 1);
        true
    }

    /// Writes a text under the veil, with separators left in place and not counted.
    fn draw_around(self, separator: fn(char) -> bool, text: &str, out: &mut Vec<u8>) {
        let count = text.chars().filter(|c| !separator(*c)).count();
        let hides_some = self.front.saturating_add(self.end) < count;
        let mut seen = 0;
        for c in text.chars() {
            if separator(c) {
                push(c, out);
                continue;
            }
            let shown = hides_some && (seen < self.front || seen >= count - self.end);
            push(if shown { c } else { self.with }, out);
            seen += 1;
        }
    }

    fn hide(self, count: usize, out: &mut Vec<u8>) {
        match u8::try_from(self.with) {
            Ok(byte) if byte.is_ascii() => out.resize(out.len() + count, byte),
            _ => (0..count).for_each(|_| push(self.with, out)),
        }
    }
}

/// Counts the characters of UTF-8.
fn characters(text: &[u8]) -> usize {
    const LOWS: u64 = u64::MAX / 255;
    let (words, rest) = text.as_chunks::<8>();
    let continued: u32 = words
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        // A continuation byte has its top bit set and the next one clear.
        .map(|word| (word >> 7 & !(word >> 6) & LOWS).count_ones())
        .sum();
    let rest: usize = rest.iter().map(|byte| usize::from(byte & 0xc0 != 0x80)).sum();
    8 * words.len() - continued as usize + rest
}

/// The length in bytes of the first so many characters.
fn first(text: &[u8], characters: usize) -> usize {
    let mut starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    starts.nth(characters).map_or(text.len(), |(at, _)| at)
}

/// The length in bytes of the last so many characters.
fn last(text: &[u8], characters: usize) -> usize {
    let Some(before) = characters.checked_sub(1) else { return 0 };
    let mut starts = text.iter().rev().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    starts.nth(before).map_or(text.len(), |(at, _)| at + 1)
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Tells whether a byte needs an escape in a JSON string.
fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Writes a text with the escapes that a JSON string needs.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            control @ 0..0x20 => {
                let [high, low] = [control >> 4, control & 15].map(|half| HEX[usize::from(half)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            plain => out.push(*plain),
        }
    }
}
