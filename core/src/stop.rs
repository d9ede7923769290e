//! Stopping something at once, and lifting that: who may, as a pure function.
//!
//! One person's word stops; lifting needs another person than the one who stopped it, and one of the
//! exchange office where that was.

use crate::domain::identity::Identity;
use crate::domain::name::Name;
use crate::domain::registry::Role;
use crate::domain::stops::Target;
use crate::release::life::{Person, Refusal};
use crate::release::statement::Word;
use crate::release::{ContentDigest, Statement, Taken};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is stopped.
    Suspend,
    /// It goes on.
    Lift,
}

impl Word for Step {
    fn as_str(self) -> &'static str {
        match self {
            Step::Suspend => "suspend",
            Step::Lift => "lift",
        }
    }

    fn parse(word: &str) -> Option<Step> {
        [Step::Suspend, Step::Lift].into_iter().find(|step| step.as_str() == word)
    }
}

/// The roles that may stop, and lift.
pub const ROLES: &[Role] = &[Role::Approver, Role::SectionHead, Role::Leader, Role::Operator];

/// The digest that statements about a target name: it is nothing but itself.
pub fn digest_of(target: &Target) -> ContentDigest {
    ContentDigest::of(target.to_string().as_bytes())
}

/// Whether something is stopped after these steps.
pub fn is_stopped(taken: &[Taken<Step>]) -> bool {
    taken.last().is_some_and(|last| last.statement.step == Step::Suspend)
}

/// Whether a person may take a step with a target now. `providers` are the departments whose data it is
/// about, if it is about data.
///
/// # Errors
/// [`Refusal`] says what is in the way.
pub fn admit(
    target: &Target,
    taken: &[Taken<Step>],
    statement: &Statement<Step>,
    by: &Person,
    office: &Name,
    provider: Option<&Name>,
) -> Result<(), Refusal> {
    let stopped = is_stopped(taken);
    if stopped == (statement.step == Step::Suspend) {
        let stage = if stopped { "stopped" } else { "not stopped" };
        return Err(Refusal::NotNow { step: statement.step.as_str(), stage });
    }
    if *statement.object != target.to_string() || statement.digest != digest_of(target) {
        return Err(Refusal::OtherObject);
    }
    if statement.previous != taken.last().map(|last| last.digest) {
        return Err(Refusal::OtherPrevious);
    }
    let roles = by.roles.as_deref().ok_or(Refusal::UnknownPerson)?;
    if !ROLES.contains(&statement.role) || !roles.contains(&statement.role) {
        return Err(Refusal::NotTheRole { wanted: ROLES });
    }
    // What the exchange office has stopped goes on by its word alone.
    let by_office = taken.last().is_some_and(|last| last.by.department == *office);
    let lifts_it = stopped && by_office && by.identity.department != *office;
    if lifts_it || !may_stop(target, &by.identity, office, provider) {
        return Err(Refusal::NotTheDepartment { wanted: office.clone() });
    }
    let stopped_it = taken.last().filter(|_| statement.step == Step::Lift);
    if stopped_it.is_some_and(|last| last.by == by.identity || last.key == by.key) {
        return Err(Refusal::SamePerson { step: "suspend" });
    }
    if statement.step == Step::Suspend && statement.reason.is_none() {
        return Err(Refusal::ReasonMissing);
    }
    match statement.approval {
        None => Ok(()),
        Some(_) => Err(Refusal::ApprovalMisplaced),
    }
}

/// The exchange office stops anything; a department what is its own: its entries and grants of them, its
/// systems and people.
fn may_stop(target: &Target, by: &Identity, office: &Name, provider: Option<&Name>) -> bool {
    let own = match target {
        Target::Entry(department, _)
        | Target::Department(department)
        | Target::System(department, _)
        | Target::Person(department, _) => by.department == *department,
        Target::Grant(_) => provider.is_some_and(|provider| by.department == *provider),
    };
    own || by.department == *office
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Kind;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn person(id: &str, department: &str) -> Person {
        let identity = Identity { department: name(department), kind: Kind::Person, id: name(id) };
        let key = ContentDigest::of(id.as_bytes());
        Person { key, identity, roles: Some(vec![Role::Operator]) }
    }

    fn said(step: Step, target: &Target, taken: &[Taken<Step>]) -> Statement<Step> {
        Statement {
            step,
            object: target.to_string().into(),
            digest: digest_of(target),
            previous: taken.last().map(|last| last.digest),
            role: Role::Operator,
            time: 1,
            approval: None,
            reason: (step == Step::Suspend).then(|| "why".into()),
        }
    }

    #[test]
    fn one_person_stops_and_another_lifts() {
        let (target, office) = (Target::parse("system/health/desk").unwrap(), name("office"));
        let ask = |statement: &Statement<Step>, taken: &[Taken<Step>], by: &Person| {
            admit(&target, taken, statement, by, &office, None)
        };
        let suspend = said(Step::Suspend, &target, &[]);
        let stranger = person("a", "police");
        let wanted = office.clone();
        assert_eq!(ask(&suspend, &[], &stranger), Err(Refusal::NotTheDepartment { wanted }));
        for by in [person("a", "office"), person("b", "health")] {
            assert_eq!(ask(&suspend, &[], &by), Ok(()));
        }
        let silent = Statement { reason: None, ..suspend.clone() };
        assert_eq!(ask(&silent, &[], &person("a", "office")), Err(Refusal::ReasonMissing));
        let lift = said(Step::Lift, &target, &[]);
        let not_now = Err(Refusal::NotNow { step: "lift", stage: "not stopped" });
        assert_eq!(ask(&lift, &[], &person("a", "office")), not_now);
        let by = person("a", "office");
        let digest = ContentDigest::of(suspend.canonical().as_bytes());
        let taken = [Taken { statement: suspend, by: by.identity.clone(), key: by.key, digest }];
        assert!(is_stopped(&taken));
        let lift = said(Step::Lift, &target, &taken);
        assert_eq!(ask(&lift, &taken, &by), Err(Refusal::SamePerson { step: "suspend" }));
        // Under another id it is the same key.
        let twin = Person { key: by.key, ..person("c", "office") };
        assert_eq!(ask(&lift, &taken, &twin), Err(Refusal::SamePerson { step: "suspend" }));
        assert_eq!(ask(&lift, &taken, &person("c", "office")), Ok(()));
        let wanted = office.clone();
        let own = ask(&lift, &taken, &person("b", "health"));
        assert_eq!(own, Err(Refusal::NotTheDepartment { wanted }));
        let other = Target::parse("system/health/other").unwrap();
        let replayed = admit(&other, &[], &taken[0].statement, &by, &office, None);
        assert_eq!(replayed, Err(Refusal::OtherObject));
    }

    #[test]
    fn a_provider_stops_grants_of_its_data() {
        let (target, office) = (Target::parse("grant/g-7").unwrap(), name("office"));
        let suspend = said(Step::Suspend, &target, &[]);
        let ask = |by: &Person| admit(&target, &[], &suspend, by, &office, Some(&name("police")));
        assert_eq!(ask(&person("a", "police")), Ok(()));
        assert!(ask(&person("a", "health")).is_err());
    }
}
