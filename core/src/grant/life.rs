//! The life of a grant: the order of its steps, and the people who may take them. A pure function,
//! so that a decision today and a verification years later judge alike.

use super::chain::{Chain, Link, Parties, Side};
use super::document::Grant;
use super::step::{GrantStage, GrantStep, stage};
use super::table::counts_as;
use crate::domain::UnixMillis;
use crate::domain::registry::Role;
use crate::release::life::{Person, Refusal};
use crate::release::step::StepName;
use crate::release::{SignedStep, Statement};

/// A department and roles whose person may take a step.
struct Turn {
    side: Side,
    roles: &'static [Role],
}

/// The next link of the chain: the first one that no step fulfils. An overdue grant may be
/// escalated without a step.
pub fn next(chain: &Chain, taken: &[SignedStep<GrantStep>], overdue: bool) -> Option<Link> {
    let stage = stage(taken);
    if stage != GrantStage::Written && !stage.is_pending() {
        return None;
    }
    match escalation(taken) {
        Some(at) => first_open(chain.escalated(), &taken[at..]),
        None if escalates_now(chain, taken, overdue) => chain.escalated().first().copied(),
        None => first_open(chain.usual(), taken),
    }
}

/// The first link that no step fulfils.
fn first_open(links: Vec<Link>, taken: &[SignedStep<GrantStep>]) -> Option<Link> {
    links.into_iter().find(|link| !is_done(link, taken))
}

fn is_done(link: &Link, taken: &[SignedStep<GrantStep>]) -> bool {
    taken
        .iter()
        .any(|one| one.statement.step == link.step && counts_as(one.statement.role, link.role))
}

/// Tells whether the office above both decides only because the provider has not answered in time.
pub fn escalates_now(chain: &Chain, taken: &[SignedStep<GrantStep>], overdue: bool) -> bool {
    let waits = stage(taken).is_pending() && escalation(taken).is_none();
    overdue && waits && chain.escalates_by_itself() && waits_for_provider(chain, taken)
}

fn waits_for_provider(chain: &Chain, taken: &[SignedStep<GrantStep>]) -> bool {
    first_open(chain.usual(), taken).is_some_and(|link| link.side == Side::Provider)
}

/// Tells whether the people above declined a grant that came before them only because the provider
/// had not answered in time. The provider is no longer asked then: their answer is final.
fn declined_above(chain: &Chain, parties: &Parties, taken: &[SignedStep<GrantStep>]) -> bool {
    let Some((last, before)) = taken.split_last() else { return false };
    let by_provider = parties.department(Side::Provider) == Some(&last.by.department);
    escalation(taken).is_none() && waits_for_provider(chain, before) && !by_provider
}

/// The index of the step by which the grant came before the office above both: the consumer's
/// escalation, or the first step taken there.
fn escalation(taken: &[SignedStep<GrantStep>]) -> Option<usize> {
    let is_first = |one: &SignedStep<GrantStep>| {
        matches!(one.statement.step, GrantStep::Escalate | GrantStep::Endorse | GrantStep::Review)
    };
    taken.iter().position(is_first)
}

/// The roles of a link, as a static list.
fn roles_of(link: Link) -> &'static [Role] {
    match link.role {
        Role::Applicant => &[Role::Applicant],
        Role::SectionHead => &[Role::SectionHead],
        Role::Leader => &[Role::Leader],
        // Every other link needs an approver.
        _ => &[Role::Approver],
    }
}

/// The turns at which a step may be taken now; none if it can't follow the steps taken.
fn turns(
    step: GrantStep,
    ground: &GrantContext<'_>,
    taken: &[SignedStep<GrantStep>],
    now: UnixMillis,
) -> Vec<Turn> {
    const ROLES: &[Role] = &[Role::Approver, Role::SectionHead, Role::Leader];
    let chain = &ground.chain;
    let overdue = ground.due.is_some_and(|due| due <= now);
    let (stage, next) = (stage(taken), next(chain, taken, overdue));
    let of = |link: Link| Turn { side: link.side, roles: roles_of(link) };
    match step {
        GrantStep::Request
        | GrantStep::Agree
        | GrantStep::Approve
        | GrantStep::Open
        | GrantStep::Endorse
        | GrantStep::Review => next.filter(|link| link.step == step).map(of).into_iter().collect(),
        GrantStep::Escalate
            if (stage == GrantStage::Declined && !declined_above(chain, ground.parties, taken)
                || stage.is_pending() && overdue)
                && escalation(taken).is_none()
                && chain.can_escalate() =>
        {
            vec![Turn { side: Side::Consumer, roles: &[Role::Applicant] }]
        }
        GrantStep::Decline if stage.is_pending() => next.map(of).into_iter().collect(),
        GrantStep::Withdraw if stage == GrantStage::Written || stage.is_pending() => {
            vec![Turn { side: Side::Consumer, roles: &[Role::Applicant] }]
        }
        GrantStep::Return if stage == GrantStage::Active => {
            vec![Turn { side: Side::Consumer, roles: &[Role::Applicant] }]
        }
        GrantStep::Confirm if stage == GrantStage::Active && ground.reviewable => {
            let mut turns = vec![Turn { side: Side::Provider, roles: ROLES }];
            // People who agreed in the provider's place may also confirm it.
            if escalation(taken).is_some() {
                turns.push(Turn { side: Side::AboveBoth, roles: ROLES });
            }
            turns
        }
        GrantStep::Revoke if stage == GrantStage::Active => {
            vec![
                Turn { side: Side::Provider, roles: ROLES },
                Turn { side: Side::Office, roles: ROLES },
                Turn { side: Side::AboveBoth, roles: ROLES },
            ]
        }
        GrantStep::Escalate
        | GrantStep::Decline
        | GrantStep::Withdraw
        | GrantStep::Return
        | GrantStep::Revoke
        | GrantStep::Confirm => Vec::new(),
    }
}

