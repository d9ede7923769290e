//! `sluice catalog check`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sluice_core::domain::nearest;

use crate::catalog::{self, Checked, Rule, Severity, report};

/// Exit code of a command line that makes no sense, as clap's own.
const EXIT_USAGE: u8 = 2;

/// Check a catalog's files and print every problem at once
///
/// Prints each problem with its file, line and column, the line itself, the fault and the remedy.
/// Exits with 1 if there is any, a warning included.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice catalog check catalog
  sluice catalog check catalog --format sarif > catalog.sarif
  sluice catalog check --explain toxic-combination")]
pub(super) struct CheckArgs {
    /// The folder with departments.yaml and a folder for each department
    #[arg(required_unless_present = "explain")]
    dir: Option<PathBuf>,
    /// Format of the findings; json and sarif go to standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Tell why there is a rule, by the id that a problem names, and how to keep it
    #[arg(long, value_name = "RULE", conflicts_with = "dir")]
    explain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    match (&args.explain, &args.dir) {
        (Some(rule), _) => explain(rule),
        (None, Some(dir)) => check(dir, args.format),
        // clap asks for one of the two.
        (None, None) => ExitCode::from(EXIT_USAGE),
    }
}

fn check(dir: &Path, format: Format) -> ExitCode {
    let now = jiff::Timestamp::now().as_millisecond();
    let checked = catalog::check_dir(dir, Some(now));
    match format {
        Format::Text => print_text(&checked, dir),
        Format::Json => {
            // A report is texts and numbers: it can be written.
            say!("{}", serde_json::to_string_pretty(&report::of(&checked)).unwrap_or_default())
        }
        Format::Sarif => say!("{:#}", report::sarif(&checked.problems)),
    }
    if checked.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_text(checked: &Checked, dir: &Path) {
    let Checked { catalog, problems } = checked;
    eprint!("{problems}");
    match catalog {
        Some(catalog) if problems.is_empty() => {
            let entries = count(catalog.entries.len(), "entry", "entries");
            let departments = catalog.registry.departments().len();
            let departments = count(departments, "department", "departments");
            say!("{entries} of {departments}, no problems");
        }
        _ => {
            let problems = count(problems.len(), "problem", "problems");
            eprintln!("\n{problems} in {}; --explain RULE tells more", dir.display());
        }
    }
}

fn explain(id: &str) -> ExitCode {
    let Some(rule) = Rule::parse(id) else {
        let known = || Rule::ALL.iter().map(|rule| rule.id());
        eprintln!("there is no rule `{id}`");
        match nearest(id, known()) {
            Some(meant) => eprintln!("did you mean `{meant}`?"),
            None => eprintln!("the rules are {}", known().collect::<Vec<_>>().join(", ")),
        }
        return ExitCode::from(EXIT_USAGE);
    };
    let severity = match rule.severity() {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
    };
    say!("{rule} ({severity})\n\n{}", rule.explanation());
    ExitCode::SUCCESS
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
