//! The life of a release: drafted, reviewed, approved by three people, in force within a second; and
//! the shortcuts that are not taken.

use sluice::contract::drafts::{DraftFile, DraftRequest, DraftResponse};
use sluice::contract::releases::ReleaseResponse;
use sluice::contract::steps::StepRequest;
use sluice::pki::signature::Signer;
use sluice_core::domain::identity::Kind;
use sluice_core::release::{ContentDigest, Statement};

use crate::support::office::*;
use crate::support::program::run;
use crate::support::{Ask, certificates, eventually, person};

#[test]
fn three_people_publish_and_it_is_in_force_within_a_second() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    assert!(version(&world).starts_with("r1-"));
    assert!(readyz(&world).contains("policy: reviewed and approved\n"), "{}", readyz(&world));
    let told = staff.does(MAINTAINER, &staff.draft_arguments(MAINTAINER, &renamed("区划代码表")));
    assert!(told.contains("civil-affairs/divisions: its title is 区划代码表"), "{told}");
    let id = id_of(&told);
    assert!(staff.does(REVIEWER, &["drafts", "--stage", "open"]).contains(&id));
    staff.does(MAINTAINER, &["submit", &id]);
    let shown = staff.does(REVIEWER, &["show", &id, "--files"]);
    assert!(shown.contains("title: 区划代码表") && shown.contains(MAINTAINER), "{shown}");
    staff.does(REVIEWER, &["review", &id]);
    assert!(decided(&world)["catalog_version"].as_str().unwrap().starts_with("r1-"));
    let approved = staff.does(APPROVER, &["approve", &id]);
    assert!(approved.contains("published: release 2"), "{approved}");
    // The answer to the approval comes when it is in force here.
    assert!(decided(&world)["catalog_version"].as_str().unwrap().starts_with("r2-"));
    let listed = staff.does(OFFICE_AUDITOR, &["releases", "list"]);
    let first = listed.lines().next().unwrap();
    assert!(first.starts_with("r2-") && first.contains("in force") && first.contains(REVIEWER));
    assert!(staff.does(MAINTAINER, &["releases", "diff", "1", "2"]).contains("区划代码表"));
    // Each step is a record, and stands in the log before it took effect.
    let records = world.log().records();
    let told = records.iter().filter(|record| record["event"] == "step").map(|record| {
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (text("step"), text("by"), record["release"].as_u64())
    });
    let told: Vec<_> = told.collect();
    let said = |step: &str, by: &str, release| (step.to_owned(), by.to_owned(), release);
    assert_eq!(
        told,
        [
            said("draft", MAINTAINER, None),
            said("submit", MAINTAINER, None),
            said("review", REVIEWER, None),
            said("approve", APPROVER, Some(2)),
        ]
    );
    assert!(records.iter().any(|record| record["event"] == "policy-changed"));
}

#[test]
fn shortcuts_are_refused() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let refused = |who: &str, arguments: &[&str], why: &str| {
        let ended = staff.run(who, arguments);
        assert!(ended.code == Some(1) && ended.err.contains(why), "{arguments:?}: {ended:?}");
    };
    // A draft of somebody else, or of the registry.
    let foreign = [
        &staff.draft_arguments(MAINTAINER, &renamed("a"))[..2],
        &["--department", "public-security"],
    ]
    .concat();
    refused(MAINTAINER, &foreign, "say what the last release says");
    let promoted = files().edit(
        "departments.yaml",
        "{ id: officer-0201, roles: [maintainer] }",
        "{ id: officer-0201, roles: [maintainer, approver] }",
    );
    let arguments = staff.draft_arguments(MAINTAINER, &promoted);
    refused(MAINTAINER, &arguments, "the exchange office the registry");
    // Without the role.
    let arguments = staff.draft_arguments(REVIEWER, &renamed("a"));
    refused(REVIEWER, &arguments, "for a person with the role maintainer");
    let id = staff.drafts(MAINTAINER, &renamed("a"));
    refused(OFFICE_MAINTAINER, &["submit", &id], "a person of civil-affairs");
    staff.does(EVERYTHING, &["submit", &id]);
    // The same person twice, whatever roles they have.
    refused(EVERYTHING, &["review", &id], "same person");
    refused(MAINTAINER, &["review", &id], "role reviewer");
    staff.does(REVIEWER, &["review", &id]);
    refused(EVERYTHING, &["approve", &id], "same person");
    refused(OFFICE_APPROVER, &["approve", &id], "a person of civil-affairs");
    assert!(version(&world).starts_with("r1-"));
}

