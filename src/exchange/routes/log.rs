//! The log as callers may know it: its checkpoints and hashes, which tell nothing of anybody, and
//! the records that name their own department, with proofs that they stand in it.
//!
//! Files are read on the runtime's threads for what blocks, so that no exchange waits for a disk.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_core::domain::rejection::{NotInCatalog, Rejection};
use sluice_core::ledger::line::Line;
use sluice_core::ledger::tile::Resource;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use uuid::Uuid;

use crate::audit::NoProof;
use crate::exchange::context::ExchangeContext;
use crate::exchange::outcome::ExchangeOutcome;

/// Longest wait for a checkpoint that covers a record.
const CHECKPOINT_WITHIN: Duration = Duration::from_secs(3);

/// Records that are looked at for one page, at most.
const LOOKED_AT_RECORDS: usize = 5_000;

/// Readings of the log's files at once, for all callers together: they share the disk with the
/// writer, and exchanges come first.
pub const READERS: usize = 2;

/// Longest wait of a reading for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(3);

/// Records of one page, at most.
const PAGE_RECORDS: usize = 500;

const NOTHING: Rejection = Rejection::NotInCatalog(NotInCatalog::Operation);

/// The records of an exchange that name the asker's department as consumer, each with the proof
/// that it stands in the log.
pub(in crate::exchange) async fn receipt(
    context: &ExchangeContext,
    department: &str,
    exchange: &str,
) -> Result<ExchangeOutcome, Rejection> {
    let id: Uuid = exchange.parse().map_err(|_| Rejection::ReceiptUnknown)?;
    let exchange = id.hyphenated().to_string();
    let (reader, asked) = (context.log_reader.clone(), exchange.clone());
    let department = department.to_owned();
    let found = run_blocking_read(context, move || {
        let found = reader.archive.exchange(&asked)?;
        let own =
            |bytes: &[u8]| Line::parse(bytes).is_ok_and(|line| is_consumer(&line, &department));
        Ok(found.into_iter().filter(|(_, bytes)| own(bytes)).collect::<Vec<_>>())
    });
    let found = found.await?;
    let last = found.last().map(|(index, _)| *index).ok_or(Rejection::ReceiptUnknown)?;
    let covered = timeout(CHECKPOINT_WITHIN, context.log_reader.log.checkpoint_over(last)).await;
    covered.map_err(|_| Rejection::ReceiptPending)?.map_err(|_| Rejection::LogUnavailable)?;
    let reader = context.log_reader.clone();
    let records = spawn_blocking(move || {
        let proved = found.into_iter().map(|(index, line)| {
            let proof = reader.log.prove_inclusion(index)?.to_string();
            let line = String::from_utf8_lossy(&line).into_owned();
            Ok(json!({ "index": index, "line": line, "proof": proof }))
        });
        proved.collect::<Result<Vec<Value>, NoProof>>()
    });
    let records = records.await.map_err(|_| Rejection::GatewayFault)?;
    let records = records.map_err(|_| Rejection::GatewayFault)?;
    let key = STANDARD.encode(context.keys.of(&exchange).bytes());
    let origin = &*context.origin;
    Ok(ExchangeOutcome::own_json(&json!({
        "exchange": exchange, "origin": origin, "key": key, "records": records,
    })))
}

/// The last checkpoint that a witness has cosigned; where none has yet, the last that was signed.
pub(in crate::exchange) fn checkpoint(
    context: &ExchangeContext,
) -> Result<ExchangeOutcome, Rejection> {
    let note = match context.log_reader.witnesses.cosigned() {
        Some(cosigned) => cosigned.to_string(),
        None => context.log_reader.log.checkpoint().ok_or(Rejection::ReceiptPending)?.to_string(),
    };
    Ok(ExchangeOutcome::own("text/plain; charset=utf-8", note.into_bytes()))
}

/// A tile of hashes; entries are not for everybody.
pub(in crate::exchange) async fn tile(
    context: &ExchangeContext,
    path: &str,
) -> Result<ExchangeOutcome, Rejection> {
    let resource = Resource::parse(&format!("tile/{path}"));
    let hashes = resource.filter(|resource| matches!(resource, Resource::Hashes { .. }));
    let hashes = hashes.ok_or(NOTHING)?;
    let size = context.log_reader.log.status().signed;
    let reader = context.log_reader.clone();
    let found = run_blocking_read(context, move || reader.archive.resource(hashes, size)).await?;
    Ok(ExchangeOutcome::own("application/octet-stream", found.ok_or(NOTHING)?))
}

/// The proof that the tree of one size is a prefix of that of another.
pub(in crate::exchange) async fn consistency(
    context: &ExchangeContext,
    old: &str,
    new: &str,
) -> Result<ExchangeOutcome, Rejection> {
    let (Some(old), Some(new)) = (number(old), number(new)) else { return Err(NOTHING) };
    let reader = context.log_reader.clone();
    let proved = spawn_blocking(move || reader.log.prove_consistency(old, new)).await;
    match proved.map_err(|_| Rejection::GatewayFault)? {
        Ok(hashes) => {
            let hashes: Vec<String> = hashes.iter().map(ToString::to_string).collect();
            Ok(ExchangeOutcome::own_json(&json!({ "old": old, "new": new, "proof": hashes })))
        }
        Err(NoProof::NotCovered) => Err(NOTHING),
        Err(NoProof::Unreadable(_) | NoProof::Damaged) => Err(Rejection::GatewayFault),
    }
}

/// The records from an index on that name the asker's department, as consumer or provider.
pub(in crate::exchange) async fn records(
    context: &ExchangeContext,
    department: &str,
    from: &str,
) -> Result<ExchangeOutcome, Rejection> {
    let from = number(from).ok_or(NOTHING)?;
    let (reader, department) = (context.log_reader.clone(), department.to_owned());
    let signed = reader.log.status().signed;
    let page = run_blocking_read(context, move || {
        let (mut records, mut next) = (Vec::new(), from.min(signed));
        if from < signed {
            let mut all = reader.archive.records(from)?;
            for _ in 0..LOOKED_AT_RECORDS {
                if next == signed || records.len() == PAGE_RECORDS {
                    break;
                }
                let Some((index, line)) = all.next_line()? else { break };
                next = index + 1;
                let named = |line: Line| {
                    is_consumer(&line, &department) || line.provider() == Some(&*department)
                };
                if Line::parse(&line).is_ok_and(named) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    records.push(json!({ "index": index, "line": line }));
                }
            }
        }
        Ok(json!({ "records": records, "next": next, "signed": signed }))
    });
    Ok(ExchangeOutcome::own_json(&page.await?))
}

/// Runs what reads files, when it is its turn; what is pruned or not there is nothing.
async fn run_blocking_read<T: Send + 'static>(
    context: &ExchangeContext,
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Rejection> {
    let turn = timeout(TURN_WITHIN, context.log_reader.turns.acquire()).await;
    let _turn = turn.map_err(|_| Rejection::Overloaded)?.map_err(|_| Rejection::Draining)?;
    let done = spawn_blocking(read).await.map_err(|_| Rejection::GatewayFault)?;
    done.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => NOTHING,
        _ => Rejection::GatewayFault,
    })
}

fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 19;
    text.parse().ok().filter(|_| plain)
}

fn is_consumer(line: &Line, department: &str) -> bool {
    line.text("consumer.department") == Some(department)
}
