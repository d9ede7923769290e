//! `sluice audit verify`.
#![allow(clippy::print_stderr, reason = "a command talks to its terminal")]

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use sluice_core::ledger::checkpoint::SignedCheckpoint;

use super::{Fault, Folder, key, open, vkey};
use crate::audit::verify::{NotVerified, VerifiedLog, Vouchers, verify};

/// Verify that a log is as it was signed, from its first record to its last.
///
/// Needs the public key alone. Exit code 1: something is not as it was written; the first such
/// thing is named.
#[derive(Args)]
#[command(after_help = "Examples:\n  sluice audit verify --log log --key log.vkey\n  \
    sluice audit verify --log copy --key log.vkey --checkpoint seen.txt")]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    folder: Folder,
    /// The log's verifier key, or a file of it, kept apart from the folder. Without it the key in
    /// the folder is believed.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// The verifier key of a witness, or a file of it; may be given several times.
    #[arg(long = "witness", value_name = "VKEY")]
    witnesses: Vec<String>,
    /// A checkpoint that was kept elsewhere: the log must still have that tree. May be given
    /// several times.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
}

const BAR_CHARS: usize = 40;
const BAR_EVERY: Duration = Duration::from_millis(100);

pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let key = key(&open(dir)?, dir, args.key.as_deref())?;
    let witnesses = args.witnesses.iter().map(|stated| vkey(stated)).collect::<Result<_, _>>()?;
    let mut kept = Vec::new();
    for file in &args.checkpoints {
        let bytes = std::fs::read(file).map_err(|error| Fault::io(file, error))?;
        let note = SignedCheckpoint::open(&bytes, &key);
        kept.push(note.map_err(|why| Fault::usage(format!("{}: {why}", file.display())))?);
    }
    let mut bar = Bar::new();
    let verified = verify(dir, &key, &Vouchers { witnesses, kept }, &mut |done, all| {
        bar.show(done, all);
    });
    bar.clear();
    match verified {
        Ok(verified) => {
            tell(&verified, key.name(), args.key.is_none());
            Ok(ExitCode::SUCCESS)
        }
        Err(NotVerified::Io { path, error }) => Err(Fault::io(&path, error)),
        Err(damaged @ NotVerified::Damaged { .. }) => Err(Fault::found(damaged)),
    }
}

fn tell(verified: &VerifiedLog, origin: &str, believed: bool) {
    let VerifiedLog {
        first,
        records,
        bytes,
        segments,
        checkpoints,
        signed,
        partial_bytes,
        witnessed,
    } = verified;
    say!("log          {origin}");
    say!("records      {records} in {segments} segments, {bytes} bytes");
    if *first > 0 {
        say!(
            "pruned       those before {first}: their hashes are there, their bytes were not seen"
        );
    }
    match signed {
        None => say!("checkpoints  none: nothing is signed yet"),
        Some(signed) => {
            say!("checkpoints  {checkpoints}, the last over {}", signed.size());
            say!("root         {}", signed.root());
            if signed.size() < *records {
                say!(
                    "unsigned     the last {}: not covered by a checkpoint",
                    records - signed.size()
                );
            }
        }
    }
    for (witness, size) in witnessed {
        say!("witnessed    by {witness} up to {size}");
    }
    if *partial_bytes > 0 {
        say!("incomplete   the last {partial_bytes} bytes are no whole line yet");
    }
    if believed {
        say!("key          the one in the folder: bring one from elsewhere with --key");
    }
    say!("verified");
}

/// A progress bar, if standard error is a terminal.
struct Bar {
    shown: bool,
    next: Instant,
}

impl Bar {
    fn new() -> Bar {
        Bar { shown: false, next: Instant::now() + BAR_EVERY }
    }

    fn show(&mut self, done: u64, all: u64) {
        if !std::io::stderr().is_terminal() || Instant::now() < self.next {
            return;
        }
        (self.shown, self.next) = (true, Instant::now() + BAR_EVERY);
        let full = (done * BAR_CHARS as u64).checked_div(all).unwrap_or(0) as usize;
        let percent = (done * 100).checked_div(all).unwrap_or(100);
        let (full, rest) = ("=".repeat(full), " ".repeat(BAR_CHARS - full.min(BAR_CHARS)));
        eprint!("\r[{full}{rest}] {percent}%");
        let _ = std::io::stderr().flush();
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r{:width$}\r", "", width = BAR_CHARS + 8);
        }
    }
}