/// A statement with its signature, as a person would send it.
fn signed(who: &str, statement: &Statement) -> StepRequest {
    let issued = person(who);
    let signer = Signer::from_pem(&issued.cert_pem, &issued.key_pem).unwrap();
    let statement = statement.canonical();
    StepRequest { signature: signer.sign(&statement).unwrap(), statement }
}

/// The statement that submits a draft.
fn submission(staff: &Staff, id: &str) -> Statement {
    let draft: DraftResponse = staff.reads(MAINTAINER, &format!("/api/v1/drafts/{id}"));
    Statement {
        step: sluice_core::release::DraftStep::Submit,
        object: format!("draft/{id}").into(),
        digest: ContentDigest::parse(&draft.digest).unwrap(),
        previous: None,
        role: sluice_core::domain::registry::Role::Maintainer,
        time: certificates::now_millis(),
        approval: None,
        reason: None,
    }
}

#[test]
fn signatures_are_for_one_step_of_one_draft_by_who_sends_them() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let one = staff.drafts(MAINTAINER, &renamed("a"));
    let other = staff.drafts(MAINTAINER, &renamed("b"));
    let send = |who: &str, id: &str, body: &StepRequest| {
        let body = serde_json::to_string(body).unwrap();
        let ask = Ask::post(&format!("/api/v1/drafts/{id}/steps"), &body);
        let answer = staff.asks(who, &ask);
        (answer.status, answer.text().to_owned())
    };
    let statement = submission(&staff, &one);
    let good = signed(MAINTAINER, &statement);
    let (status, why) = send(MAINTAINER, &other, &good);
    assert!(
        status == 400 && why.contains(&format!("is about draft/{one}, not draft/{other}")),
        "{why}"
    );
    let (status, why) = send(EVERYTHING, &one, &good);
    assert!(status == 403 && why.contains("Who signed it is not who sends it"), "{why}");
    let moved = |change: fn(&mut Statement)| {
        let mut other = statement.clone();
        change(&mut other);
        send(MAINTAINER, &one, &signed(MAINTAINER, &other))
    };
    let (status, why) = moved(|said| said.time += 400_000);
    assert!(status == 400 && why.contains("time is not now"), "{why}");
    let (status, why) = moved(|said| said.digest = ContentDigest::of(b"other"));
    assert!(status == 400 && why.contains("another state"), "{why}");
    // Another signature, none, and one by a certificate of nobody's authority.
    let signature = signed(MAINTAINER, &submission(&staff, &other)).signature;
    let swapped = StepRequest { signature, ..good.clone() };
    let (status, why) = send(MAINTAINER, &one, &swapped);
    assert!(status == 400 && why.contains("The signature"), "{why}");
    let none = StepRequest { signature: String::new(), ..good.clone() };
    assert_eq!(send(MAINTAINER, &one, &none).0, 400);
    let stranger = certificates::issue(
        &certificates::new_authority(),
        &certificates::subject(MAINTAINER, Kind::Person),
    );
    let signer = Signer::from_pem(&stranger.cert_pem, &stranger.key_pem).unwrap();
    let text = statement.canonical();
    let strange = StepRequest { signature: signer.sign(&text).unwrap(), statement: text };
    let (status, why) = send(MAINTAINER, &one, &strange);
    assert!(status == 400 && why.contains("o authority"), "{why}");
    // And the good one does, once.
    assert_eq!(send(MAINTAINER, &one, &good).0, 201);
    assert_eq!(send(MAINTAINER, &one, &good).0, 409);
}

