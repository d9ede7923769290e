//! The record of an answer that leaves in windows: an intent before the first byte, a continuation
//! before each window that names its persons, an outcome before the last. One outcome by
//! ownership: a release that is dropped writes it on the way.

use std::sync::Arc;
use std::time::Instant;

use sluice_core::domain::decide::Permit;
use sluice_core::domain::policy::EntryIx;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::{BodyHasher, SubjectDigest};
use sluice_core::ledger::record::{
    Continuation, Ended, Fate, FieldCounts, Record, Released, Thread,
};
use sluice_core::redaction::Tally;

use super::Gate;
use super::again::Again;
use super::docket::{code_of_abandoned, unix_millis};
use super::judge::field_counts;
use super::remarks::detail_of;
use crate::audit::{LogUnavailable, Pending};
use crate::metrics::Counted;
use crate::snapshot::Snapshot;

/// Persons that one record names at most, so that it fits its line: each takes 35 bytes.
pub const MAX_SUBJECTS_A_RECORD: usize = 1_500;

/// An answer on its way out, as the log has it.
pub struct Release {
    pub(super) gate: Arc<Gate>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) permit: Permit,
    pub(super) entry: Option<EntryIx>,
    pub(super) thread: Thread,
    pub(super) digest: BodyHasher,
    pub(super) received: Instant,
    pub(super) upstream_start: Instant,
    pub(super) status: u16,
    pub(super) progress: Progress,
    /// Set once the outcome is written, so that it is written once.
    pub(super) ended: bool,
}

/// What has been released so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    windows: u64,
    bytes: u64,
    records: u64,
}

impl Release {
    /// Whether it may go on by the policy that is in force now.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn is_still_permitted(&self, again: &mut Again) -> Result<(), Rejection> {
        let in_force = self.gate.current.load();
        again.still(&self.snapshot, &self.permit, &in_force, unix_millis(Instant::now()))
    }

    /// Records a window and waits until that is durable; only then may its bytes go. `records` are
    /// those begun in the answer so far.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub async fn window(
        &mut self,
        bytes: &[u8],
        records: u64,
        subjects: &[SubjectDigest],
    ) -> Result<(), LogUnavailable> {
        let rest = self.name_all_but_last(subjects)?;
        self.append_window(rest, bytes.len() as u64, records)?.durable().await?;
        self.digest.update(bytes);
        self.progress.bytes += bytes.len() as u64;
        self.progress.records = records;
        Ok(())
    }

    /// Records that all of the answer is released with these last bytes, and waits until that is
    /// durable; only then may they go.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub async fn end(mut self, tally: &Tally, last: &[u8]) -> Result<(), LogUnavailable> {
        let rest = self.name_all_but_last(&tally.subjects)?;
        self.digest.update(last);
        self.progress.bytes += last.len() as u64;
        self.progress.records = tally.records;
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
        let ended = Ended { released: Some(released), ..self.outcome(Fate::Complete, None) };
        let appended = self.gate.lane.append(&Record::Outcome(ended));
        self.ended = true;
        self.count(Counted::Released, None);
        appended?.durable().await.map(drop)
    }

    /// Records that the rest of the answer is not released.
    pub fn cut(mut self, why: &Rejection) {
        self.append_cut(why.code(), detail_of(why).as_deref());
    }

    /// What ends an answer that nobody ends otherwise.
    fn abandon(&mut self) {
        self.append_cut(code_of_abandoned(&self.gate), None);
    }

    fn append_cut(&mut self, code: &'static str, detail: Option<&str>) {
        self.ended = true;
        self.count(Counted::Failed, Some(code));
        let ended = Ended { detail, ..self.outcome(Fate::Cut, Some(code)) };
        // Nobody waits for it: what was released stands in the records before it.
        let _ = self.gate.lane.append(&Record::Outcome(ended));
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
        while subjects.len() > MAX_SUBJECTS_A_RECORD {
            let (named, rest) = subjects.split_at(MAX_SUBJECTS_A_RECORD);
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
    ) -> Result<Pending, LogUnavailable> {
        self.progress.windows += 1;
        self.gate.lane.append(&Record::Continuation(Continuation {
            thread: &self.thread,
            window: self.progress.windows,
            bytes,
            records: records - self.progress.records,
            subjects,
        }))
    }

    fn count(&self, outcome: Counted, code: Option<&'static str>) {
        let metrics = &self.gate.metrics;
        let entry = self.entry.map(|ix| self.snapshot.release.policy.entry(ix).id.as_str());
        metrics.count(entry, outcome, code);
        metrics.released_bytes.inc_by(self.progress.bytes);
        metrics.released_records.inc_by(self.progress.records);
        metrics.observe(self.received.elapsed(), self.upstream_start.elapsed());
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if !self.ended {
            self.abandon();
        }
        self.gate.metrics.in_flight.dec();
    }
}
