//! The interface's own description (OpenAPI 3.1), made from the code that answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use super::{
    drafts, entries, events, grants, limits, log, notices, releases, reviews, suspensions, uses,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sluice administration",
        description = "For people with certificates. Which roles may call what stands in one table; \
                       errors are problem documents (RFC 9457)."
    ),
    paths(
        super::status,
        document,
        grants::list,
        grants::ask,
        grants::show,
        grants::step,
        uses::list,
        notices::list,
        notices::show,
        notices::step,
        reviews::list,
        events::watch,
        limits::show,
        suspensions::list,
        suspensions::stop,
        log::records,
        log::disclose,
        log::tile,
        entries::departments,
        entries::department,
        entries::entries,
        entries::entry,
        entries::check,
        drafts::list,
        drafts::create,
        drafts::show,
        drafts::replace,
        drafts::check,
        drafts::file,
        drafts::step,
        releases::list,
        releases::show,
        releases::manifest,
        releases::file,
        releases::diff,
    )
)]
struct Interface;

/// Describes the interface.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", responses((status = 200)))]
pub(super) async fn document() -> Response {
    Json(described()).into_response()
}

/// The description.
pub fn described() -> utoipa::openapi::OpenApi {
    Interface::openapi()
}
