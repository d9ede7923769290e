//! The meaning of an entry's terms.

use std::collections::HashSet;
use std::num::NonZeroU32;

use sluice_core::domain::budget::{Allowance, Budget, Unit};
use sluice_core::domain::classification::Mode;
use sluice_core::domain::condition::Condition;
use sluice_core::domain::entry::Operation;
use sluice_core::domain::field::Field;
use sluice_core::domain::index::DepartmentIx;
use sluice_core::domain::name::Name;
use sluice_core::domain::parameter::{Parameter, Patterns, Rule as ValueRule};
use sluice_core::domain::rate::{DEFAULT_RATE, Rate, in_order};
use sluice_core::domain::registry::{Department, Member};
use sluice_core::domain::terms::{
    Binding, Bound, CaseRule, Consumers, Obligations, Operators, Purposes, Term,
};
use sluice_core::domain::view::View;
use sluice_core::domain::view::ViewTerms;

use super::choices::{CaseSpec, Limit, ModeSpec, OperatorsSpec, TellsSpec};
use super::consumer;
use super::field::Fields;
use super::files::{AllowanceSaid, BindingSaid, TermSaid};
use super::operation;
use super::reference::{is_new, unknown};
use super::registry::Names;
use super::rule::Rule;
use super::shape::{Report, Spanned};

/// The id of the term that an unconditional entry ends with.
pub(crate) const UNCONDITIONAL: &str = "unconditional";

/// The context in which a term is read.
pub(crate) struct TermContext<'a> {
    pub(crate) names: &'a Names,
    pub(crate) fields: &'a Fields,
    pub(crate) conditions: &'a [Condition],
    pub(crate) operations: &'a [Operation],
    /// True if all operations that were declared could be read.
    pub(crate) operations_complete: bool,
    pub(crate) patterns: &'a mut Patterns,
    /// True if it is about persons.
    pub(crate) personal: bool,
    /// True if purposes must be listed.
    pub(crate) restricted: bool,
}

/// The distinct views of an entry, while its terms are read.
#[derive(Debug, Default)]
pub(crate) struct Views(pub(crate) Vec<View>);

impl Views {
    /// The index of the view of these fields at a sight.
    pub(crate) fn at(
        &mut self,
        fields: &[Field],
        conditions: &[Condition],
        sight: &ViewTerms,
    ) -> u16 {
        let view = View::at(fields, conditions, sight);
        let known = self.0.iter().position(|known| *known == view);
        known.unwrap_or_else(|| {
            self.0.push(view);
            self.0.len() - 1
        }) as u16
    }
}

/// Reads the terms of an entry.
pub(crate) fn terms(
    said: &[TermSaid],
    around: &mut TermContext<'_>,
    views: &mut Views,
    report: &mut Report<'_>,
) -> Vec<Term> {
    let mut seen = HashSet::new();
    let mut terms = Vec::with_capacity(said.len());
    for term in said {
        let new = is_new(&mut seen, &term.id, "terms", report);
        if !around.restricted && term.id.value == UNCONDITIONAL {
            let message =
                "the term for everyone that an unconditional entry ends with is called so";
            report.add(term.id.place, Rule::DuplicateId, message, "give this term another id");
        }
        if let (true, Some(term)) = (new, read(term, around, views, report)) {
            terms.push(term);
        }
    }
    terms
}

/// The term that makes an entry unconditional: everyone, at the entry's own clearance.
pub(crate) fn unconditional(waived: bool, rate: Rate, view: u16) -> Term {
    Term {
        id: UNCONDITIONAL.into(),
        granted: false,
        consumers: Consumers::Everyone,
        systems: Vec::new(),
        modes: vec![Mode::Query, Mode::Search, Mode::Submit],
        purposes: if waived { Purposes::Waived } else { Purposes::AnyRegistered },
        case: CaseRule::Optional,
        consent: false,
        operators: Operators::Optional,
        bindings: Vec::new(),
        lookups: Vec::new(),
        view,
        rates: vec![rate],
        operator_rates: Vec::new(),
        budget: None,
        from: None,
        until: None,
        review: None,
        tells_case: false,
        tells_consent: false,
        tells_operator: false,
        confidential: false,
        obligations: Obligations::default(),
    }
}

