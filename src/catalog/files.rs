//! The shapes of the catalog's files: what was said. What it means is `sluice_core::domain`'s, and
//! `catalog/README.md` is where the format is written down.

use sluice_core::domain::entry::{Category, FieldKind, Method, Mode, Open, Origin};
use sluice_core::domain::parameter::Place as Where;
use sluice_core::domain::registry::Role;

use super::shape::{Report, Said, Shape, shape, words};
use super::yaml::{Kind, Node};

shape! {
    /// `departments.yaml`.
    RegistryFile, "the registry" {
        purposes: Vec<PurposeSaid>,
        groups: Vec<GroupSaid>,
        departments: Vec<DepartmentSaid>,
    }
}

shape! {
    /// What an exchange may be for.
    PurposeSaid, "a purpose" {
        code: Said<String>,
        title: Said<String>,
    }
}

shape! {
    /// Departments that terms may name together.
    GroupSaid, "a group" {
        id: Said<String>,
        members: Vec<Said<String>>,
    }
}

shape! {
    /// A department with its systems and people.
    DepartmentSaid, "a department" {
        id: Said<String>,
        title: Said<String>,
        title_en: Option<Said<String>>,
        parent: Option<Said<String>>,
        region: Option<Said<String>>,
        active: Option<bool>,
        upstream_addresses: Vec<Said<String>>,
        systems: Vec<SystemSaid>,
        people: Vec<PersonSaid>,
    }
}

shape! {
    /// A program of a department.
    SystemSaid, "a system" {
        id: Said<String>,
        active: Option<bool>,
    }
}

shape! {
    /// A person of a department.
    PersonSaid, "a person" {
        id: Said<String>,
        roles: Vec<Role>,
        active: Option<bool>,
    }
}

shape! {
    /// `<department>/<entry>.yaml`.
    EntryFile, "an entry" {
        title: Said<String>,
        title_en: Option<Said<String>>,
        code: Option<Said<String>>,
        classification: Option<Said<String>>,
        summary: Option<Said<String>>,
        standard: Option<Said<String>>,
        update_cycle: Option<Said<String>>,
        published: Option<Said<String>>,
        contact: Said<String>,
        open: Option<Open>,
        class: Said<ClassSaid>,
        category: Category,
        level: Said<i64>,
        personal: bool,
        origin: Option<Origin>,
        secret: Option<Said<bool>>,
        exception: Option<Said<String>>,
        active: Option<bool>,
        clearance: Option<Said<i64>>,
        waives_purpose: Option<Said<bool>>,
        rate: Option<Said<String>>,
        withholding: Option<Said<WithholdingSaid>>,
        upstream: Option<Said<UpstreamSaid>>,
        operations: Vec<OperationSaid>,
        fields: Vec<FieldSaid>,
        terms: Vec<TermSaid>,
    }
}

shape! {
    /// Why an entry is not shared.
    WithholdingSaid, "a withholding" {
        reason: Said<String>,
        legal_basis: Said<String>,
        approver: Said<String>,
    }
}

shape! {
    /// Where the provider answers.
    UpstreamSaid, "an upstream" {
        addresses: Vec<Said<String>>,
        base_path: Option<Said<String>>,
        total_timeout_ms: Option<Said<i64>>,
    }
}

shape! {
    /// One way to ask.
    OperationSaid, "an operation" {
        id: Said<String>,
        method: Said<Method>,
        path: Said<String>,
        mode: Said<ModeSaid>,
        records: Option<Said<String>>,
        envelope: Vec<Said<String>>,
        subjects: Vec<Said<String>>,
        max_records: Option<Said<i64>>,
        approval: Option<bool>,
        parameters: Vec<ParameterSaid>,
    }
}

shape! {
    /// What a request may say.
    ParameterSaid, "a parameter" {
        name: Said<String>,
        place as "in": Where,
        kind as "type": Option<TypeSaid>,
        pattern: Option<Said<String>>,
        max_chars: Option<Said<i64>>,
        min: Option<Said<i64>>,
        max: Option<Said<i64>>,
        required: Option<Said<bool>>,
        searches: Option<Said<String>>,
    }
}

shape! {
    /// A field of a record.
    FieldSaid, "a field" {
        path: Said<String>,
        title: Said<String>,
        kind as "type": Option<FieldKind>,
        level: Said<i64>,
        mask: MaskKey,
        sensitive: Option<SensitiveSaid>,
        approval: Option<bool>,
    }
}

shape! {
    /// A mask that keeps the ends of a value.
    KeepSaid, "a mask that keeps ends" {
        front: Option<Said<i64>>,
        end: Option<Said<i64>>,
        with: Option<Said<String>>,
    }
}

shape! {
    /// A mask with arguments: exactly one of the two.
    MaskWithArguments, "a mask" {
        keep: Option<Said<KeepSaid>>,
        constant: Option<Said<String>>,
    }
}

shape! {
    /// Who may use the entry, how and for what.
    TermSaid, "a term" {
        id: Said<String>,
        consumers: Vec<Said<String>>,
        systems: Vec<Said<String>>,
        modes: Option<Vec<Said<ModeSaid>>>,
        purposes: Vec<Said<String>>,
        case: Option<Said<CaseSaid>>,
        operators: Option<OperatorsSaid>,
        bindings: Vec<Said<BindingSaid>>,
        lookups: Vec<Said<String>>,
        clearance: Said<i64>,
        fields: Option<Vec<Said<String>>>,
        rate: Option<Said<String>>,
        burst: Option<Said<i64>>,
        from: Option<Said<String>>,
        until: Option<Said<String>>,
        tells: Vec<TellsSaid>,
        agreement: Option<Said<String>>,
        legal_basis: Option<Said<String>>,
        retention: Option<Said<String>>,
    }
}

shape! {
    /// A pattern that case references must match.
    CasePattern, "a case rule" {
        pattern: Said<String>,
    }
}

shape! {
    /// A parameter tied to a value: exactly one of `to` and `equals`.
    BindingSaid, "a binding" {
        parameter: Said<String>,
        to: Option<BoundSaid>,
        equals: Option<Said<String>>,
    }
}

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
            Kind::Sequence(_) => Vec::read(node, report).map(OperatorsSaid::Listed),
            _ => Required::read(node, report).map(|_| OperatorsSaid::Required),
        }
    }
}

/// The word `required`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required;

/// How an entry is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClassSaid {
    Unconditional,
    Restricted,
    NonShared,
}

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

/// What the provider is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TellsSaid {
    Case,
    Operator,
}

words! {
    Required { "required" => Required, }
    ClassSaid {
        "unconditional" => ClassSaid::Unconditional,
        "restricted" => ClassSaid::Restricted,
        "non-shared" => ClassSaid::NonShared,
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
    Where {
        "path" => Where::Path,
        "query" => Where::Query,
        "body" => Where::Body,
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
    }
}
