//! Decides a call that is only thought of, and gives the reasoning.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Considered, Permit, consider, decide};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::facts::{BudgetUsage, Facts};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::grants::Grants;
use sluice_core::domain::matching::{Identified, Matched, find_entry, locate, match_arguments};
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::{Malformed, NotInCatalog, Rejection};
use sluice_core::domain::stops::Stops;
use sluice_core::domain::target::Target;
use sluice_core::domain::terms::Term;
use sluice_core::domain::view::Shown;

use super::term_statement::{BudgetLimit, RateStatement, TermObligations};
use crate::exchange::OWN_PREFIX;
use crate::exchange::admission::{self, PolicyFreshness};
use crate::limits::Rates;
use crate::problem::{self, Context, Language};

/// A call that somebody thinks of making.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they would be sent.
    pub path: String,
    /// The body, if there is one, as it is written: what a call would be refused for, such as a
    /// member that stands twice, must still be there.
    pub body: Option<Box<RawValue>>,
    /// What `Exchange-Purpose` would say.
    pub purpose: Option<Box<str>>,
    /// What `Exchange-Case` would say.
    pub case: Option<Box<str>>,
    /// What `Exchange-Consent` would say.
    pub consent: Option<Box<str>>,
    /// What `Exchange-Operator` would say.
    pub operator: Option<Box<str>>,
    /// What `Exchange-Grant` would say.
    pub grant: Option<Box<str>>,
    /// What `Exchange-Fields` would say: paths.
    pub fields: Option<Vec<String>>,
}

/// The answer to a question.
#[derive(Debug, Serialize)]
pub struct Reasoning {
    /// `permit` or `denial`.
    pub decision: &'static str,
    /// The catalog version by which it was decided.
    pub catalog_version: String,
    /// The entry, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The operation, if it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Its mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// The basis of the permit, with what goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit: Option<Value>,
    /// The code of the denial, for the record; readers find it in the problem document.
    #[serde(skip)]
    pub code: Option<&'static str>,
    /// The problem document a call would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
    /// Every term that is for the asker, in the order in which they are tried, with what it lacks.
    pub considered: Vec<Value>,
}

/// By what a question is decided.
#[derive(Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Who asks.
    pub peer: Identified<'a>,
    /// When.
    pub now: UnixMillis,
    /// How long ago something was heard of the store.
    pub heard: PolicyFreshness,
    /// What was used of budgets.
    pub usage: &'a dyn BudgetUsage,
    /// The temporary grants in force.
    pub grants: &'a Grants,
    /// What is stopped.
    pub stops: &'a Stops,
}

/// Decides a question and tells the reasoning, as far as it is the asker's to know.
pub fn reason(
    asked: &DecisionContext<'_>,
    question: &DecideRequest,
    exchange: &str,
    language: Language,
) -> Reasoning {
    let policy = asked.policy;
    let mut reasoning = Reasoning::denial(policy.version());
    if let Err(rejection) = answer_into(asked, question, &mut reasoning) {
        let entry = Target::parse(&question.path).ok().and_then(|t| find_entry(policy, &t));
        let entry = entry.map(|ix| policy.entry(ix));
        let context = Context {
            exchange,
            catalog_version: policy.version(),
            entry: entry.map(|entry| entry.id.as_str()),
            contact: entry.map(|entry| &*entry.about.contact),
            language,
        };
        reasoning.code = Some(rejection.code());
        let document = problem::render(&rejection, &context).body;
        reasoning.entry = entry.map(|entry| entry.id.to_string());
        reasoning.problem = serde_json::from_slice(&document).ok();
    }
    reasoning
}

impl Reasoning {
    /// A denial by that catalog version of which nothing more is known yet.
    pub fn denial(catalog_version: &str) -> Reasoning {
        Reasoning {
            decision: "denial",
            catalog_version: catalog_version.to_owned(),
            entry: None,
            operation: None,
            mode: None,
            permit: None,
            code: None,
            problem: None,
            considered: Vec::new(),
        }
    }
}

