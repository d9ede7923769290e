//! `sluice grant`: temporary grants, from the request to their end.
//!
//! The statement to be signed is built here, from the grant as it is shown: its digest is computed,
//! not taken over, so that nobody signs a text that they were not shown.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sluice_core::grant::{GrantStep, Subjects};
use sluice_core::ledger::time::rfc3339;
use sluice_core::release::step::StepName;

use super::connection::{ConnectionArgs, Failed};
use super::offline::{OfflineArgs, VerifiedRows};
use super::shown;
use crate::contract::grants::{GrantContents, GrantRequest, GrantResponse, GrantUses};
use crate::contract::steps::StepResponse;

mod known;

use known::{ShownGrant, use_line, waits};

/// Temporary grants: ask for one, agree, open, end it; where the catalog does not reach
#[derive(Debug, Args)]
pub struct GrantArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Request(RequestArgs),
    /// Agree to a request, for the provider: its approver, or the section's head where the
    /// procedure demands that
    #[command(after_help = "Example:\n  sluice grant agree g-12 --profile me.toml")]
    Agree(SignArgs),
    /// Agree to a request as the provider's leader where the procedure demands that, or to an
    /// escalated one as the leader above both
    #[command(after_help = "Example:\n  sluice grant approve g-12 --profile me.toml")]
    Approve(SignArgs),
    /// Open a grant that all others have agreed to, for the exchange office
    #[command(after_help = "Example:\n  sluice grant open g-12 --profile me.toml")]
    Open(SignArgs),
    /// Take a request that was declined, or not answered in time, to the office above both
    #[command(
        after_help = "Example:\n  sluice grant escalate g-12 --reason 'the law demands it' --profile me.toml"
    )]
    Escalate(ReasonedArgs),
    /// Stand behind an escalated request, as the leader above the consumer
    #[command(after_help = "Example:\n  sluice grant endorse g-12 --profile me.toml")]
    Endorse(SignArgs),
    /// Find an escalated request right, for the exchange office above both
    #[command(after_help = "Example:\n  sluice grant review g-12 --profile me.toml")]
    Review(SignArgs),
    /// Turn a request down, when it is one's turn
    #[command(
        after_help = "Example:\n  sluice grant decline g-12 --reason 'the catalog has a term for it' --profile me.toml"
    )]
    Decline(ReasonedArgs),
    /// Take a request back
    #[command(after_help = "Example:\n  sluice grant withdraw g-12 --profile me.toml")]
    Withdraw(SignArgs),
    /// End a grant at once, for the provider, the exchange office or the office above both
    #[command(
        after_help = "Example:\n  sluice grant revoke g-12 --reason 'the case is closed' --profile me.toml"
    )]
    Revoke(ReasonedArgs),
    /// Give a grant back, for the consumer
    #[command(
        after_help = "Example:\n  sluice grant return g-12 --reason 'no longer needed' --profile me.toml"
    )]
    Return(ReasonedArgs),
    /// Confirm that an open grant is still needed, when its review is due, for the provider, or for the
    /// office above both where that has agreed in its place
    #[command(after_help = "Example:\n  sluice grant confirm g-12 --profile me.toml")]
    Confirm(SignArgs),
    List(ListArgs),
    /// Show a grant: its contents, the steps taken, the next step, the rest of its budget
    #[command(after_help = "Example:\n  sluice grant show g-12 --profile me.toml")]
    Show(ShowArgs),
    Uses(UsesArgs),
    Verify(VerifyArgs),
}

/// List the uses of a grant through the gateway that is asked: when, by whom, how many records
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice grant uses g-12 --profile me.toml")]
struct UsesArgs {
    /// Index of the first record of the log to list; each line begins with its index
    #[arg(long, value_name = "INDEX")]
    from: Option<u64>,
    #[command(flatten)]
    of: StepArgs,
}

/// Verify every grant in a store, offline: signatures, roles and order of the steps
///
/// Prints each grant with its steps and their signers. Stops at the first row that breaks a rule.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  sluice grant verify --config sluice.toml"
)]
struct VerifyArgs {
    /// Verify this grant only
    grant: Option<String>,
    #[command(flatten)]
    store: OfflineArgs,
}

