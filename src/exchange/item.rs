//! Texts as RFC 9651 items, and back. Nearly all of them are a token or a string without escapes,
//! which are read and written here in one look; whatever is not plain is left to the library, whose
//! general way costs several times as much as all the rest of a header.

use bytes::{BufMut, BytesMut};
use http::header::HeaderValue;
use sfv::{BareItem, FieldType, Item, Parser};

/// A text as an item: a token where it can be one, else a string or a display string.
pub fn write(text: &str) -> Option<HeaderValue> {
    let bytes = text.as_bytes();
    if is_token(bytes) {
        return HeaderValue::from_str(text).ok();
    }
    if !is_plain(bytes) {
        return write_any(text);
    }
    let mut quoted = BytesMut::with_capacity(bytes.len() + 2);
    quoted.put_u8(b'"');
    quoted.put_slice(bytes);
    quoted.put_u8(b'"');
    HeaderValue::from_maybe_shared(quoted.freeze()).ok()
}

/// The text of an item: a token, a string, an integer or a display string. Parameters are left out.
pub fn read(value: &[u8]) -> Option<Box<str>> {
    let plain = match value {
        [b'"', inner @ .., b'"'] if is_plain(inner) => inner,
        token if is_token(token) => token,
        _ => return text_of(&Parser::new(value).parse::<Item>().ok()?.bare_item),
    };
    Some(std::str::from_utf8(plain).ok()?.into())
}

/// The text of a bare item, if it is of a type that has one.
pub fn text_of(item: &BareItem) -> Option<Box<str>> {
    match item {
        BareItem::Token(token) => Some(token.as_str().into()),
        BareItem::String(text) => Some(text.as_str().into()),
        BareItem::Integer(number) => Some(number.to_string().into()),
        BareItem::DisplayString(text) => Some(text.as_str().into()),
        _ => None,
    }
}

/// `sf-token` of RFC 9651, section 3.3.4.
fn is_token(bytes: &[u8]) -> bool {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(byte);
    let first = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'*');
    first && bytes.iter().all(inner)
}

/// What stands in a `sf-string` as it is: printable ASCII but the quote and the backslash.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

fn write_any(text: &str) -> Option<HeaderValue> {
    let bare = if let Ok(token) = sfv::TokenRef::from_str(text) {
        BareItem::Token(token.to_owned())
    } else if let Ok(string) = sfv::StringRef::from_str(text) {
        BareItem::String(string.to_owned())
    } else {
        BareItem::DisplayString(text.to_owned())
    };
    HeaderValue::try_from(Item::new(bare).serialize()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the library reads, without the short way.
    fn read_any(value: &[u8]) -> Option<Box<str>> {
        text_of(&Parser::new(value).parse::<Item>().ok()?.bare_item)
    }

    #[test]
    fn a_text_has_the_simplest_type_that_holds_it() {
        let table = [
            ("social-assistance", "social-assistance"),
            ("people/records", "people/records"),
            ("*", "*"),
            ("", "\"\""),
            ("0199c1d2-0000-7000-8000-000000000000", "\"0199c1d2-0000-7000-8000-000000000000\""),
            ("SA (2026) 1", "\"SA (2026) 1\""),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("杭", "%\"%e6%9d%ad\""),
        ];
        for (text, item) in table {
            assert_eq!(write(text).unwrap(), item, "{text}");
            assert_eq!(read(item.as_bytes()).as_deref(), Some(text), "{item}");
        }
    }

    #[test]
    fn what_is_no_item_is_not_read() {
        for value in ["", " ", "a b", "\"a", "a\"", "\"", "\"a\" b", "a,b", "1.5", "?1", "a\u{e9}"]
        {
            assert_eq!(read(value.as_bytes()), None, "{value}");
        }
        // Parameters and outer spaces are allowed, and say nothing here.
        for value in ["a;b", " a ", "\"a\";b=1", "  \"a\" "] {
            assert_eq!(read(value.as_bytes()).as_deref(), Some("a"), "{value}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_writes_what_the_library_writes(text in "\\PC{0,24}|[ -~]{0,24}") {
            prop_assert_eq!(write(&text), write_any(&text));
        }

        #[test]
        fn the_short_way_reads_what_the_library_reads(value in "[ -~]{0,12}|\"[ -~]{0,12}\"") {
            prop_assert_eq!(read(value.as_bytes()), read_any(value.as_bytes()));
        }
    }
}
