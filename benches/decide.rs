//! What a decision costs in a catalog of 10,000 entries. The goal is 1 µs for `decide`, 2 µs with 100,000
//! temporary grants beside the terms, and 50 ms until another grant is in force.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use sluice_core::domain::classification::{Category, Class, Level, Mode, Origin};
use sluice_core::domain::decide::decide;
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::entry::{
    About, Entry, EntryId, Method, Operation, Segment, Template, Upstream,
};
use sluice_core::domain::facts::Facts;
use sluice_core::domain::facts::NothingUsed;
use sluice_core::domain::field::{Field, FieldKind};
use sluice_core::domain::field_path::FieldPath;
use sluice_core::domain::grants::{GrantInForce, Grants};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::index::DepartmentIx;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::matching::{Matched, identify, locate, match_arguments};
use sluice_core::domain::name::Name;
use sluice_core::domain::parameter::{Parameter, ParameterLocation, Pattern, Patterns, Rule};
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rate::Rate;
use sluice_core::domain::registry::{Department, Member, Purpose, Registry};
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::domain::terms::{CaseRule, Consumers, Obligations, Operators, Purposes, Term};
use sluice_core::domain::view::View;
use sluice_core::domain::view::ViewTerms;
use sluice_core::grant::document::{Grant, Responsible, Volume};

/// What can go wrong, in words for a terminal.
type Wrong = Box<dyn std::error::Error + Send + Sync>;

const DEPARTMENTS: usize = 200;
const ENTRIES: usize = 10_000;

/// Temporary grants.
const GRANTS: usize = 100_000;

/// Terms of each entry, of which only the last is the caller's.
const TERMS: usize = 4;

/// Registered purposes; the one that is stated stands in the middle.
const PURPOSES: usize = 40;

/// The department that calls, and its system and person.
const CALLER: DepartmentIx = 7;
const SYSTEM: &str = "desk";
const PERSON: &str = "officer-0001";

/// A moment within every term.
const NOW: i64 = 1_780_000_000_000;

/// The body of every request.
const BODY: &[u8] = br#"{"id_number":"11010519491231002X"}"#;

