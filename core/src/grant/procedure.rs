//! The procedure of an exchange office for grants and suspensions. It stands in the reviewed catalog, as every
//! gateway must judge each step alike.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::retention::retention_days;
use super::review::Reviews;
use super::table::ProcedureTable;
use crate::domain::UnixMillis;

/// The procedure that an office has laid down, or else the usual one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// The table of demands: people who must agree, longest period, time to answer.
    pub table: ProcedureTable,
    /// The working days.
    pub calendar: Calendar,
    /// The reviews of open grants.
    pub reviews: Reviews,
    /// Working days that a department has to acknowledge a notice.
    pub acknowledge_days: u32,
    /// True if the person who has suspended something may also lift the suspension.
    pub lifted_by_same: bool,
}

/// The usual procedure.
impl Default for Procedure {
    fn default() -> Procedure {
        Procedure {
            table: ProcedureTable::default(),
            calendar: Calendar::default(),
            reviews: Reviews::default(),
            acknowledge_days: 10,
            lifted_by_same: false,
        }
    }
}

impl Procedure {
    /// The time by which a notice given at a moment must be acknowledged. `retention` is the
    /// grant's time for keeping the data.
    pub fn acknowledged_by(&self, since: UnixMillis, retention: Option<&str>) -> UnixMillis {
        let kept = retention.and_then(retention_days).unwrap_or(0);
        let over = since.saturating_add(i64::from(kept) * 86_400_000);
        self.calendar.due(over, self.acknowledge_days)
    }
}
