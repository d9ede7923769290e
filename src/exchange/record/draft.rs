//! The draft of an exchange's record: all that is known so far. Nothing is copied here: what
//! the policy, the peer or the request's head say is pointed at until the line is written.

use std::borrow::Cow;
use std::sync::Arc;

use sluice_core::authorize::Routed;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::classification::Mode;
use sluice_core::domain::decide::{Basis, Permit};
use sluice_core::domain::declared::{DeclaredContext, is_reference};
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::terms::Term;
use sluice_core::ledger::digest::BodyDigest;
use sluice_core::ledger::record::{self, BasisName, Debit, Outcome, Released};

use crate::budgets::Taken;
use crate::exchange::context::Peer;
use crate::exchange::id::ExchangeId;
use crate::snapshot::Snapshot;

/// All that is known of an exchange so far.
pub struct RecordDraft<'a> {
    pub(in crate::exchange) snapshot: Arc<Snapshot>,
    pub(in crate::exchange) peer: Arc<Peer>,
    pub(in crate::exchange) id: ExchangeId,
    /// The wall-clock time at which the request's head was received.
    pub(in crate::exchange) time: UnixMillis,
    pub(in crate::exchange) entry: Option<EntryIx>,
    requested: Requested,
    purpose: Option<Cow<'a, str>>,
    case: Option<Cow<'a, str>>,
    consent: Option<Cow<'a, str>>,
    operator: Option<Cow<'a, str>>,
    /// The entry, and what permits.
    basis: Option<(EntryIx, Basis)>,
    request_digest: Option<BodyDigest>,
}

/// The operation of the entry, or the route of the gateway, that is asked for.
enum Requested {
    Nothing,
    Operation(EntryIx, u16),
    Route(&'static str),
}

/// The time that an exchange took.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::exchange) struct Times {
    /// Without the provider, in microseconds.
    pub(in crate::exchange) gateway_us: u64,
    /// The provider's part.
    pub(in crate::exchange) upstream_us: Option<u64>,
}

impl<'a> RecordDraft<'a> {
    pub(in crate::exchange) fn new(
        snapshot: Arc<Snapshot>,
        peer: Arc<Peer>,
        time: UnixMillis,
    ) -> RecordDraft<'a> {
        RecordDraft {
            snapshot,
            peer,
            id: ExchangeId::now(),
            time,
            entry: None,
            requested: Requested::Nothing,
            purpose: None,
            case: None,
            consent: None,
            operator: None,
            basis: None,
            request_digest: None,
        }
    }

    pub(in crate::exchange) fn note_operation(&mut self, routed: &Routed<'_>) {
        self.requested = Requested::Operation(routed.entry(), routed.operation_ix());
    }

    pub(in crate::exchange) fn note_route(&mut self, route: &'static str) {
        self.requested = Requested::Route(route);
    }

    /// Only values that passed a check are kept: a registered purpose, references to a case and
    /// a consent of the general form, an active person of the consumer.
    pub(in crate::exchange) fn note_declared(
        &mut self,
        peer: Identified<'_>,
        declared: &DeclaredContext<'a>,
    ) {
        let registry = self.snapshot.release.policy.registry();
        let department = &registry.departments()[peer.department as usize];
        let active = |id: &str| department.person(id).is_some_and(|person| person.active);
        let kept = |value: &Option<Cow<'a, str>>, passes: &dyn Fn(&str) -> bool| {
            value.as_ref().filter(|text| passes(text)).cloned()
        };
        self.purpose = kept(&declared.purpose, &|code| registry.purpose(code).is_some());
        self.case = kept(&declared.case, &is_reference);
        self.consent = kept(&declared.consent, &is_reference);
        self.operator = kept(&declared.operator, &active);
    }

    pub(in crate::exchange) fn note_permit(&mut self, permit: &Permit) {
        self.basis = Some((permit.entry, permit.basis.clone()));
    }

    pub(in crate::exchange) fn note_request(&mut self, digest: BodyDigest) {
        self.request_digest = Some(digest);
    }

    /// The mode of the operation that is asked.
    pub(in crate::exchange) fn mode(&self) -> Option<Mode> {
        let policy = &self.snapshot.release.policy;
        match self.requested {
            Requested::Operation(entry, operation) => {
                Some(policy.entry(entry).operations[usize::from(operation)].mode)
            }
            Requested::Nothing | Requested::Route(_) => None,
        }
    }

    pub(in crate::exchange) fn is_permitted(&self) -> bool {
        self.basis.is_some()
    }

    /// The decision so far.
    pub(in crate::exchange) fn outcome(&self) -> Outcome<'_> {
        let term = self.term();
        Outcome {
            permitted: term.is_some(),
            basis: term.map(BasisName::of),
            confidential: term.is_some_and(|term| term.confidential),
            ..Outcome::default()
        }
    }

    /// The debit of a record: what it takes from the budget of the basis.
    pub(in crate::exchange) fn debit(&self, taken: Option<Taken>) -> Option<Debit<'_>> {
        Some(taken?.debit(BasisName::of(self.term()?)))
    }

    /// The term that permits, or what the grant says in a term's words.
    fn term(&self) -> Option<&Term> {
        let (entry, held) = self.basis.as_ref()?;
        Some(held.term(self.snapshot.release.policy.entry(*entry)))
    }

    /// The record of it all.
    pub(in crate::exchange) fn record<'b>(
        &'b self,
        outcome: Outcome<'b>,
        released: Option<Released<'b>>,
        times: Times,
    ) -> record::Exchange<'b> {
        let policy = &self.snapshot.release.policy;
        let (operation, mode) = match self.requested {
            Requested::Nothing => (None, None),
            Requested::Route(route) => (Some(route), None),
            Requested::Operation(entry, operation) => {
                let operation = &policy.entry(entry).operations[usize::from(operation)];
                (Some(operation.id.as_str()), Some(operation.mode.as_str()))
            }
        };
        record::Exchange {
            exchange: self.id.as_str(),
            time: self.time,
            consumer: &self.peer.consumer,
            operator: self.operator.as_deref(),
            purpose: self.purpose.as_deref(),
            case: self.case.as_deref(),
            consent: self.consent.as_deref(),
            entry: self.entry.map(|ix| policy.entry(ix).id.as_str()),
            operation,
            mode,
            catalog_version: policy.version(),
            outcome,
            request_digest: self.request_digest,
            released,
            debit: None,
            gateway_us: times.gateway_us,
            upstream_us: times.upstream_us,
        }
    }
}