#[test]
fn what_shares_sensitive_data_more_widely_is_for_the_office() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let open = files().edit(MARRIAGE, "active: false\n", "active: true\n");
    let told = staff.does(MAINTAINER, &staff.draft_arguments(MAINTAINER, &open));
    assert!(told.contains("the exchange office must approve it"), "{told}");
    let id = id_of(&told);
    staff.does(MAINTAINER, &["submit", &id]);
    staff.does(REVIEWER, &["review", &id]);
    let ended = staff.run(APPROVER, &["approve", &id]);
    assert!(ended.err.contains("a person of exchange-office"), "{ended:?}");
    staff.does(OFFICE_APPROVER, &["approve", &id]);
    assert!(version(&world).starts_with("r2-"));
    // Less is the department's own affair again.
    let id = staff.drafts(MAINTAINER, &files());
    staff.publishes(&id);
    assert!(version(&world).starts_with("r3-"));
    // The registry is the office's.
    let more = files().edit(
        "departments.yaml",
        "{ id: officer-0201, roles: [maintainer] }",
        "{ id: officer-0201, roles: [maintainer], active: false }",
    );
    let id = staff.drafts(OFFICE_MAINTAINER, &more);
    staff.does(OFFICE_MAINTAINER, &["submit", &id]);
    staff.does(OFFICE_REVIEWER, &["review", &id]);
    staff.does(OFFICE_APPROVER, &["approve", &id]);
    // Who was put out does nothing any more.
    let ended = staff.run(MAINTAINER, &["drafts"]);
    assert!(ended.code == Some(1) && ended.err.contains("active person"), "{ended:?}");
}

#[test]
fn drafts_are_turned_down_taken_back_overtaken_and_made_anew() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let stage = |id: &str| {
        let told = staff.does(OFFICE_AUDITOR, &["show", id]);
        told.lines().next().unwrap().to_owned()
    };
    let rejected = staff.drafts(MAINTAINER, &renamed("a"));
    staff.does(MAINTAINER, &["submit", &rejected]);
    staff.does(REVIEWER, &["reject", &rejected, "--reason", "名称不准确"]);
    assert!(stage(&rejected).contains("rejected"));
    assert!(staff.does(MAINTAINER, &["show", &rejected]).contains("名称不准确"));
    let withdrawn = staff.drafts(MAINTAINER, &renamed("b"));
    staff.does(MAINTAINER, &["withdraw", &withdrawn]);
    let ended = staff.run(MAINTAINER, &["submit", &withdrawn]);
    assert!(ended.err.contains("withdrawn"), "{ended:?}");
    let ended = staff.run(APPROVER, &["approve", &withdrawn]);
    assert!(ended.err.contains("is withdrawn, not reviewed"), "{ended:?}");
    // Two drafts of one file: the second is overtaken.
    let (first, second) =
        (staff.drafts(MAINTAINER, &renamed("c")), staff.drafts(MAINTAINER, &renamed("d")));
    staff.does(MAINTAINER, &["submit", &second]);
    staff.does(REVIEWER, &["review", &second]);
    staff.publishes(&first);
    let ended = staff.run(APPROVER, &["approve", &second]);
    assert!(ended.code == Some(1) && ended.err.contains("make the draft anew"), "{ended:?}");
    // One with mistakes is told all of them, and can't be approved.
    let broken = files().edit(DIVISIONS, "class: unconditional", "class: unknown");
    let ended = staff.run(MAINTAINER, &staff.draft_arguments(MAINTAINER, &broken));
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("unknown-word"), "{ended:?}");
    let id = id_of(&ended.out);
    staff.does(MAINTAINER, &["submit", &id]);
    staff.does(REVIEWER, &["review", &id]);
    let ended = staff.run(APPROVER, &["approve", &id]);
    assert!(ended.code == Some(1) && ended.err.contains("unknown-word"), "{ended:?}");
    // Back to the first release, by the same steps.
    let arguments = ["restore", "1", "--department", "exchange-office"];
    let id = id_of(&staff.does(OFFICE_MAINTAINER, &arguments));
    staff.does(OFFICE_MAINTAINER, &["submit", &id]);
    staff.does(OFFICE_REVIEWER, &["review", &id]);
    staff.does(OFFICE_APPROVER, &["approve", &id]);
    let releases: Vec<ReleaseResponse> = staff.reads(MAINTAINER, "/api/v1/releases");
    assert_eq!(releases[0].manifest, releases[2].manifest);
}

