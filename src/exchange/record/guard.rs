//! The open record of one exchange. There is exactly one record for each way out, by ownership:
//! [`RecordGuard::close`] consumes it; one that is dropped instead (the client is gone, the gateway
//! stops, a step panicked) writes its record on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::classification::Mode;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::{Identified, Matched};
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::ExchangeKey;
use sluice_core::ledger::record::{
    self, Effect, Ended, Fate, Intent, Outcome, Record, Released, Thread,
};

use sluice_core::usage::Usage;

use super::detail::{code_of_abandoned, counted, detail_of};
use super::draft::{RecordDraft, Times};
use super::metrics::ExchangeMetrics;
use super::receipt::Receipt;
use super::released::field_counts;
use super::stream_record::{StreamProgress, StreamRecord};
use crate::audit::{Committed, LogUnavailable, Open, PendingRecord, Verdict};
use crate::budgets::{Taken, Ticket};
use crate::exchange::clock::unix_millis;
use crate::exchange::context::{ExchangeContext, Peer};
use crate::exchange::id::ExchangeId;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::response::redact::RedactedResponse;
use crate::limits::Remaining;
use crate::metrics::OutcomeLabel;
use crate::problem;
use crate::snapshot::Snapshot;
use crate::upstream::UpstreamRequest;

/// The open record of one exchange.
pub struct RecordGuard<'a> {
    gate: Arc<ExchangeContext>,
    received: Instant,
    upstream_start: Option<Instant>,
    upstream: Option<Duration>,
    key: ExchangeKey,
    known: RecordDraft<'a>,
    /// Set once the record is written, so that it is written once.
    written: bool,
    /// The intent that is already in the log, where one had to be there first.
    intent: Option<(Thread, Committed)>,
    /// What it takes from the budget of its basis, if that has one.
    ticket: Option<Ticket>,
    /// Tells the log that a record is still to come; it commits early when none is.
    open: Option<Open>,
    /// Taken when the exchange is over, so that it is counted once, as what it came to.
    count: Option<ExchangeMetrics>,
}

