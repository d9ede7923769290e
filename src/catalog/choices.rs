//! The words that may stand in the catalog's files, and values that take one of several forms.

use serde_json::{Value, json};
use sluice_core::domain::entry::{Category, FieldKind, Method, Mode, Open, Origin, Sharing};
use sluice_core::domain::mask::PRESETS;
use sluice_core::domain::parameter::ParameterLocation;
use sluice_core::domain::registry::Role;
use sluice_core::grant::Escalates;

use super::files::{CasePattern, MaskWithArguments};
use super::rule::Rule;
use super::shape::{Report, Said, Shape, words};
use super::yaml::{Kind, Node};

/// A field's mask, if it has one. Of its own type since `mask: null` is a mask, not its absence.
#[derive(Clone, Debug)]
pub(crate) struct MaskKey(pub(crate) Option<Said<MaskSaid>>);

impl Shape for MaskKey {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<MaskKey> {
        Said::read(node, report).map(|mask| MaskKey(Some(mask)))
    }

    fn absent() -> Option<MaskKey> {
        Some(MaskKey(None))
    }

    fn schema() -> Value {
        MaskSaid::schema()
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
        Kind::Sequence(elements) => elements.is_empty(),
        _ => list.is_empty(),
    };
    if nothing {
        let advice = "list at least one, or remove the key";
        report.add(node.place, Rule::EmptyLimit, "this list would allow nothing", advice);
    }
}

/// A preset's name, or a mask with arguments.
#[derive(Clone, Debug)]
pub(crate) enum MaskSaid {
    Preset(String),
    With(MaskWithArguments),
}

impl Shape for MaskSaid {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<MaskSaid> {
        match &node.kind {
            Kind::Mapping(_) => MaskWithArguments::read(node, report).map(MaskSaid::With),
            Kind::Scalar { text, .. } if &**text == "null" => Some(MaskSaid::Preset("null".into())),
            _ => String::read(node, report).map(MaskSaid::Preset),
        }
    }

    fn schema() -> Value {
        let presets = PRESETS.iter().map(|(name, _)| json!(name)).chain([Value::Null]);
        json!({"anyOf": [{"enum": presets.collect::<Vec<_>>()}, MaskWithArguments::schema()]})
    }
}

/// `required`, or the pattern a case reference must match.
#[derive(Clone, Debug)]
pub(crate) enum CaseSaid {
    Required,
    Matching(CasePattern),
}

impl Shape for CaseSaid {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<CaseSaid> {
        match &node.kind {
            Kind::Mapping(_) => CasePattern::read(node, report).map(CaseSaid::Matching),
            _ => Required::read(node, report).map(|_| CaseSaid::Required),
        }
    }

    fn schema() -> Value {
        json!({"anyOf": [Required::schema(), CasePattern::schema()]})
    }
}

/// `required`, or the people who may be named.
#[derive(Clone, Debug)]
pub(crate) enum OperatorsSaid {
    Required,
    Listed(Vec<Said<String>>),
}

impl Shape for OperatorsSaid {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<OperatorsSaid> {
        match &node.kind {
            Kind::Sequence(_) => {
                let people = Vec::read(node, report)?;
                require_some(&people, node, report);
                Some(OperatorsSaid::Listed(people))
            }
            _ => Required::read(node, report).map(|_| OperatorsSaid::Required),
        }
    }

    fn schema() -> Value {
        json!({"anyOf": [Required::schema(), Vec::<Said<String>>::schema()]})
    }
}

/// The word `required`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required;

/// A way of use, with those that the gateway has no engine for yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModeSaid {
    Built(Mode),
    Verify,
    Statistics,
}

/// What a parameter's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeSaid {
    Text,
    Integer,
    Boolean,
}

/// The sensitive kind of a field, where its path and title don't tell, or tell wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SensitiveSaid {
    IdNumber,
    Biometric,
    BankAccount,
    Communication,
    Property,
    Transaction,
    Child,
    /// Not sensitive, whatever it is called.
    None,
}

/// What a parameter is tied to without a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundSaid {
    OwnRegion,
}

/// What the log must know before the provider is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordSaid {
    Intent,
}

/// What the provider is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TellsSaid {
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
    ModeSaid {
        "query" => ModeSaid::Built(Mode::Query),
        "search" => ModeSaid::Built(Mode::Search),
        "bulk" => ModeSaid::Built(Mode::Bulk),
        "submit" => ModeSaid::Built(Mode::Submit),
        "verify" => ModeSaid::Verify,
        "statistics" => ModeSaid::Statistics,
    }
    TypeSaid {
        "text" => TypeSaid::Text,
        "integer" => TypeSaid::Integer,
        "boolean" => TypeSaid::Boolean,
    }
    RecordSaid {
        "intent" => RecordSaid::Intent,
    }
    SensitiveSaid {
        "id-number" => SensitiveSaid::IdNumber,
        "biometric" => SensitiveSaid::Biometric,
        "bank-account" => SensitiveSaid::BankAccount,
        "communication" => SensitiveSaid::Communication,
        "property" => SensitiveSaid::Property,
        "transaction" => SensitiveSaid::Transaction,
        "child" => SensitiveSaid::Child,
        "none" => SensitiveSaid::None,
    }
    BoundSaid { "own-region" => BoundSaid::OwnRegion, }
    TellsSaid {
        "case" => TellsSaid::Case,
        "consent" => TellsSaid::Consent,
        "operator" => TellsSaid::Operator,
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
