//! Checkpoints (C2SP tlog-checkpoint): the size and root of a log's tree, with the log's name and
//! signature.

use std::fmt;

use super::note::{Checked, KeyKind, NotANote, Note, NoteSigner, NoteVerifier};
use super::tree::Hash;

/// The size and root of a log's tree, with the log's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, unique among all logs; also the name of its key.
    pub origin: Box<str>,
    /// Number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint with a valid signature of its log, and the note it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// The reason for which a note is no checkpoint of that log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotACheckpoint {
    /// The bytes are no note.
    Note(NotANote),
    /// The text is not origin, size and root.
    Text,
    /// The checkpoint is another log's.
    Origin,
    /// The log's signature is missing.
    Unsigned,
    /// A signature claims to be the log's and is not.
    Forged,
}

impl Checkpoint {
    /// Writes the text of the note: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads the text of a note. Extension lines are refused, since nothing could check their
    /// contents.
    ///
    /// # Errors
    /// [`NotACheckpoint::Text`].
    pub fn parse(text: &str) -> Result<Checkpoint, NotACheckpoint> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NotACheckpoint::Text);
        };
        let size = parse_size(size).ok_or(NotACheckpoint::Text)?;
        let root = Hash::from_base64(root).ok_or(NotACheckpoint::Text)?;
        if origin.is_empty() {
            return Err(NotACheckpoint::Text);
        }
        Ok(Checkpoint { origin: origin.into(), size, root })
    }

    /// Signs a checkpoint as the log. The signer's name becomes the origin.
    pub fn sign(size: u64, root: Hash, signer: &NoteSigner) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: signer.verifier().name().into(), size, root };
        let text = checkpoint.text();
        // A key's name has no control character, and no note is shorter.
        let mut note = Note::new(&text).unwrap_or_else(|_| unreachable!("three plain lines"));
        note.add(signer.sign(&text));
        SignedCheckpoint { checkpoint, note }
    }
}

impl SignedCheckpoint {
    /// Reads a note and checks the log's signature.
    ///
    /// # Errors
    /// [`NotACheckpoint`] names the fault.
    pub fn open(bytes: &[u8], log: &NoteVerifier) -> Result<SignedCheckpoint, NotACheckpoint> {
        let note = Note::parse(bytes).map_err(NotACheckpoint::Note)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if *checkpoint.origin != *log.name() || log.kind() != KeyKind::Log {
            return Err(NotACheckpoint::Origin);
        }
        match log.check(&note) {
            Checked::Signed { .. } => Ok(SignedCheckpoint { checkpoint, note }),
            Checked::Absent => Err(NotACheckpoint::Unsigned),
            Checked::Forged => Err(NotACheckpoint::Forged),
        }
    }

    /// The checkpoint that the log signed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.checkpoint.root
    }

    /// The note, for publication.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Adds the cosignatures of known witnesses from an answer and ignores everything else in it.
    /// Returns how many were added.
    pub fn take_cosignatures(&mut self, answered: &Note, witnesses: &[NoteVerifier]) -> usize {
        let mut taken = 0;
        for witness in witnesses {
            let holds = matches!(witness.check(answered), Checked::Signed { .. });
            if let (true, Some(signature)) = (holds, answered.signature_of(witness)) {
                self.note.add(signature.clone());
                taken += 1;
            }
        }
        taken
    }

    /// The witnesses of a list that have cosigned.
    pub fn cosigned_by<'a>(
        &'a self,
        witnesses: &'a [NoteVerifier],
    ) -> impl Iterator<Item = &'a NoteVerifier> {
        let signed = |w: &&NoteVerifier| matches!(w.check(&self.note), Checked::Signed { .. });
        witnesses.iter().filter(signed)
    }
}

/// A size in decimal without leading zeros.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && digits { text.parse().ok() } else { None }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.note)
    }
}

impl fmt::Display for NotACheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotACheckpoint::Note(error) => write!(f, "{error}"),
            NotACheckpoint::Text => f.write_str("its text is not an origin, a size and a root"),
            NotACheckpoint::Origin => f.write_str("it is of another log"),
            NotACheckpoint::Unsigned => f.write_str("it is not signed by the log's key"),
            NotACheckpoint::Forged => f.write_str("its signature is not that of the log's key"),
        }
    }
}

impl std::error::Error for NotACheckpoint {}

#[cfg(test)]
mod tests;
