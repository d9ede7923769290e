//! The one law: a term holds here exactly when it lacks nothing there. Other laws about terms are
//! tried on the same ones.

use std::borrow::Cow;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::decide::{Stated, consider, decide};
use crate::domain::entry::{
    About, Category, Class, EntryId, Field, FieldKind, Level, Method, Origin, Template,
};
use crate::domain::field_path::FieldPath;
use crate::domain::identity::{Identity, Kind};
use crate::domain::matching::{Argument, Matched, identify};
use crate::domain::name::Name;
use crate::domain::parameter::{Parameter, Patterns, Place, Rule, Value};
use crate::domain::registry::{Member, Purpose};
use crate::domain::rejection::Rejection;
use crate::domain::terms::{Binding, Bound, DEFAULT_RATE, Obligations, Sight};
use crate::domain::view::View;

/// As many purposes as one word has bits, and a few more.
const PURPOSES: usize = 67;
pub(in crate::domain) const NOW: UnixMillis = 1_000;

pub(in crate::domain) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(in crate::domain) fn registry() -> Registry {
    let member = |id: &str, active| Member { id: name(id), active, roles: Vec::new() };
    let department = |id: &str| Department {
        id: name(id),
        title: id.into(),
        title_en: None,
        parent: None,
        region: Some("330100".into()),
        active: true,
        upstream_addresses: Vec::new(),
        systems: vec![member("desk", true), member("other", true)],
        people: vec![member("wang", true), member("gone", false)],
    };
    let purpose = |ix| Purpose { code: name(&format!("p-{ix}")), title: "t".into() };
    let departments = ["a", "b", "c"].map(department).into();
    Registry::new(departments, (0..PURPOSES).map(purpose).collect())
}

fn purposes() -> impl Strategy<Value = Purposes> {
    let code = (0..PURPOSES + 2).prop_map(|ix| name(&format!("p-{ix}")));
    prop_oneof![
        Just(Purposes::Waived),
        Just(Purposes::AnyRegistered),
        proptest::collection::vec(code, 1..4).prop_map(Purposes::Listed),
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
    pub(in crate::domain) fn term()(
        everyone in any::<bool>(),
        departments in proptest::sample::subsequence(vec![0u32, 1, 2], 0..=3),
        systems in proptest::sample::subsequence(vec!["desk", "other", "unknown"], 0..=2),
        modes in proptest::sample::subsequence(
            vec![Mode::Query, Mode::Search, Mode::Bulk, Mode::Submit], 1..=4),
        purposes in purposes(),
        case in case_rule(),
        operators in operators(),
        bindings in bindings(),
        lookups in proptest::sample::subsequence(vec![0u16, 1], 0..=2),
        view in 0u16..3,
        from in select(vec![None, Some(NOW - 1), Some(NOW), Some(NOW + 1)]),
        until in select(vec![None, Some(NOW - 1), Some(NOW), Some(NOW + 1)]),
    ) -> Term {
        Term {
            id: "t".into(),
            consumers: if everyone { Consumers::Everyone } else { Consumers::Departments(departments) },
            systems: systems.into_iter().map(name).collect(),
            modes, purposes, case, operators, bindings, lookups, view,
            rate: DEFAULT_RATE, from, until, tells_case: false, tells_operator: false, confidential: false,
            obligations: Obligations::default(),
        }
    }
}

fn operation(id: &str, mode: Mode, approval: bool) -> Operation {
    let code = Patterns::default().compile("[0-9]{6}").unwrap();
    let parameter = |name: &str, searches| Parameter {
        name: name.into(),
        place: Place::Body,
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

pub(in crate::domain) fn entry(id: &str, terms: Vec<Term>) -> Entry {
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
        View::at(&fields, &[], &Sight { clearance: Level::new(level).unwrap(), fields: None })
    };
    Entry {
        id: EntryId::new(name("a"), name(id)),
        about: About::default(),
        class: Class::Restricted,
        category: Category::Business,
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
    fn stated()(
        purpose in text(&["p-0", "p-1", "p-63", "p-64", "p-66", "p-67", "x"]),
        case in text(&["A-1", "A-x", "", "a\u{7}"]),
        operator in text(&["wang", "gone", "nobody"]),
    ) -> Stated<'static> {
        Stated { purpose, case, operator, ..Stated::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_holds_lacks_nothing(
        terms in proptest::collection::vec(proptest::collection::vec(term(), 0..5), 1..4),
        which in any::<Index>(),
        department in select(vec!["a", "b", "c"]),
        system in select(vec!["desk", "other"]),
        operation in 0u16..4,
        given in proptest::sample::subsequence(vec![0u16, 1, 2], 0..=3),
        code in select(vec!["330101", "330102", "440100"]),
        stated in stated(),
    ) {
        let entries: Vec<Entry> =
            terms.into_iter().enumerate().map(|(ix, t)| entry(&format!("e-{ix}"), t)).collect();
        let entry = which.index(entries.len()) as u32;
        let policy = Policy::new("1", registry(), entries).unwrap();
        let identity =
            Identity { department: name(department), kind: Kind::System, id: name(system) };
        let peer = identify(&policy, &identity).unwrap();
        let argument = |parameter| Argument { parameter, value: Value::Text(code.into()) };
        let arguments = given.into_iter().map(argument).collect();
        let matched = Matched { entry, operation, arguments };
        let facts = Facts { peer, matched: &matched, stated: &stated };
        let first = consider(&policy, &facts, NOW).find(|one| one.lacking.is_empty());
        let first = first.map(|one| one.term);
        prop_assert_eq!(policy.packed().first_that_holds(&policy, &facts, NOW), first);
        match (decide(&policy, &facts, NOW), first) {
            (Ok(permit), Some(term)) => prop_assert_eq!(permit.term, term),
            (Err(Rejection::ApprovalRequired), _) => prop_assert!(operation >= 2),
            (Err(Rejection::Unmet(nearest)), None) => prop_assert!(!nearest.lacking.is_empty()),
            (Err(Rejection::NotAuthorised), None) => {}
            (other, first) => prop_assert!(false, "{other:?}, {first:?}"),
        }
    }
}

#[test]
fn a_packed_term_fits_two_lines_of_a_cache() {
    assert!(size_of::<PackedTerm>() <= 128, "{}", size_of::<PackedTerm>());
}
