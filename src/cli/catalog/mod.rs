//! `sluice catalog`: what can be done with a catalog's folder.

use std::process::ExitCode;

use clap::{Args, Subcommand};

mod check;
mod diff;
mod schema;

/// What to do with a catalog.
#[derive(Debug, Args)]
pub struct CatalogArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Diff(diff::DiffArgs),
    Schema(schema::SchemaArgs),
}

/// Runs `sluice catalog`.
pub fn run(args: CatalogArgs) -> ExitCode {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}
