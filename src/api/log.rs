//! The log for auditors: people with that role in the department that runs the gateway. Every
//! reading is itself recorded before the auditor gets the data.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sluice_core::domain::registry::Role;
use sluice_core::domain::target::Target;
use sluice_core::ledger::line::Line;
use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::ledger::tile::Resource;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::State;
use super::answer::ApiResponse;
use super::refusal::ApiRefusal;
use crate::audit::find::{MEMBERS, RecordFilter, time};
use crate::contract::log::{
    DisclosureRequest, DisclosureResponse, RecordResponse, RecordsResponse,
};
use crate::tls::PeerCertificate;

/// Records of one page, at most.
const PAGE_RECORDS: usize = 500;

/// The most records that are read for one page. A narrow filter on a long log gives short pages
/// instead of occupying the disk.
pub(super) const LOOKED_AT_RECORDS: u64 = 20_000;

/// Lists the records that fit, from the index `from` on: a page, and the `next` index to go on
/// from. Filters are exchange, consumer, system, entry, operation, operator, purpose, case, basis,
/// decision, code, provider, subject, since and until.
#[utoipa::path(get, path = "/api/v1/log/records", tag = "log",
    responses((status = 200, body = RecordsResponse)))]
pub(super) async fn records(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
) -> ApiResponse {
    is_auditor(&state, &peer)?;
    let (question, what) = asked(&uri)?;
    let reading = state.clone();
    let page = spawn_blocking(move || {
        let mut records = Vec::new();
        let mut answers = reading.archive.find(question)?.look_at_most(LOOKED_AT_RECORDS);
        while records.len() < PAGE_RECORDS
            && let Some(one) = answers.next_found()?
        {
            let line = String::from_utf8_lossy(&one.bytes).into_owned();
            records.push(RecordResponse { index: one.line.index, line });
        }
        Ok::<_, std::io::Error>(RecordsResponse { records, next: answers.rest() })
    });
    let Ok(Ok(page)) = page.await else { return Err(ApiRefusal::LogUnreadable) };
    let (count, what) = (page.records.len() as u64, format!("records {what}"));
    told(&state, &peer, what.trim_end(), count, Json(page).into_response()).await
}

/// `checkpoint` and `tile/…`: the log as C2SP tlog-tiles, with its entries.
#[utoipa::path(get, path = "/api/v1/log/{path}", tag = "log", params(("path" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
pub(super) async fn tile(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(path): Path<String>,
) -> ApiResponse {
    is_auditor(&state, &peer)?;
    let signed = state.log.checkpoint().ok_or(ApiRefusal::NoTile)?;
    let resource = Resource::parse(&path).ok_or(ApiRefusal::NoTile)?;
    let count = match resource {
        Resource::Entries(tile) => u64::from(tile.width),
        Resource::Hashes { .. } => 0,
        Resource::Checkpoint => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            return Ok((kind, signed.to_string()).into_response());
        }
    };
    let (reading, size) = (state.clone(), signed.size());
    let found = spawn_blocking(move || reading.archive.resource(resource, size)).await;
    let Ok(Ok(found)) = found else { return Err(ApiRefusal::LogUnreadable) };
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    let answer = (kind, found.ok_or(ApiRefusal::NoTile)?).into_response();
    // Hashes tell nothing of anybody.
    if count == 0 { Ok(answer) } else { told(&state, &peer, "tile/entries", count, answer).await }
}

/// Discloses a confidential exchange: from now on, the persons it is about are told of it.
#[utoipa::path(post, path = "/api/v1/log/disclosures", tag = "log", request_body = DisclosureRequest,
    responses((status = 201, body = DisclosureResponse)))]
pub(super) async fn disclose(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(DisclosureRequest { exchange }): Json<DisclosureRequest>,
) -> ApiResponse {
    is_auditor(&state, &peer)?;
    let id = exchange.parse::<Uuid>().map_err(|_| ApiRefusal::ExchangeMalformed)?;
    let exchange = id.hyphenated().to_string();
    let (reading, id) = (state.clone(), exchange.clone());
    let found = spawn_blocking(move || reading.archive.exchange(&id)).await;
    let Ok(Ok(found)) = found else { return Err(ApiRefusal::LogUnreadable) };
    let confidential = found.iter().any(|(_, bytes)| {
        let line = Line::parse(bytes);
        line.is_ok_and(|line| line.member("confidential") == Some(&Value::Bool(true)))
    });
    if !confidential {
        return Err(ApiRefusal::NotConfidential);
    }
    let event = Event::Disclosed { by: person(&peer), exchange: exchange.as_str().into() };
    let answer = (StatusCode::CREATED, Json(DisclosureResponse { exchange })).into_response();
    recorded(&state, event, answer).await
}

/// Reads the filters of a query; gives their names, too.
fn asked(uri: &Uri) -> Result<(RecordFilter, String), ApiRefusal> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let unreadable =
        |why: sluice_core::domain::target::BadTarget| ApiRefusal::QueryUnreadable(why.to_string());
    let target = Target::parse(target).map_err(unreadable)?;
    let mut question = RecordFilter::default();
    let mut names = Vec::new();
    for (name, value) in target.query {
        let value = value.into_owned();
        let moment = || {
            let filter = name.to_string();
            time(&value).map_err(|why| ApiRefusal::TimeMalformed { filter, why: why.to_string() })
        };
        let member = MEMBERS.into_iter().find(|(known, _)| *known == name);
        match (&*name, member) {
            (_, Some((member, _))) => question.says.push((member, value)),
            ("since", _) => question.since = Some(moment()?),
            ("until", _) => question.until = Some(moment()?),
            ("provider", _) => question.provider = Some(value),
            ("subject", _) => question.subjects.push(value),
            ("from", _) => {
                let from = value.parse();
                question.from = Some(from.map_err(|_| ApiRefusal::IndexMalformed)?);
            }
            _ => {
                let members = MEMBERS.map(|(known, _)| known).join(", ");
                let known = format!("{members}, provider, subject, since, until, from");
                return Err(ApiRefusal::FilterUnknown { filter: name.into_owned(), known });
            }
        }
        names.push(name.into_owned());
    }
    names.sort();
    names.dedup();
    Ok((question, names.join(",")))
}

/// Records the reading, and only then returns the data.
pub(super) async fn told(
    state: &State,
    peer: &PeerCertificate,
    what: &str,
    records: u64,
    answer: Response,
) -> ApiResponse {
    let event = Event::LogRead { by: person(peer), what: what.into(), records };
    recorded(state, event, answer).await
}

fn person(peer: &PeerCertificate) -> Box<str> {
    format!("{}/{}", peer.identity.department, peer.identity.id).into()
}

/// Answers once an event is recorded in the log.
async fn recorded(state: &State, event: Event, answer: Response) -> ApiResponse {
    let time = (state.clock)();
    let appended = state.log.append(&Record::Control(Control { time, event }));
    let pending = appended.map_err(|_| ApiRefusal::LogUnavailable)?;
    pending.durable().await.map_err(|_| ApiRefusal::LogUnavailable)?;
    Ok(answer)
}

/// Requires that the caller is an auditor of the gateway's own department.
fn is_auditor(state: &State, peer: &PeerCertificate) -> Result<(), ApiRefusal> {
    let snapshot = state.current.load();
    let roles = snapshot.release.policy.registry().roles_of(&peer.identity);
    let auditor = roles.is_some_and(|roles| roles.contains(&Role::Auditor))
        && peer.identity.department == state.office;
    if auditor { Ok(()) } else { Err(ApiRefusal::NotAnAuditor(state.office.clone())) }
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
