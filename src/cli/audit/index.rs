//! `sluice audit index`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{Fault, Folder, open};
use crate::index::{Index, NoIndex};

/// Build an index over a log, or bring it up to date, for queries over years.
///
/// A process of its own: it can run anywhere on a copy, is never in the gateway's way, and can be
/// removed and built anew.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice audit index --log log --db log.sqlite --follow &\n  \
    sluice audit query --log log --db log.sqlite --case SA-2026-00017")]
pub(super) struct IndexArgs {
    #[command(flatten)]
    folder: Folder,
    /// The file of the index.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// Follow new records, until interrupted.
    #[arg(short, long)]
    follow: bool,
}

/// The interval at which a log is looked at for more.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) fn run(args: &IndexArgs) -> Result<ExitCode, Fault> {
    let archive = open(&args.folder.log)?;
    let runtime = runtime()?;
    let wrong = |why: NoIndex| Fault::io(&args.db, why);
    let mut index = runtime.block_on(Index::open(&args.db, &archive)).map_err(wrong)?;
    loop {
        let taken = runtime.block_on(index.take(&archive)).map_err(wrong)?;
        if !args.follow {
            say!("{taken} records taken into {}", args.db.display());
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A runtime for SQLite's thread to answer to.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::io(Path::new("a runtime"), error))
}
