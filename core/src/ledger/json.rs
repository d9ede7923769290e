//! Writes JSON into a buffer: only what a record's line needs, because serde's detour through
//! `Serialize` costs more than the record's whole share of a request.

/// Members of one object, in the order in which they are given.
pub(super) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens an object.
    pub(super) fn open(out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        out.push(b'{');
        ObjectWriter { out, first: true }
    }

    /// Continues an object of which the buffer already holds the opening brace, the first members
    /// and the comma behind them.
    pub(super) fn resume(out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        ObjectWriter { out, first: true }
    }

    /// Closes the object.
    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// Writes a text.
    pub(super) fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    /// Writes a text behind a fixed word, which needs no escapes.
    pub(super) fn text_after(&mut self, key: &'static str, word: &'static str, value: &str) {
        self.key(key);
        string_after(self.out, word, value);
    }

    /// Writes bytes in hexadecimal.
    pub(super) fn hexadecimal(&mut self, key: &'static str, bytes: &[u8]) {
        self.key(key);
        hexadecimal(self.out, bytes);
    }

    /// Writes a text, or nothing if there is none.
    pub(super) fn maybe_text(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// Writes a whole number.
    pub(super) fn number(&mut self, key: &'static str, value: u64) {
        self.key(key);
        number(self.out, value);
    }

    /// Writes a whole number that may be negative.
    pub(super) fn signed(&mut self, key: &'static str, value: i64) {
        self.key(key);
        if value < 0 {
            self.out.push(b'-');
        }
        number(self.out, value.unsigned_abs());
    }

    /// Writes a member that is true. A member that is false is left out.
    pub(super) fn yes(&mut self, key: &'static str) {
        self.key(key);
        self.out.extend_from_slice(b"true");
    }

    /// Writes a whole number, or nothing if there is none.
    pub(super) fn maybe_number(&mut self, key: &'static str, value: Option<u64>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }

    /// Writes an object below this one.
    pub(super) fn object(&mut self, key: &'static str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.key(key);
        let mut below = ObjectWriter::open(self.out);
        fill(&mut below);
        below.close();
    }

    /// Writes an array; `write` writes each item.
    pub(super) fn array<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) {
        self.key(key);
        self.out.push(b'[');
        for (ix, item) in items.into_iter().enumerate() {
            if ix > 0 {
                self.out.push(b',');
            }
            write(self.out, item);
        }
        self.out.push(b']');
    }

    /// Writes a whole number under a key that came from the catalog.
    pub(super) fn number_at(&mut self, key: &str, value: u64) {
        self.comma();
        string(self.out, key);
        self.out.push(b':');
        number(self.out, value);
    }

    /// The number of bytes written so far, with those before this object.
    pub(super) fn written(&self) -> usize {
        self.out.len()
    }

    /// Writes a fixed key, which needs no escapes.
    fn key(&mut self, key: &'static str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }
}

/// Writes a string with its quotes. Beyond the escapes of RFC 8259, it escapes characters that
/// could mislead a terminal or a reader of the file: delete, C1 controls, line and paragraph
/// separators, and the marks that change the direction of writing.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    string_after(out, "", text);
}

