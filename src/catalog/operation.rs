//! The meaning of an entry's operations and their parameters.

use std::collections::HashSet;

use sluice_core::domain::classification::Mode;
use sluice_core::domain::entry::{Method, Operation, Segment, Template};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::parameter::{
    DEFAULT_MAX_CHARS, Parameter, ParameterLocation, Patterns, Rule as ValueRule,
    check_parameter_name,
};

use super::choices::{ModeSpec, TypeSpec};
use super::field::Fields;
use super::files::{OperationSaid, ParameterSaid};
use super::reference::{is_new, unknown};
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::yaml::Position;

/// Most records of a query's answer where the operation states no other number.
const DEFAULT_QUERY_RECORDS: u32 = 1;
/// Most records of any other answer where the operation states no other number.
const DEFAULT_RECORDS: u32 = 100;
/// Most records that an operation can allow.
const MOST_RECORDS: u32 = 10_000_000;
/// Longest text value that a parameter can allow, in characters.
const MOST_CHARS: u32 = 4_096;
/// Most segments of a path, below the 32 of a whole request with department and entry.
const MOST_SEGMENTS: usize = 30;
/// Most parameters of an operation, as many as a query's parts.
const MOST_PARAMETERS: usize = 32;

/// The context in which an operation is read.
pub(crate) struct OperationContext<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) patterns: &'a mut Patterns,
    /// True if the entry's records are about persons.
    pub(crate) personal: bool,
    /// True if its answers are files, which don't say whom they are about.
    pub(crate) opaque: bool,
}

/// Reads the operations of an entry.
pub(crate) fn operations(
    said: &[OperationSaid],
    around: &mut OperationContext<'_>,
    report: &mut Report<'_>,
) -> Vec<Operation> {
    let mut seen = HashSet::new();
    let mut operations = Vec::with_capacity(said.len());
    let mut paths = Vec::with_capacity(said.len());
    for operation in said {
        let new = is_new(&mut seen, &operation.id, "operations", report);
        if let (true, Some(read)) = (new, read(operation, around, report)) {
            operations.push(read);
            paths.push(operation.path.place);
        }
    }
    overlaps(&operations, &paths, report);
    operations
}

/// The mode, unless no engine for it is built yet.
pub(crate) fn mode(said: &Spanned<ModeSpec>, report: &mut Report<'_>) -> Option<Mode> {
    let word = match said.value {
        ModeSpec::Built(mode) => return Some(mode),
        ModeSpec::Verify => "verify",
        ModeSpec::Statistics => "statistics",
    };
    let message = format!("the mode `{word}` is not built yet");
    report.add(said.place, Rule::ModeNotBuilt, message, "leave this operation or mode out for now");
    None
}

fn read(
    said: &OperationSaid,
    around: &mut OperationContext<'_>,
    report: &mut Report<'_>,
) -> Option<Operation> {
    let id = report.name(&said.id);
    let mode = mode(&said.mode, report);
    let parameters = parameters(said, around, report);
    let template = template(&said.path, parameters.as_deref(), report);
    if let (Some(parameters), Some(template)) = (&parameters, &template) {
        undrawn(said, parameters, template, report);
    }
    let records = match &said.records {
        None => Some(FieldPath::root()),
        Some(said) => report.path(said),
    };
    let envelope = said.envelope.iter().filter_map(|said| report.path(said)).collect();
    let subjects = subjects(said, around, report);
    let searched = |parameter: &Parameter| {
        let field = parameter.searches.map(|ix| &around.fields.list[usize::from(ix)].path);
        field.is_some_and(|path| subjects.contains(path))
    };
    let parameters = parameters.map(|all| {
        let mark = |parameter: Parameter| Parameter {
            subject: parameter.subject || searched(&parameter),
            ..parameter
        };
        all.into_iter().map(mark).collect()
    });
    let max_records = match (&said.max_records, mode) {
        (Some(said), _) => report.number(said, 1, MOST_RECORDS),
        (None, Some(Mode::Query)) => Some(DEFAULT_QUERY_RECORDS),
        (None, _) => Some(DEFAULT_RECORDS),
    };
    Some(Operation {
        id: id?,
        method: said.method.value,
        template: template?,
        mode: mode?,
        parameters: parameters?,
        records: records?,
        envelope,
        subjects,
        max_records: max_records?,
        approval: said.approval.unwrap_or(false),
        intent: said.record.is_some() || mode == Some(Mode::Submit),
    })
}

