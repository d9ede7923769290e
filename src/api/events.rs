//! Events as server-sent events (WHATWG HTML), for people who watch.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State as Shared};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use http_body_util::channel::{Channel, Sender};
use serde::Serialize;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::registry::Role;
use sluice_core::ledger::time::rfc3339;
use tokio::time::timeout;

use super::access::{GRANTERS, PARTIES};
use super::answer::ApiResponse;
use super::grants::sees;
use super::refusal::ApiRefusal;
use super::{State, drafts};
use crate::contract::events::{EventResponse, EventsEnded};
use crate::control::Control;
use crate::control::events::{Event, EventPage, EventScope};
use crate::tls::PeerCertificate;

/// Most that watch at once.
const MAX_WATCHERS: usize = 64;

/// Most of one person.
const MAX_WATCHERS_A_PERSON: usize = 4;

/// The longest time for which a client may leave events unread.
const PATIENCE: Duration = Duration::from_secs(30);

/// The interval of keep-alive comments: proxies may close a silent connection.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Streams the events of drafts, grants, notices and suspensions that the caller may see: steps as
/// they are taken, with their row as `id`, and deadlines that pass (`overdue`, `review-due`,
/// `unreviewed`, `expired`, `lapsed`, `notice-overdue`). `Last-Event-ID` continues after a row. An
/// event `missed` says that events were forgotten, or that the gateway was restarted: read the
/// lists anew. `ended` gives the reason why the stream ends.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = EventResponse)))]
pub(super) async fn watch(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> ApiResponse {
    let control = state.changes()?.clone();
    let Some(place) = state.watchers.place(&peer.identity) else {
        return Err(ApiRefusal::TooManyWatchers);
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (sender, body) = Channel::<Bytes, Infallible>::new(4);
    tokio::spawn(follow(state, control, peer, last, sender));
    let body = Held { body, _place: place };
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(body)).into_response())
}

async fn follow(
    state: Arc<State>,
    control: Arc<Control>,
    peer: PeerCertificate,
    last: Option<u64>,
    mut sender: Sender<Bytes>,
) {
    let feed = control.feed();
    let mut changed = feed.subscribe();
    let mut news = match last {
        Some(row) => feed.since_row(row),
        None => EventPage { told: Vec::new(), number: *changed.borrow(), missed: false },
    };
    let mut text = String::from(": watching\n\n");
    loop {
        // Who is no longer let in is told that, and no more.
        if !is_let_in(&state, &peer) {
            let why = EventsEnded { why: "you are no longer let in".to_owned() };
            let last = format!("event: ended\ndata: {}\n\n", data(&why));
            let _ = timeout(PATIENCE, sender.send_data(last.into())).await;
            return;
        }
        if news.missed {
            text.push_str("event: missed\ndata: {}\n\n");
        }
        for event in &news.told {
            if may_know(&state, &control, &peer, event).await {
                write(event, &mut text);
            }
        }
        if !text.is_empty() {
            let sent = sender.send_data(Bytes::from(std::mem::take(&mut text)));
            let Ok(Ok(())) = timeout(PATIENCE, sent).await else { return };
        }
        match timeout(SIGN_OF_LIFE, changed.changed()).await {
            Ok(Ok(())) => news = feed.since(news.number),
            Ok(Err(_)) => return,
            Err(_) => {
                text.push_str(": nothing new\n\n");
                news = EventPage { told: Vec::new(), missed: false, ..news };
            }
        }
    }
}

fn is_let_in(state: &State, peer: &PeerCertificate) -> bool {
    let snapshot = state.current.load();
    let known = snapshot.release.policy.registry().roles_of(&peer.identity).is_some();
    known && snapshot.stops.admits(&peer.identity).is_ok()
}

/// Tells whether a person may know of an event: they could look it up as well.
async fn may_know(state: &State, control: &Control, peer: &PeerCertificate, event: &Event) -> bool {
    let by = &peer.identity;
    match &event.about {
        EventScope::Anything => true,
        EventScope::Grant(id) => {
            has_one_of(state, by, GRANTERS)
                && control.is_grant(id, |grant| sees(state, by, grant)).await
        }
        EventScope::Draft(department) => {
            has_one_of(state, by, PARTIES) && drafts::sees(state, by, department.as_str())
        }
    }
}

fn has_one_of(state: &State, by: &Identity, wanted: &[Role]) -> bool {
    let snapshot = state.current.load();
    let roles = snapshot.release.policy.registry().roles_of(by).unwrap_or_default();
    roles.iter().any(|role| wanted.contains(role))
}

fn write(event: &Event, text: &mut String) {
    let Event { row, time, what, object, by, reason, .. } = event;
    if let Some(row) = row {
        text.push_str(&format!("id: {row}\n"));
    }
    let kind = object.split_once('/').map_or(&**object, |(kind, _)| kind);
    let told = EventResponse {
        time: rfc3339(*time).as_str().to_owned(),
        what: (*what).to_owned(),
        object: object.to_string(),
        by: by.as_deref().map(str::to_owned),
        reason: reason.as_deref().map(str::to_owned),
    };
    text.push_str(&format!("event: {kind}\ndata: {}\n\n", data(&told)));
}

/// The data of an event: JSON on one line.
fn data(told: &impl Serialize) -> String {
    // Serialising texts into memory can't fail.
    serde_json::to_string(told).unwrap_or_default()
}

/// The body of a stream, with the place of its watcher, which is freed as soon as the client
/// leaves.
struct Held {
    body: Channel<Bytes, Infallible>,
    _place: Place,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
}

/// The people who watch, each with the number of their streams.
#[derive(Default)]
pub struct Watchers(Mutex<HashMap<Identity, usize>>);

/// A stream's place in the count of its watcher.
struct Place {
    of: Arc<Watchers>,
    who: Identity,
}

impl Watchers {
    fn place(self: &Arc<Watchers>, who: &Identity) -> Option<Place> {
        let mut taken = self.taken();
        let (all, own) = (taken.values().sum::<usize>(), taken.get(who).copied().unwrap_or(0));
        if all >= MAX_WATCHERS || own >= MAX_WATCHERS_A_PERSON {
            return None;
        }
        taken.insert(who.clone(), own + 1);
        Some(Place { of: self.clone(), who: who.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Identity, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        match taken.get_mut(&self.who) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_core::domain::identity::Kind;
    use sluice_core::domain::name::Name;

    use super::*;

    #[test]
    fn nobody_takes_all_places() {
        let person = |id: usize| {
            let name = |text: &str| Name::parse(text).unwrap();
            Identity {
                department: name("health"),
                kind: Kind::Person,
                id: name(&format!("p-{id}")),
            }
        };
        let watchers = Arc::new(Watchers::default());
        let own: Vec<Option<Place>> = (0..5).map(|_| watchers.place(&person(0))).collect();
        assert!(own[3].is_some() && own[4].is_none());
        let others: Vec<Option<Place>> = (1..62).map(|id| watchers.place(&person(id))).collect();
        assert!(others[59].is_some() && others[60].is_none());
        drop(own);
        assert!(watchers.place(&person(0)).is_some());
    }
}
