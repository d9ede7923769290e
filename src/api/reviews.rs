//! Reviews that are due: open grants, and terms of the catalog in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State as Shared};
use axum::response::IntoResponse;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::registry::Role;
use sluice_core::ledger::time::rfc3339;

use super::State;
use super::answer::ApiResponse;
use crate::contract::notices::ReviewResponse;
use crate::control::GrantHistory;
use crate::tls::PeerCertificate;

/// Reviews that are listed at once, at most; those that are due first come first.
const PAGE: usize = 1_000;

/// Lists the reviews that are due or overdue, the earliest date first. A provider sees its own, the
/// exchange office and auditors see all. A grant is then confirmed or revoked; for a term, the date
/// `review` is moved on in the catalog, or the term is changed.
#[utoipa::path(get, path = "/api/v1/reviews", tag = "reviews",
    responses((status = 200, body = Vec<ReviewResponse>)))]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<PeerCertificate>,
) -> ApiResponse {
    let journal = state.changes()?.journal().await;
    let (now, procedure) = ((state.clock)(), journal.procedure());
    let snapshot = state.current.load();
    let policy = &snapshot.release.policy;
    let roles = policy.registry().roles_of(&peer.identity).unwrap_or_default();
    let own = &peer.identity.department;
    let all = *own == state.office || roles.contains(&Role::Auditor);
    let date = |at: UnixMillis| rfc3339(at).to_string();
    let grants = journal.grants.values().filter(|one| all || one.grant.provider() == own.as_str());
    let grants = grants.filter_map(|one: &GrantHistory| {
        let due = one.review_due(now, procedure)?;
        let told = ReviewResponse {
            of: format!("grant/{}", one.grant.id),
            entry: one.grant.entry.to_string(),
            provider: one.grant.provider().to_owned(),
            date: date(due),
            overdue: due <= now,
            suspended: one.state(now, procedure) == "unreviewed",
        };
        Some((due, told))
    });
    let entries = policy.entries().iter().filter(|entry| all || entry.id.department() == own);
    let terms = entries.flat_map(|entry| {
        entry.terms.iter().filter_map(|term| {
            let due = term.review.filter(|due| procedure.reviews.is_due(*due, now))?;
            let told = ReviewResponse {
                of: format!("term/{}/{}", entry.id.as_str(), term.id),
                entry: entry.id.as_str().to_owned(),
                provider: entry.id.department().to_string(),
                date: date(due),
                overdue: due <= now,
                suspended: false,
            };
            Some((due, told))
        })
    });
    let mut due: Vec<(UnixMillis, ReviewResponse)> = grants.chain(terms).collect();
    due.sort_by(|(a, one), (b, other)| (a, &one.of).cmp(&(b, &other.of)));
    Ok(Json(due.into_iter().take(PAGE).map(|(_, told)| told).collect::<Vec<_>>()).into_response())
}
