//! The words of the catalog's files, and values that take one of several forms.

use serde_json::{Value, json};
use sluice_core::domain::classification::{Category, Mode, Open, Origin, Sharing};
use sluice_core::domain::entry::Method;
use sluice_core::domain::field::FieldKind;
use sluice_core::domain::mask::PRESETS;
use sluice_core::domain::parameter::ParameterLocation;
use sluice_core::domain::registry::Role;
use sluice_core::grant::Escalates;

use super::rule::Rule;
use super::shape::{Report, Shape, Spanned, shape, words};
use super::yaml::{Node, NodeKind};

/// A field's mask, if it has one. Of its own type since `mask: null` is a mask, not its absence.
#[derive(Clone, Debug)]
pub(crate) struct MaskKey(pub(crate) Option<Spanned<MaskSpec>>);

impl Shape for MaskKey {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<MaskKey> {
        Spanned::read(node, report).map(|mask| MaskKey(Some(mask)))
    }

    fn absent() -> Option<MaskKey> {
        Some(MaskKey(None))
    }

    fn schema() -> Value {
        MaskSpec::schema()
    }
}

/// A list that limits. Without it there is no limit, so an empty one must not be taken for that:
/// it is a mistake.
#[derive(Clone, Debug)]
pub(crate) struct Limit<T>(pub(crate) Option<Vec<T>>);

impl<T: Shape> Shape for Limit<T> {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<Limit<T>> {
        let list = Vec::read(node, report)?;
        require_some(&list, node, report);
        Some(Limit(Some(list)))
    }

    fn absent() -> Option<Limit<T>> {
        Some(Limit(None))
    }

    fn schema() -> Value {
        json!({"type": "array", "items": T::schema(), "minItems": 1})
    }
}

fn require_some<T>(list: &[T], node: &Node, report: &mut Report<'_>) {
    // A list whose elements could not be read was reported already.
    let nothing = match &node.kind {
        NodeKind::Sequence(elements) => elements.is_empty(),
        _ => list.is_empty(),
    };
    if nothing {
        let advice = "list at least one, or remove the key";
        report.add(node.place, Rule::EmptyLimit, "this list would allow nothing", advice);
    }
}

shape! {
    /// A mask that keeps the ends of a value.
    KeepSaid, "a mask that keeps ends" {
        /// Characters kept at the front. Default 0.
        front: Option<Spanned<i64>> => {"minimum": 0, "maximum": 10},
        /// Characters kept at the end. Default 0.
        end: Option<Spanned<i64>> => {"minimum": 0, "maximum": 10},
        /// The character for each hidden one. Default *.
        with: Option<Spanned<String>> => {"minLength": 1, "maxLength": 1},
    }
}

shape! {
    /// A mask with arguments: exactly one of the three.
    MaskWithArguments, "a mask" {
        /// Keeps the ends of a value.
        keep: Option<Spanned<KeepSaid>>,
        /// A fixed text in place of any value.
        constant: Option<Spanned<String>>,
        /// The part of a number's range that it lies in: bounds, ascending.
        range: Option<Spanned<Vec<Spanned<i64>>>> => {"minItems": 1, "maxItems": 64},
    }
}

/// A preset's name, or a mask with arguments.
#[derive(Clone, Debug)]
pub(crate) enum MaskSpec {
    Preset(String),
    With(MaskWithArguments),
}

impl Shape for MaskSpec {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<MaskSpec> {
        match &node.kind {
            NodeKind::Mapping(_) => MaskWithArguments::read(node, report).map(MaskSpec::With),
            NodeKind::Scalar { text, .. } if &**text == "null" => {
                Some(MaskSpec::Preset("null".into()))
            }
            _ => String::read(node, report).map(MaskSpec::Preset),
        }
    }

    fn schema() -> Value {
        let presets = PRESETS.iter().map(|(name, _)| json!(name)).chain([Value::Null]);
        json!({"anyOf": [{"enum": presets.collect::<Vec<_>>()}, MaskWithArguments::schema()]})
    }
}

shape! {
    /// A pattern that case references must match.
    CasePattern, "a case rule" {
        /// A regular expression that the whole reference must match.
        pattern: Spanned<String>,
    }
}

/// `required`, or the pattern a case reference must match.
#[derive(Clone, Debug)]
pub(crate) enum CaseSpec {
    Required,
    Matching(CasePattern),
}