fn answer_into(
    asked: &DecisionContext<'_>,
    question: &DecideRequest,
    reasoning: &mut Reasoning,
) -> Result<(), Rejection> {
    let DecisionContext { policy, peer, now, heard, usage, grants, stops } = *asked;
    let target = Target::parse(&question.path)?;
    if &*target.segments[0] == OWN_PREFIX {
        return Err(Rejection::NotInCatalog(NotInCatalog::Entry));
    }
    let declared = declared(question)?;
    let found = find_entry(policy, &target);
    if let Some(entry) = found {
        stops.opens(policy.entry(entry))?;
    }
    stops.admits_operator(&peer.identity.department, declared.operator.as_deref())?;
    let own = found.map(|entry| grants.held(peer.department, entry));
    let granted = own.is_some_and(|own| !own.is_empty());
    let located = locate(policy, granted, &question.method, &target)?;
    let body = question.body.as_ref().map_or("", |body| body.get());
    let matched = match_arguments(policy, located, body.as_bytes())?;
    let entry = policy.entry(matched.entry);
    let operation = matched.operation(policy);
    reasoning.entry = Some(entry.id.to_string());
    reasoning.operation = Some(operation.id.to_string());
    reasoning.mode = Some(operation.mode.as_str());
    let facts = Facts { peer, matched: &matched, declared: &declared, usage, grants };
    reasoning.considered =
        consider(policy, &facts, now).map(|one| considered(entry, &one)).collect();
    let permit = decide(policy, &facts, now)?;
    admission::may_rely_on(heard, (policy, stops), &permit)?;
    reasoning.decision = "permit";
    reasoning.permit = Some(permitted(policy, &matched, &permit));
    Ok(())
}

pub(super) fn declared(question: &DecideRequest) -> Result<DeclaredContext<'_>, Rejection> {
    let malformed = Rejection::RequestMalformed(Malformed::Header("exchange-fields"));
    let fields = match &question.fields {
        None => None,
        Some(paths) => {
            let paths: Result<Vec<_>, _> =
                paths.iter().map(|path| FieldPath::parse(path)).collect();
            Some(paths.map_err(|_| malformed)?)
        }
    };
    fn text(text: &Option<Box<str>>) -> Option<Cow<'_, str>> {
        text.as_deref().map(Cow::Borrowed)
    }
    Ok(DeclaredContext {
        purpose: text(&question.purpose),
        case: text(&question.case),
        consent: text(&question.consent),
        operator: text(&question.operator),
        grant: text(&question.grant),
        fields,
        pseudonym_key: None,
    })
}

fn considered(entry: &Entry, considered: &Considered) -> Value {
    let term: &Term = &entry.terms[usize::from(considered.term)];
    let lacking: Vec<Value> = considered.lacking.iter().map(problem::lacking_to_json).collect();
    json!({ "basis": term.basis(), "holds": lacking.is_empty(), "lacking": lacking })
}

fn permitted(policy: &Policy, matched: &Matched, permit: &Permit) -> Value {
    let entry = policy.entry(permit.entry);
    let term = permit.term(policy);
    let view = permit.view(policy);
    let fields = entry.fields.iter().enumerate().map(|(ix, field)| {
        let narrowed = permit.narrowed.as_ref().is_some_and(|set| !set.contains(ix as u16));
        let shown = if narrowed { Shown::Dropped } else { view.shown(ix as u16) };
        let mask = field.mask.as_ref().filter(|_| shown == Shown::Masked);
        json!({
            "path": field.path.to_string(),
            "title": field.title,
            "shown": shown.as_str(),
            "mask": mask.map(ToString::to_string),
        })
    });
    json!({
        "basis": term.basis(),
        "max_records": matched.operation(policy).max_records,
        "rates": RateStatement::all(&Rates::of(policy, entry, term)),
        "budget": BudgetLimit::all(term),
        "fields": fields.collect::<Vec<_>>(),
        "obligations": TermObligations::of(&term.obligations),
    })
}
