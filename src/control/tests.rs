//! The journal and the policy in force, with a clock that the tests set.

use std::path::Path;
use std::sync::Arc;

use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};
use sluice_core::release::life::object_of;
use sluice_core::release::{Approval, Change, ContentDigest, Draft, DraftStep, Statement};

use super::journal::Journal;
use super::judging_context::{CertificateVerifier, JudgingContext};
use super::local_state::LocalState;
use super::publisher::Ages;
use super::rows::{DraftRow, JournalRow, SignedRow};
use super::signer::{not_ahead, not_back};
use super::{Publisher, SIGNER_SKEW_MS, Start, begin};
use crate::catalog::SourceFile;
use crate::pki::signature::Signer;
use crate::pki::{Authority, Subject, Validity};
use crate::snapshot::{PolicyHandle, Release, ReleaseSecrets, SubjectSecret};
use crate::store::{self, Store};

mod deadlines;
mod partition;

const DOMAIN: &str = "exchange.test";
/// 2026-01-31T08:00:00Z.
const NOW: i64 = 1_769_846_400_000;
/// Time at which the second release takes effect.
const LATER: i64 = NOW + 60_000;

const REGISTRY: &str = "
purposes:
  - { code: any, title: any }
departments:
  - id: office
    title: Office
    people:
      - { id: maintainer, roles: [maintainer] }
      - { id: reviewer, roles: [reviewer] }
      - { id: approver, roles: [approver] }
";

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Every certificate of the trust domain is vouched for.
fn verify_certificate() -> CertificateVerifier {
    Arc::new(|chain, _| Some(crate::tls::identity_of(&chain[0], DOMAIN).ok()?.identity))
}

/// A statement as a person signs it.
fn signed(authority: &Authority, department: &str, id: &str, statement: String) -> SignedRow {
    let identity = Identity { department: name(department), kind: Kind::Person, id: name(id) };
    let subject = Subject::person(DOMAIN, &identity);
    let issued = authority.issue(&subject, Validity::days(NOW, 30)).unwrap();
    let signer = Signer::from_pem(&issued.cert_pem, &issued.key_pem).unwrap();
    SignedRow { signature: signer.sign(&statement).unwrap(), statement }
}

fn secrets() -> ReleaseSecrets {
    ReleaseSecrets {
        subjects: SubjectSecret { epoch: 1, secret: [1; 32] },
        pseudonyms: PseudonymKeys::derive(&[2; 32], Rotation::USUAL),
    }
}

/// A store whose second release, of another title, takes effect at [`LATER`].
async fn scheduled(dir: &Path) -> (Arc<dyn Store>, JudgingContext) {
    let store = store::at(&format!("sqlite:{}", dir.join("s").display())).await.unwrap();
    let file = |text: &str| SourceFile { path: "departments.yaml".into(), text: text.into() };
    let genesis = begin(&*store, vec![file(REGISTRY)], NOW - 1_000).await.unwrap();
    let judging_context = JudgingContext {
        genesis,
        office: name("office"),
        verify_certificate: verify_certificate(),
        clock: || NOW,
    };
    let changed = REGISTRY.replace("title: Office", "title: Bureau");
    let digest = |text: &str| Some(ContentDigest::of(text.as_bytes()));
    let change = Change {
        path: "departments.yaml".into(),
        before: digest(REGISTRY),
        after: digest(&changed),
    };
    let (id, department) = (name("d-2"), name("office"));
    let draft = Draft { id, department, restores: None, changes: vec![change] };
    let told = JournalRow::Drafted(DraftRow {
        id: draft.id.to_string(),
        department: draft.department.to_string(),
        restores: None,
        note: String::new(),
        by: "office/maintainer".into(),
        time: NOW,
        request: None,
        changes: draft.changes.iter().map(Into::into).collect(),
    });
    store.append(1, vec![told.row()], vec![changed.into_bytes()]).await.unwrap();
    let authority = Authority::create("Trial", Validity::days(NOW, 30)).unwrap();
    for (step, role) in [
        (DraftStep::Submit, Role::Maintainer),
        (DraftStep::Review, Role::Reviewer),
        (DraftStep::Approve, Role::Approver),
    ] {
        take(&*store, &judging_context, &draft, &authority, step, role).await;
    }
    (store, judging_context)
}

