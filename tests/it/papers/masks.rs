//! Masks for what varies from run to run, in the page and in what the program says alike: ids of
//! exchanges, times, digests, keys and signatures, and how many MiB are free; in JSON also numbers of
//! members named `…_us`. All else must be the same.

use serde_json::Value;

/// A text with what varies masked.
pub fn masked(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    let mut inside_word = false;
    while let Some(next) = rest.chars().next() {
        let known = if inside_word { None } else { varying(rest) };
        match known {
            Some((length, mask)) => {
                told.push_str(mask);
                rest = &rest[length..];
                inside_word = true;
            }
            None => {
                told.push(next);
                rest = &rest[next.len_utf8()..];
                inside_word = next.is_ascii_alphanumeric();
            }
        }
    }
    told
}

/// The same of every text and time of a JSON value.
pub fn masked_json(value: &Value) -> Value {
    match value {
        Value::String(text) => masked(text).into(),
        Value::Array(items) => items.iter().map(masked_json).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = if name.ends_with("_us") { Value::from(0) } else { masked_json(value) };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// The length of what varies at the beginning, and its mask.
fn varying(text: &str) -> Option<(usize, &'static str)> {
    let of = |length: usize, mask| (length > 0).then_some((length, mask));
    of(uuid(text), "<uuid>")
        .or_else(|| of(time(text), "<time>"))
        .or_else(|| of(base64(text), "<base64>"))
        .or_else(|| of(hexadecimal(text), "<hex>"))
        .or_else(|| of(free(text), "<n>"))
}

const UUID: &str = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
const SECOND: &str = "dddd-dd-ddTdd:dd:dd";

/// The length of a form at the beginning: `h` stands for a hexadecimal digit, `d` for a decimal one.
fn form(text: &str, form: &str) -> usize {
    let fits = |(byte, wanted): (u8, u8)| match wanted {
        b'h' => is_hexadecimal(byte),
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let fitting = text.len() >= form.len() && text.bytes().zip(form.bytes()).all(fits);
    if fitting { form.len() } else { 0 }
}

fn uuid(text: &str) -> usize {
    form(text, UUID)
}

/// RFC 3339, with or without parts of a second, in UTC.
fn time(text: &str) -> usize {
    let whole = form(text, SECOND);
    let part = |c: char| c.is_ascii_digit() || c == '.';
    let rest = text.get(whole..).unwrap_or_default();
    let length = whole + rest.chars().take_while(|c| part(*c)).count();
    let ends = whole > 0 && text[length..].starts_with('Z');
    if ends { length + 1 } else { 0 }
}

/// The number before ` MiB free`.
fn free(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if text[digits..].starts_with(" MiB free") { digits } else { 0 }
}

/// 32 bytes or more: hashes, keys and signatures.
fn base64(text: &str) -> usize {
    const LEAST_CHARS: usize = 43;
    let digit = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    let digits = text.chars().take_while(|c| digit(*c)).count();
    let length = digits + text[digits..].chars().take_while(|c| *c == '=').count();
    if length > LEAST_CHARS && length.is_multiple_of(4) && hexadecimal(text) == 0 {
        length
    } else {
        0
    }
}

/// Digests and serial numbers, and the shortened ones of catalog versions.
fn hexadecimal(text: &str) -> usize {
    const LEAST_CHARS: usize = 12;
    let length = text.bytes().take_while(|byte| is_hexadecimal(*byte)).count();
    let ends = !text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
    // An identity number is none, nor is any other run of decimal digits.
    let letter = text[..length].bytes().any(|byte| byte.is_ascii_lowercase());
    if length >= LEAST_CHARS && ends && letter { length } else { 0 }
}

fn is_hexadecimal(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[test]
fn what_varies_is_masked_and_nothing_else() {
    let cases = [
        ("urn:uuid:01a20056-2f7b-7007-87d1-7b104c73eb23", "urn:uuid:<uuid>"),
        ("at 2026-12-01T14:10:22.946Z by", "at <time> by"),
        ("r1-a36ff5bc39ef", "r1-<hex>"),
        ("key=:fIBUk/+MinQDEi1z/eWkQVeTOYbgtcQmRd2kyw/5Jbc=:", "key=:<base64>:"),
        ("330106198801019999", "330106198801019999"),
        ("term/social-assistance", "term/social-assistance"),
        ("张三 20 in 1 s", "张三 20 in 1 s"),
        ("disk: 73346 MiB free", "disk: <n> MiB free"),
    ];
    for (text, wanted) in cases {
        assert_eq!(masked(text), wanted);
    }
    let value =
        serde_json::json!({"gateway_us": 654, "records": 1, "of": ["2026-12-01T14:10:22Z"]});
    let wanted = serde_json::json!({"gateway_us": 0, "records": 1, "of": ["<time>"]});
    assert_eq!(masked_json(&value), wanted);
}
