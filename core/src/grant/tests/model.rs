//! Tests a grant's life against a small reference model: whatever people try in whatever order, no
//! grant is open without its full chain, and nobody takes two parts in one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// An attempt at a step.
#[derive(Clone, Debug)]
struct Try {
    step: GrantStep,
    role: Role,
    who: usize,
    /// True if it is the step that would carry the grant on, in the role required for it.
    aims: bool,
}

/// Makes people of all sides, some with every role, one under two ids.
fn people() -> Vec<Person> {
    let every = Role::ALL;
    let mut people: Vec<Person> = ["health", "police", "office", "city", "others"]
        .iter()
        .flat_map(|department| {
            let id = |nth: usize| format!("{department}-{nth}");
            let one = [Role::Applicant, Role::Approver];
            vec![
                person(&id(0), department, &every),
                person(&id(1), department, &every),
                person(&id(2), department, &one),
                person(&id(3), department, &[Role::Leader]),
            ]
        })
        .collect();
    let twin = people[0].key;
    people.push(Person { key: twin, ..person("twin", "police", &every) });
    let gone = Person { roles: None, ..person("gone", "police", &every) };
    people.push(gone);
    people
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let aims = prop_oneof![3 => Just(true), 1 => Just(false)];
    let one = (select(GrantStep::ALL.to_vec()), select(Role::ALL.to_vec()), 0usize..22, aims);
    let one = one.prop_map(|(step, role, who, aims)| Try { step, role, who, aims });
    proptest::collection::vec(one, 1..60)
}

/// The kind of a grant, and its state in time.
#[derive(Clone, Debug)]
struct Case {
    class: Class,
    level: u8,
    overdue: bool,
    by_itself: bool,
    reviewable: bool,
}

/// The model of a grant's life: the people who must agree, the number who have, and the state.
struct Model {
    case: Case,
    links: Vec<Link>,
    done: usize,
    escalated_links: Vec<Link>,
    over: bool,
    declined: bool,
    escalated: bool,
}

impl Model {
    fn of(case: Case, chain: &Chain) -> Model {
        let (links, escalated_links) = (chain.usual(), chain.escalated());
        let (over, declined, escalated) = (false, false, false);
        Model { case, links, done: 0, escalated_links, over, declined, escalated }
    }

    fn has_ended(&self) -> bool {
        self.over || self.declined
    }

    /// Tells whether everybody has agreed, whatever came after.
    fn is_complete(&self) -> bool {
        self.done == self.links.len()
    }

    fn next(&self) -> Option<Link> {
        self.links.get(self.done).copied()
    }

    /// Tells whether the people above both decide.
    fn is_above(&self) -> bool {
        self.links == self.escalated_links
    }

    fn escalate(&mut self) {
        (self.links, self.done) = (self.escalated_links.clone(), 0);
    }

    /// Lets time pass: an overdue request comes before the people above both without a step.
    fn tick(&mut self, taken: &[SignedStep<GrantStep>]) {
        let waits = !self.has_ended() && !self.is_complete() && !taken.is_empty();
        let provider = self.next().is_some_and(|link| link.side == Side::Provider);
        let by_itself = self.case.overdue && self.case.by_itself && !self.escalated;
        if waits && by_itself && provider && !self.is_above() {
            self.escalate();
        }
    }