fn subjects(
    said: &OperationSaid,
    around: &OperationContext<'_>,
    report: &mut Report<'_>,
) -> Vec<FieldPath> {
    let names = |parameter: &ParameterSaid| {
        let said =
            |flag: &Option<Spanned<bool>>, default| flag.as_ref().map_or(default, |f| f.value);
        said(&parameter.subject, false) && said(&parameter.required, true)
    };
    if around.personal && around.opaque && !said.parameters.iter().any(names) {
        let message = format!("`{}` hands out files and does not say about whom", said.id.value);
        let advice = "mark the required parameter that identifies the person: `subject: true`";
        report.add(said.id.place, Rule::SubjectsMissing, message, advice);
    } else if around.personal && !around.opaque && said.subjects.is_empty() {
        let message = format!(
            "`{}` answers about persons and does not say where their identifiers stand",
            said.id.value
        );
        let advice = "add `subjects: [$.id_number]` with the fields that identify the persons";
        report.add(said.id.place, Rule::SubjectsMissing, message, advice);
    }
    let found = said.subjects.iter().filter_map(|said| around.fields.find(said, report));
    found.map(|ix| around.fields.list[usize::from(ix)].path.clone()).collect()
}

/// All parameters, or nothing when one of them could not be read.
fn parameters(
    said: &OperationSaid,
    around: &mut OperationContext<'_>,
    report: &mut Report<'_>,
) -> Option<Vec<Parameter>> {
    if let Some(beyond) = said.parameters.get(MOST_PARAMETERS) {
        let message = format!("`{}` has {} parameters", said.id.value, said.parameters.len());
        let advice = format!("declare at most {MOST_PARAMETERS}");
        report.add(beyond.name.place, Rule::BadNumber, message, advice);
        return None;
    }
    let mut seen = HashSet::new();
    let mut all = Some(Vec::with_capacity(said.parameters.len()));
    for declared in &said.parameters {
        let new = is_new(&mut seen, &declared.name, "parameters", report);
        let read = parameter(declared, said.method.value, around, report);
        all = match (all, read, new) {
            (Some(mut all), Some(parameter), true) => {
                all.push(parameter);
                Some(all)
            }
            _ => None,
        };
    }
    all
}

fn parameter(
    said: &ParameterSaid,
    method: Method,
    around: &mut OperationContext<'_>,
    report: &mut Report<'_>,
) -> Option<Parameter> {
    let name = &said.name;
    if check_parameter_name(&name.value).is_err() {
        let message = format!("`{}` can't name a parameter", name.value);
        let advice = "write 1 to 63 letters, digits, `_` and `-`";
        report.add(name.place, Rule::BadId, message, advice);
    }
    if said.place == ParameterLocation::Body && method == Method::Get {
        let message = format!("a GET request has no body for `{}` to stand in", name.value);
        let advice = "make the operation's method POST, or write `in: query`";
        report.add(name.place, Rule::BodyNotAllowed, message, advice);
    }
    let required = said.required.as_ref().is_none_or(|required| required.value);
    if let (ParameterLocation::Path, false, Some(place)) = (said.place, required, &said.required) {
        let message = format!("`{}` stands in the path and can't be left out", name.value);
        report.add(place.place, Rule::PathParameterOptional, message, "remove `required: false`");
    }
    let searches = said.searches.as_ref().and_then(|path| around.fields.find(path, report));
    let rule = value_rule(said, around, report)?;
    Some(Parameter {
        name: name.value.as_str().into(),
        place: said.place,
        rule,
        required,
        searches,
        subject: said.subject.as_ref().is_some_and(|subject| subject.value),
    })
}

