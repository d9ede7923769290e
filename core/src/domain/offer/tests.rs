//! The law: an operation is offered exactly if some request to it is permitted.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::domain::classification::{Category, Class, Mode, Withholding};
use crate::domain::decide::decide;
use crate::domain::facts::NothingUsed;
use crate::domain::first_term::tests::{NOW, entry, index, name, registry, term};
use crate::domain::identity::{Identity, Kind};
use crate::domain::matching::identify;
use crate::domain::registry::Registry;
use crate::domain::terms::Consumers;

fn policy(entry: Entry) -> Policy {
    Policy::new("1", registry(), vec![entry]).unwrap()
}

fn system(department: &str, system: &str) -> Identity {
    Identity { department: name(department), kind: Kind::System, id: name(system) }
}

/// A case and a consent.
const BOTH: (Option<&str>, Option<&str>) = (Some("A-1"), Some("C-1"));

/// Requests of all kinds that make a difference to the terms of the samples.
fn requests(entry: &Entry, operation: u16) -> Vec<(Matched, DeclaredContext<'static>)> {
    let listed = entry.terms.iter().filter_map(|term| match &term.purposes {
        Purposes::Listed(codes) => Some(codes.iter().map(|code| Some(code.to_string()))),
        Purposes::Waived | Purposes::AnyRegistered => None,
    });
    let mut purposes: BTreeSet<Option<String>> = listed.flatten().collect();
    purposes.extend([None, Some("p-0".to_owned())]);
    let parameters = &entry.operations[usize::from(operation)].parameters;
    let required = |ix: u16| parameters[usize::from(ix)].required;
    let mut found = Vec::new();
    for (given, code) in
        (0..8u16).flat_map(|given| ["330100", "330101", "440100"].map(|code| (given, code)))
    {
        let given: Vec<u16> = (0..3).filter(|ix| given >> ix & 1 == 1 || required(*ix)).collect();
        let argument = |parameter| Argument { parameter, value: ParameterValue::Text(code.into()) };
        let arguments: Vec<Argument> = given.into_iter().map(argument).collect();
        for purpose in &purposes {
            for (case, consent) in [(None, None), (Some("A-1"), None), (None, Some("C-1")), BOTH] {
                for operator in [None, Some("wang")] {
                    let declared = DeclaredContext {
                        purpose: purpose.clone().map(Cow::Owned),
                        case: case.map(Cow::Borrowed),
                        consent: consent.map(Cow::Borrowed),
                        operator: operator.map(Cow::Borrowed),
                        ..DeclaredContext::default()
                    };
                    let arguments = arguments.clone();
                    found.push((Matched { entry: 0, operation, arguments }, declared));
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_offered_is_what_some_call_gets(
        terms in proptest::collection::vec(term(), 0..5),
        department in select(vec!["a", "b", "c"]),
        id in select(vec!["desk", "other"]),
    ) {
        let policy = policy(entry("e", Category::Business, terms));
        let identity = system(department, id);
        let peer = identify(&policy, &identity).unwrap();
        let offer = offer(&policy, peer, 0, NOW, &NothingUsed);
        let mut permitted = false;
        for operation in 0..policy.entry(0).operations.len() {
            let requests = requests(policy.entry(0), operation as u16);
            let asked = requests.iter().map(|(matched, declared)| {
                decide(&policy, &Facts { peer, matched, declared, usage: &NothingUsed, grants: Grants::none() }, NOW)
            });
            let (permits, denials): (Vec<_>, Vec<_>) = asked.partition(Result::is_ok);
            prop_assert_eq!(offer.permits(operation), !permits.is_empty());
            for permit in &permits {
                let term = index(permit.as_ref().unwrap());
                prop_assert!(offer.permits_by(operation, term), "{term}");
            }
            permitted |= !permits.is_empty();
            if let Some(denial) = &offer.operations[operation].denial {
                let code = denial.code();
                prop_assert!(denials.iter().any(|one| one.as_ref().unwrap_err().code() == code));
            }
        }
        prop_assert_eq!(offer.is_callable(), permitted);
    }
}

#[test]
fn a_closed_entry_offers_nothing_and_says_first_that_it_is_closed() {
    let sample = || {
        let mut sample = entry("e", Category::Business, Vec::new());
        sample.operations.truncate(1);
        sample
    };
    let withholding =
        Withholding { reason: "r".into(), legal_basis: "l".into(), approver: "a".into() };
    let identity = system("b", "desk");
    let denial = |entry: Entry, registry: Registry| {
        let policy = Policy::new("1", registry, vec![entry]).unwrap();
        let peer = identify(&policy, &identity).unwrap();
        let offer = offer(&policy, peer, 0, NOW, &NothingUsed);
        assert!(!offer.permits(0) && !offer.is_callable());
        offer.denial().cloned().unwrap()
    };
    let not_shared = Entry { class: Class::NonShared(withholding), ..sample() };
    let stopped = Entry { active: false, ..not_shared.clone() };
    let mut departments = registry().departments().to_vec();
    departments[0].active = false;
    let without_provider = Registry::new(departments, registry().purposes().to_vec());
    assert_eq!(denial(sample(), registry()), Rejection::NotAuthorised);
    assert_eq!(denial(not_shared, registry()), Rejection::NonShared);
    assert_eq!(denial(stopped.clone(), registry()), Rejection::EntrySuspended);
    assert_eq!(denial(stopped, without_provider), Rejection::ProviderSuspended);
}

#[test]
fn a_stale_policy_offers_what_is_for_everybody_alone() {
    let identity = system("b", "desk");
    let offered = |class: Class, terms: Vec<Term>| {
        let policy = policy(Entry { class, ..entry("e", Category::Business, terms) });
        let peer = identify(&policy, &identity).unwrap();
        offer(&policy, peer, 0, NOW, &NothingUsed).while_stale(policy.entry(0))
    };
    let mut own = term().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    own.consumers = Consumers::Everyone;
    own.systems.clear();
    (own.from, own.until) = (None, None);
    own.modes = vec![Mode::Query];
    own.purposes = Purposes::AnyRegistered;
    (own.case, own.consent, own.operators) = (CaseRule::Optional, false, Operators::Optional);
    own.bindings.clear();
    assert!(offered(Class::Unconditional, vec![own.clone()]).is_callable());
    let restricted = offered(Class::Restricted, vec![own]);
    assert_eq!(restricted.denial(), Some(&Rejection::PolicyStale));
    assert!(!restricted.permits(0) && !restricted.permits_by(0, 0));
    let denied = offered(Class::Restricted, Vec::new());
    assert_eq!(denied.denial(), Some(&Rejection::NotAuthorised));
}

#[test]
fn of_several_denials_the_one_nearest_to_a_permit_is_told() {
    let identity = system("b", "desk");
    let denial = |entry: Entry| {
        let policy = policy(entry);
        let peer = identify(&policy, &identity).unwrap();
        offer(&policy, peer, 0, NOW, &NothingUsed).denial().cloned().unwrap()
    };
    let mut sample = entry("e", Category::Business, Vec::new());
    assert_eq!(denial(sample.clone()), Rejection::NotAuthorised);
    // The last two of the samples' operations are for grants only.
    sample.operations.drain(..2);
    assert_eq!(denial(sample.clone()), Rejection::ApprovalRequired);
    sample.operations.clear();
    assert_eq!(denial(sample), Rejection::NotInCatalog(NotInCatalog::Operation));
}
