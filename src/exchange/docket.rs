//! The open record of one exchange. There is exactly one record for each way out, by ownership:
//! [`Docket::close`] consumes it; one that is dropped instead (the client is gone, the gateway
//! stops, a step panicked) writes its record on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Permit, Stated, is_case};
use sluice_core::domain::matching::{Identified, Matched};
use sluice_core::domain::policy::EntryIx;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::ExchangeKey;
use sluice_core::ledger::record::{self, Effect, Intent, Record, Released, Thread};
use uuid::Uuid;

use super::judge::{Redacted, by_path};
use super::release::{Progress, Release};
use super::remarks::{counted, note_rejection};
use super::{Gate, Passed, Peer};
use crate::audit::{LogUnavailable, Open, Pending, Verdict};
use crate::metrics::Counted;
use crate::snapshot::Snapshot;
use crate::upstream::Request;

/// The code of an exchange whose client did not wait for the answer. No rejection, as nobody is
/// answered.
pub const CLIENT_GONE: &str = "client-gone";

/// The open record of one exchange.
pub struct Docket {
    gate: Arc<Gate>,
    snapshot: Arc<Snapshot>,
    received: Instant,
    upstream_start: Option<Instant>,
    upstream: Option<Duration>,
    entry: Option<EntryIx>,
    peer: Arc<Peer>,
    key: ExchangeKey,
    /// Taken when the record is written, so that it is written once.
    record: Option<Box<record::Exchange>>,
    /// Tells the log that a record is still to come; it commits early when none is.
    open: Option<Open>,
    /// Taken when the exchange is over, so that it is counted once, as what it came to.
    count: Option<Count>,
}

impl Docket {
    /// Opens the record of an exchange whose head was received at that moment.
    pub fn open(gate: &Arc<Gate>, peer: &Arc<Peer>, received: Instant) -> Docket {
        let snapshot = gate.current.load();
        let exchange = Uuid::now_v7().hyphenated().to_string();
        let key = ExchangeKey::derive(&gate.secret, &exchange);
        let record = record::Exchange {
            exchange: exchange.into(),
            time: unix_millis(received),
            consumer: peer.consumer.clone(),
            catalog_version: snapshot.release.policy.version().into(),
            ..record::Exchange::default()
        };
        gate.metrics.in_flight.inc();
        Docket {
            open: Some(gate.lane.begin()),
            gate: gate.clone(),
            snapshot,
            received,
            upstream_start: None,
            upstream: None,
            entry: None,
            peer: peer.clone(),
            key,
            record: Some(Box::new(record)),
            count: None,
        }
    }

    /// The snapshot that this exchange is decided by.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }

    /// The exchange id.
    pub fn exchange(&self) -> &str {
        self.record.as_ref().map_or("", |record| &record.exchange)
    }

    /// Who asks, as `department/system`.
    pub fn consumer(&self) -> &str {
        &self.peer.name
    }

    /// When the request's head was received, by the wall clock.
    pub fn time(&self) -> UnixMillis {
        self.record.as_ref().map_or(0, |record| record.time)
    }

    /// The entry that is asked, as far as there is one.
    pub fn entry(&self) -> Option<EntryIx> {
        self.entry
    }

    /// Notes which entry is asked.
    pub fn note_entry(&mut self, entry: Option<EntryIx>) {
        self.entry = entry;
        let id = entry.map(|ix| self.snapshot.release.policy.entry(ix).id.as_str().into());
        self.write(|record| record.entry = id);
    }

    /// Notes which operation is asked.
    pub fn note_operation(&mut self, matched: &Matched) {
        let snapshot = self.snapshot.clone();
        let operation = matched.operation(&snapshot.release.policy);
        self.write(|record| {
            record.operation = Some(operation.id.as_str().into());
            record.mode = Some(operation.mode.as_str());
        });
    }

    /// Notes what a request states about itself. Only values that passed a check are kept: a
    /// registered purpose, a case reference of the general form, an active person of the consumer.
    pub fn note_stated(&mut self, peer: Identified<'_>, stated: &Stated) {
        let snapshot = self.snapshot.clone();
        let registry = snapshot.release.policy.registry();
        let department = &registry.departments()[peer.department as usize];
        let purpose = stated.purpose.clone().filter(|code| registry.purpose(code).is_some());
        let active = |id: &str| department.person(id).is_some_and(|person| person.active);
        self.write(|record| {
            record.purpose = purpose;
            record.case = stated.case.clone().filter(|case| is_case(case));
            record.operator = stated.operator.clone().filter(|id| active(id));
        });
    }

    /// Notes that the operation is a route of the gateway's own.
    pub fn note_route(&mut self, route: &'static str) {
        self.write(|record| record.operation = Some(route.into()));
    }