fn read(
    said: &TermSaid,
    around: &mut TermContext<'_>,
    views: &mut Views,
    report: &mut Report<'_>,
) -> Option<Term> {
    let id = report.name(&said.id);
    let consumers = consumers(said, around.names, report);
    let systems = members(listed(&said.systems), &consumers, Who::Systems, around.names, report);
    let modes = modes(said, report);
    let purposes = purposes(said, around, report);
    let case = case(said, around.patterns, report);
    let operators = operators(said, &consumers, around.names, report);
    let bindings = said.bindings.iter();
    let bindings = bindings.filter_map(|b| binding(b, &modes, around, report)).collect();
    let lookups = said.lookups.iter().filter_map(|path| around.fields.find(path, report)).collect();
    let clearance = report.level(&said.clearance);
    let fields = said.fields.0.as_ref().map(|paths| {
        paths.iter().filter_map(|path| around.fields.find(path, report)).collect::<Vec<u16>>()
    });
    let rates = rates(said, report);
    let operator_rates = report.rates(&said.operator_rates);
    let budget = budget(said, around, report);
    let (from, until) = period(said, report);
    let sight = ViewTerms { clearance: clearance?, fields };
    Some(Term {
        id: id?.as_str().into(),
        granted: false,
        consumers: Consumers::Departments(consumers),
        systems,
        modes,
        purposes,
        case,
        consent: said.consent.is_some(),
        operators,
        bindings,
        lookups,
        view: views.at(&around.fields.list, around.conditions, &sight),
        rates,
        operator_rates,
        budget,
        from,
        until,
        review: said.review.as_ref().and_then(|date| report.date(date)),
        tells_case: said.tells.contains(&TellsSpec::Case),
        tells_consent: said.tells.contains(&TellsSpec::Consent),
        tells_operator: said.tells.contains(&TellsSpec::Operator),
        confidential: said.confidential.unwrap_or(false),
        obligations: Obligations {
            legal_basis: report.text_of(&said.legal_basis),
            agreement: report.text_of(&said.agreement),
            retention: report.duration(&said.retention),
            onward_transfer: false,
        },
    })
}

fn consumers(said: &TermSaid, names: &Names, report: &mut Report<'_>) -> Vec<DepartmentIx> {
    if said.consumers.is_empty() {
        let message = format!("the term `{}` is for nobody", said.id.value);
        let advice = "add `consumers: [department, \"@group\", tag:word]`";
        report.add(said.id.place, Rule::ConsumersMissing, message, advice);
    }
    consumer::consumers(&said.consumers, names, report)
}

#[derive(Clone, Copy)]
enum Who {
    Systems,
    People,
}

/// Systems or people of the consumers, by their ids.
fn members(
    said: &[Spanned<String>],
    consumers: &[DepartmentIx],
    who: Who,
    names: &Names,
    report: &mut Report<'_>,
) -> Vec<Name> {
    let (rule, what) = match who {
        Who::Systems => (Rule::UnknownSystem, "consumers' system"),
        Who::People => (Rule::UnknownPerson, "consumers' person"),
    };
    let of = |department: &Department| match who {
        Who::Systems => department.systems.clone(),
        Who::People => department.people.clone(),
    };
    let departments = names.registry.departments();
    let known: Vec<Member> =
        consumers.iter().flat_map(|ix| of(&departments[*ix as usize])).collect();
    let mut found = Vec::with_capacity(said.len());
    for id in said {
        match known.iter().find(|member| member.id == id.value.as_str()) {
            Some(member) => found.push(member.id.clone()),
            None if names.complete => {
                unknown(report, id, rule, what, known.iter().map(|member| member.id.as_str()));
            }
            None => {}
        }
    }
    found
}

fn listed(limit: &Limit<Spanned<String>>) -> &[Spanned<String>] {
    limit.0.as_deref().unwrap_or_default()
}

fn modes(said: &TermSaid, report: &mut Report<'_>) -> Vec<Mode> {
    let default = vec![Mode::Query, Mode::Search];
    let Some(said) = &said.modes.0 else { return default };
    let read = |said: &Spanned<ModeSpec>| operation::mode(said, report);
    said.iter().filter_map(read).collect()
}

fn purposes(said: &TermSaid, around: &TermContext<'_>, report: &mut Report<'_>) -> Purposes {
    if said.purposes.0.is_none() {
        if around.restricted {
            let message = format!("the term `{}` lists no purposes", said.id.value);
            let advice = "add `purposes: [code]`, with codes from departments.yaml";
            report.add(said.id.place, Rule::PurposesMissing, message, advice);
        }
        return Purposes::AnyRegistered;
    }
    let listed =
        listed(&said.purposes).iter().filter_map(|code| around.names.purpose(code, report));
    Purposes::Listed(listed.collect())
}

fn case(said: &TermSaid, patterns: &mut Patterns, report: &mut Report<'_>) -> CaseRule {
    match said.case.as_ref().map(|case| &case.value) {
        None => CaseRule::Optional,
        Some(CaseSpec::Required) => CaseRule::Required(None),
        Some(CaseSpec::Matching(rule)) => {
            CaseRule::Required(report.pattern(&rule.pattern, patterns))
        }
    }
}

fn operators(
    said: &TermSaid,
    consumers: &[DepartmentIx],
    names: &Names,
    report: &mut Report<'_>,
) -> Operators {
    match &said.operators {
        None => Operators::Optional,
        Some(OperatorsSpec::Required) => Operators::Required,
        Some(OperatorsSpec::Listed(people)) => {
            Operators::Listed(members(people, consumers, Who::People, names, report))
        }
    }
}

