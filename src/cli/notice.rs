//! `sluice notice`: notices to a department about data that it has received, and their
//! acknowledgement; `sluice reviews`: reviews that are due.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sluice_core::notice::{NoticeStep, ROLES};
use sluice_core::release::{ContentDigest, Statement};

use super::connection::{ConnectionArgs, Failed, plain_id};
use crate::contract::notices::{NoticeResponse, ReviewResponse};

/// Notices: delete the data received under a grant that has ended, and acknowledge that
#[derive(Debug, Args)]
pub(super) struct NoticeArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArgs),
    Acknowledge(AcknowledgeArgs),
}

/// List the notices that concern one's department, the latest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice notice list --open --profile me.toml")]
struct ListArgs {
    /// Only notices that nobody has acknowledged
    #[arg(long)]
    open: bool,
    /// Only notices whose acknowledgement is overdue
    #[arg(long)]
    overdue: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Acknowledge that the task of a notice is done, and how
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  sluice notice acknowledge ended-g-12 --reason 'deleted, minutes 118' --profile me.toml"
)]
struct AcknowledgeArgs {
    /// The notice's id
    notice: String,
    /// The way in which it was done
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// List grants and terms of the catalog that are to be looked at again, the earliest date first
///
/// A grant is confirmed (`sluice grant confirm`) or revoked; of a term the date `review` is moved on in the
/// catalog, or the term is changed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice reviews --profile me.toml")]
pub(super) struct ReviewsArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs `sluice notice`.
pub(super) fn run(args: &NoticeArgs) -> ExitCode {
    let done = match &args.command {
        Command::List(args) => list(args),
        Command::Acknowledge(args) => acknowledge(args),
    };
    done.unwrap_or_else(|failed| failed.complain("notice"))
}

/// Runs `sluice reviews`.
pub(super) fn reviews(args: &ReviewsArgs) -> ExitCode {
    due(args).unwrap_or_else(|failed| failed.complain("reviews"))
}

fn list(args: &ListArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let query = format!("open={}&overdue={}", args.open, args.overdue);
    let mut after = String::new();
    loop {
        let page: Vec<NoticeResponse> = office.ask(&format!("/api/v1/notices?{query}{after}"))?;
        page.iter().for_each(tell);
        match page.last() {
            Some(last) => after = format!("&after={}", last.id),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn tell(one: &NoticeResponse) {
    let NoticeResponse { id, to, asks, entry, about, why, since, due, .. } = one;
    let stands = match &one.acknowledged {
        Some(step) => format!("acknowledged by {}", step.by),
        None if one.overdue => format!("overdue since {due}"),
        None => format!("open until {due}"),
    };
    say!("{id}: {to} is to {asks} what it has of {entry} by {about}, {why} {since}; {stands}");
}

fn acknowledge(args: &AcknowledgeArgs) -> Result<ExitCode, Failed> {
    let id = plain_id("notice", &args.notice)?;
    let office = args.connection.open()?;
    let told: NoticeResponse = office.ask(&format!("/api/v1/notices/{id}"))?;
    // The digest is computed of the text that is shown, not taken over.
    let text = told.text;
    if !text.starts_with(&format!("notice {id} to ")) {
        return Err(Failed::Refused(format!("the gateway has shown another notice than {id}")));
    }
    let statement = Statement {
        step: NoticeStep::Acknowledge,
        object: format!("notice/{id}").into(),
        digest: ContentDigest::of(text.as_bytes()),
        previous: None,
        role: office.role(ROLES)?,
        time: jiff::Timestamp::now().as_millisecond(),
        approval: None,
        reason: Some(args.reason.as_str().into()),
    };
    let _: NoticeResponse = office.take(&format!("/api/v1/notices/{id}/steps"), &statement)?;
    say!("{}notice {id} is acknowledged", text);
    Ok(ExitCode::SUCCESS)
}

fn due(args: &ReviewsArgs) -> Result<ExitCode, Failed> {
    let listed: Vec<ReviewResponse> = args.connection.open()?.ask("/api/v1/reviews")?;
    for ReviewResponse { of, entry, provider, date, overdue, suspended } in &listed {
        let stands = match (suspended, overdue) {
            (true, _) => "suspended since nobody has",
            (false, true) => "overdue",
            (false, false) => "due",
        };
        say!("{of} of {entry}: {provider} by {date}, {stands}");
    }
    Ok(ExitCode::SUCCESS)
}