    /// Tells whether a person may take a step in a role.
    fn admits(
        &self,
        step: GrantStep,
        role: Role,
        by: &Person,
        taken: &[SignedStep<GrantStep>],
    ) -> bool {
        let mine = |side, roles: &[Role]| {
            let known = by.roles.as_ref().is_some_and(|own| own.contains(&role));
            by.identity.department == *department_of(side) && roles.contains(&role) && known
        };
        let new = !taken.iter().any(|one| one.by == by.identity || one.key == by.key);
        let (ended, open) = (self.has_ended(), self.is_complete());
        let pending = !ended && !open && !taken.is_empty();
        let ending = [Role::Approver, Role::SectionHead, Role::Leader];
        let applies = mine(Side::Consumer, &[Role::Applicant]);
        let is_turn = |link: Link| mine(link.side, &[link.role]);
        match step {
            GrantStep::Request
            | GrantStep::Agree
            | GrantStep::Approve
            | GrantStep::Open
            | GrantStep::Endorse
            | GrantStep::Review => {
                let next = self.next().filter(|link| link.step == step);
                !ended && new && next.is_some_and(is_turn)
            }
            GrantStep::Escalate => {
                // An answer of the people above both is final, also if the grant came before them
                // by the clock.
                let above = self.is_above() && (self.done > 0 || self.declined);
                let may = self.declined || pending && self.case.overdue;
                may && !self.escalated && !above && !self.over && applies
            }
            GrantStep::Decline => pending && self.next().is_some_and(is_turn),
            GrantStep::Withdraw => !ended && !open && applies,
            GrantStep::Return => !ended && open && applies,
            GrantStep::Confirm => {
                let above = self.is_above() && mine(Side::AboveBoth, &ending);
                let one = mine(Side::Provider, &ending) || above;
                !ended && open && self.case.reviewable && one
            }
            GrantStep::Revoke => {
                let sides = [Side::Provider, Side::Office, Side::AboveBoth];
                !ended && open && sides.iter().any(|side| mine(*side, &ending))
            }
        }
    }

    /// Takes a step that the model has admitted.
    fn follow(&mut self, step: GrantStep) {
        match step {
            GrantStep::Escalate => {
                self.escalate();
                (self.declined, self.escalated) = (false, true);
            }
            GrantStep::Decline => self.declined = true,
            GrantStep::Withdraw | GrantStep::Revoke | GrantStep::Return => self.over = true,
            GrantStep::Confirm => {}
            GrantStep::Request
            | GrantStep::Agree
            | GrantStep::Approve
            | GrantStep::Open
            | GrantStep::Endorse
            | GrantStep::Review => self.done += 1,
        }
    }
}

fn department_of(side: Side) -> &'static str {
    match side {
        Side::Consumer => "health",
        Side::Provider => "police",
        Side::Office | Side::OfficeAboveBoth => "office",
        Side::AboveConsumer | Side::AboveBoth => "city",
    }
}

/// Checks that exactly those steps are admitted that the model lets pass, whoever tries them in
/// whatever order.
fn live(case: Case, tries: Vec<Try>) -> Result<(), TestCaseError> {
    let grant = &Grant { fields: BTreeMap::from([("$.name".into(), case.level)]), ..grant() };
    let parties = parties(grant);
    let usual = chain_of(grant, case.class.clone(), &parties).demand();
    let escalates = if case.by_itself { Escalates::WhenOverdue } else { Escalates::OnRequest };
    let demand = Demand { escalates, ..usual };
    let (classes, modes) = (Vec::new(), Vec::new());
    let row = ProcedureRow { classes, modes, level: None, demand, longest_days: None };
    let table = ProcedureTable(vec![row]);
    let chain = Chain::of(grant, &entry(case.class.clone()), &parties, &table);
    let (due, reviewable) = (case.overdue.then_some(BEGIN), case.reviewable);
    let ground = GrantContext { chain, parties: &parties, due, reviewable };
    let people = people();
    let mut taken: Vec<SignedStep<GrantStep>> = Vec::new();
    let mut model = Model::of(case, &chain);
    for Try { step, role, who, aims } in tries {
        let by = &people[who];
        model.tick(&taken);
        let aim = model.next().filter(|_| aims && !model.has_ended());
        let (step, role) = aim.map_or((step, role), |link| (link.step, link.role));
        let said = Statement { digest: grant.digest(), ..statement(step, role, &taken) };
        let expected = model.admits(step, role, by, &taken);
        let admitted = admit(grant, ground, &taken, &said, by);
        prop_assert_eq!(admitted.is_ok(), expected, "{:?} by {:?}: {:?}", step, by, admitted);
        if expected {
            taken.push(took(said, by));
            model.follow(step);
        }
        let active = model.is_complete() && !model.has_ended();
        prop_assert_eq!(stage(&taken) == GrantStage::Active, active);
        prop_assert!(!active || fulfils(&chain, &taken));
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_grant_is_open_without_its_full_chain(
        tries in tries(),
        class in select(vec![Class::Restricted, withheld()]),
        level in 3u8..5,
        [overdue, by_itself, reviewable] in any::<[bool; 3]>(),
    ) {
        live(Case { class, level, overdue, by_itself, reviewable }, tries)?;
    }
}
