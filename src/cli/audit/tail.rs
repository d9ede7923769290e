//! `sluice audit tail`.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::query::tell;
use super::{Fault, Folder, open};
use crate::audit::Archive;
use crate::audit::find::RecordFilter;

/// Show the last records.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice audit tail --log log --follow")]
pub(super) struct TailArgs {
    #[command(flatten)]
    folder: Folder,
    /// The number of records.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u64,
    /// Follow new records, until interrupted.
    #[arg(short, long)]
    follow: bool,
    /// Print the records as they are, in JSON.
    #[arg(long)]
    json: bool,
}

/// The interval at which a log is looked at for more.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) fn run(args: &TailArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let archive = open(dir)?;
    let io = |error| Fault::io(dir, error);
    let (first, end) = archive.extent().map_err(io)?;
    let mut next = end.saturating_sub(args.lines).max(first);
    loop {
        next = show(&archive, next, args.json).map_err(io)?;
        if !args.follow {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Shows the records from an index on; gives the index of the one that comes next.
fn show(archive: &Archive, from: u64, json: bool) -> io::Result<u64> {
    let mut next = from;
    let mut answers = archive.find(RecordFilter { from: Some(from), ..RecordFilter::default() })?;
    while let Some(found) = answers.next_found()? {
        next = found.line.index + 1;
        tell(&found, json);
    }
    Ok(next)
}
