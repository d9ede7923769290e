//! The counts of what was released, as records have them.

use sluice_core::domain::decide::Permit;
use sluice_core::ledger::record::FieldCounts;
use sluice_core::redaction::Tally;

use crate::snapshot::Release;

/// The counts of a tally by path, for the record.
pub(in crate::exchange) fn field_counts<'a>(
    release: &'a Release,
    permit: &Permit,
    tally: &'a Tally,
) -> FieldCounts<'a> {
    FieldCounts { paths: release.paths(permit.entry), counts: &tally.counts }
}
