//! The log for auditors: people with that role in the department that runs the gateway. Whatever
//! they read is itself recorded, before they see it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_core::domain::registry::Role;
use sluice_core::domain::target::Target;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::ledger::tile::Resource;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::answer::problem;
use crate::audit::find::{MEMBERS, RecordFilter, time};
use crate::tls::PeerCertificate;

/// Records of one page, at most.
const PAGE_RECORDS: usize = 500;

/// Records that are looked at for one page, at most: whoever asks for little in a long log gets
/// short pages instead of holding its disk.
pub(super) const LOOKED_AT_RECORDS: u64 = 20_000;

/// The records that fit, from the index `from` on; a page, and the `next` index to go on from. Filters
/// are exchange, consumer, system, entry, operation, operator, purpose, case, basis, decision, code,
/// provider, subject, since and until.
#[utoipa::path(get, path = "/api/v1/log/records", tag = "log", responses((status = 200)))]
pub(super) async fn records(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
) -> Response {
    if let Some(refused) = refused(&state, &peer) {
        return refused;
    }
    let (question, what) = match asked(&uri) {
        Ok(asked) => asked,
        Err(wrong) => {
            let remedy = "Correct the query.";
            return problem(StatusCode::BAD_REQUEST, "request-malformed", &wrong, remedy);
        }
    };
    let reading = state.clone();
    let page = spawn_blocking(move || {
        let mut found = Vec::new();
        let mut answers = reading.archive.find(question)?.look_at_most(LOOKED_AT_RECORDS);
        while found.len() < PAGE_RECORDS
            && let Some(one) = answers.next_found()?
        {
            let line = String::from_utf8_lossy(&one.bytes).into_owned();
            found.push(json!({ "index": one.line.index, "line": line }));
        }
        let next = answers.rest();
        Ok::<_, std::io::Error>((found, next))
    });
    match page.await {
        Ok(Ok((found, next))) => {
            let count = found.len() as u64;
            let body = json!({ "records": found, "next": next });
            let what = format!("records {what}");
            told(&state, &peer, what.trim_end(), count, Json(body).into_response()).await
        }
        Ok(Err(_)) | Err(_) => unreadable(),
    }
}

/// `checkpoint` and `tile/…`: the log as C2SP tlog-tiles, with its entries.
#[utoipa::path(get, path = "/api/v1/log/{path}", tag = "log", params(("path" = String, Path)),
    responses((status = 200)))]
pub(super) async fn tile(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(path): Path<String>,
) -> Response {
    if let Some(refused) = refused(&state, &peer) {
        return refused;
    }
    let nothing = || {
        let what = "The log has no such tile, or its entries are past their retention.";
        let remedy = "See the size that /api/v1/log/checkpoint states, and C2SP tlog-tiles.";
        problem(StatusCode::NOT_FOUND, "not-in-catalog", what, remedy)
    };
    let Some(signed) = state.log.checkpoint() else { return nothing() };
    let (kind, bytes, count) = match Resource::parse(&path) {
        None => return nothing(),
        Some(Resource::Checkpoint) => {
            ("text/plain; charset=utf-8", signed.to_string().into_bytes(), 0)
        }
        Some(resource) => {
            let reading = state.clone();
            let size = signed.size();
            let found = spawn_blocking(move || reading.archive.resource(resource, size)).await;
            let count = match resource {
                Resource::Entries(tile) => u64::from(tile.width),
                Resource::Hashes { .. } | Resource::Checkpoint => 0,
            };
            match found {
                Ok(Ok(Some(bytes))) => ("application/octet-stream", bytes, count),
                Ok(Ok(None)) => return nothing(),
                Ok(Err(_)) | Err(_) => return unreadable(),
            }
        }
    };
    let answer = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    // Hashes tell nothing of anybody.
    if count == 0 { answer } else { told(&state, &peer, "tile/entries", count, answer).await }
}

/// What is disclosed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Disclosure {
    /// The id of a confidential exchange.
    exchange: String,
}

/// From now on persons are told of a confidential exchange.
#[utoipa::path(post, path = "/api/v1/log/disclosures", tag = "log", request_body = Disclosure,
    responses((status = 201)))]
