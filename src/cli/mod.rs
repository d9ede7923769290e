//! The commands, one file each.
//!
//! Exit codes: 0 done, 1 it found problems or was refused, 2 usage, 64 and up as in sysexits.

/// Writes a line to standard output. A reader that has had enough (`| head`) is no error.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout().lock(), $($words)*);
    }};
}

pub mod audit;
pub mod catalog;
pub mod certs;
mod connection;
pub mod decide;
pub mod demo;
pub mod grant;
pub mod limits;
mod notice;
mod offline;
pub mod redact;
pub mod serve;
pub mod stop;
mod watch;
pub mod witness;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use sluice_core::grant::document::is_hidden;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::problem::Language;

/// Exit code of a configuration that can't be used (sysexits' EX_CONFIG).
pub const EXIT_CONFIG: u8 = 78;

/// Exit code of reading or writing that failed (sysexits' EX_IOERR).
pub const EXIT_IO: u8 = 74;

/// Exit code of something that failed inside or around the program (sysexits' EX_SOFTWARE).
pub const EXIT_SOFTWARE: u8 = 70;

/// A data-sharing exchange gateway between government departments.
#[derive(Parser)]
#[command(name = "sluice", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Certs(certs::CertsArgs),
    Catalog(catalog::CatalogArgs),
    Decide(decide::DecideArgs),
    Redact(redact::RedactArgs),
    Grant(grant::GrantArgs),
    Notice(notice::NoticeArgs),
    Reviews(notice::ReviewsArgs),
    Watch(watch::WatchArgs),
    Limits(limits::LimitsArgs),
    Suspend(stop::SuspendArgs),
    Lift(stop::LiftArgs),
    Suspended(stop::SuspendedArgs),
    Audit(audit::AuditArgs),
    Witness(witness::WitnessArgs),
}

/// A language that a person chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LanguageWord {
    En,
    Zh,
}

impl From<LanguageWord> for Language {
    fn from(word: LanguageWord) -> Language {
        match word {
            LanguageWord::En => Language::English,
            LanguageWord::Zh => Language::Chinese,
        }
    }
}

/// Parses the command line and runs the command.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Certs(args) => match certs::run(args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain("certs", 1, &error),
        },
        Command::Catalog(args) => catalog::run(args),
        Command::Decide(args) => decide::run(&args),
        Command::Redact(args) => redact::run(&args),
        Command::Grant(args) => grant::run(&args),
        Command::Notice(args) => notice::run(&args),
        Command::Reviews(args) => notice::reviews(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Limits(args) => limits::run(&args),
        Command::Suspend(args) => stop::suspend(&args),
        Command::Lift(args) => stop::lift(&args),
        Command::Suspended(args) => stop::suspended(&args),
        Command::Audit(args) => audit::run(args),
        Command::Witness(args) => witness::run(&args),
    }
}

/// Starts the program's own log, on standard error; `SLUICE_LOG` sets its filter (`warn`, `debug`,
/// `sluice=debug`). It never has a body or a header's value.
pub(crate) fn start_tracing() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SLUICE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // It is started once; a second start would only be refused.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for people: in a file or a journal they are noise between the words.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

/// Makes another party's text safe for one line of a terminal: characters that would move the
/// cursor or end the line are shown as a mark.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Prints an error on standard error, and returns the exit code.
#[allow(clippy::print_stderr, reason = "a command talks to its terminal")]
pub(crate) fn complain(command: &str, code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluice {command}: {error}");
    ExitCode::from(code)
}

/// SIGINT and SIGTERM, caught from the moment this is made: before `ready` is printed, so that a
/// stop right after it is still in good order.
pub(crate) struct StopSignals {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// When signals can't be caught.
    pub(crate) fn catch() -> std::io::Result<StopSignals> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (terminate, interrupt) = {
            let _inside = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        Ok(StopSignals { runtime, terminate, interrupt })
    }

    /// Waits for the first of them.
    pub(crate) fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        });
    }
}
