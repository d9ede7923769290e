use super::draft::{MAX_CHANGES, NotADraft};
use super::life::{admit, object_of, stage};
use super::statement::{MAX_EXACT_INTEGER, MAX_REASON_BYTES};
use super::*;
use crate::domain::identity::{Identity, Kind};
use crate::domain::name::Name;
use crate::domain::registry::Role;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn digest(text: &str) -> ContentDigest {
    ContentDigest::of(text.as_bytes())
}

fn draft() -> Draft {
    Draft {
        id: name("d-1"),
        department: name("health"),
        restores: None,
        changes: vec![Change {
            path: "health/hospitals.yaml".into(),
            before: None,
            after: Some(digest("hospitals")),
        }],
    }
}

/// Makes a person of a department with these roles and a key of their own.
fn person(id: &str, department: &str, roles: &[Role]) -> Person {
    let identity = Identity { department: name(department), kind: Kind::Person, id: name(id) };
    Person { key: digest(id), identity, roles: Some(roles.to_vec()) }
}

fn statement(step: DraftStep, role: Role, taken: &[SignedStep]) -> Statement {
    let draft = draft();
    Statement {
        step,
        object: object_of(&draft).into(),
        digest: draft.digest(),
        previous: taken.last().map(|last| last.digest),
        role,
        time: 1_772_323_200_000,
        approval: (step == DraftStep::Approve).then(|| Approval {
            release: 2,
            manifest: digest("new"),
            after: digest("old"),
            effective: None,
        }),
        reason: (step == DraftStep::Reject).then(|| "the level is too low".into()),
    }
}

fn taken(statement: Statement, by: &Person) -> SignedStep {
    let digest = digest(&statement.canonical());
    SignedStep { statement, by: by.identity.clone(), key: by.key, digest }
}

/// The steps of a draft that was submitted and reviewed by the usual people.
fn reviewed() -> Vec<SignedStep> {
    let mut all = Vec::new();
    for (step, role, id) in
        [(DraftStep::Submit, Role::Maintainer, "m"), (DraftStep::Review, Role::Reviewer, "r")]
    {
        let by = person(id, "health", &[role]);
        let said = statement(step, role, &all);
        admit(&draft(), &all, &said, &by, &name("health")).unwrap();
        all.push(taken(said, &by));
    }
    all
}

