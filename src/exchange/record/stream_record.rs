//! The record of an answer that leaves in windows: an intent before the first byte, a continuation
//! before each window that names its persons, an outcome before the last. One outcome by
//! ownership: a release that is dropped writes it on the way.

use std::sync::Arc;
use std::time::Instant;

use sluice_core::domain::decide::Permit;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::rejection::{Detail, Rejection};
use sluice_core::ledger::digest::{BodyHasher, SubjectDigest};
use sluice_core::ledger::record::{
    BasisName, Continuation, Debit, Ended, Fate, FieldCounts, MAX_RECORD_SUBJECTS, Record,
    Released, Thread,
};
use sluice_core::redaction::Tally;
use sluice_core::usage::Usage;

use super::field_counts::field_counts;
use super::labels::code_of_abandoned;
use crate::audit::{LogUnavailable, PendingRecord};
use crate::budgets::{Taken, Ticket};
use crate::exchange::context::ExchangeContext;
use crate::metrics::OutcomeLabel;
use crate::snapshot::{PolicyHandle, Snapshot};

/// An answer on its way out, as the log has it.
pub struct StreamRecord {
    pub(in crate::exchange) context: Arc<ExchangeContext>,
    pub(in crate::exchange) snapshot: Arc<Snapshot>,
    pub(in crate::exchange) permit: Permit,
    pub(in crate::exchange) entry: Option<EntryIx>,
    pub(in crate::exchange) thread: Thread,
    pub(in crate::exchange) digest: BodyHasher,
    pub(in crate::exchange) received: Instant,
    pub(in crate::exchange) upstream_start: Instant,
    pub(in crate::exchange) status: u16,
    pub(in crate::exchange) progress: StreamProgress,
    /// Its part in the budget of its basis, if that has one.
    pub(in crate::exchange) ticket: Option<Ticket>,
    /// Set once the outcome is written, so that it is written once.
    pub(in crate::exchange) ended: bool,
}

/// The part that has been released so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamProgress {
    windows: u64,
    bytes: u64,
    records: u64,
    /// The records among them that name nobody they are about.
    unnamed: u64,
}

impl StreamRecord {
    /// The policy that is in force now.
    pub(in crate::exchange) fn current(&self) -> &PolicyHandle {
        &self.context.current
    }

    /// Records a window and waits until that is durable; only then may its bytes go. The numbers are of
    /// records begun in the answer so far, and of those that name nobody.
    ///
    /// # Errors
    /// When its budget leaves too little, or it can't be recorded.
    pub async fn window(
        &mut self,
        bytes: &[u8],
        (records, unnamed): (u64, u64),
        subjects: &[SubjectDigest],
    ) -> Result<(), Rejection> {
        let length = bytes.len() as u64;
        self.take(Usage {
            records: records - self.progress.records,
            bytes: length,
            unnamed: unnamed - self.progress.unnamed,
            persons: subjects,
            ..Usage::default()
        })?;
        self.progress.unnamed = unnamed;
        let recorded = async {
            let rest = self.name_all_but_last(subjects)?;
            self.append_window(rest, length, records)?.durable().await
        };
        recorded.await.map_err(|_| Rejection::LogUnavailable)?;
        self.digest.update(bytes);
        self.progress.bytes += length;
        self.progress.records = records;
        Ok(())
    }

    /// Takes from the budget what is about to be recorded.
    fn take(&mut self, used: Usage<'_>) -> Result<(), Rejection> {
        let Some(ticket) = &mut self.ticket else { return Ok(()) };
        let basis = || self.permit.term(&self.snapshot.release.policy).basis().into();
        ticket.take(used).map_err(|limit| Rejection::BudgetExhausted { basis: basis(), limit })
    }

    /// Records that all of the answer is released with these last bytes, and waits until that is
    /// durable; only then may they go.
    ///
    /// # Errors
    /// When its budget leaves too little, or it can't be recorded: the answer is cut then.
    pub async fn end(mut self, tally: &Tally, last: &[u8]) -> Result<(), Rejection> {
        let used = Usage {
            records: tally.records - self.progress.records,
            bytes: last.len() as u64,
            unnamed: tally.unnamed_records - self.progress.unnamed,
            persons: &tally.subjects,
            ..Usage::default()
        };
        if let Err(why) = self.take(used) {
            self.append_cut(why.code(), why.detail().as_ref());
            return Err(why);
        }
        let rest = self.name_all_but_last(&tally.subjects);
        let rest = rest.map_err(|_| Rejection::LogUnavailable)?;
        self.digest.update(last);
        self.progress.bytes += last.len() as u64;
        self.progress.records = tally.records;
        let taken = self.settle();
        let release = &self.snapshot.release;
        let released = Released {
            fields: field_counts(release, &self.permit, tally),
            undeclared: tally.undeclared,
            mismatched: tally.mismatched,
            withheld: tally.withheld,
            unnamed: tally.unnamed_records,
            subjects: rest,
            ..self.released()
        };
        let debit = self.debit(taken);
        let ended = Ended { released: Some(released), debit, ..self.outcome(Fate::Complete, None) };
        let appended = self.context.lane.append(&Record::Outcome(ended));
        self.ended = true;
        self.count(OutcomeLabel::Released, None);
        let durable = match appended {
            Ok(pending) => pending.durable().await,
            Err(why) => Err(why),
        };
        durable.map(drop).map_err(|_| Rejection::LogUnavailable)
    }

