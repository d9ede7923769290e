//! Texts as RFC 9651 items, and back. Nearly all of them are a token or a string without escapes,
//! which are read and written here in one look; whatever is not plain is left to the library, whose
//! general way costs several times as much as all the rest of a header.

use std::borrow::Cow;

use sfv::{BareItem, FieldType, Item, Parser};
use sluice_core::message::bytes::{is_sf_plain, is_sf_token};
use sluice_core::message::fields::Section;

/// Adds a field that says a text as an item: a token where it can be one, else a string or a display
/// string.
pub fn write(section: &mut Section, name: &'static str, text: &str) {
    let bytes = text.as_bytes();
    if is_sf_token(bytes) {
        section.add(name, text);
    } else if is_sf_plain(bytes) {
        section.add_quoted(name, text);
    } else {
        section.add(name, item(text));
    }
}

/// The text of an item: a token, a string, an integer or a display string. Parameters are left out.
pub fn read(value: &[u8]) -> Option<Cow<'_, str>> {
    let plain = match value {
        [b'"', inner @ .., b'"'] if is_sf_plain(inner) => inner,
        token if is_sf_token(token) => token,
        _ => return read_any(value).map(Cow::from),
    };
    std::str::from_utf8(plain).ok().map(Cow::Borrowed)
}

/// Reads an item of any type. An integer with zeros before it is none: `0012` would be taken for
/// another text than it says.
fn read_any(value: &[u8]) -> Option<String> {
    let bare = Parser::new(value).parse::<Item>().ok()?.bare_item;
    let text = text_of(&bare)?;
    let written = value.trim_ascii().split(|byte| matches!(byte, b';' | b' ')).next();
    let as_written = !matches!(bare, BareItem::Integer(_)) || written == Some(text.as_bytes());
    as_written.then_some(text)
}

/// The text of a bare item, if it is of a type that has one.
pub fn text_of(item: &BareItem) -> Option<String> {
    match item {
        BareItem::Token(token) => Some(token.as_str().to_owned()),
        BareItem::String(text) => Some(text.as_str().to_owned()),
        BareItem::Integer(number) => Some(number.to_string()),
        BareItem::DisplayString(text) => Some(text.clone()),
        _ => None,
    }
}

/// A text as an item: a token where it can be one, else a string or a display string.
pub fn item(text: &str) -> String {
    let bare = if let Ok(token) = sfv::TokenRef::from_str(text) {
        BareItem::Token(token.to_owned())
    } else if let Ok(string) = sfv::StringRef::from_str(text) {
        BareItem::String(string.to_owned())
    } else {
        BareItem::DisplayString(text.to_owned())
    };
    Item::new(bare).serialize()
}

/// Texts as a list of items, each as [`item`] writes it.
pub fn list(texts: &[String]) -> String {
    texts.iter().map(|text| item(text)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_integer_is_read_as_it_is_written_or_not_at_all() {
        assert_eq!(read(b"12").as_deref(), Some("12"));
        assert_eq!(read(b"-12;a=1").as_deref(), Some("-12"));
        assert_eq!(read(b" 1 ").as_deref(), Some("1"));
        for other in ["0012", " 01", "-0", "-012", "00"] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }

    /// The value of a field that is written.
    fn written(text: &str) -> String {
        let mut section = Section::default();
        write(&mut section, "a", text);
        let line = std::str::from_utf8(section.as_bytes()).unwrap();
        line.strip_prefix("a: ").and_then(|line| line.strip_suffix("\r\n")).unwrap().to_owned()
    }

    /// The text as the library reads it, without the fast path.
    fn read_any(value: &[u8]) -> Option<String> {
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
            assert_eq!(written(text), item, "{text}");
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
            prop_assert_eq!(written(&text), item(&text));
        }

        #[test]
        fn the_short_way_reads_what_the_library_reads(value in "[ -~]{0,12}|\"[ -~]{0,12}\"") {
            prop_assert_eq!(read(value.as_bytes()).map(Cow::into_owned), read_any(value.as_bytes()));
        }
    }
}
