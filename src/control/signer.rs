//! Checks of a step's signer: the signature, the person's right to sign anything, and the stated
//! time.

use std::fmt;

use sluice_core::domain::UnixMillis;
use sluice_core::release::step::StepName;
use sluice_core::release::{Person, Refusal, SignedStep, Statement};
use sluice_core::stop::is_barred;

use super::SIGNER_SKEW_MS;
use super::fault::RowError;
use super::journal::Journal;
use super::judging_context::JudgingContext;
use super::rows::SignedRow;
use super::stops::StopHistory;
use super::version::CatalogVersion;
use crate::pki::signature;

/// Verifies the signature of a step and the certificate of its signer.
pub(super) fn verified<S: StepName>(
    step: &SignedRow,
    judging_context: &JudgingContext,
) -> Result<SignedStep<S>, RowError> {
    let what = |why: &dyn fmt::Display| RowError::Invalid(why.to_string());
    let statement = Statement::<S>::parse(&step.statement)
        .map_err(|why| what(&format_args!("the statement: {why}")))?;
    let signed = signature::verify(&step.signature, &step.statement)
        .map_err(|why| what(&format_args!("the signature: {why}")))?;
    let by =
        (judging_context.verify_certificate)(&signed.chain, statement.time).ok_or_else(|| {
            what(&"no authority of the settings vouched for the signer's certificate at that time")
        })?;
    Ok(SignedStep { statement, by, key: signed.key, digest: signed.digest })
}

/// Returns the person who has signed a step, with their roles by a version of the catalog.
pub(super) fn signer<S: StepName>(
    taken: &SignedStep<S>,
    version: Option<&CatalogVersion>,
    stops: &StopHistory,
) -> Result<Person, RowError> {
    if is_barred(&taken.by, stops) {
        return Err(RowError::Refused(Refusal::Suspended));
    }
    let roles = version.and_then(|version| version.catalog.registry.roles_of(&taken.by));
    let roles = roles.map(<[_]>::to_vec);
    Ok(Person { roles, key: taken.key, identity: taken.by.clone() })
}

/// Requires that a step is not dated in the future. Two clocks may be ahead: the signer's, and that
/// of the gateway that took the step.
pub(super) fn not_ahead(
    time: UnixMillis,
    judging_context: &JudgingContext,
) -> Result<(), RowError> {
    if time > (judging_context.clock)().saturating_add(2 * SIGNER_SKEW_MS) {
        return Err(RowError::Invalid(
            "the statement's time is not now, but ahead of this gateway's clock; sign it anew, by a \
             clock that is right"
                .into(),
        ));
    }
    Ok(())
}

/// Requires that a step is not dated before one that was signed earlier. Otherwise somebody who has
/// found an old key could sign with a date at which the key was valid.
pub(super) fn not_back(time: UnixMillis, before: UnixMillis) -> Result<(), RowError> {
    // Both clocks may be wrong, in opposite directions.
    if time < before.saturating_sub(2 * SIGNER_SKEW_MS) {
        return Err(RowError::Invalid(
            "the statement's time is before that of steps that others have signed already; sign it anew, \
             by a clock that is right"
                .into(),
        ));
    }
    Ok(())
}

impl Journal {
    /// Requires that a step is dated neither in the future nor before earlier steps.
    pub(super) fn in_time(
        &self,
        time: UnixMillis,
        judging_context: &JudgingContext,
    ) -> Result<(), RowError> {
        not_back(time, self.latest)?;
        not_ahead(time, judging_context)
    }

    /// Notes the time of a step that was checked.
    pub(super) fn note_time(&mut self, time: UnixMillis) {
        self.latest = self.latest.max(time);
    }
}
