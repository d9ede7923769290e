//! `sluice audit epoch`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Fault;
use crate::settings::begin_subject_epoch;

/// Begin a new epoch of the keys by which persons are pseudonymized in the log.
///
/// Makes the next subject-N.key in log.secrets; the gateway uses it from its next start on. From
/// then on the same person has another digest in the log: the keys of one epoch reveal nothing of
/// another. Keep the former keys as long as their records.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice audit epoch --secrets log-secrets")]
pub(super) struct EpochArgs {
    /// The folder `log.secrets` of the settings.
    #[arg(long, value_name = "DIR")]
    secrets: PathBuf,
}

pub(super) fn run(args: &EpochArgs) -> Result<ExitCode, Fault> {
    let epoch = begin_subject_epoch(&args.secrets).map_err(Fault::found)?;
    say!("made subject-{epoch}.key; restart the gateway to use it");
    Ok(ExitCode::SUCCESS)
}
