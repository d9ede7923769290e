//! The counts of an exchange for the metrics.

use sluice_core::domain::rejection::Rejection;

use super::labels::outcome_label;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::response::redact::RedactedResponse;
use crate::metrics::OutcomeLabel;

/// The counts of an exchange for the metrics, once it is over.
pub(in crate::exchange) struct ExchangeMetrics {
    pub(in crate::exchange) outcome: OutcomeLabel,
    pub(in crate::exchange) code: Option<&'static str>,
    pub(in crate::exchange) bytes: u64,
    pub(in crate::exchange) records: u64,
}

impl ExchangeMetrics {
    pub(in crate::exchange) fn of(outcome: &Result<ExchangeOutcome, Rejection>) -> ExchangeMetrics {
        let (outcome_label, code, bytes, records) = match outcome {
            Ok(ExchangeOutcome::Released(answer)) => {
                let RedactedResponse { body, tally, .. } = &answer.redacted;
                (OutcomeLabel::Released, None, body.len() as u64, tally.records)
            }
            Ok(ExchangeOutcome::Reasoning(_) | ExchangeOutcome::OwnAnswer(_)) => {
                (OutcomeLabel::Reasoned, None, 0, 0)
            }
            Err(rejection) => (outcome_label(rejection), Some(rejection.code()), 0, 0),
        };
        ExchangeMetrics { outcome: outcome_label, code, bytes, records }
    }
}
