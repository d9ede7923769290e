//! Whom a request asks about.

use sluice_core::domain::matching::Matched;
use sluice_core::domain::parameter::Unfit;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::Rejection;
use sluice_core::ledger::digest::{SubjectDigest, SubjectKey};

/// The persons that a request names, by the parameters that identify persons. Each record of the
/// answer must be about them all.
///
/// # Errors
/// When nothing is left of an identifier in its canonical form: then nobody is asked about, and
/// whose record comes could not be told.
pub(super) fn asked(
    policy: &Policy,
    matched: &Matched,
    key: &SubjectKey,
) -> Result<Vec<SubjectDigest>, Rejection> {
    let operation = matched.operation(policy);
    let mut asked = Vec::new();
    for argument in &matched.arguments {
        let parameter = &operation.parameters[usize::from(argument.parameter)];
        if !parameter.subject {
            continue;
        }
        let digest = key.digest(&argument.value.to_string()).ok_or_else(|| {
            let name = parameter.name.clone();
            Rejection::ParameterInvalid { name, why: Unfit::Nobody }
        })?;
        if !asked.contains(&digest) {
            asked.push(digest);
        }
    }
    Ok(asked)
}
