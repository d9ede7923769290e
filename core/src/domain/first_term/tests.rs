//! The law: the search finds that a term holds exactly when [`Checks`] finds nothing that it lacks.
//! Other laws about terms are tested with the same samples.

use crate::domain::classification::Mode;
use crate::domain::entry::Entry;
use crate::domain::entry::Operation;
use crate::domain::terms::CaseRule;
use crate::domain::terms::Consumers;
use crate::domain::terms::Operators;
use crate::domain::terms::Purposes;
use crate::domain::terms::Term;
use std::borrow::Cow;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::budget::{Allowance, Budget, BudgetWindow, Exhausted, Unit};
use crate::domain::classification::{Category, Class, Level, Origin};
use crate::domain::decide::{Basis, Permit, consider, decide};
use crate::domain::declared::DeclaredContext;
use crate::domain::entry::{About, EntryId, Method, Template};
use crate::domain::facts::{BudgetUsage, NothingUsed};
use crate::domain::field::{Field, FieldKind};
use crate::domain::field_path::FieldPath;
use crate::domain::grants::Grants;
use crate::domain::identity::{Identity, Kind};
use crate::domain::matching::{Argument, Matched, identify};
use crate::domain::name::Name;
use crate::domain::parameter::{Parameter, ParameterLocation, ParameterValue, Patterns, Rule};
use crate::domain::rate::DEFAULT_RATE;
use crate::domain::registry::{Member, Purpose};
use crate::domain::rejection::{Lacking, Rejection};
use crate::domain::terms::{Binding, Bound, Obligations};
use crate::domain::view::View;
use crate::domain::view::ViewTerms;

/// More purposes than one word has bits.
const PURPOSES: usize = 67;
pub(crate) const NOW: UnixMillis = 1_000;

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A usage of one request under every budget.
#[derive(Debug)]
struct OneSpent;

impl BudgetUsage for OneSpent {
    fn exhausted(&self, _: &Entry, term: &Term) -> Option<Exhausted> {
        let limit = term.budget.as_ref()?.daily.of(Unit::Requests)?;
        let (unit, window, refills) = (Unit::Requests, BudgetWindow::Day, Some(NOW + 1));
        (limit <= 1).then_some(Exhausted { unit, window, limit, left: 0, refills })
    }
}

/// The index of the term that a permit rests on.
pub(crate) fn index(permit: &Permit) -> u16 {
    match permit.basis {
        Basis::Term(term) => term,
        Basis::Grant(_) => panic!("it rests on a grant"),
    }
}

fn requests_a_day(requests: u64) -> Box<Budget> {
    let daily = Allowance { requests: requests.try_into().ok(), ..Allowance::default() };
    Box::new(Budget { daily, ..Budget::default() })
}

pub(crate) fn registry() -> Registry {
    let member = |id: &str, active| Member { id: name(id), active, roles: Vec::new() };
    let department = |id: &str| Department {
        id: name(id),
        title: id.into(),
        title_en: None,
        code: None,
        parent: None,
        tags: Vec::new(),
        region: Some("330100".into()),
        active: true,
        upstream_addresses: Vec::new(),
        rates: Vec::new(),
        systems: vec![member("desk", true), member("other", true)],
        people: vec![member("wang", true), member("gone", false)],
    };
    // The purposes that requests state have scopes of all kinds.
    let purpose = |ix: usize| Purpose {
        code: name(&format!("p-{ix}")),
        title: "t".into(),
        description: None,
        modes: [&[][..], &[Mode::Query], &[Mode::Search, Mode::Submit]][ix % 3].to_vec(),
        categories: [&[][..], &[Category::Base, Category::Business]][ix / 3 % 2].to_vec(),
    };
    let departments = ["a", "b", "c"].map(department).into();
    Registry::new(departments, (0..PURPOSES).map(purpose).collect())
}

fn purposes() -> impl Strategy<Value = Purposes> {
    let code = (0..PURPOSES + 2).prop_map(|ix| name(&format!("p-{ix}")));
    prop_oneof![
        Just(Purposes::Waived),
        Just(Purposes::AnyRegistered),
        proptest::collection::vec(code, 0..4).prop_map(Purposes::Listed),
    ]
}

