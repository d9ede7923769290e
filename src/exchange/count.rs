//! What the metrics are told of an exchange.

use sluice_core::domain::rejection::Rejection;

use super::ExchangeOutcome;
use super::judge::RedactedResponse;
use super::remarks::counted;
use crate::metrics::OutcomeLabel;

/// What the metrics are told of an exchange once it is over.
pub(super) struct ExchangeMetrics {
    pub(super) outcome: OutcomeLabel,
    pub(super) code: Option<&'static str>,
    pub(super) bytes: u64,
    pub(super) records: u64,
}

impl ExchangeMetrics {
    pub(super) fn of(outcome: &Result<ExchangeOutcome, Rejection>) -> ExchangeMetrics {
        let (counted, code, bytes, records) = match outcome {
            Ok(ExchangeOutcome::Released(answer)) => {
                let RedactedResponse { body, tally, .. } = &answer.redacted;
                (OutcomeLabel::Released, None, body.len() as u64, tally.records)
            }
            Ok(ExchangeOutcome::Reasoning(_) | ExchangeOutcome::Shown(_)) => {
                (OutcomeLabel::Reasoned, None, 0, 0)
            }
            Err(rejection) => (counted(rejection), Some(rejection.code()), 0, 0),
        };
        ExchangeMetrics { outcome: counted, code, bytes, records }
    }
}
