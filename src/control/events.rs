//! Events for people who watch: steps that people take, and deadlines that pass.

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

/// Number of events that are remembered, so that a client that reconnects can catch up.
const REMEMBERED: usize = 1_000;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The row that caused the event; none if a deadline did.
    pub row: Option<u64>,
    /// Time of the event.
    pub time: UnixMillis,
    /// Kind of event: the name of a step, or `written`, `overdue`, `lapsed`, `review-due`,
    /// `unreviewed`, `expired`, `notice-overdue`.
    pub what: &'static str,
    /// The object that the event is about, such as `grant/<id>`.
    pub object: Box<str>,
    /// The people who may see the event.
    pub about: EventScope,
    /// The person who took the step: `department/id`.
    pub by: Option<Box<str>>,
    /// The reason that the person gave.
    pub reason: Option<Box<str>>,
}

/// The people who may see an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventScope {
    /// The parties of this grant.
    Grant(Name),
    /// A department, of its draft.
    Draft(Name),
    /// Everybody.
    Anything,
}

/// Events that the rows have caused and that the feed has not taken yet.
#[derive(Clone, Debug, Default)]
pub(super) struct RowEvents {
    told: VecDeque<Event>,
    /// The last row whose event was dropped.
    forgotten: u64,
}

/// The feed of events, numbered in ascending order.
pub struct EventFeed {
    recent: Mutex<Recent>,
    number: watch::Sender<u64>,
}

#[derive(Default)]
struct Recent {
    told: VecDeque<Numbered>,
    number: u64,
    /// The last row that caused an event.
    row: u64,
    /// The last row whose event was dropped.
    forgotten: u64,
    /// Number of the last event from before the start: clients could not watch these. `begun` is
    /// its row.
    before: u64,
    begun: u64,
}

struct Numbered {
    number: u64,
    /// The event's row; for a deadline, the last row before it.
    row: u64,
    event: Event,
}

/// The events that a client has missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The events, in order.
    pub told: Vec<Event>,
    /// The number to ask from next time.
    pub number: u64,
    /// True if events were forgotten that the client has not seen; the client must then read the
    /// lists anew.
    pub missed: bool,
}

impl Default for EventFeed {
    fn default() -> EventFeed {
        EventFeed { recent: Mutex::default(), number: watch::Sender::new(0) }
    }
}

impl EventFeed {
    /// Adds the events of rows from before the start, without notifying subscribers.
    pub(super) fn remember(&self, said: &mut RowEvents) {
        let mut recent = self.recent();
        recent.add(said);
        (recent.before, recent.begun) = (recent.number, recent.row);
    }

    /// Adds the events of rows, and notifies subscribers.
    pub(super) fn tell(&self, said: &mut RowEvents) {
        let number = {
            let mut recent = self.recent();
            recent.add(said);
            recent.number
        };
        self.number.send_if_modified(|known| std::mem::replace(known, number) != number);
    }

    /// Adds events that no row has caused.
    pub(super) fn tell_too(&self, tidings: impl IntoIterator<Item = Event>) {
        let mut said = RowEvents { told: tidings.into_iter().collect(), forgotten: 0 };
        self.tell(&mut said);
    }

    /// Returns a receiver that is notified of each new event's number.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.number.subscribe()
    }

    /// Returns the events after a number.
    pub fn since(&self, number: u64) -> EventPage {
        let recent = self.recent();
        let number = number.max(recent.before);
        let later = recent.told.iter().filter(|one| one.number > number);
        EventPage {
            told: later.map(|one| one.event.clone()).collect(),
            number: recent.number,
            missed: recent.told.front().is_some_and(|first| first.number > number + 1),
        }
    }

    /// Returns the events after a row: those of later rows, and the deadlines that passed since.
    pub fn since_row(&self, row: u64) -> EventPage {
        let recent = self.recent();
        let later = recent.told.iter().filter(|one| match one.event.row {
            Some(own) => own > row,
            None => one.row >= row,
        });
        EventPage {
            told: later.map(|one| one.event.clone()).collect(),
            number: recent.number,
            // Deadlines that passed before the start were not recorded as events.
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
        for event in said.told.drain(..) {
            self.number += 1;
            self.row = event.row.unwrap_or(self.row);
            let (number, row) = (self.number, self.row);
            self.told.push_back(Numbered { number, row, event });
            if self.told.len() > REMEMBERED
                && let Some(first) = self.told.pop_front()
            {
                self.forgotten = self.forgotten.max(first.row);
            }
        }
    }
}

