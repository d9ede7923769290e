//! The messages between a log and its witnesses (C2SP tlog-witness), and the decision of a witness:
//! it cosigns a checkpoint only if the tree has grown from the one that it cosigned last.

use std::fmt;

use super::checkpoint::{NotACheckpoint, SignedCheckpoint, parse_size};
use super::note::NoteVerifier;
use super::proof::{MAX_PROOF_HASHES, check_consistency};
use super::tree::Hash;

/// Longest request in bytes: a checkpoint with many cosignatures, and the longest proof.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the tree that, as the log believes, the witness cosigned last.
    pub old: u64,
    /// The proof that the old tree is a prefix of the new one.
    pub proof: Vec<Hash>,
    /// The new checkpoint's note.
    pub note: String,
}

/// The reason for which a checkpoint is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The request does not have the form of one.
    Form,
    /// The checkpoint is not signed by the log's key.
    Signature(NotACheckpoint),
    /// The old size is larger than the new one.
    Old,
    /// The witness has last cosigned a tree of another size.
    Conflict {
        /// The size of the tree that it cosigned last.
        size: u64,
    },
    /// The log has forked: the tree that was cosigned last is not a prefix of this one.
    Forked,
}

impl AddCheckpoint {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Refused::Form`].
    pub fn parse(text: &str) -> Result<AddCheckpoint, Refused> {
        let (head, note) = text.split_once("\n\n").ok_or(Refused::Form)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.and_then(parse_size).ok_or(Refused::Form)?;
        let proof: Option<Vec<Hash>> =
            lines.take(MAX_PROOF_HASHES + 1).map(Hash::from_base64).collect();
        let proof = proof.filter(|proof| proof.len() <= MAX_PROOF_HASHES).ok_or(Refused::Form)?;
        Ok(AddCheckpoint { old, proof, note: note.to_owned() })
    }

    /// Decides about a request, as a witness that has last cosigned `last` of this log. Returns the
    /// checkpoint to keep and cosign.
    ///
    /// # Errors
    /// [`Refused`] gives the reason.
    pub fn judge(
        &self,
        log: &NoteVerifier,
        last: Option<(u64, Hash)>,
    ) -> Result<SignedCheckpoint, Refused> {
        let signed = SignedCheckpoint::open(self.note.as_bytes(), log);
        let signed = signed.map_err(Refused::Signature)?;
        if self.old > signed.size() {
            return Err(Refused::Old);
        }
        let (size, root) = last.unwrap_or((0, Hash::empty()));
        if self.old != size {
            return Err(Refused::Conflict { size });
        }
        let grown = match size {
            0 => self.proof.is_empty(),
            _ => {
                let new = (signed.size(), &signed.root());
                check_consistency((size, &root), new, &self.proof).is_ok()
            }
        };
        if grown { Ok(signed) } else { Err(Refused::Forked) }
    }
}

/// Written as the request's text.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

impl Refused {
    /// The HTTP status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Refused::Form | Refused::Old => 400,
            Refused::Signature(NotACheckpoint::Note(_) | NotACheckpoint::Text) => 400,
            Refused::Signature(NotACheckpoint::Origin) => 404,
            Refused::Signature(NotACheckpoint::Unsigned | NotACheckpoint::Forged) => 403,
            Refused::Conflict { .. } => 409,
            Refused::Forked => 422,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Form => {
                f.write_str("this is no add-checkpoint request (c2sp.org/tlog-witness)")
            }
            Refused::Signature(why) => write!(f, "{why}"),
            Refused::Old => f.write_str("the old size is larger than the new one"),
            Refused::Conflict { size } => write!(f, "the tree cosigned last has {size} leaves"),
            Refused::Forked => {
                f.write_str("the tree that was cosigned last is no part of this one")
            }
        }
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::note::{KeyKind, NoteSigner};
    use crate::ledger::proof::prove_consistency;
    use crate::ledger::tree::{Frontier, Stored};

    /// A tree in memory.
    struct Tree(Vec<Vec<Hash>>, Frontier);

    impl Stored for Tree {
        type Error = ();

        fn read(&self, level: u8, start: u64, out: &mut [Hash]) -> Result<(), ()> {
            let row = self.0.get(usize::from(level)).ok_or(())?;
            let from = start as usize;
            out.copy_from_slice(row.get(from..from + out.len()).ok_or(())?);
            Ok(())
        }
    }

    fn tree(leaves: &[&str]) -> Tree {
        let mut tree = Tree(vec![Vec::new(); 2], Frontier::default());
        for leaf in leaves {
            let levels = &mut tree.0;
            tree.1.push(Hash::leaf(leaf.as_bytes()), |level, hash| {
                levels[usize::from(level)].push(hash);
            });
        }
        tree
    }

    fn signer(seed: u8) -> NoteSigner {
        NoteSigner::from_seed("log.example", KeyKind::Log, &[seed; 32]).unwrap()
    }

    fn request(old: u64, tree: &Tree, by: &NoteSigner) -> AddCheckpoint {
        let size = tree.1.size();
        let proof = if old == 0 || old > size {
            Vec::new()
        } else {
            prove_consistency(tree, old, size).unwrap()
        };
        let note = Checkpoint::sign(size, tree.1.root(), by).to_string();
        AddCheckpoint { old, proof, note }
    }

    #[test]
    fn only_growth_is_cosigned() {
        let (three, five) = (tree(&["a", "b", "c"]), tree(&["a", "b", "c", "d", "e"]));
        let forked = tree(&["a", "b", "x", "d", "e"]);
        let log = signer(1);
        let key = log.verifier();
        let last = |tree: &Tree| Some((tree.1.size(), tree.1.root()));
        let judged = |request: &AddCheckpoint, last| request.judge(key, last).map(|it| it.size());
        let first = request(0, &three, &log);
        assert_eq!(AddCheckpoint::parse(&first.to_string()), Ok(first.clone()));
        assert_eq!(judged(&first, None), Ok(3));
        let more = request(3, &five, &log);
        assert_eq!(AddCheckpoint::parse(&more.to_string()), Ok(more.clone()));
        assert_eq!(judged(&more, last(&three)), Ok(5));
        assert_eq!(judged(&request(5, &five, &log), last(&five)), Ok(5));
        // The witness has cosigned another tree last.
        assert_eq!(judged(&more, None), Err(Refused::Conflict { size: 0 }));
        assert_eq!(judged(&first, last(&three)), Err(Refused::Conflict { size: 3 }));
        assert_eq!(judged(&request(5, &three, &log), last(&five)), Err(Refused::Old));
        // The tree has not grown from the one that was cosigned last.
        assert_eq!(judged(&request(3, &forked, &log), last(&three)), Err(Refused::Forked));
        assert_eq!(judged(&request(5, &forked, &log), last(&five)), Err(Refused::Forked));
        let unproved = AddCheckpoint { proof: Vec::new(), ..more.clone() };
        assert_eq!(judged(&unproved, last(&three)), Err(Refused::Forked));
        let padded = AddCheckpoint { proof: more.proof, ..first };
        assert_eq!(judged(&padded, None), Err(Refused::Forked));
        let stranger = request(0, &three, &signer(2));
        assert_eq!(judged(&stranger, None).map_err(Refused::status), Err(403));
        let other = NoteSigner::from_seed("other.example", KeyKind::Log, &[1; 32]).unwrap();
        assert_eq!(judged(&request(0, &three, &other), None).map_err(Refused::status), Err(404));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in ["", "old 1", "old 01\n\nx", "old -1\n\nx", "new 1\n\nx", "old 1\nzz\n\nx"] {
            assert_eq!(AddCheckpoint::parse(text), Err(Refused::Form), "{text:?}");
        }
        let long = format!("old 1\n{}\nx", format!("{}\n", Hash::empty()).repeat(64));
        assert_eq!(AddCheckpoint::parse(&long), Err(Refused::Form));
        let note = AddCheckpoint::parse("old 0\n\nno note").unwrap();
        assert_eq!(note.judge(signer(1).verifier(), None).map_err(Refused::status), Err(400));
    }
}
