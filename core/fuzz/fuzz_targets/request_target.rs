//! Any text, as the target of a request.
//!
//! Whatever it is: no panic; what is accepted has no part that a provider could read otherwise; and
//! what is rendered of it reads the same, so that the provider gets what was decided about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_core::domain::target::{MAX_PARTS, MAX_TARGET_BYTES, Target, encode_into};

fuzz_target!(|raw: &str| {
    let Ok(target) = Target::parse(raw) else { return };
    assert!(raw.len() <= MAX_TARGET_BYTES && raw.starts_with('/'));
    assert!((1..=MAX_PARTS).contains(&target.segments.len()) && target.query.len() <= MAX_PARTS);
    for segment in &target.segments {
        assert!(!segment.is_empty() && !segment.contains(['/', '\\', '%', ';']));
        assert!(segment != "." && segment != "..");
    }
    let named = target.query.iter().flat_map(|(name, value)| [name, value]);
    for text in target.segments.iter().chain(named) {
        assert!(!text.contains(|c: char| c.is_control() || c == ';'), "{text:?}");
    }
    let rendered = rendered(&target);
    if rendered.len() <= MAX_TARGET_BYTES {
        assert_eq!(Target::parse(&rendered).as_ref(), Ok(&target), "{rendered}");
    }
});

fn rendered(target: &Target<'_>) -> String {
    let mut text = String::new();
    for segment in &target.segments {
        text.push('/');
        encode_into(segment, &mut text);
    }
    for (ix, (name, value)) in target.query.iter().enumerate() {
        text.push(if ix == 0 { '?' } else { '&' });
        encode_into(name, &mut text);
        text.push('=');
        encode_into(value, &mut text);
    }
    text
}
