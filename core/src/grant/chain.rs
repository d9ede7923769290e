//! Who must have agreed before a grant is open: one person after the other, each of a department and in a
//! role.

use super::document::Grant;
use super::life::Step;
use crate::domain::entry::{Class, Entry, Mode};
use crate::domain::name::Name;
use crate::domain::registry::{Registry, Role};

/// From this level on a field weighs.
pub const WEIGHTY_LEVEL: u8 = 4;

/// Longest period of a grant in milliseconds: a year with its leap day.
pub const LONGEST_MS: i64 = 366 * 86_400_000;

/// Longest period of a weighty one: a quarter.
pub const LONGEST_WEIGHTY_MS: i64 = 92 * 86_400_000;

/// Whose person takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The department that asks.
    Consumer,
    /// The department whose data it is.
    Provider,
    /// The exchange office.
    Office,
    /// The office above the consumer.
    AboveConsumer,
    /// The exchange office of the lowest office above both.
    OfficeAboveBoth,
    /// The lowest office above both.
    AboveBoth,
}

/// One who must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// What he does.
    pub step: Step,
    /// Of whom he is.
    pub side: Side,
    /// In which role.
    pub role: Role,
}

/// All who must agree, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    usual: &'static [Link],
    /// Those who do in place of the provider, once it is escalated; empty where nobody stands above both.
    escalated: &'static [Link],
}

/// The tag of the department that is the exchange office below its parent.
pub const EXCHANGE_OFFICE_TAG: &str = "exchange-office";

/// The departments whose people take steps with a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    consumer: Name,
    provider: Name,
    office: Name,
    above_consumer: Option<Name>,
    above_both: Option<Name>,
    office_above_both: Option<Name>,
    /// Whether both stand below the same office.
    within: bool,
}

impl Parties {
    /// Those of a grant, by the tree of departments and with this exchange office.
    pub fn of(grant: &Grant, registry: &Registry, office: &Name) -> Option<Parties> {
        let provider = Name::parse(grant.provider()).ok()?;
        let (ours, theirs) = (above(registry, &grant.consumer), above(registry, &provider));
        let above_both = ours.iter().find(|id| theirs.contains(id)).cloned();
        // The exchange office below the one above both; else this one.
        let below = |above: &Name| {
            let found = registry.departments().iter().find(|department| {
                department.parent.as_ref() == Some(above)
                    && department.tags.iter().any(|tag| *tag == EXCHANGE_OFFICE_TAG)
            });
            found.map_or_else(|| office.clone(), |found| found.id.clone())
        };
        Some(Parties {
            office_above_both: above_both.as_ref().map(below),
            within: ours.first() == theirs.first(),
            above_consumer: ours.into_iter().next(),
            above_both,
            consumer: grant.consumer.clone(),
            provider,
            office: office.clone(),
        })
    }

    /// Whether a department is one of them, those above included.
    pub fn includes(&self, id: &Name) -> bool {
        let above = [&self.above_consumer, &self.above_both, &self.office_above_both];
        [&self.consumer, &self.provider, &self.office].contains(&id)
            || above.into_iter().flatten().any(|above| above == id)
    }

    /// The department of a side.
    pub fn department(&self, side: Side) -> Option<&Name> {
        match side {
            Side::Consumer => Some(&self.consumer),
            Side::Provider => Some(&self.provider),
            Side::Office => Some(&self.office),
            Side::AboveConsumer => self.above_consumer.as_ref(),
            Side::OfficeAboveBoth => self.office_above_both.as_ref(),
            Side::AboveBoth => self.above_both.as_ref(),
        }
    }
}

/// The offices above a department, the nearest first.
fn above(registry: &Registry, id: &Name) -> Vec<Name> {
    let parent = |id: &Name| registry.department(id.as_str())?.1.parent.clone();
    let mut above: Vec<Name> = Vec::new();
    let mut next = parent(id);
    while let Some(id) = next.filter(|id| !above.contains(id)) {
        next = parent(&id);
        above.push(id);
    }
    above
}

const fn link(step: Step, side: Side, role: Role) -> Link {
    Link { step, side, role }
}

/// What is within reach of any department.
const PLAIN: &[Link] = &[
    link(Step::Request, Side::Consumer, Role::Applicant),
    link(Step::Agree, Side::Provider, Role::Approver),
    link(Step::Open, Side::Office, Role::Approver),
];

/// Bulk export and data of the highest level: the head of the section that owns the data, and then the
/// provider's leader.
const WEIGHTY: &[Link] = &[
    link(Step::Request, Side::Consumer, Role::Applicant),
    link(Step::Agree, Side::Provider, Role::SectionHead),
    link(Step::Approve, Side::Provider, Role::Leader),
    link(Step::Open, Side::Office, Role::Approver),
];

/// What is not shared: the exchange office's leader as well.
const WITHHELD: &[Link] = &[
    link(Step::Request, Side::Consumer, Role::Applicant),
    link(Step::Agree, Side::Provider, Role::SectionHead),
    link(Step::Approve, Side::Provider, Role::Leader),
    link(Step::Open, Side::Office, Role::Leader),
];

/// Within one parent: the exchange office reviews, the parent's leader approves.
const WITHIN: &[Link] = &[
    link(Step::Review, Side::OfficeAboveBoth, Role::Approver),
    link(Step::Approve, Side::AboveBoth, Role::Leader),
    link(Step::Open, Side::Office, Role::Approver),
];

/// Across branches: the leader above the consumer endorses first.
const ACROSS: &[Link] = &[
    link(Step::Endorse, Side::AboveConsumer, Role::Leader),
    link(Step::Review, Side::OfficeAboveBoth, Role::Approver),
    link(Step::Approve, Side::AboveBoth, Role::Leader),
    link(Step::Open, Side::Office, Role::Approver),
];

impl Chain {
    /// The one that a grant for an entry needs.
    pub fn of(grant: &Grant, entry: &Entry, parties: &Parties) -> Chain {
        let usual = match (&entry.class, weighs(grant, entry)) {
            (Class::NonShared(_), _) => WITHHELD,
            (Class::Unconditional | Class::Restricted, true) => WEIGHTY,
            (Class::Unconditional | Class::Restricted, false) => PLAIN,
        };
        let escalated = match (&parties.above_both, parties.within) {
            (None, _) => &[],
            (Some(_), true) => WITHIN,
            (Some(_), false) => ACROSS,
        };
        Chain { usual, escalated }
    }

    /// Who must agree, in order.
    pub fn usual(&self) -> &'static [Link] {
        self.usual
    }

    /// Who must agree once it is escalated; nobody where it can't be.
    pub fn escalated(&self) -> &'static [Link] {
        self.escalated
    }

    /// The longest period that it may be for, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        if self.usual == PLAIN { LONGEST_MS } else { LONGEST_WEIGHTY_MS }
    }
}

/// Whether something in it weighs: the mode of an operation, or the level of a field, then or now.
fn weighs(grant: &Grant, entry: &Entry) -> bool {
    let listed = |id: &str| grant.operations.iter().any(|name| *name == id);
    let bulk = entry.operations.iter().any(|o| o.mode == Mode::Bulk && listed(o.id.as_str()));
    let now = entry.fields.iter().filter(|f| grant.fields.contains_key(&*f.path.to_string()));
    let levels = grant.fields.values().copied().chain(now.map(|field| field.level.number()));
    bulk || levels.max().is_some_and(|level| level >= WEIGHTY_LEVEL)
}