impl<'a> RecordGuard<'a> {
    /// Opens the record of an exchange whose head was received at that moment.
    pub fn open(
        gate: &Arc<ExchangeContext>,
        peer: &Arc<Peer>,
        received: Instant,
    ) -> RecordGuard<'a> {
        let known = RecordDraft::new(gate.current.load(), peer.clone(), unix_millis(received));
        gate.metrics.in_flight.inc();
        RecordGuard {
            open: Some(gate.lane.begin()),
            gate: gate.clone(),
            received,
            upstream_start: None,
            upstream: None,
            key: gate.keys.of(known.id.as_str()),
            known,
            written: false,
            intent: None,
            ticket: None,
            count: None,
        }
    }

    /// The snapshot that this exchange is decided by.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.known.snapshot.clone()
    }

    /// The exchange id.
    pub fn exchange(&self) -> &ExchangeId {
        &self.known.id
    }

    /// Who asks, as `department/system`.
    pub fn consumer(&self) -> &str {
        &self.known.peer.name
    }

    /// When the request's head was received, by the wall clock.
    pub fn time(&self) -> UnixMillis {
        self.known.time
    }

    /// The entry that is asked, as far as there is one.
    pub fn entry(&self) -> Option<EntryIx> {
        self.known.entry
    }

    /// Notes which entry is asked.
    pub fn note_entry(&mut self, entry: Option<EntryIx>) {
        self.known.entry = entry;
    }

    /// Notes which operation is asked.
    pub fn note_operation(&mut self, matched: &Matched) {
        self.known.note_operation(matched);
    }

    /// Notes what a request states about itself, as far as it passed a check.
    pub fn note_stated(&mut self, peer: Identified<'_>, declared: &DeclaredContext<'a>) {
        self.known.note_stated(peer, declared);
    }

    /// Notes that the operation is a route of the gateway's own.
    pub fn note_route(&mut self, route: &'static str) {
        self.known.note_route(route);
    }

    /// Notes the basis of the permit.
    pub fn note_permit(&mut self, permit: &Permit) {
        self.known.note_permit(permit);
    }

    /// Notes its part in the budget of its basis.
    pub fn note_ticket(&mut self, ticket: Option<Ticket>) {
        self.ticket = ticket;
    }

    /// Takes from the budget what is about to be released.
    ///
    /// # Errors
    /// When too little is left: nothing is taken then, and nothing may be released.
    pub fn take(&mut self, permit: &Permit, answer: &RedactedResponse) -> Result<(), Rejection> {
        let Some(ticket) = &mut self.ticket else { return Ok(()) };
        let RedactedResponse { body, tally, .. } = answer;
        let used = Usage {
            records: tally.records,
            bytes: body.len() as u64,
            unnamed: tally.unnamed_records,
            persons: &tally.subjects,
            ..Usage::default()
        };
        let policy = &self.known.snapshot.release.policy;
        let basis = || permit.term(policy).basis().into();
        ticket.take(used).map_err(|limit| Rejection::BudgetExhausted { basis: basis(), limit })
    }

    /// Adds what is left of the budget to what is left of the rates.
    pub fn tell_budget(&self, remaining: &mut Remaining) {
        if let Some(ticket) = &self.ticket {
            let wait = (ticket.midnight() - self.time()).max(0) as u64;
            remaining.note_budget(ticket.left(), wait.div_ceil(1000));
        }
    }

    /// Notes the request as it is sent on, by its keyed digest: of method, target and body, a line
    /// each.
    pub fn note_request(&mut self, request: &UpstreamRequest) {
        let mut digest = self.key.body();
        for part in [request.method.as_bytes(), b"\n", request.target.as_bytes(), b"\n"] {
            digest.update(part);
        }
        digest.update(&request.body);
        self.known.note_request(digest.finish());
    }

    /// From here on the provider is waited for.
    pub fn note_upstream_start(&mut self) {
        self.upstream_start = Some(Instant::now());
    }

    /// Up to here the provider was waited for.
    pub fn note_upstream_end(&mut self) {
        self.upstream = self.upstream_start.map(|start| start.elapsed());
    }

    /// Records what is about to happen, and waits until that is durable; only then may it happen.
    ///
    /// # Errors
    /// That the exchange can't be recorded.
    pub async fn intend(&mut self, effect: Effect) -> Result<(), Rejection> {
        let debit = self.ticket.as_mut().map(Ticket::settle);
        let exchange = self.known.record(self.known.outcome(), None, Times::default());
        let exchange = record::Exchange { debit: self.known.debit(debit), ..exchange };
        let owned = |text: &str| Some(text.into());
        let mut thread = Thread {
            exchange: exchange.exchange.into(),
            intent: 0,
            department: exchange.consumer.department.clone(),
            system: exchange.consumer.system.clone(),
            entry: exchange.entry.and_then(owned),
        };
        let intent = Intent { exchange, effect };
        let appended = append(&self.gate, self.open.take(), &Record::Intent(intent));
        let durable = match appended {
            Ok(pending) => pending.durable().await,
            Err(why) => Err(why),
        };
        let Ok(committed) = durable else { return Err(Rejection::LogUnavailable) };
        thread.intent = committed.index;
        self.intent = Some((thread, committed));
        Ok(())
    }

    /// Records that a permitted answer is about to be released in windows, unless its intent is
    /// known already.
    ///
    /// # Errors
    /// What must be answered instead: that the exchange can't be recorded.
    pub async fn release(
        mut self,
        permit: Permit,
        status: u16,
    ) -> Result<(StreamRecord, Receipt), Rejection> {
        if self.intent.is_none()
            && let Err(instead) = self.intend(Effect::Release).await
        {
            self.written = true;
            self.count = Some(ExchangeMetrics::of(&Err(instead.clone())));
            return Err(instead);
        }
        let Some((thread, committed)) = self.intent.take() else {
            return Err(Rejection::GatewayFault);
        };
        self.written = true;
        self.gate.metrics.in_flight.inc();
        let receipt = Receipt::new(committed, &self.key);
        let release = StreamRecord {
            gate: self.gate.clone(),
            snapshot: self.snapshot(),
            permit,
            entry: self.known.entry,
            thread,
            digest: self.key.body(),
            received: self.received,
            upstream_start: self.upstream_start.unwrap_or(self.received),
            status,
            progress: StreamProgress::default(),
            ticket: self.ticket.take(),
            ended: false,
        };
        Ok((release, receipt))
    }

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

    /// What is said instead of an outcome that can't be recorded. A change was made all the same, or
    /// may have been, once the provider has answered.
    fn unknown_if_changed(
        &self,
        outcome: &Result<ExchangeOutcome, Rejection>,
        instead: Rejection,
    ) -> Rejection {
        match outcome {
            Ok(ExchangeOutcome::Released(_)) | Err(Rejection::OutcomeUnknown { .. })
                if self.may_have_changed() =>
            {
                Rejection::OutcomeUnknown { cause: instead.code() }
            }
            _ => instead,
        }
    }

    /// Whether the provider was asked to change something.
    fn may_have_changed(&self) -> bool {
        self.known.mode() == Some(Mode::Submit) && self.upstream_start.is_some()
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
                let decided = Outcome { status, ..self.known.outcome() };
                let released = Some(self.released(&answer.redacted, &answer.permit));
                self.append_ended((Fate::Complete, decided, released, debit), times, open)
            }
            Ok(ExchangeOutcome::Reasoning(reasoning)) => {
                self.append_own(reasoning.permit.is_some(), reasoning.code, times, open)
            }
            Ok(ExchangeOutcome::Shown(_)) => self.append_own(true, None, times, open),
            Err(rejection) => {
                // What has taken something from a budget stands in a record, whatever came of it.
                let counted = debit.is_none() && counted(rejection) == OutcomeLabel::Refused;
                if counted && self.is_one_too_many(rejection.code()) {
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
        permitted: bool,
        code: Option<&'static str>,
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let decided = Outcome { permitted, code, status: Some(200), ..self.known.outcome() };
        append(&self.gate, open, &Record::Single(self.known.record(decided, None, times)))
    }

    fn append_rejected(
        &self,
        rejection: &Rejection,
        debit: Option<Taken>,
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let detail = detail_of(rejection);
        let outcome = Outcome {
            code: Some(rejection.code()),
            detail: detail.as_deref(),
            status: Some(problem::row(rejection).status),
            ..self.known.outcome()
        };
        let fate = match rejection {
            Rejection::OutcomeUnknown { .. } => Fate::Unknown,
            _ => Fate::Withheld,
        };
        self.append_ended((fate, outcome, None, debit), times, open)
    }

    /// Appends the record of the exchange, or what its intent came to.
    fn append_ended(
        &self,
        (fate, outcome, released, debit): (Fate, Outcome<'_>, Option<Released<'_>>, Option<Taken>),
        times: Times,
        open: Option<Open>,
    ) -> Result<PendingRecord, LogUnavailable> {
        let debit = self.known.debit(debit);
        let Some((thread, _)) = &self.intent else {
            let record = self.known.record(outcome, released, times);
            let record = record::Exchange { debit, ..record };
            return append(&self.gate, open, &Record::Single(record));
        };
        let Outcome { code, detail, status, .. } = outcome;
        let Times { gateway_us, upstream_us } = times;
        let ended =
            Ended { thread, fate, code, detail, status, released, debit, gateway_us, upstream_us };
        append(&self.gate, open, &Record::Outcome(ended))
    }

    /// Whether a refusal of this peer is counted instead of recorded, since there are so many.
    fn is_one_too_many(&self, code: &'static str) -> bool {
        let now = unix_millis(Instant::now());
        let verdict = self.gate.refusals.exchange(now, self.consumer(), code);
        let aggregated = verdict == Verdict::Counted;
        if aggregated {
            self.gate.metrics.refusals_aggregated.inc();
        }
        aggregated
    }

    /// How long it took, which is counted here too.
    fn measure(&self) -> Times {
        let whole = self.received.elapsed();
        self.gate.metrics.observe(whole, self.upstream.unwrap_or_default());
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
            fields: field_counts(&self.known.snapshot.release, permit, tally),
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
        let barred = self.known.peer.barred.load(Ordering::Relaxed);
        let code = if barred { "peer-suspended" } else { code_of_abandoned(&self.gate) };
        self.count = Some(ExchangeMetrics {
            outcome: OutcomeLabel::Failed,
            code: Some(code),
            bytes: 0,
            records: 0,
        });
        // Once permitted, the rate bounds how often a peer can come and go; before, only this does.
        if !self.known.is_permitted() && self.is_one_too_many(code) {
            return;
        }
        let fate = if self.may_have_changed() { Fate::Unknown } else { Fate::Withheld };
        let debit = self.ticket.as_mut().map(Ticket::settle);
        let outcome = Outcome { code: Some(code), ..self.known.outcome() };
        let _ = self.append_ended((fate, outcome, None, debit), times, None);
    }
}

/// Appends a record that was announced, or was not.
fn append(
    gate: &ExchangeContext,
    open: Option<Open>,
    record: &Record<'_>,
) -> Result<PendingRecord, LogUnavailable> {
    match open {
        Some(open) => open.append(record),
        None => gate.lane.append(record),
    }
}

impl Drop for RecordGuard<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.abandon();
        }
        let metrics = &self.gate.metrics;
        metrics.in_flight.dec();
        if let Some(ExchangeMetrics { outcome, code, bytes, records }) = self.count.take() {
            let policy = &self.known.snapshot.release.policy;
            let entry = self.known.entry.map(|ix| policy.entry(ix).id.as_str());
            metrics.count(entry, outcome, code);
            metrics.released_bytes.inc_by(bytes);
            metrics.released_records.inc_by(records);
        }
    }
}
