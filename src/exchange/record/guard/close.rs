//! The end of an open record: closed with its outcome, or abandoned.

use std::sync::atomic::Ordering;
use std::time::Instant;

use sluice_core::domain::classification::Mode;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::record::{self, Ended, Fate, Outcome, Record, Released};

use super::RecordGuard;
use crate::audit::{LogUnavailable, Open, PendingRecord, Verdict};
use crate::budgets::{Taken, Ticket};
use crate::exchange::clock::unix_millis;
use crate::exchange::context::ExchangeContext;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::record::draft::Times;
use crate::exchange::record::field_counts::field_counts;
use crate::exchange::record::labels::{code_of_abandoned, outcome_label, outcome_unknown};
use crate::exchange::record::metrics::ExchangeMetrics;
use crate::exchange::record::receipt::Receipt;
use crate::exchange::response::redact::RedactedResponse;
use crate::metrics::OutcomeLabel;
use crate::problem;

impl RecordGuard<'_> {
    /// Writes the record and waits until it is durable. Only then may anything be answered. Gives
    /// its receipt; none where a refusal was counted instead.
    ///
    /// # Errors
    /// What must be answered instead: that the exchange can't be recorded.
    pub async fn close(
        mut self,
        outcome: &Result<ExchangeOutcome, Rejection>,
    ) -> Result<Option<Receipt>, Rejection> {
        let durable = match self.append(outcome) {
            Ok(Some(pending)) => pending.durable().await.map(Some),
            Ok(None) => Ok(None),
            Err(why) => Err(why),
        };
        let why = match durable {
            Ok(committed) => return Ok(committed.map(|it| Receipt::new(it, &self.key))),
            Err(why) => why,
        };
        let instead = match why {
            LogUnavailable::TooLong(_) => {
                let withheld = self.unknown_if_changed(outcome, Rejection::AnswerUnrecordable);
                self.close_unrecordable(withheld).await
            }
            LogUnavailable::Failed | LogUnavailable::Full | LogUnavailable::Closed => {
                self.unknown_if_changed(outcome, Rejection::LogUnavailable)
            }
        };
        // What stands in no record must at least be counted.
        self.count = Some(ExchangeMetrics::of(&Err(instead.clone())));
        Err(instead)
    }

    /// The rejection in place of an outcome that can't be recorded. A change was made all the same, or
    /// may have been, once the provider has answered.
    fn unknown_if_changed(
        &self,
        outcome: &Result<ExchangeOutcome, Rejection>,
        instead: Rejection,
    ) -> Rejection {
        let answered = matches!(
            outcome,
            Ok(ExchangeOutcome::Released(_)) | Err(Rejection::OutcomeUnknown { .. })
        );
        if answered && self.may_have_changed() { outcome_unknown(&instead) } else { instead }
    }

    /// Tells whether the provider was asked to change something.
    fn may_have_changed(&self) -> bool {
        self.draft.mode() == Some(Mode::Submit) && self.upstream_start.is_some()
    }

    /// Records that the answer is withheld, since its own record did not fit a line.
    async fn close_unrecordable(&self, withheld: Rejection) -> Rejection {
        // The request has taken part of a budget all the same, unless its intent says so already.
        let requests = u64::from(self.intent.is_none());
        let debit = self.ticket.as_ref().map(|_| Taken { requests, ..Taken::default() });
        let appended = self.append_rejected(&withheld, debit, self.times(), None);
        let durable = match appended {
            Ok(pending) => pending.durable().await,
            Err(why) => Err(why),
        };
        match (durable, withheld) {
            (Ok(_), withheld) | (Err(_), withheld @ Rejection::OutcomeUnknown { .. }) => withheld,
            (Err(_), _) => Rejection::LogUnavailable,
        }
    }

    /// Appends the record; none where a refusal is counted instead.
    fn append(
        &mut self,
        outcome: &Result<ExchangeOutcome, Rejection>,
    ) -> Result<Option<PendingRecord>, LogUnavailable> {
        let debit = self.ticket.as_mut().map(Ticket::settle);
        let times = self.measure();
        self.count = Some(ExchangeMetrics::of(outcome));
        let open = self.open.take();
        let appended = match outcome {
            Ok(ExchangeOutcome::Released(answer)) => {
                let status = Some(answer.redacted.status);
                let decided = Outcome { status, ..self.draft.outcome() };
                let released = Some(self.released(&answer.redacted, &answer.permit));
                self.append_ended((Fate::Complete, decided, released, debit), times, open)
            }
            Ok(ExchangeOutcome::Reasoning(reasoning)) => {
                self.append_own(reasoning.rejection.as_ref(), times, open)
            }
            Ok(ExchangeOutcome::OwnAnswer(_)) => self.append_own(None, times, open),
            Err(rejection) => {
                // What has taken something from a budget stands in a record, whatever came of it.
                let outcome_label =
                    debit.is_none() && outcome_label(rejection) == OutcomeLabel::Refused;
                if outcome_label && self.is_one_too_many(rejection.code()) {
                    self.written = true;
                    return Ok(None);
                }
                self.append_rejected(rejection, debit, times, open)
            }
        };
        self.written = true;
        appended.map(Some)
    }

    /// Appends the record of an answer of the gateway's own.
    fn append_own(
        &self,
        denial: Option<&Rejection>,
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let detail = denial.and_then(Rejection::detail);
        let decided = Outcome {
            permitted: denial.is_none(),
            code: denial.map(Rejection::code),
            detail: detail.as_ref(),
            status: Some(200),
            ..self.draft.outcome()
        };
        append(&self.context, open, &Record::Single(self.draft.record(decided, None, times)))
    }

    fn append_rejected(
        &self,
        rejection: &Rejection,
        debit: Option<Taken>,
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let detail = rejection.detail();
        let outcome = Outcome {
            code: Some(rejection.code()),
            detail: detail.as_ref(),
            status: Some(problem::status(rejection)),
            ..self.draft.outcome()
        };
        let unknown = matches!(rejection, Rejection::OutcomeUnknown { .. });
        let fate = if unknown { Fate::Unknown } else { Fate::Withheld };
        self.append_ended((fate, outcome, None, debit), times, open)
    }

    /// Appends the record of the exchange, or what its intent came to.
    fn append_ended(
        &self,
        (fate, outcome, released, debit): (Fate, Outcome<'_>, Option<Released<'_>>, Option<Taken>),
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let debit = self.draft.debit(debit);
        let Some((thread, _)) = &self.intent else {
            let record = self.draft.record(outcome, released, times);
            let record = record::Exchange { debit, ..record };
            return append(&self.context, open, &Record::Single(record));
        };
        let Outcome { code, detail, status, .. } = outcome;
        let Times { gateway_us, upstream_us } = times;
        let ended =
            Ended { thread, fate, code, detail, status, released, debit, gateway_us, upstream_us };
        append(&self.context, open, &Record::Outcome(ended))
    }

    /// Tells whether a refusal of this peer is counted instead of recorded, since there are so many.
    fn is_one_too_many(&self, code: &'static str) -> bool {
        let now = unix_millis(Instant::now());
        let verdict = self.context.refusals.exchange(now, self.consumer(), code);
        let aggregated = verdict == Verdict::Counted;
        if aggregated {
            self.context.metrics.refusals_aggregated.inc();
        }
        aggregated
    }

    /// Measures how long it took, and tells the metrics.
    fn measure(&self) -> Times {
        let whole = self.received.elapsed();
        self.context.metrics.observe(whole, self.upstream.unwrap_or_default());
        self.times()
    }

    fn times(&self) -> Times {
        let gateway = self.received.elapsed().saturating_sub(self.upstream.unwrap_or_default());
        Times {
            gateway_us: gateway.as_micros() as u64,
            upstream_us: self.upstream.map(|took| took.as_micros() as u64),
        }
    }

    fn released<'b>(&'b self, redacted: &'b RedactedResponse, permit: &Permit) -> Released<'b> {
        let tally = &redacted.tally;
        Released {
            bytes: redacted.body.len() as u64,
            digest: self.key.digest(&redacted.body),
            records: tally.records,
            fields: field_counts(&self.draft.snapshot.release, permit, tally),
            undeclared: tally.undeclared,
            mismatched: tally.mismatched,
            withheld: tally.withheld,
            unnamed: tally.unnamed_records,
            subjects: &tally.subjects,
        }
    }

    /// Records an exchange that ends without an answer. There is nobody left to answer, so nobody
    /// waits for it either.
    fn abandon(&mut self) {
        self.written = true;
        self.note_upstream_end();
        let times = self.measure();
        let barred = self.draft.peer.barred.load(Ordering::Relaxed);
        let code = if barred { "peer-suspended" } else { code_of_abandoned(&self.context) };
        self.count = Some(ExchangeMetrics {
            outcome: OutcomeLabel::Failed,
            code: Some(code),
            bytes: 0,
            records: 0,
        });
        // Once permitted, the rate bounds how often a peer can come and go; before, only this does.
        if !self.draft.is_permitted() && self.is_one_too_many(code) {
            return;
        }
        let fate = if self.may_have_changed() { Fate::Unknown } else { Fate::Withheld };
        let debit = self.ticket.as_mut().map(Ticket::settle);
        let outcome = Outcome { code: Some(code), ..self.draft.outcome() };
        let _ = self.append_ended((fate, outcome, None, debit), times, None);
    }
}

/// Appends a record that was announced, or was not.
pub(super) fn append(
    context: &ExchangeContext,
    open: Option<Open>,
    record: &Record<'_>,
) -> Result<PendingRecord, LogUnavailable> {
    match open {
        Some(open) => open.append(record),
        None => context.lane.append(record),
    }
}

impl Drop for RecordGuard<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.abandon();
        }
        let metrics = &self.context.metrics;
        metrics.in_flight.dec();
        if let Some(ExchangeMetrics { outcome, code, bytes, records }) = self.count.take() {
            let policy = &self.draft.snapshot.release.policy;
            let entry = self.draft.entry.map(|ix| policy.entry(ix).id.as_str());
            metrics.count(entry, outcome, code);
            metrics.released_bytes.inc_by(bytes);
            metrics.released_records.inc_by(records);
        }
    }
}
