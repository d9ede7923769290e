//! The outcome of an exchange's stages.

use serde::Serialize;
use sluice_core::domain::decide::Permit;

use super::recheck::Recheck;
use super::response::stream_state::StreamedAnswer;
use crate::exchange::response::redact::RedactedResponse;
use crate::exchange::routes::reasoning::Reasoning;
use crate::limits::concurrency::ConcurrencySlot;
use crate::limits::remaining::Remaining;

/// The media type of the gateway's own answers.
pub(super) const JSON: &str = "application/json";

/// The outcome of the stages where nothing stood in the way.
pub enum ExchangeOutcome {
    /// A provider's answer, redacted.
    Released(Box<Released>),
    /// The gateway's own answer: a decision and its reasoning.
    Reasoning(Box<Reasoning>),
    /// Another answer of the gateway's own.
    OwnAnswer(Box<OwnAnswer>),
}

/// An answer of the gateway's own.
pub struct OwnAnswer {
    /// The media type.
    pub media_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl ExchangeOutcome {
    /// An answer of the gateway's own.
    pub(super) fn own(media_type: &'static str, body: Vec<u8>) -> ExchangeOutcome {
        ExchangeOutcome::OwnAnswer(Box::new(OwnAnswer { media_type, body }))
    }

    /// An answer of the gateway's own in JSON.
    pub(super) fn own_json(answer: &impl Serialize) -> ExchangeOutcome {
        // Serialising our own types into memory can't fail.
        ExchangeOutcome::own(JSON, serde_json::to_vec(answer).unwrap_or_default())
    }
}

/// A provider's answer as this consumer may have it, and what it rests on.
pub struct Released {
    /// The permit.
    pub permit: Permit,
    /// The rest of the rates and the budget.
    pub remaining: Remaining,
    /// The redacted answer.
    pub redacted: RedactedResponse,
}

/// A provider's answer too long to be judged as a whole, and what it rests on.
pub struct ReleasedStream {
    /// The permit.
    pub permit: Permit,
    /// The rest of the rates and the budget.
    pub remaining: Remaining,
    /// The part that was read, and the source of the rest.
    pub streamed: StreamedAnswer,
    /// The request, to be decided again when another policy comes into force meanwhile.
    pub recheck: Recheck,
    /// Given back when the last window is out.
    pub slot: ConcurrencySlot,
}
