//! Lists of entries, and a superior's list held against ours.

use super::{DIVISIONS, edited, samples};
use crate::catalog::listing::{ListedEntry, lacking, of};
use crate::catalog::{SourceFile, read};

fn list(sources: &[SourceFile]) -> Vec<ListedEntry> {
    of(&read(sources).unwrap())
}

#[test]
fn the_negative_list_says_why() {
    let listed = list(&samples());
    let withheld = listed.iter().find(|item| item.class == "non-shared").unwrap();
    assert_eq!(
        withheld.to_string(),
        "public-security/open-cases  在办案件
  non-shared, business, level 4; ask 公安局法制科
  because: 涉及在办案件 (刑事诉讼法), approved by 市政务数据主管部门"
    );
}

#[test]
fn a_list_survives_json() {
    let listed = list(&samples());
    let json = serde_json::to_string(&listed).unwrap();
    assert_eq!(serde_json::from_str::<Vec<ListedEntry>>(&json).unwrap(), listed);
}

#[test]
fn what_the_superior_shares_is_shared_here() {
    let ours = list(&samples());
    assert_eq!(lacking(&ours, &ours), []);
    let words = |ours: &[ListedEntry], superior: &[ListedEntry]| -> Vec<String> {
        lacking(ours, superior).iter().map(ToString::to_string).collect()
    };
    let fewer: Vec<_> =
        ours.iter().filter(|item| !item.id.ends_with("marriage")).cloned().collect();
    assert_eq!(words(&fewer, &ours), ["missing: 婚姻登记信息 (3301/0002), restricted there"]);
    assert_eq!(words(&ours, &fewer), [""; 0]);
    let narrower = list(&edited(&[
        (DIVISIONS, "class: unconditional", "class: restricted"),
        (DIVISIONS, "waives_purpose: true\nrate: 50/s", "exception: 测绘成果"),
        (DIVISIONS, "clearance: 2", "clearance: 2\n    purposes: [case-investigation]"),
    ]));
    let said = words(&narrower, &ours);
    assert_eq!(said, ["narrower: civil-affairs/divisions is restricted here, unconditional there"]);
}

#[test]
fn an_entry_by_another_name_is_known_by_its_code() {
    let ours = list(&samples());
    let mut superior = ours.clone();
    for item in &mut superior {
        item.id = format!("province/{}", item.level);
        if item.code.is_some() {
            item.title = "婚姻".into();
        }
    }
    assert_eq!(lacking(&ours, &superior), []);
}
