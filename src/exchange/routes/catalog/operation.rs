//! The statement of an operation: how a request to it is written, and whether one can be permitted.

use serde::Serialize;
use sluice_core::domain::entry::{self, Segment};
use sluice_core::domain::offer::Offer;
use sluice_core::domain::parameter::{self, Rule};

use super::entry_context::EntryContext;
use super::item::DenialReason;

/// An operation of an entry.
#[derive(Debug, Serialize)]
pub struct Operation<'a> {
    /// Its id within the entry.
    pub id: &'a str,
    /// The method.
    pub method: &'static str,
    /// The whole path below the gateway, parameters in braces.
    pub path: String,
    /// The way of use.
    pub mode: &'static str,
    /// True if some call of it can be permitted to the asker now.
    pub callable: bool,
    /// The reason why not, unless that is so of the whole entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<DenialReason<'a>>,
    /// The parameters of a request.
    pub parameters: Vec<Parameter<'a>>,
    /// The place of the records in the answer.
    pub records: String,
    /// Most records in an answer.
    pub max_records: u32,
    /// True if it is for approved grants only.
    pub approval: bool,
    /// True if it stands in the log before the provider is asked.
    pub record_first: bool,
}

/// The parameters of a request.
#[derive(Debug, Serialize)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// The location: `path`, `query` or `body`.
    pub r#in: &'static str,
    /// `text`, `integer` or `boolean`.
    pub r#type: &'static str,
    /// The pattern that the whole of a text must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<&'a str>,
    /// Longest text in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
    /// Least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// True if it must be given.
    pub required: bool,
    /// The field that it searches by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searches: Option<&'a str>,
    /// True if it identifies the person who is asked about.
    pub subject: bool,
}

impl<'a> Operation<'a> {
    pub(in crate::exchange) fn of(
        seen: EntryContext<'a>,
        offer: &Offer,
        ix: usize,
        operation: &'a entry::Operation,
    ) -> Operation<'a> {
        let offered = &offer.operations[ix];
        // What closes the whole entry is said of the entry.
        let why = offered.denial.as_ref().filter(|_| offer.closed.is_none());
        Operation {
            id: operation.id.as_str(),
            method: operation.method.as_str(),
            path: path(seen.entry, operation),
            mode: operation.mode.as_str(),
            callable: offer.permits(ix),
            why: why.map(|denial| DenialReason::of(seen.asker, seen.entry, denial)),
            parameters: operation.parameters.iter().map(|one| Parameter::of(seen, one)).collect(),
            records: operation.records.to_string(),
            max_records: operation.max_records,
            approval: operation.is_for_grants_only(),
            record_first: operation.intent,
        }
    }
}

impl<'a> Parameter<'a> {
    fn of(seen: EntryContext<'a>, parameter: &'a parameter::Parameter) -> Parameter<'a> {
        let told = Parameter {
            name: &parameter.name,
            r#in: parameter.place.as_str(),
            r#type: "boolean",
            pattern: None,
            max_chars: None,
            min: None,
            max: None,
            required: parameter.required,
            searches: parameter.searches.map(|field| &*seen.paths[usize::from(field)]),
            subject: parameter.subject,
        };
        match &parameter.rule {
            Rule::Text { pattern, max_chars } => Parameter {
                r#type: "text",
                pattern: Some(pattern.as_str()),
                max_chars: Some(*max_chars),
                ..told
            },
            Rule::Integer { min, max } => {
                Parameter { r#type: "integer", min: Some(*min), max: Some(*max), ..told }
            }
            Rule::Boolean => told,
        }
    }
}

fn path(entry: &entry::Entry, operation: &entry::Operation) -> String {
    let mut path = format!("/{}", entry.id);
    for segment in &operation.template.segments {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Parameter(ix) => {
                let name = &operation.parameters[usize::from(*ix)].name;
                path.extend(["{", name, "}"]);
            }
        }
    }
    path
}
