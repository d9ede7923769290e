//! The gateway's own routes on the exchange listener, below `/-/`. Each is recorded and limited
//! like a call.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`catalog`] | `GET /-/catalog`: what a consumer may call, and would see |
//! | [`decide`], [`decide_request`], [`reasoning`] | `POST /-/decide`: the decision without the call |
//! | [`grants`] | `GET /-/grants`: a consumer's temporary grants |
//! | [`log`] | receipts, checkpoints, tiles, own records |
//! | [`term_statement`] | statements of a term: rates, budget, obligations |

pub mod catalog;
pub mod decide;
pub mod decide_request;
pub mod grants;
pub mod log;
pub mod reasoning;
pub mod term_statement;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sluice_core::domain::entry::Method;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::rate::{DEFAULT_RATE, Rate};
use sluice_core::domain::rejection::{Malformed, NotInCatalog, Rejection, Undeclared};
use sluice_core::domain::target::{QueryPart, Target};

use super::admission;
use super::budget_view::BudgetView;
use super::context::ExchangeContext;
use super::outcome::ExchangeOutcome;
use super::record::guard::RecordGuard;
use super::request::body::RequestBody;
use super::request::head::{self, RequestHead};
use crate::problem::Language;
use crate::quota_view::{self, QuotaSources};
use crate::snapshot::Snapshot;
use catalog::CatalogReader;

/// Rate at which one system may have the log or the catalog searched: that takes a disk's time, or a
/// worker's.
const SEARCH_RATE: Rate =
    Rate { requests: NonZeroU32::new(10).unwrap(), window_seconds: 1, burst: None };

/// A route, and what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'a> {
    Decide,
    Receipt { exchange: &'a str },
    Checkpoint,
    Tile { path: &'a [&'a str] },
    Consistency { old: &'a str, new: &'a str },
    Records { from: &'a str },
    Catalog,
    Entry { department: &'a str, entry: &'a str },
    Limits,
    Grants,
}

impl<'a> Route<'a> {
    /// The route of a path below `/-/`.
    fn of(segments: &'a [&'a str]) -> Option<Route<'a>> {
        match segments {
            ["decide"] => Some(Route::Decide),
            ["receipts", exchange] => Some(Route::Receipt { exchange }),
            ["log", "checkpoint"] => Some(Route::Checkpoint),
            ["log", "tile", path @ ..] => Some(Route::Tile { path }),
            ["log", "consistency", old, new] => Some(Route::Consistency { old, new }),
            ["log", "records", from] => Some(Route::Records { from }),
            ["catalog"] => Some(Route::Catalog),
            ["limits"] => Some(Route::Limits),
            ["grants"] => Some(Route::Grants),
            ["catalog", department, entry] => Some(Route::Entry { department, entry }),
            _ => None,
        }
    }

    /// The route's name in records.
    fn name(self) -> &'static str {
        match self {
            Route::Decide => decide::ROUTE,
            Route::Receipt { .. } => "-/receipts",
            Route::Checkpoint => "-/log/checkpoint",
            Route::Tile { .. } => "-/log/tile",
            Route::Consistency { .. } => "-/log/consistency",
            Route::Records { .. } => "-/log/records",
            Route::Catalog => "-/catalog",
            Route::Entry { .. } => "-/catalog/entry",
            Route::Limits => "-/limits",
            Route::Grants => "-/grants",
        }
    }

    /// The rate at which one system may have it.
    fn rate(self) -> Rate {
        match self {
            Route::Receipt { .. }
            | Route::Records { .. }
            | Route::Catalog
            | Route::Limits
            | Route::Grants => SEARCH_RATE,
            Route::Decide
            | Route::Checkpoint
            | Route::Tile { .. }
            | Route::Consistency { .. }
            | Route::Entry { .. } => DEFAULT_RATE,
        }
    }

    /// Tells whether the route reads a query. Others allow none.
    fn reads_query(self) -> bool {
        match self {
            Route::Catalog | Route::Entry { .. } | Route::Limits => true,
            Route::Decide
            | Route::Receipt { .. }
            | Route::Checkpoint
            | Route::Tile { .. }
            | Route::Consistency { .. }
            | Route::Grants
            | Route::Records { .. } => false,
        }
    }
}

