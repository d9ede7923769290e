//! How an exchange office goes about grants and suspensions: what the reviewed catalog says of that, as every
//! gateway must judge each step alike.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::review::Reviews;
use super::table::Table;

/// What an office has laid down, or what is usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// Who must agree to a grant, for how long it may be, by when each must answer.
    pub table: Table,
    /// Which days are worked.
    pub calendar: Calendar,
    /// How open grants are looked at again.
    pub reviews: Reviews,
    /// Whether who has suspended something may lift that himself.
    pub lifted_by_same: bool,
}
