//! `sluice catalog superior`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::catalog;
use crate::catalog::listing::{self, ListedEntry};

/// Show the entries that a superior's catalog has and this one lacks
///
/// Entries are the same when they have the same code, or the same title where one has no code.
/// Prints the entries that are missing here, or shared less widely. Exits with 1 if there is any.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sluice catalog list superior-catalog --format json > superior.json
  sluice catalog superior catalog --against superior.json")]
pub(super) struct SuperiorArgs {
    /// The folder with our catalog
    dir: PathBuf,
    /// The superior's list, as `sluice catalog list --format json` prints it
    #[arg(long, value_name = "FILE")]
    against: PathBuf,
}

pub(super) fn run(args: &SuperiorArgs) -> ExitCode {
    let superior = match read_list(&args.against) {
        Ok(superior) => superior,
        Err(why) => {
            eprintln!("{}: {why}", args.against.display());
            return ExitCode::FAILURE;
        }
    };
    let ours = match catalog::read_dir(&args.dir) {
        Ok(catalog) => listing::of(&catalog),
        Err(problems) => {
            eprint!("{problems}");
            return ExitCode::FAILURE;
        }
    };
    let lacking = listing::lacking(&ours, &superior);
    if lacking.is_empty() {
        say!("nothing of {} entries is missing", superior.len());
        return ExitCode::SUCCESS;
    }
    lacking.iter().for_each(|lack| say!("{lack}"));
    ExitCode::FAILURE
}

fn read_list(file: &Path) -> Result<Vec<ListedEntry>, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("this is no list of a catalog: {error}"))
}
