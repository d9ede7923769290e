//! The log for auditors: people with that role in the department that runs the gateway. Whatever
//! they read is itself recorded, before they see it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sluice_core::domain::registry::Role;
use sluice_core::domain::target::Target;
use sluice_core::ledger::record::{Control, Event, Record};
use sluice_core::ledger::tile::Resource;
use sluice_core::ledger::time::parse_rfc3339;
use tokio::task::spawn_blocking;

use super::{State, problem, roles_of};
use crate::audit::find::Question;
use crate::tls::PeerCertificate;

/// Records of one page, at most.
const PAGE_RECORDS: usize = 500;

/// What a page may be asked for, with the members of records that it looks at.
const FILTERS: [(&str, &str); 11] = [
    ("consumer", "consumer.department"),
    ("system", "consumer.system"),
    ("entry", "entry"),
    ("operation", "operation"),
    ("operator", "operator.id"),
    ("purpose", "purpose"),
    ("case", "case"),
    ("basis", "basis"),
    ("decision", "decision"),
    ("code", "code"),
    ("exchange", "exchange"),
];

/// `GET /api/v1/log/records`: the records that fit, from the index `from` on; a page.
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
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, "request-malformed", &wrong),
    };
    let reading = state.clone();
    let page = spawn_blocking(move || {
        let mut found = Vec::new();
        let mut next = None;
        let Some(mut answers) = reading.archive.find(question)? else { return Ok((found, next)) };
        while let Some(one) = answers.next_found()? {
            if found.len() == PAGE_RECORDS {
                next = Some(one.line.index);
                break;
            }
            let line = String::from_utf8_lossy(&one.bytes).into_owned();
            found.push(json!({ "index": one.line.index, "line": line }));
        }
        Ok::<_, std::io::Error>((found, next))
    });
    match page.await {
        Ok(Ok((found, next))) => {
            let count = found.len() as u64;
            let body = json!({ "records": found, "next": next });
            told(&state, &peer, &what, count, Json(body).into_response()).await
        }
        Ok(Err(_)) | Err(_) => unreadable(),
    }
}

/// `GET /api/v1/log/tile/…` and `/checkpoint`: the log as C2SP tlog-tiles, with its entries.
pub(super) async fn tile(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(path): Path<String>,
) -> Response {
    if let Some(refused) = refused(&state, &peer) {
        return refused;
    }
    let nothing = || problem(StatusCode::NOT_FOUND, "not-in-catalog", "There is no such tile.");
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

/// What is asked for, and the names of its filters.
fn asked(uri: &Uri) -> Result<(Question, String), String> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let target = Target::parse(target).map_err(|why| format!("The query can't be read: {why}."))?;
    let mut question = Question::default();
    let mut names = Vec::new();
    for (name, value) in target.query {
        let value = value.into_owned();
        let time = || {
            let whole = [format!("{value}T00:00:00.000Z"), value.replace('Z', ".000Z")];
            let time = whole.iter().find_map(|text| parse_rfc3339(text));
            time.ok_or_else(|| format!("{name} is a date, or a time like 2026-11-26T08:30:00Z."))
        };
        let filter = FILTERS.into_iter().find(|(known, _)| *known == name);
        match (&*name, filter) {
            (_, Some((_, path))) => question.says.push((path, value)),
            ("since", _) => question.since = Some(time()?),
            ("until", _) => question.until = Some(time()?),
            ("provider", _) => question.entry_begins = Some(format!("{value}/")),
            ("subject", _) => question.subjects.push(value),
            ("from", _) => {
                let from = value.parse().map_err(|_| "from is an index.".to_owned())?;
                question.from = Some(from);
            }
            _ => return Err(format!("There is no filter {name:?}.")),
        }
        names.push(name.into_owned());
    }
    names.sort();
    names.dedup();
    Ok((question, names.join(",")))
}

/// Records what was read, and only then gives it.
async fn told(
    state: &State,
    peer: &PeerCertificate,
    what: &str,
    records: u64,
    answer: Response,
) -> Response {
    let by = format!("{}/{}", peer.identity.department, peer.identity.id).into();
    let event = Event::LogRead { by, what: format!("records {what}").trim_end().into(), records };
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
            "That the log is read can't be recorded, so it is not shown.",
        ),
    }
}

/// The answer to who is no auditor of the gateway's own department.
fn refused(state: &State, peer: &PeerCertificate) -> Option<Response> {
    let snapshot = state.current.load();
    let roles = roles_of(snapshot.release.policy.registry(), &peer.identity);
    let auditor = roles.is_some_and(|roles| roles.contains(&Role::Auditor))
        && peer.identity.department == state.office;
    (!auditor).then(|| {
        let what = format!("The log is for auditors of {}.", state.office);
        problem(StatusCode::FORBIDDEN, "not-authorised", &what)
    })
}

fn unreadable() -> Response {
    let what = "The log's files can't be read; verify the log.";
    problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway-fault", what)
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
        assert_eq!(question.since, parse_rfc3339("2026-11-01T00:00:00.000Z"));
        assert_eq!(read("/api/v1/log/records").unwrap().1, "");
        for wrong in ["consumers=x", "since=yesterday", "from=-1", "a%zz=1"] {
            assert!(read(&format!("/api/v1/log/records?{wrong}")).is_err(), "{wrong}");
        }
        assert!(!what.contains("health"));
    }
}
