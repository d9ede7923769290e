//! The demands of an exchange office before a grant is open: a table by the class of the entry, the
//! ways of use and the highest level of the fields.
//!
//! A table may demand more than [`Demand::least`], never less.

use serde::{Deserialize, Serialize};

use super::document::Grant;
use crate::domain::classification::{Level, Mode, Sharing};
use crate::domain::entry::Entry;
use crate::domain::registry::Role;

/// The level from which a field makes a grant weighty.
pub const WEIGHTY_LEVEL: u8 = 4;

/// The rows of an office. The first row that fits counts; without one, the usual demand does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureTable(pub Vec<ProcedureRow>);

/// A row: the demand for some grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureRow {
    /// The classes of entries that it is for; empty means all.
    pub classes: Vec<Sharing>,
    /// The ways of use that it is for; empty means all.
    pub modes: Vec<Mode>,
    /// The lowest level that it is for.
    pub level: Option<Level>,
    /// The demand. If the row states no longest period, the usual one for as weighty a grant
    /// counts.
    pub demand: Demand,
    /// Most days for which a grant may hold.
    pub longest_days: Option<u32>,
}

/// The people who must agree to a grant, and the longest period it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The role that agrees at the provider.
    pub agree: Role,
    /// The role that agrees there afterwards, if one must.
    pub approve: Option<Role>,
    /// The role that opens it at the exchange office.
    pub open: Role,
    /// Most days for which a grant may hold.
    pub longest_days: u32,
    /// Working days that each of them has to answer.
    pub answer_days: u32,
    /// The way in which an unanswered request comes before the office above both.
    pub escalates: Escalates,
}

/// The way an unanswered request comes before the office above both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Escalates {
    /// The consumer takes a step for that.
    OnRequest,
    /// No step is needed: being overdue is enough.
    WhenOverdue,
}

/// Days of a year with a leap day.
const YEAR_DAYS: u32 = 366;

const QUARTER_DAYS: u32 = 92;

/// The usual demand if nothing is weighty.
const PLAIN: Demand = Demand {
    agree: Role::Approver,
    approve: None,
    open: Role::Approver,
    longest_days: YEAR_DAYS,
    answer_days: 10,
    escalates: Escalates::OnRequest,
};

/// The demand for bulk export and data of the highest level: the head of the section that owns the
/// data must agree, and then the provider's leader.
const WEIGHTY: Demand = Demand {
    agree: Role::SectionHead,
    approve: Some(Role::Leader),
    longest_days: QUARTER_DAYS,
    ..PLAIN
};

/// The demand for entries that are not shared: the exchange office's leader opens the grant.
const WITHHELD: Demand = Demand { open: Role::Leader, ..WEIGHTY };

impl ProcedureTable {
    /// The demand of a grant for an entry: the strictest over all its ways of use.
    pub fn demand(&self, grant: &Grant, entry: &Entry) -> Demand {
        let listed = |id: &str| grant.operations.iter().any(|name| *name == id);
        let modes = entry.operations.iter().filter(|one| listed(one.id.as_str())).map(|o| o.mode);
        let pinned =
            entry.fields.iter().filter(|f| grant.fields.contains_key(&*f.path.to_string()));
        // Both the level at the time of the request and today's level count.
        let levels = grant.fields.values().copied().chain(pinned.map(|field| field.level.number()));
        let (sharing, level) = (entry.class.sharing(), levels.max().unwrap_or(WEIGHTY_LEVEL));
        let demands = modes.map(|mode| self.row(sharing, mode, level));
        demands.reduce(Demand::and).unwrap_or(WITHHELD)
    }

    /// The demand of one way of use.
    pub fn row(&self, sharing: Sharing, mode: Mode, level: u8) -> Demand {
        let least = Demand::least(sharing, mode, level);
        let row = self.0.iter().find(|row| row.fits(sharing, mode, level));
        row.map_or(least, |row| Demand {
            longest_days: row.longest_days.unwrap_or(least.longest_days),
            ..row.demand
        })
    }
}

impl ProcedureRow {
    /// Tells whether the row is for this class, way of use and level.
    pub fn fits(&self, sharing: Sharing, mode: Mode, level: u8) -> bool {
        (self.classes.is_empty() || self.classes.contains(&sharing))
            && (self.modes.is_empty() || self.modes.contains(&mode))
            && self.level.is_none_or(|from| level >= from.number())
    }
}

