//! `sluice suspend`, `sluice lift` and `sluice suspended`: stopping something at once.

use std::process::ExitCode;

use clap::Args;
use sluice_core::domain::stops::StopTarget;
use sluice_core::release::{ContentDigest, Statement};
use sluice_core::stop::{ROLES, StopStep, digest_of};

use super::connection::{ConnectionArgs, Failed};
use super::shown;
use crate::contract::suspensions::{SuspensionChange, SuspensionResponse};

/// Suspend a target at once: an entry, a department, a system, a person, a grant
///
/// It is in force when this returns, at other gateways within a second. Connections of the target
/// are closed. It works while the store is away, too: at the gateway that is called.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice suspend entry/health/beds --reason 'wrong data' --profile me.toml
  sluice suspend system/health/clinic-desk --reason 'key lost' --profile me.toml")]
pub struct SuspendArgs {
    /// entry/DEPARTMENT/ID, department/ID, system/DEPARTMENT/ID, person/DEPARTMENT/ID or grant/ID
    target: String,
    /// Reason
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Lift a suspension; by another person, unless the catalog's procedure says otherwise
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice lift entry/health/beds --profile me.toml")]
pub struct LiftArgs {
    /// The target, as it was suspended
    target: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// List the suspensions, with their persons and reasons
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice suspended --profile me.toml")]
pub struct SuspendedArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs `sluice suspend`.
pub fn suspend(args: &SuspendArgs) -> ExitCode {
    let done = take(&args.connection, &args.target, StopStep::Suspend, Some(&args.reason));
    done.unwrap_or_else(|failed| failed.complain("suspend"))
}

/// Runs `sluice lift`.
pub fn lift(args: &LiftArgs) -> ExitCode {
    let done = take(&args.connection, &args.target, StopStep::Lift, None);
    done.unwrap_or_else(|failed| failed.complain("lift"))
}

/// Runs `sluice suspended`.
pub fn suspended(args: &SuspendedArgs) -> ExitCode {
    list(&args.connection).unwrap_or_else(|failed| failed.complain("suspended"))
}

fn list(connection: &ConnectionArgs) -> Result<ExitCode, Failed> {
    let listed: Vec<SuspensionResponse> = connection.open()?.ask("/api/v1/suspensions")?;
    for one in listed.iter().filter(|one| one.stopped) {
        let Some(last) = one.steps.last() else { continue };
        let reason = shown(last.reason.as_deref().unwrap_or_default());
        say!("{} since {} by {}: {reason}", one.target, last.time, last.by);
    }
    Ok(ExitCode::SUCCESS)
}

fn take(
    connection: &ConnectionArgs,
    target: &str,
    step: StopStep,
    reason: Option<&str>,
) -> Result<ExitCode, Failed> {
    let named = StopTarget::parse(target).ok_or_else(|| {
        let forms = "entry/health/beds, department/health, system/health/desk, person/health/wang, \
                     grant/g-7";
        Failed::Usage(format!("{target:?} is nothing that can be stopped: {forms}"))
    })?;
    let office = connection.open()?;
    let known: Vec<SuspensionResponse> = office.ask("/api/v1/suspensions")?;
    let before = known.iter().find(|one| one.target == target);
    let previous = before.and_then(|one| ContentDigest::parse(one.previous.as_deref()?));
    let statement = Statement {
        step,
        object: named.to_string().into(),
        digest: digest_of(&named),
        previous,
        role: office.role(ROLES)?,
        time: jiff::Timestamp::now().as_millisecond(),
        approval: None,
        reason: reason.map(Into::into),
    };
    let told: SuspensionChange = office.take("/api/v1/suspensions", &statement)?;
    let now = match step {
        StopStep::Suspend => "is stopped",
        StopStep::Lift => "goes on",
    };
    if told.stored {
        say!("{named} {now}");
    } else {
        say!("{named} {now} at this gateway; at others when the store is back");
    }
    Ok(ExitCode::SUCCESS)
}