    /// Notes the basis of the permit.
    pub fn note_permit(&mut self, permit: &Permit) {
        let basis = permit.term(&self.snapshot.release.policy).basis();
        self.write(|record| {
            record.outcome.permitted = true;
            record.outcome.basis = Some(basis.into());
        });
    }

    /// Notes the request as it is sent on, by its keyed digest: of method, target and body, a line
    /// each.
    pub fn note_request(&mut self, request: &Request) {
        let mut digest = self.key.body();
        for part in [request.method.as_bytes(), b"\n", request.target.as_bytes(), b"\n"] {
            digest.update(part);
        }
        digest.update(&request.body);
        let digest = digest.finish();
        self.write(|record| record.request_digest = Some(digest.into()));
    }

    /// From here on the provider is waited for.
    pub fn note_upstream_start(&mut self) {
        self.upstream_start = Some(Instant::now());
    }

    /// Up to here the provider was waited for.
    pub fn note_upstream_end(&mut self) {
        self.upstream = self.upstream_start.map(|start| start.elapsed());
    }

    /// Records that a permitted answer is about to be released in windows, and waits until that is
    /// durable.
    ///
    /// # Errors
    /// What must be answered instead: that the exchange can't be recorded.
    pub async fn intend(mut self, permit: Permit, status: u16) -> Result<Release, Rejection> {
        let (Some(exchange), Some(open)) = (self.record.take(), self.open.take()) else {
            return Err(Rejection::GatewayFault);
        };
        let mut thread = Thread {
            exchange: exchange.exchange.clone(),
            intent: 0,
            department: exchange.consumer.department.clone(),
            system: exchange.consumer.system.clone(),
            entry: exchange.entry.clone(),
        };
        let intent = Intent { exchange: *exchange, effect: Effect::Release };
        let appended = open.append(&Record::Intent(Box::new(intent)));
        let durable = match appended {
            Ok(pending) => pending.durable().await,
            Err(why) => Err(why),
        };
        let Ok(committed) = durable else {
            self.count = Some(Count::of(&Err(Rejection::LogUnavailable)));
            return Err(Rejection::LogUnavailable);
        };
        thread.intent = committed.index;
        self.gate.metrics.in_flight.inc();
        Ok(Release {
            gate: self.gate.clone(),
            snapshot: self.snapshot.clone(),
            permit,
            entry: self.entry,
            thread,
            digest: self.key.body(),
            received: self.received,
            upstream_start: self.upstream_start.unwrap_or(self.received),
            status,
            progress: Progress::default(),
            ended: false,
        })
    }

