//! Which step may follow which, and who may take it. Pure: whoever decides and whoever verifies years
//! later ask the same function.

use super::chain::{Chain, Link, Parties, Side};
use super::document::Grant;
use super::table::counts_as;
use crate::domain::UnixMillis;
use crate::domain::registry::Role;
use crate::release::life::{Person, Refusal};
use crate::release::step::StepName;
use crate::release::{SignedStep, Statement};

/// A step in the life of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStep {
    /// The consumer asks for it.
    Request,
    /// The provider agrees.
    Agree,
    /// The provider's leader agrees as well, where it weighs.
    Approve,
    /// The exchange office opens it.
    Open,
    /// The consumer takes it to the office above both, once it was declined or nobody has answered in time.
    Escalate,
    /// The leader above the consumer stands behind it.
    Endorse,
    /// The exchange office above both finds it right.
    Review,
    /// Whose turn it is turns it down.
    Decline,
    /// The consumer takes its request back.
    Withdraw,
    /// The provider or the exchange office ends it.
    Revoke,
    /// The consumer gives it back.
    Return,
    /// The provider, or who has agreed in its place, has looked at it again: it goes on.
    Confirm,
}

/// Where a grant is in its life. The clock's part is not in it: one that is active has begun or not, and
/// has expired or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantStage {
    /// It is written, and nobody has signed it.
    Written,
    /// The consumer has asked for it.
    Requested,
    /// The provider has agreed.
    Agreed,
    /// The provider's leader has agreed as well.
    Approved,
    /// It is open.
    Active,
    /// It is before the office above both.
    Escalated,
    /// The leader above the consumer stands behind it.
    Endorsed,
    /// The exchange office above both has found it right.
    Reviewed,
    /// It was turned down.
    Declined,
    /// The consumer has taken its request back.
    Withdrawn,
    /// The provider, the exchange office or who stands above both has ended it.
    Revoked,
    /// The consumer has given it back.
    Returned,
}

impl StepName for GrantStep {
    fn as_str(self) -> &'static str {
        match self {
            GrantStep::Request => "request",
            GrantStep::Agree => "agree",
            GrantStep::Approve => "approve",
            GrantStep::Open => "open",
            GrantStep::Escalate => "escalate",
            GrantStep::Endorse => "endorse",
            GrantStep::Review => "review",
            GrantStep::Decline => "decline",
            GrantStep::Withdraw => "withdraw",
            GrantStep::Revoke => "revoke",
            GrantStep::Return => "return",
            GrantStep::Confirm => "confirm",
        }
    }

    fn parse(word: &str) -> Option<GrantStep> {
        GrantStep::ALL.into_iter().find(|step| step.as_str() == word)
    }
}

impl GrantStep {
    /// All steps.
    pub const ALL: [GrantStep; 12] = [
        GrantStep::Request,
        GrantStep::Agree,
        GrantStep::Approve,
        GrantStep::Open,
        GrantStep::Escalate,
        GrantStep::Endorse,
        GrantStep::Review,
        GrantStep::Decline,
        GrantStep::Withdraw,
        GrantStep::Revoke,
        GrantStep::Return,
        GrantStep::Confirm,
    ];

    /// Where it leads when it is taken.
    fn leads_to(self) -> GrantStage {
        match self {
            GrantStep::Request => GrantStage::Requested,
            GrantStep::Agree => GrantStage::Agreed,
            GrantStep::Approve => GrantStage::Approved,
            GrantStep::Open | GrantStep::Confirm => GrantStage::Active,
            GrantStep::Escalate => GrantStage::Escalated,
            GrantStep::Endorse => GrantStage::Endorsed,
            GrantStep::Review => GrantStage::Reviewed,
            GrantStep::Decline => GrantStage::Declined,
            GrantStep::Withdraw => GrantStage::Withdrawn,
            GrantStep::Revoke => GrantStage::Revoked,
            GrantStep::Return => GrantStage::Returned,
        }
    }

    /// Whether it says why.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            GrantStep::Decline | GrantStep::Escalate | GrantStep::Revoke | GrantStep::Return
        )
    }
}

