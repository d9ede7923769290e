//! `sluice audit prove`.

use std::process::ExitCode;

use clap::Args;
use sluice_core::ledger::proof;
use sluice_core::ledger::receipt::LogProof;

use super::{Fault, Folder, key, open};

/// Prove that a record is in the log: C2SP tlog-proof text.
///
/// Anybody with the record's line and the log's public key can check the proof without the log.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice audit prove --log log --index 42 > proof.txt")]
pub(super) struct ProveArgs {
    #[command(flatten)]
    folder: Folder,
    /// The record's index.
    #[arg(long, value_name = "N", required_unless_present = "exchange")]
    index: Option<u64>,
    /// The id of an exchange: proofs of all its records, one after the other.
    #[arg(long, value_name = "ID", conflicts_with = "index")]
    exchange: Option<String>,
}

pub(super) fn run(args: &ProveArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let archive = open(dir)?;
    let key = key(&archive, dir, None)?;
    let io = |error| Fault::io(dir, error);
    let indices: Vec<u64> = match (&args.exchange, args.index) {
        (Some(exchange), _) => {
            let found = archive.exchange(exchange).map_err(io)?;
            found.into_iter().map(|(index, _)| index).collect()
        }
        (None, index) => index.into_iter().collect(),
    };
    if indices.is_empty() {
        return Err(Fault::found("the log has no such exchange"));
    }
    let signed = archive.checkpoint(&key).map_err(io)?;
    let signed = signed.ok_or_else(|| Fault::found("nothing is signed yet"))?;
    for index in indices {
        if index >= signed.size() {
            let size = signed.size();
            return Err(Fault::found(format!("record {index}: the last checkpoint covers {size}")));
        }
        let hashes = proof::prove_inclusion(archive.tree(), index, signed.size()).map_err(io)?;
        let proof = LogProof { extra: None, index, hashes, checkpoint: signed.note().clone() };
        say!("{}", proof.to_string().trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
