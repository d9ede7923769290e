//! Stops: the rules by which people stop something at once and lift the stop, as a pure function.
//!
//! One person's statement stops. Lifting needs another person than the one who stopped it, unless
//! the office has laid down otherwise. If a person of the exchange office stopped it, only one of
//! that office lifts it.

use std::collections::BTreeMap;

use crate::domain::identity::Identity;
use crate::domain::name::Name;
use crate::domain::registry::Role;
use crate::domain::stops::StopTarget;
use crate::release::life::{Person, Refusal};
use crate::release::step::StepName;
use crate::release::{ContentDigest, SignedStep, Statement};

/// A step with a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopStep {
    /// The target is stopped.
    Suspend,
    /// The stop is lifted.
    Lift,
}

impl StepName for StopStep {
    fn as_str(self) -> &'static str {
        match self {
            StopStep::Suspend => "suspend",
            StopStep::Lift => "lift",
        }
    }

    fn parse(word: &str) -> Option<StopStep> {
        [StopStep::Suspend, StopStep::Lift].into_iter().find(|step| step.as_str() == word)
    }
}

/// The roles that may stop, and lift.
pub const ROLES: &[Role] = &[Role::Approver, Role::SectionHead, Role::Leader, Role::Operator];

/// The digest that statements about a target name: that of the target's own text.
pub fn digest_of(target: &StopTarget) -> ContentDigest {
    ContentDigest::of(target.to_string().as_bytes())
}

/// Tells whether the target is stopped after these steps.
pub fn is_stopped(taken: &[SignedStep<StopStep>]) -> bool {
    taken.last().is_some_and(|last| last.statement.step == StopStep::Suspend)
}

/// The context in which a step is judged, beside the target and the steps before it.
#[derive(Clone, Copy, Debug)]
pub struct StopContext<'a> {
    /// The exchange office.
    pub office: &'a Name,
    /// The department whose data the grant is for, if the target is a grant.
    pub provider: Option<&'a Name>,
    /// True if the person who has stopped something may lift the stop themselves.
    pub lifted_by_same: bool,
}

/// Judges whether a person may take a step with a target now.
///
/// A person may have to stop something while the store is away, and then can't know the last steps.
/// So a statement that stops may name any step before, or none. It counts once.
///
/// # Errors
/// [`Refusal`] gives the reason.
pub fn admit(
    target: &StopTarget,
    taken: &[SignedStep<StopStep>],
    statement: &Statement<StopStep>,
    by: &Person,
    StopContext { office, provider, lifted_by_same }: StopContext<'_>,
) -> Result<(), Refusal> {
    let stopped = is_stopped(taken);
    let fits = match statement.step {
        StopStep::Suspend => may_follow(taken, &by.identity, office),
        StopStep::Lift => stopped,
    };
    if !fits {
        let stage = if stopped { "stopped" } else { "not stopped" };
        return Err(Refusal::NotNow { step: statement.step.as_str(), stage });
    }
    if *statement.object != target.to_string() || statement.digest != digest_of(target) {
        return Err(Refusal::OtherObject);
    }
    if !follows(statement, taken) {
        return Err(Refusal::OtherPrevious);
    }
    let roles = by.roles.as_deref().ok_or(Refusal::UnknownPerson)?;
    if !ROLES.contains(&statement.role) || !roles.contains(&statement.role) {
        return Err(Refusal::NotTheRole { wanted: ROLES });
    }
    if *target == StopTarget::Department(office.clone()) && statement.step == StopStep::Suspend {
        return Err(Refusal::NobodyLifts);
    }
    // If the exchange office has stopped it, only the exchange office lifts the stop.
    let by_office = taken.last().is_some_and(|last| last.by.department == *office);
    let lifts_it = stopped && by_office && by.identity.department != *office;
    if lifts_it || !may_stop(target, &by.identity, office, provider) {
        return Err(Refusal::NotTheDepartment { wanted: office.clone() });
    }
    let another_lifts = statement.step == StopStep::Lift && !lifted_by_same;
    let stopped_it = taken.last().filter(|_| another_lifts);
    if stopped_it.is_some_and(|last| last.by == by.identity || last.key == by.key) {
        return Err(Refusal::SamePerson { step: "suspend" });
    }
    if statement.step == StopStep::Suspend && statement.reason.is_none() {
        return Err(Refusal::ReasonMissing);
    }
    match statement.approval {
        None => Ok(()),
        Some(_) => Err(Refusal::ApprovalMisplaced),
    }
}

