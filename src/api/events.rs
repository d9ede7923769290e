//! What happens, as server-sent events (WHATWG HTML), for people who watch.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use serde_json::json;
use sluice_core::ledger::time::rfc3339;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::State;
use super::answer::{Answered, problem};
use super::grants::sees;
use crate::control::Control;
use crate::control::tidings::{News, Tiding};
use crate::tls::PeerCertificate;

/// Most people who watch at once.
pub(super) const MAX_WATCHERS: usize = 64;

/// How often something is sent where nothing happens: what stands between may close what is silent.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Tells what happens to drafts, grants, notices and suspensions, as far as it is the asker's to know: steps
/// as they are taken, with their row as `id`, and what the clock brings about (`overdue`, `review-due`,
/// `expired`, `notice-overdue`). `Last-Event-ID` goes on from a row; an event `missed` says that something was
/// forgotten since: look at the lists.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(("Last-Event-ID" = Option<u64>, Header)), responses((status = 200)))]
pub(super) async fn watch(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> Answered {
    let control = state.changes()?.clone();
    let Ok(place) = state.watchers.clone().try_acquire_owned() else {
        let (what, remedy) = ("Too many people are watching.", "Try again later.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Ok(problem(status, "too-many-at-once", what, remedy));
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (sender, body) = Channel::<Bytes, Infallible>::new(4);
    tokio::spawn(follow(state, control, peer, last, (sender, place)));
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(body)).into_response())
}

async fn follow(
    state: Arc<State>,
    control: Arc<Control>,
    peer: PeerCertificate,
    last: Option<u64>,
    (mut sender, _place): (Sender<Bytes>, OwnedSemaphorePermit),
) {
    let feed = control.feed();
    let mut changed = feed.subscribe();
    let mut news = match last {
        Some(row) => feed.since_row(row),
        None => News { told: Vec::new(), number: *changed.borrow(), missed: false },
    };
    let mut text = String::from(": watching\n\n");
    loop {
        // Who is no longer let in is told no more.
        if !is_let_in(&state, &peer) {
            return;
        }
        if news.missed {
            text.push_str("event: missed\ndata: {}\n\n");
        }
        for tiding in &news.told {
            if may_know(&state, &control, &peer, tiding).await {
                write(tiding, &mut text);
            }
        }
        if !text.is_empty()
            && sender.send_data(Bytes::from(std::mem::take(&mut text))).await.is_err()
        {
            return;
        }
        match timeout(SIGN_OF_LIFE, changed.changed()).await {
            Ok(Ok(())) => news = feed.since(news.number),
            Ok(Err(_)) => return,
            Err(_) => {
                text.push_str(": nothing new\n\n");
                news = News { told: Vec::new(), missed: false, ..news };
            }
        }
    }
}

fn is_let_in(state: &State, peer: &PeerCertificate) -> bool {
    let snapshot = state.current.load();
    let known = snapshot.release.policy.registry().roles_of(&peer.identity).is_some();
    known && snapshot.stops.admits(&peer.identity).is_ok()
}

/// Drafts and suspensions are everybody's to see; grants, and notices about them, those of whom they concern.
async fn may_know(
    state: &State,
    control: &Control,
    peer: &PeerCertificate,
    tiding: &Tiding,
) -> bool {
    let Some(id) = &tiding.grant else { return true };
    let grant = control.known_grant(id).await;
    grant.is_some_and(|grant| sees(state, &peer.identity, &grant))
}

fn write(tiding: &Tiding, text: &mut String) {
    let Tiding { row, time, what, object, by, reason, .. } = tiding;
    if let Some(row) = row {
        text.push_str(&format!("id: {row}\n"));
    }
    let kind = object.split_once('/').map_or(&**object, |(kind, _)| kind);
    let data = json!({
        "time": rfc3339(*time).as_str(),
        "what": what,
        "object": object,
        "by": by,
        "reason": reason,
    });
    text.push_str(&format!("event: {kind}\ndata: {data}\n\n"));
}
