//! The meaning of a right catalog.

use sluice_core::domain::classification::{Class, Mode};
use sluice_core::domain::entry::Entry;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::terms::{CaseRule, Consumers, Operators, Purposes};
use sluice_core::domain::view::Shown;

use super::samples;
use crate::catalog::{Catalog, read};

fn entry_of<'a>(catalog: &'a Catalog, id: &str) -> &'a Entry {
    catalog.entries.iter().find(|entry| entry.id.as_str() == id).expect(id)
}

#[test]
fn the_sample_means_what_it_says() {
    let catalog = read(&samples()).unwrap();
    assert_eq!(catalog.registry.departments().len(), 4);
    let marriage = entry_of(&catalog, "civil-affairs/marriage");
    assert_eq!(&*marriage.about.title, "婚姻登记信息");
    assert!(matches!(marriage.class, Class::Restricted));
    assert_eq!(marriage.operations[0].max_records, 1);
    assert_eq!(marriage.operations[1].max_records, 100);
    assert_eq!(marriage.operations[1].parameters.len(), 3);
    assert_eq!(marriage.fields[2].mask, Some(Mask::Null));
    assert_eq!(marriage.fields[1].mask, Some(Mask::Keep { front: 1, end: 0, with: '*' }));
    let [assistance, investigation] = &*marriage.terms else { panic!("two terms") };
    // civil-affairs and human-resources, once each although the group holds both.
    assert!(matches!(&assistance.consumers, Consumers::Departments(d) if *d == [1, 2]));
    assert_eq!(assistance.from, Some(1_767_196_800_000));
    assert_eq!(assistance.rates[0].burst.map(u32::from), Some(40));
    assert!(matches!(&assistance.case, CaseRule::Required(Some(p)) if p.matches("救2026-7")));
    assert!(matches!(&assistance.operators, Operators::Listed(p) if p.len() == 1));
    assert!(matches!(&assistance.purposes, Purposes::Listed(p) if p[0] == "social-assistance"));
    assert_eq!(assistance.modes, [Mode::Query]);
    assert_eq!(investigation.modes, [Mode::Query, Mode::Search]);
    use Shown::{Dropped, Masked, Passed};
    let view = assistance.view_of(&marriage.views);
    assert_eq!(*view.fields, [Masked, Passed, Dropped, Passed, Dropped, Dropped]);
    assert_eq!(marriage.views.len(), 2);
}

#[test]
fn an_unconditional_entry_ends_with_a_term_for_everyone() {
    let catalog = read(&samples()).unwrap();
    let divisions = entry_of(&catalog, "civil-affairs/divisions");
    let last = divisions.terms.last().unwrap();
    assert_eq!(&*last.id, "unconditional");
    assert!(matches!(last.consumers, Consumers::Everyone));
    assert!(matches!(last.purposes, Purposes::Waived));
    assert!(!last.modes.contains(&Mode::Bulk));
    assert_eq!(last.rates[0].requests.get(), 50);
    assert_eq!(last.view_of(&divisions.views).shown(2), Shown::Dropped);
    assert!(divisions.operations[0].template.segments.is_empty());
}

#[test]
fn a_withheld_entry_needs_no_upstream() {
    let catalog = read(&samples()).unwrap();
    let withheld = entry_of(&catalog, "public-security/open-cases");
    assert!(matches!(&withheld.class, Class::NonShared(why) if &*why.reason == "涉及在办案件"));
    assert!(withheld.upstream.is_none());
}
