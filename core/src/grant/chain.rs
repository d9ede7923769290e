//! The chain of agreement before a grant is open: one person after another, each of a certain
//! department and in a certain role.

use super::document::Grant;
use super::step::GrantStep;
use super::table::{Demand, Escalates, ProcedureTable};
use crate::domain::entry::Entry;
use crate::domain::name::Name;
use crate::domain::registry::{Registry, Role};

/// The department whose person takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The department that requests the grant.
    Consumer,
    /// The department that holds the data.
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

/// One person who must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The step that the person takes.
    pub step: GrantStep,
    /// The department that the person belongs to.
    pub side: Side,
    /// The role in which the person takes it.
    pub role: Role,
}

/// All people who must agree to a grant, and the demand that this follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    demand: Demand,
    above: Above,
}

/// The offices that stand above both consumer and provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    /// No office stands above both.
    Nobody,
    /// One office stands directly above both.
    One,
    /// Other offices stand between the parties and the lowest office above both.
    Others,
}

/// The tag of the department that is its parent's exchange office.
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
}

impl Parties {
    /// Finds the parties of a grant by the tree of departments and this exchange office.
    pub fn of(grant: &Grant, registry: &Registry, office: &Name) -> Option<Parties> {
        let provider = Name::parse(grant.provider()).ok()?;
        let (ours, theirs) = (above(registry, &grant.consumer), above(registry, &provider));
        let above_both = ours.iter().find(|id| theirs.contains(id)).cloned();
        // The exchange office of the office above both, or else this one.
        let below = |above: &Name| {
            let found = registry.departments().iter().find(|department| {
                department.parent.as_ref() == Some(above)
                    && department.tags.iter().any(|tag| *tag == EXCHANGE_OFFICE_TAG)
            });
            found.map_or_else(|| office.clone(), |found| found.id.clone())
        };
        Some(Parties {
            office_above_both: above_both.as_ref().map(below),
            above_consumer: ours.into_iter().next(),
            above_both,
            consumer: grant.consumer.clone(),
            provider,
            office: office.clone(),
        })
    }

    /// Tells whether a department is one of the parties, those above included.
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

fn link(step: GrantStep, side: Side, role: Role) -> Link {
    Link { step, side, role }
}

impl Chain {
    /// The chain that a grant for an entry needs, by the office's table.
    pub fn of(grant: &Grant, entry: &Entry, parties: &Parties, table: &ProcedureTable) -> Chain {
        // The office directly above the consumer endorses, unless it decides later itself or is the
        // provider.
        let next = &parties.above_consumer;
        let endorses = *next != parties.above_both && next.as_ref() != Some(&parties.provider);
        let above = match &parties.above_both {
            None => Above::Nobody,
            Some(_) if endorses => Above::Others,
            Some(_) => Above::One,
        };
        Chain { demand: table.demand(grant, entry), above }
    }

    /// The links of the usual way, in which the provider decides, in order.
    pub fn usual(&self) -> Vec<Link> {
        let Demand { agree, approve, open, .. } = self.demand;
        let approve = approve.map(|role| link(GrantStep::Approve, Side::Provider, role));
        let front = [
            link(GrantStep::Request, Side::Consumer, Role::Applicant),
            link(GrantStep::Agree, Side::Provider, agree),
        ];
        front
            .into_iter()
            .chain(approve)
            .chain([link(GrantStep::Open, Side::Office, open)])
            .collect()
    }

    /// The links that take the provider's place once the grant is escalated; empty if it can't be.
    /// Within one parent, the parent's exchange office reviews and its leader approves. Across
    /// branches, the leader above the consumer endorses first.
    pub fn escalated(&self) -> Vec<Link> {
        let endorse = link(GrantStep::Endorse, Side::AboveConsumer, Role::Leader);
        let endorse = Some(endorse).filter(|_| self.above == Above::Others);
        let rest = [
            link(GrantStep::Review, Side::OfficeAboveBoth, Role::Approver),
            link(GrantStep::Approve, Side::AboveBoth, Role::Leader),
            link(GrantStep::Open, Side::Office, self.demand.open),
        ];
        match self.above {
            Above::Nobody => Vec::new(),
            Above::One | Above::Others => endorse.into_iter().chain(rest).collect(),
        }
    }

    /// Tells whether there is an office to which the grant can be escalated.
    pub fn can_escalate(&self) -> bool {
        self.above != Above::Nobody
    }

    /// The office's demand that the chain follows from: the longest period, and the time to answer.
    pub fn demand(&self) -> Demand {
        self.demand
    }

    /// Tells whether the grant is escalated without a step if the provider does not answer in time.
    pub fn escalates_by_itself(&self) -> bool {
        self.demand.escalates == Escalates::WhenOverdue && self.can_escalate()
    }
}
