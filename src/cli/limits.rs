//! `sluice limits`: the limits of a consumer, and the recount of budgets.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::connection::{ConnectionArgs, Failed};
use crate::audit::Archive;
use crate::budgets::{BudgetFile, Budgets};
use crate::contract::quotas::{QuotaPage, TermLimits};
use crate::gateway;
use crate::settings::Settings;

/// Show the limits of a consumer, and the rest of each
#[derive(Debug, Args)]
pub struct LimitsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(ShowArgs),
    Recount(RecountArgs),
}

/// Show the rates and budgets of a system by the terms that apply to it, and the rest of each
///
/// For people of its department, of the exchange office, and auditors; others see what concerns their
/// own department's entries.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice limits show --consumer civil-affairs/assistance-desk --profile me.toml
  sluice limits show --consumer civil-affairs/assistance-desk --entry public-security/population \\
    --operator officer-0042 --profile me.toml")]
struct ShowArgs {
    /// The system, with its department
    #[arg(long, value_name = "DEPARTMENT/SYSTEM")]
    consumer: String,
    /// One entry only
    #[arg(long, value_name = "DEPARTMENT/ENTRY")]
    entry: Option<String>,
    /// The person on whose behalf it calls, for that person's rates
    #[arg(long, value_name = "ID")]
    operator: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Recount the use of budgets, from all records that the log still has
///
/// For a gateway that does not start because its file of counts is gone or was changed, while the log
/// has been pruned. What was used before the log's first record is forgotten: put the file back from a
/// backup instead, where there is one.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice limits recount --config sluice.toml")]
struct RecountArgs {
    /// The gateway's settings; it must not run
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs `sluice limits`.
pub fn run(args: &LimitsArgs) -> ExitCode {
    let done = match &args.command {
        Command::Show(args) => show(args),
        Command::Recount(args) => recount(args),
    };
    done.unwrap_or_else(|failed| failed.complain("limits"))
}

fn show(args: &ShowArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let mut after = None;
    let mut told = 0;
    loop {
        let said = [
            ("consumer", Some(&args.consumer)),
            ("entry", args.entry.as_ref()),
            ("operator", args.operator.as_ref()),
            ("after", after.as_ref()),
        ];
        let said = said.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        let mut query = Vec::new();
        for (name, id) in said {
            // Ids need no escaping in a query, and nothing else is one.
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c);
            if !id.chars().all(plain) {
                return Err(Failed::Usage(format!("--{name} {id:?} is no id")));
            }
            query.push(format!("{name}={id}"));
        }
        let page: QuotaPage = office.ask(&format!("/api/v1/limits?{}", query.join("&")))?;
        if after.is_none() {
            say!("{} by catalog {}", page.consumer, page.catalog_version);
        }
        for entry in &page.entries {
            told += 1;
            say!("\n{}", entry.entry);
            entry.terms.iter().for_each(tell);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if told == 0 {
        say!("\nno term of any entry is for it, as far as you may see");
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells of a term: a line for each rate, and for each limit of its budget.
fn tell(term: &TermLimits) {
    let law = term.legal_basis.as_ref().map(|law| format!("  ({law})")).unwrap_or_default();
    say!("  {}{law}", term.basis);
    for rate in &term.rates {
        let pace = format!("{} in {} s", rate.requests, rate.window_seconds);
        let left = match rate.left {
            Some(left) => format!("{left} left"),
            None => "name the operator to see what is left".into(),
        };
        say!("    {:<9} {pace:<24} {left}", rate.of);
    }
    for part in &term.budget {
        let per = if part.window == "day" { "a day" } else { "in all" };
        let again = part.refills.as_ref().map(|at| format!(", whole again at {at}"));
        let (limit, again) = (format!("{} {per}", part.limit), again.unwrap_or_default());
        say!("    {:<9} {limit:<24} {} left{again}", part.unit, part.left);
    }
}

fn recount(args: &RecountArgs) -> Result<ExitCode, Failed> {
    let usage = |error: &dyn std::fmt::Display| Failed::Usage(error.to_string());
    let settings = Settings::load(&args.config).map_err(|error| usage(&error))?;
    let secret = gateway::exchange_secret(&settings).map_err(|error| usage(&error))?;
    let archive = Archive::open(&settings.log.dir);
    let archive = archive.map_err(|error| usage(&format!("log.dir: {error}")))?;
    let budgets = Budgets::new(settings.limits.days, settings.limits.accounts);
    let counted = BudgetFile::beside(&settings.log.dir, &secret).recount(&budgets, &archive);
    let records = counted.map_err(|why| Failed::Refused(why.to_string()))?;
    say!("{} accounts, by the log up to record {records}", budgets.accounts());
    Ok(ExitCode::SUCCESS)
}