impl GrantStage {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            GrantStage::Written => "written",
            GrantStage::Requested => "requested",
            GrantStage::Agreed => "agreed",
            GrantStage::Approved => "approved",
            GrantStage::Active => "active",
            GrantStage::Escalated => "escalated",
            GrantStage::Endorsed => "endorsed",
            GrantStage::Reviewed => "reviewed",
            GrantStage::Declined => "declined",
            GrantStage::Withdrawn => "withdrawn",
            GrantStage::Revoked => "revoked",
            GrantStage::Returned => "returned",
        }
    }

    /// Whether somebody is still to agree.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            GrantStage::Requested
                | GrantStage::Agreed
                | GrantStage::Approved
                | GrantStage::Escalated
                | GrantStage::Endorsed
                | GrantStage::Reviewed
        )
    }
}

/// Where a grant is after these steps.
pub fn stage(taken: &[SignedStep<GrantStep>]) -> GrantStage {
    taken.last().map_or(GrantStage::Written, |last| last.statement.step.leads_to())
}

/// Who may take a step at some point.
struct Turn {
    side: Side,
    roles: &'static [Role],
}

/// The one who must agree next: the first of the chain who has not. What is overdue may be escalated by
/// itself.
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

/// The first link that none of these steps fulfils.
fn first_open(links: Vec<Link>, taken: &[SignedStep<GrantStep>]) -> Option<Link> {
    links.into_iter().find(|link| !is_done(link, taken))
}

fn is_done(link: &Link, taken: &[SignedStep<GrantStep>]) -> bool {
    taken
        .iter()
        .any(|one| one.statement.step == link.step && counts_as(one.statement.role, link.role))
}

/// Whether it is before the office above both by nothing but the clock: the provider has not answered.
pub fn escalates_now(chain: &Chain, taken: &[SignedStep<GrantStep>], overdue: bool) -> bool {
    let waits = stage(taken).is_pending() && escalation(taken).is_none();
    overdue && waits && chain.escalates_by_itself() && waits_for_provider(chain, taken)
}

fn waits_for_provider(chain: &Chain, taken: &[SignedStep<GrantStep>]) -> bool {
    first_open(chain.usual(), taken).is_some_and(|link| link.side == Side::Provider)
}

/// Whether it was declined by those above, before whom it had come by the clock alone: who would have been
/// asked else is the provider, and somebody else has declined. That is their last word.
fn declined_above(chain: &Chain, parties: &Parties, taken: &[SignedStep<GrantStep>]) -> bool {
    let Some((last, before)) = taken.split_last() else { return false };
    let by_provider = parties.department(Side::Provider) == Some(&last.by.department);
    escalation(taken).is_none() && waits_for_provider(chain, before) && !by_provider
}

/// With which of the steps it came before the office above both, if it did: the consumer's, or the first of
/// those who decide then.
fn escalation(taken: &[SignedStep<GrantStep>]) -> Option<usize> {
    let is_first = |one: &SignedStep<GrantStep>| {
        matches!(one.statement.step, GrantStep::Escalate | GrantStep::Endorse | GrantStep::Review)
    };
    taken.iter().position(is_first)
}

/// The roles of a link, as a list that lives for ever.
fn roles_of(link: Link) -> &'static [Role] {
    match link.role {
        Role::Applicant => &[Role::Applicant],
        Role::SectionHead => &[Role::SectionHead],
        Role::Leader => &[Role::Leader],
        // Every other link is an approver's.
        _ => &[Role::Approver],
    }
}

/// Who may take a step now; nobody where it can't follow what was done.
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
            // Whoever has agreed in the provider's place may keep it, too.
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

/// What a step is judged by, beside the grant and the steps before it.
#[derive(Clone, Copy, Debug)]
pub struct GrantContext<'a> {
    /// Who must agree.
    pub chain: Chain,
    /// Whose people they are.
    pub parties: &'a Parties,
    /// By when whoever is waited for must have answered.
    pub due: Option<UnixMillis>,
    /// Whether a review is due.
    pub reviewable: bool,
}

/// Whether a person may take a step with this statement now; gives where it leads.
///
/// # Errors
/// [`Refusal`] says what is in the way.
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
        let stage = match escalates_now(&ground.chain, taken, overdue) {
            true => GrantStage::Escalated,
            false => stage(taken),
        };
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
    // Whoever ends a grant, or looks at it again, may have had a part in it; who carries it on must not.
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

/// Whether the steps that were taken are those that a chain asks for: it may be another one since, when
/// the catalog says of the entry that it weighs more.
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

/// What statements about a grant call it.
pub fn object_of(grant: &Grant) -> String {
    format!("grant/{}", grant.id)
}