#[test]
fn a_manifest_is_what_sha256sum_writes_and_reads_back() {
    let manifest = Manifest::of([
        ("health/b.yaml".into(), digest("b")),
        ("departments.yaml".into(), digest("a")),
    ]);
    let text = manifest.to_string();
    // The digests are those of `printf a | sha256sum`.
    let a = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    assert!(text.starts_with(&format!("{a}  departments.yaml\n")), "{text}");
    assert_eq!(Manifest::parse(&text), Some(manifest));
    assert_eq!(Manifest::parse(""), Some(Manifest::default()));
    let twice = format!("{text}{}", text.lines().last().unwrap());
    for wrong in [&text[..text.len() - 1], &twice, &text.to_uppercase(), "x  y\n"] {
        assert_eq!(Manifest::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_draft_is_applied_to_what_it_was_made_from_and_to_nothing_else() {
    let old = Manifest::of([("health/a.yaml".into(), digest("a"))]);
    let new = old.apply(&draft()).unwrap();
    assert_eq!(new.files().len(), 2);
    assert_eq!(new.file("health/hospitals.yaml"), Some(digest("hospitals")));
    let conflict = new.apply(&draft()).unwrap_err();
    assert_eq!(conflict.is, Some(digest("hospitals")));
    let mut back = draft();
    let change = &mut back.changes[0];
    std::mem::swap(&mut change.before, &mut change.after);
    assert_eq!(new.apply(&back), Ok(old));
}

#[test]
fn a_department_changes_its_own_files_alone() {
    let office = name("office");
    let of = |department: &str, restores, paths: &[&str]| {
        let change =
            |path: &&str| Change { path: Box::from(*path), before: None, after: Some(digest("x")) };
        let changes = paths.iter().map(change).collect();
        let draft = Draft { department: name(department), restores, changes, ..draft() };
        draft.check(&office)
    };
    let not_its = |path: &str| Err(NotADraft::NotIts(path.into()));
    assert_eq!(of("health", None, &["health/a.yaml"]), Ok(()));
    assert_eq!(of("health", None, &["healthy/a.yaml"]), not_its("healthy/a.yaml"));
    assert_eq!(of("health", None, &["departments.yaml"]), not_its("departments.yaml"));
    assert_eq!(of("office", None, &["departments.yaml"]), Ok(()));
    assert_eq!(of("office", None, &["health/a.yaml"]), not_its("health/a.yaml"));
    assert_eq!(of("office", Some(1), &["departments.yaml", "health/a.yaml"]), Ok(()));
    assert_eq!(of("health", Some(1), &["office/a.yaml"]), not_its("office/a.yaml"));
    assert_eq!(of("health", None, &["health/b.yaml", "health/a.yaml"]), Err(NotADraft::Unsorted));
    assert_eq!(of("health", None, &["health/a.yaml"; 2]), Err(NotADraft::Unsorted));
    assert_eq!(of("health", None, &[]), Err(NotADraft::Empty));
    assert_eq!(of("health", None, &["health/a\n- - b"]), Err(NotADraft::Path));
    let paths: Vec<String> = (0..=MAX_CHANGES).map(|ix| format!("health/e-{ix:06}.yaml")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    assert_eq!(of("health", None, &paths[1..]), Ok(()));
    assert_eq!(of("health", None, &paths), Err(NotADraft::TooMany));
}

#[test]
fn a_statement_reads_back_and_nothing_else_does() {
    for step in DraftStep::ALL {
        let mut said = statement(step, Role::Approver, &reviewed());
        said.reason = Some("理由 \"1\"\n".into());
        let text = said.canonical();
        assert_eq!(Statement::parse(&text), Ok(said));
        for (from, to, why) in [
            ("{", "{ ", NotAStatement::NotCanonical),
            ("\"v\":1", "\"v\":2", NotAStatement::NotCanonical),
            ("\"v\":1", "\"v\":1,\"w\":1", NotAStatement::NotCanonical),
            ("\"role\":\"approver\"", "\"role\":\"owner\"", NotAStatement::Member("role")),
            ("理由", "\\u7406由", NotAStatement::NotCanonical),
            ("}", "", NotAStatement::NotJson),
        ] {
            let other = text.replacen(from, to, 1);
            assert_eq!(Statement::<DraftStep>::parse(&other), Err(why), "{other}");
        }
        let with = |length| {
            let mut said = statement(step, Role::Approver, &reviewed());
            said.reason = Some("r".repeat(length).into());
            Statement::<DraftStep>::parse(&said.canonical())
        };
        assert!(with(MAX_REASON_BYTES).is_ok());
        assert_eq!(with(MAX_REASON_BYTES + 1), Err(NotAStatement::Member("reason")));
    }
    // Other programs read numbers as floating-point ones (RFC 8785).
    let numbered = |release| {
        let mut said = statement(DraftStep::Approve, Role::Approver, &reviewed());
        said.approval.as_mut().unwrap().release = release;
        Statement::<DraftStep>::parse(&said.canonical())
    };
    assert!(numbered(MAX_EXACT_INTEGER).is_ok());
    assert_eq!(numbered(MAX_EXACT_INTEGER + 1), Err(NotAStatement::Member("release")));
}

#[test]
fn three_people_make_a_release() {
    let all = reviewed();
    let said = statement(DraftStep::Approve, Role::Approver, &all);
    let by = person("a", "health", &[Role::Approver]);
    assert_eq!(admit(&draft(), &all, &said, &by, &name("health")), Ok(DraftStage::Published));
    // The office's approver decides about a draft that shares more than a department may by itself.
    let office = name("office");
    let wanted = office.clone();
    assert_eq!(
        admit(&draft(), &all, &said, &by, &office),
        Err(Refusal::NotTheDepartment { wanted })
    );
    let by = person("a", "office", &[Role::Approver]);
    assert_eq!(admit(&draft(), &all, &said, &by, &office), Ok(DraftStage::Published));
}

#[test]
fn shortcuts_are_refused() {
    let health = name("health");
    let all = reviewed();
    let said = || statement(DraftStep::Approve, Role::Approver, &all);
    let approver = || person("a", "health", &[Role::Approver]);
    let ask = |said: &Statement, by: &Person| admit(&draft(), &all, said, by, &health);
    let every = [Role::Maintainer, Role::Reviewer, Role::Approver];
    // One person may not take two steps, also not under another id.
    let twice = ask(&said(), &person("r", "health", &every));
    assert_eq!(twice, Err(Refusal::SamePerson { step: "review" }));
    let renamed = Person { key: digest("m"), ..approver() };
    assert_eq!(ask(&said(), &renamed), Err(Refusal::SamePerson { step: "submit" }));
    // The person does not have the role, or the role is not the step's.
    let wanted: &[Role] = &[Role::Approver];
    let lacking = ask(&said(), &person("a", "health", &[Role::Reviewer]));
    assert_eq!(lacking, Err(Refusal::NotTheRole { wanted }));
    let as_reviewer = Statement { role: Role::Reviewer, ..said() };
    assert_eq!(
        ask(&as_reviewer, &person("a", "health", &every)),
        Err(Refusal::NotTheRole { wanted })
    );
    let nobody = Person { roles: None, ..approver() };
    assert_eq!(ask(&said(), &nobody), Err(Refusal::UnknownPerson));
    // The signature is from another draft, another state of this one, or another place in the
    // chain.
    let other = Statement { object: "draft/d-2".into(), ..said() };
    assert_eq!(ask(&other, &approver()), Err(Refusal::OtherObject));
    let other = Statement { digest: digest("else"), ..said() };
    assert_eq!(ask(&other, &approver()), Err(Refusal::OtherObject));
    for previous in [None, Some(all[0].digest)] {
        let other = Statement { previous, ..said() };
        assert_eq!(ask(&other, &approver()), Err(Refusal::OtherPrevious));
    }
    let silent = Statement { approval: None, ..said() };
    assert_eq!(ask(&silent, &approver()), Err(Refusal::ApprovalMisplaced));
    // A rejection must give its reason.
    let reject = Statement { reason: None, ..statement(DraftStep::Reject, Role::Approver, &all) };
    assert_eq!(ask(&reject, &approver()), Err(Refusal::ReasonMissing));
    // A step is left out.
    let early = statement(DraftStep::Approve, Role::Approver, &all[..1]);
    let refused = admit(&draft(), &all[..1], &early, &approver(), &health);
    assert_eq!(refused, Err(Refusal::NotNow { step: "approve", stage: "submitted" }));
}

proptest! {
    /// Checks that a published draft went through three people with three roles, whoever tries
    /// whatever.
    #[test]
    fn nothing_is_published_without_its_chain(
        tries in proptest::collection::vec((0..5usize, 0..4usize, 0..3usize), 0..40)
    ) {
        let people: Vec<Person> = (0..4)
            .map(|ix| person(&format!("p{ix}"), "health", &Role::ALL[..3]))
            .collect();
        let mut all = Vec::new();
        for (step, who, role) in tries {
            let said = statement(DraftStep::ALL[step], Role::ALL[role], &all);
            if admit(&draft(), &all, &said, &people[who], &name("health")).is_ok() {
                all.push(taken(said, &people[who]));
            }
        }
        if stage(&all) == DraftStage::Published {
            let steps: Vec<DraftStep> = all.iter().map(|one| one.statement.step).collect();
            prop_assert_eq!(steps, [DraftStep::Submit, DraftStep::Review, DraftStep::Approve]);
            prop_assert!(all[0].by != all[1].by && all[1].by != all[2].by && all[0].by != all[2].by);
        }
        prop_assert!(all.len() <= 3);
    }
}
