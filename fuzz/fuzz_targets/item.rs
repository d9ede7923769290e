//! Any bytes at all, as the value of an `Exchange-*` header, and any text, as what one says.
//!
//! Whatever it is: no panic; the short way reads what the library reads; and a text that is written
//! as an item is read as that text, by us and by the library.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfv::{Item, Parser};
use sluice::exchange::request::head::{MAX_STATED_BYTES, declared};
use sluice::exchange::request::structured_field;
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::{Fields, Section};

fuzz_target!(|value: &[u8]| {
    let general = Parser::new(value).parse::<Item>().ok();
    let general = general.and_then(|item| structured_field::text_of(&item.bare_item));
    let read = structured_field::read(value);
    // An integer with zeros before it is read by the library alone.
    if read.is_some() || !value.trim_ascii().first().is_some_and(|first| b"-0".contains(first)) {
        assert_eq!(read.as_deref(), general.as_deref());
    }
    if let Some(text) = read {
        written(&text);
    }
    if let Ok(text) = std::str::from_utf8(value) {
        written(text);
    }
    headers(value);
});

/// A text that is written is read.
fn written(text: &str) {
    let mut section = Section::default();
    structured_field::write(&mut section, "a", text);
    let fields: Vec<_> = section.iter().collect();
    let [("a", value)] = fields.as_slice() else { panic!("{text:?} makes {fields:?}") };
    assert_eq!(structured_field::read(value).as_deref(), Some(text));
    let general = Parser::new(value).parse::<Item>().expect("an item");
    assert_eq!(structured_field::text_of(&general.bare_item).as_deref(), Some(text));
}

/// What headers declare is what stands in them.
fn headers(value: &[u8]) {
    for field in HeaderField::ALL {
        let fields = Fields::of([(field.name().as_bytes(), value)]);
        let Ok(context) = declared(&fields) else { continue };
        let text = match field {
            HeaderField::ExchangePurpose => context.purpose,
            HeaderField::ExchangeCase => context.case,
            HeaderField::ExchangeConsent => context.consent,
            HeaderField::ExchangeOperator => context.operator,
            HeaderField::ExchangeGrant => context.grant,
            HeaderField::ExchangePseudonymKey => context.pseudonym_key,
            _ => continue,
        };
        assert!(value.len() <= MAX_STATED_BYTES);
        assert_eq!(text, structured_field::read(value), "{}", field.name());
        // Who says it twice says nothing.
        let twice = [(field.name().as_bytes(), value); 2];
        assert!(declared(&Fields::of(twice)).is_err());
    }
}
