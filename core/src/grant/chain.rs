//! Who must have agreed before a grant is open: one person after the other, each of a department and in a
//! role.

use super::document::Grant;
use super::life::Step;
use crate::domain::entry::{Class, Entry, Mode};
use crate::domain::registry::Role;

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
pub struct Chain(&'static [Link]);

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

impl Chain {
    /// The one that a grant for an entry needs.
    pub fn of(grant: &Grant, entry: &Entry) -> Chain {
        match (&entry.class, weighs(grant, entry)) {
            (Class::NonShared(_), _) => Chain(WITHHELD),
            (Class::Unconditional | Class::Restricted, true) => Chain(WEIGHTY),
            (Class::Unconditional | Class::Restricted, false) => Chain(PLAIN),
        }
    }

    /// Who must agree, in order.
    pub fn links(&self) -> &'static [Link] {
        self.0
    }

    /// The longest period that it may be for, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        if *self == Chain(PLAIN) { LONGEST_MS } else { LONGEST_WEIGHTY_MS }
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
