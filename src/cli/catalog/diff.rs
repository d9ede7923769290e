//! `sluice catalog diff`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::catalog::{self, Catalog, difference};

/// Show the meaning of a change: the departments that gain or lose, the fields that open or close
///
/// Compares the meaning of two catalogs, not their text. `+` gives access, `-` takes it away, `~`
/// is another change. Exits with 1 if one of the two has errors.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  git worktree add /tmp/before main
  sluice catalog diff /tmp/before/catalog catalog")]
pub(super) struct DiffArgs {
    /// The folder with the catalog as it was
    old: PathBuf,
    /// The folder with the catalog as it shall be
    new: PathBuf,
    /// Format of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &DiffArgs) -> ExitCode {
    let (Some(old), Some(new)) = (read(&args.old), read(&args.new)) else {
        return ExitCode::FAILURE;
    };
    let changes = difference::between(&old, &new);
    match args.format {
        Format::Text if changes.0.is_empty() => say!("no difference in meaning"),
        Format::Text => print!("{changes}"),
        Format::Json => {
            let changes = changes.0.iter().map(|change| {
                json!({
                    "entry": change.entry,
                    "effect": change.effect.as_str(),
                    "text": change.text,
                })
            });
            let changes = changes.collect::<Vec<_>>();
            say!("{:#}", json!({"old": old.version, "new": new.version, "changes": changes}));
        }
    }
    ExitCode::SUCCESS
}

fn read(dir: &Path) -> Option<Catalog> {
    catalog::read_dir(dir).map_err(|problems| eprint!("{problems}")).ok()
}
