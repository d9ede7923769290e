//! The statement of a term to a consumer that it is for: what it asks, and what the consumer would
//! see under it. Of those named in it (systems, people) only the consumer's own.

use serde::Serialize;
use serde_json::Value;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::field::Field;
use sluice_core::domain::offer::Offer;
use sluice_core::domain::registry::Department;
use sluice_core::domain::terms::{Binding, Bound, CaseRule, Operators, Purposes, Term};
use sluice_core::domain::view::{Shown, View};
use sluice_core::ledger::time::rfc3339;

use super::entry_context::EntryContext;
use crate::exchange::routes::term_statement::{BudgetLimit, RateStatement, TermObligations};
use crate::limits::Rates;
use crate::problem;

/// A term that is for the asker's department.
#[derive(Debug, Serialize)]
pub struct OwnTerm<'a> {
    /// The basis, as records and refusals name it: `term/<id>`.
    pub basis: String,
    /// True if some call can be permitted by it now.
    pub holds: bool,
    /// The lacks that remain for the asker, however well a request fits it.
    pub lacking: Vec<Value>,
    /// The ways of use it allows.
    pub modes: Vec<&'static str>,
    /// The operations that can be permitted by it now.
    pub operations: Vec<UsableOperation<'a>>,
    /// The rule on the purpose.
    pub purpose: Purpose<'a>,
    /// The rule on the case.
    pub case: Case<'a>,
    /// The rule on the consent of the person concerned.
    pub consent: Consent,
    /// The rule on the operator.
    pub operator: Operator<'a>,
    /// Parameters whose value it fixes.
    pub bindings: Vec<BoundParameter<'a>>,
    /// Fields that may be searched by although they are not shown.
    pub lookups: Vec<&'a str>,
    /// The rates at which it may be called.
    pub rates: Vec<RateStatement>,
    /// The budget of the department under it; `GET /-/limits` says what is left.
    pub budget: Vec<BudgetLimit>,
    /// The beginning of its period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The end of its period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The parts of the declared context that the provider is told: `case`, `consent`, `operator`.
    pub tells: Vec<&'static str>,
    /// The obligations of the consumer.
    pub obligations: TermObligations<'a>,
    /// The fields as the consumer sees them; only where the term holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldView<'a>>>,
    /// The views of records that fulfil a condition of the entry's, in their order; only where
    /// the term holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_conditions: Vec<ConditionalView<'a>>,
}

/// An operation, as far as a term goes.
#[derive(Debug, Serialize)]
pub struct UsableOperation<'a> {
    /// Its id.
    pub id: &'a str,
    /// Parameters that the term does not allow, as they search by what it does not show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<&'a str>,
}

/// The rule on purposes.
#[derive(Debug, Serialize)]
pub struct Purpose<'a> {
    /// `waived`, `any-registered` or `listed`.
    pub rule: &'static str,
    /// The listed purposes: code and title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<PurposeCode<'a>>,
}

/// A purpose.
#[derive(Debug, Serialize)]
pub struct PurposeCode<'a> {
    /// The code, as `Exchange-Purpose` has it.
    pub code: &'a str,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// The ways of use that it allows, if not all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<&'static str>,
    /// The kinds of data that it allows, if not all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<&'static str>,
}

/// The rule on case references.
#[derive(Debug, Serialize)]
pub struct Case<'a> {
    /// `optional` or `required`.
    pub rule: &'static str,
    /// The pattern that a reference must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<&'a str>,
}

/// The rule on references to a consent.
#[derive(Debug, Serialize)]
pub struct Consent {
    /// `optional` or `required`.
    pub rule: &'static str,
}

/// The rule on operators.
#[derive(Debug, Serialize)]
pub struct Operator<'a> {
    /// `optional`, `required` or `listed`.
    pub rule: &'static str,
    /// The listed people of the asker's department.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<&'a str>,
}

/// A parameter with the value that it must have.
#[derive(Debug, Serialize)]
pub struct BoundParameter<'a> {
    /// The parameter.
    pub parameter: &'a str,
    /// Its one value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<&'a str>,
    /// A division code within this region, the asker's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<&'a str>,
}

/// A field as the consumer would see it.
#[derive(Debug, Serialize)]
pub struct FieldView<'a> {
    /// The path in a record.
    pub path: &'a str,
    /// The title.
    pub title: &'a str,
    /// The type of its value.
    pub r#type: &'static str,
    /// The level, 1 to 4.
    pub level: u8,
    /// `passed`, `masked` or `dropped`.
    pub shown: &'static str,
    /// The mask that stands in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
}

/// The view of a record that fulfils a condition.
#[derive(Debug, Serialize)]
pub struct ConditionalView<'a> {
    /// The condition's place among the entry's, from 0.
    pub condition: usize,
    /// True if nothing of the record is shown.
    pub withheld: bool,
    /// The fields that it sees otherwise than without the condition.
    pub fields: Vec<FieldView<'a>>,
}

