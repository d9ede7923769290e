//! Tests grants in use against a small reference model: a grant permits requests within its period,
//! operations, systems, purpose, case, people, persons, fields and budget, and no others.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::budget::{BudgetWindow, Exhausted, Unit};
use crate::domain::classification::{Category, Level};
use crate::domain::decide::{Basis, decide};
use crate::domain::declared::DeclaredContext;
use crate::domain::facts::BudgetUsage;
use crate::domain::facts::Facts;
use crate::domain::first_term::tests::{
    entry as usual_entry, plain_term, registry as usual_registry,
};
use crate::domain::grants::Grants;
use crate::domain::matching::{Argument, Matched, identify};
use crate::domain::parameter::ParameterValue;
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::terms::Term;
use crate::domain::view::Shown;
use crate::grant::document::Amounts;

const FROM: i64 = 1_000_000;
const UNTIL: i64 = 2_000_000;

/// A usage that leaves nothing of a budget, or all of it.
#[derive(Debug)]
struct Spent(bool);

impl BudgetUsage for Spent {
    fn exhausted(&self, _: &Entry, term: &Term) -> Option<Exhausted> {
        let limit = term.budget.as_ref()?.total.of(Unit::Requests)?;
        let (unit, window) = (Unit::Requests, BudgetWindow::Total);
        self.0.then_some(Exhausted { unit, window, limit, left: 0, refills: None })
    }
}

/// The restrictions of a grant beside period, operation and purpose.
#[derive(Clone, Debug)]
struct Restricts {
    system: bool,
    case: bool,
    operator: bool,
    subjects: bool,
    budget: bool,
    binding: bool,
}

/// The statements of a request.
#[derive(Clone, Debug)]
struct Says {
    now: i64,
    operation: u16,
    system: &'static str,
    purpose: Option<&'static str>,
    case: Option<&'static str>,
    operator: Option<&'static str>,
    person: Option<&'static str>,
    code: Option<&'static str>,
    names: bool,
    spent: bool,
}

prop_compose! {
    fn restricts()(of in any::<[bool; 6]>()) -> Restricts {
        let [system, case, operator, subjects, budget, binding] = of;
        Restricts { system, case, operator, subjects, budget, binding }
    }
}

/// Chooses mostly the first value, so that much is permitted, and otherwise one of the others.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    usual: T,
    others: &[T],
) -> impl Strategy<Value = T> + use<T> {
    prop_oneof![7 => Just(usual), 2 => select(others.to_vec())]
}

prop_compose! {
    fn says()(
        now in mostly(FROM, &[i64::MIN, FROM - 1, FROM + 1, UNTIL - 1, UNTIL, UNTIL + 1, i64::MAX]),
        operation in mostly(0u16, &[1, 2, 3]),
        system in mostly("desk", &["other"]),
        // Purposes p-3 and p-6 allow all modes; p-4 is not this grant's.
        purpose in mostly(Some("p-0"), &[Some("p-3"), Some("x"), None]),
        case in mostly(Some("A-1"), &[Some("A-2"), Some("a b"), None]),
        operator in mostly(Some("wang"), &[Some("li"), Some("gone"), None]),
        person in mostly(Some("330101"), &[Some("330102"), None]),
        code in select(vec![Some("330101"), Some("330102"), None, None]),
        names in any::<bool>(),
        spent in mostly(false, &[true]),
    ) -> Says {
        Says { now, operation, system, purpose, case, operator, person, code, names, spent }
    }
}

fn made(of: &Restricts) -> Grant {
    let Restricts { system, case, operator, subjects, budget, binding } = *of;
    let limit = Amounts { requests: std::num::NonZeroU64::new(5), ..Amounts::default() };
    Grant {
        bindings: binding.then(|| ("code".into(), "330101".into())).into_iter().collect(),
        budget: Volume {
            total: if budget { limit } else { Amounts::default() },
            ..Volume::default()
        },
        case: case.then(|| "A-1".into()),
        consumer: name("b"),
        entry: "a/e".into(),
        fields: {
            // If the code is tied to a value, the consumer must see the field.
            let code = binding.then(|| ("$.code".into(), 2));
            code.into_iter().chain([("$.id".into(), 3)]).collect()
        },
        from: FROM,
        operators: if operator { vec![name("wang")] } else { Vec::new() },
        purpose: name("p-0"),
        reviews: Vec::new(),
        systems: if system { vec![name("desk")] } else { Vec::new() },
        subjects: subjects.then(|| Subjects::of(&[1; 32], ["330101"]).unwrap()),
        until: UNTIL,
        ..grant()
    }
}