    /// Writes the record and waits until it is durable. Only then may anything be answered.
    ///
    /// # Errors
    /// What must be answered instead: that the exchange can't be recorded.
    pub async fn close(mut self, outcome: &Result<Passed, Rejection>) -> Result<(), Rejection> {
        let durable = match self.append(outcome) {
            Ok(Some(pending)) => pending.durable().await.map(drop),
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        };
        let why = match durable {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        let instead = match why {
            LogUnavailable::TooLong(_) => self.close_unrecordable().await,
            LogUnavailable::Failed | LogUnavailable::Full | LogUnavailable::Closed => {
                Rejection::LogUnavailable
            }
        };
        // What stands in no record must at least be counted.
        self.count = Some(Count::of(&Err(instead.clone())));
        Err(instead)
    }

    /// Records that the answer is withheld, since its own record did not fit a line.
    async fn close_unrecordable(&mut self) -> Rejection {
        let withheld = Rejection::AnswerUnrecordable;
        let Some(mut record) = self.record.take() else { return Rejection::LogUnavailable };
        record.released = None;
        note_rejection(&mut record, &withheld);
        let durable = match self.gate.lane.append(&Record::Single(record)) {
            Ok(pending) => pending.durable().await,
            Err(why) => Err(why),
        };
        if durable.is_ok() { withheld } else { Rejection::LogUnavailable }
    }

    /// Appends the record; none where a refusal is counted instead.
    fn append(
        &mut self,
        outcome: &Result<Passed, Rejection>,
    ) -> Result<Option<Pending>, LogUnavailable> {
        let Some(mut record) = self.record.take() else { return Ok(None) };
        let open = self.open.take();
        self.measure(&mut record);
        self.count = Some(Count::of(outcome));
        match outcome {
            Ok(passed) => self.note_passed(&mut record, passed),
            Err(rejection) => {
                note_rejection(&mut record, rejection);
                if counted(rejection) == Counted::Refused && self.is_one_too_many(rejection.code())
                {
                    return Ok(None);
                }
            }
        }
        let record = Record::Single(record);
        let appended = match open {
            Some(open) => open.append(&record),
            None => self.gate.lane.append(&record),
        };
        if let (Err(LogUnavailable::TooLong(_)), Record::Single(record)) = (&appended, record) {
            self.record = Some(record);
        }
        appended.map(Some)
    }

    /// Whether a refusal of this peer is counted instead of recorded, since there are so many.
    fn is_one_too_many(&self, code: &'static str) -> bool {
        let now = unix_millis(Instant::now());
        let aggregated =
            self.gate.refusals.exchange(now, &self.peer.name, code) == Verdict::Counted;
        if aggregated {
            self.gate.metrics.refusals_aggregated.inc();
        }
        aggregated
    }

    fn measure(&self, record: &mut record::Exchange) {
        let whole = self.received.elapsed();
        let upstream = self.upstream.unwrap_or_default();
        self.gate.metrics.observe(whole, upstream);
        record.gateway_us = whole.saturating_sub(upstream).as_micros() as u64;
        record.upstream_us = self.upstream.map(|took| took.as_micros() as u64);
    }

    fn note_passed(&self, record: &mut record::Exchange, passed: &Passed) {
        match passed {
            Passed::Reasoning(reasoning) => {
                record.outcome.permitted = reasoning.permit.is_some();
                record.outcome.code = reasoning.code;
                record.outcome.status = Some(200);
            }
            Passed::Released(answer) => {
                record.outcome.permitted = true;
                let released = self.released(&answer.redacted, &answer.permit);
                record.outcome.status = Some(answer.redacted.status);
                record.released = Some(released);
            }
        }
    }

    fn released(&self, redacted: &Redacted, permit: &Permit) -> Released {
        let release = &self.snapshot.release;
        let tally = &redacted.tally;
        Released {
            bytes: redacted.body.len() as u64,
            digest: self.key.digest(&redacted.body).into(),
            records: tally.records,
            masked: by_path(release, permit, &tally.masked),
            dropped: by_path(release, permit, &tally.dropped),
            undeclared: tally.undeclared,
            mismatched: tally.mismatched,
            subjects: tally.subjects.iter().map(|subject| subject.to_string().into()).collect(),
        }
    }

    /// Records an exchange that ends without an answer. There is nobody left to answer, so nobody
    /// waits for it either.
    fn abandon(&mut self, mut record: Box<record::Exchange>) {
        self.note_upstream_end();
        self.measure(&mut record);
        let code = if std::thread::panicking() {
            Rejection::GatewayFault.code()
        } else if self.gate.cutting.load(Ordering::Relaxed) {
            Rejection::Draining.code()
        } else {
            CLIENT_GONE
        };
        record.outcome.code = Some(code);
        self.count =
            Some(Count { outcome: Counted::Failed, code: Some(code), bytes: 0, records: 0 });
        // Once permitted, the rate bounds how often a peer can come and go; before, only this does.
        if !record.outcome.permitted && self.is_one_too_many(code) {
            return;
        }
        let _ = self.gate.lane.append(&Record::Single(record));
    }

    fn write(&mut self, change: impl FnOnce(&mut record::Exchange)) {
        if let Some(record) = &mut self.record {
            change(record);
        }
    }
}

impl Drop for Docket {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            self.abandon(record);
        }
        let metrics = &self.gate.metrics;
        metrics.in_flight.dec();
        if let Some(Count { outcome, code, bytes, records }) = self.count.take() {
            let entry = self.entry.map(|ix| self.snapshot.release.policy.entry(ix).id.as_str());
            metrics.count(entry, outcome, code);
            metrics.released_bytes.inc_by(bytes);
            metrics.released_records.inc_by(records);
        }
    }
}

/// What the metrics are told of an exchange once it is over.
struct Count {
    outcome: Counted,
    code: Option<&'static str>,
    bytes: u64,
    records: u64,
}

impl Count {
    fn of(outcome: &Result<Passed, Rejection>) -> Count {
        let (counted, code, bytes, records) = match outcome {
            Ok(Passed::Released(answer)) => {
                let Redacted { body, tally, .. } = &answer.redacted;
                (Counted::Released, None, body.len() as u64, tally.records)
            }
            Ok(Passed::Reasoning(_)) => (Counted::Reasoned, None, 0, 0),
            Err(rejection) => (counted(rejection), Some(rejection.code()), 0, 0),
        };
        Count { outcome: counted, code, bytes, records }
    }
}

/// The wall-clock time of a moment of the monotonic clock.
fn unix_millis(moment: Instant) -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.saturating_sub(moment.elapsed()).as_millis() as UnixMillis
}
