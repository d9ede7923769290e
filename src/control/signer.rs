//! Who has signed a step, whether he may sign anything, and whether the time he states can be.

use std::fmt;

use sluice_core::domain::UnixMillis;
use sluice_core::release::step::StepName;
use sluice_core::release::{Person, Refusal, SignedStep, Statement};
use sluice_core::stop::is_barred;

use super::SIGNER_SKEW_MS;
use super::fault::RowError;
use super::journal::{Journal, JudgingContext};
use super::rows::SignedRow;
use super::stops::StopHistory;
use super::version::CatalogVersion;
use crate::pki::signature;

/// What was signed, by whom.
pub(super) fn verified<S: StepName>(
    step: &SignedRow,
    grounds: &JudgingContext,
) -> Result<SignedStep<S>, RowError> {
    let what = |why: &dyn fmt::Display| RowError::What(why.to_string());
    let statement = Statement::<S>::parse(&step.statement)
        .map_err(|why| what(&format_args!("the statement: {why}")))?;
    let signed = signature::verify(&step.signature, &step.statement)
        .map_err(|why| what(&format_args!("the signature: {why}")))?;
    let by = (grounds.vouch)(&signed.chain, statement.time).ok_or_else(|| {
        what(&"no authority of the settings vouched for the signer's certificate at that time")
    })?;
    Ok(SignedStep { statement, by, key: signed.key, digest: signed.digest })
}

/// The person who has signed a step, with the roles of a version.
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

/// That a step is not dated ahead. The gateway that took it may be ahead of this one, and the signer of that.
pub(super) fn not_ahead(time: UnixMillis, grounds: &JudgingContext) -> Result<(), RowError> {
    if time > (grounds.clock)().saturating_add(2 * SIGNER_SKEW_MS) {
        return Err(RowError::What(
            "the statement's time is not now, but ahead of this gateway's clock; sign it anew, by a \
             clock that is right"
                .into(),
        ));
    }
    Ok(())
}

/// That a step is not dated back behind one that was signed before it. Who has found a key that was good long
/// ago could else sign as of then.
pub(super) fn not_back(time: UnixMillis, before: UnixMillis) -> Result<(), RowError> {
    // Both clocks may be off, one this way and one that.
    if time < before.saturating_sub(2 * SIGNER_SKEW_MS) {
        return Err(RowError::What(
            "the statement's time is before that of steps that others have signed already; sign it anew, \
             by a clock that is right"
                .into(),
        ));
    }
    Ok(())
}

impl Journal {
    /// That a step is dated neither ahead nor back behind what others have signed before it.
    pub(super) fn in_time(
        &self,
        time: UnixMillis,
        grounds: &JudgingContext,
    ) -> Result<(), RowError> {
        not_back(time, self.latest)?;
        not_ahead(time, grounds)
    }

    /// Notes when a step was signed that was judged.
    pub(super) fn note_time(&mut self, time: UnixMillis) {
        self.latest = self.latest.max(time);
    }
}
