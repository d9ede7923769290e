//! `sluice audit export`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sluice_core::ledger::tile::{Resource, tiles};
use sluice_core::ledger::tree::LEVELS;

use super::{Fault, Folder, key, open};
use crate::audit::Archive;

/// Write the log as a static tree of tiles (C2SP tlog-tiles), for the tools of others.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice audit export --log log --tiles site")]
pub(super) struct ExportArgs {
    #[command(flatten)]
    folder: Folder,
    /// The folder to write to; made if needed. What is there already is not written again.
    #[arg(long, value_name = "DIR")]
    tiles: PathBuf,
    /// Hashes alone, without the entries.
    #[arg(long)]
    hashes_only: bool,
}

pub(super) fn run(args: &ExportArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let archive = open(dir)?;
    let key = key(&archive, dir, None)?;
    let signed = archive.checkpoint(&key).map_err(|error| Fault::io(dir, error))?;
    let signed = signed.ok_or_else(|| Fault::found("nothing is signed yet"))?;
    let size = signed.size();
    let mut written = 0;
    for level in 0..LEVELS {
        for tile in tiles(level, size) {
            let hashes = Resource::Hashes { level, tile };
            written += write(&archive, &args.tiles, hashes, size, tile.is_full())?;
            if level == 0 && !args.hashes_only {
                let entries = Resource::Entries(tile);
                written += write(&archive, &args.tiles, entries, size, tile.is_full())?;
            }
        }
    }
    // Last, so that what it promises is there.
    put(&args.tiles.join("checkpoint"), signed.to_string().as_bytes())?;
    say!("{written} tiles of a log of {size} records in {}", args.tiles.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes a tile; returns the number of files written. A full tile never changes. Entries that are
/// pruned are left out.
fn write(
    archive: &Archive,
    folder: &Path,
    resource: Resource,
    size: u64,
    full: bool,
) -> Result<usize, Fault> {
    let path = folder.join(resource.to_string());
    if full && path.exists() {
        return Ok(0);
    }
    let found = archive.resource(resource, size).map_err(|error| Fault::io(&path, error))?;
    match found {
        Some(bytes) => put(&path, &bytes).map(|()| 1),
        None => Ok(0),
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let parent = path.parent().unwrap_or(path);
    let made = fs::create_dir_all(parent).and_then(|()| fs::write(path, bytes));
    made.map_err(|error| Fault::io(path, error))
}
