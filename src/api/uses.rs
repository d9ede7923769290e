//! The uses of a grant, by this gateway's log: for the people of the departments that it concerns.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use sluice_core::ledger::time::rfc3339;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::State;
use super::answer::ApiResponse;
use super::grants::seen;
use super::log::{LOOKED_AT_RECORDS, told};
use super::refusal::ApiRefusal;
use crate::audit::find::{FoundRecord, RecordFilter};
use crate::contract::grants::{GrantUse, GrantUses};
use crate::tls::PeerCertificate;

/// Uses of one page, at most.
const PAGE_USES: usize = 200;

/// The longest wait for a turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time by which a grant's first use may be recorded before its opening: clocks differ.
const SKEW_MS: i64 = 10 * 60 * 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsesQuery {
    from: Option<u64>,
}

/// The uses of a grant through this gateway, from the index `from` on. That they were read is recorded.
#[utoipa::path(get, path = "/api/v1/grants/{id}/uses", tag = "grants",
    params(("id" = String, Path), ("from" = Option<u64>, Query)),
    responses((status = 200, body = GrantUses)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
    Query(asked): Query<UsesQuery>,
) -> ApiResponse {
    let (_, granting) = seen(&state, &peer.identity, &id).await?;
    let Some(opened) = granting.opened() else {
        return Ok(Json(GrantUses { uses: Vec::new(), next: None }).into_response());
    };
    let question = RecordFilter {
        from: asked.from,
        since: Some(opened.saturating_sub(SKEW_MS)),
        says: vec![("basis", format!("grant/{id}"))],
        ..RecordFilter::default()
    };
    let Ok(Ok(turn)) = timeout(PATIENCE, state.turns.clone().acquire_owned()).await else {
        return Err(ApiRefusal::SearchesBusy);
    };
    let reading = state.clone();
    let page = spawn_blocking(move || {
        let _turn = turn;
        let mut answers = reading.archive.find(question)?.look_at_most(LOOKED_AT_RECORDS);
        let mut uses = Vec::new();
        while uses.len() < PAGE_USES
            && let Some(found) = answers.next_found()?
        {
            uses.extend(of(&found));
        }
        Ok::<_, std::io::Error>(GrantUses { uses, next: answers.rest() })
    });
    let Ok(Ok(page)) = page.await else { return Err(ApiRefusal::LogUnreadable) };
    let (count, what) = (page.uses.len() as u64, format!("uses of grant/{id}"));
    told(&state, &peer, &what, count, Json(page).into_response()).await
}

/// An exchange counts once, at its end.
fn of(found: &FoundRecord) -> Option<GrantUse> {
    if !matches!(&*found.line.kind, "single" | "outcome") {
        return None;
    }
    let records = found.line.member("released.records").and_then(Value::as_u64);
    Some(GrantUse {
        index: found.line.index,
        time: rfc3339(found.line.time).to_string(),
        exchange: found.text("exchange"),
        system: found.text("consumer.system"),
        operator: found.text("operator.id"),
        operation: found.text("operation"),
        case: found.text("case"),
        records: records.unwrap_or(0),
        code: Some(found.text("code")).filter(|code| !code.is_empty()),
    })
}
