//! The open record of one exchange. There is exactly one record for each way out, by ownership:
//! [`Docket::close`] consumes it; one that is dropped instead (the client is gone, a step
//! panicked) writes its record on the way.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sluice_core::domain::UnixMillis;
use sluice_core::domain::decide::{Permit, Stated, is_case};
use sluice_core::domain::matching::{Identified, Matched};
use sluice_core::domain::policy::EntryIx;
use sluice_core::domain::rejection::{Fault, Lacking, NotInCatalog, Rejection, Undeclared};
use sluice_core::ledger::digest::ExchangeKey;
use sluice_core::ledger::record::{self, Record, Released};
use uuid::Uuid;

use super::judge::{Redacted, by_path};
use super::{Gate, Passed, Peer};
use crate::audit::{LogUnavailable, Open, Pending, Verdict};
use crate::metrics::Counted;
use crate::problem;
use crate::snapshot::Snapshot;

/// The open record of one exchange.
pub struct Docket<'a> {
    gate: &'a Gate,
    snapshot: Arc<Snapshot>,
    received: Instant,
    upstream_start: Option<Instant>,
    upstream: Option<Duration>,
    entry: Option<EntryIx>,
    peer: Box<str>,
    key: ExchangeKey,
    /// Taken when the record is written, so that it is written once.
    record: Option<Box<record::Exchange>>,
    /// Tells the log that a record is still to come; it commits early when none is.
    open: Option<Open>,
}

impl<'a> Docket<'a> {
    /// Opens the record of an exchange whose head was received at that moment.
    pub fn open(gate: &'a Gate, peer: &Peer, received: Instant) -> Docket<'a> {
        let snapshot = gate.current.load();
        let exchange = Uuid::now_v7().hyphenated().to_string();
        let key = ExchangeKey::derive(&gate.secret, &exchange);
        let record = record::Exchange {
            exchange: exchange.into(),
            time: unix_millis(received),
            consumer: record::Consumer {
                department: Some(peer.identity.department.as_str().into()),
                system: Some(peer.identity.id.as_str().into()),
                certificate: Some(peer.serial.clone()),
                address: Some(peer.address.ip().to_string().into()),
            },
            catalog_version: snapshot.release.policy.version().into(),
            ..record::Exchange::default()
        };
        gate.metrics.in_flight.inc();
        Docket {
            gate,
            snapshot,
            received,
            upstream_start: None,
            upstream: None,
            entry: None,
            peer: peer.identity.to_string().into(),
            key,
            record: Some(Box::new(record)),
            open: Some(gate.lane.begin()),
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

    /// Notes the request as it is sent on, by its keyed digest.
    pub fn note_request(&mut self, digested: &[u8]) {
        let digest = self.key.digest(digested);
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

    /// Writes the record and waits until it is durable. Only then may anything be answered.
    ///
    /// # Errors
    /// When it can't be made durable; then nothing but that may be answered.
    pub async fn close(
        mut self,
        outcome: &Result<Passed, Rejection>,
    ) -> Result<(), LogUnavailable> {
        match self.append(outcome)? {
            Some(pending) => pending.durable().await.map(drop),
            None => Ok(()),
        }
    }

    /// Appends the record; none where a refusal is counted instead.
    fn append(
        &mut self,
        outcome: &Result<Passed, Rejection>,
    ) -> Result<Option<Pending>, LogUnavailable> {
        let Some(mut record) = self.record.take() else { return Ok(None) };
        let open = self.open.take();
        self.gate.metrics.in_flight.dec();
        self.measure(&mut record);
        let entry = record.entry.as_deref();
        match outcome {
            Ok(passed) => {
                self.gate.metrics.count(entry, Counted::Released, None);
                self.note_passed(&mut record, passed);
            }
            Err(rejection) => {
                let code = rejection.code();
                let counted = counted(rejection);
                self.gate.metrics.count(entry, counted, Some(code));
                note_rejection(&mut record, rejection);
                let refused = counted == Counted::Refused;
                let recorded = || self.gate.refusals.exchange(record.time, &self.peer, code);
                if refused && recorded() == Verdict::Counted {
                    self.gate.metrics.refusals_aggregated.inc();
                    return Ok(None);
                }
            }
        }
        let record = Record::Single(record);
        match open {
            Some(open) => open.append(&record).map(Some),
            None => self.gate.lane.append(&record).map(Some),
        }
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
                self.gate.metrics.released_bytes.inc_by(released.bytes);
                self.gate.metrics.released_records.inc_by(released.records);
                record.outcome.status = Some(answer.redacted.status.as_u16());
                record.released = Some(released);
            }
        }
    }

    fn released(&self, redacted: &Redacted, permit: &Permit) -> Released {
        let policy = &self.snapshot.release.policy;
        let tally = &redacted.tally;
        Released {
            bytes: redacted.body.len() as u64,
            digest: self.key.digest(&redacted.body).into(),
            records: tally.records,
            masked: by_path(policy, permit, &tally.masked),
            dropped: by_path(policy, permit, &tally.dropped),
            undeclared: tally.undeclared,
            mismatched: tally.mismatched,
            subjects: tally.subjects.iter().map(|subject| subject.to_string().into()).collect(),
        }
    }

    fn write(&mut self, change: impl FnOnce(&mut record::Exchange)) {
        if let Some(record) = &mut self.record {
            change(record);
        }
    }
}

impl Drop for Docket<'_> {
    fn drop(&mut self) {
        let Some(mut record) = self.record.take() else { return };
        self.gate.metrics.in_flight.dec();
        record.outcome.code = Some("client-gone");
        record.gateway_us = self.received.elapsed().as_micros() as u64;
        // There is nobody left to answer, so nobody waits for it either.
        let _ = self.gate.lane.append(&Record::Single(record));
    }
}

fn note_rejection(record: &mut record::Exchange, rejection: &Rejection) {
    record.outcome.code = Some(rejection.code());
    record.outcome.detail = detail_of(rejection);
    record.outcome.status = Some(problem::row(rejection).status);
}

fn counted(rejection: &Rejection) -> Counted {
    match rejection.fault() {
        Fault::Peer | Fault::Request | Fault::Policy => Counted::Refused,
        Fault::Provider | Fault::Gateway => Counted::Failed,
    }
}

/// The wall-clock time of a moment of the monotonic clock.
fn unix_millis(moment: Instant) -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.saturating_sub(moment.elapsed()).as_millis() as UnixMillis
}

