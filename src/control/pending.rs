//! Pending stops: suspensions and their lifting that were signed while the store was away. They are
//! in force on this gateway, are kept in its state folder, and are appended when the store is back.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluice_core::domain::stops::StopTarget;
use sluice_core::release::{ContentDigest, SignedStep};
use sluice_core::stop::StopStep;

use super::fault::RowError;
use super::judging_context::JudgingContext;
use super::local_state::LocalState;
use super::rows::SignedRow;
use super::signer::verified;

/// The pending stops.
pub struct PendingStops {
    kept: LocalState,
    steps: Mutex<Vec<PendingStop>>,
}

/// A pending stop.
#[derive(Clone)]
pub(super) struct PendingStop {
    /// The signed statement.
    pub(super) signed: SignedRow,
    /// The target that it stops or lifts.
    pub(super) target: StopTarget,
    /// The verified step, as it was checked when it was taken.
    pub(super) taken: SignedStep<StopStep>,
}

impl PendingStop {
    fn read(signed: SignedRow, judging_context: &JudgingContext) -> Result<PendingStop, RowError> {
        let taken: SignedStep<StopStep> = verified(&signed, judging_context)?;
        let target = StopTarget::parse(&taken.statement.object);
        let target = target.ok_or_else(|| RowError::Invalid("it stops nothing".into()))?;
        Ok(PendingStop { signed, target, taken })
    }
}

impl PendingStops {
    /// Reads the pending stops that an earlier run has left.
    ///
    /// # Errors
    /// The file can't be read. The gateway must not start then, as it would ignore the stops.
    pub(super) fn open(
        kept: &LocalState,
        judging_context: &JudgingContext,
    ) -> Result<PendingStops, String> {
        let steps = kept.pending_stops()?.into_iter();
        let steps: Result<Vec<PendingStop>, RowError> =
            steps.map(|step| PendingStop::read(step, judging_context)).collect();
        let steps = steps.map_err(|wrong| {
            format!("what was suspended while the store was away can't be taken over: {wrong}")
        })?;
        Ok(PendingStops { kept: kept.clone(), steps: Mutex::new(steps) })
    }

    /// Returns the pending stops, in order.
    pub(super) fn all(&self) -> Vec<PendingStop> {
        self.steps().clone()
    }

    /// Tells whether a step of this digest is pending.
    pub(super) fn has(&self, digest: &str) -> bool {
        self.steps().iter().any(|one| one.taken.digest.to_string() == digest)
    }

    /// Returns the targets whose last pending step lifts the stop.
    pub(super) fn lifted(&self) -> Vec<StopTarget> {
        let steps = self.steps();
        let is_last = |(at, one): &(usize, &PendingStop)| {
            !steps[at + 1..].iter().any(|later| later.target == one.target)
        };
        let last = steps.iter().enumerate().filter(is_last).map(|(_, one)| one);
        let lifts = last.filter(|one| one.taken.statement.step == StopStep::Lift);
        lifts.map(|one| one.target.clone()).collect()
    }

    /// Adds a pending stop. It is in force even if it can't be written to the state folder.
    pub(super) fn keep(&self, one: PendingStop) -> io::Result<()> {
        let mut steps = self.steps();
        steps.push(one);
        self.write(&steps)
    }

    /// Removes a pending stop that is in the store by now, or has lost its effect.
    pub(super) fn forget(&self, digest: ContentDigest) {
        let mut steps = self.steps();
        steps.retain(|one| one.taken.digest != digest);
        // If the file can't be written, the next start finds the step in the store.
        let _ = self.write(&steps);
    }

    fn write(&self, steps: &[PendingStop]) -> io::Result<()> {
        self.kept.keep_pending_stops(steps.iter().map(|one| &one.signed))
    }

    fn steps(&self) -> MutexGuard<'_, Vec<PendingStop>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
