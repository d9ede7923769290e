//! Decides a call that is only thought of, by the steps of [`sluice_core::authorize`] that a call takes,
//! and gives the reasoning.

use serde::Serialize;
use serde_json::{Value, json};
use sluice_core::authorize::{InForce, PolicyFreshness, route};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Considered, Permit, consider};
use sluice_core::domain::entry::Entry;
use sluice_core::domain::facts::{BudgetUsage, NothingUsed};
use sluice_core::domain::matching::{Identified, Matched, find_entry};
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::{NotInCatalog, Rejection};
use sluice_core::domain::target::Target;
use sluice_core::domain::terms::Term;
use sluice_core::domain::view::Shown;

use super::decide_request::DecideRequest;
use super::term_statement::{BudgetLimit, RateStatement, TermObligations};
use crate::budgets::Budgets;
use crate::exchange::OWN_PREFIX;
use crate::exchange::budget_view::BudgetView;
use crate::exchange::request::head;
use crate::limits::Rates;
use crate::problem::{self, Context, Language};

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
    /// The denial, for the record and the counts; readers find it in the problem document.
    #[serde(skip)]
    pub rejection: Option<Rejection>,
    /// The problem document a call would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
    /// Every term that is for the asker, in the order in which they are tried, with what it lacks.
    pub considered: Vec<Value>,
}

/// All that a call is decided by, beside what it says.
#[derive(Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The policy in force.
    pub in_force: InForce<'a>,
    /// The consumer that asks.
    pub peer: Identified<'a>,
    /// The time of the decision.
    pub now: UnixMillis,
    /// The freshness of the policy.
    pub freshness: PolicyFreshness,
    /// The use of budgets; none where nothing was used of any.
    pub budgets: Option<&'a Budgets>,
    /// The id of the exchange in which it is asked.
    pub exchange: &'a str,
}

/// Decides a call and gives the reasoning, as far as it is the asker's to know.
pub fn reason(
    context: &DecisionContext<'_>,
    request: &DecideRequest,
    language: Language,
) -> Reasoning {
    let policy = context.in_force.policy;
    let mut reasoning = Reasoning::denial(policy.version());
    if let Err(rejection) = decide_into(context, request, &mut reasoning) {
        let entry = Target::parse(&request.path).ok().and_then(|t| find_entry(policy, &t));
        let entry = entry.map(|ix| policy.entry(ix));
        let told = Context {
            exchange: context.exchange,
            catalog_version: policy.version(),
            entry: entry.map(|entry| entry.id.as_str()),
            contact: entry.map(|entry| &*entry.about.contact),
            language,
        };
        let document = problem::render(&rejection, &told).body;
        reasoning.entry = entry.map(|entry| entry.id.to_string());
        reasoning.problem = serde_json::from_slice(&document).ok();
        reasoning.rejection = Some(rejection);
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
            rejection: None,
            problem: None,
            considered: Vec::new(),
        }
    }
}

fn decide_into(
    context: &DecisionContext<'_>,
    request: &DecideRequest,
    reasoning: &mut Reasoning,
) -> Result<(), Rejection> {
    let DecisionContext { in_force, peer, now, freshness, .. } = *context;
    let policy = in_force.policy;
    let target = Target::parse(&request.path)?;
    if &*target.segments[0] == OWN_PREFIX {
        return Err(Rejection::NotInCatalog(NotInCatalog::Entry));
    }
    let fields = request.header_fields();
    let declared = head::declared(&fields)?;
    let routed = route(&in_force, peer, &declared, &request.method, &target)?;
    let (entry, operation) = (policy.entry(routed.entry()), routed.operation(policy));
    reasoning.entry = Some(entry.id.to_string());
    reasoning.operation = Some(operation.id.to_string());
    reasoning.mode = Some(operation.mode.as_str());
    let resolved = routed.resolve(&in_force, request.body_bytes())?;
    let view = context
        .budgets
        .map(|budgets| BudgetView::of(budgets, peer, context.exchange, &resolved.persons));
    let usage: &dyn BudgetUsage = view.as_ref().map_or(&NothingUsed, |view| view);
    let facts = resolved.facts(in_force.grants, usage);
    reasoning.considered =
        consider(policy, &facts, now).map(|one| considered(entry, &one)).collect();
    let permit = resolved.authorize(&in_force, freshness, usage, now)?.permit;
    reasoning.decision = "permit";
    reasoning.permit = Some(permitted(policy, &resolved.matched, &permit));
    Ok(())
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