/// Tells whether a person may suspend after these steps: a target that is not stopped, and for the
/// exchange office also one that others have stopped, which then only that office can lift.
pub fn may_follow(taken: &[SignedStep<StopStep>], by: &Identity, office: &Name) -> bool {
    let by_others = taken.last().is_some_and(|last| last.by.department != *office);
    !is_stopped(taken) || by_others && by.department == *office
}

fn follows(statement: &Statement<StopStep>, taken: &[SignedStep<StopStep>]) -> bool {
    match (statement.step, statement.previous) {
        (StopStep::Lift, previous) => previous == taken.last().map(|last| last.digest),
        // The digest of a step covers its signature too, and one statement can have several
        // signatures. So statements are compared.
        (StopStep::Suspend, _) if taken.iter().any(|one| one.statement == *statement) => false,
        (StopStep::Suspend, None) => true,
        (StopStep::Suspend, Some(previous)) => taken.iter().any(|one| one.digest == previous),
    }
}

/// Tells whether a person may sign nothing now, by the stops so far.
pub fn is_barred(
    person: &Identity,
    stops: &BTreeMap<StopTarget, Vec<SignedStep<StopStep>>>,
) -> bool {
    let department = person.department.clone();
    let own = [
        StopTarget::Person(department.clone(), person.id.clone()),
        StopTarget::Department(department),
    ];
    own.iter().any(|target| stops.get(target).is_some_and(|taken| is_stopped(taken)))
}

