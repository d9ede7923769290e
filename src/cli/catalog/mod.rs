//! `sluice catalog`: what can be done with a catalog's folder.

use std::process::ExitCode;

use clap::{Args, Subcommand};

mod check;
mod diff;
mod list;
mod schema;
mod superior;

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
    List(list::ListArgs),
    Schema(schema::SchemaArgs),
    Superior(superior::SuperiorArgs),
}

/// Runs `sluice catalog`.
pub fn run(args: CatalogArgs) -> ExitCode {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::List(args) => list::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Superior(args) => superior::run(&args),
    }
}
