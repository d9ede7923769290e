//! Rates and budgets of a consumer, and the rest of each.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State as Shared};
use axum::response::IntoResponse;
use serde::Deserialize;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::matching::identify;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;

use super::State;
use super::answer::ApiResponse;
use super::refusal::ApiRefusal;
use crate::contract::quotas::QuotaPage;
use crate::quota_view::{self, QuotaSources};
use crate::tls::PeerCertificate;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsQuery {
    consumer: String,
    entry: Option<String>,
    operator: Option<String>,
    after: Option<String>,
}

/// Lists the limits of a consumer (`department/system`) and the rest of each. People of its
/// department, of the exchange office, and auditors see all; others see those at their own
/// department's entries.
#[utoipa::path(get, path = "/api/v1/limits", tag = "limits",
    params(("consumer" = String, Query), ("entry" = Option<String>, Query),
        ("operator" = Option<String>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = QuotaPage)))]
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(asker): Extension<PeerCertificate>,
    Query(asked): Query<LimitsQuery>,
) -> ApiResponse {
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    let named = asked.consumer.split_once('/').and_then(|(department, system)| {
        let (department, id) = (Name::parse(department).ok()?, Name::parse(system).ok()?);
        Some(Identity { department, kind: Kind::System, id })
    });
    let consumer = named.ok_or(ApiRefusal::ConsumerMalformed)?;
    let peer = identify(policy, &consumer).map_err(|_| ApiRefusal::NoSystem)?;
    let only = match &asked.entry {
        None => None,
        Some(id) => {
            let found = id.split_once('/').and_then(|(at, entry)| policy.find(at, entry));
            Some(found.ok_or(ApiRefusal::NoEntry)?)
        }
    };
    let own = &asker.identity.department;
    let roles = policy.registry().roles_of(&asker.identity).unwrap_or_default();
    let sees_all =
        *own == consumer.department || *own == state.office || roles.contains(&Role::Auditor);
    let counters = QuotaSources {
        release: &snapshot.release,
        limiters: &state.limiters,
        budgets: &state.budgets,
        peer,
        operator: asked.operator.as_deref(),
        now: (state.clock)(),
    };
    let after = asked.after.as_deref().unwrap_or_default();
    let page =
        quota_view::page(counters, only, after, |entry| sees_all || entry.id.department() == own);
    Ok(Json(page).into_response())
}
