//! `GET /-/grants`: the asking system's temporary grants, with what is left of them.

use serde::Serialize;
use sluice_core::domain::grants::GrantInForce;
use sluice_core::domain::terms::{Operators, Purposes};
use sluice_core::ledger::time::rfc3339;

use super::term_statement::TermObligations;
use crate::contract::quotas::{BudgetLeft, RateLeft};
use crate::quota_view::QuotaSources;

/// A grant of the asker's.
#[derive(Debug, Serialize)]
pub struct OwnGrant<'a> {
    /// The id, as `Exchange-Grant` names it.
    pub id: &'a str,
    /// The entry.
    pub entry: &'a str,
    /// The operations that it allows.
    pub operations: Vec<&'a str>,
    /// The fields that it shows, and how.
    pub fields: Vec<GrantedField>,
    /// The purpose that must be declared.
    pub purpose: Vec<&'a str>,
    /// The people who may be named as the operator; anybody of the department where nobody is listed.
    pub operators: Vec<&'a str>,
    /// The beginning of its period.
    pub from: Option<String>,
    /// The end of its period.
    pub until: Option<String>,
    /// `active`, `not-begun`, `expired` or `unreviewed`: it waits for the provider to look at it again.
    pub state: &'static str,
    /// True if it is for certain persons alone.
    pub for_subjects: bool,
    /// The rates at which it may be used.
    pub rates: Vec<RateLeft>,
    /// The budget, and its rest.
    pub budget: Vec<BudgetLeft>,
    /// The obligations of the consumer.
    pub obligations: TermObligations<'a>,
}

/// A field as the consumer sees it.
#[derive(Debug, Serialize)]
pub struct GrantedField {
    /// The field.
    pub path: String,
    /// `passed` or `masked`.
    pub shown: &'static str,
}

/// The grants that a system may use, or could before or after.
pub fn of<'a>(
    counters: QuotaSources<'a>,
    held: impl Iterator<Item = &'a GrantInForce>,
) -> Vec<OwnGrant<'a>> {
    let system = &counters.peer.identity.id;
    let is_for = |granted: &&GrantInForce| {
        let systems = &granted.term.systems;
        systems.is_empty() || systems.contains(system)
    };
    let mut own: Vec<OwnGrant<'_>> = held.filter(is_for).map(|one| told(counters, one)).collect();
    own.sort_by(|one, other| one.id.cmp(other.id));
    own
}

fn told<'a>(counters: QuotaSources<'a>, granted: &'a GrantInForce) -> OwnGrant<'a> {
    let policy = &counters.release.policy;
    let (entry, term) = (policy.entry(granted.entry), &granted.term);
    let ids = |ix: &u16| entry.operations[usize::from(*ix)].id.as_str();
    let fields = entry.fields.iter().zip(&granted.view.fields);
    let seen = fields.filter_map(|(field, shown)| {
        let shown = Some(shown.as_str()).filter(|word| *word != "dropped")?;
        Some(GrantedField { path: field.path.to_string(), shown })
    });
    let time = |time: Option<i64>| time.map(|at| rfc3339(at).to_string());
    let state = match (term.from, term.until) {
        (Some(from), _) if from > counters.now => "not-begun",
        _ if granted.ends <= counters.now => "expired",
        (_, Some(until)) if until <= counters.now => "unreviewed",
        _ => "active",
    };
    OwnGrant {
        id: &term.id,
        entry: entry.id.as_str(),
        operations: granted.operations.iter().map(ids).collect(),
        fields: seen.collect(),
        purpose: match &term.purposes {
            Purposes::Listed(codes) => codes.iter().map(|code| code.as_str()).collect(),
            Purposes::Waived | Purposes::AnyRegistered => Vec::new(),
        },
        operators: match &term.operators {
            Operators::Listed(people) => people.iter().map(|id| id.as_str()).collect(),
            Operators::Optional | Operators::Required => Vec::new(),
        },
        from: time(term.from),
        until: time(Some(granted.ends)),
        for_subjects: granted.subjects.is_some(),
        state,
        rates: counters.rates(policy, entry, term),
        budget: counters.budget(entry, term),
        obligations: TermObligations::of(&term.obligations),
    }
}
