//! Receipts (C2SP tlog-proof): a checkpoint, an index, and the hashes between them. A holder of a
//! record's line and the log's public key can check a receipt offline.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{NotACheckpoint, SignedCheckpoint, parse_size};
use super::note::{Note, NoteVerifier};
use super::proof::{Disproved, MAX_PROOF_HASHES, check_inclusion};
use super::tree::Hash;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A receipt that was read or is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Bytes of the application, which no signature covers.
    pub extra: Option<Box<[u8]>>,
    /// The record's index.
    pub index: u64,
    /// The hashes from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The note of the checkpoint that it leads to.
    pub checkpoint: Note,
}

/// The reason for which a receipt proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotProved {
    /// The text is not in the form of a receipt.
    Form,
    /// The checkpoint is not one of this log.
    Checkpoint(NotACheckpoint),
    /// The hashes do not lead from the line to the checkpoint's root.
    Inclusion(Disproved),
    /// Fewer of the listed witnesses have cosigned the checkpoint than are required.
    Witnesses {
        /// The number of witnesses that have cosigned.
        cosigned: usize,
    },
}

impl LogProof {
    /// Reads a receipt without checking it.
    ///
    /// # Errors
    /// [`NotProved::Form`], or the fault of the checkpoint's note.
    pub fn parse(text: &str) -> Result<LogProof, NotProved> {
        let (head, note) = text.split_once("\n\n").ok_or(NotProved::Form)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(NotProved::Form);
        }
        let extra = lines.peek().and_then(|line| line.strip_prefix("extra "));
        let extra = extra.map(|extra| STANDARD.decode(extra).map_err(|_| NotProved::Form));
        let extra = extra.transpose()?.map(Vec::into_boxed_slice);
        if extra.is_some() {
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(parse_size).ok_or(NotProved::Form)?;
        let hashes = lines.take(MAX_PROOF_HASHES + 1).map(Hash::from_base64);
        let hashes: Vec<_> = hashes.collect::<Option<_>>().ok_or(NotProved::Form)?;
        if hashes.len() > MAX_PROOF_HASHES {
            return Err(NotProved::Form);
        }
        let checkpoint = Note::parse(note.as_bytes());
        let checkpoint = checkpoint.map_err(|e| NotProved::Checkpoint(NotACheckpoint::Note(e)))?;
        Ok(LogProof { extra, index, hashes, checkpoint })
    }

    /// Checks that a record's line stands in the log, and that at least `quorum` of the witnesses
    /// have cosigned the checkpoint.
    ///
    /// # Errors
    /// [`NotProved`] names the part that is not shown.
    pub fn check(
        &self,
        line: &[u8],
        log: &NoteVerifier,
        witnesses: &[NoteVerifier],
        quorum: usize,
    ) -> Result<SignedCheckpoint, NotProved> {
        self.check_leaf(&Hash::leaf(line), log, witnesses, quorum)
    }

    /// Does what [`LogProof::check`] does, for a caller who has only the hash of the line.
    ///
    /// # Errors
    /// [`NotProved`] names the part that is not shown.
    pub fn check_leaf(
        &self,
        leaf: &Hash,
        log: &NoteVerifier,
        witnesses: &[NoteVerifier],
        quorum: usize,
    ) -> Result<SignedCheckpoint, NotProved> {
        let note = self.checkpoint.to_string();
        let signed = SignedCheckpoint::open(note.as_bytes(), log).map_err(NotProved::Checkpoint)?;
        let (size, root) = (signed.size(), signed.root());
        check_inclusion(leaf, self.index, size, &self.hashes, &root)
            .map_err(NotProved::Inclusion)?;
        let cosigned = signed.cosigned_by(witnesses).count();
        if cosigned < quorum { Err(NotProved::Witnesses { cosigned }) } else { Ok(signed) }
    }
}

/// Written as the receipt's text.
impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for NotProved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotProved::Form => f.write_str("this is not written as a proof (c2sp.org/tlog-proof)"),
            NotProved::Checkpoint(error) => write!(f, "the proof's checkpoint: {error}"),
            NotProved::Inclusion(error) => write!(f, "{error}"),
            NotProved::Witnesses { cosigned } => {
                write!(f, "only {cosigned} of the witnesses have cosigned the proof's checkpoint")
            }
        }
    }
}

impl std::error::Error for NotProved {}

#[cfg(test)]
mod tests;
