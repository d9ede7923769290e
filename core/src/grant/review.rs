//! Reviews of open grants: on the dates that a grant names, a person of the provider confirms that
//! it is still needed, or it ends.

use serde::{Deserialize, Serialize};

use super::document::Grant;
use super::step::GrantStep;
use crate::domain::UnixMillis;
use crate::release::SignedStep;

const DAY_MS: i64 = 86_400_000;

/// The rules of an exchange office for reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviews {
    /// Most days for which a grant is open without a review.
    pub every_days: u32,
    /// Days before its date from which a review is listed as due, and counts if it is made.
    pub notice_days: u32,
    /// Days after its date for which the grant still holds without the review.
    pub grace_days: u32,
}

impl Default for Reviews {
    fn default() -> Reviews {
        Reviews { every_days: 184, notice_days: 30, grace_days: 14 }
    }
}

impl Reviews {
    /// The first review date that nobody has confirmed. Confirmations count for the dates in their
    /// order, whatever the rules have said since about how early one may be made.
    pub fn next(&self, grant: &Grant, taken: &[SignedStep<GrantStep>]) -> Option<UnixMillis> {
        let confirmed = taken.iter().filter(|one| one.statement.step == GrantStep::Confirm).count();
        grant.reviews.get(confirmed).copied()
    }

    /// Tells whether a review of a date is due by a moment.
    pub fn is_due(&self, date: UnixMillis, now: UnixMillis) -> bool {
        self.due_from(date) <= now
    }

    /// The moment from which the review of a date is due.
    pub fn due_from(&self, date: UnixMillis) -> UnixMillis {
        date.saturating_sub(days(self.notice_days))
    }

    /// The moment at which a grant ends: its own end, or an earlier one if a review is missing.
    pub fn holds_until(&self, grant: &Grant, taken: &[SignedStep<GrantStep>]) -> UnixMillis {
        let ends = self.next(grant, taken).map(|date| date.saturating_add(days(self.grace_days)));
        ends.map_or(grant.until, |ends| ends.min(grant.until))
    }

    /// Tells whether a grant names reviews as often as the rules demand.
    pub fn are_enough(&self, grant: &Grant) -> bool {
        let all: Vec<UnixMillis> =
            [grant.from].iter().chain(&grant.reviews).chain([&grant.until]).copied().collect();
        all.windows(2).all(|pair| pair[1] - pair[0] <= days(self.every_days))
    }
}

fn days(count: u32) -> i64 {
    i64::from(count) * DAY_MS
}
