//! How the exchange office goes about grants and suspensions: part of the reviewed catalog, and of force for
//! what is open already.

use crate::grants::{
    CLINIC, PROVIDER_APPROVER, asked, but, does, in_days, opened, people, population, query,
    requested, requests,
};
use crate::support::office::*;
use crate::support::{Files, Origin, World, eventually};

const FILE: &str = "procedure.yaml";
const SECTION_HEAD: &str = "public-security/officer-0302";
const LEADER: &str = "public-security/officer-0303";
const OFFICE_OPERATOR: &str = "exchange-office/officer-0107";

/// Who must agree to what is of level 3.
fn demanding(more: &str) -> String {
    format!(
        "chains:\n  - {{ classes: [non-shared], agree: section-head, approve: leader, open: leader }}\n  \
         - {{ modes: [bulk], agree: section-head, approve: leader, open: approver }}\n  \
         - {{ level: 3, agree: section-head, approve: leader, open: approver, longest_days: 40, \
         answer_working_days: 3 }}\n{more}"
    )
}

fn world_of(origin: &Origin, procedure: &str) -> World {
    governed(origin, |files| people(files).with(FILE, procedure))
}

/// Puts another procedure into force, by people of the exchange office.
fn lays_down(world: &World, staff: &Staff, former: &str, procedure: &str) {
    let before = version(world);
    let files = people(Files::default()).with(FILE, former).with(FILE, procedure);
    let id = staff.drafts(OFFICE_MAINTAINER, &files);
    staff.does(OFFICE_MAINTAINER, &["submit", &id]);
    staff.does(OFFICE_REVIEWER, &["review", &id]);
    staff.does(OFFICE_APPROVER, &["approve", &id]);
    eventually("the procedure", || (version(world) != before).then_some(()));
}

fn code(world: &World) -> Option<String> {
    world.call(CLINIC, &query()).code()
}

#[test]
fn the_office_lays_down_who_must_agree_and_that_holds_for_what_is_open() {
    let origin = population();
    let world = world_of(&origin, &demanding(""));
    let staff = Staff::of(&world);
    let id = requested(&world, &staff, &asked(""));
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &id]);
    assert!(shown.contains("agree is for the section-head of public-security by"), "{shown}");
    let ended = staff.run_of("grant", PROVIDER_APPROVER, &["agree", &id]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    does(&staff, SECTION_HEAD, &["agree", &id]);
    does(&staff, LEADER, &["approve", &id]);
    does(&staff, OFFICE_APPROVER, &["open", &id]);
    assert_eq!(code(&world), None);
    // A longer one than may be is not even asked for.
    let ended = requests(&world, &staff, &but(&asked(""), "until", &in_days(41)));
    assert!(ended.err.contains("40 days at most"), "{ended:?}");
    // Where more must agree by now, what fewer have agreed to holds no longer.
    let more = demanding("").replace(
        "level: 3, agree: section-head, approve: leader, open: approver",
        "level: 3, agree: section-head, approve: leader, open: leader",
    );
    lays_down(&world, &staff, &demanding(""), &more);
    assert_eq!(code(&world).as_deref(), Some("not-authorised"));
    // Fewer than must is no catalog.
    let weak = demanding("")
        .replace("modes: [bulk], agree: section-head", "modes: [bulk], agree: approver");
    let files = people(Files::default()).with(FILE, &weak);
    let drafted = staff.run(OFFICE_MAINTAINER, &staff.draft_arguments(OFFICE_MAINTAINER, &files));
    assert!(drafted.out.contains("chain-too-weak"), "{drafted:?}");
    // And nobody else's.
    let files = people(Files::default()).with(FILE, &demanding("lifted_by_same: true\n"));
    let arguments = staff.draft_arguments("public-security/officer-0304", &files);
    let ended = staff.run("public-security/officer-0304", &arguments);
    assert!(ended.err.contains("procedure.yaml"), "{ended:?}");
}