/// Makes the policy, in which the field `$.id` has this level.
fn policy(level: u8) -> Policy {
    let mut entry = usual_entry("e", Category::Base, Vec::new());
    entry.fields[0].level = Level::new(level).unwrap();
    for operation in &mut entry.operations {
        // A request by this parameter asks about a person.
        operation.parameters[1].subject = true;
    }
    Policy::new("1", usual_registry(), vec![entry]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_permitted_outside_of_what_a_grant_says(
        of in restricts(),
        says in says(),
        level in 1u8..5,
    ) {
        let (grant, policy) = (made(&of), policy(level));
        let held = granted(&grant, grant.until, &policy).unwrap();
        let grants = Grants::of([Arc::new(held)]);
        let identity =
            Identity { department: name("b"), kind: Kind::System, id: name(says.system) };
        let peer = identify(&policy, &identity).unwrap();
        let argument = |parameter| {
            move |text: &'static str| Argument { parameter, value: ParameterValue::Text(text.into()) }
        };
        let person = says.person.map(argument(1));
        let arguments = person.into_iter().chain(says.code.map(argument(2))).collect();
        let matched = Matched { entry: 0, operation: says.operation, arguments };
        let declared = DeclaredContext {
            purpose: says.purpose.map(Cow::Borrowed),
            case: says.case.map(Cow::Borrowed),
            operator: says.operator.map(Cow::Borrowed),
            grant: says.names.then_some(Cow::Borrowed("g-7")),
            ..DeclaredContext::default()
        };
        let usage = &Spent(says.spent);
        let facts = Facts { peer, matched: &matched, declared: &declared, usage, grants: &grants };
        let decided = decide(&policy, &facts, says.now);
        let period = FROM <= says.now && says.now < UNTIL;
        // A request may search only by a field that the consumer sees.
        let sees_code = says.code.is_none() || of.binding;
        let sees_what_it_asks_by = sees_code && (level <= 3 || says.person.is_none());
        let expected = period
            && says.operation == 0
            && (!of.system || says.system == "desk")
            && says.purpose == Some("p-0")
            && if of.case { says.case == Some("A-1") } else { says.case != Some("a b") }
            && says.operator == Some("wang")
            && (!of.subjects || says.person == Some("330101"))
            && (!of.binding || says.code == Some("330101"))
            && !(of.budget && says.spent)
            && sees_what_it_asks_by;
        prop_assert_eq!(decided.is_ok(), expected, "{:?}", decided);
        match decided {
            Ok(permit) => {
                prop_assert!(matches!(&permit.basis, Basis::Grant(_)));
                // The view shows no field above the approved level, and none that the grant does
                // not name.
                let shown = &permit.view(&policy).fields;
                prop_assert_eq!(shown[0] == Shown::Passed, level <= 3);
                prop_assert_eq!(shown[1] == Shown::Passed, of.binding);
            }
            Err(Rejection::GrantNotActive) => prop_assert!(says.names && !period),
            Err(Rejection::GrantNotCovering(_)) => prop_assert!(says.names && period),
            Err(Rejection::BudgetExhausted { .. }) => prop_assert!(says.names && of.budget),
            Err(other) => prop_assert!(!says.names, "{:?}", other),
        }
    }
}

#[test]
fn an_ended_grant_that_is_named_is_refused_though_a_term_holds() {
    let term = Term { from: None, until: None, ..plain_term() };
    let entry = usual_entry("e", Category::Base, vec![term]);
    let policy = Policy::new("1", usual_registry(), vec![entry]).unwrap();
    let grant = made(&Restricts {
        system: false,
        case: false,
        operator: false,
        subjects: false,
        budget: false,
        binding: false,
    });
    let held = granted(&grant, grant.until, &policy).unwrap();
    let grants = Grants::of([Arc::new(held)]);
    let identity = Identity { department: name("b"), kind: Kind::System, id: name("desk") };
    let peer = identify(&policy, &identity).unwrap();
    let matched = Matched { entry: 0, operation: 0, arguments: Vec::new() };
    let decided = |named: Option<&'static str>| {
        let declared = DeclaredContext {
            purpose: Some(Cow::Borrowed("p-0")),
            operator: Some(Cow::Borrowed("wang")),
            grant: named.map(Cow::Borrowed),
            ..DeclaredContext::default()
        };
        let usage = &Spent(false);
        let facts = Facts { peer, matched: &matched, declared: &declared, usage, grants: &grants };
        decide(&policy, &facts, UNTIL)
    };
    assert!(matches!(decided(None).unwrap().basis, Basis::Term(0)));
    assert_eq!(decided(Some("g-7")), Err(Rejection::GrantNotActive));
}