/// The context in which a step is judged, beside the grant and the steps before it.
#[derive(Clone, Copy, Debug)]
pub struct GrantContext<'a> {
    /// The people who must agree.
    pub chain: Chain,
    /// The departments of those people.
    pub parties: &'a Parties,
    /// The time by which the next person must have answered.
    pub due: Option<UnixMillis>,
    /// True if a review is due.
    pub reviewable: bool,
}

/// Judges whether a person may take a step with this statement now. Returns the stage it leads to.
///
/// # Errors
/// [`Refusal`] gives the reason.
pub fn admit(
    grant: &Grant,
    ground: GrantContext<'_>,
    taken: &[SignedStep<GrantStep>],
    statement: &Statement<GrantStep>,
    by: &Person,
) -> Result<GrantStage, Refusal> {
    let step = statement.step;
    let parties = ground.parties;
    let turns = turns(step, &ground, taken, statement.time);
    if turns.is_empty() {
        let overdue = ground.due.is_some_and(|due| due <= statement.time);
        let escalated = escalates_now(&ground.chain, taken, overdue);
        let stage = if escalated { GrantStage::Escalated } else { stage(taken) };
        return Err(Refusal::NotNow { step: step.as_str(), stage: stage.as_str() });
    }
    if *statement.object != object_of(grant) || statement.digest != grant.digest() {
        return Err(Refusal::OtherObject);
    }
    if statement.previous != taken.last().map(|last| last.digest) {
        return Err(Refusal::OtherPrevious);
    }
    let roles = by.roles.as_deref().ok_or(Refusal::UnknownPerson)?;
    let of = |turn: &Turn| parties.department(turn.side);
    let own = turns.iter().find(|turn| of(turn) == Some(&by.identity.department));
    let Some(turn) = own else {
        let wanted = of(&turns[0]).unwrap_or(&grant.consumer).clone();
        return Err(Refusal::NotTheDepartment { wanted });
    };
    if !turn.roles.contains(&statement.role) || !roles.contains(&statement.role) {
        return Err(Refusal::NotTheRole { wanted: turn.roles });
    }
    // A person who has taken a step before may still end a grant or confirm it, but may not carry
    // it on.
    let carries_on = !matches!(
        step,
        GrantStep::Escalate
            | GrantStep::Decline
            | GrantStep::Withdraw
            | GrantStep::Revoke
            | GrantStep::Return
            | GrantStep::Confirm
    );
    let had_a_part = |one: &&SignedStep<GrantStep>| one.by == by.identity || one.key == by.key;
    if let (true, Some(earlier)) = (carries_on, taken.iter().find(had_a_part)) {
        return Err(Refusal::SamePerson { step: earlier.statement.step.as_str() });
    }
    if step.needs_reason() && statement.reason.is_none() {
        return Err(Refusal::ReasonMissing);
    }
    if statement.approval.is_some() {
        return Err(Refusal::ApprovalMisplaced);
    }
    Ok(step.leads_to())
}

/// Tells whether the steps taken fulfil a chain. The chain may have changed since they were taken,
/// if the catalog now classes the entry higher.
pub fn fulfils(chain: &Chain, taken: &[SignedStep<GrantStep>]) -> bool {
    let usual = chain.usual();
    match escalation(taken) {
        None => usual.iter().all(|link| is_done(link, taken)),
        Some(at) => {
            let (before, after) = taken.split_at(at);
            let asked = usual.first().is_some_and(|link| is_done(link, before));
            let links = chain.escalated();
            asked && chain.can_escalate() && links.iter().all(|link| is_done(link, after))
        }
    }
}

/// The name of a grant in statements.
pub fn object_of(grant: &Grant) -> String {
    format!("grant/{}", grant.id)
}
