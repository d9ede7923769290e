//! `GET /-/catalog`: the published catalog as one consumer has it: what it may call now, what it
//! would see, and of what it may not call, why not and whom to ask.
//!
//! What may be called is [`sluice_core::domain::offer`]'s to say, by the checks of a decision. Here
//! is what is told of it, as types that say nothing of HTTP: the same can be rendered in other
//! formats.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`filter`] | which entries a page is asked for |
//! | [`search`] | going through the entries, within bounds |
//! | [`item`] | what a page says of an entry |
//! | [`detail`] | an entry in full |
//! | `entry_context` | an entry as its parts look at it |
//! | [`operation`], [`term`], [`condition`] | parts of it |
//!
//! Answers depend on who asks and on the moment, so nobody may keep them: they say `no-store`, as
//! all answers do.

pub mod condition;
pub mod detail;
mod entry_context;
pub mod filter;
pub mod item;
pub mod operation;
pub mod search;
pub mod term;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::facts::BudgetUsage;
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::Identified;
use sluice_core::domain::offer::{Offer, offer};
use sluice_core::domain::rejection::{NotInCatalog, Rejection, Undeclared};
use sluice_core::domain::stops::Stops;
use sluice_core::domain::target::QueryPart;

use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::record::guard::RecordGuard;
use crate::problem::Language;
use crate::snapshot::Release;
use detail::EntryDetail;
use filter::CatalogFilter;
use search::Search;

/// Entries that are looked at before other exchanges have their turn: a fraction of a millisecond.
const LOOKED_AT_ONCE_ENTRIES: usize = 500;

/// A consumer that reads the catalog: of which release, when, in which language.
#[derive(Clone, Copy)]
pub struct CatalogReader<'a> {
    /// The release.
    pub release: &'a Release,
    /// The consumer.
    pub peer: Identified<'a>,
    /// The moment.
    pub now: UnixMillis,
    /// True if the store was not heard of for too long.
    pub stale: bool,
    /// The use of budgets.
    pub usage: &'a dyn BudgetUsage,
    /// The stops in force.
    pub stops: &'a Stops,
    /// The language.
    pub language: Language,
}

impl CatalogReader<'_> {
    /// The offer of an entry to the consumer.
    fn offer(&self, ix: EntryIx) -> Offer {
        let policy = &self.release.policy;
        let offer = offer(policy, self.peer, ix, self.now, self.usage);
        let mut offer = if self.stale { offer.while_stale(policy.entry(ix)) } else { offer };
        if let Err(why) = self.stops.opens(policy.entry(ix)) {
            offer.closed = Some(why);
        }
        offer
    }
}

/// Answers with a page of entries.
pub(in crate::exchange) async fn page(
    asker: CatalogReader<'_>,
    query: &[QueryPart<'_>],
) -> Result<ExchangeOutcome, Rejection> {
    let filter = CatalogFilter::read(query)?;
    let mut search = Search::begin(asker, &filter);
    while search.look_at(LOOKED_AT_ONCE_ENTRIES) {
        tokio::task::yield_now().await;
    }
    Ok(ExchangeOutcome::own_json(&search.page()))
}

/// Answers with one entry in full.
pub(in crate::exchange) fn entry(
    asker: CatalogReader<'_>,
    department: &str,
    entry: &str,
    query: &[QueryPart<'_>],
    record: &mut RecordGuard<'_>,
) -> Result<ExchangeOutcome, Rejection> {
    let found = asker.release.policy.find(department, entry);
    record.note_entry(found);
    let found = found.ok_or(Rejection::NotInCatalog(NotInCatalog::Entry))?;
    if !query.is_empty() {
        return Err(Rejection::ParameterNotAllowed(Undeclared::Query(1)));
    }
    Ok(ExchangeOutcome::own_json(&EntryDetail::of(asker, found)))
}