impl<'a> OwnTerm<'a> {
    pub(in crate::exchange) fn of(
        seen: EntryContext<'a>,
        offer: &Offer,
        ix: u16,
        term: &'a Term,
    ) -> OwnTerm<'a> {
        let policy = &seen.asker.release.policy;
        let consumer = &policy.registry().departments()[seen.asker.peer.department as usize];
        let operations = usable(seen, offer, ix, term);
        let holds = !operations.is_empty();
        let view = term.view_of(&seen.entry.views);
        let tells = [
            (term.tells_case, "case"),
            (term.tells_consent, "consent"),
            (term.tells_operator, "operator"),
        ];
        let path = |field: &u16| &*seen.paths[usize::from(*field)];
        let time = |moment: UnixMillis| rfc3339(moment).to_string();
        OwnTerm {
            basis: term.basis(),
            holds,
            lacking: lacking(offer, ix),
            modes: term.modes.iter().map(|mode| mode.as_str()).collect(),
            operations,
            purpose: purpose(seen, &term.purposes),
            case: case(&term.case),
            consent: Consent { rule: if term.consent { "required" } else { "optional" } },
            operator: operator(consumer, &term.operators),
            bindings: term
                .bindings
                .iter()
                .map(|binding| BoundParameter::of(consumer, binding))
                .collect(),
            lookups: term.lookups.iter().map(path).collect(),
            budget: BudgetLimit::all(term),
            rates: RateStatement::all(&Rates::of(policy, seen.entry, term)),
            from: term.from.map(time),
            until: term.until.map(time),
            tells: tells.into_iter().filter(|(told, _)| *told).map(|(_, word)| word).collect(),
            obligations: TermObligations::of(&term.obligations),
            fields: holds.then(|| sights(seen, &view.fields).collect()),
            under_conditions: if holds { under_conditions(seen, view) } else { Vec::new() },
        }
    }
}

/// The lacks of a term for the operation that it comes nearest to permitting; nothing where
/// it permits one.
fn lacking(offer: &Offer, term: u16) -> Vec<Value> {
    let operations = offer.operations.iter();
    let nearest = operations.filter_map(|one| one.lacking(term)).min_by_key(|lacks| lacks.len());
    nearest.unwrap_or_default().iter().map(problem::lacking_to_json).collect()
}

fn usable<'a>(
    seen: EntryContext<'a>,
    offer: &Offer,
    ix: u16,
    term: &Term,
) -> Vec<UsableOperation<'a>> {
    let operations = seen.entry.operations.iter().enumerate();
    let usable = operations.filter(|(operation, _)| offer.permits_by(*operation, ix));
    let hidden = |field: u16| !term.may_search(term.view_of(&seen.entry.views), field);
    let usable = usable.map(|(_, operation)| {
        let without = operation.parameters.iter().filter(|one| one.searches.is_some_and(hidden));
        let without = without.map(|parameter| &*parameter.name).collect();
        UsableOperation { id: operation.id.as_str(), without }
    });
    usable.collect()
}

fn purpose<'a>(seen: EntryContext<'a>, purposes: &'a Purposes) -> Purpose<'a> {
    let registry = seen.asker.release.policy.registry();
    match purposes {
        Purposes::Waived => Purpose { rule: "waived", allowed: Vec::new() },
        Purposes::AnyRegistered => Purpose { rule: "any-registered", allowed: Vec::new() },
        Purposes::Listed(codes) => {
            let allowed = codes.iter().map(|code| {
                let purpose = registry.purpose(code.as_str());
                let modes = purpose.iter().flat_map(|purpose| &purpose.modes);
                let categories = purpose.iter().flat_map(|purpose| &purpose.categories);
                PurposeCode {
                    code: code.as_str(),
                    title: purpose.map(|purpose| &*purpose.title),
                    modes: modes.map(|mode| mode.as_str()).collect(),
                    categories: categories.map(|category| category.as_str()).collect(),
                }
            });
            Purpose { rule: "listed", allowed: allowed.collect() }
        }
    }
}

fn case(rule: &CaseRule) -> Case<'_> {
    match rule {
        CaseRule::Optional => Case { rule: "optional", pattern: None },
        CaseRule::Required(pattern) => {
            Case { rule: "required", pattern: pattern.as_ref().map(|pattern| pattern.as_str()) }
        }
    }
}

fn operator<'a>(consumer: &Department, rule: &'a Operators) -> Operator<'a> {
    match rule {
        Operators::Optional => Operator { rule: "optional", people: Vec::new() },
        Operators::Required => Operator { rule: "required", people: Vec::new() },
        Operators::Listed(people) => {
            let own =
                people.iter().map(|id| id.as_str()).filter(|id| consumer.person(id).is_some());
            Operator { rule: "listed", people: own.collect() }
        }
    }
}

impl<'a> BoundParameter<'a> {
    fn of(consumer: &'a Department, binding: &'a Binding) -> BoundParameter<'a> {
        let (equals, within) = match &binding.to {
            Bound::Exactly(only) => (Some(&**only), None),
            Bound::OwnRegion => (None, consumer.region.as_deref()),
        };
        BoundParameter { parameter: &binding.parameter, equals, within }
    }
}

fn sights<'a>(seen: EntryContext<'a>, shown: &[Shown]) -> impl Iterator<Item = FieldView<'a>> {
    let fields = seen.entry.fields.iter().zip(seen.paths).zip(shown);
    fields.map(|((field, path), shown)| FieldView::of(field, path, *shown))
}

fn under_conditions<'a>(seen: EntryContext<'a>, view: &View) -> Vec<ConditionalView<'a>> {
    let conditions = &seen.entry.conditions;
    let under = (0..conditions.len()).map(|condition| match view.under(conditions, condition) {
        None => ConditionalView { condition, withheld: true, fields: Vec::new() },
        Some(shown) => {
            let differs = sights(seen, shown).zip(shown.iter().zip(&view.fields));
            let differing = differs.filter(|(_, (under, without))| under != without);
            let fields = differing.map(|(sight, _)| sight).collect();
            ConditionalView { condition, withheld: false, fields }
        }
    });
    under.collect()
}

impl<'a> FieldView<'a> {
    fn of(field: &'a Field, path: &'a str, shown: Shown) -> FieldView<'a> {
        let mask = field.mask.as_ref().filter(|_| shown == Shown::Masked);
        FieldView {
            path,
            title: &field.title,
            r#type: field.kind.as_str(),
            level: field.level.number(),
            shown: shown.as_str(),
            mask: mask.map(ToString::to_string),
        }
    }
}