/// What a record says of a rejection beyond its code: names of declared things only.
fn detail_of(rejection: &Rejection) -> Option<Box<str>> {
    let text = match rejection {
        Rejection::UnknownPeer(what) => format!("{what:?}"),
        Rejection::PeerSuspended(what) => format!("{what:?}"),
        Rejection::RequestMalformed(what) => format!("{what:?}"),
        Rejection::RequestTooLarge(what) => format!("{what:?}"),
        Rejection::NotInCatalog(NotInCatalog::Entry) => "entry".to_owned(),
        Rejection::NotInCatalog(NotInCatalog::Operation) => "operation".to_owned(),
        Rejection::ParameterNotAllowed(Undeclared::Query(position)) => format!("query {position}"),
        Rejection::ParameterNotAllowed(Undeclared::Body(position)) => format!("body {position}"),
        Rejection::ParameterMissing { name } => name.to_string(),
        Rejection::ParameterInvalid { name, why } => format!("{name} {why:?}"),
        Rejection::FieldUnknown { position } => format!("{position}"),
        Rejection::Unmet(nearest) => {
            let lacking: Vec<&str> = nearest.lacking.iter().map(Lacking::code).collect();
            format!("{}: {}", nearest.basis, lacking.join(", "))
        }
        Rejection::RateLimited(limit) => {
            format!("{} in {} s", limit.requests, limit.window_seconds)
        }
        Rejection::UpstreamUnavailable(why) => format!("{why:?}"),
        Rejection::UpstreamTimeout(late) => format!("{late:?}"),
        Rejection::UpstreamMisbehaved(what) => format!("{what:?}"),
        Rejection::UpstreamError { status } => format!("{status}"),
        Rejection::AnswerUnreadable(why) => format!("{why:?}"),
        Rejection::AnswerTooLarge { limit_bytes } => format!("{limit_bytes}"),
        Rejection::AnswerMismatch(what) => format!("{what:?}"),
        Rejection::RequestTimeout
        | Rejection::MediaTypeUnsupported
        | Rejection::MethodNotAllowed { .. }
        | Rejection::GrantUnknown
        | Rejection::NonShared
        | Rejection::EntrySuspended
        | Rejection::ProviderSuspended
        | Rejection::NotAuthorised
        | Rejection::ApprovalRequired
        | Rejection::UpstreamUntrusted
        | Rejection::LogUnavailable
        | Rejection::Draining
        | Rejection::GatewayFault => return None,
    };
    Some(text.into())
}
