//! Decodes JSON strings.

use std::borrow::Cow;

/// Decodes the part between the quotes of a string, whose escapes are well-formed; none if it holds
/// half a surrogate pair, which is no text.
pub(super) fn decode(spelling: &[u8]) -> Option<Cow<'_, str>> {
    let Some(first) = spelling.iter().position(|byte| *byte == b'\\') else {
        return std::str::from_utf8(spelling).ok().map(Cow::Borrowed);
    };
    let mut text = Vec::with_capacity(spelling.len());
    let mut rest = spelling;
    let mut next = Some(first);
    while let Some(at) = next {
        text.extend_from_slice(&rest[..at]);
        let (said, after) = escape(&rest[at + 1..])?;
        text.extend_from_slice(said.encode_utf8(&mut [0; 4]).as_bytes());
        rest = after;
        next = rest.iter().position(|byte| *byte == b'\\');
    }
    text.extend_from_slice(rest);
    String::from_utf8(text).ok().map(Cow::Owned)
}

/// The character of an escape, from the bytes behind its backslash, and the rest of the text.
fn escape(spelling: &[u8]) -> Option<(char, &[u8])> {
    let (letter, rest) = spelling.split_first()?;
    let said = match letter {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        other => char::from(*other),
    };
    Some((said, rest))
}

fn unicode(spelling: &[u8]) -> Option<(char, &[u8])> {
    let (high, rest) = hex(spelling)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, rest));
    }
    let (low, rest) = hex(rest.strip_prefix(b"\\u")?)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?, rest))
}

fn hex(spelling: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = spelling.split_first_chunk::<4>()?;
    let value = digits
        .iter()
        .try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_serde_json_reads_them() {
        let table = [
            "",
            "plain",
            "段正淳",
            r#"\"\\\/\b\f\n\r\t"#,
            r"\u6bb5\u6B63x",
            r"\ud83d\ude00",
            r"a\ud83d\ude00b",
            r"\ud83d",
            r"\ude00",
            r"\ud83dx",
            r"\ud83d\n",
            r"\ud83d\ud83d",
            r"\u0000",
            r"\uffff",
            r"\ud800\udc00",
            r"\udbff\udfff",
            r"\ud83d\u0041",
        ];
        for spelling in table {
            let theirs = serde_json::from_str::<String>(&format!("\"{spelling}\"")).ok();
            let ours = decode(spelling.as_bytes()).map(Cow::into_owned);
            assert_eq!(ours, theirs, "{spelling}");
        }
    }
}
