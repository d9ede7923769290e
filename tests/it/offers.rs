//! The law on the catalogs that there are: what an entry offers a system is what some call of it
//! gets. Calls of all kinds are made up from the patterns that the catalog declares.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use sluice::catalog;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Basis, decide};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::entry::{Entry, Operation, Segment};
use sluice_core::domain::facts::Facts;
use sluice_core::domain::facts::NothingUsed;
use sluice_core::domain::grants::Grants;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::{Identified, Matched, identify, locate, match_arguments};
use sluice_core::domain::offer::offer;
use sluice_core::domain::parameter::{Parameter, ParameterLocation, Rule};
use sluice_core::domain::policy::Policy;
use sluice_core::domain::registry::Department;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::{Target, encode_into};
use sluice_core::domain::terms::{Bound, CaseRule, Purposes};

use crate::support::Files;

/// Before, within and after the terms of the sample catalog that have a period.
const TIMES: [UnixMillis; 3] = [1_740_000_000_000, 1_795_305_600_000, 1_960_000_000_000];

fn some_text(pattern: &str) -> String {
    let strategy = string_regex(pattern).unwrap();
    strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current()
}

/// Values of a parameter that could matter to the entry's terms.
fn values(entry: &Entry, parameter: &Parameter, consumer: &Department) -> Vec<String> {
    let bindings = entry.terms.iter().flat_map(|term| &term.bindings);
    let bound = bindings.filter(|binding| binding.parameter == parameter.name);
    let bound = bound.filter_map(|binding| match &binding.to {
        Bound::Exactly(only) => Some(only.to_string()),
        Bound::OwnRegion => consumer.region.as_deref().map(str::to_owned),
    });
    let some = match &parameter.rule {
        Rule::Text { pattern, .. } => some_text(pattern.as_str()),
        Rule::Integer { min, .. } => min.to_string(),
        Rule::Boolean => "true".to_owned(),
    };
    bound.chain([some]).collect()
}

