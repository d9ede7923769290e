//! Requests that nobody answers in time, with a clock that the tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluice_core::domain::registry::Role;
use sluice_core::grant::life::object_of;
use sluice_core::grant::{Grant, GrantStep, Responsible};
use sluice_core::release::Statement;

use super::{NOW, name, signed, verify_certificate};
use crate::catalog::SourceFile;
use crate::control::begin;
use crate::control::duties::Duties;
use crate::control::journal::Journal;
use crate::control::judging_context::JudgingContext;
use crate::control::rows::{GrantRow, JournalRow};
use crate::pki::{Authority, Validity};
use crate::store::{self, Store};

const DAY_MS: i64 = 86_400_000;

const REGISTRY: &str = "
purposes:
  - { code: any, title: any }
departments:
  - id: city
    title: City
    people:
      - { id: leader, roles: [leader] }
  - id: office
    title: Office
    parent: city
    people:
      - { id: reviews, roles: [approver] }
      - { id: opens, roles: [approver] }
  - id: health
    title: Health
    parent: city
    systems: [{ id: desk }]
    people:
      - { id: asks, roles: [applicant] }
  - id: police
    title: Police
    parent: city
    upstream_addresses: [\"records.police.internal:9443\"]
    people:
      - { id: agrees, roles: [approver] }
";

const ENTRY: &str = "
title: Places
contact: Office
class: restricted
category: business
level: 1
personal: false
upstream: { addresses: [\"records.police.internal:9443\"] }
operations:
  - id: query
    method: GET
    path: /{code}
    mode: query
    parameters:
      - { name: code, in: path, pattern: '[0-9]{6}' }
fields:
  - { path: $.name, title: Name, level: 1 }
";

/// The clock of all cases. It never goes back, as tests run in parallel.
static CLOCK: AtomicI64 = AtomicI64::new(NOW);

/// A store with one request in it.
pub(super) struct Case {
    pub(super) store: Arc<dyn Store>,
    pub(super) judging_context: JudgingContext,
    authority: Authority,
    journal: Journal,
    grant: Grant,
    _dir: tempfile::TempDir,
}

impl Case {
    /// Makes a case whose catalog has this procedure.
    pub(super) async fn of(procedure: &str) -> Case {
        let dir = tempfile::tempdir().unwrap();
        let store = store::at(&format!("sqlite:{}", dir.path().join("s").display())).await.unwrap();
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let files = vec![
            file("departments.yaml", REGISTRY),
            file("procedure.yaml", procedure),
            file("police/places.yaml", ENTRY),
        ];
        let genesis = begin(&*store, files, NOW - 1_000).await.unwrap();
        let clock: fn() -> i64 = || CLOCK.load(Ordering::Relaxed);
        let judging_context = JudgingContext {
            genesis,
            office: name("office"),
            verify_certificate: verify_certificate(),
            clock,
        };
        let mut journal = Journal::default();
        journal.read_on(&*store, &judging_context).await.unwrap();
        let grant = asked(&journal);
        let asked = GrantRow {
            grant: grant.canonical(),
            by: "health/asks".into(),
            time: NOW,
            request: None,
        };
        store.append(1, vec![JournalRow::Asked(asked).row()], Vec::new()).await.unwrap();
        journal.read_on(&*store, &judging_context).await.unwrap();
        let authority = Authority::create("office", Validity::days(NOW, 3_650)).unwrap();
        Case { store, judging_context, authority, journal, grant, _dir: dir }
    }

    /// A person takes a step at a moment; says whether it is right.
    pub(super) async fn takes(
        &mut self,
        who: &str,
        step: GrantStep,
        role: Role,
        time: i64,
    ) -> bool {
        CLOCK.fetch_max(time, Ordering::Relaxed);
        let (department, id) = who.split_once('/').unwrap();
        let taken = &self.journal.grants[&self.grant.id].taken;
        let statement = Statement {
            step,
            object: object_of(&self.grant).into(),
            digest: self.grant.digest(),
            previous: taken.last().map(|last| last.digest),
            role,
            time,
            approval: None,
            reason: step.needs_reason().then(|| "why".into()),
        };
        let signed = signed(&self.authority, department, id, statement.canonical());
        if self.journal.judge_grant(&signed, &self.judging_context).is_err() {
            return false;
        }
        let row = JournalRow::GrantSigned(signed).row();
        self.store.append(self.journal.last, vec![row], Vec::new()).await.unwrap();
        self.journal.read_on(&*self.store, &self.judging_context).await.unwrap();
        true
    }

    /// Returns the awaited step at a moment: its name, department, true if overdue, true if
    /// escalated.
    fn awaited(&self, now: i64) -> Option<(&'static str, String, bool, bool)> {
        use sluice_core::release::step::StepName;
        let chain = self.journal.chain(&self.grant, &self.judging_context.office)?;
        let granting = &self.journal.grants[&self.grant.id];
        let one = granting.awaited(&chain, self.journal.procedure(), now)?;
        Some((one.step.as_str(), one.department.to_string(), one.overdue, one.by_itself))
    }

    fn overdue(&self, now: i64) -> u64 {
        let Duties { overdue, pending, .. } =
            self.journal.duties(now, &self.judging_context.office);
        assert!(overdue <= pending);
        overdue
    }
}

fn asked(journal: &Journal) -> Grant {
    Grant {
        bindings: [].into(),
        budget: Default::default(),
        case: None,
        catalog: journal.head.as_ref().unwrap().catalog.version.as_str().into(),
        conditions: None,
        consumer: name("health"),
        entry: "police/places".into(),
        fields: [("$.name".into(), 1)].into(),
        from: NOW,
        id: name("g-2"),
        legal_basis: "law".into(),
        operations: vec![name("query")],
        operators: Vec::new(),
        purpose: name("any"),
        rate: None,
        responsible: Responsible { consumer: name("asks"), provider: name("agrees") },
        retention: None,
        reviews: Vec::new(),
        subjects: None,
        supersedes: None,
        systems: Vec::new(),
        until: NOW + 100 * DAY_MS,
    }
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_passed_over() {
    let (applicant, approver, leader) = (Role::Applicant, Role::Approver, Role::Leader);
    let row = |escalates: &str| {
        format!(
            "chains: [{{ classes: [restricted], modes: [query], level: 4, agree: section-head, approve: leader, open: approver }},\n\
             {{ classes: [restricted], modes: [query], agree: approver, open: approver, answer_working_days: 3, escalates: {escalates} }}]\n"
        )
    };
    // 2026-01-31 is a Saturday: three working days end with Wednesday, in China.
    let due = 1_770_220_800_000;
    let mut case = Case::of(&row("on-request")).await;
    assert!(case.takes("health/asks", GrantStep::Request, applicant, NOW).await);
    let waits = |late| Some(("agree", "police".to_owned(), late, false));
    assert_eq!(case.awaited(due - 1), waits(false));
    assert_eq!((case.awaited(due), case.overdue(due - 1), case.overdue(due)), (waits(true), 0, 1));
    assert!(!case.takes("health/asks", GrantStep::Escalate, applicant, due - 1).await, "too soon");
    assert!(!case.takes("office/reviews", GrantStep::Review, approver, due).await, "not asked to");
    // The provider may still agree, until the consumer goes past it.
    assert!(case.takes("health/asks", GrantStep::Escalate, applicant, due).await);
    assert!(!case.takes("police/agrees", GrantStep::Agree, approver, due + 1).await);
    assert_eq!(case.awaited(due + 1), Some(("review", "office".to_owned(), false, false)));

    let mut case = Case::of(&row("when-overdue")).await;
    assert!(case.takes("health/asks", GrantStep::Request, applicant, NOW).await);
    assert!(!case.takes("office/reviews", GrantStep::Review, approver, due - 1).await, "too soon");
    // It is escalated to the office above both, which has as many days from then on.
    let by_itself = |late| Some(("review", "office".to_owned(), late, true));
    assert_eq!((case.awaited(due - 1), case.awaited(due)), (waits(false), by_itself(false)));
    let (found, next) =
        case.journal.by_the_clock(NOW, due, &case.judging_context.office, (0, u64::MAX));
    assert_eq!((found.len(), found[0].what, &*found[0].object), (1, "overdue", "grant/g-2"));
    assert_eq!(next, due + 5 * DAY_MS);
    // If that is enough, only grants that later rows have changed are searched.
    let last = case.journal.last;
    assert_eq!(
        case.journal.by_the_clock(NOW, due, &case.judging_context.office, (last, last)).0,
        []
    );
    assert_eq!(
        case.journal.by_the_clock(NOW, due - 1, &case.judging_context.office, (0, u64::MAX)),
        (Vec::new(), due)
    );
    assert_eq!(case.awaited(due + 4 * DAY_MS), by_itself(false));
    assert_eq!(
        (case.awaited(due + 5 * DAY_MS), case.overdue(due + 5 * DAY_MS)),
        (by_itself(true), 1)
    );
    assert!(!case.takes("police/agrees", GrantStep::Agree, approver, due).await, "passed over");
    assert!(case.takes("office/reviews", GrantStep::Review, approver, due).await);
    assert_eq!(case.awaited(due), Some(("approve", "city".to_owned(), false, false)));
    assert!(case.takes("city/leader", GrantStep::Approve, leader, due + 1).await);
    assert!(
        !case.takes("office/reviews", GrantStep::Open, approver, due + 2).await,
        "twice the same"
    );
    assert!(case.takes("office/opens", GrantStep::Open, approver, due + 2).await);
    let policy = case.journal.head.as_ref().unwrap().catalog.clone().into_policy();
    let granting = &case.journal.grants[&case.grant.id];
    let held = granting.granted(&policy, case.journal.procedure(), &case.judging_context.office);
    assert!(held.is_some(), "it holds without the provider's word");
    // Reading the store anew leads to the same state.
    let mut anew = Journal::default();
    anew.read_on(&*case.store, &case.judging_context).await.unwrap();
    assert_eq!((anew.last, anew.chain), (case.journal.last, case.journal.chain));
}