fn value_rule(
    said: &ParameterSaid,
    around: &mut OperationContext<'_>,
    report: &mut Report<'_>,
) -> Option<ValueRule> {
    let kind = said.kind.unwrap_or(TypeSpec::Text);
    misplaced_rules(said, kind, report);
    match kind {
        TypeSpec::Text => {
            let Some(pattern) = &said.pattern else {
                let message = format!("the text parameter `{}` has no pattern", said.name.value);
                let advice = "add `pattern: '…'`; it is matched against the whole value";
                report.add(said.name.place, Rule::PatternMissing, message, advice);
                return None;
            };
            let pattern = report.pattern(pattern, around.patterns);
            let max_chars = match &said.max_chars {
                None => Some(DEFAULT_MAX_CHARS),
                Some(said) => report.number(said, 1, MOST_CHARS),
            };
            Some(ValueRule::Text { pattern: pattern?, max_chars: max_chars? })
        }
        TypeSpec::Integer => {
            let (Some(min), Some(max)) = (&said.min, &said.max) else {
                let message = format!("the integer parameter `{}` has no bounds", said.name.value);
                let advice = "add both `min: …` and `max: …`";
                report.add(said.name.place, Rule::BoundsMissing, message, advice);
                return None;
            };
            if min.value > max.value {
                let message = format!("no number is from {} to {}", min.value, max.value);
                let advice = "make `min` the smaller one";
                report.add(min.place, Rule::BoundsMissing, message, advice);
                return None;
            }
            Some(ValueRule::Integer { min: min.value, max: max.value })
        }
        TypeSpec::Boolean => Some(ValueRule::Boolean),
    }
}

/// Reports rules of another type, which would not be kept.
fn misplaced_rules(said: &ParameterSaid, kind: TypeSpec, report: &mut Report<'_>) {
    let of_text = [
        ("pattern", said.pattern.as_ref().map(|said| said.place)),
        ("max_chars", said.max_chars.as_ref().map(|said| said.place)),
    ];
    let of_integer = [
        ("min", said.min.as_ref().map(|said| said.place)),
        ("max", said.max.as_ref().map(|said| said.place)),
    ];
    let text = (kind != TypeSpec::Text).then_some(of_text).into_iter().flatten();
    let integer = (kind != TypeSpec::Integer).then_some(of_integer).into_iter().flatten();
    for (key, place) in text.chain(integer) {
        if let Some(place) = place {
            let message = format!("`{key}` is no rule for a parameter of this type");
            let advice = "remove it, or correct the parameter's `type`";
            report.add(place, Rule::ParameterRule, message, advice);
        }
    }
}

fn template(
    said: &Spanned<String>,
    parameters: Option<&[Parameter]>,
    report: &mut Report<'_>,
) -> Option<Template> {
    let refuse = |report: &mut Report<'_>, why: &str| {
        let message = format!("`{}` is no path: {why}", said.value);
        let advice = "write `/name/{parameter}`, or `/` for the entry itself";
        report.add(said.place, Rule::BadTemplate, message, advice);
    };
    let Some(path) = said.value.strip_prefix('/') else {
        refuse(report, "it does not start with `/`");
        return None;
    };
    let mut segments = Vec::new();
    let mut right = true;
    for text in path.split('/').filter(|_| !path.is_empty()) {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let Some(parameters) = parameters else { continue };
            match drawn(said, name, parameters, &segments, report) {
                Some(ix) => segments.push(Segment::Parameter(ix)),
                None => right = false,
            }
        } else if let Err(why) = check_literal(text) {
            refuse(report, why);
            return None;
        } else {
            segments.push(Segment::Literal(text.into()));
        }
    }
    if segments.len() > MOST_SEGMENTS {
        refuse(report, "it has more than 30 segments");
        right = false;
    }
    (right && parameters.is_some()).then_some(Template { segments })
}

