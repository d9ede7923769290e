//! The open record of one exchange. There is exactly one record for each way out, by ownership:
//! [`RecordGuard::close`] consumes it; one that is dropped instead (the client is gone, the gateway
//! stops, a step panicked) writes its record on the way.

mod close;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_core::authorize::Routed;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::Permit;
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::ExchangeKey;
use sluice_core::ledger::record::{self, Effect, Intent, Record, Thread};
use sluice_core::usage::Usage;

use super::draft::{RecordDraft, Times};
use super::metrics::ExchangeMetrics;
use super::receipt::Receipt;
use super::stream_record::{StreamProgress, StreamRecord};
use crate::audit::{Committed, Open};
use crate::budgets::Ticket;
use crate::exchange::clock::unix_millis;
use crate::exchange::context::{ExchangeContext, Peer};
use crate::exchange::id::ExchangeId;
use crate::exchange::response::redact::RedactedResponse;
use crate::limits::Remaining;
use crate::snapshot::Snapshot;
use crate::upstream::UpstreamRequest;
use close::append;

/// The open record of one exchange.
pub struct RecordGuard<'a> {
    context: Arc<ExchangeContext>,
    received: Instant,
    upstream_start: Option<Instant>,
    upstream: Option<Duration>,
    key: ExchangeKey,
    draft: RecordDraft<'a>,
    /// Set once the record is written, so that it is written once.
    written: bool,
    /// The intent that is already in the log, where one had to be there first.
    intent: Option<(Thread, Committed)>,
    /// Its part in the budget of its basis, if that has one.
    ticket: Option<Ticket>,
    /// Tells the log that a record is still to come; it commits early when none is.
    open: Option<Open>,
    /// Taken when the exchange is over, so that it is counted once, as what it came to.
    count: Option<ExchangeMetrics>,
}

impl<'a> RecordGuard<'a> {
    /// Opens the record of an exchange whose head was received at that moment.
    pub fn open(
        context: &Arc<ExchangeContext>,
        peer: &Arc<Peer>,
        received: Instant,
    ) -> RecordGuard<'a> {
        let draft = RecordDraft::new(context.current.load(), peer.clone(), unix_millis(received));
        context.metrics.in_flight.inc();
        RecordGuard {
            open: Some(context.lane.begin()),
            context: context.clone(),
            received,
            upstream_start: None,
            upstream: None,
            key: context.keys.of(draft.id.as_str()),
            draft,
            written: false,
            intent: None,
            ticket: None,
            count: None,
        }
    }

    /// The snapshot that this exchange is decided by.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.draft.snapshot.clone()
    }

    /// The exchange id.
    pub fn exchange(&self) -> &ExchangeId {
        &self.draft.id
    }

    /// The consumer, as `department/system`.
    pub fn consumer(&self) -> &str {
        &self.draft.peer.name
    }

    /// The wall-clock time at which the request's head was received.
    pub fn time(&self) -> UnixMillis {
        self.draft.time
    }

    /// The entry that is asked, as far as there is one.
    pub fn entry(&self) -> Option<EntryIx> {
        self.draft.entry
    }

    /// Notes which entry is asked.
    pub fn note_entry(&mut self, entry: Option<EntryIx>) {
        self.draft.entry = entry;
    }

    /// Notes which operation is asked.
    pub fn note_operation(&mut self, routed: &Routed<'_>) {
        self.draft.note_operation(routed);
    }

    /// Notes what a request states about itself, as far as it passed a check.
    pub fn note_declared(&mut self, peer: Identified<'_>, declared: &DeclaredContext<'a>) {
        self.draft.note_declared(peer, declared);
    }

    /// Notes that the operation is a route of the gateway's own.
    pub fn note_route(&mut self, route: &'static str) {
        self.draft.note_route(route);
    }

    /// Notes the basis of the permit.
    pub fn note_permit(&mut self, permit: &Permit) {
        self.draft.note_permit(permit);
    }

    /// Notes its part in the budget of its basis.
    pub fn note_ticket(&mut self, ticket: Option<Ticket>) {
        self.ticket = ticket;
    }

    /// Takes from the budget what is about to be released.
    ///
    /// # Errors
    /// When too little is left: nothing is taken then, and nothing may be released.
    pub fn take_from_budget(
        &mut self,
        permit: &Permit,
        answer: &RedactedResponse,
    ) -> Result<(), Rejection> {
        let Some(ticket) = &mut self.ticket else { return Ok(()) };
        let RedactedResponse { body, tally, .. } = answer;
        let used = Usage {
            records: tally.records,
            bytes: body.len() as u64,
            unnamed: tally.unnamed_records,
            persons: &tally.subjects,
            ..Usage::default()
        };
        let policy = &self.draft.snapshot.release.policy;
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
        self.draft.note_request(digest.finish());
    }

    /// Notes that the provider is waited for from here on.
    pub fn note_upstream_start(&mut self) {
        self.upstream_start = Some(Instant::now());
    }

    /// Notes that the provider was waited for up to here.
    pub fn note_upstream_end(&mut self) {
        self.upstream = self.upstream_start.map(|start| start.elapsed());
    }

    /// Records what is about to happen, and waits until that is durable; only then may it happen.
    ///
    /// # Errors
    /// That the exchange can't be recorded.
    pub async fn write_intent(&mut self, effect: Effect) -> Result<(), Rejection> {
        let debit = self.ticket.as_mut().map(Ticket::settle);
        let exchange = self.draft.record(self.draft.outcome(), None, Times::default());
        let exchange = record::Exchange { debit: self.draft.debit(debit), ..exchange };
        let owned = |text: &str| Some(text.into());
        let mut thread = Thread {
            exchange: exchange.exchange.into(),
            intent: 0,
            department: exchange.consumer.department.clone(),
            system: exchange.consumer.system.clone(),
            entry: exchange.entry.and_then(owned),
        };
        let intent = Intent { exchange, effect };
        let appended = append(&self.context, self.open.take(), &Record::Intent(intent));
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
    pub async fn into_stream(
        mut self,
        permit: Permit,
        status: u16,
    ) -> Result<(StreamRecord, Receipt), Rejection> {
        if self.intent.is_none()
            && let Err(instead) = self.write_intent(Effect::Release).await
        {
            self.written = true;
            self.count = Some(ExchangeMetrics::of(&Err(instead.clone())));
            return Err(instead);
        }
        let Some((thread, committed)) = self.intent.take() else {
            return Err(Rejection::GatewayFault);
        };
        self.written = true;
        self.context.metrics.in_flight.inc();
        let receipt = Receipt::new(committed, &self.key);
        let stream = StreamRecord {
            context: self.context.clone(),
            snapshot: self.snapshot(),
            permit,
            entry: self.draft.entry,
            thread,
            digest: self.key.body(),
            received: self.received,
            upstream_start: self.upstream_start.unwrap_or(self.received),
            status,
            progress: StreamProgress::default(),
            ticket: self.ticket.take(),
            ended: false,
        };
        Ok((stream, receipt))
    }
}
