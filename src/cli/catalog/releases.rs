//! `sluice catalog init` and `releases`: the first release, and the later ones.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::catalog::{self, folder};
use crate::cli::connection::{ConnectionArgs, Failed};
use crate::cli::offline::{OfflineArgs, VerifiedRows, runtime};
use crate::contract::releases::{DiffResponse, ReleaseResponse};
use crate::control;
use crate::store;

/// Begin a store with a folder as the first release, which nobody signs
///
/// Prints the digest that `catalog.genesis` in every gateway's settings must name, so that each
/// gateway can check that all later signatures build on this release.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog init catalog --store sqlite:state.sqlite")]
pub(super) struct InitArgs {
    /// The folder with the catalog
    dir: PathBuf,
    /// The store, as `catalog.store` in the settings has it
    #[arg(long, value_name = "ADDRESS")]
    store: String,
}

/// List, show or verify releases
#[derive(Debug, Args)]
pub(super) struct ReleasesArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArgs),
    Diff(DiffArgs),
    Verify(VerifyArgs),
}

/// List releases, the latest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog releases list --profile me.toml")]
struct ListArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Show the changes for consumers from one release to another
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog releases diff 41 42 --profile me.toml")]
struct DiffArgs {
    /// The earlier release's number
    from: u64,
    /// The later one's
    to: u64,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Verify every release in a store, offline: signatures, roles, steps, contents
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog releases verify --config sluice.toml")]
struct VerifyArgs {
    #[command(flatten)]
    store: OfflineArgs,
}

pub(super) fn init(args: &InitArgs) -> Result<ExitCode, Failed> {
    let checked = catalog::read_dir(&args.dir);
    checked.map_err(|problems| Failed::Refused(format!("the catalog has problems\n{problems}")))?;
    let (sources, _) = folder::sources(&args.dir);
    let now = jiff::Timestamp::now().as_millisecond();
    let digest = runtime()?.block_on(async {
        let store = store::at(&args.store).await?;
        control::begin(&*store, sources, now).await
    });
    let digest = digest.map_err(|error| match error {
        store::StoreError::Moved => Failed::Refused("the store has releases already".into()),
        other => Failed::Unreachable(other.to_string()),
    })?;
    say!("release 1 of {}; in the settings of every gateway:\n", args.dir.display());
    say!("[catalog]\nstore = \"{}\"\ngenesis = \"{digest}\"\nstate = \"state\"", args.store);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn releases(args: &ReleasesArgs) -> Result<ExitCode, Failed> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Diff(args) => diff(args),
        Command::Verify(args) => verify(args),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode, Failed> {
    let listed: Vec<ReleaseResponse> = args.connection.open()?.ask("/api/v1/releases")?;
    for ReleaseResponse { catalog_version, effective, in_force, steps, .. } in &listed {
        let in_force = if *in_force { "in force" } else { "" };
        say!("{catalog_version:<20} {effective:<25} {in_force:<9} {}", steps.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn diff(args: &DiffArgs) -> Result<ExitCode, Failed> {
    let DiffArgs { from, to, connection } = args;
    let path = format!("/api/v1/releases/{from}/diff/{to}");
    let told: DiffResponse = connection.open()?.ask(&path)?;
    for change in &told.changes {
        say!("{}: {}: {}", change.effect, change.heading, change.text);
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(args: &VerifyArgs) -> Result<ExitCode, Failed> {
    let verified = VerifiedRows::read(&args.store)?;
    for release in &verified.journal.releases {
        let version = control::version::named(release.number, release.manifest);
        say!("{version} is what was approved");
    }
    verified.end()?;
    Ok(ExitCode::SUCCESS)
}