/// The index of the parameter that a `{name}` in a path draws.
fn drawn(
    path: &Spanned<String>,
    name: &str,
    parameters: &[Parameter],
    before: &[Segment],
    report: &mut Report<'_>,
) -> Option<u16> {
    let in_path = |parameter: &&Parameter| parameter.place == ParameterLocation::Path;
    let found =
        parameters.iter().position(|p| p.place == ParameterLocation::Path && *p.name == *name);
    let Some(ix) = found else {
        let place = within(path, &format!("{{{name}}}"));
        let said = Spanned { value: name.to_owned(), place };
        let known = parameters.iter().filter(in_path).map(|parameter| &*parameter.name);
        unknown(report, &said, Rule::TemplateParameter, "path parameter", known);
        return None;
    };
    let segment = Segment::Parameter(ix as u16);
    if before.contains(&segment) {
        let message = format!("`{{{name}}}` stands twice in the path");
        report.add(path.place, Rule::TemplateParameter, message, "give the second its own name");
        return None;
    }
    Some(ix as u16)
}

/// The place of a part of a text that was written without escapes; else that of the whole.
fn within(said: &Spanned<String>, part: &str) -> Position {
    let chars = said.value.chars().count();
    match said.value.find(part) {
        Some(at) if said.place.width as usize == chars => Position {
            column: said.place.column + said.value[..at].chars().count() as u32,
            width: part.chars().count() as u32,
            ..said.place
        },
        _ => said.place,
    }
}

/// Reports parameters `in: path` that the path does not draw.
fn undrawn(
    said: &OperationSaid,
    parameters: &[Parameter],
    template: &Template,
    report: &mut Report<'_>,
) {
    for (ix, (parameter, declared)) in parameters.iter().zip(&said.parameters).enumerate() {
        let drawn = template.segments.contains(&Segment::Parameter(ix as u16));
        if parameter.place == ParameterLocation::Path && !drawn {
            let message = format!("the path `{}` has no `{{{}}}`", said.path.value, parameter.name);
            let advice = format!("write `/{{{}}}` in the path, or `in: query`", parameter.name);
            report.add(declared.name.place, Rule::TemplateParameter, message, advice);
        }
    }
}

/// Checks that a request's path can have this text as a segment.
pub(crate) fn check_literal(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("a segment is empty");
    }
    if text == "." || text == ".." {
        return Err("a segment is `.` or `..`");
    }
    if text.contains(['{', '}']) {
        return Err("a parameter is a whole segment, `/{name}`");
    }
    if text.contains(['\\', '%', ';', '?', '#']) || text.chars().any(char::is_control) {
        return Err("it holds `\\`, `%`, `;`, `?`, `#` or a control character");
    }
    Ok(())
}

/// Reports operations that a request could mean as well as an earlier one.
fn overlaps(operations: &[Operation], paths: &[Position], report: &mut Report<'_>) {
    for (ix, (later, place)) in operations.iter().zip(paths).enumerate() {
        let same = |earlier: &&Operation| {
            earlier.method == later.method && meet(&earlier.template, &later.template)
        };
        if let Some(earlier) = operations[..ix].iter().find(same) {
            let message = format!(
                "a {} request can mean both `{}` and `{}`",
                later.method.as_str(),
                earlier.id,
                later.id
            );
            let advice = "give one of them another path or method";
            report.add(*place, Rule::OverlappingOperations, message, advice);
        }
    }
}

/// Says whether some path fits both templates.
fn meet(a: &Template, b: &Template) -> bool {
    a.segments.len() == b.segments.len()
        && a.segments.iter().zip(&b.segments).all(|pair| match pair {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            _ => true,
        })
}