/// Tells whether a person's department may stop a target. The exchange office may stop anything; a
/// department its own entries, grants of them, systems and people.
fn may_stop(target: &StopTarget, by: &Identity, office: &Name, provider: Option<&Name>) -> bool {
    let own = match target {
        StopTarget::Entry(department, _)
        | StopTarget::Department(department)
        | StopTarget::System(department, _)
        | StopTarget::Person(department, _) => by.department == *department,
        StopTarget::Grant(_) => provider.is_some_and(|provider| by.department == *provider),
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

    fn said(
        step: StopStep,
        target: &StopTarget,
        taken: &[SignedStep<StopStep>],
    ) -> Statement<StopStep> {
        Statement {
            step,
            object: target.to_string().into(),
            digest: digest_of(target),
            previous: taken.last().map(|last| last.digest),
            role: Role::Operator,
            time: 1,
            approval: None,
            reason: (step == StopStep::Suspend).then(|| "why".into()),
        }
    }

    fn ground(office: &Name) -> StopContext<'_> {
        StopContext { office, provider: None, lifted_by_same: false }
    }

    #[test]
    fn one_person_stops_and_another_lifts() {
        let (target, office) = (StopTarget::parse("system/health/desk").unwrap(), name("office"));
        let ask = |statement: &Statement<StopStep>, taken: &[SignedStep<StopStep>], by: &Person| {
            admit(&target, taken, statement, by, ground(&office))
        };
        let suspend = said(StopStep::Suspend, &target, &[]);
        let stranger = person("a", "police");
        let wanted = office.clone();
        assert_eq!(ask(&suspend, &[], &stranger), Err(Refusal::NotTheDepartment { wanted }));
        for by in [person("a", "office"), person("b", "health")] {
            assert_eq!(ask(&suspend, &[], &by), Ok(()));
        }
        let silent = Statement { reason: None, ..suspend.clone() };
        assert_eq!(ask(&silent, &[], &person("a", "office")), Err(Refusal::ReasonMissing));
        let lift = said(StopStep::Lift, &target, &[]);
        let not_now = Err(Refusal::NotNow { step: "lift", stage: "not stopped" });
        assert_eq!(ask(&lift, &[], &person("a", "office")), not_now);
        let by = person("a", "office");
        let digest = ContentDigest::of(suspend.canonical().as_bytes());
        let taken =
            [SignedStep { statement: suspend, by: by.identity.clone(), key: by.key, digest }];
        assert!(is_stopped(&taken));
        let lift = said(StopStep::Lift, &target, &taken);
        assert_eq!(ask(&lift, &taken, &by), Err(Refusal::SamePerson { step: "suspend" }));
        // The same key under another id is the same person.
        let twin = Person { key: by.key, ..person("c", "office") };
        assert_eq!(ask(&lift, &taken, &twin), Err(Refusal::SamePerson { step: "suspend" }));
        assert_eq!(ask(&lift, &taken, &person("c", "office")), Ok(()));
        let alone = StopContext { lifted_by_same: true, ..ground(&office) };
        assert_eq!(admit(&target, &taken, &lift, &by, alone), Ok(()));
        let wanted = office.clone();
        let own = ask(&lift, &taken, &person("b", "health"));
        assert_eq!(own, Err(Refusal::NotTheDepartment { wanted }));
        let other = StopTarget::parse("system/health/other").unwrap();
        let replayed = admit(&other, &[], &taken[0].statement, &by, ground(&office));
        assert_eq!(replayed, Err(Refusal::OtherObject));
    }

    #[test]
    fn a_stop_may_name_any_step_before_and_counts_once() {
        let (target, office) = (StopTarget::parse("system/health/desk").unwrap(), name("office"));
        let (first, second) = (person("a", "office"), person("b", "office"));
        let mut taken = Vec::new();
        for (step, by) in [(StopStep::Suspend, &first), (StopStep::Lift, &second)] {
            let statement = said(step, &target, &taken);
            let digest = ContentDigest::of(statement.canonical().as_bytes());
            taken.push(SignedStep { statement, by: by.identity.clone(), key: by.key, digest });
        }
        let ask = |statement: &Statement<StopStep>| {
            admit(&target, &taken, statement, &first, ground(&office))
        };
        assert_eq!(ask(&taken[0].statement), Err(Refusal::OtherPrevious), "replayed");
        let unaware = Statement { time: 2, ..said(StopStep::Suspend, &target, &[]) };
        assert_eq!(ask(&unaware), Ok(()));
        let previous = Some(taken[0].digest);
        assert_eq!(ask(&Statement { previous, ..unaware.clone() }), Ok(()));
        let previous = Some(ContentDigest::of(b"another"));
        let foreign = Statement { previous, ..unaware };
        assert_eq!(ask(&foreign), Err(Refusal::OtherPrevious));
    }

    #[test]
    fn what_a_department_has_stopped_itself_the_office_stops_too() {
        let (target, office) = (StopTarget::parse("system/health/desk").unwrap(), name("office"));
        let mut taken: Vec<SignedStep<StopStep>> = Vec::new();
        for (id, department) in [("a", "health"), ("b", "office")] {
            let (by, statement) =
                (person(id, department), said(StopStep::Suspend, &target, &taken));
            assert_eq!(admit(&target, &taken, &statement, &by, ground(&office)), Ok(()));
            let digest = ContentDigest::of(id.as_bytes());
            taken.push(SignedStep { statement, by: by.identity.clone(), key: by.key, digest });
            let again = said(StopStep::Suspend, &target, &taken);
            let own = person("c", department);
            assert!(admit(&target, &taken, &again, &own, ground(&office)).is_err());
        }
        let lift = said(StopStep::Lift, &target, &taken);
        let lifts = |by: Person| admit(&target, &taken, &lift, &by, ground(&office));
        let wanted = office.clone();
        assert_eq!(lifts(person("d", "health")), Err(Refusal::NotTheDepartment { wanted }));
        assert_eq!(lifts(person("c", "office")), Ok(()));
    }

    #[test]
    fn the_office_can_always_lift() {
        let (target, office) = (StopTarget::parse("department/office").unwrap(), name("office"));
        let by = person("a", "office");
        let suspend = said(StopStep::Suspend, &target, &[]);
        let refused = admit(&target, &[], &suspend, &by, ground(&office));
        assert_eq!(refused, Err(Refusal::NobodyLifts));
    }

    #[test]
    fn who_is_stopped_signs_nothing() {
        for text in ["person/health/b", "department/health"] {
            let target = StopTarget::parse(text).unwrap();
            let (by, statement) = (person("a", "office"), said(StopStep::Suspend, &target, &[]));
            let digest = ContentDigest::of(text.as_bytes());
            let taken = SignedStep { statement, by: by.identity.clone(), key: by.key, digest };
            let stops = BTreeMap::from([(target, vec![taken])]);
            assert!(is_barred(&person("b", "health").identity, &stops));
            assert!(!is_barred(&by.identity, &stops));
        }
    }

    #[test]
    fn a_provider_stops_grants_of_its_data() {
        let (target, office) = (StopTarget::parse("grant/g-7").unwrap(), name("office"));
        let suspend = said(StopStep::Suspend, &target, &[]);
        let ask = |by: &Person| {
            admit(
                &target,
                &[],
                &suspend,
                by,
                StopContext { provider: Some(&name("police")), ..ground(&office) },
            )
        };
        assert_eq!(ask(&person("a", "police")), Ok(()));
        assert!(ask(&person("a", "health")).is_err());
    }
}
