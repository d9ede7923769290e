//! What happens, told to people who watch: steps as they are taken, and what the clock brings about.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::domain::stops::StopTarget;
use sluice_core::release::SignedStep;
use sluice_core::release::step::StepName;
use tokio::sync::watch;

use super::Control;
use super::journal::Journal;

/// So many are remembered for who comes back.
const REMEMBERED: usize = 1_000;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The row that says so; none for what the clock has brought about.
    pub row: Option<u64>,
    /// When.
    pub time: UnixMillis,
    /// What has happened to it: a step, or `written`, `overdue`, `lapsed`, `review-due`, `unreviewed`, `expired`,
    /// `notice-overdue`.
    pub what: &'static str,
    /// To what: `grant/<id>`, say.
    pub object: Box<str>,
    /// Whose it is to know.
    pub about: EventScope,
    /// Who has done it: `department/id`.
    pub by: Option<Box<str>>,
    /// Why.
    pub reason: Option<Box<str>>,
}

/// Whose something is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventScope {
    /// Those whom a grant concerns.
    Grant(Name),
    /// A department, of its draft.
    Draft(Name),
    /// Everybody.
    Anything,
}

/// What the rows have said since somebody took it.
#[derive(Clone, Debug, Default)]
pub(super) struct RowEvents {
    told: VecDeque<Event>,
    /// The last row of what is no longer in it.
    forgotten: u64,
}

/// What has happened, with numbers that grow.
pub struct EventFeed {
    recent: Mutex<Recent>,
    number: watch::Sender<u64>,
}

#[derive(Default)]
struct Recent {
    told: VecDeque<Numbered>,
    number: u64,
    /// The last row that was told.
    row: u64,
    /// The last row of what was forgotten.
    forgotten: u64,
    /// Up to this number, and this row, it is what was before anybody watched.
    before: u64,
    begun: u64,
}

struct Numbered {
    number: u64,
    /// The row before it, or its own.
    row: u64,
    tiding: Event,
}

/// What there is to tell somebody who comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// What has happened, in order.
    pub told: Vec<Event>,
    /// Ask for what comes after this.
    pub number: u64,
    /// Whether something that he does not know was forgotten: he looks at the lists again.
    pub missed: bool,
}

impl Default for EventFeed {
    fn default() -> EventFeed {
        EventFeed { recent: Mutex::default(), number: watch::Sender::new(0) }
    }
}

impl EventFeed {
    /// Adds what rows have said that are no news to anybody: those of before the start.
    pub(super) fn remember(&self, said: &mut RowEvents) {
        let mut recent = self.recent();
        recent.add(said);
        (recent.before, recent.begun) = (recent.number, recent.row);
    }

    /// Adds what rows have said.
    pub(super) fn tell(&self, said: &mut RowEvents) {
        let number = {
            let mut recent = self.recent();
            recent.add(said);
            recent.number
        };
        self.number.send_if_modified(|known| std::mem::replace(known, number) != number);
    }

    /// Adds what stands in no row.
    pub(super) fn tell_too(&self, tidings: impl IntoIterator<Item = Event>) {
        let mut said = RowEvents { told: tidings.into_iter().collect(), forgotten: 0 };
        self.tell(&mut said);
    }

    /// Tells whenever something has happened.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.number.subscribe()
    }

    /// What has happened after that number.
    pub fn since(&self, number: u64) -> EventPage {
        let recent = self.recent();
        let number = number.max(recent.before);
        let later = recent.told.iter().filter(|one| one.number > number);
        EventPage {
            told: later.map(|one| one.tiding.clone()).collect(),
            number: recent.number,
            missed: recent.told.front().is_some_and(|first| first.number > number + 1),
        }
    }

    /// What was said after a row: by later ones, and by the clock since.
    pub fn since_row(&self, row: u64) -> EventPage {
        let recent = self.recent();
        let later = recent.told.iter().filter(|one| match one.tiding.row {
            Some(own) => own > row,
            None => one.row >= row,
        });
        EventPage {
            told: later.map(|one| one.tiding.clone()).collect(),
            number: recent.number,
            // What the clock has brought about before the start is known to nobody.
            missed: recent.forgotten > row || row <= recent.begun,
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn add(&mut self, said: &mut RowEvents) {
        self.forgotten = self.forgotten.max(std::mem::take(&mut said.forgotten));
        for tiding in said.told.drain(..) {
            self.number += 1;
            self.row = tiding.row.unwrap_or(self.row);
            let (number, row) = (self.number, self.row);
            self.told.push_back(Numbered { number, row, tiding });
            if self.told.len() > REMEMBERED
                && let Some(first) = self.told.pop_front()
            {
                self.forgotten = self.forgotten.max(first.row);
            }
        }
    }
}

impl RowEvents {
    /// Adds one. The oldest are forgotten, if nobody takes them.
    pub(super) fn push(&mut self, tiding: Event) {
        self.told.push_back(tiding);
        if self.told.len() > REMEMBERED
            && let Some(first) = self.told.pop_front()
        {
            self.forgotten = self.forgotten.max(first.row.unwrap_or(0));
        }
    }
}

impl Event {
    /// A step that a person has taken.
    pub(super) fn of<S: StepName>(
        row: Option<u64>,
        about: EventScope,
        taken: &SignedStep<S>,
    ) -> Event {
        let statement = &taken.statement;
        Event {
            row,
            time: statement.time,
            what: statement.step.as_str(),
            object: statement.object.clone(),
            about,
            by: Some(taken.by.to_string().into()),
            reason: statement.reason.clone(),
        }
    }
}

impl EventScope {
    /// What is stopped is everybody's to know, but for a grant.
    pub(super) fn stop(target: &StopTarget) -> EventScope {
        match target {
            StopTarget::Grant(id) => EventScope::Grant(id.clone()),
            _ => EventScope::Anything,
        }
    }
}

impl Journal {
    /// Notes a step that a person has taken.
    pub(super) fn tell_step<S: StepName>(
        &mut self,
        row: u64,
        about: EventScope,
        taken: &SignedStep<S>,
    ) {
        self.said.push(Event::of(Some(row), about, taken));
    }

    /// What the clock has brought about since a moment, up to another one, with grants that rows behind one have
    /// changed; and when there is more. Rows behind the second one are news.
    pub(super) fn by_the_clock(
        &self,
        since: UnixMillis,
        now: UnixMillis,
        office: &Name,
        (after, news): (u64, u64),
    ) -> (Vec<Event>, UnixMillis) {
        let (mut found, mut next) = (Vec::new(), UnixMillis::MAX);
        let procedure = self.procedure();
        for granting in self.grants.values().filter(|one| one.row > after) {
            // What a row has just made due is told, however long it was.
            let since = if granting.row > news { UnixMillis::MIN } else { since };
            let id = &granting.grant.id;
            let mut at = |time: Option<UnixMillis>, what: &'static str, object: Box<str>| {
                let Some(time) = time else { return };
                if time > now {
                    next = next.min(time);
                } else if time > since {
                    let (about, row, by, reason) =
                        (EventScope::Grant(id.clone()), None, None, None);
                    found.push(Event { row, time, what, object, about, by, reason });
                }
            };
            let object = || format!("grant/{id}").into();
            if granting.stage().is_pending() {
                let chain = self.chain(&granting.grant, office);
                let dues = chain.map(|(chain, _)| granting.dues(&chain, procedure));
                dues.into_iter().flatten().for_each(|due| at(due, "overdue", object()));
                at(Some(granting.grant.until), "lapsed", object());
                continue;
            }
            let review = granting.next_review(procedure);
            at(review.filter(|_| granting.is_open()), "review-due", object());
            let until = granting.grant.until;
            let held = granting.holds_until(procedure);
            at((granting.is_open() && held < until).then_some(held), "unreviewed", object());
            at(granting.is_open().then_some(until), "expired", object());
            // Also of one that is still to come.
            let notice = self.noticed(granting, UnixMillis::MAX);
            if let Some(notice) = notice.filter(|it| it.acknowledged.is_none()) {
                at(Some(notice.due), "notice-overdue", notice.notice.object().into());
            }
        }
        found.sort_by_key(|tiding| tiding.time);
        (found, next)
    }
}

