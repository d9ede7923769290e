//! `sluice catalog`: checks of a catalog's folder.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::catalog;

/// What to do with a catalog.
#[derive(Debug, Args)]
pub struct CatalogArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a catalog's files and print every problem at once
    ///
    /// Prints each problem with its file, line and column, the line itself, what is wrong and
    /// what to do. Exits with 1 if there is any.
    #[command(after_help = "Example:\n  sluice catalog check catalog")]
    Check {
        /// The folder with departments.yaml and a folder for each department
        dir: PathBuf,
    },
}

/// Runs `sluice catalog`.
pub fn run(args: CatalogArgs) -> ExitCode {
    match args.command {
        Command::Check { dir } => check(&dir),
    }
}

fn check(dir: &Path) -> ExitCode {
    match catalog::read_dir(dir) {
        Ok(catalog) => {
            let entries = count(catalog.entries.len(), "entry", "entries");
            let departments = catalog.registry.departments().len();
            let departments = count(departments, "department", "departments");
            println!("{entries} of {departments}, no problems");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprint!("{problems}");
            eprintln!("\n{} in {}", count(problems.len(), "problem", "problems"), dir.display());
            ExitCode::FAILURE
        }
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