fn case_rule() -> impl Strategy<Value = CaseRule> {
    let pattern = |text: &str| Patterns::default().compile(text).unwrap();
    prop_oneof![
        Just(CaseRule::Optional),
        Just(CaseRule::Required(None)),
        Just(CaseRule::Required(Some(pattern("A-[0-9]")))),
        Just(CaseRule::Required(Some(pattern(".*")))),
    ]
}

fn operators() -> impl Strategy<Value = Operators> {
    prop_oneof![
        Just(Operators::Optional),
        Just(Operators::Required),
        Just(Operators::Listed(vec![name("wang")])),
        Just(Operators::Listed(vec![name("gone")])),
    ]
}

fn bindings() -> impl Strategy<Value = Vec<Binding>> {
    let bound = |to| vec![Binding { parameter: "code".into(), to }];
    prop_oneof![
        4 => Just(Vec::new()),
        1 => Just(bound(Bound::OwnRegion)),
        1 => Just(bound(Bound::Exactly("330101".into()))),
    ]
}

prop_compose! {
    pub(crate) fn term()(
        everyone in any::<bool>(),
        departments in proptest::sample::subsequence(vec![0u32, 1, 2], 0..=3),
        systems in proptest::sample::subsequence(vec!["desk", "other", "unknown"], 0..=2),
        modes in proptest::sample::subsequence(
            vec![Mode::Query, Mode::Search, Mode::Bulk, Mode::Submit], 1..=4),
        purposes in purposes(),
        case in case_rule(),
        consent in any::<bool>(),
        operators in operators(),
        bindings in bindings(),
        lookups in proptest::sample::subsequence(vec![0u16, 1], 0..=2),
        view in 0u16..3,
        budget in select(vec![None, Some(1u64), Some(2)]),
        from in select(vec![None, Some(NOW - 1), Some(NOW), Some(NOW + 1)]),
        until in select(vec![None, Some(NOW - 1), Some(NOW), Some(NOW + 1)]),
    ) -> Term {
        Term {
            id: "t".into(),
            granted: false,
            consumers: if everyone { Consumers::Everyone } else { Consumers::Departments(departments) },
            systems: systems.into_iter().map(name).collect(),
            modes, purposes, case, consent, operators, bindings, lookups, view,
            rates: vec![DEFAULT_RATE], operator_rates: Vec::new(), budget: budget.map(requests_a_day), from, until, review: None, tells_case: false, tells_consent: false, tells_operator: false, confidential: false,
            obligations: Obligations::default(),
        }
    }
}

fn operation(id: &str, mode: Mode, approval: bool) -> Operation {
    let code = Patterns::default().compile("[0-9]{6}").unwrap();
    let parameter = |name: &str, searches| Parameter {
        name: name.into(),
        place: ParameterLocation::Body,
        rule: Rule::Text { pattern: code.clone(), max_chars: 6 },
        required: mode == Mode::Search && name == "id",
        searches,
        subject: false,
    };
    Operation {
        id: name(id),
        method: Method::Post,
        template: Template { segments: Vec::new() },
        mode,
        parameters: vec![
            parameter("plain", None),
            parameter("id", Some(0)),
            parameter("code", Some(1)),
        ],
        records: FieldPath::root(),
        envelope: Vec::new(),
        subjects: Vec::new(),
        max_records: 1,
        approval,
        intent: false,
    }
}

pub(crate) fn entry(id: &str, category: Category, terms: Vec<Term>) -> Entry {
    let field = |path: &str, level| Field {
        path: FieldPath::parse(path).unwrap(),
        title: path.into(),
        kind: FieldKind::Text,
        level: Level::new(level).unwrap(),
        mask: None,
        approval: false,
    };
    let fields = vec![field("$.id", 3), field("$.code", 2)];
    let view = |level| {
        View::at(&fields, &[], &ViewTerms { clearance: Level::new(level).unwrap(), fields: None })
    };
    Entry {
        id: EntryId::new(name("a"), name(id)),
        about: About::default(),
        class: Class::Restricted,
        category,
        level: Level::LEAST,
        personal: false,
        origin: Origin::Source,
        active: true,
        operations: vec![
            operation("query", Mode::Query, false),
            operation("search", Mode::Search, false),
            operation("submit", Mode::Submit, true),
            operation("bulk", Mode::Bulk, false),
        ],
        views: [1, 2, 3].map(view).into(),
        fields,
        opaque: Vec::new(),
        conditions: Vec::new(),
        terms,
        upstream: None,
    }
}

