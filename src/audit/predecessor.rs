//! The log that a new one takes over from.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use sluice_core::ledger::checkpoint::Checkpoint;
use sluice_core::ledger::note::Note;

/// Longest checkpoint that a new log may cite; it must fit a record.
const MAX_CITED_BYTES: usize = 16 << 10;

/// The last checkpoint of another log, from a file, for the one named `origin` to begin with. The
/// other log may have another key, so its signature is for readers to check.
///
/// # Errors
/// Names the file that can't be cited, and says why.
pub fn predecessor(file: &Path, origin: &str) -> Result<Box<str>, String> {
    let refused = |why: &dyn Display| format!("{}: {why}", file.display());
    let text = fs::read_to_string(file).map_err(|error| refused(&error))?;
    if text.len() > MAX_CITED_BYTES {
        return Err(refused(&format_args!("a checkpoint has at most {MAX_CITED_BYTES} bytes")));
    }
    let note = Note::parse(text.as_bytes()).map_err(|error| refused(&error))?;
    let cited = Checkpoint::parse(note.text()).map_err(|error| refused(&error))?;
    // Two logs of one origin are what witnesses call a fork.
    if &*cited.origin == origin {
        let why = "it is of the origin that this log has; give the node another name (node)";
        return Err(refused(&why));
    }
    Ok(text.into())
}