/// Answers a route of the gateway's own.
pub(in crate::exchange) async fn answer(
    context: &ExchangeContext,
    snapshot: &Arc<Snapshot>,
    peer: Identified<'_>,
    head: &RequestHead,
    target: &Target<'_>,
    request_body: &mut impl RequestBody,
    record: &mut RecordGuard<'_>,
) -> Result<ExchangeOutcome, Rejection> {
    let segments: Vec<&str> = target.segments.iter().skip(1).map(|segment| &**segment).collect();
    let route = Route::of(&segments).filter(|it| it.reads_query() || target.query.is_empty());
    let route = route.ok_or(Rejection::NotInCatalog(NotInCatalog::Operation))?;
    record.note_route(route.name());
    let method = if route == Route::Decide { Method::Post } else { Method::Get };
    if head.request.method() != method.as_str() {
        return Err(Rejection::MethodNotAllowed { allow: vec![method] });
    }
    if route != Route::Decide {
        require_no_body(context.body_timeout, request_body).await?;
        admission::take_route_rate(context, peer, route.name(), route.rate())?;
    }
    let department = peer.identity.department.as_str();
    let language = Language::negotiate(&head.request.fields);
    // As decisions see them: a clock that is set back makes nothing callable here, either.
    let stale = context.current.is_stale(record.time());
    let now = context.current.not_before(record.time());
    let exchange = *record.exchange();
    let usage = &BudgetView::of(&context.budgets, peer, exchange.as_str(), &[]);
    let release = &*snapshot.release;
    let stops = &*snapshot.stops;
    let asker = CatalogReader { release, peer, now, stale, usage, stops, language };
    match route {
        Route::Decide => decide::answer(context, snapshot, peer, head, request_body, record).await,
        Route::Receipt { exchange } => log::receipt(context, department, exchange).await,
        Route::Checkpoint => log::checkpoint(context),
        Route::Tile { path } => log::tile(context, &path.join("/")).await,
        Route::Consistency { old, new } => log::consistency(context, old, new).await,
        Route::Records { from } => log::records(context, department, from).await,
        Route::Catalog => catalog::page(asker, &target.query).await,
        Route::Limits => limits(context, asker, head, &target.query),
        Route::Grants => {
            let held = snapshot.grants.of_consumer(peer.department).map(|granted| &**granted);
            Ok(ExchangeOutcome::own_json(&grants::of(counters(context, asker, None), held)))
        }
        Route::Entry { department, entry } => {
            catalog::entry(asker, department, entry, &target.query, record)
        }
    }
}

/// The asker's quotas and what is left of them: `?entry=department/entry`, or a page `?after=`.
fn limits(
    context: &ExchangeContext,
    asker: CatalogReader<'_>,
    head: &RequestHead,
    query: &[QueryPart<'_>],
) -> Result<ExchangeOutcome, Rejection> {
    let policy = &asker.release.policy;
    let (only, after) = match query {
        [] => (None, ""),
        [(name, value)] if &**name == "entry" => {
            let found = value.split_once('/').and_then(|(at, entry)| policy.find(at, entry));
            (Some(found.ok_or(Rejection::NotInCatalog(NotInCatalog::Entry))?), "")
        }
        [(name, value)] if &**name == "after" => (None, &**value),
        _ => {
            let known = |name: &str| matches!(name, "entry" | "after");
            let unknown = query.iter().position(|(name, _)| !known(name));
            let position = unknown.unwrap_or(query.len() - 1) as u16 + 1;
            return Err(Rejection::ParameterNotAllowed(Undeclared::Query(position)));
        }
    };
    let declared = head::declared(&head.request.fields)?;
    let counters = counters(context, asker, declared.operator.as_deref());
    Ok(ExchangeOutcome::own_json(&quota_view::page(counters, only, after, |_| true)))
}

fn counters<'a>(
    context: &'a ExchangeContext,
    asker: CatalogReader<'a>,
    operator: Option<&'a str>,
) -> QuotaSources<'a> {
    QuotaSources {
        release: asker.release,
        limiters: &context.limiters,
        budgets: &context.budgets,
        peer: asker.peer,
        operator,
        now: asker.now,
    }
}

async fn require_no_body(
    timeout: Duration,
    request_body: &mut impl RequestBody,
) -> Result<(), Rejection> {
    if request_body.read(1, timeout).await?.is_empty() {
        Ok(())
    } else {
        Err(Rejection::RequestMalformed(Malformed::Body))
    }
}
