//! `docs/problem-codes.md` has every code with status, cause and remedy, in two languages.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;
use sluice::problem::{self, Context, Language};
use sluice_core::domain::rejection::{PartyAtFault, Rejection};

use super::region::compare_region;
use crate::closed_list;

/// Whose doing a rejection is, in the order of the page.
const FAULTS: [(PartyAtFault, &str); 5] = [
    (PartyAtFault::Peer, "The caller's system"),
    (PartyAtFault::Request, "The request"),
    (PartyAtFault::Policy, "The policy: catalog, terms, grants, limits"),
    (PartyAtFault::Provider, "The provider"),
    (PartyAtFault::Gateway, "The gateway"),
];

#[test]
fn the_page_has_every_code() {
    let samples = Rejection::examples();
    let mut made = String::new();
    for (fault, heading) in FAULTS {
        write!(made, "\n## {heading}\n").unwrap();
        let codes = samples.iter().filter(|sample| sample.fault() == fault);
        let mut seen = BTreeSet::new();
        for code in codes.map(Rejection::code).filter(|code| seen.insert(*code)) {
            made.push_str(&section(code, fault, &samples));
        }
    }
    made.push('\n');
    let told: BTreeSet<_> = samples.iter().map(|sample| sample.code().to_owned()).collect();
    let known: BTreeSet<_> = closed_list::listed().into_iter().map(|(_, code)| code).collect();
    assert_eq!(told, known, "the examples lack a code, or have one too many");
    compare_region("docs/problem-codes.md", "codes", &made);
}

/// The section of one code: each cause in two rows, one a language.
fn section(code: &str, fault: PartyAtFault, samples: &[Rejection]) -> String {
    let mut said = format!("\n### {code}\n\n");
    let mut rows = BTreeSet::new();
    let samples = samples.iter().filter(|one| one.code() == code && one.fault() == fault);
    for (nth, sample) in samples.enumerate() {
        let (english, chinese) = (told(sample, Language::English), told(sample, Language::Chinese));
        let text = |from: &Value, key: &str| from[key].as_str().unwrap().to_owned();
        if nth == 0 {
            let (title, title_zh) = (text(&english, "title"), text(&chinese, "title"));
            write!(said, "{title} · {title_zh}\n\n| status | cause | remedy |\n|---|---|---|\n")
                .unwrap();
        }
        for told in [english, chinese] {
            let (cause, remedy) = (text(&told, "detail"), text(&told, "remedy"));
            let row = format!("| {} | {cause} | {remedy} |\n", told["status"]);
            if rows.insert(row.clone()) {
                said.push_str(&row);
            }
        }
    }
    said
}

/// The problem document of a rejection.
fn told(rejection: &Rejection, language: Language) -> Value {
    let context =
        Context { exchange: "", catalog_version: "", entry: None, contact: None, language };
    serde_json::from_slice(&problem::render(rejection, &context).body).unwrap()
}
