//! Going through the entries of a release for a page of those that are wanted.

use serde::Serialize;
use serde_json::value::RawValue;
use sluice_core::domain::classification::Mode;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::offer::Offer;

use super::CatalogReader;
use super::filter::CatalogFilter;
use super::item::CatalogItem;

/// Entries that are looked at for one page, at most. Texts are folded when a release is built, so to
/// look for one costs next to nothing; to say of an entry whether it may be called takes up to a
/// microsecond. One request thus costs a worker 20 ms at the very most, in slices, whatever the size
/// of the catalog. A page can have few entries for it, or none, and still a `next`.
pub const LOOKED_AT_ENTRIES: usize = 20_000;

/// A page ends with the entry that brings it over so many bytes.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// A search under way.
pub struct Search<'a> {
    asker: CatalogReader<'a>,
    filter: &'a CatalogFilter,
    /// The place that is looked at next.
    place: usize,
    /// The place that is not looked at any more.
    end: usize,
    found: Vec<Box<RawValue>>,
    bytes: usize,
}

/// A page of the catalog.
#[derive(Debug, Serialize)]
pub struct CatalogPage<'a> {
    /// The catalog version it is of.
    pub catalog_version: &'a str,
    /// The entries, by their ids.
    pub entries: Vec<Box<RawValue>>,
    /// The `after` of the next page; none when nothing is left to be looked at.
    pub next: Option<&'a str>,
}

impl<'a> Search<'a> {
    /// Begins one.
    pub fn begin(asker: CatalogReader<'a>, filter: &'a CatalogFilter) -> Search<'a> {
        let directory = asker.release.directory();
        let place = directory.behind(&asker.release.policy, &filter.after);
        let end = directory.len().min(place + LOOKED_AT_ENTRIES);
        Search { asker, filter, place, end, found: Vec::new(), bytes: 0 }
    }

    /// Looks at some entries more. Whether there are more to look at.
    pub fn look_at(&mut self, entries: usize) -> bool {
        let until = self.end.min(self.place + entries);
        while self.place < until && !self.is_full() {
            self.look();
            self.place += 1;
        }
        self.place < self.end && !self.is_full()
    }

    /// The page that was found.
    pub fn page(self) -> CatalogPage<'a> {
        let policy = &self.asker.release.policy;
        let directory = self.asker.release.directory();
        let left = self.place < directory.len();
        let last = self.place.checked_sub(1).filter(|_| left);
        CatalogPage {
            catalog_version: policy.version(),
            entries: self.found,
            next: last.map(|place| policy.entry(directory.entry(place)).id.as_str()),
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() == self.filter.limit || self.bytes >= PAGE_BYTES
    }

    /// Looks at one entry; first at what stands close together in memory.
    fn look(&mut self) {
        let release = self.asker.release;
        let text = release.directory().text(self.place);
        if !self.filter.words.iter().all(|word| text.contains(&**word)) {
            return;
        }
        let ix = release.directory().entry(self.place);
        let entry = release.policy.entry(ix);
        if !self.filter.admits(entry) {
            return;
        }
        let offer = self.asker.offer(ix);
        if !self.filter.admits_offer(entry, &offer) {
            return;
        }
        let listed = CatalogItem::of(self.asker, entry, &offer);
        // Serialising our own types into memory can't fail.
        if let Ok(listed) = serde_json::value::to_raw_value(&listed) {
            self.bytes += listed.get().len();
            self.found.push(listed);
        }
    }
}

impl CatalogFilter {
    /// Tells whether an entry passes the filter, whoever asks.
    fn admits(&self, entry: &Entry) -> bool {
        let of_mode = |mode| entry.operations.iter().any(|operation| operation.mode == mode);
        self.class.is_none_or(|class| entry.class.as_str() == class)
            && self.department.as_ref().is_none_or(|id| entry.id.department() == &**id)
            && self.category.is_none_or(|category| entry.category == category)
            && self.open.is_none_or(|open| entry.about.open == open)
            && self.mode.is_none_or(of_mode)
    }

    /// Tells whether an entry passes the filter by what it offers.
    fn admits_offer(&self, entry: &Entry, offer: &Offer) -> bool {
        let of_mode = |mode: Mode| {
            let mut numbered = entry.operations.iter().enumerate();
            numbered.any(|(ix, operation)| operation.mode == mode && offer.permits(ix))
        };
        let callable = || self.mode.map_or_else(|| offer.is_callable(), of_mode);
        self.callable.is_none_or(|filter| callable() == filter)
    }
}