impl Shape for CaseSpec {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<CaseSpec> {
        match &node.kind {
            NodeKind::Mapping(_) => CasePattern::read(node, report).map(CaseSpec::Matching),
            _ => Required::read(node, report).map(|_| CaseSpec::Required),
        }
    }

    fn schema() -> Value {
        json!({"anyOf": [Required::schema(), CasePattern::schema()]})
    }
}

/// `required`, or the people who may be named.
#[derive(Clone, Debug)]
pub(crate) enum OperatorsSpec {
    Required,
    Listed(Vec<Spanned<String>>),
}

impl Shape for OperatorsSpec {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<OperatorsSpec> {
        match &node.kind {
            NodeKind::Sequence(_) => {
                let people = Vec::read(node, report)?;
                require_some(&people, node, report);
                Some(OperatorsSpec::Listed(people))
            }
            _ => Required::read(node, report).map(|_| OperatorsSpec::Required),
        }
    }

    fn schema() -> Value {
        json!({"anyOf": [Required::schema(), Vec::<Spanned<String>>::schema()]})
    }
}

/// The word `required`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required;

/// A way of use, with those that the gateway has no engine for yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModeSpec {
    Built(Mode),
    Verify,
    Statistics,
}

/// The type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeSpec {
    Text,
    Integer,
    Boolean,
}

/// The sensitive kind of a field, where its path and title don't tell, or tell wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SensitiveSpec {
    IdNumber,
    Biometric,
    BankAccount,
    Communication,
    Property,
    Transaction,
    Child,
    /// Not sensitive, in spite of its name.
    None,
}

/// A value that a parameter is tied to, known from the consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundSpec {
    OwnRegion,
}

/// The record that must be durable before the provider is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordSpec {
    Intent,
}

/// The references that the provider is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TellsSpec {
    Case,
    Consent,
    Operator,
}

words! {
    Required { "required" => Required, }
    Sharing {
        "unconditional" => Sharing::Unconditional,
        "restricted" => Sharing::Restricted,
        "non-shared" => Sharing::NonShared,
    }
    Escalates {
        "on-request" => Escalates::OnRequest,
        "when-overdue" => Escalates::WhenOverdue,
    }
    ModeSpec {
        "query" => ModeSpec::Built(Mode::Query),
        "search" => ModeSpec::Built(Mode::Search),
        "bulk" => ModeSpec::Built(Mode::Bulk),
        "submit" => ModeSpec::Built(Mode::Submit),
        "verify" => ModeSpec::Verify,
        "statistics" => ModeSpec::Statistics,
    }
    TypeSpec {
        "text" => TypeSpec::Text,
        "integer" => TypeSpec::Integer,
        "boolean" => TypeSpec::Boolean,
    }
    RecordSpec {
        "intent" => RecordSpec::Intent,
    }
    SensitiveSpec {
        "id-number" => SensitiveSpec::IdNumber,
        "biometric" => SensitiveSpec::Biometric,
        "bank-account" => SensitiveSpec::BankAccount,
        "communication" => SensitiveSpec::Communication,
        "property" => SensitiveSpec::Property,
        "transaction" => SensitiveSpec::Transaction,
        "child" => SensitiveSpec::Child,
        "none" => SensitiveSpec::None,
    }
    BoundSpec { "own-region" => BoundSpec::OwnRegion, }
    TellsSpec {
        "case" => TellsSpec::Case,
        "consent" => TellsSpec::Consent,
        "operator" => TellsSpec::Operator,
    }
    Open {
        "unconditional" => Open::Unconditional,
        "restricted" => Open::Restricted,
        "prohibited" => Open::Prohibited,
    }
    Category {
        "base" => Category::Base,
        "business" => Category::Business,
        "trace" => Category::Trace,
    }
    Origin {
        "source" => Origin::Source,
        "copy" => Origin::Copy,
    }
    Method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
    }
    ParameterLocation {
        "path" => ParameterLocation::Path,
        "query" => ParameterLocation::Query,
        "body" => ParameterLocation::Body,
    }
    FieldKind {
        "text" => FieldKind::Text,
        "number" => FieldKind::Number,
        "boolean" => FieldKind::Boolean,
    }
    Role {
        "maintainer" => Role::Maintainer,
        "reviewer" => Role::Reviewer,
        "approver" => Role::Approver,
        "auditor" => Role::Auditor,
        "operator" => Role::Operator,
        "applicant" => Role::Applicant,
        "section-head" => Role::SectionHead,
        "leader" => Role::Leader,
    }
}