fn main() -> Result<(), Wrong> {
    let policy = policy()?;
    let targets = targets(&policy);
    let caller = Identity {
        department: department_name(CALLER as usize)?,
        kind: Kind::System,
        id: Name::parse(SYSTEM)?,
    };
    let peer = identify(&policy, &caller).map_err(refused)?;
    let matched = targets.iter().map(|target| matched(&policy, target));
    let matched: Vec<Matched> = matched.collect::<Result<_, _>>().map_err(refused)?;
    let declared = declared(PURPOSES / 2);
    let other = self::declared(1);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("10000 entries");
    group.throughput(Throughput::Elements(1));
    let mut turn = Turn::default();
    group.bench_function("decide: permit", |bencher| {
        bencher.iter(|| {
            let facts = Facts {
                peer,
                matched: &matched[turn.next()],
                declared: &declared,
                usage: &NothingUsed,
                grants: Grants::none(),
            };
            black_box(decide(&policy, black_box(&facts), NOW)).is_ok()
        });
    });
    group.bench_function("decide: permit, one entry again and again", |bencher| {
        let facts = Facts {
            peer,
            matched: &matched[ENTRIES / 2],
            declared: &declared,
            usage: &NothingUsed,
            grants: Grants::none(),
        };
        bencher.iter(|| black_box(decide(&policy, black_box(&facts), NOW)).is_ok());
    });
    group.bench_function("decide: denial", |bencher| {
        bencher.iter(|| {
            let facts = Facts {
                peer,
                matched: &matched[turn.next()],
                declared: &other,
                usage: &NothingUsed,
                grants: Grants::none(),
            };
            black_box(decide(&policy, black_box(&facts), NOW)).is_err()
        });
    });
    group.bench_function("read the target, locate, match, decide", |bencher| {
        bencher.iter(|| {
            let matched = self::matched(&policy, black_box(&targets[turn.next()]))?;
            let facts = Facts {
                peer,
                matched: &matched,
                declared: &declared,
                usage: &NothingUsed,
                grants: Grants::none(),
            };
            decide(&policy, &facts, NOW).map(black_box)
        });
    });
    // For a purpose that no term lists, one of ten grants for the entry is the caller's, and holds.
    let grants = grants(&policy)?;
    let granted = self::declared(2);
    group.bench_function("decide: permit by one of 100000 grants", |bencher| {
        bencher.iter(|| {
            let facts = Facts {
                peer,
                matched: &matched[turn.next()],
                declared: &granted,
                usage: &NothingUsed,
                grants: &grants,
            };
            black_box(decide(&policy, black_box(&facts), NOW)).is_ok()
        });
    });
    let another = Arc::new(self::granted(&policy, GRANTS)?);
    group.bench_function("one grant more beside 100000, while they are read", |bencher| {
        bencher.iter(|| {
            let mut next = grants.clone();
            next.put(another.clone());
            black_box(next.len())
        });
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// Grants, ten for each entry.
fn grants(policy: &Policy) -> Result<Grants, Wrong> {
    let all: Result<Vec<_>, Wrong> =
        (0..GRANTS).map(|number| Ok(Arc::new(granted(policy, number)?))).collect();
    Ok(Grants::of(all?))
}

/// The grant of that number: for one department after the other, every tenth for the caller.
fn granted(policy: &Policy, number: usize) -> Result<GrantInForce, Wrong> {
    let entry = &policy.entries()[number % ENTRIES];
    let consumer = CALLER as usize + 13 * (number / ENTRIES);
    let grant = Grant {
        bindings: BTreeMap::new(),
        budget: Volume::default(),
        case: None,
        catalog: "bench".into(),
        conditions: None,
        consumer: department_name(consumer % DEPARTMENTS)?,
        entry: entry.id.as_str().into(),
        fields: BTreeMap::from([("$.id_number".into(), 3), ("$.field_1".into(), 2)]),
        from: NOW - 1,
        id: Name::parse(&format!("g-{number}"))?,
        legal_basis: "law".into(),
        operations: vec![Name::parse("query")?],
        operators: Vec::new(),
        purpose: purpose_name(2)?,
        rate: None,
        responsible: Responsible { consumer: Name::parse("a")?, provider: Name::parse("b")? },
        retention: None,
        reviews: Vec::new(),
        subjects: None,
        supersedes: None,
        systems: Vec::new(),
        until: NOW + 1,
    };
    sluice_core::grant::granted(&grant, grant.until, policy).ok_or_else(|| "no such grant".into())
}

/// Goes through the entries in steps that no cache foresees, so that what is measured is a catalog
/// of 10,000 and not one entry 10,000 times.
#[derive(Default)]
struct Turn(usize);

impl Turn {
    fn next(&mut self) -> usize {
        // The step and the number of entries have no common divisor: every entry has its turn.
        self.0 = (self.0 + 7_919) % ENTRIES;
        self.0
    }
}

fn targets(policy: &Policy) -> Vec<String> {
    policy.entries().iter().map(|entry| format!("/{}/query", entry.id)).collect()
}

fn matched(policy: &Policy, target: &str) -> Result<Matched, Rejection> {
    let target = Target::parse(target)?;
    match_arguments(policy, locate(policy, false, "POST", &target)?, BODY)
}

fn declared(purpose: usize) -> DeclaredContext<'static> {
    DeclaredContext {
        purpose: Some(format!("purpose-{purpose}").into()),
        case: Some("SA-2026-00001".into()),
        operator: Some(PERSON.into()),
        ..DeclaredContext::default()
    }
}

fn policy() -> Result<Policy, Wrong> {
    let department = |number| -> Result<Department, Wrong> {
        let member = |id| Ok::<_, Wrong>(Member { id, active: true, roles: Vec::new() });
        Ok(Department {
            id: department_name(number)?,
            title: format!("第{number}局").into(),
            title_en: None,
            code: None,
            parent: None,
            tags: Vec::new(),
            region: Some("330100".into()),
            active: true,
            upstream_addresses: Vec::new(),
            rates: Vec::new(),
            systems: vec![member(Name::parse(SYSTEM)?)?],
            people: vec![member(Name::parse(PERSON)?)?],
        })
    };
    let purpose = |number| -> Result<Purpose, Wrong> {
        Ok(Purpose {
            code: purpose_name(number)?,
            title: "用途".into(),
            description: None,
            modes: vec![Mode::Query, Mode::Search],
            categories: vec![Category::Base],
        })
    };
    let departments = (0..DEPARTMENTS).map(department).collect::<Result<_, _>>()?;
    let purposes = (0..PURPOSES).map(purpose).collect::<Result<_, _>>()?;
    let mut patterns = Patterns::default();
    let id_number = patterns.compile("[1-9][0-9]{16}[0-9X]")?;
    let case = patterns.compile("SA-20[0-9]{2}-[0-9]{5}")?;
    let registry = Registry::new(departments, purposes);
    let entry = |number| entry(number, &registry, &id_number, &case);
    let entries = (0..ENTRIES).map(entry).collect::<Result<_, _>>()?;
    Policy::new("bench", registry, entries)
        .map_err(|duplicate| format!("two entries {}", duplicate.0).into())
}

fn entry(
    number: usize,
    registry: &Registry,
    id_number: &Pattern,
    case: &Pattern,
) -> Result<Entry, Wrong> {
    let fields = fields()?;
    let level = |level| Level::new(level).ok_or("no such level");
    let sight = ViewTerms { clearance: level(2)?, fields: None };
    let view = View::at(&fields, &[], &sight);
    let terms = (0..TERMS).map(|ix| term(ix, registry, case)).collect();
    let department = registry.departments()[number % DEPARTMENTS].id.clone();
    Ok(Entry {
        id: EntryId::new(department, Name::parse(&format!("entry-{number}"))?),
        about: About { title: "人口基本信息".into(), ..About::default() },
        class: Class::Restricted,
        category: Category::Base,
        level: level(3)?,
        personal: true,
        origin: Origin::Source,
        active: true,
        operations: vec![operation("query", id_number)?, operation("history", id_number)?],
        fields,
        opaque: Vec::new(),
        conditions: Vec::new(),
        terms,
        views: vec![view],
        upstream: None::<Upstream>,
    })
}

fn operation(id: &str, id_number: &Pattern) -> Result<Operation, Wrong> {
    Ok(Operation {
        id: Name::parse(id)?,
        method: Method::Post,
        template: Template { segments: vec![Segment::Literal(id.into())] },
        mode: Mode::Query,
        parameters: vec![Parameter {
            name: "id_number".into(),
            place: ParameterLocation::Body,
            rule: Rule::Text { pattern: id_number.clone(), max_chars: 18 },
            required: true,
            searches: Some(0),
            subject: true,
        }],
        records: FieldPath::root(),
        envelope: Vec::new(),
        subjects: vec![path("$.id_number")?],
        max_records: 1,
        approval: false,
        intent: false,
    })
}

fn fields() -> Result<Vec<Field>, Wrong> {
    let levels = [3, 2, 1, 2, 1, 3, 3, 2, 4];
    let field = |(number, level)| -> Result<Field, Wrong> {
        let name = if number == 0 { "id_number".to_owned() } else { format!("field_{number}") };
        Ok(Field {
            path: path(&format!("$.{name}"))?,
            title: name.into(),
            kind: FieldKind::Text,
            level: Level::new(level).ok_or("no such level")?,
            mask: (number % 2 == 0).then_some(Mask::IdNumber),
            approval: false,
        })
    };
    levels.into_iter().enumerate().map(field).collect()
}

/// All terms but the last are for others; the last asks for all that a term can ask for. Names are
/// the registry's own, as the catalog's reader has them: they share their text.
fn term(ix: usize, registry: &Registry, case: &Pattern) -> Term {
    let own = ix == TERMS - 1;
    let consumers = (0..5).map(|step| (ix * 20 + 10 + step) as DepartmentIx);
    let consumers = if own { vec![CALLER, CALLER + 1] } else { consumers.collect() };
    let systems = &registry.departments()[CALLER as usize].systems;
    let purpose = |number: usize| registry.purposes()[number].code.clone();
    Term {
        id: format!("term-{ix}").into(),
        granted: false,
        consumers: Consumers::Departments(consumers),
        systems: systems.iter().map(|system| system.id.clone()).collect(),
        modes: vec![Mode::Query, Mode::Search],
        purposes: Purposes::Listed(vec![purpose(0), purpose(PURPOSES / 2)]),
        case: CaseRule::Required(Some(case.clone())),
        consent: false,
        operators: Operators::Required,
        bindings: Vec::new(),
        lookups: vec![0],
        view: 0,
        rates: vec![Rate { requests: NonZeroU32::MIN, window_seconds: 1, burst: None }],
        operator_rates: Vec::new(),
        budget: None,
        from: Some(NOW - 1),
        until: Some(NOW + 1),
        review: None,
        tells_case: true,
        tells_consent: false,
        tells_operator: true,
        confidential: false,
        obligations: Obligations::default(),
    }
}

fn department_name(number: usize) -> Result<Name, Wrong> {
    Ok(Name::parse(&format!("department-{number}"))?)
}

fn purpose_name(number: usize) -> Result<Name, Wrong> {
    Ok(Name::parse(&format!("purpose-{number}"))?)
}

fn path(text: &str) -> Result<FieldPath, Wrong> {
    FieldPath::parse(text).map_err(|bad| format!("{text}: {}", bad.why).into())
}

fn refused(rejection: Rejection) -> Wrong {
    rejection.code().into()
}
