//! The interface's own description (OpenAPI 3.1), made from the code that answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::contract::problem::ProblemDocument;
use crate::problem::PROBLEM_JSON;

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
    ),
    components(schemas(ProblemDocument))
)]
struct Interface;

/// Describes the interface.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about",
    responses((status = 200, body = serde_json::Value)))]
pub(super) async fn document() -> Response {
    Json(described()).into_response()
}

/// Describes every route, each with the problem document that it refuses with.
pub fn described() -> utoipa::openapi::OpenApi {
    let mut document = Interface::openapi();
    let schema = Ref::from_schema_name("ProblemDocument");
    let problem = ContentBuilder::new().schema(Some(schema)).build();
    let refused = ResponseBuilder::new()
        .description("Why it is not done, and what to do; in Chinese for Accept-Language: zh")
        .content(PROBLEM_JSON, problem)
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), RefOr::T(refused.clone()));
        }
    }
    document
}
