//! The meaning of an entry's fields and their masks.

use std::collections::HashMap;

use sluice_core::domain::classification::Level;
use sluice_core::domain::entry::MAX_FIELDS;
use sluice_core::domain::field::{Field, FieldKind};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::mask::{Mask, PRESETS};
use sluice_core::domain::nearest;

use super::choices::{KeepSaid, MaskSpec, MaskWithArguments};
use super::files::FieldSaid;
use super::reference::unknown;
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::yaml::Position;

/// Most characters that a mask may keep at one end: more is longer than any identifier.
const MAX_KEPT_CHARS: u32 = 10;

/// Most samples of a field: a few tell what it holds, and a file is no place for data.
const MAX_SAMPLES: usize = 5;

/// Longest sample in characters.
const MAX_SAMPLE_CHARS: usize = 256;

/// Most bounds of a mask that shows a range.
const MAX_RANGE_BOUNDS: usize = 64;

/// An entry's fields, and what refers to them by path.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) list: Vec<Field>,
    by_path: HashMap<FieldPath, u16>,
    /// True if every field that was declared could be read.
    complete: bool,
}

impl Fields {
    /// The index of a declared field, else a problem.
    pub(crate) fn find(&self, said: &Spanned<String>, report: &mut Report<'_>) -> Option<u16> {
        let path = report.path(said)?;
        let found = self.by_path.get(&path).copied();
        if found.is_none() && self.complete {
            let known: Vec<String> = self.list.iter().map(|field| field.path.to_string()).collect();
            let known = known.iter().map(String::as_str);
            unknown(report, said, Rule::UnknownField, "field", known);
        }
        found
    }
}

impl Fields {
    /// Makes the fields of an entry of files: the whole file is its one field.
    pub(crate) fn of_files(title: &str, level: Level) -> Fields {
        let whole = Field {
            path: FieldPath::root(),
            title: title.into(),
            kind: FieldKind::Text,
            level,
            mask: None,
            approval: false,
        };
        Fields { list: vec![whole], by_path: HashMap::new(), complete: true }
    }
}

/// Reads the fields of an entry.
pub(crate) fn fields(said: &[FieldSaid], report: &mut Report<'_>) -> Fields {
    if let Some(first_beyond) = said.get(MAX_FIELDS) {
        let message = format!("the entry has {} fields", said.len());
        let advice = "divide it into several entries";
        report.add(first_beyond.path.place, Rule::TooManyFields, message, advice);
        return Fields::default();
    }
    let mut fields = Fields { complete: true, ..Fields::default() };
    let mut places: Vec<(FieldPath, Position)> = Vec::with_capacity(said.len());
    for field in said {
        match read(field, report) {
            Some(field_read) => {
                let path = field_read.path.clone();
                places.push((path.clone(), field.path.place));
                fields.by_path.entry(path).or_insert(fields.list.len() as u16);
                fields.list.push(field_read);
            }
            None => fields.complete = false,
        }
    }
    overlaps(places, report);
    fields
}

fn read(said: &FieldSaid, report: &mut Report<'_>) -> Option<Field> {
    let path = report.path(&said.path);
    let title = report.text(&said.title);
    report.text_of(&said.element);
    samples(&said.samples, report);
    let level = report.level(&said.level);
    let masked = said.mask.0.as_ref();
    let mask = masked.and_then(|said| mask(said, report));
    Some(Field {
        path: path?,
        title: title?,
        kind: said.kind.unwrap_or(FieldKind::Text),
        level: level?,
        // A mask that could not be read must not become “no mask”; the problem stops the catalog.
        mask,
        approval: said.approval.unwrap_or(false),
    })
}

fn samples(said: &[Spanned<String>], report: &mut Report<'_>) {
    if let Some(beyond) = said.get(MAX_SAMPLES) {
        let message = format!("the field has {} samples", said.len());
        let advice = format!("keep {MAX_SAMPLES} that differ");
        report.add(beyond.place, Rule::BadSample, message, advice);
    }
    for sample in said {
        let length = sample.value.chars().count();
        if sample.value.trim().is_empty() || length > MAX_SAMPLE_CHARS {
            let message = "this sample is empty or too long";
            let advice = format!("write a value of 1 to {MAX_SAMPLE_CHARS} characters");
            report.add(sample.place, Rule::BadSample, message, advice);
        }
    }
}