/// Ask for a grant, for one's own department, and sign the request
///
/// The file is TOML:
///
///   entry = "public-security/population"
///   operations = ["query"]
///   fields = ["$.name", "$.id_number", "$.address"]   # or clearance = 3: all up to that level
///   purpose = "disease-control"
///   case = "疾控〔2026〕7号"                 # optional: must then be stated with every call
///   from = "2026-12-01T00:00:00+08:00"
///   until = "2027-02-01T00:00:00+08:00"
///   legal_basis = "传染病防治法"
///   responsible = "officer-0604"
///   responsible_at_provider = "officer-0302"
///   systems = ["clinic-desk"]               # optional, as are operators, bindings, rate, conditions,
///                                           # retention, reviews and supersedes
///   subjects = ["330106199003070410"]       # optional: only these persons; sent as keyed digests
///   [budget.daily]
///   persons = 200
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  sluice grant request grant.toml --profile me.toml"
)]
struct RequestArgs {
    /// The request, TOML
    file: PathBuf,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// The grant, and the person
#[derive(Debug, Args)]
struct StepArgs {
    /// The grant's id
    grant: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// The grant, and the person
#[derive(Debug, Args)]
struct ShowArgs {
    /// Also tell whether this person is one of its subjects, by the identifier
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    #[command(flatten)]
    of: StepArgs,
}

/// The grant, and the person who signs
#[derive(Debug, Args)]
struct SignArgs {
    /// Sign only if the grant has this digest, which `sluice grant show` tells
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    of: StepArgs,
}

/// The grant, the reason, and the person
#[derive(Debug, Args)]
struct ReasonedArgs {
    /// The grant's id
    grant: String,
    /// Reason
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// List the grants that concern one's department, the latest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice grant list --state requested --profile me.toml")]
struct ListArgs {
    /// Only those in this state: written, requested, agreed, approved, active, expired, …
    #[arg(long, value_name = "WORD")]
    state: Option<String>,
    /// Only requests whose answer is overdue
    #[arg(long)]
    overdue: bool,
    /// Only those of which a review is due
    #[arg(long)]
    review_due: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs `sluice grant`.
pub fn run(args: &GrantArgs) -> ExitCode {
    let done = match &args.command {
        Command::Request(args) => request(args),
        Command::Agree(args) => step(args, GrantStep::Agree),
        Command::Approve(args) => step(args, GrantStep::Approve),
        Command::Open(args) => step(args, GrantStep::Open),
        Command::Withdraw(args) => step(args, GrantStep::Withdraw),
        Command::Escalate(args) => reasoned(args, GrantStep::Escalate),
        Command::Endorse(args) => step(args, GrantStep::Endorse),
        Command::Review(args) => step(args, GrantStep::Review),
        Command::Decline(args) => reasoned(args, GrantStep::Decline),
        Command::Revoke(args) => reasoned(args, GrantStep::Revoke),
        Command::Return(args) => reasoned(args, GrantStep::Return),
        Command::Confirm(args) => step(args, GrantStep::Confirm),
        Command::List(args) => list(args),
        Command::Show(args) => show(args),
        Command::Uses(args) => uses(args),
        Command::Verify(args) => verify(args),
    };
    done.unwrap_or_else(|failed| failed.complain("grant"))
}

fn request(args: &RequestArgs) -> Result<ExitCode, Failed> {
    let wrong =
        |what: &dyn std::fmt::Display| Failed::Usage(format!("{}: {what}", args.file.display()));
    let text = fs::read_to_string(&args.file).map_err(|error| wrong(&error))?;
    let mut asked: toml::Table = toml::from_str(&text).map_err(|error| wrong(&error))?;
    if let Some(listed) = asked.remove("subjects") {
        asked.insert("subjects".into(), digests(listed).map_err(|what| wrong(&what))?);
    }
    let said: GrantRequest = asked.try_into().map_err(|error| wrong(&error))?;
    let office = args.connection.open()?;
    let told: GrantResponse = office.send("/api/v1/grants", &said)?;
    let known = ShownGrant::read(office, told)?;
    known.is_what_was_asked(&said)?;
    known.take(GrantStep::Request, None)
}

/// A list of persons without their identifiers, which don't leave this machine.
fn digests(listed: toml::Value) -> Result<toml::Value, String> {
    let listed: Vec<String> = listed
        .try_into()
        .map_err(|_| "`subjects` is a list of identifiers, in quotes".to_owned())?;
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| "no random numbers are to be had".to_owned())?;
    let subjects = Subjects::of(&key, listed.iter().map(String::as_str));
    let subjects = subjects.ok_or("`subjects`: one of them is empty")?;
    toml::Value::try_from(subjects).map_err(|error| error.to_string())
}

fn step(args: &SignArgs, step: GrantStep) -> Result<ExitCode, Failed> {
    let SignArgs { digest, of } = args;
    let known = ShownGrant::ask(&of.connection, &of.grant)?;
    let found = known.grant.digest().to_string();
    match digest.as_ref().filter(|digest| **digest != found) {
        Some(_) => Err(Failed::Refused(format!(
            "grant {} has the digest {found} here: it is not the one that you were shown",
            of.grant
        ))),
        None => known.take(step, None),
    }
}

fn reasoned(args: &ReasonedArgs, step: GrantStep) -> Result<ExitCode, Failed> {
    ShownGrant::ask(&args.connection, &args.grant)?.take(step, Some(&args.reason))
}

fn list(args: &ListArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let state = args.state.as_deref().unwrap_or_default();
    if !state.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        return Err(Failed::Usage(format!("--state {state:?} is no word")));
    }
    let mut query = format!("overdue={}&review_due={}", args.overdue, args.review_due);
    if !state.is_empty() {
        query.push_str(&format!("&state={state}"));
    }
    let mut after = String::new();
    loop {
        let page: Vec<GrantResponse> = office.ask(&format!("/api/v1/grants?{query}{after}"))?;
        for one in &page {
            let GrantResponse { id, state, grant, .. } = one;
            let GrantContents { entry, consumer, until, .. } = grant;
            say!("{id:<8} {state:<10} {entry} for {consumer} until {until}{}", waits(one));
        }
        match page.last() {
            Some(last) => after = format!("&after={}", last.id),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn show(args: &ShowArgs) -> Result<ExitCode, Failed> {
    let known = ShownGrant::ask(&args.of.connection, &args.of.grant)?;
    tell(&known, args.subject.as_deref());
    tell_uses(&known);
    Ok(ExitCode::SUCCESS)
}

/// Prints a grant: its contents, the steps with their signers, and the rest of its budget.
fn tell(known: &ShownGrant, subject: Option<&str>) {
    let told = &known.told;
    say!("grant {} is {}{}\n", known.grant.id, told.state, waits(told));
    let said = serde_json::to_string_pretty(&known.grant);
    say!("{}\n", said.unwrap_or_default());
    say!("digest {}", known.grant.digest());
    if let Some(subject) = subject {
        say!(
            "{}",
            match known.grant.subjects.as_ref().map(|subjects| subjects.hold(subject)) {
                Some(true) => "this person is one of its subjects",
                Some(false) => "this person is none of its subjects",
                None => "it lists no subjects: it is for any person",
            }
        );
    }
    if let Some(date) = &told.review_due {
        say!("its review of {date} is due: the provider confirms it, or it is suspended");
    }
    for StepResponse { step, by, role, time, reason } in &told.steps {
        let reason = reason.as_deref().map(|why| format!(": {}", shown(why)));
        say!("{time} {step} by {by} as {role}{}", reason.unwrap_or_default());
    }
    for part in &told.budget {
        let per = if part.window == "day" { "a day" } else { "in all" };
        say!("{} {} {per}, {} left", part.limit, part.unit, part.left);
    }
}

/// Tells the last uses of a grant, as far as a few pages of the log show them.
fn tell_uses(known: &ShownGrant) {
    let (mut all, mut next, mut pages) = (Vec::new(), None, 0);
    loop {
        let GrantUses { uses, next: further } = match known.uses(next) {
            Ok(page) => page,
            // What the grant says is worth telling all the same.
            Err(Failed::Refused(why) | Failed::Unreachable(why) | Failed::Usage(why)) => {
                say!("its uses can't be told: {}", shown(&why));
                return;
            }
        };
        all.extend(uses);
        (next, pages) = (further, pages + 1);
        if next.is_none() || pages == PAGES_SHOWN {
            break;
        }
    }
    if let Some(more) = all.len().checked_sub(USES_SHOWN).filter(|more| *more > 0) {
        say!("{more} uses before these: sluice grant uses {}", known.grant.id);
    }
    all.iter().rev().take(USES_SHOWN).rev().for_each(|one| say!("{}", use_line(one)));
    if let Some(next) = next {
        say!("perhaps used later: sluice grant uses {} --from {next}", known.grant.id);
    }
}

/// Pages of the log that `show` looks through for uses.
const PAGES_SHOWN: usize = 5;

/// The last uses that `show` tells.
const USES_SHOWN: usize = 10;

fn uses(args: &UsesArgs) -> Result<ExitCode, Failed> {
    let known = ShownGrant::ask(&args.of.connection, &args.of.grant)?;
    let mut from = args.from;
    loop {
        let GrantUses { uses, next } = known.uses(from)?;
        uses.iter().for_each(|one| say!("{}", use_line(one)));
        match next {
            Some(next) => from = Some(next),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn verify(args: &VerifyArgs) -> Result<ExitCode, Failed> {
    let verified = VerifiedRows::read(&args.store)?;
    let wanted = |id: &str| args.grant.as_deref().is_none_or(|wanted| wanted == id);
    let now = jiff::Timestamp::now().as_millisecond();
    let procedure = verified.journal.procedure();
    let mut found = args.grant.is_none();
    for one in verified.journal.grants.values().filter(|one| wanted(one.grant.id.as_str())) {
        found = true;
        let state = one.state(now, procedure);
        say!("grant {} is {state}, {}", one.grant.id, one.grant.digest());
        for step in &one.taken {
            let (said, at) = (&step.statement, rfc3339(step.statement.time));
            let word = said.step.as_str();
            say!("  {} {word} by {} as {}", at.as_str(), step.by, said.role.as_str());
        }
    }
    verified.end()?;
    if !found {
        return Err(Failed::Refused("there is no such grant in the store".into()));
    }
    Ok(ExitCode::SUCCESS)
}
