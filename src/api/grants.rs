//! Temporary grants: asking for one, looking at them, and the steps that people take with them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::budget::BudgetWindow;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::grant::{Grant, GrantStage, Parties};
use sluice_core::ledger::time::rfc3339;
use sluice_core::release::step::StepName;

use super::State;
use super::answer::{ApiResponse, idempotency_key};
use super::drafts::{number, told_step};
use super::refusal::ApiRefusal;
use crate::contract::grants::{AwaitedResponse, GrantContents, GrantRequest, GrantResponse};
use crate::contract::steps::StepRequest;
use crate::control::{ChangeError, Control, GrantHistory, Journal};
use crate::quota_view::budget_left;
use crate::tls::PeerCertificate;

/// Grants of one page, at most.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantsQuery {
    state: Option<String>,
    consumer: Option<String>,
    entry: Option<String>,
    #[serde(default)]
    overdue: bool,
    /// True to list only grants of which a review is due.
    #[serde(default)]
    review_due: bool,
    after: Option<String>,
}

/// Lists the grants that concern the asker's department, the latest first; `after` is the last id of the
/// page before.
#[utoipa::path(get, path = "/api/v1/grants", tag = "grants",
    params(("state" = Option<String>, Query), ("consumer" = Option<String>, Query),
        ("entry" = Option<String>, Query), ("overdue" = Option<bool>, Query),
        ("review_due" = Option<bool>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Vec<GrantResponse>)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Query(asked): Query<GrantsQuery>,
) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let (now, procedure) = ((state.clock)(), journal.procedure());
    if let Some(state) = asked.state.as_deref().filter(|word| !STATES.contains(word)) {
        let (state, known) = (state.to_owned(), STATES.join(", "));
        return Err(ApiRefusal::StateUnknown { state, known });
    }
    // What nobody has signed is its writer's own, unless it is asked for.
    let own = |one: &GrantHistory| one.grant.consumer == peer.identity.department;
    let mut grants: Vec<&GrantHistory> = journal.grants.values().collect();
    grants.sort_by_key(|one| std::cmp::Reverse(number(&one.grant.id)));
    let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|it| it == is);
    let after = asked.after.as_deref().and_then(|id| Name::parse(id).ok());
    let fits = |one: &&&GrantHistory| {
        after.as_ref().is_none_or(|after| number(&one.grant.id) < number(after))
            && asked.state.as_deref().is_none_or(|wanted| may_be(one.state(now, procedure), wanted))
            && is(&asked.consumer, one.grant.consumer.as_str())
            && is(&asked.entry, &one.grant.entry)
            && (asked.state.is_some() || one.stage() != GrantStage::Written || own(one))
            && (!asked.review_due || one.review_due(now, procedure).is_some())
            && sees(&state, &peer.identity, &one.grant)
    };
    let told = grants.iter().filter(fits).map(|one| told(&state, &journal, one, now));
    let late = |told: &GrantResponse| told.waits_for.as_ref().is_some_and(|it| it.overdue);
    let told = told.filter(|it| is(&asked.state, &it.state) && (!asked.overdue || late(it)));
    let page: Vec<GrantResponse> = told.take(PAGE).collect();
    Ok(Json(page).into_response())
}

/// Tells whether a grant in one state may be listed under another: `used-up` follows from its
/// budget, `escalated` from a deadline.
fn may_be(state: &str, wanted: &str) -> bool {
    let waits = matches!(state, "requested" | "agreed");
    state == wanted || state == "active" && wanted == USED_UP || waits && wanted == ESCALATED
}

/// The state of a request that waits for the office above both departments.
const ESCALATED: &str = "escalated";

/// All states.
const STATES: [&str; 18] = [
    "written",
    "requested",
    "agreed",
    "approved",
    ESCALATED,
    "endorsed",
    "reviewed",
    "active",
    USED_UP,
    "expired",
    "lapsed",
    "suspended",
    "unreviewed",
    "superseded",
    "declined",
    "withdrawn",
    "revoked",
    "returned",
];

/// The state of an active grant of whose budget in all nothing is left.
const USED_UP: &str = "used-up";

/// Asks for a grant, for the asker's own department. It is written then; the applicant's signed step
/// `request` follows. With `Idempotency-Key` the same request makes one grant, however often it comes.
#[utoipa::path(post, path = "/api/v1/grants", tag = "grants", request_body = GrantRequest,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = GrantResponse)))]
pub(super) async fn ask(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Json(asked): Json<GrantRequest>,
) -> ApiResponse {
    let key = idempotency_key(&headers)?;
    let control = state.changes()?;
    let granting = control.ask_for_grant(&peer.identity, &asked, key).await?;
    answered(&state, control, StatusCode::CREATED, &granting).await
}