fn mask(said: &Spanned<MaskSpec>, report: &mut Report<'_>) -> Option<Mask> {
    match &said.value {
        MaskSpec::Preset(word) => {
            let found = Mask::preset(word);
            if found.is_none() {
                let advice = match nearest(word, PRESETS.iter().map(|(name, _)| *name)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "the masks are listed in catalog/README.md".to_owned(),
                };
                let message = format!("there is no mask `{word}`");
                report.add(said.place, Rule::UnknownMask, message, advice);
            }
            found
        }
        MaskSpec::With(MaskWithArguments { keep: Some(keep), constant: None, range: None }) => {
            keep_ends(keep, report)
        }
        MaskSpec::With(MaskWithArguments { keep: None, constant: Some(text), range: None }) => {
            report.text(text).map(Mask::Constant)
        }
        MaskSpec::With(MaskWithArguments { keep: None, constant: None, range: Some(bounds) }) => {
            range(bounds, report)
        }
        MaskSpec::With(_) => {
            let message = "a mask with arguments is one of `keep`, `constant` and `range`";
            let advice =
                "write `{keep: {front: 6, end: 4}}`, `{constant: 已隐藏}` or `{range: [1000]}`";
            report.add(said.place, Rule::UnknownMask, message, advice);
            None
        }
    }
}

fn range(said: &Spanned<Vec<Spanned<i64>>>, report: &mut Report<'_>) -> Option<Mask> {
    let bounds: Vec<i64> = said.value.iter().map(|bound| bound.value).collect();
    let ascending = bounds.is_sorted_by(|a, b| a < b);
    if bounds.is_empty() || bounds.len() > MAX_RANGE_BOUNDS || !ascending {
        let message = "a range is divided by numbers in ascending order";
        let advice = format!("write 1 to {MAX_RANGE_BOUNDS} of them: `{{range: [1000, 5000]}}`");
        report.add(said.place, Rule::UnknownMask, message, advice);
        return None;
    }
    Some(Mask::Range(bounds.into()))
}

fn keep_ends(said: &Spanned<KeepSaid>, report: &mut Report<'_>) -> Option<Mask> {
    let mut count = |said: &Option<Spanned<i64>>| match said {
        None => Some(0),
        Some(said) => report.number(said, 0, u32::from(u16::MAX)),
    };
    let (front, end) = (count(&said.value.front)?, count(&said.value.end)?);
    if front > MAX_KEPT_CHARS || end > MAX_KEPT_CHARS {
        let message = format!("a mask that keeps {front} and {end} characters hides nothing");
        let advice = format!("keep at most {MAX_KEPT_CHARS} characters at each end");
        report.add(said.place, Rule::MaskHidesNothing, message, advice);
        return None;
    }
    let with = match &said.value.with {
        None => '*',
        Some(with) => {
            let mut chars = with.value.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) if !only.is_control() && !only.is_alphanumeric() => only,
                _ => {
                    let message = "what stands for a hidden character is one symbol";
                    let advice =
                        "write one symbol such as `\"*\"`; a letter would pass for a value";
                    report.add(with.place, Rule::UnknownMask, message, advice);
                    return None;
                }
            }
        }
    };
    Some(Mask::Keep { front: front as u16, end: end as u16, with })
}

/// Reports fields that are declared twice or lie within another. Sorted, a path stands right
/// behind those it lies within.
fn overlaps(mut places: Vec<(FieldPath, Position)>, report: &mut Report<'_>) {
    places.sort_by(|(a, place_a), (b, place_b)| (a, place_a.line).cmp(&(b, place_b.line)));
    let mut outer: Option<&FieldPath> = None;
    for (path, place) in &places {
        match outer {
            Some(above) if above == path => {
                let message = format!("the field `{path}` is declared twice");
                report.add(*place, Rule::FieldOverlap, message, "keep one of the two");
            }
            Some(above) if path.0.starts_with(&above.0) => {
                let message = format!("`{path}` lies within the field `{above}`");
                let advice = "declare the values within it, or the whole, not both";
                report.add(*place, Rule::FieldOverlap, message, advice);
            }
            _ => outer = Some(path),
        }
    }
}
