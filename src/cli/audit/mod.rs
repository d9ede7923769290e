//! `sluice audit`: reading, proving and verifying a log, live or a copy of its folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sluice_core::ledger::note::NoteVerifier;

use super::{EXIT_IO, complain};
use crate::audit::Archive;

mod epoch;
mod export;
mod index;
mod prove;
mod query;
mod tail;
mod trace;
mod verify;

/// The commands about a log
#[derive(Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of them in a run")]
enum Command {
    Tail(tail::TailArgs),
    Query(query::QueryArgs),
    Trace(trace::TraceArgs),
    Prove(prove::ProveArgs),
    Verify(verify::VerifyArgs),
    Export(export::ExportArgs),
    Index(index::IndexArgs),
    Epoch(epoch::EpochArgs),
}

/// Runs `sluice audit`.
pub fn run(args: AuditArgs) -> ExitCode {
    let done = match args.command {
        Command::Tail(args) => tail::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Index(args) => index::run(&args),
        Command::Epoch(args) => epoch::run(&args),
    };
    done.unwrap_or_else(|Fault { code, what }| complain("audit", code, &what))
}

/// The reason why a command fails.
struct Fault {
    code: u8,
    what: String,
}

impl Fault {
    /// Something that was asked for isn't there, or doesn't hold.
    fn found(what: impl ToString) -> Fault {
        Fault { code: 1, what: what.to_string() }
    }

    /// The command line can't be followed.
    fn usage(what: impl ToString) -> Fault {
        Fault { code: 2, what: what.to_string() }
    }

    /// Files can't be read or written.
    fn io(path: &Path, error: impl std::fmt::Display) -> Fault {
        Fault { code: EXIT_IO, what: format!("{}: {error}", path.display()) }
    }
}

fn open(dir: &Path) -> Result<Archive, Fault> {
    Archive::open(dir).map_err(|error| Fault::io(dir, format!("this is no log: {error}")))
}

/// Reads the log's public key: from the argument, a file or the key itself, or else from the
/// folder.
fn key(archive: &Archive, dir: &Path, stated: Option<&str>) -> Result<NoteVerifier, Fault> {
    match stated {
        Some(stated) => vkey(stated),
        None => archive.key().map_err(|error| Fault::io(&dir.join("log.vkey"), error)),
    }
}

/// A verifier key, in a file or by itself.
fn vkey(stated: &str) -> Result<NoteVerifier, Fault> {
    let text = match std::fs::read_to_string(stated) {
        Ok(text) => text,
        Err(_) => stated.to_owned(),
    };
    let wrong =
        |why| Fault::usage(format!("{stated:?} is no verifier key, nor a file of one: {why}"));
    text.trim().parse().map_err(wrong)
}

/// The place of a log.
#[derive(Args)]
struct Folder {
    /// The folder of the log, or a copy of it.
    #[arg(long, value_name = "DIR")]
    log: PathBuf,
}
