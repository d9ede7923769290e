//! `sluice catalog`: commands for a catalog's folder, and for releases.

use std::process::ExitCode;

use clap::{Args, Subcommand};

mod check;
mod diff;
mod draft;
mod list;
mod releases;
mod schema;
mod step;
mod superior;

/// The commands about a catalog.
#[derive(Debug, Args)]
pub struct CatalogArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Diff(diff::DiffArgs),
    List(list::ListArgs),
    Schema(schema::SchemaArgs),
    Superior(superior::SuperiorArgs),
    Init(releases::InitArgs),
    Draft(draft::DraftArgs),
    Drafts(draft::DraftsArgs),
    Show(draft::ShowArgs),
    /// Ask for a draft's review; from then on it does not change any more
    #[command(after_help = "Example:\n  sluice catalog submit d-12 --profile me.toml")]
    Submit(step::StepArgs),
    /// Find a submitted draft right
    #[command(after_help = "Example:\n  sluice catalog review d-12 --profile me.toml")]
    Review(step::StepArgs),
    /// Publish a reviewed draft as the next release
    #[command(after_help = "Example:\n  sluice catalog approve d-12 --profile me.toml")]
    Approve(step::ApproveArgs),
    /// Turn a draft down
    #[command(
        after_help = "Example:\n  sluice catalog reject d-12 --reason 'the level is too low' --profile me.toml"
    )]
    Reject(step::ReasonedArgs),
    /// Take a draft back
    #[command(after_help = "Example:\n  sluice catalog withdraw d-12 --profile me.toml")]
    Withdraw(step::StepArgs),
    Restore(draft::RestoreArgs),
    Releases(releases::ReleasesArgs),
}

/// Runs `sluice catalog`.
pub fn run(args: CatalogArgs) -> ExitCode {
    let done = match args.command {
        Command::Check(args) => return check::run(&args),
        Command::Diff(args) => return diff::run(&args),
        Command::List(args) => return list::run(&args),
        Command::Schema(args) => return schema::run(&args),
        Command::Superior(args) => return superior::run(&args),
        Command::Init(args) => releases::init(&args),
        Command::Draft(args) => draft::draft(&args),
        Command::Drafts(args) => draft::drafts(&args),
        Command::Show(args) => draft::show(&args),
        Command::Submit(args) => step::submit(&args),
        Command::Review(args) => step::review(&args),
        Command::Approve(args) => step::approve(&args),
        Command::Reject(args) => step::reject(&args),
        Command::Withdraw(args) => step::withdraw(&args),
        Command::Restore(args) => draft::restore(&args),
        Command::Releases(args) => releases::releases(&args),
    };
    done.unwrap_or_else(|failed| failed.complain("catalog"))
}