async fn take(
    store: &dyn Store,
    judging_context: &JudgingContext,
    draft: &Draft,
    authority: &Authority,
    step: DraftStep,
    role: Role,
) {
    let mut journal = Journal::default();
    journal.read_on(store, judging_context).await.unwrap();
    let head = journal.head.clone().unwrap();
    let next = head.manifest.apply(draft).unwrap();
    let statement = Statement {
        step,
        object: object_of(draft).into(),
        digest: draft.digest(),
        previous: journal.drafts[&draft.id].taken.last().map(|last| last.digest),
        role,
        time: NOW,
        approval: (step == DraftStep::Approve).then(|| Approval {
            release: 2,
            manifest: next.digest(),
            after: head.manifest.digest(),
            effective: Some(LATER),
        }),
        reason: None,
    };
    let step = signed(authority, "office", role.as_str(), statement.canonical());
    let row = JournalRow::Signed(step).row();
    let contents = vec![next.to_string().into_bytes()];
    store.append(journal.last, vec![row], contents).await.unwrap();
}

/// Starts a gateway at a moment: returns its release, and saves it as a gateway does.
async fn started(
    store: &Arc<dyn Store>,
    judging_context: &JudgingContext,
    dir: &Path,
    clock: fn() -> i64,
) -> (u64, Publisher, Journal) {
    let kept = LocalState::open(&dir.join("state"), &[1; 32]).unwrap();
    let judging_context = JudgingContext { clock, ..judging_context.clone() };
    let start = Start::read(store.clone(), judging_context, kept).await.unwrap();
    let secrets = secrets();
    let policy = start.version.catalog.clone().into_policy();
    let current = Arc::new(PolicyHandle::new(Release::build(policy, &secrets)));
    // What was recorded long before the start is no ground to disbelieve the clock.
    current.begin_at(NOW - 86_400_000, clock());
    assert_eq!((current.not_leapt(clock()), current.not_before(clock())), (clock(), clock()));
    let number = start.version.number;
    let publisher =
        Publisher::new(current, secrets, &start, Ages { release_ms: 1_000, grants_ms: 1_000 });
    (number, publisher, start.journal)
}

#[tokio::test]
async fn a_release_waits_for_its_time_and_then_no_clock_takes_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let (store, judging_context) = scheduled(dir.path()).await;
    let (number, publisher, journal) =
        started(&store, &judging_context, dir.path(), || LATER - 1).await;
    assert_eq!(number, 1);
    let due = async |now| publisher.due(&journal, &*store, None, now).await;
    assert_eq!(due(LATER - 1).await, None);
    assert!(due(LATER).await.is_some_and(|version| version.starts_with("r2-")));
    assert_eq!((due(LATER + 1).await, due(NOW).await), (None, None));
    // A start with the clock set back, too.
    let (number, ..) = started(&store, &judging_context, dir.path(), || NOW).await;
    assert_eq!(number, 2);
    // A gateway that never had it in force waits for it.
    let other = tempfile::tempdir().unwrap();
    let (number, ..) = started(&store, &judging_context, other.path(), || NOW).await;
    assert_eq!(number, 1);
}

#[tokio::test]
async fn a_step_is_dated_neither_back_nor_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let (_, judging_context) = scheduled(dir.path()).await;
    let both = 2 * SIGNER_SKEW_MS;
    for (time, right) in [(NOW - both, true), (NOW - both - 1, false), (i64::MIN, false)] {
        assert_eq!(not_back(time, NOW).is_ok(), right, "{time}");
    }
    assert!(not_back(i64::MIN, i64::MIN).is_ok());
    for (time, right) in [(NOW + both, true), (NOW + both + 1, false), (i64::MAX, false)] {
        assert_eq!(not_ahead(time, &judging_context).is_ok(), right, "{time}");
    }
    let mut journal = Journal::default();
    journal.note_time(NOW);
    journal.note_time(NOW - 1);
    assert!(journal.in_time(NOW - both, &judging_context).is_ok());
    assert!(journal.in_time(NOW - both - 1, &judging_context).is_err());
    assert!(journal.in_time(NOW + both + 1, &judging_context).is_err());
}