impl RowEvents {
    /// Adds an event. If the queue is full, the oldest is dropped.
    pub(super) fn push(&mut self, event: Event) {
        self.told.push_back(event);
        if self.told.len() > REMEMBERED
            && let Some(first) = self.told.pop_front()
        {
            self.forgotten = self.forgotten.max(first.row.unwrap_or(0));
        }
    }
}

impl Event {
    /// Makes the event of a step that a person has taken.
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
    /// Returns the scope of a stop: everybody, except that a grant's stop is shown to its parties
    /// only.
    pub(super) fn stop(target: &StopTarget) -> EventScope {
        match target {
            StopTarget::Grant(id) => EventScope::Grant(id.clone()),
            _ => EventScope::Anything,
        }
    }
}

impl Journal {
    /// Queues the event of a step that a person has taken.
    pub(super) fn tell_step<S: StepName>(
        &mut self,
        row: u64,
        about: EventScope,
        taken: &SignedStep<S>,
    ) {
        self.said.push(Event::of(Some(row), about, taken));
    }

    /// Finds the deadlines that passed between `since` and `now`, of grants that rows after `after`
    /// have changed. Returns with them the moment of the next deadline. For grants changed by rows
    /// after `news`, every passed deadline counts, however long ago.
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
            // A deadline that a new row has caused is told even if it passed long ago.
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
            // Notices of a later moment count, too: their deadline may be the next one.
            let notice = self.noticed(granting, UnixMillis::MAX);
            if let Some(notice) = notice.filter(|it| it.acknowledged.is_none()) {
                at(Some(notice.due), "notice-overdue", notice.notice.object().into());
            }
        }
        found.sort_by_key(|event| event.time);
        (found, next)
    }
}

/// Progress of the search for deadlines: up to when they were told, and when the next one is.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockEvents {
    told: UnixMillis,
    next: UnixMillis,
    row: u64,
    /// Number of releases at the last look: each release may move deadlines.
    releases: usize,
}

impl ClockEvents {
    /// Starts at this moment and after this row.
    pub(super) fn from(now: UnixMillis, row: u64) -> ClockEvents {
        ClockEvents { told: now, next: UnixMillis::MIN, row, releases: 0 }
    }
}

impl Control {
    /// Returns the feed of events.
    pub fn feed(&self) -> &EventFeed {
        &self.feed
    }

    /// Adds the deadlines that have passed since the last call.
    pub(super) fn tell_by_the_clock(&self, journal: &Journal, clockwork: &mut ClockEvents) {
        let now = (self.judging_context.clock)();
        let ClockEvents { told, next, row, releases } = *clockwork;
        // All grants are searched only when there may be something to find.
        let all = now >= next || journal.releases.len() != releases;
        if !all && journal.last == row {
            return;
        }
        let (after, before) = if all { (0, UnixMillis::MAX) } else { (row, next) };
        let rows = (after, row);
        let (found, next) = journal.by_the_clock(told, now, &self.judging_context.office, rows);
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

    fn event(row: Option<u64>) -> Event {
        let (what, object) = ("request", "grant/g-1".into());
        Event { row, time: 1, what, object, about: EventScope::Anything, by: None, reason: None }
    }

    fn said(rows: impl IntoIterator<Item = Option<u64>>) -> RowEvents {
        let mut said = RowEvents::default();
        rows.into_iter().for_each(|row| said.push(event(row)));
        said
    }

    #[test]
    fn a_watcher_that_comes_back_is_told_what_it_has_missed() {
        let feed = EventFeed::default();
        feed.tell(&mut said([Some(2), None, Some(4), None]));
        // What the clock has brought about since the row, too.
        let news = feed.since_row(2);
        assert_eq!(news.told, [event(None), event(Some(4)), event(None)]);
        assert_eq!((news.number, news.missed), (4, false));
        assert_eq!(feed.since_row(4).told, [event(None)]);
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
        // Deadlines that passed before the start are not remembered.
        let news = feed.since_row(1_400);
        assert_eq!((news.told.len(), news.missed), (100, true));
        feed.tell(&mut said([Some(1_501)]));
        assert_eq!(feed.since(0).told, [event(Some(1_501))]);
        assert!(!feed.since_row(1_501).missed);
    }
}