#[test]
fn a_grant_that_nobody_reviews_is_suspended() {
    let reviewed = |date: i64| {
        let more = format!("reviews = [{:?}]\n", in_days(date));
        but(&asked(&more), "from", &in_days(-40))
    };
    let origin = population();
    let world = world_of(&origin, "reviews: { every_days: 60 }\n");
    let staff = Staff::of(&world);
    let ended = requests(&world, &staff, &reviewed(-1).replace("reviews", "# reviews"));
    assert!(ended.err.contains("at most 60 days apart"), "{ended:?}");
    // Due, and within the days of grace.
    let id = opened(&world, &staff, &reviewed(-1));
    assert_eq!(code(&world), None);
    let due = does(&staff, PROVIDER_APPROVER, &["list", "--review-due"]);
    assert!(due.contains(&id), "{due}");
    does(&staff, PROVIDER_APPROVER, &["confirm", &id]);
    assert_eq!(does(&staff, PROVIDER_APPROVER, &["list", "--review-due"]), "");
    let again = staff.run_of("grant", PROVIDER_APPROVER, &["confirm", &id]);
    assert_eq!(again.code, Some(1), "{again:?}");
    does(&staff, PROVIDER_APPROVER, &["revoke", &id, "--reason", "no longer needed"]);
    // Beyond them.
    let id = opened(&world, &staff, &reviewed(-20));
    assert_eq!(code(&world).as_deref(), Some("not-authorised"));
    let shown = does(&staff, PROVIDER_APPROVER, &["show", &id]);
    assert!(shown.contains("is unreviewed") && shown.contains("is due"), "{shown}");
    // Not by the consumer.
    let own = staff.run_of("grant", "health/officer-0601", &["confirm", &id]);
    assert_eq!(own.code, Some(1), "{own:?}");
    does(&staff, PROVIDER_APPROVER, &["confirm", &id]);
    assert_eq!(code(&world), None);
}

#[test]
fn where_the_office_says_so_who_suspends_lifts() {
    let origin = population();
    let world = world_of(&origin, "lifted_by_same: true\n");
    let staff = Staff::of(&world);
    let target = "system/health/clinic-desk";
    let suspended = staff.run_of("suspend", OFFICE_OPERATOR, &[target, "--reason", "a leak"]);
    assert_eq!(suspended.code, Some(0), "{suspended:?}");
    let lifted = staff.run_of("lift", OFFICE_OPERATOR, &[target]);
    assert_eq!(lifted.code, Some(0), "{lifted:?}");
}

#[test]
fn standing_terms_are_to_be_looked_at_again_too() {
    let origin = population();
    let (past, soon, late) = (in_days(-2), in_days(10), in_days(40));
    let day = |time: &str| time.split_once('T').unwrap().0.to_owned();
    let basis = "    legal_basis: 社会救助暂行办法\n";
    let other = "    legal_basis: 婚姻登记条例\n";
    let file = "public-security/population.yaml";
    let world = governed(&origin, |files| {
        people(files)
            .edit(file, basis, &format!("{basis}    review: {}\n", day(&soon)))
            .edit(file, other, &format!("{other}    review: {}\n", day(&past)))
            .edit(MARRIAGE, basis, &format!("{basis}    review: {}\n", day(&late)))
    });
    let staff = Staff::of(&world);
    let due = |who: &str| staff.run_of("reviews", who, &[]).out;
    let listed = due(OFFICE_APPROVER);
    let lines: Vec<&str> = listed.lines().collect();
    let [first, second] = *lines else { panic!("{listed}") };
    let of = "term/public-security/population/";
    assert!(
        first.starts_with(&format!("{of}marriage-registration of ")) && first.ends_with("overdue"),
        "{first}"
    );
    assert!(
        second.starts_with(&format!("{of}social-assistance of ")) && second.ends_with(", due"),
        "{second}"
    );
    assert_eq!(due(PROVIDER_APPROVER), listed);
    assert_eq!(due(APPROVER), "");
}
