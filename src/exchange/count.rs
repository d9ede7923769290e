//! What the metrics are told of an exchange.

use sluice_core::domain::rejection::Rejection;

use super::Passed;
use super::judge::Redacted;
use super::remarks::counted;
use crate::metrics::Counted;

/// What the metrics are told of an exchange once it is over.
pub(super) struct Count {
    pub(super) outcome: Counted,
    pub(super) code: Option<&'static str>,
    pub(super) bytes: u64,
    pub(super) records: u64,
}

impl Count {
    pub(super) fn of(outcome: &Result<Passed, Rejection>) -> Count {
        let (counted, code, bytes, records) = match outcome {
            Ok(Passed::Released(answer)) => {
                let Redacted { body, tally, .. } = &answer.redacted;
                (Counted::Released, None, body.len() as u64, tally.records)
            }
            Ok(Passed::Reasoning(_) | Passed::Shown(_)) => (Counted::Reasoned, None, 0, 0),
            Err(rejection) => (counted(rejection), Some(rejection.code()), 0, 0),
        };
        Count { outcome: counted, code, bytes, records }
    }
}