#[test]
fn requests_are_named_and_what_was_looked_at_is_stated() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let body = |title: &str| {
        let (path, text) = ("civil-affairs/x.yaml".to_owned(), Some(title.to_owned()));
        let (department, files) = ("civil-affairs".to_owned(), vec![DraftFile { path, text }]);
        serde_json::to_string(&DraftRequest { department, files, ..Default::default() }).unwrap()
    };
    let post = |key: &str| {
        let ask = Ask::post("/api/v1/drafts", &body("a")).header("Idempotency-Key", key);
        staff.asks(MAINTAINER, &ask)
    };
    let (one, again, other) = (post("k-1"), post("k-1"), post("k-2"));
    let [first, same, second] = [&one, &again, &other].map(|made| made.read::<DraftResponse>().id);
    assert_eq!((one.status, &first), (201, &same));
    assert_ne!(first, second);
    let path = format!("/api/v1/drafts/{first}");
    let put = |tag: Option<&str>| {
        let ask = Ask::new("PUT", &path).header("Content-Type", "application/json");
        let ask = tag.into_iter().fold(ask, |ask, tag| ask.header("If-Match", tag));
        staff.asks(MAINTAINER, &ask.body(body("b"))).status
    };
    let tag = one.header("etag").unwrap().to_owned();
    assert_eq!(put(None), 428);
    assert_eq!(put(Some("\"99999\"")), 412);
    assert_eq!(put(Some(&tag)), 200);
    assert_eq!(put(Some(&tag)), 412);
    // Drafts are not for other departments.
    let answer = staff.asks("human-resources/officer-0017", &Ask::get(&path));
    assert_eq!(answer.status, 403);
}

#[test]
fn a_release_may_wait_for_its_time() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let id = staff.drafts(MAINTAINER, &renamed("a"));
    staff.does(MAINTAINER, &["submit", &id]);
    staff.does(REVIEWER, &["review", &id]);
    let soon = certificates::now_millis() + 1_500;
    let soon = jiff::Timestamp::from_millisecond(soon).unwrap();
    let soon = soon.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    staff.does(APPROVER, &["approve", &id, "--effective", &soon]);
    assert!(version(&world).starts_with("r1-"));
    eventually("its time", || version(&world).starts_with("r2-").then_some(()));
    assert!(jiff::Timestamp::now() >= soon.parse().unwrap());
    // Once in force it stays, whatever the clock says later.
    let mut world = world;
    assert!(world.stop());
    world.reopen();
    assert!(version(&world).starts_with("r2-"));
}

#[test]
fn releases_are_verified_offline() {
    let world = releases().start_serving();
    let staff = Staff::of(&world);
    let id = staff.drafts(MAINTAINER, &renamed("a"));
    staff.publishes(&id);
    let config = world.config();
    let verify = || run(&["catalog", "releases", "verify", "--config", config.to_str().unwrap()]);
    let ended = verify();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.ends_with("5 rows verified\n") && ended.out.contains("r2-"), "{ended:?}");
    edit_store(&world, "UPDATE journal SET body = replace(body, 'draft/d-2', 'draft/d-3')");
    let ended = verify();
    assert!(ended.code == Some(1) && ended.err.contains("row 3 of the store"), "{ended:?}");
}
