//! What happens, told to people who watch: steps as they are taken, and what the clock brings about.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::release::Taken;
use sluice_core::release::statement::Word;
use tokio::sync::watch;

use super::Control;
use super::journal::Journal;

/// So many are remembered for who comes back.
const REMEMBERED: usize = 1_000;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiding {
    /// The row that says so; none for what the clock has brought about.
    pub row: Option<u64>,
    /// When.
    pub time: UnixMillis,
    /// What has happened to it: a step, or `written`, `overdue`, `review-due`, `expired`, `notice-overdue`.
    pub what: &'static str,
    /// To what: `grant/<id>`, say.
    pub object: Box<str>,
    /// The grant that it is about, which decides who is told.
    pub grant: Option<Name>,
    /// Who has done it: `department/id`.
    pub by: Option<Box<str>>,
    /// Why.
    pub reason: Option<Box<str>>,
}

/// What has happened, with numbers that grow.
pub struct Feed {
    recent: Mutex<Recent>,
    number: watch::Sender<u64>,
}

#[derive(Default)]
struct Recent {
    told: VecDeque<(u64, Tiding)>,
    number: u64,
    /// The last row that was forgotten.
    forgotten: u64,
}

/// What there is to tell somebody who comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What has happened, in order.
    pub told: Vec<Tiding>,
    /// Ask for what comes after this.
    pub number: u64,
    /// Whether something that he does not know was forgotten: he looks at the lists again.
    pub missed: bool,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed { recent: Mutex::default(), number: watch::Sender::new(0) }
    }
}

impl Feed {
    /// Adds what has happened.
    pub(super) fn tell(&self, tidings: impl IntoIterator<Item = Tiding>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let before = recent.number;
        for tiding in tidings {
            recent.number += 1;
            let number = recent.number;
            recent.told.push_back((number, tiding));
            if recent.told.len() > REMEMBERED {
                let (_, forgotten) = recent.told.pop_front().unzip();
                let row = forgotten.and_then(|tiding| tiding.row).unwrap_or(0);
                recent.forgotten = recent.forgotten.max(row);
            }
        }
        if recent.number != before {
            self.number.send_replace(recent.number);
        }
    }

    /// Tells whenever something has happened.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.number.subscribe()
    }

    /// What has happened after that number.
    pub fn since(&self, number: u64) -> News {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let later = recent.told.iter().filter(|(one, _)| *one > number);
        News {
            told: later.map(|(_, tiding)| tiding.clone()).collect(),
            number: recent.number,
            missed: recent.told.front().is_some_and(|(first, _)| *first > number + 1),
        }
    }

    /// What the rows after that one have said.
    pub fn since_row(&self, row: u64) -> News {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let later = recent.told.iter().filter(|(_, tiding)| tiding.row.is_some_and(|it| it > row));
        News {
            told: later.map(|(_, tiding)| tiding.clone()).collect(),
            number: recent.number,
            missed: recent.forgotten > row,
        }
    }
}

impl Tiding {
    /// A step that a person has taken.
    pub(super) fn of<S: Word>(row: Option<u64>, taken: &Taken<S>) -> Tiding {
        let statement = &taken.statement;
        let object = &statement.object;
        let grant = object.strip_prefix("grant/").or_else(|| object.strip_prefix("notice/ended-"));
        Tiding {
            row,
            time: statement.time,
            what: statement.step.as_str(),
            object: object.clone(),
            grant: grant.and_then(|id| Name::parse(id).ok()),
            by: Some(taken.by.to_string().into()),
            reason: statement.reason.clone(),
        }
    }
}

impl Journal {
    /// Notes a step that a person has taken.
    pub(super) fn tell_step<S: Word>(&mut self, row: u64, taken: &Taken<S>) {
        self.tell(Tiding::of(Some(row), taken));
    }

    /// Notes what has happened, until somebody takes it.
    pub(super) fn tell(&mut self, tiding: Tiding) {
        self.tidings.push_back(tiding);
        if self.tidings.len() > REMEMBERED {
            self.tidings.pop_front();
        }
    }

    /// What the clock has brought about since a moment, up to another one; and when there is more.
    pub(super) fn by_the_clock(
        &self,
        since: UnixMillis,
        now: UnixMillis,
        office: &Name,
    ) -> (Vec<Tiding>, UnixMillis) {
        let (mut found, mut next) = (Vec::new(), UnixMillis::MAX);
        let procedure = self.procedure();
        for granting in self.grants.values() {
            let id = &granting.grant.id;
            let mut at = |time: Option<UnixMillis>, what: &'static str, object: Box<str>| {
                let Some(time) = time else { return };
                if time > now {
                    next = next.min(time);
                } else if time > since {
                    let (grant, row, by, reason) = (Some(id.clone()), None, None, None);
                    found.push(Tiding { row, time, what, object, grant, by, reason });
                }
            };
            let object = || format!("grant/{id}").into();
            if granting.stage().is_pending() {
                let chain = self.chain(&granting.grant, office);
                let due = chain.and_then(|(chain, _)| granting.due(&chain, procedure));
                at(due, "overdue", object());
                continue;
            }
            let review = granting.next_review(procedure);
            at(review.filter(|_| granting.is_open()), "review-due", object());
            let ends = granting.is_open().then_some(granting.grant.until);
            at(ends, "expired", object());
            if let Some(notice) = self.noticed(granting, now).filter(|it| it.acknowledged.is_none())
            {
                at(Some(notice.due), "notice-overdue", notice.notice.object().into());
            }
        }
        found.sort_by_key(|tiding| tiding.time);
        (found, next)
    }
}

/// Up to when the clock's part was told, and when there is more of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clockwork {
    told: UnixMillis,
    next: UnixMillis,
    row: u64,
}

impl Clockwork {
    /// From that moment on.
    pub(super) fn from(now: UnixMillis) -> Clockwork {
        Clockwork { told: now, next: UnixMillis::MIN, row: 0 }
    }
}

impl Control {
    /// What happens, for people who watch.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Tells what the clock has brought about.
    pub(super) fn tell_by_the_clock(&self, journal: &Journal, clockwork: &mut Clockwork) {
        let now = (self.grounds.clock)();
        // All grants are looked through only when there is something to find.
        if now < clockwork.next && journal.last == clockwork.row {
            return;
        }
        let (found, next) = journal.by_the_clock(clockwork.told, now, &self.grounds.office);
        *clockwork = Clockwork { told: now.max(clockwork.told), next, row: journal.last };
        self.feed.tell(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiding(row: Option<u64>) -> Tiding {
        let (what, object) = ("request", "grant/g-1".into());
        Tiding { row, time: 1, what, object, grant: None, by: None, reason: None }
    }

    #[test]
    fn who_comes_back_is_told_what_he_has_missed() {
        let feed = Feed::default();
        feed.tell([tiding(Some(2)), tiding(None), tiding(Some(4))]);
        let news = feed.since_row(2);
        assert_eq!((news.told, news.number, news.missed), (vec![tiding(Some(4))], 3, false));
        assert_eq!(feed.since(3).told, []);
        feed.tell((5..=1_004).map(|row| tiding(Some(row))));
        assert!(feed.since_row(2).missed && feed.since(1).missed);
        let news = feed.since_row(4);
        assert_eq!((news.told.len(), news.missed), (1_000, false));
        assert!(!feed.since(3).missed);
    }
}
