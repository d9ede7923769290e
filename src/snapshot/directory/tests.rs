use super::*;
use crate::catalog;

fn sample() -> Policy {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
    let catalog = catalog::read_dir(std::path::Path::new(folder));
    catalog.unwrap_or_else(|problems| panic!("{problems}")).into_policy()
}

#[test]
fn entries_stand_in_the_order_of_their_ids() {
    let policy = sample();
    let directory = Directory::of(&policy);
    let id = |place| policy.entry(directory.entry(place)).id.as_str();
    let ids: Vec<&str> = (0..directory.len()).map(id).collect();
    assert!(ids.is_sorted() && ids.len() == policy.entries().len(), "{ids:?}");
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(directory.behind(&policy, id), place + 1);
        assert_eq!(directory.behind(&policy, &format!("{id}-x")), place + 1);
    }
    assert_eq!(directory.behind(&policy, ""), 0);
    assert_eq!(directory.behind(&policy, "z"), ids.len());
}

#[test]
fn an_entry_is_found_by_what_readers_see_of_it() {
    let policy = sample();
    let directory = Directory::of(&policy);
    let place = directory.behind(&policy, "health/hospitals") - 1;
    let text = directory.text(place);
    for part in ["health/hospitals", "医疗机构名录", "hospitals and", "3301/0401", "值班电话"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("Hospitals") && !text.contains("immunisation"), "{text}");
}

#[test]
fn a_part_of_a_text_folds_as_it_does_within() {
    let fold = |text: &str| {
        let mut folded = String::new();
        fold_into(text, &mut folded);
        folded
    };
    for (whole, part) in [("ΟΔΟΣ Α", "ΟΔΟΣ"), ("ＡＢＣ公安", "ｂｃ公"), ("İx", "X")]
    {
        assert!(fold(whole).contains(&fold(part)), "{part} in {whole}");
    }
}