/// Shows a grant, with its steps and the rest of its budget.
#[utoipa::path(get, path = "/api/v1/grants/{id}", tag = "grants", params(("id" = String, Path)),
    responses((status = 200, body = GrantResponse)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> ApiResponse {
    let (control, granting) = seen(&state, &peer.identity, &id).await?;
    answered(&state, control, StatusCode::OK, &granting).await
}

/// Takes a step: request, agree, approve, open, escalate, endorse, review, decline, withdraw, revoke,
/// return or confirm, as the statement says.
#[utoipa::path(post, path = "/api/v1/grants/{id}/steps", tag = "grants", request_body = StepRequest,
    params(("id" = String, Path)), responses((status = 201, body = GrantResponse)))]
pub(super) async fn step(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
    Json(asked): Json<StepRequest>,
) -> ApiResponse {
    let (control, granting) = seen(&state, &peer.identity, &id).await?;
    let taken = control.step_of_grant(&peer.identity, &granting.grant.id, asked.into()).await?;
    answered(&state, control, StatusCode::CREATED, &taken).await
}

/// A grant that the person may see.
pub(super) async fn seen<'s>(
    state: &'s State,
    by: &Identity,
    id: &str,
) -> Result<(&'s Control, GrantHistory), ApiRefusal> {
    let control = state.changes()?;
    let journal = control.journal().await;
    let found = Name::parse(id).ok().and_then(|id| journal.grants.get(&id).cloned());
    let found = found.filter(|found| sees(state, by, &found.grant));
    let unknown = || ChangeError::NoGrant(id.to_owned());
    Ok((control, found.ok_or_else(unknown)?))
}

/// Tells whether a person may read a grant: people of the two departments, of those above them and
/// of the exchange office may, and auditors.
pub(super) fn sees(state: &State, by: &Identity, grant: &Grant) -> bool {
    let snapshot = state.current.load();
    let registry = snapshot.release.policy.registry();
    let parties = Parties::of(grant, registry, &state.office);
    let audits = || registry.roles_of(by).is_some_and(|roles| roles.contains(&Role::Auditor));
    parties.is_some_and(|parties| parties.includes(&by.department)) || audits()
}

async fn answered(
    state: &State,
    control: &Control,
    status: StatusCode,
    granting: &GrantHistory,
) -> ApiResponse {
    let journal = control.journal().await;
    Ok((status, Json(told(state, &journal, granting, (state.clock)()))).into_response())
}

fn told(
    state: &State,
    journal: &Journal,
    granting: &GrantHistory,
    now: UnixMillis,
) -> GrantResponse {
    let GrantHistory { grant, by, time, taken, superseded, .. } = granting;
    let procedure = journal.procedure();
    let chain = journal.chain(grant, &state.office);
    let awaited = chain.and_then(|chain| granting.awaited(&chain, procedure, now));
    let date = |at: UnixMillis| rfc3339(at).to_string();
    let (basis, consumer) = (format!("grant/{}", grant.id), grant.consumer.as_str());
    let budget = grant.budget.budget();
    let left = budget.map(|budget| {
        budget_left(&state.budgets, &budget, (&*grant.entry, basis.as_str(), consumer), now)
    });
    let left = left.unwrap_or_default();
    let used_up =
        left.iter().any(|part| part.window == BudgetWindow::Total.as_str() && part.left == 0);
    let state = match granting.state(now, procedure) {
        "active" if used_up => USED_UP,
        _ if awaited.as_ref().is_some_and(|one| one.by_itself) => ESCALATED,
        other => other,
    };
    GrantResponse {
        id: grant.id.to_string(),
        state: state.to_owned(),
        text: grant.canonical(),
        grant: GrantContents::of(grant),
        digest: grant.digest().to_string(),
        by: by.clone(),
        time: rfc3339(*time).to_string(),
        steps: taken.iter().map(told_step).collect(),
        previous: taken.last().map(|last| last.digest.to_string()),
        waits_for: awaited.map(|one| AwaitedResponse {
            step: one.step.as_str().to_owned(),
            department: one.department.to_string(),
            role: one.role.as_str().to_owned(),
            due: one.due.map(date),
            overdue: one.overdue,
            escalated_by_itself: one.by_itself,
        }),
        review_due: granting.review_due(now, procedure).map(date),
        superseded: superseded.as_ref().map(ToString::to_string),
        budget: left,
    }
}