fn text(choices: &'static [&'static str]) -> impl Strategy<Value = Option<Cow<'static, str>>> {
    proptest::option::of(select(choices).prop_map(Cow::Borrowed))
}

prop_compose! {
    fn declared()(
        purpose in text(&["p-0", "p-1", "p-2", "p-3", "p-5", "p-63", "p-64", "p-66", "p-67", "x"]),
        case in text(&["A-1", "A-x", "", "a\u{7}"]),
        consent in text(&["C-1", "", "a b"]),
        operator in text(&["wang", "gone", "nobody"]),
    ) -> DeclaredContext<'static> {
        DeclaredContext { purpose, case, consent, operator, ..DeclaredContext::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_holds_lacks_nothing(
        terms in proptest::collection::vec(proptest::collection::vec(term(), 0..5), 1..4),
        which in any::<Index>(),
        category in select(vec![Category::Base, Category::Business, Category::Trace]),
        department in select(vec!["a", "b", "c"]),
        system in select(vec!["desk", "other"]),
        operation in 0u16..4,
        given in proptest::sample::subsequence(vec![0u16, 1, 2], 0..=3),
        code in select(vec!["330101", "330102", "440100"]),
        declared in declared(),
    ) {
        let numbered = terms.into_iter().enumerate();
        let entries: Vec<Entry> =
            numbered.map(|(ix, t)| entry(&format!("e-{ix}"), category, t)).collect();
        let entry = which.index(entries.len()) as u32;
        let policy = Policy::new("1", registry(), entries).unwrap();
        let identity =
            Identity { department: name(department), kind: Kind::System, id: name(system) };
        let peer = identify(&policy, &identity).unwrap();
        let argument = |parameter| Argument { parameter, value: ParameterValue::Text(code.into()) };
        let arguments = given.into_iter().map(argument).collect();
        let matched = Matched { entry, operation, arguments };
        let facts = Facts { peer, matched: &matched, declared: &declared, usage: &OneSpent, grants: Grants::none() };
        let first = consider(&policy, &facts, NOW).find(|one| one.lacking.is_empty());
        let first = first.map(|one| one.term);
        prop_assert_eq!(policy.packed().first_that_holds(&policy, &facts, NOW), first);
        match (decide(&policy, &facts, NOW), first) {
            (Ok(permit), Some(term)) => prop_assert_eq!(index(&permit), term),
            (Err(Rejection::ApprovalRequired), _) => prop_assert!(operation >= 2),
            (Err(Rejection::Unmet(nearest)), None) => prop_assert!(!nearest.lacking.is_empty()),
            (Err(Rejection::NotAuthorised), None) => {}
            (other, first) => prop_assert!(false, "{other:?}, {first:?}"),
        }
    }
}

/// Decides for `a/desk`, which asks by query an entry of a category that has one term for
/// everybody. Gives the decision, and what the first term lacks.
fn asked(purposes: Purposes, category: Category, purpose: Option<&'static str>) -> Vec<Lacking> {
    let term = Term { purposes, ..plain_term() };
    let policy = Policy::new("1", registry(), vec![entry("e", category, vec![term])]).unwrap();
    let identity = Identity { department: name("a"), kind: Kind::System, id: name("desk") };
    let peer = identify(&policy, &identity).unwrap();
    let matched = Matched { entry: 0, operation: 0, arguments: Vec::new() };
    let declared =
        DeclaredContext { purpose: purpose.map(Cow::Borrowed), ..DeclaredContext::default() };
    match decide(
        &policy,
        &Facts {
            peer,
            matched: &matched,
            declared: &declared,
            usage: &NothingUsed,
            grants: Grants::none(),
        },
        NOW,
    ) {
        Ok(_) => Vec::new(),
        Err(Rejection::Unmet(nearest)) => nearest.lacking,
        Err(other) => panic!("{other:?}"),
    }
}

pub(crate) fn plain_term() -> Term {
    Term {
        id: "t".into(),
        granted: false,
        consumers: Consumers::Everyone,
        systems: Vec::new(),
        modes: vec![Mode::Query, Mode::Search],
        purposes: Purposes::Waived,
        case: CaseRule::Optional,
        consent: false,
        operators: Operators::Optional,
        bindings: Vec::new(),
        lookups: Vec::new(),
        view: 0,
        rates: vec![DEFAULT_RATE],
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

#[test]
fn a_purpose_is_held_to_its_scope_whatever_the_term_allows() {
    let listed = || Purposes::Listed(["p-1", "p-2", "p-4"].map(name).into());
    // Purpose p-1 allows queries, p-2 other modes, p-4 queries of base and business data.
    for purposes in [Purposes::Waived, Purposes::AnyRegistered, listed()] {
        assert_eq!(asked(purposes.clone(), Category::Trace, Some("p-1")), []);
        assert_eq!(asked(purposes.clone(), Category::Base, Some("p-4")), []);
        for (category, purpose) in [(Category::Base, "p-2"), (Category::Trace, "p-4")] {
            let lacking = asked(purposes.clone(), category, Some(purpose));
            let [Lacking::PurposeScope { mode: "query", category: said, allowed }] = &*lacking
            else {
                panic!("{purposes:?}, {purpose}: {lacking:?}")
            };
            assert_eq!((*said, lacking[0].code()), (category.as_str(), "purpose-not-allowed"));
            assert!(allowed.iter().any(|code| &**code == "p-1"), "{allowed:?}");
            assert!(!allowed.iter().any(|code| **code == *purpose), "{allowed:?}");
            let only_listed = matches!(purposes, Purposes::Listed(_));
            assert_eq!(only_listed, allowed.len() <= 2, "{allowed:?}");
        }
    }
    // A purpose that is not registered, or not listed, is reported as such.
    let not_allowed = |allowed: &[&str]| {
        vec![Lacking::PurposeNotAllowed { allowed: allowed.iter().map(|p| (*p).into()).collect() }]
    };
    assert_eq!(asked(Purposes::Waived, Category::Base, Some("x")), not_allowed(&[]));
    let of_list = not_allowed(&["p-1", "p-2", "p-4"]);
    assert_eq!(asked(listed(), Category::Base, Some("p-0")), of_list);
    assert_eq!(asked(Purposes::Waived, Category::Base, None), []);
}

#[test]
fn a_packed_term_fits_two_lines_of_a_cache() {
    assert!(size_of::<PackedTerm>() <= 128, "{}", size_of::<PackedTerm>());
}

#[test]
fn a_term_without_budget_left_leaves_the_turn_to_the_next() {
    let budgeted = |requests| Term { budget: Some(requests_a_day(requests)), ..plain_term() };
    let decided = |terms: Vec<Term>| {
        let policy = Policy::new("1", registry(), vec![entry("e", Category::Base, terms)]).unwrap();
        let identity = Identity { department: name("a"), kind: Kind::System, id: name("desk") };
        let peer = identify(&policy, &identity).unwrap();
        let matched = Matched { entry: 0, operation: 0, arguments: Vec::new() };
        let declared = DeclaredContext::default();
        let facts = Facts {
            peer,
            matched: &matched,
            declared: &declared,
            usage: &OneSpent,
            grants: Grants::none(),
        };
        decide(&policy, &facts, NOW)
    };
    assert_eq!(index(&decided(vec![budgeted(2)]).unwrap()), 0);
    assert_eq!(index(&decided(vec![budgeted(1), plain_term()]).unwrap()), 1);
    // A term that the request does not fit does not become the nearest, however little it lacks.
    let consent = Term { consent: true, ..plain_term() };
    let denial = decided(vec![consent, budgeted(1)]).unwrap_err();
    assert_eq!(denial.code(), "budget-exhausted");
    assert_eq!(denial.exhausted().map(|limit| (limit.limit, limit.left)), Some((1, 0)));
}
