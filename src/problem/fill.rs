//! Fills the placeholders of a text with the members of a detail.

use std::borrow::Cow;
use std::fmt::Write as _;

use sluice_core::domain::rejection::{Detail, DetailValue};
use sluice_core::ledger::time::rfc3339;

use super::language::Language;
use super::row::Bilingual;

/// Words that Chinese texts translate: the member, its word, and the translation.
const IN_CHINESE: [(&str, &str, &str); 4] = [
    ("unit", "requests", "次请求"),
    ("unit", "records", "条记录"),
    ("unit", "bytes", "字节"),
    ("unit", "persons", "人"),
];

/// Renders a text in one language: `{name}` becomes the member of that name, `{name|none}` too, or
/// `none` where the member is an empty list. Texts name members that their detail has, which a test
/// checks for every row.
pub(super) fn fill(
    text: Bilingual,
    detail: Option<&Detail<'_>>,
    language: Language,
) -> Cow<'static, str> {
    let template = match language {
        Language::English => text.en,
        Language::Chinese => text.zh,
    };
    let Some(detail) = detail.filter(|_| template.contains('{')) else { return template.into() };
    let mut filled = String::with_capacity(2 * template.len());
    let mut rest = template;
    while let Some((before, placeholder, after)) = next_placeholder(rest) {
        filled.push_str(before);
        let (name, if_empty) = placeholder.split_once('|').unwrap_or((placeholder, ""));
        if let Some(value) = detail.member(name) {
            say(&mut filled, (name, value), if_empty, language);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled.into()
}

/// Splits a text at its first placeholder: before it, within its braces, after it.
pub(super) fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (placeholder, after) = rest.split_once('}')?;
    Some((before, placeholder, after))
}

fn say(
    out: &mut String,
    (name, value): (&str, &DetailValue<'_>),
    if_empty: &str,
    language: Language,
) {
    match value {
        DetailValue::Text(text) => out.push_str(translated(name, text, language)),
        DetailValue::Texts(texts) if texts.is_empty() => out.push_str(if_empty),
        DetailValue::Texts(texts) => out.push_str(&texts.join(match language {
            Language::English => ", ",
            Language::Chinese => "、",
        })),
        // Writing into a text can't fail.
        DetailValue::Number(number) => write!(out, "{number}").unwrap_or_default(),
        DetailValue::Time(time) => out.push_str(rfc3339(*time).as_str()),
    }
}

fn translated<'a>(name: &str, word: &'a str, language: Language) -> &'a str {
    let known = |(member, en, _): &&(&str, &str, &'static str)| *member == name && *en == word;
    match language {
        Language::English => word,
        Language::Chinese => IN_CHINESE.iter().find(known).map_or(word, |(_, _, zh)| zh),
    }
}