fn binding(
    said: &Spanned<BindingSaid>,
    modes: &[Mode],
    around: &TermContext<'_>,
    report: &mut Report<'_>,
) -> Option<Binding> {
    let name = &said.value.parameter;
    let allowed = || around.operations.iter().filter(|o| modes.contains(&o.mode));
    let parameters = || allowed().flat_map(|operation| &operation.parameters);
    let declared: Vec<&Parameter> = parameters().filter(|p| *p.name == *name.value).collect();
    if declared.is_empty() && around.operations_complete {
        let known = parameters().map(|parameter| &*parameter.name);
        unknown(report, name, Rule::UnknownParameter, "parameter of these modes", known);
        return None;
    }
    let to = match (&said.value.to, &said.value.equals) {
        (Some(_), None) => Bound::OwnRegion,
        (None, Some(value)) => Bound::Exactly(value.value.as_str().into()),
        _ => {
            let message = "a binding ties a parameter `to: own-region` or to what it `equals`";
            report.add(said.place, Rule::MissingKey, message, "write exactly one of the two");
            return None;
        }
    };
    let fits = |parameter: &&Parameter| match (&to, &parameter.rule) {
        (Bound::OwnRegion, rule) => matches!(rule, ValueRule::Text { .. }),
        (Bound::Exactly(value), rule) => rule.read_text(value).is_ok(),
    };
    if !declared.is_empty() && !declared.iter().any(fits) {
        let message = format!("`{}` can never have the value it is tied to", name.value);
        let advice = "a region needs a text parameter; a fixed value must pass its rule";
        report.add(name.place, Rule::UnknownParameter, message, advice);
    }
    Some(Binding { parameter: name.value.as_str().into(), to })
}

fn rates(said: &TermSaid, report: &mut Report<'_>) -> Vec<Rate> {
    let rate = said.rate.as_ref().and_then(|rate| report.rate(rate)).unwrap_or(DEFAULT_RATE);
    let burst = said.burst.as_ref().and_then(|burst| report.number(burst, 1, 1_000_000));
    let mut rates = report.rates(&said.rates);
    rates.push(Rate { burst: burst.and_then(NonZeroU32::new), ..rate });
    in_order(rates)
}

fn budget(
    said: &TermSaid,
    around: &TermContext<'_>,
    report: &mut Report<'_>,
) -> Option<Box<Budget>> {
    let said = said.budget.as_ref()?;
    let budget = Budget {
        daily: allowance(said.value.daily.as_ref(), around, report),
        total: allowance(said.value.total.as_ref(), around, report),
    };
    if budget == Budget::default() {
        // A limit that could not be read is reported as that.
        let limits =
            |part: &Option<AllowanceSaid>| part.as_ref().is_some_and(AllowanceSaid::limits);
        if !limits(&said.value.daily) && !limits(&said.value.total) {
            let advice = "write `daily:` or `total:` with what is limited, or remove it";
            report.add(said.place, Rule::BadBudget, "the budget limits nothing", advice);
        }
        return None;
    }
    for unit in Unit::ALL {
        if let (Some(day), Some(total)) = (budget.daily.of(unit), budget.total.of(unit))
            && day > total
        {
            let message =
                format!("a day may use {day} {}, all days together {total}", unit.as_str());
            report.add(said.place, Rule::BadBudget, message, "make the total the larger one");
        }
    }
    Some(Box::new(budget))
}

impl AllowanceSaid {
    fn limits(&self) -> bool {
        [&self.requests, &self.records, &self.bytes, &self.persons].iter().any(|it| it.is_some())
    }
}

fn allowance(
    said: Option<&AllowanceSaid>,
    around: &TermContext<'_>,
    report: &mut Report<'_>,
) -> Allowance {
    let Some(said) = said else { return Allowance::default() };
    let mut read = |number: &Option<Spanned<i64>>| {
        let number = number.as_ref()?;
        report.amount(number)
    };
    let allowance = Allowance {
        requests: read(&said.requests),
        records: read(&said.records),
        bytes: read(&said.bytes),
        persons: read(&said.persons),
    };
    if let (Some(persons), false) = (&said.persons, around.personal) {
        let message = "the entry is not about persons";
        let advice = "limit records instead";
        report.add(persons.place, Rule::BadBudget, message, advice);
    }
    allowance
}

fn period(said: &TermSaid, report: &mut Report<'_>) -> (Option<i64>, Option<i64>) {
    let from = said.from.as_ref().and_then(|date| report.date(date));
    let until = said.until.as_ref().and_then(|date| report.date(date));
    if let (Some(from), Some(until), Some(place)) = (from, until, &said.until)
        && from >= until
    {
        let message = format!("the term `{}` ends before it begins", said.id.value);
        report.add(place.place, Rule::BadDate, message, "make `until` the later date");
    }
    (from, until)
}