/// Up to when the clock's part was told, and when there is more of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockEvents {
    told: UnixMillis,
    next: UnixMillis,
    row: u64,
    /// How many releases there were: each may change what is due.
    releases: usize,
}

impl ClockEvents {
    /// From that moment, and behind that row, on.
    pub(super) fn from(now: UnixMillis, row: u64) -> ClockEvents {
        ClockEvents { told: now, next: UnixMillis::MIN, row, releases: 0 }
    }
}

impl Control {
    /// What happens, for people who watch.
    pub fn feed(&self) -> &EventFeed {
        &self.feed
    }

    /// Tells what the clock has brought about.
    pub(super) fn tell_by_the_clock(&self, journal: &Journal, clockwork: &mut ClockEvents) {
        let now = (self.grounds.clock)();
        let ClockEvents { told, next, row, releases } = *clockwork;
        // All grants are looked through only when there is something to find.
        let all = now >= next || journal.releases.len() != releases;
        if !all && journal.last == row {
            return;
        }
        let (after, before) = if all { (0, UnixMillis::MAX) } else { (row, next) };
        let rows = (after, row);
        let (found, next) = journal.by_the_clock(told, now, &self.grounds.office, rows);
        *clockwork = ClockEvents {
            told: now.max(told),
            next: next.min(before),
            row: journal.last,
            releases: journal.releases.len(),
        };
        self.feed.tell_too(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiding(row: Option<u64>) -> Event {
        let (what, object) = ("request", "grant/g-1".into());
        Event { row, time: 1, what, object, about: EventScope::Anything, by: None, reason: None }
    }

    fn said(rows: impl IntoIterator<Item = Option<u64>>) -> RowEvents {
        let mut said = RowEvents::default();
        rows.into_iter().for_each(|row| said.push(tiding(row)));
        said
    }

    #[test]
    fn who_comes_back_is_told_what_he_has_missed() {
        let feed = EventFeed::default();
        feed.tell(&mut said([Some(2), None, Some(4), None]));
        // What the clock has brought about since the row, too.
        let news = feed.since_row(2);
        assert_eq!(news.told, [tiding(None), tiding(Some(4)), tiding(None)]);
        assert_eq!((news.number, news.missed), (4, false));
        assert_eq!(feed.since_row(4).told, [tiding(None)]);
        assert_eq!(feed.since(4).told, []);
        feed.tell(&mut said((5..=1_004).map(Some)));
        assert!(feed.since_row(2).missed && feed.since(1).missed);
        let news = feed.since_row(4);
        assert_eq!((news.told.len(), news.missed), (1_000, false));
        assert!(!feed.since(4).missed);
    }

    #[test]
    fn what_was_before_the_start_is_no_news_but_for_who_comes_back() {
        let feed = EventFeed::default();
        feed.remember(&mut said((1..=1_500).map(Some)));
        let news = feed.since(0);
        assert_eq!((news.told.len(), news.missed), (0, false));
        // What the clock has brought about before, nobody remembers.
        let news = feed.since_row(1_400);
        assert_eq!((news.told.len(), news.missed), (100, true));
        feed.tell(&mut said([Some(1_501)]));
        assert_eq!(feed.since(0).told, [tiding(Some(1_501))]);
        assert!(!feed.since_row(1_501).missed);
    }
}
