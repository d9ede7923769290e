//! What was stopped, or let go on, while the store was away: in force here, kept in the state folder, to
//! be appended when the store is back.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluice_core::domain::stops::StopTarget;
use sluice_core::release::{ContentDigest, SignedStep};
use sluice_core::stop::StopStep;

use super::fault::RowError;
use super::journal::JudgingContext;
use super::local_state::LocalState;
use super::rows::SignedRow;
use super::signer::verified;

/// Those steps.
pub struct PendingStops {
    kept: LocalState,
    steps: Mutex<Vec<PendingStop>>,
}

/// One of them.
#[derive(Clone)]
pub(super) struct PendingStop {
    /// What was signed.
    pub(super) signed: SignedRow,
    /// What it is about.
    pub(super) target: StopTarget,
    /// What was judged when it was taken.
    pub(super) taken: SignedStep<StopStep>,
}

impl PendingStop {
    fn read(signed: SignedRow, grounds: &JudgingContext) -> Result<PendingStop, RowError> {
        let taken: SignedStep<StopStep> = verified(&signed, grounds)?;
        let target = StopTarget::parse(&taken.statement.object);
        let target = target.ok_or_else(|| RowError::What("it stops nothing".into()))?;
        Ok(PendingStop { signed, target, taken })
    }
}

impl PendingStops {
    /// Those that an earlier run has left.
    ///
    /// # Errors
    /// When they can't be read: what they stop would go on.
    pub(super) fn open(
        kept: &LocalState,
        grounds: &JudgingContext,
    ) -> Result<PendingStops, String> {
        let steps = kept.pending_stops()?.into_iter();
        let steps: Result<Vec<PendingStop>, RowError> =
            steps.map(|step| PendingStop::read(step, grounds)).collect();
        let steps = steps.map_err(|wrong| {
            format!("what was suspended while the store was away can't be taken over: {wrong}")
        })?;
        Ok(PendingStops { kept: kept.clone(), steps: Mutex::new(steps) })
    }

    /// All of them, in order.
    pub(super) fn all(&self) -> Vec<PendingStop> {
        self.steps().clone()
    }

    /// Whether a step of that digest is one of them.
    pub(super) fn has(&self, digest: &str) -> bool {
        self.steps().iter().any(|one| one.taken.digest.to_string() == digest)
    }

    /// What they let go on, at the end.
    pub(super) fn lifted(&self) -> Vec<StopTarget> {
        let steps = self.steps();
        let is_last = |(at, one): &(usize, &PendingStop)| {
            !steps[at + 1..].iter().any(|later| later.target == one.target)
        };
        let last = steps.iter().enumerate().filter(is_last).map(|(_, one)| one);
        let lifts = last.filter(|one| one.taken.statement.step == StopStep::Lift);
        lifts.map(|one| one.target.clone()).collect()
    }

    /// Keeps one. It is among them even if it can't be written.
    pub(super) fn keep(&self, one: PendingStop) -> io::Result<()> {
        let mut steps = self.steps();
        steps.push(one);
        self.write(&steps)
    }

    /// Forgets one: it is in the store, or of no use any more.
    pub(super) fn forget(&self, digest: ContentDigest) {
        let mut steps = self.steps();
        steps.retain(|one| one.taken.digest != digest);
        // One that stays is found in the store by the next start.
        let _ = self.write(&steps);
    }

    fn write(&self, steps: &[PendingStop]) -> io::Result<()> {
        self.kept.keep_pending_stops(steps.iter().map(|one| &one.signed))
    }

    fn steps(&self) -> MutexGuard<'_, Vec<PendingStop>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