fn string_after(out: &mut Vec<u8>, word: &'static str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if let Some(word) = bytes[at..].first_chunk::<WORD>()
            && is_plain(*word)
        {
            at += WORD;
            continue;
        }
        match BYTES[usize::from(bytes[at])] {
            Byte::Plain => at += 1,
            Byte::Escaped => {
                out.extend_from_slice(&bytes[plain_from..at]);
                escape(out, char::from(bytes[at]));
                at += 1;
                plain_from = at;
            }
            Byte::Suspect => {
                // A lead byte stands on a character boundary, so there is a character here.
                let Some(char) = text[at..].chars().next() else { break };
                let end = at + char.len_utf8();
                if deceives(char) {
                    out.extend_from_slice(&bytes[plain_from..at]);
                    escape(out, char);
                    plain_from = end;
                }
                at = end;
            }
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

const WORD: usize = 8;

/// Tells whether all bytes of a word are printable ASCII that needs no escape. A false "no" is
/// possible and harmless; most of a record is digests and names, for which the answer is yes.
fn is_plain(word: [u8; WORD]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; WORD]);
    // Sets the high bit of each byte that is below `bound`, for bytes below 0x80 and bounds up to
    // 0x80. Borrows reach only bytes above one that is already below (Bit Twiddling Hacks,
    // `hasless`).
    const fn below(word: u64, bound: u8) -> u64 {
        word.wrapping_sub(ONES * bound as u64) & !word
    }
    let word = u64::from_ne_bytes(word);
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let suspicious = word | below(word, 0x20) | equals(b'"') | equals(b'\\') | equals(0x7F);
    suspicious & HIGHS == 0
}

/// Writes a string of hexadecimal digits, with its quotes.
pub(super) fn hexadecimal(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    for (pair, byte) in out[start..].chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    out.push(b'"');
}

/// Writes a whole number in decimal.
pub(super) fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[from..]);
}

#[derive(Clone, Copy)]
enum Byte {
    /// The byte is written unchanged.
    Plain,
    /// The byte is escaped.
    Escaped,
    /// The byte begins a character that may need an escape.
    Suspect,
}

/// Lead bytes of U+0080 to U+00BF (C1 controls), U+2000 to U+2FFF and U+F000 to U+FFFF.
const SUSPECT_LEADS: [usize; 3] = [0xC2, 0xE2, 0xEF];

const BYTES: [Byte; 256] = {
    let mut table = [Byte::Plain; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = Byte::Escaped;
        control += 1;
    }
    table[b'"' as usize] = Byte::Escaped;
    table[b'\\' as usize] = Byte::Escaped;
    table[0x7F] = Byte::Escaped;
    let mut lead = 0;
    while lead < SUSPECT_LEADS.len() {
        table[SUSPECT_LEADS[lead]] = Byte::Suspect;
        lead += 1;
    }
    table
};

fn deceives(char: char) -> bool {
    matches!(
        char,
        '\u{80}'..='\u{9F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// Escapes a character. Only characters of the basic plane come here, so one `\u` is always enough.
fn escape(out: &mut Vec<u8>, char: char) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match char {
        '"' | '\\' => out.extend_from_slice(&[b'\\', char as u8]),
        _ => {
            let code = char as u32;
            out.extend_from_slice(b"\\u");
            for shift in [12, 8, 4, 0] {
                out.push(HEX[(code >> shift & 0xF) as usize]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_deceives_is_escaped() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain 段正淳 ½ ‘x’ … ｆ", "\"plain 段正淳 ½ ‘x’ … ｆ\""),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("a\nb\tc\0", r#""a\u000ab\u0009c\u0000""#),
            ("\u{7f}\u{85}\u{9b}31m", r#""\u007f\u0085\u009b31m""#),
            ("a\u{2028}b\u{202e}c\u{feff}", r#""a\u2028b\u202ec\ufeff""#),
        ] {
            assert_eq!(written(text), expected);
        }
    }

    #[test]
    fn every_byte_is_seen_at_every_place_of_a_word() {
        for byte in 0..0x80u8 {
            for place in 0..WORD {
                let mut word = *b"aaaaaaaa";
                word[place] = byte;
                let escaped = matches!(BYTES[usize::from(byte)], Byte::Escaped);
                assert_eq!(is_plain(word), !escaped, "{word:?}");
                word[place] = byte | 0x80;
                assert!(!is_plain(word), "{word:?}");
            }
        }
    }

    #[test]
    fn numbers() {
        for value in [0, 9, 10, 12_345, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    proptest! {
        #[test]
        fn serde_reads_back_what_is_written(text in any::<String>()) {
            let json = written(&text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            prop_assert!(!json.chars().any(char::is_control));
        }
    }
}
