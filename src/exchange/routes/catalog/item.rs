//! An entry in a page of the catalog; an entry in full begins with the same.

use serde::Serialize;
use sluice_core::domain::classification::{Class, Withholding};
use sluice_core::domain::entry::Entry;
use sluice_core::domain::offer::Offer;
use sluice_core::domain::rejection::Rejection;

use super::CatalogReader;
use crate::problem::{self, Explanation};

/// An entry of a list.
#[derive(Debug, Serialize)]
pub struct CatalogItem<'a> {
    /// `department/entry`.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// Its name in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_en: Option<&'a str>,
    /// Its code in the catalog of the exchange office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Its place in the classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<&'a str>,
    /// A summary of what it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<&'a str>,
    /// The provider.
    pub provider: EntryProvider<'a>,
    /// The sharing class.
    pub class: &'static str,
    /// The category of its data.
    pub category: &'static str,
    /// Its level, 1 to 4.
    pub level: u8,
    /// The openness to the public.
    pub open: &'static str,
    /// The update cycle, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_cycle: Option<&'a str>,
    /// The date of first publication, as an ISO 8601 date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<&'a str>,
    /// The ways in which it can be asked for.
    pub modes: Vec<&'static str>,
    /// The contact to ask.
    pub contact: &'a str,
    /// True if some call of it can be permitted to the asker now.
    pub callable: bool,
    /// The reason why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<DenialReason<'a>>,
}

/// The department that provides an entry, or answers for it.
#[derive(Debug, Serialize)]
pub struct EntryProvider<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name, where the registry has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
}

/// The reason why something may not be called, in the words of the denial that a call would get, and whom to
/// ask.
#[derive(Debug, Serialize)]
pub struct DenialReason<'a> {
    /// The detail of the denial.
    #[serde(flatten)]
    pub told: Explanation,
    /// The contact to ask.
    pub contact: &'a str,
    /// The statement of the negative list about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withholding: Option<WithheldEntry<'a>>,
}

/// The statement of the negative list about an entry.
#[derive(Debug, Serialize)]
pub struct WithheldEntry<'a> {
    /// The reason why it is not shared.
    pub reason: &'a str,
    /// The law that this rests on.
    pub legal_basis: &'a str,
    /// The office that approved it.
    pub approver: &'a str,
}

impl<'a> CatalogItem<'a> {
    /// An entry as the asker has it.
    pub fn of(asker: CatalogReader<'a>, entry: &'a Entry, offer: &Offer) -> CatalogItem<'a> {
        let about = &entry.about;
        let mut modes = Vec::new();
        for operation in &entry.operations {
            if !modes.contains(&operation.mode.as_str()) {
                modes.push(operation.mode.as_str());
            }
        }
        CatalogItem {
            id: entry.id.as_str(),
            title: &about.title,
            title_en: about.title_en.as_deref(),
            code: about.code.as_deref(),
            classification: about.classification.as_deref(),
            summary: about.summary.as_deref(),
            provider: EntryProvider::of(asker, entry.id.department().as_str()),
            class: entry.class.as_str(),
            category: entry.category.as_str(),
            level: entry.level.number(),
            open: about.open.as_str(),
            update_cycle: about.update_cycle.as_deref(),
            published: about.published.as_deref(),
            modes,
            contact: &about.contact,
            callable: offer.is_callable(),
            why: offer.denial().map(|denial| DenialReason::of(asker, entry, denial)),
        }
    }
}

impl<'a> EntryProvider<'a> {
    /// The department of that id.
    pub fn of(asker: CatalogReader<'a>, id: &'a str) -> EntryProvider<'a> {
        let found = asker.release.policy.registry().department(id);
        EntryProvider { id, title: found.map(|(_, department)| &*department.title) }
    }
}

impl<'a> DenialReason<'a> {
    /// The statement of a denial that concerns an entry.
    pub fn of(asker: CatalogReader<'a>, entry: &'a Entry, denial: &Rejection) -> DenialReason<'a> {
        let withholding = match &entry.class {
            Class::Unconditional | Class::Restricted => None,
            Class::NonShared(Withholding { reason, legal_basis, approver }) => {
                Some(WithheldEntry { reason, legal_basis, approver })
            }
        };
        let told = problem::tell(denial, asker.language);
        DenialReason { told, contact: &entry.about.contact, withholding }
    }
}
