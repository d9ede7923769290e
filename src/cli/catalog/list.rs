//! `sluice catalog list`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::catalog::{self, listing};

/// List a catalog's entries; with --class non-shared, the negative list
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice catalog list catalog
  sluice catalog list catalog --class non-shared
  sluice catalog list catalog --format json > superior.json")]
pub(super) struct ListArgs {
    /// The folder with the catalog
    dir: PathBuf,
    /// Only entries of this class
    #[arg(long, value_enum)]
    class: Option<Class>,
    /// Only entries of this department
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// Format of the list; `catalog superior` compares with json
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Class {
    Unconditional,
    Restricted,
    NonShared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &ListArgs) -> ExitCode {
    let catalog = match catalog::read_dir(&args.dir) {
        Ok(catalog) => catalog,
        Err(problems) => {
            eprint!("{problems}");
            return ExitCode::FAILURE;
        }
    };
    let mut listed = listing::of(&catalog);
    listed.retain(|item| {
        let of_department = |id: &String| item.department() == id;
        args.class.is_none_or(|class| item.class == word(class))
            && args.department.as_ref().is_none_or(of_department)
    });
    match args.format {
        Format::Text => listed.iter().for_each(|item| say!("{item}")),
        Format::Json => match serde_json::to_string_pretty(&listed) {
            Ok(json) => say!("{json}"),
            Err(error) => {
                eprintln!("the list can't be written as JSON: {error}");
                return ExitCode::FAILURE;
            }
        },
    }
    ExitCode::SUCCESS
}

fn word(class: Class) -> &'static str {
    match class {
        Class::Unconditional => "unconditional",
        Class::Restricted => "restricted",
        Class::NonShared => "non-shared",
    }
}
