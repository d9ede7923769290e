//! Entries of files. The gateway can't inspect them, so they are shown whole or not at all.

use sluice_core::domain::classification::{Mode, Sharing};
use sluice_core::redaction::format::Format;

use super::choices::ModeSpec;
use super::files::EntryFile;
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::yaml::Position;

/// The media types of an entry of files; none if it isn't one. What has no place in such an entry
/// is reported.
pub(crate) fn media_types(file: &EntryFile, report: &mut Report<'_>) -> Vec<Box<str>> {
    let Some(said) = &file.opaque.0 else { return Vec::new() };
    for media_type in said {
        let text = media_type.value.as_str();
        let advice = if !is_media_type(text) {
            "write `application/pdf` or the like: in lower case, without parameters"
        } else if Format::of(text).is_some() {
            "declare `fields` instead of `opaque`: such answers can be judged field by field"
        } else {
            continue;
        };
        let message = format!("`{text}` is no media type of files");
        report.add(media_type.place, Rule::BadMediaType, message, advice);
    }
    misplaced(file, report);
    whole(file, report);
    said.iter().map(|media_type| media_type.value.as_str().into()).collect()
}

/// `type/subtype` in lower case (RFC 9110, 8.3.1).
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".+_-".contains(&byte)
        };
        !part.is_empty() && part.len() <= 127 && part.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// Reports keys that speak of records and their fields.
fn misplaced(file: &EntryFile, report: &mut Report<'_>) {
    let first = |said: Option<&Vec<Spanned<String>>>| said?.first().map(|path| path.place);
    let mut found: Vec<(&str, Option<Position>)> = vec![
        ("fields", file.fields.first().map(|field| field.path.place)),
        ("conditions", file.conditions.first().map(|condition| condition.place)),
    ];
    for operation in &file.operations {
        found.push(("records", operation.records.as_ref().map(|said| said.place)));
        found.push(("envelope", first(Some(&operation.envelope))));
        found.push(("subjects", first(Some(&operation.subjects))));
        found.push(("max_records", operation.max_records.as_ref().map(|said| said.place)));
        for parameter in &operation.parameters {
            found.push(("searches", parameter.searches.as_ref().map(|said| said.place)));
        }
    }
    for term in &file.terms {
        found.push(("fields", first(term.fields.0.as_ref())));
        found.push(("lookups", first(Some(&term.lookups))));
    }
    for (key, place) in found {
        if let Some(place) = place {
            let message = format!("`{key}` has no meaning for files");
            let advice = "remove it, or declare `fields` instead of `opaque`";
            report.add(place, Rule::MisplacedKey, message, advice);
        }
    }
}

/// Reports clearances and modes under which the whole would not be shown.
fn whole(file: &EntryFile, report: &mut Report<'_>) {
    let level = file.level.value;
    let mut require = |clearance: i64, place: Position| {
        if clearance < level {
            let message = format!("clearance {clearance} shows nothing of files of level {level}");
            let advice = format!("make it {level}, or leave the term out");
            report.add(place, Rule::OpaqueWhole, message, advice);
        }
    };
    for term in &file.terms {
        require(term.clearance.value, term.clearance.place);
    }
    if file.class.value == Sharing::Unconditional {
        match &file.clearance {
            Some(said) => require(said.value, said.place),
            None => require(1, file.class.place),
        }
    }
    for operation in &file.operations {
        if operation.mode.value == ModeSpec::Built(Mode::Submit) {
            let message =
                format!("`{}` sends something in, and files are handed out", operation.id.value);
            let advice = "declare it in an entry of its own, with the `fields` of its answer";
            report.add(operation.mode.place, Rule::OpaqueWhole, message, advice);
        }
    }
}