    /// Records that the rest of the answer is not released.
    pub fn cut(mut self, why: &Rejection) {
        self.append_cut(why.code(), why.detail().as_ref());
    }

    /// Ends an answer that nobody has ended otherwise.
    fn abandon(&mut self) {
        self.append_cut(code_of_abandoned(&self.context), None);
    }

    fn append_cut(&mut self, code: &'static str, detail: Option<&Detail<'_>>) {
        self.ended = true;
        self.count(OutcomeLabel::Failed, Some(code));
        let taken = self.settle();
        let debit = self.debit(taken);
        let ended = Ended { detail, debit, ..self.outcome(Fate::Cut, Some(code)) };
        // Nobody waits for it: what was released stands in the records before it.
        let _ = self.context.lane.append(&Record::Outcome(ended));
    }

    fn outcome(&self, fate: Fate, code: Option<&'static str>) -> Ended<'_> {
        let micros = |since: Instant| since.elapsed().as_micros() as u64;
        let (whole_us, upstream_us) = (micros(self.received), micros(self.upstream_start));
        Ended {
            thread: &self.thread,
            fate,
            code,
            detail: None,
            status: Some(self.status),
            released: Some(self.released()),
            debit: None,
            gateway_us: whole_us.saturating_sub(upstream_us),
            upstream_us: Some(upstream_us),
        }
    }

    fn released(&self) -> Released<'_> {
        Released {
            bytes: self.progress.bytes,
            digest: self.digest.finish(),
            records: self.progress.records,
            fields: FieldCounts::default(),
            undeclared: 0,
            mismatched: 0,
            withheld: 0,
            unnamed: 0,
            subjects: &[],
        }
    }

    /// Names persons in records of their own as long as there are too many for one; gives those
    /// that are left for the last.
    fn name_all_but_last<'s>(
        &mut self,
        mut subjects: &'s [SubjectDigest],
    ) -> Result<&'s [SubjectDigest], LogUnavailable> {
        while subjects.len() > MAX_RECORD_SUBJECTS {
            let (named, rest) = subjects.split_at(MAX_RECORD_SUBJECTS);
            // The last one's durability covers those before it: the log is one sequence.
            let _ = self.append_window(named, 0, self.progress.records)?;
            subjects = rest;
        }
        Ok(subjects)
    }

    fn append_window(
        &mut self,
        subjects: &[SubjectDigest],
        bytes: u64,
        records: u64,
    ) -> Result<PendingRecord, LogUnavailable> {
        self.progress.windows += 1;
        let taken = self.settle();
        let debit = self.debit(taken);
        self.context.lane.append(&Record::Continuation(Continuation {
            thread: &self.thread,
            window: self.progress.windows,
            bytes,
            records: records - self.progress.records,
            subjects,
            debit,
        }))
    }

    fn settle(&mut self) -> Option<Taken> {
        self.ticket.as_mut().map(Ticket::settle)
    }

    /// The debit of a record: what it takes from the budget of the basis.
    fn debit(&self, taken: Option<Taken>) -> Option<Debit<'_>> {
        Some(taken?.debit(BasisName::of(self.permit.term(&self.snapshot.release.policy))))
    }

    fn count(&self, outcome: OutcomeLabel, code: Option<&'static str>) {
        let metrics = &self.context.metrics;
        let entry = self.entry.map(|ix| self.snapshot.release.policy.entry(ix).id.as_str());
        metrics.count(entry, outcome, code);
        metrics.released_bytes.inc_by(self.progress.bytes);
        metrics.released_records.inc_by(self.progress.records);
        metrics.observe(self.received.elapsed(), self.upstream_start.elapsed());
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        if !self.ended {
            self.abandon();
        }
        self.context.metrics.in_flight.dec();
    }
}
