//! The gateway's client for its witnesses: it sends them each new checkpoint and publishes their
//! cosignatures. Nothing waits for that but the proof against the gateway's own operator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Uri};
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::note::{Note, NoteVerifier, parse_signatures};
use sluice_core::ledger::witness::AddCheckpoint;
use tokio::sync::watch;

use crate::audit::verify::COSIGNED_FILE;
use crate::audit::{Log, NoProof, durable};
use crate::http_client::{HttpBounds, HttpCall, HttpClient};

/// The bounds of one request to a witness.
const WITNESS_BOUNDS: HttpBounds = HttpBounds { deadline_ms: 5_000, max_answer_bytes: 16 * 1024 };

/// A witness that did not cosign is asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// A witness of a log.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Its address: `http://host:port`, perhaps with a path.
    pub url: Uri,
    /// The key of its cosignatures.
    pub key: NoteVerifier,
}

/// The witnesses of a log, and their latest cosignatures.
pub struct Witnesses {
    log: Arc<Log>,
    file: PathBuf,
    witnesses: Vec<Witness>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The last checkpoint that a witness cosigned.
    cosigned: Option<SignedCheckpoint>,
    /// The state of each witness.
    standing: Vec<WitnessStatus>,
}

/// The state of a witness.
#[derive(Clone, Debug, Default)]
pub struct WitnessStatus {
    /// Its name.
    pub name: String,
    /// The size of the tree that it cosigned last.
    pub size: u64,
    /// The reason for which it did not cosign the last time.
    pub trouble: Option<String>,
}

impl Witnesses {
    /// Opens the witnesses, and restores the cosignatures of the last run.
    ///
    /// # Errors
    /// The saved cosignatures can't be read.
    pub fn open(
        log: Arc<Log>,
        dir: &Path,
        key: &NoteVerifier,
        witnesses: Vec<Witness>,
    ) -> io::Result<Witnesses> {
        let file = dir.join(COSIGNED_FILE);
        let cosigned = match fs::read(&file) {
            // A half-written or foreign one is no loss: the witnesses are asked again.
            Ok(bytes) => SignedCheckpoint::open(&bytes, key).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let standing = witnesses.iter().map(|witness| {
            let one = std::slice::from_ref(&witness.key);
            let known = cosigned.as_ref().filter(|note| note.cosigned_by(one).next().is_some());
            let size = known.map_or(0, SignedCheckpoint::size);
            WitnessStatus { name: witness.key.name().to_owned(), size, trouble: None }
        });
        let standing = standing.collect();
        Ok(Witnesses { log, file, witnesses, seen: Mutex::new(Seen { cosigned, standing }) })
    }

    /// The last checkpoint that a witness has cosigned.
    pub fn cosigned(&self) -> Option<SignedCheckpoint> {
        self.seen().cosigned.clone()
    }

    /// The state of each witness.
    pub fn standing(&self) -> Vec<WitnessStatus> {
        self.seen().standing.clone()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends each checkpoint to the witnesses, until told to stop.
    pub async fn attend(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        if self.witnesses.is_empty() {
            return;
        }
        let mut signed = self.log.checkpoints();
        loop {
            let latest = signed.borrow_and_update().clone();
            let complete = match latest {
                Some(checkpoint) => self.show(&checkpoint).await,
                None => true,
            };
            tokio::select! {
                changed = signed.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(ASK_AGAIN), if !complete => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Shows a checkpoint to all witnesses; whether all have cosigned it.
    async fn show(&self, checkpoint: &SignedCheckpoint) -> bool {
        let mut shown = checkpoint.clone();
        let (mut taken, mut all) = (0, true);
        for (nth, witness) in self.witnesses.iter().enumerate() {
            let known = self.seen().standing[nth].size;
            let trouble = match self.ask(witness, known, checkpoint).await {
                Ok(answered) => {
                    let keys = std::slice::from_ref(&witness.key);
                    match shown.take_cosignatures(&answered, keys) {
                        0 => Some("its answer has no cosignature of its key".to_owned()),
                        more => {
                            taken += more;
                            None
                        }
                    }
                }
                Err(why) => Some(why),
            };
            all &= trouble.is_none();
            if let Some(why) = &trouble {
                tracing::warn!(witness = witness.key.name(), %why, "not cosigned");
            }
            let standing = &mut self.seen().standing[nth];
            if trouble.is_none() {
                standing.size = checkpoint.size();
            }
            standing.trouble = trouble;
        }
        if taken > 0 {
            if let Err(error) = durable::replace(&self.file, shown.to_string().as_bytes(), 0o600) {
                tracing::warn!(%error, "a cosigned checkpoint can't be kept");
            }
            self.seen().cosigned = Some(shown);
        }
        all
    }

    /// Asks a witness, once more if it has cosigned another tree than is known here.
    async fn ask(
        &self,
        witness: &Witness,
        known: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Note, String> {
        let mut old = known;
        for _ in 0..2 {
            if old > checkpoint.size() {
                return Err(format!(
                    "it has seen {old} records and this log has {}: the log was restored behind \
                     that; start a new one under a new node name, in a new folder, with log.continues",
                    checkpoint.size()
                ));
            }
            let proof = match old {
                0 => Vec::new(),
                old => self.log.prove_consistency(old, checkpoint.size()).map_err(no_proof)?,
            };
            let request = AddCheckpoint { old, proof, note: checkpoint.to_string() };
            let (status, body) = post(&witness.url, request.to_string()).await?;
            match status {
                200 => {
                    let mut note = checkpoint.note().clone();
                    let lines =
                        parse_signatures(&body).map_err(|why| format!("its answer: {why}"))?;
                    lines.into_iter().for_each(|line| note.add(line));
                    return Ok(note);
                }
                409 => {
                    let size = body.trim().parse();
                    old = size.map_err(|_| "its answer names no size".to_owned())?;
                }
                422 => {
                    return Err("what it has seen of this log is not in it any more: the log was \
                                forked or rewritten"
                        .to_owned());
                }
                status => return Err(format!("it answered {status}: {}", body.trim())),
            }
        }
        Err("it has cosigned another tree in the meantime".to_owned())
    }
}

fn no_proof(why: NoProof) -> String {
    format!("growth can't be proved: {why}")
}

/// Posts a request; gives status and body.
async fn post(base: &Uri, body: String) -> Result<(u16, String), String> {
    let client = HttpClient::plain(&base.to_string(), WITNESS_BOUNDS);
    let client = client.map_err(|fault| fault.to_string())?;
    let (method, target) = (Method::POST, "/add-checkpoint");
    let answer = client.call(HttpCall { method, target, headers: &[], body: body.into() }).await;
    let answer = answer.map_err(|fault| fault.to_string())?;
    Ok((answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()))
}