/// What may be given for each parameter, all combined.
fn arguments(
    entry: &Entry,
    operation: &Operation,
    consumer: &Department,
) -> Vec<Vec<Option<String>>> {
    let mut all = vec![Vec::new()];
    for parameter in &operation.parameters {
        let mut choices: Vec<_> =
            values(entry, parameter, consumer).into_iter().map(Some).collect();
        if !parameter.required {
            choices.push(None);
        }
        let with = |before: Vec<Option<String>>| {
            choices
                .clone()
                .into_iter()
                .map(move |choice| before.iter().cloned().chain([choice]).collect::<Vec<_>>())
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all
}

/// A call that says this.
fn matched(
    policy: &Policy,
    entry: &Entry,
    operation: &Operation,
    arguments: &[Option<String>],
) -> Result<Matched, Rejection> {
    let mut target = format!("/{}", entry.id);
    for segment in &operation.template.segments {
        target.push('/');
        match segment {
            Segment::Literal(text) => target.push_str(text),
            Segment::Parameter(ix) => {
                encode_into(arguments[usize::from(*ix)].as_ref().unwrap(), &mut target);
            }
        }
    }
    let mut body = Map::new();
    let mut separator = '?';
    for (parameter, value) in operation.parameters.iter().zip(arguments) {
        let Some(value) = value else { continue };
        match parameter.place {
            ParameterLocation::Path => {}
            ParameterLocation::Query => {
                target.push(separator);
                separator = '&';
                target.extend([&*parameter.name, "="]);
                encode_into(value, &mut target);
            }
            ParameterLocation::Body => {
                let value = match &parameter.rule {
                    Rule::Text { .. } => json!(value),
                    Rule::Integer { .. } | Rule::Boolean => serde_json::from_str(value).unwrap(),
                };
                body.insert(parameter.name.to_string(), value);
            }
        }
    }
    let body = if operation.has_body() { Value::Object(body).to_string() } else { String::new() };
    let target = Target::parse(&target).unwrap();
    let located = locate(policy, false, operation.method.as_str(), &target)?;
    match_arguments(policy, located, body.as_bytes())
}

/// What a call may state that could matter to the entry's terms.
fn statements(
    entry: &Entry,
    policy: &Policy,
    consumer: &Department,
) -> Vec<DeclaredContext<'static>> {
    let mut purposes = BTreeSet::from([None]);
    if entry.terms.iter().any(|term| matches!(term.purposes, Purposes::AnyRegistered)) {
        let all = policy.registry().purposes().iter();
        purposes.extend(all.map(|one| Some(one.code.to_string())));
    }
    let mut cases = BTreeSet::from([None, Some("2026-1".to_owned())]);
    for term in &entry.terms {
        if let Purposes::Listed(codes) = &term.purposes {
            purposes.extend(codes.iter().map(|code| Some(code.to_string())));
        }
        if let CaseRule::Required(Some(pattern)) = &term.case {
            cases.insert(Some(some_text(pattern.as_str())));
        }
    }
    let people = consumer.people.iter().map(|person| Some(person.id.to_string()));
    let operators: Vec<Option<String>> = people.chain([None]).collect();
    let mut all = Vec::new();
    for purpose in &purposes {
        for case in &cases {
            for operator in &operators {
                let text = |text: &Option<String>| text.clone().map(Into::into);
                for consent in [None, Some("C-2026-1".into())] {
                    let (purpose, case, operator) = (text(purpose), text(case), text(operator));
                    all.push(DeclaredContext {
                        purpose,
                        case,
                        consent,
                        operator,
                        ..DeclaredContext::default()
                    });
                }
            }
        }
    }
    all
}

/// Compares what an entry offers with what all the calls get; how many operations are offered.
fn compare(policy: &Policy, peer: Identified<'_>, ix: EntryIx, now: UnixMillis) -> usize {
    let entry = policy.entry(ix);
    let consumer = &policy.registry().departments()[peer.department as usize];
    let offer = offer(policy, peer, ix, now, &NothingUsed);
    let mut offered = 0;
    for (number, operation) in entry.operations.iter().enumerate() {
        let who = format!("{} asks {}, {} at {now}", peer.identity, entry.id, operation.id);
        let (mut permits, mut denials) = (0, Vec::new());
        for arguments in arguments(entry, operation, consumer) {
            let matched = match matched(policy, entry, operation, &arguments) {
                Ok(matched) => matched,
                Err(closed) => {
                    assert_eq!(offer.closed.as_ref(), Some(&closed), "{who}: {arguments:?}");
                    continue;
                }
            };
            assert_eq!(usize::from(matched.operation), number, "{who}");
            for declared in statements(entry, policy, consumer) {
                match decide(
                    policy,
                    &Facts {
                        peer,
                        matched: &matched,
                        declared: &declared,
                        usage: &NothingUsed,
                        grants: Grants::none(),
                    },
                    now,
                ) {
                    Ok(permit) => {
                        assert!(
                            offer.permits_by(number, index(&permit.basis)),
                            "{who}: {declared:?}"
                        );
                        permits += 1;
                    }
                    Err(denial) => denials.push(denial),
                }
            }
        }
        assert_eq!(offer.permits(number), permits > 0, "{who}");
        offered += usize::from(permits > 0);
        if let (Some(denial), None) = (&offer.operations[number].denial, &offer.closed) {
            assert!(denials.iter().any(|one| one.code() == denial.code()), "{who}: {denial:?}");
        }
    }
    assert_eq!(offer.is_callable(), offered > 0);
    offered
}

fn compare_all(policy: &Policy) -> usize {
    let mut offered = 0;
    for department in policy.registry().departments() {
        for system in department.systems.iter().filter(|it| !it.id.as_str().starts_with("probe-")) {
            let identity = Identity {
                department: department.id.clone(),
                kind: Kind::System,
                id: system.id.clone(),
            };
            let Ok(peer) = identify(policy, &identity) else { continue };
            for ix in 0..policy.entries().len() {
                for now in TIMES {
                    offered += compare(policy, peer, ix as EntryIx, now);
                }
            }
        }
    }
    offered
}

#[test]
fn what_the_sample_catalog_offers_is_what_calls_get() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    let catalog = catalog::read_dir(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(compare_all(&catalog.into_policy()) > 100);
}

#[test]
fn what_the_test_catalog_offers_is_what_calls_get() {
    assert!(compare_all(&Files::default().policy()) > 10);
}

/// The index of the term that a permit rests on.
fn index(basis: &Basis) -> u16 {
    match basis {
        Basis::Term(term) => *term,
        Basis::Grant(_) => panic!("it rests on a grant"),
    }
}