impl Demand {
    /// The least that may be demanded, which is also the usual demand.
    pub fn least(sharing: Sharing, mode: Mode, level: u8) -> Demand {
        match (sharing, mode) {
            (Sharing::NonShared, _) => WITHHELD,
            (_, Mode::Bulk) => WEIGHTY,
            _ if level >= WEIGHTY_LEVEL => WEIGHTY,
            _ => PLAIN,
        }
    }

    /// Tells whether the grant is weighty: such a grant passes over a silent provider only if the
    /// consumer escalates it.
    pub fn weighs(&self) -> bool {
        self.approve.is_some()
    }

    /// Tells whether everybody agrees whom another demand requires.
    pub fn covers(&self, other: &Demand) -> bool {
        let at_least = |one: Option<Role>, other: Option<Role>| {
            other.is_none_or(|other| one.is_some_and(|one| counts_as(one, other)))
        };
        at_least(Some(self.agree), Some(other.agree))
            && at_least(self.approve, other.approve)
            && at_least(Some(self.open), Some(other.open))
    }

    /// Combines two demands into the stricter one.
    fn and(self, other: Demand) -> Demand {
        let higher = |one: Role, other: Role| if counts_as(one, other) { one } else { other };
        let both = (self.escalates, other.escalates);
        Demand {
            agree: higher(self.agree, other.agree),
            approve: match (self.approve, other.approve) {
                (Some(one), Some(other)) => Some(higher(one, other)),
                (one, other) => one.or(other),
            },
            open: higher(self.open, other.open),
            longest_days: self.longest_days.min(other.longest_days),
            answer_days: self.answer_days.max(other.answer_days),
            escalates: match both {
                (Escalates::WhenOverdue, Escalates::WhenOverdue) => Escalates::WhenOverdue,
                _ => Escalates::OnRequest,
            },
        }
    }
}

/// Tells whether agreement in one role counts as agreement in another: a leader's counts as an
/// approver's.
pub fn counts_as(role: Role, wanted: Role) -> bool {
    let rank = |role| match role {
        Role::Approver => 1,
        Role::SectionHead => 2,
        Role::Leader => 3,
        _ => 0,
    };
    role == wanted || rank(wanted) > 0 && rank(role) > rank(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_counts() {
        let row = |modes: &[Mode], level: Option<u8>, days: u32| ProcedureRow {
            classes: vec![Sharing::Restricted],
            modes: modes.to_vec(),
            level: level.and_then(Level::new),
            demand: WEIGHTY,
            longest_days: Some(days),
        };
        let table = ProcedureTable(vec![row(&[Mode::Bulk], None, 10), row(&[], Some(3), 20)]);
        let days = |sharing, mode, level| table.row(sharing, mode, level).longest_days;
        assert_eq!(days(Sharing::Restricted, Mode::Bulk, 4), 10);
        assert_eq!(days(Sharing::Restricted, Mode::Query, 3), 20);
        assert_eq!(days(Sharing::Restricted, Mode::Query, 2), YEAR_DAYS);
        assert_eq!(days(Sharing::Unconditional, Mode::Bulk, 4), QUARTER_DAYS);
        let all = ProcedureRow { classes: Vec::new(), longest_days: None, ..row(&[], None, 1) };
        let days =
            |mode, level| ProcedureTable(vec![all.clone()]).row(Sharing::Restricted, mode, level);
        assert_eq!(days(Mode::Query, 1).longest_days, YEAR_DAYS);
        assert_eq!(days(Mode::Bulk, 1).longest_days, QUARTER_DAYS);
    }

    #[test]
    fn two_ways_of_use_together_demand_what_each_does() {
        let bulk = Demand { answer_days: 5, ..WEIGHTY };
        let plain = Demand { escalates: Escalates::WhenOverdue, ..PLAIN };
        for both in [bulk.and(plain), plain.and(bulk)] {
            assert_eq!(both, Demand { answer_days: 10, ..WEIGHTY });
            assert!(both.covers(&bulk) && both.covers(&plain) && !plain.covers(&both));
        }
        assert!(WITHHELD.covers(&WEIGHTY) && !WEIGHTY.covers(&WITHHELD));
    }
}