pub(super) async fn disclose(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(Disclosure { exchange }): Json<Disclosure>,
) -> Response {
    if let Some(refused) = refused(&state, &peer) {
        return refused;
    }
    let Ok(exchange) = exchange.parse::<Uuid>().map(|id| id.hyphenated().to_string()) else {
        let what = "The body's `exchange` is no exchange id.";
        let remedy = "Write {\"exchange\": \"…\"}, with the id that the record states.";
        return problem(StatusCode::BAD_REQUEST, "request-malformed", what, remedy);
    };
    let (reading, id) = (state.clone(), exchange.clone());
    let found = spawn_blocking(move || reading.archive.exchange(&id)).await;
    let Ok(Ok(found)) = found else { return unreadable() };
    let confidential = found.iter().any(|(_, bytes)| {
        let line = Line::parse(bytes);
        line.is_ok_and(|line| line.member("confidential") == Some(&Value::Bool(true)))
    });
    if !confidential {
        let what = "The log has no confidential exchange of this id.";
        let remedy = "Others need no disclosure. See sluice audit trace --for auditor.";
        return problem(StatusCode::NOT_FOUND, "receipt-unknown", what, remedy);
    }
    let event = Event::Disclosed { by: person(&peer), exchange: exchange.as_str().into() };
    let answer = (StatusCode::CREATED, Json(json!({ "exchange": exchange })));
    recorded(&state, event, answer.into_response()).await
}

/// What is asked for, and the names of its filters.
fn asked(uri: &Uri) -> Result<(RecordFilter, String), String> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let target = Target::parse(target).map_err(|why| format!("The query can't be read: {why}."))?;
    let mut question = RecordFilter::default();
    let mut names = Vec::new();
    for (name, value) in target.query {
        let value = value.into_owned();
        let moment = || time(&value).map_err(|what| format!("{name} is a time: {what}."));
        let member = MEMBERS.into_iter().find(|(known, _)| *known == name);
        match (&*name, member) {
            (_, Some((member, _))) => question.says.push((member, value)),
            ("since", _) => question.since = Some(moment()?),
            ("until", _) => question.until = Some(moment()?),
            ("provider", _) => question.provider = Some(value),
            ("subject", _) => question.subjects.push(value),
            ("from", _) => {
                let from = value.parse();
                question.from = Some(from.map_err(|_| "from is the index of a record.")?);
            }
            _ => {
                let known = MEMBERS.map(|(known, _)| known).join(", ");
                let others = "provider, subject, since, until, from";
                return Err(format!("There is no filter {name:?}; there are {known}, {others}."));
            }
        }
        names.push(name.into_owned());
    }
    names.sort();
    names.dedup();
    Ok((question, names.join(",")))
}

/// Records what was read, and only then gives it.
pub(super) async fn told(
    state: &State,
    peer: &PeerCertificate,
    what: &str,
    records: u64,
    answer: Response,
) -> Response {
    let event = Event::LogRead { by: person(peer), what: what.into(), records };
    recorded(state, event, answer).await
}

fn person(peer: &PeerCertificate) -> Box<str> {
    format!("{}/{}", peer.identity.department, peer.identity.id).into()
}

/// Answers once an event stands in the log.
async fn recorded(state: &State, event: Event, answer: Response) -> Response {
    let time = (state.clock)();
    let appended = state.log.append(&Record::Control(Control { time, event }));
    let durable = match appended {
        Ok(pending) => pending.durable().await,
        Err(why) => Err(why),
    };
    match durable {
        Ok(_) => answer,
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "log-unavailable",
            "What was asked for can't be recorded, so it is not done.",
            "Try again later; the gateway's operators see in its metrics what is wrong.",
        ),
    }
}

/// The answer to who is no auditor of the gateway's own department.
fn refused(state: &State, peer: &PeerCertificate) -> Option<Response> {
    let snapshot = state.current.load();
    let roles = snapshot.release.policy.registry().roles_of(&peer.identity);
    let auditor = roles.is_some_and(|roles| roles.contains(&Role::Auditor))
        && peer.identity.department == state.office;
    (!auditor).then(|| {
        let what = format!("The log is for auditors of {}.", state.office);
        let remedy = "Ask the exchange office for the role of an auditor in its registry.";
        problem(StatusCode::FORBIDDEN, "not-authorised", &what, remedy)
    })
}

pub(super) fn unreadable() -> Response {
    let (what, remedy) = ("The log's files can't be read.", "Verify the log: sluice audit verify.");
    problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway-fault", what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_filters_are_read_and_their_values_are_not_told() {
        let read = |target: &str| asked(&target.parse().unwrap());
        let (question, what) =
            read("/api/v1/log/records?consumer=health&since=2026-11-01&from=7&code=a").unwrap();
        assert_eq!(what, "code,consumer,from,since");
        assert_eq!((question.from, question.says.len()), (Some(7), 2));
        assert_eq!(question.since, time("2026-11-01").ok());
        assert_eq!(read("/api/v1/log/records").unwrap().1, "");
        for wrong in ["consumers=x", "since=yesterday", "from=-1", "a%zz=1"] {
            assert!(read(&format!("/api/v1/log/records?{wrong}")).is_err(), "{wrong}");
        }
        assert!(!what.contains("health"));
    }
}
