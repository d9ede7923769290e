//! The last checkpoint that a witness has cosigned of each log. It is durable before a cosignature leaves: a
//! witness that forgets would cosign a fork.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::note::{NoteSignature, NoteSigner, NoteVerifier};
use sluice_core::ledger::tree::Hash;
use sluice_core::ledger::witness::{AddCheckpoint, Refused};

use crate::audit::durable;

/// A witness: its key, the logs that it knows, and the last tree that it cosigned of each.
pub struct Memory {
    dir: PathBuf,
    signer: NoteSigner,
    logs: HashMap<Box<str>, Known>,
    /// Held locked: two witnesses with one key and one folder would not know of each other.
    _lock: File,
}

struct Known {
    key: NoteVerifier,
    last: Option<(u64, Hash)>,
}

/// The reason why a checkpoint gets no cosignature.
#[derive(Debug)]
pub enum NotCosigned {
    /// The log is not one that this witness watches.
    UnknownLog,
    /// The checkpoint must not be cosigned.
    Refused(Refused),
    /// The checkpoint can't be remembered, so it isn't cosigned.
    Forgetful(io::Error),
}

impl Memory {
    /// Opens the folder of a witness, making it if needed.
    ///
    /// # Errors
    /// The folder can't be used, another witness uses it, or its memory can't be read: a witness
    /// that doesn't know its former cosignatures must not go on.
    pub fn open(dir: &Path, signer: NoteSigner, logs: &[NoteVerifier]) -> io::Result<Memory> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(dir.join("lock"))?;
        lock.try_lock().map_err(|_| io::Error::other("another witness uses this folder"))?;
        let mut known = HashMap::new();
        for key in logs {
            let path = file(dir, key.name());
            let last = match fs::read(&path) {
                Ok(bytes) => {
                    let note = SignedCheckpoint::open(&bytes, key)
                        .map_err(|why| io::Error::other(format!("{}: {why}", path.display())))?;
                    Some((note.size(), note.root()))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            known.insert(key.name().into(), Known { key: key.clone(), last });
        }
        Ok(Memory { dir: dir.into(), signer, logs: known, _lock: lock })
    }

    /// The key by which its cosignatures are checked.
    pub fn verifier(&self) -> &NoteVerifier {
        self.signer.verifier()
    }

    /// Checks a request, remembers the checkpoint, then cosigns it.
    ///
    /// # Errors
    /// [`NotCosigned`] is the reason why there is no cosignature.
    pub fn cosign(
        &mut self,
        request: &AddCheckpoint,
        unix_seconds: u64,
    ) -> Result<NoteSignature, NotCosigned> {
        let origin = request.note.lines().next().unwrap_or_default();
        let known = self.logs.get_mut(origin).ok_or(NotCosigned::UnknownLog)?;
        let signed = request.judge(&known.key, known.last).map_err(NotCosigned::Refused)?;
        durable::replace(&file(&self.dir, origin), signed.to_string().as_bytes(), 0o600)
            .map_err(NotCosigned::Forgetful)?;
        known.last = Some((signed.size(), signed.root()));
        Ok(self.signer.cosign(signed.note().text(), unix_seconds))
    }
}

/// The file of a log; its name may have any character.
fn file(dir: &Path, origin: &str) -> PathBuf {
    dir.join(format!("{}.checkpoint", &blake3::hash(origin.as_bytes()).to_hex()[..32]))
}
