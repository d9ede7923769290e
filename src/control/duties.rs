//! The open duties of people: to answer requests, to review grants, to delete data and acknowledge
//! notices.

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;

use super::Control;
use super::journal::Journal;

/// Counts of the open duties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// Grants that are open and have not ended.
    pub active: u64,
    /// Requests that somebody is to answer.
    pub pending: u64,
    /// Pending requests whose answer is overdue.
    pub overdue: u64,
    /// Grants and terms whose review is due.
    pub reviews_due: u64,
    /// Reviews whose date has passed.
    pub reviews_overdue: u64,
    /// Notices that nobody has acknowledged.
    pub notices_open: u64,
    /// Unacknowledged notices that are overdue.
    pub notices_overdue: u64,
}

impl Journal {
    /// Counts the duties that are open at a moment.
    pub fn duties(&self, now: UnixMillis, office: &Name) -> Duties {
        let mut duties = Duties::default();
        let Some(head) = &self.head else { return duties };
        let procedure = self.procedure();
        let mut review = |due: UnixMillis| {
            duties.reviews_due += 1;
            duties.reviews_overdue += u64::from(due <= now);
        };
        for granting in self.grants.values() {
            granting.review_due(now, procedure).into_iter().for_each(&mut review);
        }
        let terms = head.catalog.entries.iter().flat_map(|entry| &entry.terms);
        let dates = terms.filter_map(|term| term.review);
        dates.filter(|due| procedure.reviews.is_due(*due, now)).for_each(&mut review);
        for granting in self.grants.values() {
            duties.active += u64::from(granting.state(now, procedure) == "active");
            if !granting.stage().is_pending() || granting.grant.until <= now {
                continue;
            }
            duties.pending += 1;
            let chain = self.chain(&granting.grant, office);
            let awaited = chain.and_then(|chain| granting.awaited(&chain, procedure, now));
            duties.overdue += u64::from(awaited.is_some_and(|one| one.overdue));
        }
        for notice in self.notices(now) {
            duties.notices_open += u64::from(notice.acknowledged.is_none());
            duties.notices_overdue += u64::from(notice.is_overdue(now));
        }
        duties
    }
}

/// The state at the last count: the journal's row, and the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountedAt {
    row: u64,
    at: UnixMillis,
}

/// Duties are counted anew after this time even without a new row: some become due by the clock
/// alone.
const COUNT_EVERY_MS: i64 = 10_000;

impl Control {
    /// Counts the duties that are open now, from the rows that were read last. Returns nothing if
    /// no row has come since `counted` and that is less than `COUNT_EVERY_MS` ago.
    pub async fn duties_since(&self, counted: &mut CountedAt) -> Option<Duties> {
        let journal = self.journal.lock().await;
        let now = (self.judging_context.clock)();
        if journal.last == counted.row && (now - counted.at).abs() < COUNT_EVERY_MS {
            return None;
        }
        *counted = CountedAt { row: journal.last, at: now };
        Some(journal.duties(now, &self.judging_context.office))
    }
}
